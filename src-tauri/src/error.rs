//! Every kind of error becomes a code with parameters here; the words are in `ui/src/i18n`.

use accounts::AccountsError;
use engine::{Again, EngineError, ErrorCode, TransferError};
use store::{ObjectRef, StoreError};

use crate::dto::AppError;

/// Codes that come from the window's own commands, beside those of transfers ([`ErrorCode`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCode {
    /// Nothing in the names of the network stands for the endpoint.
    AddressNotFound,
    /// A bucket of this name is there already.
    AlreadyExists,
    /// The bucket still has something in it.
    BucketNotEmpty,
    /// The key may not even look at the bucket that was named.
    BucketUntested,
    /// A file of certificates is none; `reason` says what it is.
    CaFile,
    /// The check of an account was given up.
    CheckCancelled,
    /// The object of a checkpoint is encrypted with a key that nobody here has.
    CheckpointEncrypted,
    /// A checkpoint of an upload that was not begun.
    CheckpointNotBegun,
    /// A checkpoint of something else than the upload of a file.
    CheckpointNotUpload,
    /// Somebody else writes to the data folder.
    DataFolderBusy,
    /// The endpoint cannot be one.
    EndpointInvalid,
    /// A fault of ours has stopped the engine.
    EngineStopped,
    /// A receipt from a file names a file on another computer.
    FileElsewhere,
    /// Whole folders cannot be moved yet.
    FolderNotYet,
    /// The keychain is locked.
    KeychainLocked,
    /// A damaged ledger was put aside.
    LedgerSetAside,
    /// The key may not list buckets, and none was named.
    NeedsBucket,
    /// Nothing is connected.
    NoAccount,
    /// What was dropped on the window has no path.
    NoFileDropped,
    /// A device, a pipe or a socket.
    NotAFile,
    /// A file is no checkpoint of an SDK, or half of one.
    NotACheckpoint,
    /// A file is no receipt.
    NotAReceipt,
    /// A new passphrase is too short.
    PassphraseTooShort,
    /// The proxy did not let a request through.
    ProxyFailed,
    /// The address of a proxy cannot be one.
    ProxyInvalid,
    /// A receipt does not fit its root hash.
    ReceiptAltered,
    /// A receipt is not open any more.
    ReceiptClosed,
    /// A receipt of a newer version.
    ReceiptNewer,
    /// Too many transfers for one receipt.
    ReceiptTooLarge,
    /// The region cannot be one.
    RegionInvalid,
    /// An object is too large to be renamed by one copy.
    RenameTooLarge,
    /// The endpoint is the one for S3 programs.
    S3Endpoint,
    /// The file of secrets cannot be read.
    SecretsDamaged,
    /// The file of secrets waits for its passphrase.
    SecretsLocked,
    /// More transfers than are moved in the queue at a time.
    TooManyToMove,
    /// A transfer goes on with this upload.
    UploadNeeded,
    /// To bring a version back would replace another one for good.
    VersionNotKept,
    /// The passphrase does not open the file of secrets.
    WrongPassphrase,
}

impl OwnCode {
    /// Every one: a test holds the window to having words for each.
    pub const ALL: [Self; 38] = [
        Self::AddressNotFound,
        Self::AlreadyExists,
        Self::BucketNotEmpty,
        Self::BucketUntested,
        Self::CaFile,
        Self::CheckCancelled,
        Self::CheckpointEncrypted,
        Self::CheckpointNotBegun,
        Self::CheckpointNotUpload,
        Self::DataFolderBusy,
        Self::EndpointInvalid,
        Self::EngineStopped,
        Self::FileElsewhere,
        Self::FolderNotYet,
        Self::KeychainLocked,
        Self::LedgerSetAside,
        Self::NeedsBucket,
        Self::NoAccount,
        Self::NoFileDropped,
        Self::NotAFile,
        Self::NotACheckpoint,
        Self::NotAReceipt,
        Self::PassphraseTooShort,
        Self::ProxyFailed,
        Self::ProxyInvalid,
        Self::ReceiptAltered,
        Self::ReceiptClosed,
        Self::ReceiptNewer,
        Self::ReceiptTooLarge,
        Self::RegionInvalid,
        Self::RenameTooLarge,
        Self::S3Endpoint,
        Self::SecretsDamaged,
        Self::SecretsLocked,
        Self::TooManyToMove,
        Self::UploadNeeded,
        Self::VersionNotKept,
        Self::WrongPassphrase,
    ];

    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddressNotFound => "address_not_found",
            Self::AlreadyExists => "already_exists",
            Self::BucketNotEmpty => "bucket_not_empty",
            Self::BucketUntested => "bucket_untested",
            Self::CaFile => "ca_file",
            Self::CheckCancelled => "check_cancelled",
            Self::CheckpointEncrypted => "checkpoint_encrypted",
            Self::CheckpointNotBegun => "checkpoint_not_begun",
            Self::CheckpointNotUpload => "checkpoint_not_upload",
            Self::DataFolderBusy => "data_folder_busy",
            Self::EndpointInvalid => "endpoint_invalid",
            Self::EngineStopped => "engine_stopped",
            Self::FileElsewhere => "file_elsewhere",
            Self::FolderNotYet => "folder_not_yet",
            Self::KeychainLocked => "keychain_locked",
            Self::LedgerSetAside => "ledger_set_aside",
            Self::NeedsBucket => "needs_bucket",
            Self::NoAccount => "no_account",
            Self::NoFileDropped => "no_file_dropped",
            Self::NotAFile => "not_a_file",
            Self::NotACheckpoint => "not_a_checkpoint",
            Self::NotAReceipt => "not_a_receipt",
            Self::PassphraseTooShort => "passphrase_too_short",
            Self::ProxyFailed => "proxy_failed",
            Self::ProxyInvalid => "proxy_invalid",
            Self::ReceiptAltered => "receipt_altered",
            Self::ReceiptClosed => "receipt_closed",
            Self::ReceiptNewer => "receipt_newer",
            Self::ReceiptTooLarge => "receipt_too_large",
            Self::RegionInvalid => "region_invalid",
            Self::RenameTooLarge => "rename_too_large",
            Self::S3Endpoint => "s3_endpoint",
            Self::SecretsDamaged => "secrets_damaged",
            Self::SecretsLocked => "secrets_locked",
            Self::TooManyToMove => "too_many_to_move",
            Self::UploadNeeded => "upload_needed",
            Self::VersionNotKept => "version_not_kept",
            Self::WrongPassphrase => "wrong_passphrase",
        }
    }
}

