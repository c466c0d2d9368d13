//! The engine's and the browser's way to a store: the id of an account becomes an open client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use accounts::{
    Accounts, Addressing, PRACTICE_ACCOUNT, Profile, Proxy, Secrets, environment_store_endpoint, normal_endpoint,
};
use async_trait::async_trait;
use engine::{ErrorCode, StoreId, Stores, TransferError};
use store::{Administration, ObjectRef, ObjectStore};
use tokio::sync::OnceCell;
use tos::{Credentials, ProxyChoice, ProxyConfig, TosConfig, TosStore};

use crate::ca_file;
use crate::dto::AppError;
use crate::error::OwnCode;
use crate::practice::Practice;

/// A store, and the endpoint for the words of its errors.
#[derive(Clone, Debug)]
pub struct OpenStore {
    /// The client.
    pub store: Arc<dyn ObjectStore>,
    /// The same client, for what a person does by hand.
    pub administration: Arc<dyn Administration>,
    /// The same client, for what no other kind of store can be asked.
    pub tos: Arc<TosStore>,
    /// Where it asks.
    pub endpoint: String,
}

/// A store that is open, or that somebody opens just now.
type Opening = Arc<OnceCell<OpenStore>>;

/// The stores of all accounts, each opened once. Whoever needs one that is being opened waits for that one alone: a
/// keychain that asks its user, or a certificate on a slow disk, holds up no other account.
#[derive(Debug)]
pub struct AccountStores {
    accounts: Accounts,
    practice: Arc<Practice>,
    open: Mutex<HashMap<String, Opening>>,
}

impl AccountStores {
    /// No store is open yet.
    pub fn new(accounts: Accounts, practice: Arc<Practice>) -> Self {
        Self { accounts, practice, open: Mutex::default() }
    }

