//! The body of an answer on its way out, and the faults that befall it there.
//!
//! Without a fault the chunks pass as they are. With one they are cut where the fault wants, which is slower, and only
//! then.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::Sleep;

use crate::answer::AnswerBody;
use crate::fault::cut::{Cutter, End};
use crate::request_body::flip_bit;
use crate::throttle::GRANT_BYTES;

/// Pieces per second of a body that trickles.
const TRICKLE_HZ: u64 = 20;

/// What `hyper` sends.
#[derive(Debug)]
pub(crate) struct OutgoingBody {
    answer: AnswerBody,
    /// Boxed, as a body that is well carries it through every poll.
    suffering: Option<Box<Suffering>>,
}

/// What befalls a body.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// The connection ends after so many bytes.
    Cut { after_bytes: u64, end: End, cutter: Cutter },
    /// Once so many bytes are sent, nothing comes for a while.
    Stall { after_bytes: u64, pause: Duration },
    /// The bytes come at a rate.
    Trickle { bytes_per_second: u64 },
    /// A bit is changed.
    FlipBit { at_byte: u64 },
    /// It is over.
    Past,
}

#[derive(Debug)]
struct Suffering {
    fault: BodyFault,
    /// Read and not yet sent.
    chunk: Bytes,
    sent_bytes: u64,
    /// Bytes of a body that trickles whose time has come, or comes when the pause is over.
    due_bytes: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

enum Step {
    Send(usize),
    Pause(Duration),
    Cut,
}

impl OutgoingBody {
    pub(crate) fn new(answer: AnswerBody, fault: Option<BodyFault>) -> Self {
        let suffering =
            |fault| Box::new(Suffering { fault, chunk: Bytes::new(), sent_bytes: 0, due_bytes: 0, pause: None });
        Self { answer, suffering: fault.map(suffering) }
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.suffering {
            None => self.answer.poll_chunk(context),
            Some(suffering) => suffering.poll_chunk(&mut self.answer, context),
        }
    }
}

impl Suffering {
    fn poll_chunk(&mut self, answer: &mut AnswerBody, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            if self.chunk.is_empty() {
                match ready!(answer.poll_chunk(context)) {
                    Some(Ok(chunk)) => self.chunk = self.changed(chunk),
                    end => return Poll::Ready(end),
                }
                continue;
            }
            match self.step() {
                Step::Send(bytes) => {
                    self.sent_bytes += bytes as u64;
                    return Poll::Ready(Some(Ok(self.chunk.split_to(bytes))));
                }
                Step::Pause(pause) => self.pause = Some(Box::pin(tokio::time::sleep(pause))),
                Step::Cut => {
                    if let BodyFault::Cut { end, cutter, .. } = &self.fault {
                        cutter.arm(*end, context);
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    fn changed(&self, chunk: Bytes) -> Bytes {
        match self.fault {
            BodyFault::FlipBit { at_byte } => flip_bit(self.sent_bytes, chunk, at_byte),
            _ => chunk,
        }
    }

    /// What to do with a chunk that is not empty; never sends more than it has.
    fn step(&mut self) -> Step {
        let have = self.chunk.len();
        let up_to = |offset: u64| usize::try_from(offset - self.sent_bytes).map_or(have, |left| left.min(have));
        match self.fault {
            BodyFault::Cut { after_bytes, .. } if self.sent_bytes >= after_bytes => Step::Cut,
            BodyFault::Cut { after_bytes, .. } => Step::Send(up_to(after_bytes)),
            BodyFault::Stall { after_bytes, pause } if self.sent_bytes >= after_bytes => {
                self.fault = BodyFault::Past;
                Step::Pause(pause)
            }
            BodyFault::Stall { after_bytes, .. } => Step::Send(up_to(after_bytes)),
            BodyFault::Trickle { .. } if self.due_bytes > 0 => Step::Send(std::mem::take(&mut self.due_bytes)),
            BodyFault::Trickle { bytes_per_second } => {
                let piece = usize::try_from(bytes_per_second / TRICKLE_HZ).unwrap_or(GRANT_BYTES);
                self.due_bytes = piece.clamp(1, GRANT_BYTES).min(have);
                Step::Pause(Duration::from_secs_f64(self.due_bytes as f64 / bytes_per_second as f64))
            }
            BodyFault::FlipBit { .. } | BodyFault::Past => Step::Send(have),
        }
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let item = ready!(this.poll_chunk(context));
        if let Some(Ok(chunk)) = &item {
            this.answer.count_sent(chunk.len());
        }
        Poll::Ready(item.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.suffering.as_ref().is_none_or(|suffering| suffering.chunk.is_empty()) && self.answer.is_over()
    }
}
