//! Wire types of the history and of receipts. The rules of [`crate::dto`] hold here too.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::dto::{AppError, Direction, TransferRow};

/// A place in the history: behind it comes what ended earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HistoryCursor {
    /// When the transfer there ended.
    pub ended_ms: i64,
    /// The transfer there.
    pub id: u64,
}

/// A piece of the history.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct HistoryPage {
    /// Transfers that are done, newest first.
    pub rows: Vec<TransferRow>,
    /// Where to go on; nothing at the end. A search may have found nothing yet and still go on.
    pub next: Option<HistoryCursor>,
    /// For how many days the history is kept; 0 for ever.
    pub kept_days: u32,
}

/// What to make a receipt of.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ReceiptChoice {
    /// These transfers, in this order.
    Transfers {
        /// Their ids.
        ids: Vec<u64>,
    },
    /// All that ended in a span of time and that the search finds, oldest first.
    Span {
        /// From this moment on.
        since_ms: Option<i64>,
        /// Up to this moment, without it.
        until_ms: Option<i64>,
        /// Text as in the history.
        search: String,
    },
}

/// A receipt that is open in the window: its head. The rows are asked for as they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaperView {
    /// Names it from now on, until it is closed.
    pub paper: u64,
    /// The file that it was read from; none for one that was made here just now.
    pub file: Option<String>,
    /// The program that made it.
    pub product: String,
    /// When it was made.
    pub made_ms: i64,
    /// The root hash.
    pub root_sha256: String,
    /// Which way, if all went the same way.
    pub direction: Option<Direction>,
    /// Name of the only file; none if there are several.
    pub name: Option<String>,
    /// Where it all came from: the only source, or the folder or prefix that holds all; empty if there is none.
    pub from: String,
    /// Where it all is, in the same way.
    pub to: String,
    /// How many transfers.
    pub entries: u32,
    /// Their bytes.
    pub size_bytes: u64,
    /// Those whose checksums were known at both ends and equal.
    pub verified: u32,
    /// Those that were done without a checksum to compare with.
    pub unverified: u32,
    /// Those that left the target as it was.
    pub skipped: u32,
    /// When the first was begun.
    pub began_ms: Option<i64>,
    /// When the last ended.
    pub ended_ms: Option<i64>,
    /// Milliseconds of work, of all of them together.
    pub busy_ms: u64,
    /// Parts that were moved more than once.
    pub parts_again: u64,
    /// What happened, as a picture; none for what was over in a moment, or was done by an older version.
    pub timeline: Option<PaperTimeline>,
}

/// What happened to the transfers of a receipt. Its axis is the time in which anything was at work; other time is drawn
/// narrower.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaperTimeline {
    /// When it begins.
    pub began_ms: i64,
    /// When it ends.
    pub ended_ms: i64,
    /// Bytes a second in each of the equal slices of the axis.
    pub speeds: Vec<u64>,
    /// The limit that held in each slice, in bytes a second, where it was the same for all.
    pub limits: Vec<Option<u64>>,
    /// What happened, in order.
    pub marks: Vec<PaperMark>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaperMark {
    /// What it was.
    pub what: PaperEvent,
    /// When it began.
    pub begin_ms: i64,
    /// How long it lasted, in milliseconds.
    pub lasted_ms: u64,
    /// Its place on the axis, in ten thousandths of it.
    pub from: u32,
    /// Where it ends there.
    pub until: u32,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaperEvent {
    /// The computer slept.
    Asleep,
    /// It was paused.
    Paused,
    /// It was back in line.
    Waited,
    /// It had failed, until it was tried again.
    Failed,
    /// No Tern ran.
    NotRunning,
    /// It waited for the network.
    NoNetwork,
    /// Another limit held from then on, in bytes a second: none is no limit, 0 lets nothing move.
    Limit {
        /// Before.
        from: Option<u64>,
        /// From then on.
        to: Option<u64>,
    },
    /// Parts were sent again.
    SentAgain {
        /// How many.
        parts: u32,
    },
    /// It began anew.
    StartedOver,
}

/// One transfer of an open receipt.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct PaperRow {
    /// Its id in the record that the receipt was made from.
    pub transfer: u64,
    /// Which way.
    pub direction: Direction,
    /// Whether the bytes of a copy went through the computer that made it.
    pub relayed: bool,
    /// What was done.
    pub outcome: PaperOutcome,
    /// Last part of the name.
    pub name: String,
    /// Full source.
    pub from: String,
    /// Full target.
    pub to: String,
    /// Size of the content.
    pub size_bytes: u64,
    /// Whether both checksums were known and equal.
    pub verified: bool,
    /// CRC64 of the source, decimal.
    pub source_crc64: Option<String>,
    /// CRC64 of the target, decimal.
    pub target_crc64: Option<String>,
    /// Entity tag of the object at the target, or of the source of a download.
    pub etag: Option<String>,
    /// Version of that object.
    pub version: Option<String>,
    /// Requests, in the order in which they were made.
    pub requests: Vec<PaperRequest>,
    /// How many parts; none if it is not known any more.
    pub parts: Option<u32>,
    /// Parts that were moved more than once.
    pub parts_again: u64,
    /// When it was asked for.
    pub added_ms: Option<i64>,
    /// When it was planned.
    pub planned_ms: Option<i64>,
    /// When it was done.
    pub ended_ms: Option<i64>,
    /// Milliseconds of work.
    pub busy_ms: u64,
    /// What was found at the target when it was looked at last.
    pub target_check: Option<EndCheck>,
    /// What was found at the source when it was looked at last.
    pub source_check: Option<EndCheck>,
}

