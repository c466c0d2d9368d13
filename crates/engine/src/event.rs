//! What happens while it happens, for whoever listens: the events of the TOS SDKs and the changes of state.
//!
//! The names are those of the SDKs, so that a script written for their events understands ours. Unlike there, a
//! `…Succeed` of a part means that the far side has acknowledged it, progress never passes the total, and every
//! transfer that is done has its `DataTransferSucceed`, also an empty one.

use serde::Serialize;
use store::{Crc64, ETag};

use crate::error::TransferError;
use crate::transfer::{Kind, Route, TransferId};
use crate::view::Phase;

/// Something that happened to a transfer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// What happened; written as `type`.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Which transfer.
    pub transfer: TransferId,
    /// Kind of transfer.
    pub direction: Kind,
    /// The source.
    pub from: String,
    /// The target.
    pub to: String,
}

/// The part that an event is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartDetails {
    /// Its number, from 1.
    pub part_number: u32,
    /// Its first byte.
    pub offset_bytes: u64,
    /// Its size.
    pub part_size_bytes: u64,
    /// Its tag, where the store gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// Its checksum, decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc64: Option<Crc64>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
#[expect(missing_docs, reason = "the names are the SDKs' and say what they mean")]
pub enum EventKind {
    CreateMultipartUploadSucceed {
        upload_id: String,
    },
    CreateMultipartUploadFailed {
        error: TransferError,
    },
    UploadPartSucceed {
        part: PartDetails,
    },
    UploadPartFailed {
        part: PartDetails,
        error: TransferError,
    },
    /// The store refused the part with 403, 404 or 405.
    UploadPartAborted {
        part: PartDetails,
        error: TransferError,
    },
    CompleteMultipartUploadSucceed {
        etag: Option<ETag>,
        crc64: Option<Crc64>,
    },
    CompleteMultipartUploadFailed {
        error: TransferError,
    },

    CreateTempFileSucceed {
        temp_file: String,
    },
    CreateTempFileFailed {
        error: TransferError,
    },
    DownloadPartSucceed {
        part: PartDetails,
    },
    DownloadPartFailed {
        part: PartDetails,
        error: TransferError,
    },
    DownloadPartAborted {
        part: PartDetails,
        error: TransferError,
    },
    RenameTempFileSucceed {
        crc64: Option<Crc64>,
    },
    RenameTempFileFailed {
        error: TransferError,
    },

    UploadPartCopySucceed {
        part: PartDetails,
    },
    UploadPartCopyFailed {
        part: PartDetails,
        error: TransferError,
    },
    UploadPartCopyAborted {
        part: PartDetails,
        error: TransferError,
    },

    /// Which way the bytes of a copy will go; told before any of them moves.
    RouteChosen {
        route: Route,
    },
    /// Bytes begin to move in this run.
    DataTransferStarted {
        consumed_bytes: u64,
        total_bytes: i64,
    },
    /// Bytes moved, told at most four times a second. `total_bytes` is -1 while unknown.
    DataTransferRw {
        consumed_bytes: u64,
        total_bytes: i64,
    },
    /// Everything is at the sink and published.
    DataTransferSucceed {
        consumed_bytes: u64,
        total_bytes: i64,
    },
    /// The transfer failed.
    DataTransferFailed {
        consumed_bytes: u64,
        total_bytes: i64,
    },

    /// The shown state changed.
    StateChanged {
        phase: Phase,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<TransferError>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_in_ms: Option<u64>,
    },
    /// The source changed, or the session was lost: the transfer starts over.
    Restarted {
        error: TransferError,
    },
    /// It was taken out of the list.
    Removed,
}
