//! What of a checkpoint can be gone on with by somebody else than the program that wrote it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use store::{Crc64, ETag, ObjectRef, PartNumber, UploadId};

use super::{SdkCheckpoint, SdkTransfer};

/// The unfinished upload of a file, as an SDK has recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkUpload {
    /// What it will become.
    pub object: ObjectRef,
    /// The multipart upload.
    pub upload_id: UploadId,
    /// The local file as the program named it, perhaps relative; JS and C++ do not record it.
    pub local_path: Option<PathBuf>,
    /// Size of the file in bytes when the upload was begun.
    pub size_bytes: u64,
    /// Size of every part but the last.
    pub part_size_bytes: u64,
    /// Checksums of parts, with the tags that those parts had.
    pub checksums: BTreeMap<PartNumber, (ETag, Crc64)>,
}

/// Why nobody else can go on; each is a sentence without a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnUpload {
    /// Of an object to a file.
    #[error("it is of a download, and only uploads have parts at TOS")]
    Download,
    /// Of an object to an object.
    #[error("it is of a copy, and only the upload of a file can be adopted")]
    Copy,
    /// Encrypted with a key that is not recorded.
    #[error("its object is encrypted with a key of yours, which is not in the file")]
    CustomerKey,
    /// Nothing was begun.
    #[error("it was written before the upload was begun, so there is nothing to go on with")]
    NotBegun,
}

impl TryFrom<SdkCheckpoint> for SdkUpload {
    type Error = NotAnUpload;

    fn try_from(checkpoint: SdkCheckpoint) -> Result<Self, NotAnUpload> {
        let SdkCheckpoint {
            transfer,
            object,
            upload_id,
            local_path,
            source,
            part_size_bytes,
            parts,
            has_customer_key,
            ..
        } = checkpoint;
        match transfer {
            SdkTransfer::Upload => {}
            SdkTransfer::Download => return Err(NotAnUpload::Download),
            SdkTransfer::Copy => return Err(NotAnUpload::Copy),
        }
        if has_customer_key {
            return Err(NotAnUpload::CustomerKey);
        }
        let known = parts.into_iter().filter_map(|part| Some((part.number, (part.etag?, part.crc64?))));
        Ok(Self {
            object,
            upload_id: upload_id.ok_or(NotAnUpload::NotBegun)?,
            local_path: local_path.map(PathBuf::from),
            size_bytes: source.size_bytes,
            part_size_bytes,
            checksums: known.collect(),
        })
    }
}