    /// The store of an account.
    ///
    /// # Errors
    /// `account_missing` if the account is not known, `secret_missing` or `secrets_locked` if its secret is not, or why the
    /// store cannot be opened.
    pub async fn of(&self, account: &str) -> Result<OpenStore, AppError> {
        let opening = self.held().entry(account.to_owned()).or_default().clone();
        let open = || async {
            let config = match account {
                PRACTICE_ACCOUNT => self.practice.config().await?,
                _ => self.config(account).await?,
            };
            open_store(config)
        };
        // What was closed or replaced meanwhile is that of whoever waited for it, and of nobody after.
        opening.get_or_try_init(open).await.cloned()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Opening>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store of an account that is kept here and has this endpoint; none if there is no such account.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn at_endpoint(&self, endpoint: Option<&str>) -> Result<Option<OpenStore>, AppError> {
        let Some(wanted) = endpoint.map(normal_endpoint) else { return Ok(None) };
        let profiles = self.accounts.profiles()?;
        match profiles.iter().find(|profile| normal_endpoint(&profile.endpoint) == wanted) {
            Some(profile) => self.of(&profile.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// What a receipt says of where a store is: nothing of the practice server, which has another address each time.
    pub fn endpoint_of(&self, id: &StoreId) -> Option<String> {
        if let Some(endpoint) = environment_store_endpoint(&id.0) {
            return Some(endpoint.to_owned());
        }
        self.accounts.profile(&id.0).ok().map(|profile| normal_endpoint(&profile.endpoint))
    }

    /// Uses a store that was opened elsewhere for an account from now on; what runs on another one runs to its end.
    pub fn replace(&self, account: &str, store: OpenStore) {
        self.held().insert(account.to_owned(), Arc::new(OnceCell::new_with(Some(store))));
    }

    /// Lets go of a store whose account was changed or forgotten; what runs on it runs to its end.
    pub fn close(&self, account: &str) {
        self.held().remove(account);
    }

    async fn config(&self, account: &str) -> Result<TosConfig, AppError> {
        let profile = self.accounts.profile(account)?;
        match self.accounts.secrets(&profile.id).await? {
            Some(secrets) => config(&profile, &secrets).await,
            None => Err(secret_missing(&profile.name)),
        }
    }
}

#[async_trait]
impl Stores for AccountStores {
    async fn open(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        match self.of(&id.0).await {
            Ok(open) => Ok(open.store),
            Err(error) => Err(transfer_error(error)),
        }
    }

    async fn reconnect(&self) {
        let open: Vec<Opening> = self.held().values().cloned().collect();
        open.iter().filter_map(|opening| opening.get()).for_each(|open| open.store.reconnect());
    }
}

/// Opens a client.
///
/// # Errors
/// What is wrong with the configuration, before anything is asked.
pub fn open_store(config: TosConfig) -> Result<OpenStore, AppError> {
    let endpoint = config.endpoint.clone();
    match TosStore::open(config) {
        Ok(store) => Ok(OpenStore::new(Arc::new(store), endpoint)),
        Err(error) => Err(AppError::store(&error, "", "", &endpoint)),
    }
}

/// How to reach the account of a profile.
///
/// # Errors
/// `ca_file` if its file of certificates cannot be read.
pub async fn config(profile: &Profile, secrets: &Secrets) -> Result<TosConfig, AppError> {
    let credentials = Credentials {
        access_key: profile.access_key.clone(),
        secret_key: secrets.secret_key.clone(),
        security_token: secrets.security_token.clone(),
    };
    let mut config = TosConfig::new(&profile.endpoint, &profile.region, credentials);
    config.addressing = match profile.addressing {
        Addressing::VirtualHost => tos::Addressing::VirtualHost,
        Addressing::Path => tos::Addressing::Path,
        Addressing::CustomDomain => tos::Addressing::CustomDomain,
    };
    config.proxy = match &profile.proxy {
        Proxy::System => ProxyChoice::Environment,
        Proxy::None => ProxyChoice::Direct,
        Proxy::Explicit { url, username } => ProxyChoice::Explicit(ProxyConfig {
            url: url.clone(),
            username: username.clone(),
            password: secrets.proxy_password.clone(),
        }),
    };
    if let Some(path) = &profile.ca_file {
        config.extra_ca_pem = Some(ca_file::read(path).await?);
    }
    Ok(config)
}

fn secret_missing(account: &str) -> AppError {
    AppError::from(TransferError::new(ErrorCode::SecretMissing)).with("account", account)
}

/// Why a transfer cannot reach its store. The engine knows no locks; for it a secret that is locked away is not known,
/// which a transfer waits for.
fn transfer_error(error: AppError) -> TransferError {
    let known = ErrorCode::ALL.into_iter().find(|code| code.as_str() == error.code);
    let locked = [OwnCode::SecretsLocked, OwnCode::KeychainLocked].iter().any(|code| code.as_str() == error.code);
    let otherwise = if locked { ErrorCode::SecretMissing } else { ErrorCode::AccountMissing };
    let mut transfer_error = TransferError::new(known.unwrap_or(otherwise));
    transfer_error.params = error.params;
    transfer_error
}

impl OpenStore {
    /// An open client, and where it asks.
    pub fn new(tos: Arc<TosStore>, endpoint: String) -> Self {
        Self { store: tos.clone(), administration: tos.clone(), tos, endpoint }
    }

    /// The time by the clock of the store, by which it dates what it lists; `None` if it does not tell. Asks it.
    pub async fn time(&self) -> Option<SystemTime> {
        let ahead_s = self.tos.greet().await.ok()?.clock_ahead_seconds?;
        let (now, by) = (SystemTime::now(), Duration::from_secs(ahead_s.unsigned_abs()));
        if ahead_s < 0 { now.checked_add(by) } else { now.checked_sub(by) }
    }

    /// Puts an error of this store into the window's terms.
    pub fn refusal(&self, error: &store::StoreError, object: &ObjectRef) -> AppError {
        AppError::store(error, &object.bucket, &object.key, &self.endpoint)
    }
}
