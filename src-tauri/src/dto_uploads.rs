//! Wire types of unfinished uploads. The rules of [`crate::dto`] hold here too.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::dto::{AppError, TransferRow};

/// Where a page of unfinished uploads ended; also the name of one upload of a bucket.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct UploadCursor {
    /// Key of its last row.
    pub key: String,
    /// Its upload.
    pub upload_id: String,
}

/// An unfinished upload.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct UploadRow {
    /// Key of the object that it would become.
    pub key: String,
    /// Its id.
    pub upload_id: String,
    /// When it was begun, in milliseconds since 1970.
    pub initiated_ms: Option<i64>,
    /// Such as `STANDARD`.
    pub storage_class: Option<String>,
    /// The transfer that goes on with it.
    pub needed_by: Option<u64>,
    /// That transfer, as it stands now.
    pub transfer: Option<TransferRow>,
    /// The transfer that began it and needs it no more.
    pub left_behind_by: Option<u64>,
}

/// A page of unfinished uploads.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct UploadPage {
    /// By key.
    pub rows: Vec<UploadRow>,
    /// Give this back for the next page.
    pub next: Option<UploadCursor>,
}

/// What an unfinished upload holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HeldView {
    /// How many parts.
    pub parts: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// When the newest of them arrived, as far as the store tells.
    pub last_part_ms: Option<i64>,
    /// Whether a part arrived, or it was begun, within the last minutes: somebody is probably still sending.
    pub in_use: bool,
    /// How many parts it will have in the end; known only of what one of our transfers goes on with.
    pub parts_planned: Option<u64>,
    /// The file that one of our transfers sends there, as it is now.
    pub source: Option<SourceState>,
}

/// A local file, against what it was when its transfer was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It is as it was, by size and time.
    There,
    /// It has another size or another time.
    Changed,
    /// It is gone, or cannot be reached.
    Missing,
}

/// What an upload of somebody else has in common with a local file.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct ComparedView {
    /// Size of the file.
    pub size_bytes: u64,
    /// Size of each part but the last.
    pub part_size_bytes: u64,
    /// One character a part of the file: `v` there and equal, `x` there and different, `.` not there.
    pub parts: String,
    /// Parts that the upload has.
    pub parts_listed: u64,
    /// Bytes of those that are equal.
    pub held_bytes: u64,
}

/// What came of going on with an upload of somebody else.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct AdoptedView {
    /// The transfer.
    pub id: u64,
    /// Parts that the upload had.
    pub parts_listed: u64,
    /// Those of them that are parts of the file.
    pub parts_held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Size of the file.
    pub size_bytes: u64,
}

/// What the checkpoint file of an SDK says of an unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CheckpointView {
    /// Bucket of the object.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// The local file, if it is recorded with its whole path and is there with the size that it had.
    pub file: Option<String>,
    /// The file as it is recorded, wherever it is now.
    pub recorded_file: Option<String>,
    /// Size of the file when the upload was begun.
    pub size_bytes: u64,
}

/// What became of one upload of a clean-up.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct CleanedUpload {
    /// Which one.
    pub upload_id: String,
    /// What was done.
    pub outcome: CleanOutcome,
    /// Why it could not be aborted, where it failed.
    pub why: Option<AppError>,
}

/// What a clean-up did with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CleanOutcome {
    /// It is gone, with its parts.
    Aborted,
    /// Left alone: somebody sends to it just now, or has just begun it.
    InUse,
    /// Left alone: one of our transfers goes on with it.
    Needed,
    /// The store refused.
    Failed,
}
