//! Why a transfer waits or has failed, in a form that survives a restart and can be put into any language.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::{ErrorKind, ObjectRef, Retry, StoreError};

/// Longer than this no store is believed that asks to wait: it would be taken for broken anyway.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// What happened, as the front ends word it. Each variant says when the engine tries again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No connection or a broken one. Tried again.
    Network,
    /// Certificate not trusted. Not tried again.
    Tls,
    /// The store asks to slow down. Tried again.
    Throttled,
    /// The store failed inside. Tried again.
    Server,
    /// Bytes arrived changed. Tried again.
    Corrupted,
    /// Wrong keys. Not tried again.
    Credentials,
    /// Expired token. Not tried again.
    CredentialsExpired,
    /// Clock too far off. Tried again, since the client learns the offset.
    ClockSkew,
    /// Not allowed. Not tried again.
    Forbidden,
    /// No such bucket. Not tried again.
    BucketNotFound,
    /// No such object. Not tried again.
    ObjectNotFound,
    /// The multipart upload is gone. The transfer starts over by itself.
    UploadNotFound,
    /// The store misses parts. They are listed and sent again.
    PartsMismatch,
    /// The source changed while it was read. The transfer starts over by itself, a few times.
    SourceChanged,
    /// Archived, must be restored first. Not tried again.
    Archived,
    /// The ends are in different regions or accounts. Not tried again.
    CrossRegion,
    /// A name that cannot be used. Not tried again.
    InvalidName,
    /// An upload that somebody else began is not of this file. Not tried again.
    UploadMismatch,
    /// An option out of its range. Not tried again.
    InvalidOption,
    /// The store cannot do this. Not tried again.
    Unsupported,
    /// The endpoint is not such a store. Not tried again.
    NotTos,
    /// The store is full. Not tried again.
    StoreFull,
    /// Another refusal. Not tried again.
    Refused,
    /// The source file is not there. Not tried again.
    SourceMissing,
    /// The source file cannot be read. Not tried again.
    SourceUnreadable,
    /// The source is a folder. Not tried again.
    SourceIsFolder,
    /// The target is a folder. Not tried again.
    TargetIsFolder,
    /// The target exists with other content and the rule is to fail. Not tried again.
    TargetExists,
    /// The target cannot be written. Not tried again.
    TargetUnwritable,
    /// No room on the disk. Not tried again.
    DiskFull,
    /// Both ends report different checksums after everything was moved again. Not tried again.
    Mismatch,
    /// The account of one end is not known here. Not tried again.
    AccountMissing,
    /// The account of one end is known here, its secret is not (any more). Not tried again.
    SecretMissing,
    /// The ledger could not be written. Not tried again.
    Ledger,
    /// A fault of ours. Not tried again.
    Internal,
}

impl ErrorCode {
    /// Every code: front ends prove with it that they have words for each.
    pub const ALL: [Self; 35] = [
        Self::Network,
        Self::Tls,
        Self::Throttled,
        Self::Server,
        Self::Corrupted,
        Self::Credentials,
        Self::CredentialsExpired,
        Self::ClockSkew,
        Self::Forbidden,
        Self::BucketNotFound,
        Self::ObjectNotFound,
        Self::UploadNotFound,
        Self::PartsMismatch,
        Self::SourceChanged,
        Self::Archived,
        Self::CrossRegion,
        Self::InvalidName,
        Self::UploadMismatch,
        Self::InvalidOption,
        Self::Unsupported,
        Self::NotTos,
        Self::StoreFull,
        Self::Refused,
        Self::SourceMissing,
        Self::SourceUnreadable,
        Self::SourceIsFolder,
        Self::TargetIsFolder,
        Self::TargetExists,
        Self::TargetUnwritable,
        Self::DiskFull,
        Self::Mismatch,
        Self::AccountMissing,
        Self::SecretMissing,
        Self::Ledger,
        Self::Internal,
    ];

    /// Those that only new credentials help against. A transfer rests with them until there are some.
    pub const ASKING_FOR_CREDENTIALS: [Self; 2] = [Self::CredentialsExpired, Self::SecretMissing];

    /// Whether new credentials help, and nothing else does.
    pub fn asks_for_credentials(self) -> bool {
        Self::ASKING_FOR_CREDENTIALS.contains(&self)
    }

    /// The code as it is written, such as `source_changed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Tls => "tls",
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::Corrupted => "corrupted",
            Self::Credentials => "credentials",
            Self::CredentialsExpired => "credentials_expired",
            Self::ClockSkew => "clock_skew",
            Self::Forbidden => "forbidden",
            Self::BucketNotFound => "bucket_not_found",
            Self::ObjectNotFound => "object_not_found",
            Self::UploadNotFound => "upload_not_found",
            Self::PartsMismatch => "parts_mismatch",
            Self::SourceChanged => "source_changed",
            Self::Archived => "archived",
            Self::CrossRegion => "cross_region",
            Self::InvalidName => "invalid_name",
            Self::UploadMismatch => "upload_mismatch",
            Self::InvalidOption => "invalid_option",
            Self::Unsupported => "unsupported",
            Self::NotTos => "not_tos",
            Self::StoreFull => "store_full",
            Self::Refused => "refused",
            Self::SourceMissing => "source_missing",
            Self::SourceUnreadable => "source_unreadable",
            Self::SourceIsFolder => "source_is_folder",
            Self::TargetIsFolder => "target_is_folder",
            Self::TargetExists => "target_exists",
            Self::TargetUnwritable => "target_unwritable",
            Self::DiskFull => "disk_full",
            Self::Mismatch => "mismatch",
            Self::AccountMissing => "account_missing",
            Self::SecretMissing => "secret_missing",
            Self::Ledger => "ledger",
            Self::Internal => "internal",
        }
    }
}

