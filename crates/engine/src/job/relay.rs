//! Relay: a part of a copy through this computer, from one store's answer straight into the other's request.
//!
//! Nothing is written to a file and no part is held in memory: the request's body is the answer's, counted, limited
//! both ways and checksummed as it passes. The cost: a body that breaks off at either end has to be fetched again from
//! the part's first byte, since the store takes a part only as a whole.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use store::{ByteRange, ByteStream, Crc64, Crc64Hasher, GetOptions, ObjectRef, PartNumber, UploadBody};

use super::move_part::{broken, etag};
use super::send::SentBody;
use super::{Attempt, Work, about, misfit, object_of};
use crate::checkpoint::Checkpoint;
use crate::error::{ErrorCode, TransferError};
use crate::meter::PartMeter;
use crate::rate::{Limiters, Passage};

impl Work {
    pub(super) async fn relay_part(&self, checkpoint: &Checkpoint, number: PartNumber) -> Attempt {
        // What has arrived cannot be proved again, so it counts as in flight until it is recorded.
        self.workspace.at_risk.room_for(checkpoint.range(number).len_bytes(), 0).await;
        let meter = Arc::new(self.workspace.meter.part(number));
        let (body, fate) = self.relayed(checkpoint, checkpoint.range(number), meter.clone()).await?;
        let sent = self.send(checkpoint, number, body, &fate).await;
        drop(meter);
        sent
    }

    /// Asks the source for a range, and makes a request's body of the answer's.
    async fn relayed(
        &self,
        checkpoint: &Checkpoint,
        range: ByteRange,
        meter: Arc<PartMeter>,
    ) -> Result<(UploadBody, Fate), TransferError> {
        let (source_store, source) = object_of(&self.spec.source).ok_or_else(|| misfit("no object"))?;
        let whole = range.start == 0 && range.end == checkpoint.source.size_bytes();
        let options = GetOptions { range: (!whole).then_some(range), if_match: etag(&checkpoint.source) };
        let got = self.store(source_store).await?.get_object(source, &options).await.map_err(about(source))?;
        if got.range != range || got.details.size_bytes != checkpoint.source.size_bytes() {
            return Err(TransferError::new(ErrorCode::SourceChanged).with("path", source));
        }
        let fate = Fate::default();
        if range.len_bytes() == 0 {
            fate.lock().crc64 = Some(Crc64::EMPTY);
        }
        let stream = Relayed {
            body: Mutex::new(got.body),
            source: source.clone(),
            left_bytes: range.len_bytes(),
            expected: checkpoint.source_crc64.filter(|_| whole),
            waiting: None,
            limiters: self.limiters([&self.tools.download_limiter, &self.tools.upload_limiter]),
            hasher: Crc64Hasher::new(),
            meter,
            fate: fate.clone(),
        };
        Ok((UploadBody::new(range.len_bytes(), stream), fate))
    }
}

/// What became of a body that passed through.
#[derive(Clone, Debug, Default)]
struct Fate(Arc<Mutex<Passed>>);

#[derive(Debug, Default)]
struct Passed {
    crc64: Option<Crc64>,
    failure: Option<TransferError>,
}

impl SentBody for Fate {
    fn crc64(&self) -> Option<Crc64> {
        self.lock().crc64
    }

    fn take_failure(&self) -> Option<TransferError> {
        self.lock().failure.take()
    }
}

impl Fate {
    fn lock(&self) -> std::sync::MutexGuard<'_, Passed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece that waits for the limiters.
struct Waiting {
    piece: Bytes,
    passage: Passage,
}

struct Relayed {
    // An answer's body is not `Sync`, and a request's has to be; nobody ever waits for this lock.
    body: Mutex<ByteStream>,
    source: ObjectRef,
    left_bytes: u64,
    /// What all of them have to come to: an object that goes in one request must not be published changed.
    expected: Option<Crc64>,
    waiting: Option<Waiting>,
    limiters: Limiters,
    hasher: Crc64Hasher,
    meter: Arc<PartMeter>,
    fate: Fate,
}

impl Relayed {
    fn fail(&mut self, error: TransferError) -> std::io::Error {
        let told = std::io::Error::other(error.to_string());
        self.left_bytes = 0;
        self.fate.lock().failure = Some(error);
        told
    }

    /// Counts a piece that leaves.
    fn pass(&mut self, piece: &Bytes) -> Result<(), TransferError> {
        let len_bytes = piece.len() as u64;
        self.hasher.update(piece);
        self.meter.add(len_bytes);
        self.left_bytes -= len_bytes;
        if self.left_bytes == 0 {
            let passed = std::mem::take(&mut self.hasher).finish();
            if self.expected.is_some_and(|expected| expected != passed) {
                return Err(broken(&self.source, "the bytes came changed"));
            }
            self.fate.lock().crc64 = Some(passed);
        }
        Ok(())
    }
}

impl Stream for Relayed {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.left_bytes == 0 {
            return Poll::Ready(None);
        }
        if this.waiting.is_none() {
            let body = this.body.get_mut().unwrap_or_else(PoisonError::into_inner);
            let polled = body.as_mut().poll_next(context);
            this.meter.waits_for_source(polled.is_pending());
            let piece = match ready!(polled) {
                Some(Ok(piece)) if piece.len() as u64 <= this.left_bytes => piece,
                Some(Ok(_)) => {
                    let error = broken(&this.source, "more bytes came than were asked for");
                    return Poll::Ready(Some(Err(this.fail(error))));
                }
                Some(Err(error)) => {
                    let error = about(&this.source)(error);
                    return Poll::Ready(Some(Err(this.fail(error))));
                }
                None => {
                    let error = broken(&this.source, "the answer ended early");
                    return Poll::Ready(Some(Err(this.fail(error))));
                }
            };
            let len_bytes = piece.len() as u64;
            let passage = this.limiters.reserve(len_bytes);
            this.waiting = Some(Waiting { piece, passage });
        }
        if let Some(waiting) = &mut this.waiting {
            ready!(Pin::new(&mut waiting.passage).poll(context));
        }
        match this.waiting.take() {
            Some(Waiting { piece, .. }) => Poll::Ready(Some(match this.pass(&piece) {
                Ok(()) => Ok(piece),
                Err(error) => Err(this.fail(error)),
            })),
            None => Poll::Ready(None),
        }
    }
}
