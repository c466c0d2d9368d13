//! The changes.

use std::ops::Range;

use fastrand::Rng;

/// Larger inputs only make a check slow: what is too much for a parser has tests of its own.
const BYTES_MAX: usize = 16 << 10;

/// Numbers at which types end, signs, and what is none.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "+1",
    "00",
    "1.5",
    "1e3",
    "-0",
    "0x10",
    "255",
    "256",
    "1000",
    "1001",
    "10000",
    "10001",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "5242879",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e999",
    "NaN",
    "",
];

/// What means something to one of the formats: JSON, HTTP, percent-encoding, paths, terminals.
const TOKENS: &[&[u8]] = &[
    b"null",
    b"true",
    b"false",
    b"{}",
    b"[]",
    b"\"\"",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\t",
    b"\x1b[2J",
    b"\x7f",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    "é".as_bytes(),
    "\u{202e}".as_bytes(),
    "😀".as_bytes(),
    b"%",
    b"%0d%0a",
    b"%00",
    b"%ff",
    b"%2e%2e%2f",
    b"../",
    b"/",
    b"//",
    b"\\..\\",
    b"?",
    b"&",
    b"=",
    b";",
    b"-",
    b"+",
    b"*",
    b"bytes=",
    b"bytes ",
    b"<?xml",
    b"<html>",
    b"@",
];

/// One input, made from a genuine one.
pub fn changed(genuine: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    // Now and then nothing is kept: a parser must not count on being reached through anything sensible.
    if random.u8(..32) == 0 {
        let length = random.usize(..64);
        return std::iter::repeat_with(|| random.u8(..)).take(length).collect();
    }
    let pick = |random: &mut Rng| random.choice(genuine).cloned().unwrap_or_default();
    let mut bytes = pick(random);
    // Mostly one or two changes, sometimes many: most defects hide behind a single one.
    let changes = 1 + [0, 0, 0, 1, 1, 2, 4, 12][random.usize(..8)];
    for _ in 0..changes {
        let at = random.usize(..=bytes.len());
        match random.u8(..12) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 if at < bytes.len() => bytes[at] = random.u8(..),
            2 => {
                bytes.insert(at, random.u8(..));
            }
            3 => drop(bytes.drain(span(&bytes, random))),
            4 => {
                let piece = bytes[span(&bytes, random)].to_vec();
                insert(&mut bytes, at, &piece);
            }
            5 => bytes.truncate(at),
            6 => {
                let other = pick(random);
                let piece = &other[span(&other, random)];
                insert(&mut bytes, at, piece);
            }
            7 => {
                let other = pick(random);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[other.len().min(at)..]);
            }
            8 | 9 => replace_number(&mut bytes, random),
            10 => replace_text(&mut bytes, random),
            _ => {
                let token = random.choice(TOKENS).copied().unwrap_or_default();
                insert(&mut bytes, at, token);
            }
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

/// A run of bytes, short more often than long.
fn span(bytes: &[u8], random: &mut Rng) -> Range<usize> {
    let start = random.usize(..=bytes.len());
    let most = (bytes.len() - start).min(1 << random.u8(..11));
    start..start + random.usize(..=most)
}

/// Puts another number in the place of one.
fn replace_number(bytes: &mut Vec<u8>, random: &mut Rng) {
    let numbers = runs(bytes, |byte| byte.is_ascii_digit());
    if let (Some(place), Some(number)) = (random.choice(numbers), random.choice(NUMBERS)) {
        bytes.splice(place, number.bytes());
    }
}

/// Puts something else in the place of a word.
fn replace_text(bytes: &mut Vec<u8>, random: &mut Rng) {
    let words = runs(bytes, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if let (Some(place), Some(token)) = (random.choice(words), random.choice(TOKENS)) {
        bytes.splice(place, token.iter().copied());
    }
}

fn runs(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in (0..bytes.len()).filter(|at| is_part(bytes[*at])) {
        match found.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}
