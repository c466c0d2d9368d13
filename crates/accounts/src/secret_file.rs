//! Secrets in a file that a passphrase opens, for systems without a keychain. Never made unless the user asks for it.
//!
//! The format is that of age (<https://age-encryption.org>), with scrypt for the passphrase: nothing of it is our own
//! invention, and whoever has the passphrase can open the file with any other program for age. Inside is JSON.
//!
//! What that costs: each change encrypts the whole file anew, so the passphrase is kept in memory while the file is
//! open, and each opening takes about half a second and 128 MiB by design, which is what makes guessing expensive.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::Secret;
use zeroize::Zeroizing;

use crate::replaced_file::{Lasting, Readers, replace_file};
use crate::{AccountsError, Secrets};

/// 2^17 blocks, r = 8, p = 1: what OWASP names as the least for scrypt.
const WORK_FACTOR_LOG2: u8 = if cfg!(test) { 2 } else { 17 };
/// A file that somebody else made to keep this computer busy is not opened.
const WORK_FACTOR_LOG2_MAX: u8 = 20;

/// Fewer characters are guessed whatever is done with them.
pub const PASSPHRASE_CHARS_MIN: usize = 8;

/// The file, and what is known of it since it was opened. Clones share that.
#[derive(Clone, Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
    open: Arc<Mutex<Option<Open>>>,
}

#[derive(Debug)]
struct Open {
    passphrase: Secret,
    /// The file as it was read or written last: whether somebody else has written since is seen by this.
    sealed: Vec<u8>,
    secrets: BTreeMap<String, Secrets>,
}

/// A row of the file. Its texts are wiped when it is dropped.
#[derive(Serialize, Deserialize)]
struct Row {
    secret_key: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security_token: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy_password: Option<Zeroizing<String>>,
}

impl SecretFile {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, open: Arc::default() }
    }

    /// Whether the user has chosen to keep secrets here.
    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.held().is_none()
    }

    /// Begins the file, with these secrets.
    pub(crate) fn create(&self, passphrase: Secret, secrets: BTreeMap<String, Secrets>) -> Result<(), AccountsError> {
        check_passphrase(&passphrase)?;
        let mut held = self.held();
        *held = Some(self.write(passphrase, secrets)?);
        Ok(())
    }

    /// Opens it.
    pub(crate) fn unlock(&self, passphrase: Secret) -> Result<(), AccountsError> {
        let mut held = self.held();
        let sealed = self.read()?;
        let secrets = unseal(&self.path, &sealed, &passphrase)?;
        *held = Some(Open { passphrase, sealed, secrets });
        Ok(())
    }

    pub(crate) fn change_passphrase(&self, old: &Secret, new: Secret) -> Result<(), AccountsError> {
        check_passphrase(&new)?;
        let mut held = self.held();
        // The file is asked and not the memory: whoever sits here must know the old one.
        let secrets = unseal(&self.path, &self.read()?, old)?;
        *held = Some(self.write(new, secrets)?);
        Ok(())
    }

    pub(crate) fn get(&self, id: &str) -> Result<Option<Secrets>, AccountsError> {
        let mut held = self.held();
        Ok(self.current(&mut held)?.secrets.get(id).cloned())
    }

    /// Keeps secrets, or forgets them.
    pub(crate) fn set(&self, id: &str, secrets: Option<Secrets>) -> Result<(), AccountsError> {
        let mut held = self.held();
        let open = self.current(&mut held)?;
        let mut all = open.secrets.clone();
        let same = match secrets {
            Some(secrets) => all.insert(id.to_owned(), secrets.clone()) == Some(secrets),
            None => all.remove(id).is_none(),
        };
        if !same {
            *open = self.write(open.passphrase.clone(), all)?;
        }
        Ok(())
    }

    /// All that is in it.
    pub(crate) fn all(&self) -> Result<BTreeMap<String, Secrets>, AccountsError> {
        let mut held = self.held();
        Ok(self.current(&mut held)?.secrets.clone())
    }

    /// Deletes the file, locked or not.
    pub(crate) fn remove(&self) -> Result<(), AccountsError> {
        let mut held = self.held();
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.trouble(error)),
            _ => *held = None,
        }
        Ok(())
    }

    /// What is open, read again if another program has written the file since. A passphrase that it has changed locks
    /// the file here.
    fn current<'a>(&self, held: &'a mut Option<Open>) -> Result<&'a mut Open, AccountsError> {
        let sealed = self.read()?;
        if let Some(open) = held.as_mut().filter(|open| open.sealed != sealed) {
            match unseal(&self.path, &sealed, &open.passphrase) {
                Ok(secrets) => (open.sealed, open.secrets) = (sealed, secrets),
                Err(_) => *held = None,
            }
        }
        held.as_mut().ok_or(AccountsError::SecretsLocked)
    }

    fn read(&self) -> Result<Vec<u8>, AccountsError> {
        std::fs::read(&self.path).map_err(|error| self.trouble(error))
    }

    fn write(&self, passphrase: Secret, secrets: BTreeMap<String, Secrets>) -> Result<Open, AccountsError> {
        let sealed = seal(&secrets, &passphrase).map_err(|error| self.trouble(error))?;
        replace_file(&self.path, &sealed, Readers::OwnerOnly, Lasting::Synced).map_err(|error| self.trouble(error))?;
        Ok(Open { passphrase, sealed, secrets })
    }

    fn trouble(&self, source: io::Error) -> AccountsError {
        AccountsError::File { path: self.path.clone(), source }
    }

    fn held(&self) -> MutexGuard<'_, Option<Open>> {
        // What is open is replaced whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_passphrase(passphrase: &Secret) -> Result<(), AccountsError> {
    if passphrase.expose().chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(AccountsError::PassphraseTooShort);
    }
    Ok(())
}

