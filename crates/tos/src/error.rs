//! From an answer to an error: the table of section 4 of the protocol notes.
//!
//! Status and `Code` decide. `EC` only helps where there is no `Code`, which is the case for every error of HEAD; most
//! of its values are not documented, so nothing depends on one alone.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use serde::Deserialize;
use store::{ErrorKind, ObjectRef, PutCondition, Retry, StoreError};

/// The longest wait that a server is granted.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Longer than any code or request id of TOS.
const WORD_CHARS_MAX: usize = 64;

/// What a request is about; decides what a bare 404 means, and names it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Service,
    Bucket(String),
    Object(ObjectRef),
}

impl Subject {
    pub(crate) fn bucket(&self) -> &str {
        match self {
            Self::Service => "",
            Self::Bucket(bucket) => bucket,
            Self::Object(object) => &object.bucket,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("the buckets"),
            Self::Bucket(bucket) => write!(f, "the bucket {bucket}"),
            Self::Object(object) => object.fmt(f),
        }
    }
}

/// A request and the head of its answer, as far as they matter for judging it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) doing: &'static str,
    /// The verb's name at TOS; none where the request was no verb.
    pub(crate) operation: Option<&'static str>,
    pub(crate) subject: Subject,
    pub(crate) condition: PutCondition,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

/// The body of an error. Every field may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorBody {
    code: Option<String>,
    message: Option<String>,
    #[serde(rename = "EC")]
    extended_code: Option<String>,
    request_id: Option<String>,
}

impl Exchange {
    pub(crate) fn request_id(&self) -> Option<String> {
        self.header("x-tos-request-id").as_deref().and_then(word)
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// Whether any header is one that only TOS sends.
    pub(crate) fn looks_like_tos(&self) -> bool {
        self.headers.keys().any(|name| name.as_str().starts_with("x-tos-"))
    }

    /// The answer is not one that TOS gives; `why` completes “the answer …”.
    pub(crate) fn not_tos(&self, why: &str) -> StoreError {
        self.error(ErrorKind::NotThisStore, Retry::Never, &format!("the answer {why}; is the endpoint right?"))
    }

    /// The error that an answer with this body means. `now` is the server's time, for a `Retry-After` with a date.
    pub(crate) fn into_error(self, body: &[u8], now: SystemTime) -> StoreError {
        let mut told: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
        told.code = told.code.as_deref().and_then(word);
        let extended_code = told.extended_code.or_else(|| self.header("x-tos-ec")).as_deref().and_then(word);
        let is_told = told.code.is_some() || extended_code.is_some();
        let is_strange = (300..400).contains(&self.status) || (!is_told && !is_overload(self.status));
        if let Some(stranger) = self.stranger(body).filter(|_| is_strange) {
            return stranger;
        }
        let (kind, retry) = self.judge(told.code.as_deref(), extended_code.as_deref());
        let retry = match (retry, self.retry_after(now)) {
            (Retry::Later, Some(wait)) => Retry::After(wait),
            (retry, _) => retry,
        };
        let mut sentence = self.sentence(kind).to_owned();
        if let Some(words) = told.message.as_deref().map(readable).filter(|words| !words.is_empty()) {
            sentence = format!("{sentence} (TOS says: {words})");
        }
        let mut error = self.error(kind, retry, &sentence);
        error.code = told.code;
        error.extended_code = extended_code;
        error.request_id = error.request_id.or(told.request_id.as_deref().and_then(word));
        error
    }

    pub(crate) fn error(&self, kind: ErrorKind, retry: Retry, sentence: &str) -> StoreError {
        let mut error =
            StoreError::new(kind, format!("{} {} failed: {sentence}", self.doing, self.subject)).with_retry(retry);
        error.status = Some(self.status);
        error.operation = self.operation;
        error.request_id = self.request_id();
        error
    }

    /// An answer that no TOS server gives, if this is one.
    fn stranger(&self, body: &[u8]) -> Option<StoreError> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start();
        let starts_with = |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        if (300..400).contains(&self.status) {
            let to = self.header("location").map(|to| host_of(&to)).unwrap_or_default();
            return Some(self.not_tos(&format!("is a redirect{to}: the endpoint or the region is another one")));
        }
        if self.status == 407 {
            let sentence = "the proxy wants another user name or password";
            return Some(self.error(ErrorKind::Refused, Retry::Never, sentence));
        }
        if starts_with("<?xml") || starts_with("<Error") {
            return Some(self.not_tos("is XML as an S3 server sends it; TOS endpoints have no “s3-” in their name"));
        }
        if text.starts_with('<') {
            return Some(self.not_tos("is a web page, not TOS"));
        }
        if (200..300).contains(&self.status) {
            return Some(self.not_tos("is not what TOS sends"));
        }
        None
    }