impl AppError {
    /// An error of the window's own.
    pub fn new(code: OwnCode) -> Self {
        Self { code: code.as_str().to_owned(), params: Default::default(), retryable: true }
    }

    /// Something that should not happen; the message is for support.
    pub fn internal(message: impl ToString) -> Self {
        Self::from(TransferError::new(ErrorCode::Internal)).with("message", message)
    }

    /// A name that cannot be used, and why.
    pub fn invalid_name(reason: impl ToString) -> Self {
        Self::from(TransferError::new(ErrorCode::InvalidName)).with("reason", reason)
    }

    /// Adds a value for the words.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// The error of a request about a bucket or an object; `endpoint` is where it was asked.
    pub fn store(error: &StoreError, bucket: &str, key: &str, endpoint: &str) -> Self {
        let error = TransferError::store(error, &ObjectRef::new(bucket, key));
        Self::from(error).with("endpoint", endpoint)
    }
}

impl From<TransferError> for AppError {
    fn from(error: TransferError) -> Self {
        let retryable = error.again != Again::Never;
        let mut params = error.params;
        let message = error.answer.map(|answer| answer.message).unwrap_or_default();
        // Every sentence of the window can count on these, whichever the place that the error comes from.
        for name in ["message", "reason"] {
            params.entry(name.to_owned()).or_insert_with(|| message.clone());
        }
        if let (ErrorCode::NotTos, Some(name)) = (error.code, params.get("name").cloned()) {
            params.entry("endpoint".to_owned()).or_insert(name);
        }
        Self { code: error.code.as_str().to_owned(), params, retryable }
    }
}

impl From<EngineError> for AppError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::InvalidSpec(reason) => Self::invalid_name(reason),
            EngineError::AlreadyBegun(_) => {
                Self::from(TransferError::new(ErrorCode::InvalidOption)).with("reason", error)
            }
            EngineError::Adoption(error) => Self::from(error),
            EngineError::Ledger(_) | EngineError::LedgerWrite(_) => {
                Self::from(TransferError::new(ErrorCode::Ledger)).with("message", error)
            }
            EngineError::Stopped => Self { retryable: false, ..Self::new(OwnCode::EngineStopped) },
            EngineError::NoSuchTransfer(_) | EngineError::NotOver(_) => Self::internal(error),
        }
    }
}

impl From<AccountsError> for AppError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::NoSuchAccount(account) => {
                Self::from(TransferError::new(ErrorCode::AccountMissing)).with("account", account)
            }
            AccountsError::KeychainLocked(_) => Self::new(OwnCode::KeychainLocked),
            AccountsError::PassphraseTooShort => {
                Self::new(OwnCode::PassphraseTooShort).with("min", accounts::PASSPHRASE_CHARS_MIN)
            }
            AccountsError::Reserved(_) => Self::invalid_name(error),
            AccountsError::SecretsDamaged(path) => Self::new(OwnCode::SecretsDamaged).with("path", path.display()),
            AccountsError::SecretsLocked => Self::new(OwnCode::SecretsLocked),
            AccountsError::WrongPassphrase => Self::new(OwnCode::WrongPassphrase),
            AccountsError::File { .. } | AccountsError::Keychain(_) | AccountsError::SecretsFileExists => {
                Self::internal(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use store::ErrorKind;

    use super::*;

    #[test]
    fn an_error_of_a_store_keeps_its_code_and_says_where() {
        let error = StoreError::new(ErrorKind::BucketNotFound, "The specified bucket does not exist");
        let error = AppError::store(&error, "photos", "", "tos-cn-beijing.volces.com");
        assert_eq!(error.code, "bucket_not_found");
        assert_eq!(error.params["bucket"], "photos");
        assert_eq!(error.params["endpoint"], "tos-cn-beijing.volces.com");
        assert!(!error.retryable);
    }

    #[test]
    fn a_broken_connection_can_be_tried_again() {
        let error = StoreError::new(ErrorKind::Network, "reset");
        assert!(AppError::store(&error, "", "", "").retryable);
    }

    #[test]
    fn a_captive_portal_in_the_middle_of_a_transfer_is_named_by_the_object() {
        let error = StoreError::new(ErrorKind::NotThisStore, "HTML");
        let error = AppError::from(TransferError::store(&error, &ObjectRef::new("photos", "a.jpg")));
        assert_eq!(error.params["endpoint"], "tos://photos/a.jpg");
    }
}