fn seal(secrets: &BTreeMap<String, Secrets>, passphrase: &Secret) -> io::Result<Vec<u8>> {
    let text = |secret: &Secret| Zeroizing::new(secret.expose().to_owned());
    let rows: BTreeMap<&str, Row> = secrets
        .iter()
        .map(|(id, secrets)| {
            let row = Row {
                secret_key: text(&secrets.secret_key),
                security_token: secrets.security_token.as_ref().map(text),
                proxy_password: secrets.proxy_password.as_ref().map(text),
            };
            (id.as_str(), row)
        })
        .collect();
    // Its size is known before, so that no half-filled copy is left where it grew out of.
    let size = rows.values().map(|row| 200 + 6 * row.text_bytes()).sum::<usize>()
        + 6 * rows.keys().map(|id| id.len()).sum::<usize>();
    let mut clear = Zeroizing::new(Vec::with_capacity(size));
    serde_json::to_writer(&mut *clear, &rows)?;
    let mut recipient = age::scrypt::Recipient::new(age_secret(passphrase));
    recipient.set_work_factor(WORK_FACTOR_LOG2);
    age::encrypt(&recipient, &clear).map_err(io::Error::other)
}

fn unseal(path: &Path, sealed: &[u8], passphrase: &Secret) -> Result<BTreeMap<String, Secrets>, AccountsError> {
    let damaged = || AccountsError::SecretsDamaged(path.to_owned());
    let mut identity = age::scrypt::Identity::new(age_secret(passphrase));
    identity.set_max_work_factor(WORK_FACTOR_LOG2_MAX);
    let clear = match age::decrypt(&identity, sealed) {
        Ok(clear) => Zeroizing::new(clear),
        Err(age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed) => {
            return Err(AccountsError::WrongPassphrase);
        }
        Err(_) => return Err(damaged()),
    };
    let rows: BTreeMap<String, Row> = serde_json::from_slice(&clear).map_err(|_| damaged())?;
    let secret = |text: &Zeroizing<String>| Secret::new(text.as_str());
    let secrets = |row: &Row| Secrets {
        secret_key: secret(&row.secret_key),
        security_token: row.security_token.as_ref().map(secret),
        proxy_password: row.proxy_password.as_ref().map(secret),
    };
    Ok(rows.iter().map(|(id, row)| (id.clone(), secrets(row))).collect())
}

