//! The practice account's server: inside this process, started by whoever needs it first.
//!
//! Lazy start is all that a restart needs, too: a transfer with the practice account that goes on opens its store, and
//! so the server. The port differs each time, but the engine knows stores by account, never by address.

use std::path::PathBuf;

use accounts::PRACTICE_ACCOUNT;
use store::Secret;
use tokio::sync::Mutex;
use tos::{Credentials, TosConfig};
use tos_local::{Options, Server, StartError};

use crate::dto::AppError;
use crate::dto_accounts::AccountView;
use crate::environment::Pace;
use crate::error::OwnCode;

/// The server, running or not yet.
#[derive(Debug)]
pub struct Practice {
    folder: PathBuf,
    pace: Pace,
    server: Mutex<Option<Server>>,
}

impl Practice {
    /// A practice server that will keep its objects in `folder`. Nothing is started or made.
    pub fn new(folder: PathBuf, pace: Pace) -> Self {
        Self { folder, pace, server: Mutex::default() }
    }

    /// Whether it was ever used on this computer.
    pub fn was_used(&self) -> bool {
        self.folder.is_dir()
    }

    /// Starts the server unless it runs, and says how to reach it.
    ///
    /// # Errors
    /// `data_folder_busy` if another Tern runs it, else `internal`. The next call tries again.
    pub async fn config(&self) -> Result<TosConfig, AppError> {
        let mut running = self.server.lock().await;
        let endpoint = match &*running {
            Some(server) => server.endpoint(),
            None => running.insert(Server::start(self.options()).await.map_err(refusal)?).endpoint(),
        };
        let credentials = Credentials {
            access_key: tos_local::PRACTICE_ACCESS_KEY.to_owned(),
            secret_key: Secret::new(tos_local::PRACTICE_SECRET_KEY),
            security_token: None,
        };
        Ok(TosConfig::new(endpoint, tos_local::PRACTICE_REGION, credentials))
    }

    /// The account as the window shows it.
    pub async fn view(&self) -> AccountView {
        let key = tos_local::PRACTICE_ACCESS_KEY;
        AccountView {
            id: PRACTICE_ACCOUNT.to_owned(),
            name: "Practice".to_owned(),
            region: tos_local::PRACTICE_REGION.to_owned(),
            endpoint: self.server.lock().await.as_ref().map(Server::endpoint).unwrap_or_default(),
            key_tail: key[key.len() - 4..].to_owned(),
            practice: true,
            secret_kept: true,
            secret_known: true,
            bucket: None,
            prefix: None,
        }
    }

    /// Ends the server, if it runs.
    pub async fn stop(&self) {
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await;
        }
    }

    fn options(&self) -> Options {
        Options {
            latency: self.pace.latency,
            bytes_per_second: self.pace.bytes_per_second,
            copy_bytes_per_second: self.pace.copy_bytes_per_second,
            ..Options::practice(self.folder.clone())
        }
    }
}

fn refusal(error: StartError) -> AppError {
    match error {
        StartError::RootInUse(_) => AppError::new(OwnCode::DataFolderBusy).with("holder", "tern"),
        other => AppError::internal(other),
    }
}
