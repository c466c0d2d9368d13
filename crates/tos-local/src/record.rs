//! What is written down about buckets, objects, uploads and parts: the JSON files of the folder.
//!
//! These are the server's own files and nobody's protocol. They name blobs by id; the structures in memory hold the
//! blobs themselves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::blob::{Blob, Quota};
use crate::restore_calls::Restoration;

/// Headers given at upload that come back at HEAD and GET, by lower-case name, as they were on the wire.
pub(crate) type Attributes = BTreeMap<String, String>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) created_ms: u64,
    pub(crate) storage_class: String,
    pub(crate) versioning: Versioning,
    /// Objects written from then on can be renamed; `None` if none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) renames_since_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lifecycle: Option<LifecycleRecord>,
}

/// The lifecycle rules of a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LifecycleRecord {
    /// As they came.
    pub(crate) rules: Vec<Value>,
    pub(crate) allows_overlap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) key: String,
    /// Newest first.
    pub(crate) versions: Vec<VersionRecord>,
}

/// What there is to know of a version besides its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VersionFacts {
    /// `null` for a version made while versioning was off.
    pub(crate) version_id: String,
    /// Without its quotes.
    pub(crate) etag: String,
    pub(crate) size_bytes: u64,
    /// `None` where the server plays one that does not know it.
    pub(crate) crc64: Option<u64>,
    pub(crate) modified_ms: u64,
    pub(crate) storage_class: String,
    pub(crate) delete_marker: bool,
    pub(crate) attributes: Attributes,
    /// Grants that were chosen one by one; a ready-made list is among the attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acl: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) restoration: Option<Restoration>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VersionRecord {
    pub(crate) facts: VersionFacts,
    pub(crate) blobs: Vec<BlobRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlobRecord {
    pub(crate) id: String,
    pub(crate) len_bytes: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) upload_id: String,
    pub(crate) key: String,
    pub(crate) initiated_ms: u64,
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartFacts {
    pub(crate) number: u16,
    /// Without its quotes.
    pub(crate) etag: String,
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) size_bytes: u64,
    pub(crate) crc64: u64,
    /// Whether the bytes came from another object.
    pub(crate) copied: bool,
    pub(crate) modified_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub(crate) facts: PartFacts,
    pub(crate) blob: Option<BlobRecord>,
}

/// A version with its bytes.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) facts: VersionFacts,
    pub(crate) blobs: Vec<Arc<Blob>>,
}

impl Version {
    pub(crate) fn record(&self) -> VersionRecord {
        VersionRecord { facts: self.facts.clone(), blobs: self.blobs.iter().map(|blob| blob_record(blob)).collect() }
    }

    pub(crate) fn from_record(record: VersionRecord, data: &Path, quota: &Arc<Quota>) -> Arc<Self> {
        let blobs = record.blobs.iter().map(|blob| Blob::existing(&blob.id, blob.len_bytes, data, quota)).collect();
        Arc::new(Self { facts: record.facts, blobs })
    }

    pub(crate) fn quoted_etag(&self) -> String {
        quoted(&self.facts.etag)
    }

    pub(crate) fn keep(&self) {
        self.blobs.iter().for_each(|blob| blob.keep());
    }

    pub(crate) fn doom(&self) {
        self.blobs.iter().for_each(|blob| blob.doom());
    }
}

/// A part with its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) facts: PartFacts,
    pub(crate) blob: Option<Arc<Blob>>,
}

impl Part {
    pub(crate) fn record(&self) -> PartRecord {
        PartRecord { facts: self.facts.clone(), blob: self.blob.as_deref().map(blob_record) }
    }
}

fn blob_record(blob: &Blob) -> BlobRecord {
    BlobRecord { id: blob.id.clone(), len_bytes: blob.len_bytes }
}

pub(crate) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}
