//! Bytes on their way out of a file: read, count, limit, checksum, hand over; each byte is touched once.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use store::{ByteRange, Crc64, Crc64Hasher, UploadBody};

use crate::buffer::{BUFFER_SIZE_BYTES, BufferPool};
use crate::checkpoint::Fingerprint;
use crate::disk::RandomFile;
use crate::meter::PartMeter;
use crate::rate::{Limiters, Passage};

/// What is taken at a time under a low limit.
const SLOW_GRANT_BYTES: usize = 16 << 10;

/// What became of a body after the transport has taken it.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyFate(Arc<Mutex<Fate>>);

#[derive(Debug, Default)]
struct Fate {
    crc64: Option<Crc64>,
    failure: Option<BodyFailure>,
}

/// Why a body broke off.
#[derive(Debug)]
pub(crate) enum BodyFailure {
    /// The file could not be read.
    Read(io::Error),
    /// The file is not the one that was planned any more.
    Changed,
}

impl BodyFate {
    /// The checksum of all bytes; `None` if they were not all handed over.
    pub(crate) fn crc64(&self) -> Option<Crc64> {
        self.lock().crc64
    }

    /// Why it broke off, if it did; can be taken once.
    pub(crate) fn take_failure(&self) -> Option<BodyFailure> {
        self.lock().failure.take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Fate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that the body of one part needs.
pub(crate) struct FileBody {
    pub(crate) file: Arc<dyn RandomFile>,
    pub(crate) range: ByteRange,
    /// What the file has to be when its last byte leaves.
    pub(crate) expected: Option<Fingerprint>,
    pub(crate) pool: BufferPool,
    pub(crate) limiters: Limiters,
    /// Shared with the job, so that bytes count as in flight until the far side has answered for them.
    pub(crate) meter: Arc<PartMeter>,
}

impl FileBody {
    /// The body, and what to ask about it afterwards.
    pub(crate) fn into_upload(self) -> (UploadBody, BodyFate) {
        let fate = BodyFate::default();
        let len_bytes = self.range.len_bytes();
        let stream = FileStream {
            at: self.range.start,
            body: self,
            hasher: Crc64Hasher::new(),
            grant: None,
            fate: fate.clone(),
        };
        if len_bytes == 0 {
            fate.lock().crc64 = Some(Crc64::EMPTY);
        }
        (UploadBody::new(len_bytes, stream), fate)
    }
}

struct FileStream {
    body: FileBody,
    at: u64,
    hasher: Crc64Hasher,
    grant: Option<(usize, Passage)>,
    fate: BodyFate,
}

impl FileStream {
    fn fail(&mut self, failure: BodyFailure) -> io::Error {
        let error = match &failure {
            BodyFailure::Read(error) => io::Error::new(error.kind(), error.to_string()),
            BodyFailure::Changed => io::Error::other("the source has changed"),
        };
        self.at = self.body.range.end;
        self.fate.lock().failure = Some(failure);
        error
    }

    fn read(&mut self, len: usize) -> Result<Bytes, BodyFailure> {
        let mut buffer = self.body.pool.take();
        self.body.file.read_exact_at(buffer.fill(len), self.at).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => BodyFailure::Changed,
            _ => BodyFailure::Read(error),
        })?;
        self.hasher.update(buffer.as_ref());
        self.body.meter.add(len as u64);
        self.at += len as u64;
        if self.at == self.body.range.end {
            // Looked at before the last bytes leave: a changed source must not be published.
            let facts = self.body.file.facts().map_err(BodyFailure::Read)?;
            if self.body.expected.as_ref().is_some_and(|expected| facts.fingerprint() != *expected) {
                return Err(BodyFailure::Changed);
            }
            self.fate.lock().crc64 = Some(self.hasher.finish());
        }
        Ok(buffer.into_bytes())
    }
}

impl Stream for FileStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let left = this.body.range.end - this.at;
        if left == 0 {
            return Poll::Ready(None);
        }
        let (len, grant) = this.grant.get_or_insert_with(|| {
            let most = if this.body.limiters.are_slow() { SLOW_GRANT_BYTES } else { BUFFER_SIZE_BYTES };
            let len = usize::try_from(left).map_or(most, |left| left.min(most));
            (len, this.body.limiters.reserve(len as u64))
        });
        ready!(Pin::new(grant).poll(context));
        let len = *len;
        this.grant = None;
        Poll::Ready(Some(match this.read(len) {
            Ok(bytes) => Ok(bytes),
            Err(failure) => Err(this.fail(failure)),
        }))
    }
}
