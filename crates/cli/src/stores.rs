//! Stores by their durable ids: the environment's, the accounts of the app, and the practice server.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::{
    Accounts, AccountsError, DataFolder, PRACTICE_ACCOUNT, environment_store, environment_store_endpoint,
    normal_endpoint,
};
use async_trait::async_trait;
use engine::{ErrorCode, StoreId, TransferError};
use store::{ObjectRef, ObjectStore, Secret};
use tokio::sync::Mutex;
use tos::{Credentials, TosConfig, TosStore};

use crate::account::{Choice, profile_config};
use crate::exit::Failure;

/// What this command can reach. A store is opened when it is first needed and kept.
#[derive(Debug)]
pub(crate) struct CommandStores {
    folder: DataFolder,
    choice: Choice,
    /// The target's, if that is another one.
    target: Option<Choice>,
    opened: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    stores: BTreeMap<StoreId, Arc<dyn ObjectStore>>,
    accounts: Option<Accounts>,
    /// Lives as long as the command.
    practice: Option<tos_local::Server>,
}

impl CommandStores {
    pub(crate) fn new(folder: DataFolder, choice: Choice) -> Self {
        Self { folder, choice, target: None, opened: Mutex::default() }
    }

    /// The same with another account for targets.
    pub(crate) fn with_target(self, choice: Choice) -> Self {
        Self { target: Some(choice), ..self }
    }

    /// The store that addresses on the command line mean, opened. What is wrong with its configuration is a wrong use
    /// of the program: nothing was tried yet.
    pub(crate) async fn default(&self) -> Result<(StoreId, Arc<dyn ObjectStore>), Failure> {
        self.open_choice(&self.choice).await
    }

    /// The store that the address of a target means, opened.
    pub(crate) async fn of_target(&self) -> Result<StoreId, Failure> {
        Ok(self.open_choice(self.target.as_ref().unwrap_or(&self.choice)).await?.0)
    }

    async fn open_choice(&self, choice: &Choice) -> Result<(StoreId, Arc<dyn ObjectStore>), Failure> {
        let id = match choice {
            Choice::Environment(id, _) => id.clone(),
            Choice::Named(name) if name == PRACTICE_ACCOUNT => StoreId(PRACTICE_ACCOUNT.to_owned()),
            Choice::Named(name) => {
                let mut opened = self.opened.lock().await;
                let profile = self.accounts(&mut opened).await.and_then(|accounts| accounts.profile(name));
                StoreId(profile.map_err(|error| account_failure(&error).told_as_usage())?.id)
            }
            Choice::Nobody => {
                return Err(Failure::usage(
                    "No account is chosen. Set TOS_ACCESS_KEY, TOS_SECRET_KEY and TOS_REGION (or TOS_ENDPOINT), or \
                     use --account practice to try Tern without one.",
                ));
            }
        };
        let store = self.store(&id).await.map_err(|failure| match failure {
            OpenFailure::Config(failure) => failure.told_as_usage(),
            OpenFailure::Missing => Failure::usage(format!("There is no account “{id}”.")),
        })?;
        Ok((id, store))
    }

    /// Whether a transfer with this store can go on here, without asking the store anything.
    pub(crate) async fn reaches(&self, id: &StoreId) -> Result<(), Failure> {
        match self.store(id).await {
            Ok(_) => Ok(()),
            Err(OpenFailure::Config(failure)) => Err(failure),
            Err(OpenFailure::Missing) => Err(Failure::from(missing(id))),
        }
    }

    /// The endpoint of a store: that of the environment or of a kept account. The practice server has another one each
    /// time, and so none.
    pub(crate) async fn endpoint(&self, id: &StoreId) -> Option<String> {
        if id.0 == PRACTICE_ACCOUNT {
            return None;
        }
        if let Some(endpoint) = environment_store_endpoint(&id.0) {
            return Some(endpoint.to_owned());
        }
        let profile = self.accounts(&mut *self.opened.lock().await).await.ok()?.profile(&id.0).ok()?;
        Some(normal_endpoint(&profile.endpoint))
    }

    /// The store of an id; or, where it cannot be opened here, that of the environment at the same endpoint.
    pub(crate) async fn at(&self, id: &StoreId, endpoint: Option<&str>) -> Result<Arc<dyn ObjectStore>, Failure> {
        let alike = endpoint.map_or_else(|| id.clone(), |endpoint| StoreId(environment_store(endpoint)));
        let failure = match self.store(id).await {
            Ok(store) => return Ok(store),
            Err(failure) => failure,
        };
        match (self.store(&alike).await, failure) {
            (Ok(store), _) => Ok(store),
            (Err(_), OpenFailure::Config(failure)) => Err(failure),
            (Err(_), OpenFailure::Missing) => Err(missing(&alike).into()),
        }
    }

