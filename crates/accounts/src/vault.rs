//! Where secrets are kept.
//!
//! Each secret is an entry of its own under the service `tern` (Windows bounds the size of an entry, and a session
//! token is long). The keychains' interfaces block, on Linux for as long as a dialog waits for a password, so every
//! call leaves the async threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::CredentialStore;
use store::Secret;

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

/// The keychain, if there is one, and what this run keeps in memory.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    keychain: Option<Arc<CredentialStore>>,
    this_run: Arc<Mutex<BTreeMap<String, Secrets>>>,
}

impl Vault {
    /// Looks for the system's keychain.
    pub(crate) async fn open() -> Self {
        let keychain = match off_thread(system_keychain).await {
            Ok(keychain) => Some(keychain),
            Err(error) => {
                tracing::info!(%error, "no keychain: secrets are kept for this run only");
                None
            }
        };
        Self::over(keychain)
    }

    pub(crate) fn over(keychain: Option<Arc<CredentialStore>>) -> Self {
        Self { keychain, this_run: Arc::default() }
    }

    pub(crate) fn keeping(&self) -> SecretKeeping {
        if self.keychain.is_some() { SecretKeeping::Keychain } else { SecretKeeping::ThisRunOnly }
    }

    pub(crate) async fn put(&self, id: &str, secrets: Secrets) -> Result<SecretKeeping, AccountsError> {
        let Some(keychain) = self.keychain.clone() else {
            self.lock().insert(id.to_owned(), secrets);
            return Ok(SecretKeeping::ThisRunOnly);
        };
        let id = id.to_owned();
        off_thread(move || {
            set(&keychain, &id, Some(&secrets.secret_key))?;
            set(&keychain, &token_entry(&id), secrets.security_token.as_ref())?;
            set(&keychain, &proxy_entry(&id), secrets.proxy_password.as_ref())
        })
        .await?;
        Ok(SecretKeeping::Keychain)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Secrets>, AccountsError> {
        let Some(keychain) = self.keychain.clone() else { return Ok(self.lock().get(id).cloned()) };
        let id = id.to_owned();
        off_thread(move || {
            let Some(secret_key) = get(&keychain, &id)? else { return Ok(None) };
            let security_token = get(&keychain, &token_entry(&id))?;
            let proxy_password = get(&keychain, &proxy_entry(&id))?;
            Ok(Some(Secrets { secret_key, security_token, proxy_password }))
        })
        .await
    }

    pub(crate) async fn forget(&self, id: &str) -> Result<(), AccountsError> {
        self.lock().remove(id);
        let Some(keychain) = self.keychain.clone() else { return Ok(()) };
        let id = id.to_owned();
        off_thread(move || {
            [id.clone(), token_entry(&id), proxy_entry(&id)].iter().try_for_each(|entry| set(&keychain, entry, None))
        })
        .await
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

    #[tokio::test]
    async fn secrets_are_kept_and_forgotten_in_a_keychain() {
        let vault = Vault::over(Some(keyring_core::mock::Store::new().unwrap()));
        keeps_replaces_and_forgets(&vault, SecretKeeping::Keychain).await;
        assert!(vault.lock().is_empty(), "nothing is kept twice");
    }

    #[tokio::test]
    async fn without_a_keychain_they_are_kept_for_this_run() {
        let vault = Vault::over(None);
        keeps_replaces_and_forgets(&vault, SecretKeeping::ThisRunOnly).await;
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
