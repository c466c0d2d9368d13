//! Where secrets are kept.
//!
//! Each secret is an entry of its own under the service `tern` (Windows bounds the size of an entry, and a session
//! token is long). The keychains' interfaces block, on Linux for as long as a dialog waits for a password, so every
//! call leaves the async threads. So do those to the encrypted file, whose passphrase costs work by design.
//!
//! A file of secrets exists only because the user asked for it. As long as it is there it is used, also where a keychain
//! has appeared since: otherwise every account would have lost its secret overnight, without a word.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::CredentialStore;
use store::Secret;

use crate::secret_file::SecretFile;
use crate::{AccountsError, SecretKeeping};

/// The name under which a person finds the entries in the keychain's own window.
const SERVICE: &str = "tern";

/// What is secret about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// The secret key.
    pub secret_key: Secret,
    /// The token of a temporary session.
    pub security_token: Option<Secret>,
    /// The password of the proxy.
    pub proxy_password: Option<Secret>,
}

/// The keychain, if there is one, the encrypted file, and what this run keeps in memory.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    keychain: Option<Arc<CredentialStore>>,
    file: SecretFile,
    this_run: Arc<Mutex<BTreeMap<String, Secrets>>>,
    /// Held by every change: what is kept while the place of all changes would be in neither.
    changes: Arc<tokio::sync::Mutex<()>>,
}

/// Where secrets are, taken apart so that whoever asks can do so on another thread.
enum Place {
    File(SecretFile),
    Keychain(Arc<CredentialStore>),
    ThisRun,
}

impl Vault {
    /// Looks for the system's keychain.
    pub(crate) async fn open(file: SecretFile) -> Self {
        let keychain = match off_thread(system_keychain).await {
            Ok(keychain) => Some(keychain),
            Err(error) => {
                tracing::info!(%error, "no keychain");
                None
            }
        };
        Self::over(keychain, file)
    }

    pub(crate) fn over(keychain: Option<Arc<CredentialStore>>, file: SecretFile) -> Self {
        Self { keychain, file, this_run: Arc::default(), changes: Arc::default() }
    }

    pub(crate) fn keeping(&self) -> SecretKeeping {
        match self.place() {
            Place::File(_) => SecretKeeping::EncryptedFile,
            Place::Keychain(_) => SecretKeeping::Keychain,
            Place::ThisRun => SecretKeeping::ThisRunOnly,
        }
    }

    /// Whether a passphrase is needed first.
    pub(crate) fn is_locked(&self) -> bool {
        self.file.exists() && self.file.is_locked()
    }

    fn place(&self) -> Place {
        match &self.keychain {
            _ if self.file.exists() => Place::File(self.file.clone()),
            Some(keychain) => Place::Keychain(keychain.clone()),
            None => Place::ThisRun,
        }
    }

