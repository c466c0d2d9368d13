//! Bytes on their way into a file: a request's body, or another object.
//!
//! Chunks are gathered to batches of 256 KiB; a batch is written and summed up on a blocking thread while the next one
//! comes in. So the hop to that thread is paid once per batch, a small body costs one hop, and a connection holds two
//! batches at most.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::blob::{BlobWriter, Written};
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use crate::shared::Shared;
use crate::throttle::Throttles;

const BATCH_BYTES: usize = 256 << 10;

/// Takes chunks in order; [`Intake::finish`] gives what was written. Dropping it leaves nothing.
pub(crate) struct Intake {
    batch: Vec<Bytes>,
    batch_bytes: usize,
    writer: WriterState,
}

enum WriterState {
    Idle(Box<BlobWriter>),
    Busy(JoinHandle<Result<Box<BlobWriter>, Refusal>>),
    Lost,
}

impl Intake {
    pub(crate) fn new(writer: BlobWriter) -> Self {
        Self { batch: Vec::new(), batch_bytes: 0, writer: WriterState::Idle(Box::new(writer)) }
    }

    pub(crate) async fn push(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        if self.batch_bytes >= BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Refusal> {
        let mut writer = self.writer().await?;
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.writer = WriterState::Busy(tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer)));
        Ok(())
    }

    async fn writer(&mut self) -> Result<Box<BlobWriter>, Refusal> {
        match std::mem::replace(&mut self.writer, WriterState::Lost) {
            WriterState::Idle(writer) => Ok(writer),
            WriterState::Busy(job) => job.await?,
            WriterState::Lost => Err(Refusal::new(500, "InternalError", "The writer of this body is gone.")),
        }
    }

    pub(crate) async fn finish(mut self) -> Result<Written, Refusal> {
        if !self.batch.is_empty() {
            self.flush().await?;
        }
        Ok(self.writer().await?.seal())
    }
}

/// Receives a request's body into a file, at the rate that the throttles allow.
pub(crate) async fn receive(
    shared: &Shared,
    mut body: RequestBody,
    writer: BlobWriter,
    throttles: &Throttles,
    len_bytes_max: u64,
) -> Result<Written, Refusal> {
    let mut intake = Intake::new(writer);
    let mut received = 0_u64;
    while let Some(chunk) = next_chunk(shared, &mut body).await? {
        received += chunk.len() as u64;
        if received > len_bytes_max {
            return Err(entity_too_large(len_bytes_max));
        }
        throttles.take(chunk.len()).await;
        intake.push(chunk).await?;
    }
    intake.finish().await
}

pub(crate) fn entity_too_large(len_bytes_max: u64) -> Refusal {
    Refusal::new(400, "EntityTooLarge", format!("At most {len_bytes_max} bytes go into one request."))
}

/// Receives a small body, such as the JSON of Complete, into memory.
pub(crate) async fn receive_small(shared: &Shared, mut body: RequestBody) -> Result<Vec<u8>, Refusal> {
    /// 10 000 parts, or 1000 keys of 1 KiB that are all escapes, fit.
    const SMALL_BYTES_MAX: usize = 8 << 20;
    let mut all = Vec::new();
    while let Some(chunk) = next_chunk(shared, &mut body).await? {
        if all.len() + chunk.len() > SMALL_BYTES_MAX {
            return Err(entity_too_large(SMALL_BYTES_MAX as u64));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// The next bytes of a body; `None` at its proper end.
pub(crate) async fn next_chunk(shared: &Shared, body: &mut RequestBody) -> Result<Option<Bytes>, Refusal> {
    let chunk = body.next_chunk().await?;
    if let Some(chunk) = &chunk {
        shared.counters.bytes_in.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    }
    Ok(chunk)
}
