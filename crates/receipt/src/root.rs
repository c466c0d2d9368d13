//! The root hash: one value over everything else in a receipt. The crate's own words define it.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A SHA-256 over a whole receipt, as 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Root(String);

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The names of what is not part of the head.
pub(crate) const ENTRIES: &str = "entries";
pub(crate) const ROOT: &str = "root_sha256";

/// The root of a receipt; `None` if it has a number that is not whole, which no receipt has.
///
/// What a newer version may have added is hashed like all the rest.
pub(crate) fn root(receipt: &Map<String, Value>) -> Option<Root> {
    let head: Map<String, Value> = receipt
        .iter()
        .filter(|(name, _)| *name != ENTRIES && *name != ROOT)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let entries = receipt.get(ENTRIES)?.as_array()?;
    let mut whole = Sha256::new();
    for leaf in std::iter::once(&Value::Object(head)).chain(entries) {
        let mut text = String::new();
        canonical(leaf, &mut text)?;
        whole.update(hex::encode(Sha256::digest(text)));
        whole.update("\n");
    }
    Some(Root(hex::encode(whole.finalize())))
}

/// Writes a value in the one way in which it is hashed. Deep values do not get this far: the parser refuses them.
fn canonical(value: &Value, text: &mut String) -> Option<()> {
    match value {
        Value::Null | Value::Bool(_) => write!(text, "{value}").ok()?,
        Value::Number(number) if number.is_u64() || number.is_i64() => write!(text, "{number}").ok()?,
        Value::Number(_) => return None,
        Value::String(string) => quoted(string, text),
        Value::Array(values) => {
            text.push('[');
            for (n, value) in values.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                canonical(value, text)?;
            }
            text.push(']');
        }
        Value::Object(fields) => {
            // The map may keep another order, if another crate asks serde_json to.
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (n, (name, value)) in sorted.into_iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                quoted(name, text);
                text.push(':');
                canonical(value, text)?;
            }
            text.push('}');
        }
    }
    Some(())
}

fn quoted(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\0'..='\u{1f}' => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}
