//! What is known of a transfer beyond its spec: enough to go on with it on another day.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use store::{ByteRange, Crc64, ETag, ObjectSettings, PartNumber, UploadId, VersionId};

use crate::plan::PartPlan;
use crate::transfer::{End, Route};
use crate::view::{RequestId, RequestPurpose};

/// What identifies the content of a source. A difference means that the source has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of")]
pub enum Fingerprint {
    /// A file: size, modification time to the nanosecond and, where the system has one, the file's id.
    File {
        /// Size in bytes.
        size_bytes: u64,
        /// Modification time in nanoseconds since 1970.
        modified_ns: i64,
        /// Inode, or what Windows has for it.
        file_id: Option<u64>,
    },
    /// An object: its tag and version.
    Object {
        /// Size in bytes.
        size_bytes: u64,
        /// Entity tag.
        etag: ETag,
        /// Version, if the bucket has versions.
        version: Option<VersionId>,
    },
}

impl Fingerprint {
    /// The size of the source.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::File { size_bytes, .. } | Self::Object { size_bytes, .. } => *size_bytes,
        }
    }
}

/// What `Begin` opened: needed to resume or to discard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "session")]
pub enum Session {
    /// A multipart upload at the target.
    Upload {
        /// Its id.
        upload_id: UploadId,
    },
    /// A file beside the target.
    TempFile {
        /// Its path.
        path: PathBuf,
        /// The file's id, so that a file that somebody put in its place is never taken for ours.
        file_id: Option<u64>,
    },
}

/// Proof that a part is at the sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Its number.
    pub number: PartNumber,
    /// Its size.
    pub size_bytes: u64,
    /// CRC64 of its bytes; `None` for a part that the store copied without telling one.
    pub crc64: Option<Crc64>,
    /// Tag that the store gave; `None` in a temp file.
    pub etag: Option<ETag>,
    /// Whether the store confirmed the checksum.
    pub confirmed: bool,
}

/// The plan of a transfer, fixed when it was probed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Identity of the source.
    pub source: Fingerprint,
    /// CRC64 of the source where its store reports one.
    pub source_crc64: Option<Crc64>,
    /// The store's id of the request by which the source was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_request_id: Option<String>,
    /// Size of each part but the last.
    pub part_size_bytes: u64,
    /// The target in the end: another name than wanted where both were to be kept.
    pub target: End,
    /// Which way the bytes of a copy go.
    #[serde(default)]
    pub route: Route,
    /// What the target object will carry.
    pub settings: ObjectSettings,
    /// Whether a target that appears meanwhile may be replaced.
    pub overwrite: bool,
    /// The temp file that a download will use: chosen, and recorded, before it is created.
    pub temp_path: Option<PathBuf>,
    /// When the plan was made, in milliseconds since 1970: an upload of this key that was opened later and holds
    /// nothing may be one whose opening was never answered.
    #[serde(default)]
    pub planned_ms: i64,
    /// How often an upload was, or is being, opened for this plan; 0 before the first time, and in plans that were made
    /// before this was counted.
    #[serde(default)]
    pub begin_attempts: u32,
    /// Whether the upload was begun by somebody else, so that what it holds proves nothing until it is compared.
    #[serde(default)]
    pub adopted: bool,
    /// What `Begin` opened.
    pub session: Option<Session>,
}

impl Checkpoint {
    /// The request that looked at the source, for the result.
    pub(crate) fn look_at_source(&self) -> Option<RequestId> {
        RequestId::of(RequestPurpose::LookedAtSource, self.source_request_id.as_ref())
    }

    /// The cut into parts.
    pub fn plan(&self) -> PartPlan {
        PartPlan { size_bytes: self.source.size_bytes(), part_size_bytes: self.part_size_bytes }
    }

    /// The bytes of a part.
    pub fn range(&self, number: PartNumber) -> ByteRange {
        self.plan().range(number)
    }
}
