//! CRC-64/XZ, the checksum that TOS reports for parts and objects.
//!
//! Computed by `crc-fast` (carry-less multiplication). Values combine: the CRC of a whole follows from the CRCs and
//! lengths of its parts, so that no byte is read twice. Parts of one transfer have one length, so [`Crc64Combiner`]
//! keeps the operator of that length: combining 10 000 parts takes about a millisecond rather than 0.7 s.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A CRC-64/XZ value. Written as an unsigned decimal wherever it leaves Rust, as TOS does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Crc64(pub u64);

impl Crc64 {
    /// The value of the empty string.
    pub const EMPTY: Self = Self(0);

    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Crc64Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The checksum of A followed by B, where `self` is that of A and `other` that of B with `other_len_bytes`.
    pub fn combine(self, other: Self, other_len_bytes: u64) -> Self {
        Crc64Combiner::default().combine(self, other, other_len_bytes)
    }
}

impl fmt::Display for Crc64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Crc64 {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self)
    }
}

impl Serialize for Crc64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Crc64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Computes a [`Crc64`] over bytes as they pass.
pub struct Crc64Hasher(crc_fast::Digest);

impl Crc64Hasher {
    /// A hasher that has seen nothing.
    pub fn new() -> Self {
        Self(crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Xz))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far; the hasher can go on.
    pub fn finish(&self) -> Crc64 {
        Crc64(self.0.finalize())
    }
}

impl Default for Crc64Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Crc64Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Crc64Hasher").field(&self.finish()).finish()
    }
}

/// The reflected polynomial of CRC-64/XZ.
const POLY_REFLECTED: u64 = 0xC96C_5795_D787_0F42;

/// Combines checksums, remembering the operator "append n zero bytes" of each length it has met.
#[derive(Clone, Debug, Default)]
pub struct Crc64Combiner {
    operators: BTreeMap<u64, u64>,
}

impl Crc64Combiner {
    /// The checksum of A followed by B.
    pub fn combine(&mut self, a: Crc64, b: Crc64, b_len_bytes: u64) -> Crc64 {
        if b_len_bytes == 0 {
            return a;
        }
        let operator = *self.operators.entry(b_len_bytes).or_insert_with(|| x_to_the_8n(b_len_bytes));
        Crc64(multiply(operator, a.0) ^ b.0)
    }
}

/// a·b modulo the polynomial; bit 63 is x⁰ (reflected).
fn multiply(a: u64, mut b: u64) -> u64 {
    let mut product = 0;
    let mut mask = 1_u64 << 63;
    while mask != 0 {
        if a & mask != 0 {
            product ^= b;
        }
        b = if b & 1 == 1 { (b >> 1) ^ POLY_REFLECTED } else { b >> 1 };
        mask >>= 1;
    }
    product
}

/// x^(8n) modulo the polynomial, by squaring.
fn x_to_the_8n(n: u64) -> u64 {
    let mut power = 1_u64 << 63; // x⁰
    let mut square = 1_u64 << 55; // x⁸
    let mut left = n;
    while left != 0 {
        if left & 1 == 1 {
            power = multiply(power, square);
        }
        square = multiply(square, square);
        left >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_value_of_crc_64_xz() {
        assert_eq!(Crc64::of(b"123456789").0, 0x995d_c9bb_df19_39fa);
        assert_eq!(Crc64::of(b""), Crc64::EMPTY);
    }

    #[test]
    fn leaves_rust_as_a_decimal_string() {
        let text = serde_json::to_string(&Crc64(u64::MAX)).unwrap();
        assert_eq!(text, "\"18446744073709551615\"");
        assert_eq!(serde_json::from_str::<Crc64>(&text).unwrap(), Crc64(u64::MAX));
    }

    proptest! {
        #[test]
        fn combining_equals_hashing_the_whole(a: Vec<u8>, b: Vec<u8>) {
            let whole = [a.clone(), b.clone()].concat();
            prop_assert_eq!(Crc64::of(&a).combine(Crc64::of(&b), b.len() as u64), Crc64::of(&whole));
        }
    }
}
