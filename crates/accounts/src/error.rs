//! What can go wrong with accounts.

use std::io;
use std::path::PathBuf;

/// Why an account could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file of profiles, or its folder, cannot be used.
    #[error("{} cannot be used: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such account.
    #[error("there is no account “{0}”")]
    NoSuchAccount(String),
    /// The id or the name is one that Tern keeps for itself.
    #[error("“{0}” is not a name for an account of your own")]
    Reserved(String),
    /// The keychain is there but locked, and nobody unlocked it. Trying again helps once it is unlocked.
    #[error("the keychain is locked: {0}")]
    KeychainLocked(String),
    /// The keychain refused for another reason.
    #[error("the keychain refused: {0}")]
    Keychain(String),
    /// The encrypted file of secrets has not been opened with its passphrase yet.
    #[error("the file of secrets is locked")]
    SecretsLocked,
    /// The file of secrets has another passphrase.
    #[error("this is not the passphrase of the file of secrets")]
    WrongPassphrase,
    /// There is a file of secrets already; another one would take its place with all that is in it.
    #[error("there is a file of secrets already")]
    SecretsFileExists,
    /// A new passphrase has fewer than [`crate::PASSPHRASE_CHARS_MIN`] characters.
    #[error("the passphrase is too short")]
    PassphraseTooShort,
    /// The file of secrets is not one, or not a whole one. No passphrase opens it.
    #[error("{} is not a file of secrets, or not a whole one", .0.display())]
    SecretsDamaged(PathBuf),
}