impl Row {
    fn text_bytes(&self) -> usize {
        let texts = [Some(&self.secret_key), self.security_token.as_ref(), self.proxy_password.as_ref()];
        texts.into_iter().flatten().map(|text| text.len()).sum()
    }
}

fn age_secret(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "eight terns over water";

    fn secrets(word: &str) -> Secrets {
        Secrets {
            secret_key: Secret::new(format!("secret of {word}")),
            security_token: Some(Secret::new("token \"words\" \\ 密")),
            proxy_password: None,
        }
    }

    fn file(folder: &tempfile::TempDir) -> SecretFile {
        SecretFile::at(folder.path().join("new").join("secrets.age"))
    }

    #[test]
    fn what_is_kept_is_there_for_the_next_run_that_has_the_passphrase() {
        let folder = tempfile::tempdir().unwrap();
        let first = file(&folder);
        assert!(!first.exists());
        first.create(Secret::new(PASSPHRASE), [("a".to_owned(), secrets("a"))].into()).unwrap();
        first.set("b", Some(secrets("b"))).unwrap();

        let next = file(&folder);
        assert!(next.exists() && next.is_locked());
        assert!(matches!(next.get("a"), Err(AccountsError::SecretsLocked)));
        assert!(matches!(next.set("a", None), Err(AccountsError::SecretsLocked)));
        assert!(matches!(next.unlock(Secret::new("another one")), Err(AccountsError::WrongPassphrase)));
        assert!(next.is_locked());
        next.unlock(Secret::new(PASSPHRASE)).unwrap();
        assert_eq!(next.get("a").unwrap(), Some(secrets("a")));
        assert_eq!(next.get("b").unwrap(), Some(secrets("b")));
        next.set("a", None).unwrap();
        assert_eq!(first.get("a").unwrap(), None, "the other program sees what this one wrote");
    }

    #[test]
    fn no_word_of_it_is_in_the_folder_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        file.create(Secret::new(PASSPHRASE), [("a-1".to_owned(), secrets("a"))].into()).unwrap();
        let entries: Vec<_> = std::fs::read_dir(folder.path().join("new")).unwrap().map(Result::unwrap).collect();
        assert_eq!(entries.len(), 1, "no temporary file stays: {entries:?}");
        let bytes = std::fs::read(&file.path).unwrap();
        assert!(bytes.starts_with(b"age-encryption.org/v1"));
        for word in ["secret", "token", "a-1", PASSPHRASE] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let printed = format!("{file:?}");
        assert!(!printed.contains("secret of") && !printed.contains(PASSPHRASE), "{printed}");
    }

    #[test]
    fn a_passphrase_is_changed_by_whoever_knows_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        file.create(Secret::new(PASSPHRASE), [("a".to_owned(), secrets("a"))].into()).unwrap();
        let other = super::tests::file(&folder);
        other.unlock(Secret::new(PASSPHRASE)).unwrap();
        let new = || Secret::new("the new passphrase");
        assert!(matches!(file.change_passphrase(&new(), new()), Err(AccountsError::WrongPassphrase)));
        let short = file.change_passphrase(&Secret::new(PASSPHRASE), Secret::new("seven c"));
        assert!(matches!(short, Err(AccountsError::PassphraseTooShort)));
        file.change_passphrase(&Secret::new(PASSPHRASE), new()).unwrap();
        assert_eq!(file.get("a").unwrap(), Some(secrets("a")));
        assert!(matches!(other.get("a"), Err(AccountsError::SecretsLocked)), "where it was open it is locked");
        other.unlock(new()).unwrap();
    }

    #[test]
    fn a_file_that_is_none_is_said_to_be_damaged_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        file.create(Secret::new(PASSPHRASE), BTreeMap::new()).unwrap();
        let whole = std::fs::read(&file.path).unwrap();
        for bytes in [&b"my diary"[..], b"", &whole[..whole.len() - 1], &whole[..40]] {
            std::fs::write(&file.path, bytes).unwrap();
            let error = file.unlock(Secret::new(PASSPHRASE)).unwrap_err();
            assert!(matches!(error, AccountsError::SecretsDamaged(_)), "{error:?}");
            assert_eq!(std::fs::read(&file.path).unwrap(), bytes);
        }
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(!file.exists());
    }
}
