//! The accounts of this computer's user.

use crate::profile_file::{self, Book, SetAside};
use crate::vault::{Secrets, Vault};
use crate::{AccountsError, DataFolder, PRACTICE_ACCOUNT, Profile};

/// How long a secret will be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKeeping {
    /// In the system's keychain, until the account is forgotten.
    Keychain,
    /// In memory, until this program ends: the system offers no keychain.
    ThisRunOnly,
}

/// Profiles and their secrets. Clones share what is kept in memory.
#[derive(Clone, Debug)]
pub struct Accounts {
    folder: DataFolder,
    vault: Vault,
}

impl Accounts {
    /// Opens the accounts of a data folder and looks for the keychain. A file of profiles that cannot be understood is
    /// put aside, and reported.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub async fn open(folder: DataFolder) -> Result<(Self, Option<SetAside>), AccountsError> {
        let (_, aside) = profile_file::read(&folder.profiles())?;
        Ok((Self { folder, vault: Vault::open().await }, aside))
    }

    /// What happens to secrets here.
    pub fn keeping(&self) -> SecretKeeping {
        self.vault.keeping()
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

    /// The secrets of an account; `None` if they are not known (any more), so that the user has to be asked.
    ///
    /// # Errors
    /// `KeychainLocked` or `Keychain`.
    pub async fn secrets(&self, id: &str) -> Result<Option<Secrets>, AccountsError> {
        self.vault.get(id).await
    }

    /// Removes a profile and its secrets. Forgetting what is not known succeeds.
    ///
    /// # Errors
    /// If the file cannot be written or the keychain refuses; the profile is gone first, so nothing shows it again.
    pub async fn forget(&self, id: &str) -> Result<(), AccountsError> {
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
        let path = self.folder.profiles();
        let (mut book, _) = profile_file::read(&path)?;
        change(&mut book);
        profile_file::write(&path, &book)
    }
}

#[cfg(test)]
mod tests {
    use store::Secret;

    use super::*;

    fn accounts(folder: &tempfile::TempDir) -> Accounts {
        Accounts { folder: DataFolder::at(folder.path()), vault: Vault::over(None) }
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
