//! The receipt as a page for people: one file, no script, nothing fetched, readable by day, by night and on paper.
//!
//! Keys and paths are foreign text. Whatever is written goes through [`Text`], and the page's own policy forbids
//! everything but its one style sheet, so that a mistake here could still not run anything.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Kind, Outcome, RequestPurpose, Route};
use sha2::{Digest as _, Sha256};
use store::Crc64;

use crate::entry::{Entry, Parts, Place};
use crate::html_chart::timeline;
use crate::moment::Moment;
use crate::receipt::{Receipt, ReceiptError};

const STYLE: &str = include_str!("page.css");
const MARK: &str = r##"<svg viewBox="0 0 512 512" aria-hidden="true"><rect x="16" y="16" width="480" height="480" rx="112" fill="#3b8ade"/><path d="M16 362C150 330 330 390 496 322V384c0 62-50 112-112 112H128C66 496 16 446 16 384z" fill="#1a5fb8"/><g transform="translate(262 236) rotate(45) scale(1.1)"><path d="M0-116C24-116 38-92 41-66C104-68 172-34 214 44C160 18 104 14 50 40C44 66 36 88 28 104L58 196L0 136L-58 196L-28 104C-36 88-44 66-50 40C-104 14-160 18-214 44C-172-34-104-68-41-66C-38-92-24-116 0-116z" fill="#fff"/><path d="M0-118C25-118 40-92 41-66C17-80-17-80-41-66C-40-92-25-118 0-118z" fill="#0f2338"/><path d="M-16-112C-9-119 9-119 16-112L0-184z" fill="#f2492f"/></g></svg>"##;

/// The page of a receipt.
///
/// # Errors
/// None for what [`Receipt::to_json`] can write.
pub fn page(receipt: &Receipt) -> Result<String, ReceiptError> {
    let root = receipt.root()?.to_string();
    let mut page = String::with_capacity(STYLE.len() + 4096 + 2048 * receipt.entries.len());
    // Writing to a String cannot fail.
    let _ = write_page(&mut page, receipt, &root);
    Ok(page)
}

fn write_page(page: &mut String, receipt: &Receipt, root: &str) -> fmt::Result {
    let style_hash = STANDARD.encode(Sha256::digest(STYLE));
    let day = receipt.made.to_the_second();
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Receipt of {day} UTC</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<header>{MARK}<div>\
         <h1>Receipt</h1><p>Made {day} UTC by {product}</p></div></header>\n",
        product = Text(&receipt.product),
    )?;
    verdict(page, &receipt.entries)?;
    figures(page, &receipt.entries, root)?;
    timeline(page, &receipt.entries)?;
    for entry in &receipt.entries {
        article(page, entry)?;
    }
    write!(
        page,
        "<footer><p>Root hash <span class=\"mono\">{root}</span></p><p>It stands for everything in the JSON file that \
         belongs to this page: two receipts with this root are the same. It is no signature. To see whether the objects \
         and files are still what they were, run <span class=\"mono\">tern-cli verify</span> with that file.</p></footer>\n\
         </main>\n</body>\n</html>\n"
    )
}

/// Foreign text, as it may stand anywhere in the page. What cannot be seen is made visible.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Marks that turn the direction of writing could make one name look like another.
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    write!(f, "{}", character.escape_unicode())?;
                }
                control if control.is_control() => write!(f, "{}", control.escape_default())?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn verdict(page: &mut String, entries: &[Entry]) -> fmt::Result {
    let all = entries.len();
    let verified = entries.iter().filter(|entry| entry.verified).count();
    let skipped = entries.iter().filter(|entry| !entry.verified && entry.outcome == Outcome::Skipped).count();
    let unproven = entries.iter().filter(|entry| !entry.verified && entry.outcome != Outcome::Skipped).count();
    if verified == all {
        let words = match all {
            1 => "The target matches its source.".to_owned(),
            all => format!("All {} targets match their sources.", grouped(all as u64)),
        };
        return writeln!(
            page,
            "<div class=\"verdict ok\"><span>✓</span><p><b>{words}</b> Size and CRC64 were equal at both ends.</p></div>"
        );
    }
    let matching = format!("{} of {} targets match their sources.", grouped(verified as u64), grouped(all as u64));
    write!(page, "<div class=\"verdict warn\"><span>!</span><p><b>{matching}</b>")?;
    if unproven > 0 {
        write!(page, " {} without a checksum at both ends to compare.", were(unproven, "done"))?;
    }
    if skipped > 0 {
        write!(page, " {} because something else was there: nothing is promised of it.", were(skipped, "left alone"))?;
    }
    page.write_str("</p></div>\n")
}