/// What a transfer of a receipt did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaperOutcome {
    /// It moved the bytes.
    Moved,
    /// They were there already.
    Identical,
    /// It left the target as it was.
    Skipped,
}

/// A request of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaperRequest {
    /// What it was made for.
    pub purpose: PaperPurpose,
    /// The store's id of it.
    pub id: String,
}

/// What a request was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaperPurpose {
    /// To look at the source.
    LookedAtSource,
    /// To publish the target.
    Published,
    /// To look at the target.
    Verified,
}

/// What was found at one end.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct EndCheck {
    /// The finding.
    pub finding: EndFinding,
    /// What is there, where that differs: a size, a checksum or a tag.
    pub found: Option<String>,
    /// What the receipt says instead.
    pub expected: Option<String>,
    /// Why nothing is known of it.
    pub why: Option<AppError>,
}

/// What can be found at an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EndFinding {
    /// Size and CRC64 are equal.
    Equal,
    /// They are equal, and somebody wrote the same content once more.
    Rewritten,
    /// The version is there and equal, but its key stands for a later one.
    Superseded,
    /// The version is there and equal, but the object is deleted.
    Deleted,
    /// Size and tag are equal; there was no CRC64 to compare.
    ByTag,
    /// Only the size is known, and equal.
    BySize,
    /// Another size.
    SizeDiffers,
    /// Another CRC64.
    ContentDiffers,
    /// Another tag, and no CRC64 to compare.
    TagDiffers,
    /// Nothing is there any more.
    Gone,
    /// It could not be looked at.
    Unchecked,
    /// Nothing was promised of it.
    Skipped,
}

/// How far a check of a receipt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ReceiptCheckProgress {
    /// Transfers both of whose ends were looked at.
    pub looked: u32,
    /// All transfers.
    pub entries: u32,
    /// Bytes that were read.
    pub read_bytes: u64,
    /// Bytes that are to be read, if every end is as it was.
    pub total_bytes: u64,
}

/// What a check of a receipt came to. Targets count; a source may have changed since, rightly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CheckResult {
    /// Targets.
    pub targets: u32,
    /// Those that have what the receipt says.
    pub equal: u32,
    /// Those of the equal ones that could not be compared by content.
    pub not_by_content: u32,
    /// Those that have something else.
    pub different: u32,
    /// Those of which nothing is left.
    pub gone: u32,
    /// Those of which nothing is known.
    pub unchecked: u32,
    /// Those of which nothing was promised.
    pub skipped: u32,
    /// Sources that are not what they were.
    pub sources_changed: u32,
    /// Transfers that were done without a checksum to compare with, and are verified now: both ends were read and are
    /// equal, and it is recorded so.
    pub proved: u32,
    /// The head of the receipt, which is another one where something was proved.
    pub view: PaperView,
}

/// In which form a receipt is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptFormat {
    /// For programs, and to be checked again.
    Json,
    /// A page for people, which needs nothing else.
    Html,
}