    fn judge(&self, code: Option<&str>, extended_code: Option<&str>) -> (ErrorKind, Retry) {
        use ErrorKind::{AlreadyExists, BucketNotFound, Changed, Forbidden, Network, ObjectNotFound, Refused};
        use ErrorKind::{Server, Throttled, Unsupported};
        let if_absent = self.condition == PutCondition::IfAbsent;
        let kind = match code.and_then(kind_of_code) {
            Some(Changed) if if_absent => AlreadyExists,
            Some(kind) => kind,
            None => match (self.status, extended_code) {
                // What the Go SDK repeats (protocol.md, section 4).
                (400, Some("0005-00000044")) => Server,
                (404, Some("0006-00000001")) => BucketNotFound,
                (404, Some("0017-00000003")) => ObjectNotFound,
                (404, _) if matches!(self.subject, Subject::Object(_)) => ObjectNotFound,
                (404, _) if matches!(self.subject, Subject::Bucket(_)) => BucketNotFound,
                (401 | 403, _) => Forbidden,
                (405 | 501, _) => Unsupported,
                (408, _) => Network,
                (409, _) if if_absent => AlreadyExists,
                (412, _) if if_absent => AlreadyExists,
                (412, _) => Changed,
                (429 | 503, _) => Throttled,
                (507, _) => ErrorKind::NoSpace,
                (500.., _) => Server,
                // A part copy or copy that failed behind a 200, with words we do not know.
                (200..=299, _) => Server,
                _ => Refused,
            },
        };
        (kind, kind.usual_retry())
    }

    /// What happened, for a person.
    fn sentence(&self, kind: ErrorKind) -> &'static str {
        match kind {
            ErrorKind::Network => "the server lost the connection",
            ErrorKind::Tls => "no secure connection is possible",
            ErrorKind::Throttled => "the server asks to slow down",
            ErrorKind::Server => "the server has a fault",
            ErrorKind::Corrupted => "the server received something else than was sent",
            ErrorKind::Credentials => "the access key or the secret key is not right",
            ErrorKind::CredentialsExpired => "the temporary keys have expired",
            ErrorKind::ClockSkew => "the clock of this computer differs too much from that of the server",
            ErrorKind::Forbidden => "these credentials may not do this",
            ErrorKind::BucketNotFound => "there is no such bucket here",
            ErrorKind::ObjectNotFound => "there is no such object",
            ErrorKind::UploadNotFound => "the upload is no longer open",
            ErrorKind::PartsMismatch => "a part is missing on the server or is another one",
            ErrorKind::AlreadyExists => "the name is taken already",
            ErrorKind::NotEmpty => "there is something in the bucket",
            ErrorKind::Changed => "the object has changed meanwhile",
            ErrorKind::Archived => "the object is archived and must be restored first",
            ErrorKind::CrossRegion => "the bucket is in another region",
            ErrorKind::InvalidName => "the server does not accept this name",
            ErrorKind::Unsupported => "the server does not offer this",
            ErrorKind::NotThisStore => "the answer does not come from TOS",
            ErrorKind::NoSpace => "there is no space left",
            ErrorKind::Body => "the bytes to send could not be read",
            ErrorKind::Refused => "the server refused it",
        }
    }

    /// `Retry-After`, in seconds or as a date; a day at most, for nobody means more.
    fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let text = self.header("retry-after")?;
        let wait = match text.trim().parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let then = httpdate::parse_http_date(text.trim()).ok()?;
                then.duration_since(now).unwrap_or_default()
            }
        };
        Some(wait.min(RETRY_AFTER_MAX))
    }
}

