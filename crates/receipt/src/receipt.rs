//! The receipt as a whole, to and from JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// How a receipt begins.
#[derive(Serialize)]
struct Head {
    format: &'static str,
    version: u64,
}

impl Head {
    const NOW: Self = Self { format: FORMAT, version: VERSION };
}

/// A receipt in its file.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    receipt: &'a Receipt,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_sha256: Option<Root>,
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
        let document = Document { head: Head::NOW, receipt: self, root_sha256: Some(self.root()?) };
        let mut text = serde_json::to_string_pretty(&document).map_err(ReceiptError::Malformed)?;
        text.push('\n');
        if text.len() as u64 > RECEIPT_BYTES_MAX { Err(ReceiptError::TooLarge) } else { Ok(text) }
    }

    /// The root hash.
    ///
    /// # Errors
    /// None for what [`Receipt::to_json`] can write.
    pub fn root(&self) -> Result<Root, ReceiptError> {
        let document = Document { head: Head::NOW, receipt: self, root_sha256: None };
        match serde_json::to_value(document).map_err(ReceiptError::Malformed)? {
            Value::Object(document) => root(&document).ok_or(ReceiptError::NotAReceipt),
            _ => Err(ReceiptError::NotAReceipt),
        }
    }

    /// A name for its files, without an ending: the ids of the first and the last transfer are in it.
    pub fn usual_name(&self) -> String {
        let ids = self.entries.iter().map(|entry| entry.transfer);
        match (ids.clone().min(), ids.max()) {
            (Some(first), Some(last)) if first != last => format!("tern-receipt-{first}-{last}"),
            (Some(only), _) => format!("tern-receipt-{only}"),
            _ => "tern-receipt".to_owned(),
        }
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