    async fn store(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, OpenFailure> {
        let mut opened = self.opened.lock().await;
        if let Some(store) = opened.stores.get(id) {
            return Ok(store.clone());
        }
        let config = self.config(id, &mut opened).await?;
        let store = TosStore::open(config)
            .map_err(|error| OpenFailure::Config(TransferError::store(&error, &ObjectRef::new("", "")).into()))?;
        let store: Arc<dyn ObjectStore> = Arc::new(store);
        opened.stores.insert(id.clone(), store.clone());
        Ok(store)
    }

    async fn config(&self, id: &StoreId, opened: &mut Opened) -> Result<TosConfig, OpenFailure> {
        for choice in [Some(&self.choice), self.target.as_ref()].into_iter().flatten() {
            if let Choice::Environment(ours, config) = choice
                && ours == id
            {
                return Ok(config.as_ref().clone());
            }
        }
        if id.0 == PRACTICE_ACCOUNT {
            return self.practice(opened).await;
        }
        if environment_store_endpoint(&id.0).is_some() {
            return Err(OpenFailure::Missing);
        }
        let refused = |error: AccountsError| match error {
            AccountsError::NoSuchAccount(_) => OpenFailure::Missing,
            other => OpenFailure::Config(account_failure(&other)),
        };
        let accounts = self.accounts(opened).await.map_err(refused)?;
        let profile = accounts.profile(&id.0).map_err(refused)?;
        crate::passphrase::unlock(&accounts).await.map_err(OpenFailure::Config)?;
        match accounts.secrets(&id.0).await.map_err(refused)? {
            Some(secrets) => profile_config(&profile, secrets).map_err(OpenFailure::Config),
            None => Err(OpenFailure::Config(Failure::new(format!(
                "The secret key of the account “{}” is not kept here; open the app and enter it again, or use the keys \
                 of the environment.",
                profile.name
            )))),
        }
    }

    async fn accounts(&self, opened: &mut Opened) -> Result<Accounts, AccountsError> {
        if let Some(accounts) = &opened.accounts {
            return Ok(accounts.clone());
        }
        let (accounts, aside) = Accounts::open(self.folder.clone()).await?;
        if let Some(aside) = aside {
            crate::output::error(&crate::words::profiles_set_aside(&aside.path));
        }
        Ok(opened.accounts.insert(accounts).clone())
    }

    /// Starts the practice server if this command has not yet.
    async fn practice(&self, opened: &mut Opened) -> Result<TosConfig, OpenFailure> {
        if opened.practice.is_none() {
            let options = tos_local::Options::practice(self.folder.practice());
            let server = tos_local::Server::start(options)
                .await
                .map_err(|error| OpenFailure::Config(crate::server_command::start_failure(&error)))?;
            opened.practice = Some(server);
        }
        let endpoint = opened.practice.as_ref().map(tos_local::Server::endpoint).unwrap_or_default();
        let credentials = Credentials {
            access_key: tos_local::PRACTICE_ACCESS_KEY.to_owned(),
            secret_key: Secret::new(tos_local::PRACTICE_SECRET_KEY),
            security_token: None,
        };
        Ok(TosConfig::new(endpoint, tos_local::PRACTICE_REGION, credentials))
    }
}

/// Why a store could not be opened.
enum OpenFailure {
    /// The id means nothing here.
    Missing,
    /// What it is opened with is wrong.
    Config(Failure),
}

fn account_failure(error: &AccountsError) -> Failure {
    match error {
        AccountsError::NoSuchAccount(name) => Failure::new(format!(
            "There is no account “{}” here; its id is shown in the app, and `practice` is always there.",
            crate::output::printable(name)
        )),
        AccountsError::KeychainLocked(_) => {
            Failure::new("The keychain is locked; unlock it and try again.").because(error)
        }
        other => Failure::new("The accounts cannot be read.").because(other),
    }
}

fn missing(id: &StoreId) -> TransferError {
    let error = TransferError::new(ErrorCode::AccountMissing).with("account", id);
    match environment_store_endpoint(&id.0) {
        Some(endpoint) => error.with("endpoint", endpoint),
        None => error,
    }
}

#[async_trait]
impl engine::Stores for CommandStores {
    async fn open(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        self.store(id).await.map_err(|failure| match failure {
            OpenFailure::Missing => missing(id),
            OpenFailure::Config(failure) => missing(id).because(failure.sentence()),
        })
    }

    async fn reconnect(&self) {
        self.opened.lock().await.stores.values().for_each(|store| store.reconnect());
    }
}
