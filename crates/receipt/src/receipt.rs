//! The receipt as a whole, to and from JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::entry::Entry;
use crate::moment::Moment;
use crate::root::{ROOT, Root, root};

const FORMAT: &str = "tern-receipt";
const VERSION: u64 = 1;

/// Most bytes that a receipt may have as JSON: about 200 000 entries.
pub const RECEIPT_BYTES_MAX: u64 = 256 << 20;

/// What finished transfers have to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The program that made it, with its version: `Tern 0.1.0`.
    pub product: String,
    /// When it was made.
    pub made: Moment,
    /// The transfers, in the order in which they were asked for.
    pub entries: Vec<Entry>,
}

/// Why a text is not taken for a receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is no JSON: cut off, damaged, or something else altogether.
    #[error("it is no JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON of another kind.
    #[error("it does not say that it is a receipt of Tern")]
    NotAReceipt,
    /// A newer Tern wrote it.
    #[error("it has version {found} of the format, and this program knows {VERSION}")]
    Newer {
        /// Its version.
        found: u64,
    },
    /// Something in it was changed, or lost, after it was made.
    #[error("its root hash is {recorded}, but its content has {computed}")]
    RootDiffers {
        /// What it says.
        recorded: String,
        /// What its content gives.
        computed: String,
    },
    /// It fits its root hash and says something that no receipt says.
    #[error("it says something that no receipt says: {0}")]
    Malformed(#[source] serde_json::Error),
    /// It would be, or is, larger than [`RECEIPT_BYTES_MAX`].
    #[error("it has more than {RECEIPT_BYTES_MAX} bytes")]
    TooLarge,
}

impl Receipt {
    /// The receipt as JSON for files: indented, in UTF-8, with the root hash last.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn to_json(&self) -> Result<String, ReceiptError> {
        let document = self.document()?;
        // In the order of the format, whatever order a map has.
        let names = ["format", "version", "product", "made", "entries", ROOT];
        let mut text = String::from("{\n");
        for (n, name) in names.iter().enumerate() {
            let value = serde_json::to_string_pretty(&document.get(*name)).map_err(ReceiptError::Malformed)?;
            let comma = if n + 1 < names.len() { "," } else { "" };
            text.push_str(&format!("  \"{name}\": {}{comma}\n", value.replace('\n', "\n  ")));
        }
        text.push_str("}\n");
        if text.len() as u64 > RECEIPT_BYTES_MAX { Err(ReceiptError::TooLarge) } else { Ok(text) }
    }

    /// The root hash.
    ///
    /// # Errors
    /// None for what [`Receipt::to_json`] can write.
    pub fn root(&self) -> Result<Root, ReceiptError> {
        root(&self.head_and_entries()?).ok_or(ReceiptError::NotAReceipt)
    }

    fn head_and_entries(&self) -> Result<Map<String, Value>, ReceiptError> {
        match serde_json::to_value(self).map_err(ReceiptError::Malformed)? {
            Value::Object(mut fields) => {
                fields.insert("format".to_owned(), FORMAT.into());
                fields.insert("version".to_owned(), VERSION.into());
                Ok(fields)
            }
            _ => Err(ReceiptError::NotAReceipt),
        }
    }

    fn document(&self) -> Result<Map<String, Value>, ReceiptError> {
        let mut document = self.head_and_entries()?;
        let root = root(&document).ok_or(ReceiptError::NotAReceipt)?;
        document.insert(ROOT.to_owned(), root.to_string().into());
        Ok(document)
    }

    /// Reads a receipt and compares it with its root hash. What a later Tern may have added to this version is let be.
    ///
    /// # Errors
    /// If it is no receipt, or not as it was made.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() as u64 > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLarge);
        }
        let Value::Object(document) = serde_json::from_slice(bytes).map_err(ReceiptError::NotJson)? else {
            return Err(ReceiptError::NotAReceipt);
        };
        let number = document.get("version").and_then(Value::as_u64);
        match (document.get("format").and_then(Value::as_str), number) {
            (Some(FORMAT), Some(VERSION)) => {}
            (Some(FORMAT), Some(found)) if found > VERSION => return Err(ReceiptError::Newer { found }),
            _ => return Err(ReceiptError::NotAReceipt),
        }
        let computed = root(&document).map_or_else(|| "none".to_owned(), |root| root.to_string());
        let recorded = document.get(ROOT).and_then(Value::as_str).unwrap_or("none");
        if recorded != computed || recorded == "none" {
            return Err(ReceiptError::RootDiffers { recorded: recorded.to_owned(), computed });
        }
        serde_json::from_value(Value::Object(document)).map_err(ReceiptError::Malformed)
    }
}