fn were(count: usize, done: &str) -> String {
    if count == 1 { format!("1 was {done}") } else { format!("{} were {done}", grouped(count as u64)) }
}

fn figures(page: &mut String, entries: &[Entry], root: &str) -> fmt::Result {
    let there = entries.iter().filter(|entry| entry.outcome != Outcome::Skipped);
    let bytes: u64 = there.fold(0, |sum, entry| sum.saturating_add(entry.size_bytes));
    let begin = entries.iter().filter_map(|entry| entry.times.added).min();
    let end = entries.iter().filter_map(|entry| entry.times.ended).max();
    let moved = entries.iter().filter(|entry| entry.outcome == Outcome::Moved).count();
    let sent: u64 = entries.iter().filter_map(|entry| entry.parts).fold(0, |sum, parts| sum.saturating_add(parts.sent));
    let retries: u64 = entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.retries));
    page.write_str("<dl class=\"figures\">")?;
    let mut figure = |value: &str, words: &str| write!(page, "<div><dt>{value}</dt><dd>{words}</dd></div>");
    figure(&size(bytes), &format!("{} bytes", grouped(bytes)))?;
    let all = entries.len() as u64;
    figure(&counted(all, "transfer"), &format!("{} moved", grouped(moved as u64)))?;
    figure(&counted(sent, "part"), &format!("sent, {}", counted_again(retries)))?;
    if let (Some(begin), Some(end)) = (begin, end) {
        figure(&lasted(begin, end), &format!("from {} UTC", begin.to_the_second()))?;
    }
    let (first, last) = (root.get(..4).unwrap_or(root), root.get(60..).unwrap_or_default());
    figure(&format!("<span class=\"mono\">{first}…{last}</span>"), "root hash")?;
    page.write_str("</dl>\n")
}

fn article(page: &mut String, entry: &Entry) -> fmt::Result {
    let (class, arrow, kind) = match (entry.kind, entry.route) {
        (Kind::Upload, _) => ("upload", "↑", "Upload"),
        (Kind::Download, _) => ("download", "↓", "Download"),
        (Kind::Copy, Some(Route::Relay)) => ("copy", "⇄", "Copy through this computer"),
        (Kind::Copy, _) => ("copy", "⇄", "Copy inside the store"),
    };
    let (tone, badge) = match (entry.outcome, entry.verified) {
        (Outcome::Moved, true) => ("ok", "verified"),
        (Outcome::Identical, true) => ("ok", "was there already, verified"),
        (Outcome::Skipped, _) => ("calm", "left alone"),
        (Outcome::Moved | Outcome::Identical, false) => ("warn", "not verified"),
    };
    let name = entry.target.to_string();
    let name = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(&name);
    write!(
        page,
        "<article><div class=\"head\"><span class=\"kind {class}\">{arrow}</span><h2><bdi>{}</bdi></h2>\
         <span class=\"badge {tone}\">{badge}</span></div>\n<dl class=\"facts\">",
        Text(name)
    )?;
    let mut fact = |name: &str, value: fmt::Arguments<'_>| writeln!(page, "<dt>{name}</dt><dd>{value}</dd>");
    fact("What", format_args!("{kind} <span class=\"quiet\">(transfer {})</span>", entry.transfer))?;
    fact("Size", format_args!("{}", Size(entry.size_bytes)))?;
    fact("From", format_args!("{}", End(&entry.source)))?;
    fact("To", format_args!("{}", End(&entry.target)))?;
    match (entry.source_crc64, entry.target_crc64) {
        (Some(ours), Some(theirs)) if ours == theirs => {
            fact(
                "CRC64",
                format_args!("<span class=\"mono\">{ours}</span> <span class=\"quiet\">at both ends</span>"),
            )?;
        }
        (None, None) => {}
        (ours, theirs) => {
            fact("CRC64", format_args!("{} at the source, {} at the target", Checksum(ours), Checksum(theirs)))?;
        }
    }
    if let Some(parts) = entry.parts {
        fact("Parts", format_args!("{}; {}", cut(&parts), counted_again(entry.retries)))?;
    }
    let when =
        [("asked for", entry.times.added), ("done", entry.times.ended), ("read and compared", entry.times.verified)];
    let when: Vec<String> =
        when.iter().filter_map(|(word, at)| Some(format!("{word} {} UTC", (*at)?.to_the_second()))).collect();
    fact("When", format_args!("{}; at work for {}", when.join(", "), duration(entry.times.busy_ms)))?;
    for request in &entry.requests {
        let did = match request.purpose {
            RequestPurpose::LookedAtSource => "looked at the source",
            RequestPurpose::Published => "published the target",
            RequestPurpose::Verified => "looked at the target to compare it",
        };
        fact("Request", format_args!("<span class=\"mono\">{}</span> {did}", Text(&request.id)))?;
    }
    page.write_str("</dl></article>\n")
}

