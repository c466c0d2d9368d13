//! The body of a request on its way in, and the faults that befall it there.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};

use crate::fault::cut::{Cutter, End};
use crate::refusal::Refusal;

/// A body that is read chunk by chunk.
#[derive(Debug)]
pub(crate) struct RequestBody {
    incoming: Incoming,
    read_bytes: u64,
    fault: Option<RequestFault>,
    /// How long nothing may come, and what ends the connection then.
    idle: Option<(Duration, Cutter)>,
}

/// What befalls a body, once.
#[derive(Debug)]
pub(crate) enum RequestFault {
    /// Nothing is read for a while, from the first chunk on that begins here or later, or at the end.
    Stall {
        after_bytes: u64,
        pause: Duration,
    },
    FlipBit {
        at_byte: u64,
    },
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, idle: Option<(Duration, Cutter)>) -> Self {
        Self { incoming, read_bytes: 0, fault: None, idle }
    }

    /// From now on this befalls the body.
    pub(crate) fn suffer(&mut self, fault: RequestFault) {
        self.fault = Some(fault);
    }

    /// Whether there is nothing to read, as far as that is known without waiting.
    pub(crate) fn is_over(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// The next bytes; `None` at the proper end.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        self.stall_at(self.read_bytes).await;
        while let Some(frame) = self.next_frame().await {
            let broken = |_| Refusal::new(400, "UnexpectedEOF", "The body ended before its announced length.");
            // Trailers are passed over.
            if let Ok(chunk) = frame.map_err(broken)?.into_data() {
                let begin = self.read_bytes;
                self.read_bytes += chunk.len() as u64;
                return Ok(Some(self.flip_within(begin, chunk)));
            }
        }
        self.stall_at(u64::MAX).await;
        Ok(None)
    }

    async fn next_frame(&mut self) -> Option<hyper::Result<Frame<Bytes>>> {
        let Some((idle_max, cutter)) = &self.idle else { return self.incoming.frame().await };
        match tokio::time::timeout(*idle_max, self.incoming.frame()).await {
            Ok(frame) => frame,
            Err(_) => match cutter.cut(End::Idle).await {},
        }
    }

    async fn stall_at(&mut self, offset: u64) {
        if let Some(RequestFault::Stall { after_bytes, pause }) = self.fault
            && offset >= after_bytes
        {
            self.fault = None;
            tokio::time::sleep(pause).await;
        }
    }

    fn flip_within(&mut self, begin: u64, chunk: Bytes) -> Bytes {
        match self.fault {
            Some(RequestFault::FlipBit { at_byte }) => flip_bit(begin, chunk, at_byte),
            _ => chunk,
        }
    }

    /// Reads what is left of a small body whose request was refused, so that the connection can go on; a large one
    /// stays where it is.
    pub(crate) async fn drain(mut self, timeout: Duration) {
        const DRAINED_BYTES_MAX: u64 = 1 << 20;
        if self.incoming.size_hint().upper().is_some_and(|len| len <= DRAINED_BYTES_MAX) {
            let reading = async { while let Some(Ok(_)) = self.incoming.frame().await {} };
            let _ = tokio::time::timeout(timeout, reading).await;
        }
    }
}

/// Changes the lowest bit of the byte at `at_byte`, if it is in the chunk that begins at `begin`.
pub(crate) fn flip_bit(begin: u64, chunk: Bytes, at_byte: u64) -> Bytes {
    let offset = at_byte.checked_sub(begin).and_then(|offset| usize::try_from(offset).ok());
    let Some(offset) = offset.filter(|&offset| offset < chunk.len()) else { return chunk };
    let mut changed = BytesMut::from(chunk);
    changed[offset] ^= 1;
    changed.freeze()
}
