//! An error as TOS words it: status, code, message.

use std::borrow::Cow;

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// A request that is not granted. Turned into the JSON body and the headers of an error by [`crate::answer`].
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) headers: HeaderMap,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code: code.into(), message: message.into(), headers: HeaderMap::new() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The known EC of a code; the others get a made-up one, as nothing may depend on it.
    pub(crate) fn ec(&self) -> &'static str {
        match self.code.as_ref() {
            "NoSuchBucket" => "0006-00000001",
            "NoSuchKey" => "0017-00000003",
            "NoSuchUpload" => "0017-00000026",
            _ => "0000-00000000",
        }
    }

    pub(crate) fn no_such_bucket() -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.")
    }

    pub(crate) fn no_such_key() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    pub(crate) fn no_such_upload() -> Self {
        Self::new(404, "NoSuchUpload", "The specified upload does not exist.")
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(crate) fn malformed_body(message: impl Into<String>) -> Self {
        Self::new(400, "MalformedBody", message)
    }

    pub(crate) fn precondition_failed(message: impl Into<String>) -> Self {
        Self::new(412, "PreconditionFailed", message)
    }

    pub(crate) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("The practice server does not know {what}."))
    }

    pub(crate) fn quota_exceeded(capacity_bytes: u64) -> Self {
        let message =
            format!("The practice server is full: it keeps at most {capacity_bytes} bytes. Delete something.");
        Self::new(403, "QuotaExceeded", message)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::new(500, "InternalError", format!("The practice server could not use its folder: {error}."))
    }
}

impl From<tokio::task::JoinError> for Refusal {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::new(500, "InternalError", format!("The practice server broke off: {error}."))
    }
}