/// How the content was cut, and what came of the pieces; nothing is said of what there is none of.
fn cut(parts: &Parts) -> String {
    let mut words = grouped(parts.count.into());
    if parts.count > 1 {
        words.push_str(&format!(" of at most {}", size(parts.size_bytes)));
    }
    let rest = [(parts.sent, "sent"), (parts.reused, "there already"), (parts.confirmed, "confirmed by the store")];
    let rest = rest.iter().filter(|(count, _)| *count > 0);
    let rest: Vec<String> = rest.map(|(count, word)| format!("{} {word}", grouped(*count))).collect();
    words.push_str(": ");
    words.push_str(&if rest.is_empty() { "nothing was sent".to_owned() } else { rest.join(", ") });
    words
}

/// An end with what is known of it.
struct End<'a>(&'a Place);

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<bdi class=\"mono\">{}</bdi>", Text(&self.0.to_string()))?;
        let Place::Object { store, endpoint, version, etag, .. } = self.0 else { return Ok(()) };
        let at = endpoint.as_deref().unwrap_or(&store.0);
        write!(f, "<div class=\"small\">at {}", Text(at))?;
        if let Some(etag) = etag {
            write!(f, ", ETag <span class=\"mono\">{}</span>", Text(etag.as_str()))?;
        }
        if let Some(version) = version {
            write!(f, ", version <span class=\"mono\">{}</span>", Text(&version.0))?;
        }
        f.write_str("</div>")
    }
}

struct Checksum(Option<Crc64>);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(crc64) => write!(f, "<span class=\"mono\">{crc64}</span>"),
            None => f.write_str("none"),
        }
    }
}

/// `12.0 MiB (12,582,912 bytes)`.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ ..1024 => write!(f, "{}", counted(bytes, "byte")),
            bytes => write!(f, "{} ({} bytes)", size(bytes), grouped(bytes)),
        }
    }
}

pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => counted(bytes, "byte"),
    }
}

fn counted(count: u64, word: &str) -> String {
    format!("{} {word}{}", grouped(count), if count == 1 { "" } else { "s" })
}

fn counted_again(retries: u64) -> String {
    match retries {
        0 => "no retry".to_owned(),
        1 => "1 retry".to_owned(),
        many => format!("{} retries", grouped(many)),
    }
}

/// `12,582,912`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn lasted(begin: Moment, end: Moment) -> String {
    duration(u64::try_from(end.ms().saturating_sub(begin.ms())).unwrap_or(0))
}

pub(crate) fn duration(ms: u64) -> String {
    match ms / 1000 {
        0 => format!("{ms} ms"),
        seconds @ 1..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        for (number, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")] {
            assert_eq!(grouped(number), shown);
        }
        for (bytes, shown) in [(0, "0 bytes"), (1, "1 byte"), (1024, "1.0 KiB (1,024 bytes)")] {
            assert_eq!(Size(bytes).to_string(), shown);
        }
        for (ms, shown) in [(9, "9 ms"), (1_950, "1.9 s"), (61_000, "1 min 1 s"), (7_260_000, "2 h 1 min")] {
            assert_eq!(duration(ms), shown);
        }
    }

    #[test]
    fn foreign_text_is_text_and_nothing_else() {
        assert_eq!(Text("<b a=\"'\">&报告").to_string(), "&lt;b a=&quot;&#39;&quot;&gt;&amp;报告");
        assert_eq!(Text("a\0\n\u{1b}").to_string(), "a\\u{0}\\n\\u{1b}");
        assert_eq!(Text("txt.\u{202e}exe").to_string(), "txt.\\u{202e}exe");
    }
}