/// What the store answered, kept for support. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The store's sentence.
    pub message: String,
    /// The store's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The store's finer code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_code: Option<String>,
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The store's name of what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// Why a transfer, or one attempt of it, did not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferError {
    /// What happened.
    pub code: ErrorCode,
    /// Values for the words, by name: `path`, `bucket`, `key`, `name` and so on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// What the store answered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<Answer>>,
    /// Whether another attempt can help. Not durable: decided when it happens.
    #[serde(skip, default)]
    pub again: Again,
    /// Whether the attempt brought the transfer forward before it broke off. Not durable.
    #[serde(skip, default)]
    pub progressed: bool,
}

/// Whether another attempt can help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// No.
    #[default]
    Never,
    /// Yes, after a back-off.
    Later,
    /// Yes, but not before this.
    After(Duration),
}

impl TransferError {
    /// An error without parameters that will not go away by itself.
    pub fn new(code: ErrorCode) -> Self {
        Self { code, params: BTreeMap::new(), answer: None, again: Again::Never, progressed: false }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds the words of a cause, for support.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.answer.get_or_insert_default().message = cause.to_string();
        self
    }

    /// An error of reading the source file at `path`.
    pub fn source(path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorCode::SourceMissing,
            io::ErrorKind::IsADirectory => ErrorCode::SourceIsFolder,
            _ => ErrorCode::SourceUnreadable,
        };
        Self::new(code).with("path", path.display()).because(error)
    }

    /// An error of writing the target file at `path`.
    pub fn target(path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                ErrorCode::DiskFull
            }
            io::ErrorKind::IsADirectory => ErrorCode::TargetIsFolder,
            _ => ErrorCode::TargetUnwritable,
        };
        Self::new(code).with("path", path.display()).because(error)
    }

    /// An error of a store, about `object`.
    pub fn store(error: &StoreError, object: &ObjectRef) -> Self {
        let code = match error.kind {
            ErrorKind::Network => ErrorCode::Network,
            ErrorKind::Tls => ErrorCode::Tls,
            ErrorKind::Throttled => ErrorCode::Throttled,
            ErrorKind::Server => ErrorCode::Server,
            ErrorKind::Corrupted => ErrorCode::Corrupted,
            ErrorKind::Credentials => ErrorCode::Credentials,
            ErrorKind::CredentialsExpired => ErrorCode::CredentialsExpired,
            ErrorKind::ClockSkew => ErrorCode::ClockSkew,
            ErrorKind::Forbidden => ErrorCode::Forbidden,
            ErrorKind::BucketNotFound => ErrorCode::BucketNotFound,
            ErrorKind::ObjectNotFound => ErrorCode::ObjectNotFound,
            ErrorKind::UploadNotFound => ErrorCode::UploadNotFound,
            ErrorKind::PartsMismatch => ErrorCode::PartsMismatch,
            ErrorKind::AlreadyExists => ErrorCode::TargetExists,
            ErrorKind::Changed => ErrorCode::SourceChanged,
            ErrorKind::Archived => ErrorCode::Archived,
            ErrorKind::CrossRegion => ErrorCode::CrossRegion,
            ErrorKind::InvalidName => ErrorCode::InvalidName,
            ErrorKind::Unsupported => ErrorCode::Unsupported,
            ErrorKind::NotThisStore => ErrorCode::NotTos,
            ErrorKind::NoSpace => ErrorCode::StoreFull,
            ErrorKind::Body => ErrorCode::Internal,
            ErrorKind::NotEmpty | ErrorKind::Refused => ErrorCode::Refused,
        };
        Self {
            code,
            params: [
                ("bucket".to_owned(), object.bucket.clone()),
                ("key".to_owned(), object.key.clone()),
                ("name".to_owned(), object.to_string()),
                ("reason".to_owned(), error.message.clone()),
                ("message".to_owned(), error.message.clone()),
                ("code".to_owned(), error.code.clone().unwrap_or_default()),
            ]
            .into(),
            answer: Some(Box::new(Answer {
                message: full_message(error),
                code: error.code.clone(),
                extended_code: error.extended_code.clone(),
                request_id: error.request_id.clone(),
                status: error.status,
                operation: error.operation.map(str::to_owned),
            })),
            again: match error.retry {
                Retry::Never => Again::Never,
                Retry::Later => Again::Later,
                Retry::After(wait) => Again::After(wait.min(RETRY_AFTER_MAX)),
            },
            progressed: false,
        }
    }

    /// Whether the store refused this for good in a way that the SDKs call *aborted*: 403, 404 or 405.
    pub fn is_abort(&self) -> bool {
        self.answer.as_ref().and_then(|answer| answer.status).is_some_and(|status| matches!(status, 403..=405))
    }
}

/// The message with its causes, shortest form: what support wants to read.
fn full_message(error: &StoreError) -> String {
    let mut text = error.message.clone();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if let Some(answer) = &self.answer {
            write!(f, ": {}", answer.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for TransferError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_written_as_serde_writes_it() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
