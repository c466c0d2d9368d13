//! A body on its way out, and the watch on whether it moves.
//!
//! `reqwest` has a read time-out only, and that one runs from the start of the request, so that it would cut every
//! upload longer than itself. Here the body notes each of its steps, and [`Watch::deadline`] follows from the last one.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use store::UploadBody;
use tokio::time::Instant;

use crate::Timeouts;

/// What the request is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nobody has asked for the body yet.
    Connecting,
    /// The network has bytes to take.
    Writing,
    /// The network waits for the source.
    Source,
    /// The body is through; the answer is due.
    Sent,
}

#[derive(Debug)]
struct Step {
    phase: Phase,
    at: Instant,
    failed: bool,
}

/// Sees how far a request has come.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Mutex<Step>>);

impl Watch {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Step { phase: Phase::Connecting, at: Instant::now(), failed: false })))
    }

    /// When to give up if nothing happens until then.
    pub(crate) fn deadline(&self, timeouts: &Timeouts) -> Instant {
        let step = self.step();
        match step.phase {
            Phase::Connecting => step.at + timeouts.connect + timeouts.answer_head,
            Phase::Writing => step.at + timeouts.no_progress,
            // The source may take its time; look again later.
            Phase::Source => Instant::now() + timeouts.no_progress,
            Phase::Sent => step.at + timeouts.answer_head,
        }
    }

    /// Whether the source of the body failed, as opposed to the network.
    pub(crate) fn body_failed(&self) -> bool {
        self.step().failed
    }

    /// Whether the whole body was handed over.
    pub(crate) fn is_sent(&self) -> bool {
        self.step().phase == Phase::Sent
    }

    fn note(&self, phase: Phase) {
        let mut step = self.step();
        step.phase = phase;
        step.at = Instant::now();
    }

    fn fail(&self, error: io::Error) -> io::Error {
        self.step().failed = true;
        error
    }

    fn step(&self) -> MutexGuard<'_, Step> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An [`UploadBody`] as HTTP takes it: with its exact length.
pub(crate) struct Outgoing {
    stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>,
    left_bytes: u64,
    watch: Watch,
}

impl Outgoing {
    pub(crate) fn new(body: UploadBody) -> (Self, Watch) {
        let watch = Watch::new();
        let left_bytes = body.len_bytes();
        (Self { stream: body.into_stream(), left_bytes, watch: watch.clone() }, watch)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.left_bytes == 0 {
            return Poll::Ready(None);
        }
        loop {
            this.watch.note(Phase::Source);
            let chunk = match ready!(this.stream.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) if chunk.is_empty() => continue,
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => return Poll::Ready(Some(Err(this.watch.fail(error)))),
                None => return Poll::Ready(Some(Err(this.watch.fail(wrong_length("shorter"))))),
            };
            let Some(left_bytes) = this.left_bytes.checked_sub(chunk.len() as u64) else {
                return Poll::Ready(Some(Err(this.watch.fail(wrong_length("longer")))));
            };
            this.left_bytes = left_bytes;
            this.watch.note(if left_bytes == 0 { Phase::Sent } else { Phase::Writing });
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

fn wrong_length(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("the body is {how} than it said"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::{FutureExt, StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        connect: Duration::from_secs(1),
        answer_head: Duration::from_secs(20),
        server_side_work: Duration::from_secs(40),
        no_progress: Duration::from_secs(5),
        idle: Duration::from_secs(1),
    };

    /// How long until the watch would give up, in seconds.
    fn patience(watch: &Watch) -> u64 {
        (watch.deadline(&TIMEOUTS) - Instant::now()).as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn patience_depends_on_what_the_request_is_busy_with() {
        let pieces = stream::iter([Ok(Bytes::from_static(b"ab"))]).chain(stream::pending());
        let (mut body, watch) = Outgoing::new(UploadBody::new(4, pieces));
        assert_eq!(patience(&watch), 21, "connecting and waiting for the answer");
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(patience(&watch), 18, "time passes");

        body.frame().await.unwrap().unwrap();
        assert_eq!(patience(&watch), 5, "the network has something to write");
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(patience(&watch), 1, "time passes");

        assert!(body.frame().now_or_never().is_none());
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert_eq!(patience(&watch), 5, "a slow source is not the network's fault");

        let (mut body, watch) = Outgoing::new(UploadBody::from_bytes("abc"));
        body.frame().await.unwrap().unwrap();
        assert_eq!(patience(&watch), 20, "the answer is due");
        assert!(watch.is_sent() && !watch.body_failed());
    }

    #[tokio::test]
    async fn a_body_of_another_length_than_announced_fails() {
        for (announced, ok) in [(3, false), (4, true), (5, false)] {
            let pieces = stream::iter(["ab", "", "cd"].map(|text| Ok(Bytes::from(text))));
            let (body, watch) = Outgoing::new(UploadBody::new(announced, pieces));
            assert_eq!(body.size_hint().exact(), Some(announced));
            let collected = body.collect().await;
            assert_eq!(collected.is_ok(), ok, "{announced} bytes announced, 4 given");
            assert_eq!(watch.body_failed(), !ok, "{announced} bytes announced, 4 given");
        }
    }
}