/// Errors that load balancers and proxies give too, in their own words: worth another attempt whatever the body is.
fn is_overload(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// The codes that matter (protocol.md, section 4); `None` leaves it to the status.
fn kind_of_code(code: &str) -> Option<ErrorKind> {
    use ErrorKind::*;
    Some(match code {
        "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidSecurityToken"
        | "AuthorizationHeaderMalformed"
        | "MissingSecurityHeader" => Credentials,
        "ExpiredToken" => CredentialsExpired,
        "RequestTimeTooSkewed" => ClockSkew,
        "AccessDenied" | "ForbiddenAccess" | "SourceObjectAccessDenied" => Forbidden,
        "NoSuchBucket" => BucketNotFound,
        // Of a bucket that is there.
        "NoSuchLifecycleConfiguration" => ObjectNotFound,
        "NoSuchKey" | "NoSuchVersion" | "DeleteMarker" | "SourceObjectNotFound" => ObjectNotFound,
        "NoSuchUpload" | "UploadStatusNotUploading" | "UploadStatusMismatch" => UploadNotFound,
        "InvalidPart" | "NoUploadPart" | "PartSizeNotMatch" | "InvalidPartOffset" => PartsMismatch,
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" | "DuplicateObject" | "DuplicateUpload" => AlreadyExists,
        "BucketNotEmpty" => NotEmpty,
        "PreconditionFailed" => Changed,
        "ObjectNotRestored" | "InActiveTier" | "RestoreAlreadyInProgress" => Archived,
        "CrossRegionAccessError" | "InvalidCrossRegionCopy" => CrossRegion,
        "InvalidBucketName" | "InvalidKey" | "KeyTooLong" | "InvalidPathAccess" => InvalidName,
        "MethodNotAllowed" | "NotImplemented" => Unsupported,
        "QuotaExceeded" => NoSpace,
        "BadDigest" | "UnexpectedContent" => Corrupted,
        "UnexpectedEOF" | "ConnectionReset" | "ResourceReset" | "WriteToClientError" | "Timeout"
        | "ContextCanceled" => Network,
        "TryAgain" | "InternalError" | "CasErr" | "ConcurrencyUpdateObjectLimit" => Server,
        "TooManyRequests" => Throttled,
        // ExceedQPSLimit, ExceedBucketRateLimit, ExceedAccountQPSLimit and their many relatives.
        code if code.starts_with("Exceed") && code.ends_with("Limit") => Throttled,
        "EntityTooLarge"
        | "EntityTooSmall"
        | "PartSizeSmall"
        | "PartsLenInvalid"
        | "PartsIdxSmall"
        | "InvalidPartNumber"
        | "InvalidStorageClass" => Refused,
        _ => return None,
    })
}

/// The server's words without anything that could upset a terminal, and not too many of them.
fn readable(words: &str) -> String {
    let clean: String = words.chars().filter(|c| !c.is_control()).take(300).collect();
    clean.trim().trim_end_matches('.').to_owned()
}

/// A code or an id, if it is one: it is shown, kept and sent to strangers.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let is_word = !text.is_empty() && text.len() <= WORD_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then(|| text.to_owned())
}

/// ` to HOST`, without path and query: those may carry a signature.
fn host_of(location: &str) -> String {
    let url = reqwest::Url::parse(location).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    host.map(|host| format!(" to {host}")).unwrap_or_default()
}

#[cfg(test)]
#[path = "error_table.rs"]
mod table;
