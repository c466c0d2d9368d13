//! Receipts: what finished transfers can show for themselves, on another day and to somebody else.
//!
//! A [`Receipt`] is made of what the ledger says of transfers that are done. It is written as JSON (for programs) with a
//! page of HTML beside it (for people), and read back to be checked: is what was written still there, byte for byte?
//! The crate knows the engine's words and the store's; it has no clock, no ledger and no account. Who uses it says when
//! a receipt is made, gives it the records, and opens the stores.
//!
//! # The root hash
//!
//! Every receipt ends with `root_sha256`, one value over all the others. This program computes it, without Tern:
//!
//! ```python
#![doc = include_str!("../root.py")]
//! ```
//!
//! In words: the *head* is the receipt without `entries` and `root_sha256`. The head and each entry, in their order, are
//! written as canonical JSON: keys sorted, no white space, and in texts nothing escaped but `"`, `\` and the characters
//! below U+0020 (those as `\b \t \n \f \r`, or `\u00xx` in lower case). All numbers are whole and below 2⁵³. The SHA-256
//! of each, in lower-case hex and followed by a line feed, one after the other, are hashed once more. With jq (1.6
//! writes U+007F its own way, so a name with that character needs the program above):
//!
//! ```sh
//! jq -cS 'del(.entries, .root_sha256), .entries[]' FILE | while IFS= read -r line
//! do printf %s "$line" | sha256sum | cut -c 1-64; done | sha256sum
//! ```
//!
//! Equal roots mean equal receipts, and a receipt that was damaged or changed in part no longer fits its root. There is
//! no signature: who changes a receipt can compute the root anew, so keep the root where others cannot change it.
//!
//! # No secret
//!
//! Bucket, key, path, endpoint and the *name* of the account are in a receipt, because whoever checks it has to find both
//! ends. The access key id is not: nothing needs it. Secret keys, tokens and signed URLs never reach this crate.
#![warn(missing_docs)]

mod chart;
mod compare;
mod entry;
mod html;
mod html_chart;
mod look;
mod moment;
mod receipt;
mod root;
mod verify;
mod write;

pub use chart::{AXIS, Chart, Mark, SLICES, thin};
pub use compare::{Difference, Expected, Found, Proof, Side, compare};
pub use entry::{Entry, NotDone, Parts, Place, Times};
pub use html::page;
pub use look::{Current, look_at_file, look_at_key, look_at_object};
pub use moment::Moment;
pub use receipt::{RECEIPT_BYTES_MAX, Receipt, ReceiptError};
pub use root::Root;
pub use verify::{Checked, Ends, Finding, Tally, Verifier};
pub use write::{WriteError, write_files};
