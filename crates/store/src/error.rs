//! What can go wrong at a store, sorted by what the caller can do about it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What the caller can do. Code that branches looks here and never at a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection, a reset, a time-out, a broken body. Retry: later.
    Network,
    /// The certificate of the server is not trusted. Retry: never; the user adds a CA or corrects the endpoint.
    Tls,
    /// The store is overloaded or asks to slow down (429, 503 and their codes). Retry: later, fewer at once.
    Throttled,
    /// The store failed inside (5xx). Retry: later.
    Server,
    /// What arrived is not what was sent, or the reverse (checksum, length). Retry: at once.
    Corrupted,
    /// Key id, secret or token are wrong. Retry: never; ask for credentials.
    Credentials,
    /// A temporary token has expired. Retry: never with this token; ask for new ones and go on.
    CredentialsExpired,
    /// The clock is too far off for the signature. Retry: once the offset is known.
    ClockSkew,
    /// The credentials may not do this. Retry: never.
    Forbidden,
    /// The bucket does not exist. Retry: never.
    BucketNotFound,
    /// The object (or version) does not exist. Retry: never.
    ObjectNotFound,
    /// The multipart upload is gone or no longer open. Retry: never; begin anew or look at the target.
    UploadNotFound,
    /// A part that Complete named is missing or differs. Retry: never as it is; list the parts and send again.
    PartsMismatch,
    /// There is something at this name already (bucket, or object with overwrite forbidden). Retry: never.
    AlreadyExists,
    /// The bucket still has something in it. Retry: never; empty it first.
    NotEmpty,
    /// The object changed: `If-Match` failed. Retry: never; start anew.
    Changed,
    /// The object is archived and must be restored first. Retry: never.
    Archived,
    /// The two ends are in different regions. Retry: never.
    CrossRegion,
    /// A bucket name or key that cannot be used. Retry: never.
    InvalidName,
    /// The store does not offer this verb or option. Retry: never.
    Unsupported,
    /// The answer does not come from such a store (HTML, XML, a redirect, a missing field). Retry: never; check the endpoint.
    NotThisStore,
    /// The store is full. Retry: never.
    NoSpace,
    /// The body that the caller gave failed: the caller knows why. Retry: as the caller decides.
    Body,
    /// Any other refusal (4xx). Retry: never.
    Refused,
}

/// Whether and when another attempt makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request would fail again.
    Never,
    /// After a back-off.
    Later,
    /// Not before this time has passed: the store said so.
    After(Duration),
}

/// An error of one attempt at one verb.
#[derive(Debug)]
pub struct StoreError {
    /// What the caller can do.
    pub kind: ErrorKind,
    /// Whether and when to try again.
    pub retry: Retry,
    /// What happened, in a sentence without a full stop; English, for logs and the command line.
    pub message: String,
    /// The store's own code, such as `NoSuchKey`.
    pub code: Option<String>,
    /// The store's finer code, such as `0017-00000003` (TOS: EC).
    pub extended_code: Option<String>,
    /// The id under which the store's support finds this request.
    pub request_id: Option<String>,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The store's name of what was asked, such as `UploadPart`, where a request failed.
    pub operation: Option<&'static str>,
    /// The cause, for logs.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error with the retry class that its kind usually has.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            retry: kind.usual_retry(),
            message: message.into(),
            code: None,
            extended_code: None,
            request_id: None,
            status: None,
            operation: None,
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Replaces the retry class.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

impl ErrorKind {
    /// The retry class that an error of this kind has unless the store says more.
    pub fn usual_retry(self) -> Retry {
        match self {
            Self::Network | Self::Throttled | Self::Server | Self::Corrupted | Self::ClockSkew => Retry::Later,
            Self::Tls
            | Self::Credentials
            | Self::CredentialsExpired
            | Self::Forbidden
            | Self::BucketNotFound
            | Self::ObjectNotFound
            | Self::UploadNotFound
            | Self::PartsMismatch
            | Self::AlreadyExists
            | Self::NotEmpty
            | Self::Changed
            | Self::Archived
            | Self::CrossRegion
            | Self::InvalidName
            | Self::Unsupported
            | Self::NotThisStore
            | Self::NoSpace
            | Self::Body
            | Self::Refused => Retry::Never,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