    pub(crate) async fn put(&self, id: &str, secrets: Secrets) -> Result<SecretKeeping, AccountsError> {
        let _changes = self.changes.lock().await;
        let (keeping, key) = (self.keeping(), id.to_owned());
        match self.place() {
            Place::ThisRun => drop(self.lock().insert(key, secrets)),
            Place::File(file) => off_thread(move || file.set(&key, Some(secrets))).await?,
            Place::Keychain(keychain) => off_thread(move || put(&keychain, &key, &secrets)).await?,
        }
        Ok(keeping)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Secrets>, AccountsError> {
        let key = id.to_owned();
        match self.place() {
            Place::ThisRun => Ok(self.lock().get(id).cloned()),
            Place::File(file) => {
                let keychain = self.keychain.clone();
                off_thread(move || match (file.get(&key)?, keychain) {
                    // What was kept before there was a file is still where it was.
                    (None, Some(keychain)) => whole(&keychain, &key),
                    (found, _) => Ok(found),
                })
                .await
            }
            Place::Keychain(keychain) => off_thread(move || whole(&keychain, &key)).await,
        }
    }

    pub(crate) async fn forget(&self, id: &str) -> Result<(), AccountsError> {
        let _changes = self.changes.lock().await;
        self.lock().remove(id);
        let (key, file, keychain) = (id.to_owned(), self.file.clone(), self.keychain.clone());
        off_thread(move || {
            // It may be in both: in the keychain from the time before the file.
            let in_file = if file.exists() { file.set(&key, None) } else { Ok(()) };
            let entries = [key.clone(), token_entry(&key), proxy_entry(&key)];
            let in_keychain =
                keychain.map_or(Ok(()), |keychain| entries.iter().try_for_each(|entry| set(&keychain, entry, None)));
            in_file.and(in_keychain)
        })
        .await
    }

    /// From now on secrets are in the file; those of this run go there.
    pub(crate) async fn begin_file(&self, passphrase: Secret) -> Result<(), AccountsError> {
        let _changes = self.changes.lock().await;
        if self.file.exists() {
            return Err(AccountsError::SecretsFileExists);
        }
        let (file, known) = (self.file.clone(), self.lock().clone());
        off_thread(move || file.create(passphrase, known)).await?;
        self.lock().clear();
        Ok(())
    }

    pub(crate) async fn unlock(&self, passphrase: Secret) -> Result<(), AccountsError> {
        let file = self.file.clone();
        off_thread(move || file.unlock(passphrase)).await
    }

    pub(crate) async fn change_passphrase(&self, old: Secret, new: Secret) -> Result<(), AccountsError> {
        let file = self.file.clone();
        off_thread(move || file.change_passphrase(&old, new)).await
    }

    /// The file is deleted; what was in it goes to the keychain, or where there is none to the memory of this run.
    pub(crate) async fn end_file(&self) -> Result<(), AccountsError> {
        let _changes = self.changes.lock().await;
        let (file, keychain) = (self.file.clone(), self.keychain.clone());
        let known = off_thread(move || {
            let known = file.all()?;
            if let Some(keychain) = keychain {
                known.iter().try_for_each(|(id, secrets)| put(&keychain, id, secrets))?;
            }
            file.remove()?;
            Ok(known)
        })
        .await?;
        if self.keychain.is_none() {
            self.lock().extend(known);
        }
        Ok(())
    }

    /// The file is deleted with all that is in it.
    pub(crate) async fn discard_file(&self) -> Result<(), AccountsError> {
        let file = self.file.clone();
        off_thread(move || file.remove()).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secrets>> {
        // A map is whole after every operation on it.
        self.this_run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token_entry(id: &str) -> String {
    format!("{id}/security-token")
}

fn proxy_entry(id: &str) -> String {
    format!("{id}/proxy-password")
}

fn put(keychain: &Arc<CredentialStore>, id: &str, secrets: &Secrets) -> Result<(), AccountsError> {
    set(keychain, id, Some(&secrets.secret_key))?;
    set(keychain, &token_entry(id), secrets.security_token.as_ref())?;
    set(keychain, &proxy_entry(id), secrets.proxy_password.as_ref())
}

/// All that the keychain has of an account.
fn whole(keychain: &Arc<CredentialStore>, id: &str) -> Result<Option<Secrets>, AccountsError> {
    let Some(secret_key) = get(keychain, id)? else { return Ok(None) };
    let security_token = get(keychain, &token_entry(id))?;
    let proxy_password = get(keychain, &proxy_entry(id))?;
    Ok(Some(Secrets { secret_key, security_token, proxy_password }))
}

/// Writes an entry, or removes it.
fn set(keychain: &Arc<CredentialStore>, name: &str, secret: Option<&Secret>) -> Result<(), AccountsError> {
    let entry = keychain.build(SERVICE, name, None).map_err(refusal)?;
    match secret {
        Some(secret) => entry.set_password(secret.expose()).map_err(refusal),
        None => match entry.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(refusal(error)),
        },
    }
}

fn get(keychain: &Arc<CredentialStore>, name: &str) -> Result<Option<Secret>, AccountsError> {
    match keychain.build(SERVICE, name, None).and_then(|entry| entry.get_password()) {
        Ok(password) => Ok(Some(Secret::new(password))),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(error) => Err(refusal(error)),
    }
}

/// The words of an error of the keychain. Two of its variants carry the bytes of the secret, so they are not printed.
fn refusal(error: keyring_core::Error) -> AccountsError {
    match error {
        keyring_core::Error::NoStorageAccess(reason) => AccountsError::KeychainLocked(reason.to_string()),
        keyring_core::Error::BadEncoding(_) | keyring_core::Error::BadDataFormat(..) => {
            AccountsError::Keychain("the entry does not hold a text".to_owned())
        }
        other => AccountsError::Keychain(other.to_string()),
    }
}

#[cfg(target_os = "linux")]
fn system_keychain() -> Result<Arc<CredentialStore>, AccountsError> {
    let keychain = zbus_secret_service_keyring_store::Store::new().map_err(refusal)?;
    Ok(keychain)
}

#[cfg(target_os = "macos")]
fn system_keychain() -> Result<Arc<CredentialStore>, AccountsError> {
    let keychain = apple_native_keyring_store::keychain::Store::new().map_err(refusal)?;
    Ok(keychain)
}

#[cfg(windows)]
fn system_keychain() -> Result<Arc<CredentialStore>, AccountsError> {
    let keychain = windows_native_keyring_store::Store::new().map_err(refusal)?;
    Ok(keychain)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system_keychain() -> Result<Arc<CredentialStore>, AccountsError> {
    Err(AccountsError::Keychain("this system has none that Tern knows".to_owned()))
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AccountsError> + Send + 'static,
) -> Result<T, AccountsError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(AccountsError::Keychain("the program is ending".to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets {
            secret_key: Secret::new("secret words"),
            security_token: Some(Secret::new("token words")),
            proxy_password: None,
        }
    }

    async fn keeps_replaces_and_forgets(vault: &Vault, keeping: SecretKeeping) {
        assert_eq!(vault.get("a-1").await.unwrap(), None);
        assert_eq!(vault.put("a-1", secrets()).await.unwrap(), keeping);
        assert_eq!(vault.get("a-1").await.unwrap(), Some(secrets()));
        assert_eq!(vault.get("a-2").await.unwrap(), None);
        let permanent = Secrets { security_token: None, ..secrets() };
        vault.put("a-1", permanent.clone()).await.unwrap();
        assert_eq!(vault.get("a-1").await.unwrap(), Some(permanent), "the old token is gone");
        vault.forget("a-1").await.unwrap();
        vault.forget("a-1").await.unwrap();
        assert_eq!(vault.get("a-1").await.unwrap(), None);
    }

    fn no_file(folder: &tempfile::TempDir) -> SecretFile {
        SecretFile::at(folder.path().join("secrets.age"))
    }

    #[tokio::test]
    async fn secrets_are_kept_and_forgotten_in_a_keychain() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::over(Some(keyring_core::mock::Store::new().unwrap()), no_file(&folder));
        keeps_replaces_and_forgets(&vault, SecretKeeping::Keychain).await;
        assert!(vault.lock().is_empty(), "nothing is kept twice");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nor written to a file");
    }

    #[tokio::test]
    async fn without_a_keychain_they_are_kept_for_this_run() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::over(None, no_file(&folder));
        keeps_replaces_and_forgets(&vault, SecretKeeping::ThisRunOnly).await;
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written unless asked for");
    }

    #[tokio::test]
    async fn in_an_encrypted_file_they_outlive_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::over(None, no_file(&folder));
        vault.put("a-0", secrets()).await.unwrap();
        vault.begin_file(Secret::new("a long passphrase")).await.unwrap();
        assert!(vault.lock().is_empty(), "nothing is kept twice");
        keeps_replaces_and_forgets(&vault, SecretKeeping::EncryptedFile).await;

        let next = Vault::over(None, no_file(&folder));
        assert!(next.is_locked());
        assert!(matches!(next.get("a-0").await, Err(AccountsError::SecretsLocked)));
        next.unlock(Secret::new("a long passphrase")).await.unwrap();
        assert!(!next.is_locked());
        assert_eq!(next.get("a-0").await.unwrap(), Some(secrets()));
        next.end_file().await.unwrap();
        assert_eq!((next.keeping(), next.get("a-0").await.unwrap()), (SecretKeeping::ThisRunOnly, Some(secrets())));
        assert_eq!(Vault::over(None, no_file(&folder)).get("a-0").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_goes_before_a_keychain_and_can_be_moved_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let before = Vault::over(None, no_file(&folder));
        before.begin_file(Secret::new("a long passphrase")).await.unwrap();
        before.put("a-1", secrets()).await.unwrap();

        let keychain = keyring_core::mock::Store::new().unwrap();
        let vault = Vault::over(Some(keychain), no_file(&folder));
        assert_eq!(vault.keeping(), SecretKeeping::EncryptedFile);
        assert!(matches!(vault.end_file().await, Err(AccountsError::SecretsLocked)), "it is not thrown away unread");
        vault.unlock(Secret::new("a long passphrase")).await.unwrap();
        vault.end_file().await.unwrap();
        assert_eq!((vault.keeping(), vault.get("a-1").await.unwrap()), (SecretKeeping::Keychain, Some(secrets())));
        assert!(vault.lock().is_empty());
    }

    #[tokio::test]
    async fn what_the_keychain_had_before_the_file_is_still_found_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let keychain = keyring_core::mock::Store::new().unwrap();
        let vault = Vault::over(Some(keychain), no_file(&folder));
        vault.put("a-1", secrets()).await.unwrap();
        vault.begin_file(Secret::new("a long passphrase")).await.unwrap();
        assert_eq!(vault.get("a-1").await.unwrap(), Some(secrets()));
        let again = vault.begin_file(Secret::new("another passphrase")).await;
        assert!(matches!(again, Err(AccountsError::SecretsFileExists)), "a file is never replaced by an empty one");
        vault.forget("a-1").await.unwrap();
        assert_eq!(vault.get("a-1").await.unwrap(), None);
        vault.end_file().await.unwrap();
        assert_eq!(vault.get("a-1").await.unwrap(), None, "nor is it left in the keychain");
    }

    #[tokio::test]
    async fn a_forgotten_passphrase_costs_the_secrets_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::over(None, no_file(&folder));
        vault.begin_file(Secret::new("a long passphrase")).await.unwrap();
        vault.put("a-1", secrets()).await.unwrap();
        let next = Vault::over(None, no_file(&folder));
        next.discard_file().await.unwrap();
        assert_eq!((next.keeping(), next.get("a-1").await.unwrap()), (SecretKeeping::ThisRunOnly, None));
    }

    #[test]
    fn an_error_of_the_keychain_never_shows_the_secret() {
        for error in [
            keyring_core::Error::BadEncoding(b"secret words".to_vec()),
            keyring_core::Error::BadDataFormat(b"secret words".to_vec(), "reason".into()),
        ] {
            let printed = format!("{0} {0:?}", refusal(error));
            assert!(!printed.contains("secret") && !printed.contains("115"), "{printed}");
        }
    }
}
