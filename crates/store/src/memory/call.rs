//! One call: its description, and what a test may make of it.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;

use super::{MemoryStore, Result};
use crate::{
    ByteRange, ErrorKind, ObjectRef, PartNumber, PutReceipt, Retry, StoreError, UploadBody, UploadId, UploadRef,
};

/// The verbs that make a request.
#[expect(missing_docs, reason = "named as the methods of ObjectStore, which are documented there")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    BucketRegion,
    ListObjects,
    HeadObject,
    GetObject,
    PutObject,
    CreateUpload,
    UploadPart,
    UploadPartCopy,
    CompleteUpload,
    AbortUpload,
    ListParts,
    ListUploads,
    CopyObject,
    DeleteObject,
    DeleteObjects,
}

/// A call that has reached the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was asked.
    pub verb: Verb,
    /// Which call of this verb it is, from 1.
    pub nth: u64,
    /// The bucket; empty for `ListBuckets`.
    pub bucket: String,
    /// The key, where the verb has one; of a copy, the target's.
    pub key: Option<String>,
    /// The upload, where the verb has one.
    pub upload_id: Option<UploadId>,
    /// The part, where the verb has one.
    pub part: Option<PartNumber>,
    /// The range that was asked for.
    pub range: Option<ByteRange>,
}

impl Call {
    pub(super) fn of(verb: Verb) -> Self {
        Self { verb, nth: 0, bucket: String::new(), key: None, upload_id: None, part: None, range: None }
    }

    pub(super) fn bucket(mut self, bucket: &str) -> Self {
        bucket.clone_into(&mut self.bucket);
        self
    }

    pub(super) fn object(self, object: &ObjectRef) -> Result<Self> {
        crate::check_bucket_name(&object.bucket)?;
        crate::check_key(&object.key)?;
        if object.version.is_some() {
            return Err(StoreError::new(ErrorKind::Unsupported, "the store in memory keeps no versions"));
        }
        Ok(Self { key: Some(object.key.clone()), ..self.bucket(&object.bucket) })
    }

    pub(super) fn upload(self, upload: &UploadRef) -> Result<Self> {
        Ok(Self { upload_id: Some(upload.upload_id.clone()), ..self.object(&upload.object)? })
    }

    pub(super) fn part(self, part: PartNumber) -> Self {
        Self { part: Some(part), ..self }
    }

    pub(super) fn range(self, range: Option<ByteRange>) -> Self {
        Self { range, ..self }
    }
}

/// Every call so far, and how many of each verb.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    pub(super) calls: Vec<Call>,
    pub(super) counts: BTreeMap<Verb, u64>,
}

impl Call {
    /// The id of its request, as a store would give one.
    pub fn request_id(&self) -> String {
        format!("memory-{:?}-{}", self.verb, self.nth)
    }
}

/// What happens to a call instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect.
    Fail(ErrorKind),
    /// The store asks to come again after this time; no effect.
    SlowDown(Duration),
    /// It takes effect, but the caller hears only of an error.
    LoseReply(ErrorKind),
    /// It neither takes effect nor ever answers.
    Hang,
    /// The body, of either direction, breaks with `Network` after so many bytes; a write has no effect.
    CutBody(u64),
    /// The body stops after so many bytes and nothing more ever comes; a write has no effect.
    StallBody(u64),
    /// The first byte of the body, of either direction, has one bit flipped on the way.
    FlipBit,
}

/// What `begin` has decided for one call.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    fault: Option<Fault>,
    /// The id of the request, for the answer.
    pub(super) request_id: Option<String>,
}

impl MemoryStore {
    /// Asks `hook` about every call from now on; `None` lets the call through.
    pub fn set_fault(&self, hook: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
    }

    /// Lets every call through from now on.
    pub fn clear_fault(&self) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) async fn begin(&self, mut call: Call) -> Result<Plan> {
        {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            let count = log.counts.entry(call.verb).or_default();
            *count += 1;
            call.nth = *count;
            log.calls.push(call.clone());
        }
        let fault = {
            let mut hook = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            hook.as_mut().and_then(|hook| hook(&call))
        };
        match fault {
            Some(Fault::Fail(kind)) => Err(injected(kind)),
            Some(Fault::SlowDown(wait)) => Err(injected(ErrorKind::Throttled).with_retry(Retry::After(wait))),
            Some(Fault::Hang) => pending().await,
            fault => Ok(Plan { fault, request_id: Some(call.request_id()) }),
        }
    }
}

impl Plan {
    /// The body as it arrives.
    pub(super) async fn receive(&self, body: UploadBody) -> Result<Bytes> {
        if let Some(Fault::CutBody(limit) | Fault::StallBody(limit)) = self.fault {
            let mut stream = body.into_stream();
            let mut seen = 0;
            while seen < limit
                && let Some(piece) = stream.next().await
            {
                seen += piece.map_err(body_failed)?.len() as u64;
            }
            return match self.fault {
                Some(Fault::StallBody(_)) => pending().await,
                _ => Err(injected(ErrorKind::Network)),
            };
        }
        let bytes = body.collect().await.map_err(body_failed)?;
        Ok(if self.fault == Some(Fault::FlipBit) { flip_first_bit(&bytes) } else { bytes })
    }

    /// The body as it leaves: its bytes, and whether the stream ends, breaks or stalls behind them.
    pub(super) fn send(&self, bytes: Bytes) -> (Bytes, BodyEnd) {
        let cut = |limit: u64| {
            let len = usize::try_from(limit).map_or(bytes.len(), |limit| limit.min(bytes.len()));
            bytes.slice(..len)
        };
        match self.fault {
            Some(Fault::CutBody(limit)) if limit < bytes.len() as u64 => (cut(limit), BodyEnd::Break),
            Some(Fault::StallBody(limit)) if limit < bytes.len() as u64 => (cut(limit), BodyEnd::Stall),
            Some(Fault::FlipBit) => (flip_first_bit(&bytes), BodyEnd::Whole),
            _ => (bytes, BodyEnd::Whole),
        }
    }

    /// The result as the caller hears it.
    pub(super) fn reply<T>(&self, result: Result<T>) -> Result<T> {
        match self.fault {
            Some(Fault::LoseReply(kind)) => Err(injected(kind)),
            _ => result,
        }
    }

    /// The same for the receipt of an object, which names its request.
    pub(super) fn reply_receipt(&self, result: Result<PutReceipt>) -> Result<PutReceipt> {
        self.reply(result.map(|receipt| PutReceipt { request_id: self.request_id.clone(), ..receipt }))
    }
}

/// What comes behind the last byte of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyEnd {
    Whole,
    Break,
    Stall,
}

pub(super) fn injected(kind: ErrorKind) -> StoreError {
    StoreError::new(kind, format!("a fault of the kind {kind:?} was injected by a test"))
}

fn body_failed(cause: std::io::Error) -> StoreError {
    StoreError::new(ErrorKind::Body, "the bytes to send could not be read").with_source(cause)
}

fn flip_first_bit(bytes: &Bytes) -> Bytes {
    let mut copy = bytes.to_vec();
    if let Some(first) = copy.first_mut() {
        *first ^= 1;
    }
    copy.into()
}
