//! One fault, carried out around one request: before it is handled and on its answer.

use std::convert::Infallible;
use std::time::Duration;

use hyper::Response;
use hyper::header::CONTENT_LENGTH;

use super::cut::{Cutter, End};
use super::plan::{Fault, RetryAfter};
use crate::answer::AnswerBody;
use crate::intake::next_chunk;
use crate::outgoing_body::{BodyFault, OutgoingBody};
use crate::refusal::Refusal;
use crate::request_body::{RequestBody, RequestFault};
use crate::shared::Shared;
use crate::times::rfc_1123;

/// What befalls one request: mostly nothing.
#[derive(Debug)]
pub(crate) struct Strike {
    fault: Option<Fault>,
    cutter: Cutter,
}

impl Strike {
    pub(crate) fn none(cutter: Cutter) -> Self {
        Self { fault: None, cutter }
    }

    pub(crate) fn befall(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// What comes before the request is handled.
    ///
    /// # Errors
    /// The error that is the answer instead.
    ///
    /// # Cancellation
    /// A connection that is cut never comes back from here.
    pub(crate) async fn before(&mut self, shared: &Shared, body: &mut Option<RequestBody>) -> Result<(), Refusal> {
        let Some(body) = body else { return Ok(()) };
        match &self.fault {
            Some(Fault::Refuse) => never(self.cutter.cut(End::Reset).await),
            Some(Fault::ResetWithinRequest { after_bytes }) => {
                let throttles = shared.throttles();
                let mut read = 0;
                while read < *after_bytes
                    && let Ok(Some(chunk)) = next_chunk(shared, body).await
                {
                    read += chunk.len() as u64;
                    throttles.take(chunk.len()).await;
                }
                never(self.cutter.cut(End::Reset).await)
            }
            Some(Fault::StallRequest { ms, .. }) if body.is_over() => pause(*ms).await,
            Some(Fault::StallRequest { after_bytes, ms }) => {
                body.suffer(RequestFault::Stall { after_bytes: *after_bytes, pause: Duration::from_millis(*ms) });
            }
            Some(Fault::FlipBit { at_byte }) if !body.is_over() => {
                body.suffer(RequestFault::FlipBit { at_byte: *at_byte });
                // Not the response's as well.
                self.fault = None;
            }
            Some(Fault::Latency { ms }) => pause(*ms).await,
            Some(Fault::Status { code, tos_code, retry_after }) => {
                let refusal = Refusal::new(*code, tos_code.clone(), "The fault plan of the practice server says so.");
                return Err(match retry_after {
                    None => refusal,
                    Some(RetryAfter::Seconds(seconds)) => refusal.with_header("retry-after", &seconds.to_string()),
                    Some(RetryAfter::DateInSeconds(seconds)) => {
                        let date = rfc_1123(shared.now_ms().saturating_add(seconds.saturating_mul(1000)));
                        refusal.with_header("retry-after", &date)
                    }
                });
            }
            Some(
                Fault::LoseReply
                | Fault::ResetWithinResponse { .. }
                | Fault::Truncate { .. }
                | Fault::Stall { .. }
                | Fault::Trickle { .. }
                | Fault::FlipBit { .. },
            )
            | None => {}
        }
        Ok(())
    }

    /// What comes after the request was handled, to its answer.
    ///
    /// # Cancellation
    /// A connection that is cut never comes back from here.
    pub(crate) async fn after(self, response: Response<AnswerBody>) -> Response<OutgoingBody> {
        let len_bytes = body_len_bytes(&response);
        let (fault, cutter) = (self.fault, self.cutter);
        let cut_at = |after_bytes: u64, end| {
            let cutter = cutter.clone();
            // The last byte is kept back, as an answer that came whole would be no fault to anybody.
            BodyFault::Cut { after_bytes: after_bytes.min(len_bytes.saturating_sub(1)), end, cutter }
        };
        let body_fault = match fault {
            Some(Fault::LoseReply) => never(cutter.cut(End::Close).await),
            Some(Fault::ResetWithinResponse { .. }) if len_bytes == 0 => never(cutter.cut(End::Reset).await),
            Some(Fault::Truncate { .. }) if len_bytes == 0 => never(cutter.cut(End::Close).await),
            Some(Fault::Stall { ms, .. }) if len_bytes == 0 => {
                pause(ms).await;
                None
            }
            Some(Fault::ResetWithinResponse { after_bytes }) => Some(cut_at(after_bytes, End::Reset)),
            Some(Fault::Truncate { after_bytes }) => Some(cut_at(after_bytes, End::Close)),
            Some(Fault::Stall { after_bytes, ms }) => {
                let after_bytes = after_bytes.min(len_bytes.saturating_sub(1));
                Some(BodyFault::Stall { after_bytes, pause: Duration::from_millis(ms) })
            }
            Some(Fault::Trickle { bytes_per_second }) if len_bytes > 0 => Some(BodyFault::Trickle { bytes_per_second }),
            Some(Fault::FlipBit { at_byte }) if len_bytes > 0 => Some(BodyFault::FlipBit { at_byte }),
            _ => None,
        };
        response.map(|body| OutgoingBody::new(body, body_fault))
    }
}

async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

fn never<T>(never: Infallible) -> T {
    match never {}
}

/// The bytes that the body really has, which for HEAD is none, whatever its headers say.
fn body_len_bytes(response: &Response<AnswerBody>) -> u64 {
    match response.body() {
        AnswerBody::Whole(bytes) => bytes.len() as u64,
        AnswerBody::Stream(..) => {
            let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
            length.and_then(|length| length.parse().ok()).unwrap_or(0)
        }
    }
}
