//! The accounts of this computer's user.

use std::sync::{Arc, Mutex, PoisonError};

use store::Secret;

use crate::profile_file::{self, Book, SetAside};
use crate::secret_file::SecretFile;
use crate::vault::{Secrets, Vault};
use crate::{AccountsError, DataFolder, PRACTICE_ACCOUNT, Profile};

/// How long a secret will be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKeeping {
    /// In the system's keychain, until the account is forgotten.
    Keychain,
    /// In a file of the data folder that a passphrase opens, because the user chose that.
    EncryptedFile,
    /// In memory, until this program ends: the system offers no keychain.
    ThisRunOnly,
}

/// Profiles and their secrets. Clones share what is kept in memory.
#[derive(Clone, Debug)]
pub struct Accounts {
    folder: DataFolder,
    vault: Vault,
    /// Held from reading the book to writing it: of two changes at a time none may be lost.
    changing: Arc<Mutex<()>>,
}

impl Accounts {
    /// Opens the accounts of a data folder and looks for the keychain. A file of profiles that cannot be understood is
    /// put aside, and reported.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub async fn open(folder: DataFolder) -> Result<(Self, Option<SetAside>), AccountsError> {
        let (_, aside) = profile_file::read(&folder.profiles())?;
        let vault = Vault::open(SecretFile::at(folder.secrets())).await;
        Ok((Self { folder, vault, changing: Arc::default() }, aside))
    }

    /// What happens to secrets here.
    pub fn keeping(&self) -> SecretKeeping {
        self.vault.keeping()
    }

    /// Whether the secrets are in a file that has to be opened with its passphrase first.
    pub fn is_locked(&self) -> bool {
        self.vault.is_locked()
    }

    /// Opens the file of secrets for this run.
    ///
    /// # Errors
    /// `WrongPassphrase`, `SecretsDamaged`, or if the file cannot be read.
    pub async fn unlock(&self, passphrase: Secret) -> Result<(), AccountsError> {
        self.vault.unlock(passphrase).await
    }

    /// Keeps secrets in an encrypted file from now on, beginning with those that this run knows. For systems without a
    /// keychain, and only because the user asked for it.
    ///
    /// # Errors
    /// `PassphraseTooShort`, or if the file cannot be written.
    pub async fn keep_secrets_in_file(&self, passphrase: Secret) -> Result<(), AccountsError> {
        self.vault.begin_file(passphrase).await
    }

    /// Gives the file of secrets another passphrase.
    ///
    /// # Errors
    /// `WrongPassphrase` for the old one, `PassphraseTooShort` for the new one, or if the file cannot be written.
    pub async fn change_passphrase(&self, old: Secret, new: Secret) -> Result<(), AccountsError> {
        self.vault.change_passphrase(old, new).await
    }

    /// Moves the secrets out of the encrypted file, into the keychain or, where there is none, into the memory of this
    /// run, and deletes the file.
    ///
    /// # Errors
    /// `SecretsLocked`, those of the keychain, or if the file cannot be deleted; the file is still there then.
    pub async fn end_secrets_file(&self) -> Result<(), AccountsError> {
        self.vault.end_file().await
    }

    /// Deletes the encrypted file with the secrets in it: for a passphrase that nobody remembers. The accounts stay, and
    /// want their keys again.
    ///
    /// # Errors
    /// If the file cannot be deleted.
    pub async fn discard_secrets_file(&self) -> Result<(), AccountsError> {
        self.vault.discard_file().await
    }

    /// All profiles, in the order in which they were made. The practice account is not among them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn profiles(&self) -> Result<Vec<Profile>, AccountsError> {
        Ok(self.read()?.profiles)
    }

    /// One profile, by its id or, if only one has it, by its name.
    ///
    /// # Errors
    /// `NoSuchAccount`, or if the file cannot be read.
    pub fn profile(&self, id_or_name: &str) -> Result<Profile, AccountsError> {
        let profiles = self.read()?.profiles;
        if let Some(profile) = profiles.iter().find(|profile| profile.id == id_or_name) {
            return Ok(profile.clone());
        }
        let mut named = profiles.into_iter().filter(|profile| profile.name == id_or_name);
        match (named.next(), named.next()) {
            (Some(profile), None) => Ok(profile),
            _ => Err(AccountsError::NoSuchAccount(id_or_name.to_owned())),
        }
    }

    /// The account that was used last, if it still exists; the practice account counts.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn current(&self) -> Result<Option<String>, AccountsError> {
        let book = self.read()?;
        let known = |id: &String| id == PRACTICE_ACCOUNT || book.profiles.iter().any(|profile| profile.id == *id);
        Ok(book.current.filter(known))
    }

    /// Remembers which account is used; `None` for none.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_current(&self, id: Option<&str>) -> Result<(), AccountsError> {
        self.change(|book| book.current = id.map(str::to_owned))
    }

    /// Keeps a profile and its secrets, replacing those with the same id. The secrets go first: a profile without
    /// them would be an account that does not work, while secrets without a profile are only untidy.
    ///
    /// # Errors
    /// `Reserved` for the id of the practice account, `KeychainLocked`, or if something cannot be written.
    ///
    /// # Cancellation
    /// The secrets may be written and the profile not.
    pub async fn save(&self, profile: Profile, secrets: Secrets) -> Result<SecretKeeping, AccountsError> {
        if profile.id == PRACTICE_ACCOUNT || profile.id.contains(':') {
            return Err(AccountsError::Reserved(profile.id));
        }
        let keeping = self.vault.put(&profile.id, secrets).await?;
        self.change(|book| match book.profiles.iter_mut().find(|known| known.id == profile.id) {
            Some(known) => *known = profile,
            None => book.profiles.push(profile),
        })?;
        Ok(keeping)
    }

    /// Gives an account another name.
    ///
    /// # Errors
    /// `NoSuchAccount`, or if the file cannot be written.
    pub fn rename(&self, id: &str, name: &str) -> Result<(), AccountsError> {
        self.profile(id)?;
        self.change(|book| {
            if let Some(known) = book.profiles.iter_mut().find(|known| known.id == id) {
                known.name = name.to_owned();
            }
        })
    }

    /// The secrets of an account; `None` if they are not known (any more), so that the user has to be asked.
    ///
    /// # Errors
    /// `SecretsLocked`, `KeychainLocked` or `Keychain`.
    pub async fn secrets(&self, id: &str) -> Result<Option<Secrets>, AccountsError> {
        self.vault.get(id).await
    }

    /// Removes a profile and its secrets. Forgetting what is not known succeeds.
    ///
    /// # Errors
    /// `SecretsLocked`, and nothing has changed; or if the file cannot be written or the keychain refuses: the profile
    /// is gone first then, so nothing shows it again.
    pub async fn forget(&self, id: &str) -> Result<(), AccountsError> {
        if self.is_locked() {
            return Err(AccountsError::SecretsLocked);
        }
        self.change(|book| {
            book.profiles.retain(|profile| profile.id != id);
            if book.current.as_deref() == Some(id) {
                book.current = None;
            }
        })?;
        self.vault.forget(id).await
    }

    fn read(&self) -> Result<Book, AccountsError> {
        Ok(profile_file::read(&self.folder.profiles())?.0)
    }

    fn change(&self, change: impl FnOnce(&mut Book)) -> Result<(), AccountsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.profiles();
        let (mut book, _) = profile_file::read(&path)?;
        change(&mut book);
        profile_file::write(&path, &book)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(folder: &tempfile::TempDir) -> Accounts {
        let data = DataFolder::at(folder.path());
        let vault = Vault::over(None, SecretFile::at(data.secrets()));
        Accounts { vault, folder: data, changing: Arc::default() }
    }

    fn secrets() -> Secrets {
        Secrets { secret_key: Secret::new("the secret words"), security_token: None, proxy_password: None }
    }

    #[tokio::test]
    async fn an_account_is_kept_changed_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(&folder);
        let mut profile = Profile::new("Work", "tos-cn-beijing.volces.com", "cn-beijing", "AKLTx", 1);
        accounts.save(profile.clone(), secrets()).await.unwrap();
        accounts.set_current(Some(&profile.id)).unwrap();
        assert_eq!(accounts.profile("Work").unwrap(), profile);
        assert_eq!(accounts.current().unwrap().as_ref(), Some(&profile.id));

        profile.bucket = Some("photos".into());
        accounts.save(profile.clone(), secrets()).await.unwrap();
        assert_eq!(accounts.profiles().unwrap(), [profile.clone()]);
        assert_eq!(accounts.secrets(&profile.id).await.unwrap(), Some(secrets()));

        accounts.forget(&profile.id).await.unwrap();
        assert_eq!(accounts.profiles().unwrap(), []);
        assert_eq!(accounts.current().unwrap(), None);
        assert_eq!(accounts.secrets(&profile.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_new_name_changes_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(&folder);
        let profile = Profile::new("Work", "e", "r", "AKLTx", 1);
        accounts.save(profile.clone(), secrets()).await.unwrap();
        accounts.rename(&profile.id, "Home").unwrap();
        assert_eq!(accounts.profiles().unwrap(), [Profile { name: "Home".into(), ..profile.clone() }]);
        assert_eq!(accounts.secrets(&profile.id).await.unwrap(), Some(secrets()));
        assert!(matches!(accounts.rename("gone-1", "x"), Err(AccountsError::NoSuchAccount(_))));
    }

    #[tokio::test]
    async fn a_locked_account_is_not_half_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let first = accounts(&folder);
        let profile = Profile::new("Work", "e", "r", "AKLTx", 1);
        first.keep_secrets_in_file(Secret::new("a long passphrase")).await.unwrap();
        assert_eq!(first.save(profile.clone(), secrets()).await.unwrap(), SecretKeeping::EncryptedFile);
        let next = accounts(&folder);
        assert!(matches!(next.forget(&profile.id).await, Err(AccountsError::SecretsLocked)));
        assert_eq!(next.profiles().unwrap(), std::slice::from_ref(&profile));
        next.unlock(Secret::new("a long passphrase")).await.unwrap();
        next.forget(&profile.id).await.unwrap();
        assert_eq!((next.profiles().unwrap().len(), next.secrets(&profile.id).await.unwrap()), (0, None));
    }

    #[tokio::test]
    async fn no_secret_reaches_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(&folder);
        accounts.save(Profile::new("Work", "e", "r", "AKLTx", 1), secrets()).await.unwrap();
        let text = std::fs::read_to_string(folder.path().join("profiles.json")).unwrap();
        assert!(text.contains("AKLTx") && !text.contains("words"), "{text}");
    }

    #[tokio::test]
    async fn a_name_that_two_accounts_have_names_neither() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(&folder);
        for now_ms in [1, 2] {
            accounts.save(Profile::new("Work", "e", "r", "AKLTx", now_ms), secrets()).await.unwrap();
        }
        assert!(matches!(accounts.profile("Work"), Err(AccountsError::NoSuchAccount(_))));
        assert_eq!(accounts.profile("work-2").unwrap().id, "work-2");
    }

    #[tokio::test]
    async fn ids_that_tern_keeps_for_itself_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = accounts(&folder);
        for id in [PRACTICE_ACCOUNT, "env:https://tos.test"] {
            let profile = Profile { id: id.into(), ..Profile::new("x", "e", "r", "k", 1) };
            assert!(matches!(accounts.save(profile, secrets()).await, Err(AccountsError::Reserved(_))), "{id}");
        }
    }
}
