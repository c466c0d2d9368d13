//! Answers: status, headers, body; and how an error looks on the wire.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::blob::new_id;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::shared::Shared;
use crate::times::rfc_1123;

/// What a call answers, before the headers that every answer has.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: AnswerBody,
}

impl Answer {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: AnswerBody::Whole(Bytes::new()) }
    }

    pub(crate) fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    pub(crate) fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self { body: AnswerBody::Whole(value.to_string().into()), ..Self::ok() }
            .header("content-type", "application/json")
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets a header; a value that cannot be one (a control character in stored metadata) is left out.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_ref().as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn header_if(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// The CRC header, unless the server plays one that does not send it.
    pub(crate) fn crc64(self, shared: &Shared, crc64: Option<u64>) -> Self {
        let shown = crc64.filter(|_| shared.options.behaviour.crc_headers);
        self.header_if("x-tos-hash-crc64ecma", shown.map(|crc64| crc64.to_string()))
    }

    pub(crate) fn body(mut self, body: AnswerBody) -> Self {
        self.body = body;
        self
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All of it at once; empty once it was sent.
    Whole(Bytes),
    /// Chunks of an object as they are read; the announced length is in the header.
    Stream(mpsc::Receiver<io::Result<Bytes>>, Arc<Shared>),
}

impl AnswerBody {
    /// The next bytes; `None` at the end.
    pub(crate) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Stream(receiver, _) => receiver.poll_recv(context),
        }
    }

    /// Whether nothing is left, as far as that is known without waiting.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    /// Counts what really went out, which under a fault is less than what was read.
    pub(crate) fn count_sent(&self, bytes: usize) {
        if let Self::Stream(_, shared) = self {
            shared.counters.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }
}

/// Adds what every answer has and turns a refusal into the body that TOS gives it. `call` is missing if the request
/// could not even be understood.
pub(crate) fn respond(
    shared: &Shared,
    call: Option<&Call>,
    is_head: bool,
    reply: Result<Answer, Refusal>,
) -> Response<AnswerBody> {
    let request_id = new_id();
    let answer = reply.unwrap_or_else(|refusal| {
        shared.counters.refused();
        error_answer(shared, call, is_head, refusal, &request_id)
    });
    let content_length = match &answer.body {
        AnswerBody::Whole(bytes) => Some(bytes.len().to_string()),
        AnswerBody::Stream(..) => None,
    };
    let bodiless = is_head || answer.status == StatusCode::NO_CONTENT || answer.status == StatusCode::NOT_MODIFIED;
    let answer = answer
        .header("server", "TosServer")
        .header("date", rfc_1123(shared.now_ms()))
        .header("x-tos-id-2", &request_id[..16])
        .header("x-tos-request-id", &request_id);
    // HEAD announces the length of the object that it does not send.
    let announced = answer.headers.contains_key("content-length");
    let answer = if announced || bodiless { answer } else { answer.header_if("content-length", content_length) };
    let mut response = Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

fn error_answer(shared: &Shared, call: Option<&Call>, is_head: bool, refusal: Refusal, request_id: &str) -> Answer {
    let ec = refusal.ec();
    let with_ec = shared.options.behaviour.error_ec;
    let resource = call.map(|call| match call.key() {
        "" => format!("/{}", call.bucket_name()),
        key => format!("/{}/{key}", call.bucket_name()),
    });
    let mut body = json!({
        "Code": refusal.code,
        "Message": refusal.message,
        "RequestId": request_id,
        "HostId": &request_id[..16],
        "Resource": resource.unwrap_or_default(),
    });
    if with_ec {
        body["EC"] = ec.into();
    }
    tracing::debug!(status = refusal.status.as_u16(), code = &*refusal.code, message = refusal.message, "refused");
    let bodiless = is_head || refusal.status == StatusCode::NOT_MODIFIED;
    let mut answer = if bodiless { Answer::ok() } else { Answer::json(&body) };
    answer.headers.extend(refusal.headers);
    answer.status(refusal.status).header_if("x-tos-ec", with_ec.then_some(ec))
}
