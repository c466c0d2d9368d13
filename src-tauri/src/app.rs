//! Where everything is put together: data folder, accounts, stores, ledger, engine.
//!
//! Both halves open at first need rather than at the start: the window is there at once even while a keychain asks
//! for its password, and when another program holds the data folder the next click simply tries again.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use accounts::{Accounts, DataFolder, PRACTICE_ACCOUNT, SecretKeeping};
use engine::ledger::{DataFolderLock, SqliteLedger};
use engine::{Clock as _, Engine, EngineOptions, EngineParts, LocalDisk, QueueLimits, RetryPolicy, StoreId};
use machine::{Circumstances, Machine};
use tokio::sync::OnceCell;

use crate::check::CheckSlot;
use crate::desktop::Desktop;
use crate::dto::{AppError, AppStatus, Settings};
use crate::dto_accounts::{AccountView, SecretsPlace};
use crate::environment::Environment;
use crate::error::OwnCode;
use crate::events::{self, Pushes};
use crate::journal::Journal;
use crate::local_clock::LocalClock;
use crate::papers::Papers;
use crate::practice::Practice;
use crate::selection::Selection;
use crate::settings::SettingsFile;
use crate::stops::Stops;
use crate::stores::{AccountStores, OpenStore};
use crate::surroundings::Surroundings;
use crate::undo::UndoBook;
use crate::waiting::wait_for;
use crate::{notices, speed, taskbar};

/// How long the engine may take to stop when the window closes. What it could not write is found again at the start.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// The app: what commands work on.
#[derive(Debug)]
pub struct App {
    folder: DataFolder,
    environment: Environment,
    /// Settings of the window.
    pub settings: Arc<SettingsFile>,
    /// The practice server.
    pub practice: Arc<Practice>,
    /// The check of an account that runs, if one does.
    pub check: CheckSlot,
    /// What time it is here.
    pub clock: Arc<LocalClock>,
    /// The way to the window.
    pub pushes: Pushes,
    /// The window, the tray, notices.
    pub surroundings: Arc<Surroundings>,
    /// Receipts that are open in the window.
    pub papers: Papers,
    /// What the window can stop.
    pub stops: Stops,
    /// What is selected in the list.
    pub selection: Selection,
    /// What can be taken back.
    pub undo: UndoBook,
    /// The logs of transfers.
    pub journal: Journal,
    desktop: OnceLock<Box<dyn Desktop>>,
    zoom: OnceLock<Zoom>,
    opened: OnceCell<Opened>,
    running: OnceCell<Running>,
}

/// The way to zoom the window: 1 is its own size.
struct Zoom(Box<dyn Fn(f64) + Send + Sync>);

impl fmt::Debug for Zoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zoom")
    }
}

/// Accounts and their stores.
#[derive(Debug)]
pub struct Opened {
    /// Profiles and secrets.
    pub accounts: Accounts,
    /// Stores by account.
    pub stores: Arc<AccountStores>,
    set_aside: Option<AppError>,
}

/// The engine, and the right to write to the data folder.
#[derive(Debug)]
struct Running {
    engine: Engine,
    /// The settings that the engine works by; locked while it is told of others.
    obeyed: tokio::sync::Mutex<Obeyed>,
    /// Tells the engine of sleep and network.
    machine: Machine,
    set_aside: Option<AppError>,
    lock: Mutex<Option<DataFolderLock>>,
    /// Waits for an end of the engine that nobody asked for.
    watch: tokio::task::AbortHandle,
}

/// Settings that an engine is told of while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Obeyed {
    transfers_max: u32,
    history_days: u32,
}

impl Obeyed {
    fn of(settings: &Settings) -> Self {
        Self { transfers_max: settings.transfers_max, history_days: settings.history_days }
    }
}

impl App {
    /// An app on this data folder. Nothing is opened yet.
    pub fn new(folder: DataFolder, environment: Environment) -> Self {
        Self {
            settings: Arc::new(SettingsFile::open(folder.path().join("settings.json"))),
            practice: Arc::new(Practice::new(folder.practice(), environment.practice)),
            check: CheckSlot::default(),
            clock: Arc::new(LocalClock::default()),
            pushes: Pushes::default(),
            surroundings: Arc::default(),
            papers: Papers::default(),
            stops: Stops::default(),
            selection: Selection::default(),
            undo: UndoBook::default(),
            journal: Journal::default(),
            desktop: OnceLock::new(),
            zoom: OnceLock::new(),
            opened: OnceCell::new(),
            running: OnceCell::new(),
            folder,
            environment,
        }
    }

    /// What the environment asked for.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Gives the app its desktop; the first one stays.
    pub fn set_desktop(&self, desktop: Box<dyn Desktop>) {
        let _ = self.desktop.set(desktop);
    }

    /// The desktop.
    ///
    /// # Errors
    /// `internal` before there is a window.
    pub fn desktop(&self) -> Result<&dyn Desktop, AppError> {
        self.desktop.get().map(Box::as_ref).ok_or_else(|| AppError::internal("there is no window yet"))
    }

    /// Accounts and stores.
    ///
    /// # Errors
    /// If the file of profiles cannot be read.
    pub async fn opened(&self) -> Result<&Opened, AppError> {
        self.opened.get_or_try_init(|| self.open_accounts()).await
    }

    async fn open_accounts(&self) -> Result<Opened, AppError> {
        let (accounts, aside) = Accounts::open(self.folder.clone()).await?;
        if self.environment.begin_with_practice && accounts.current()?.is_none() {
            accounts.set_current(Some(PRACTICE_ACCOUNT))?;
        }
        let stores = Arc::new(AccountStores::new(accounts.clone(), self.practice.clone()));
        Ok(Opened { accounts, stores, set_aside: aside.map(|aside| set_aside(&aside.path)) })
    }

    /// The engine; it starts, and takes up what was left, when it is first asked for.
    ///
    /// # Errors
    /// `data_folder_busy` while another program writes to the folder; `ledger` if the ledger cannot be opened.
    pub async fn engine(&self) -> Result<&Engine, AppError> {
        if let Some(running) = self.running.get() {
            return Ok(&running.engine);
        }
        let running = self.running.get_or_try_init(|| self.start_engine()).await?;
        // What was changed while it started was read too early, or found no engine to tell.
        self.obey_settings(running).await?;
        Ok(&running.engine)
    }

    async fn start_engine(&self) -> Result<Running, AppError> {
        let stores = self.opened().await?.stores.clone();
        let clock = self.clock.clone();
        let (folder, now_ms) = (self.folder.clone(), clock.wall_ms());
        let opening = tokio::task::spawn_blocking(move || open_ledger(&folder, now_ms));
        let (lock, ledger, aside) = opening.await.map_err(AppError::internal)??;
        let parts = EngineParts { stores, ledger: Arc::new(ledger), disk: Arc::new(LocalDisk), clock };
        let settings = self.settings.settings();
        // On battery not a byte moves before that is known, if its user wants that.
        let asks = settings.wait_on_battery || settings.wait_on_metered;
        let place = if asks { Circumstances::look().await } else { Circumstances::default() };
        // What was left is taken up again: that is what the engine does unless told otherwise.
        let options = EngineOptions {
            limits: queue_limits(&settings),
            history_days: settings.history_days,
            retry: RetryPolicy { outlasts_network: true, ..RetryPolicy::default() },
            rates: wait_for(|| self.settings.with_rates(|| place, |rates| rates))?,
            seed: now_ms.unsigned_abs(),
            ..EngineOptions::default()
        };
        let engine = Engine::start(parts, options);
        tokio::spawn(self.journal.clone().listen(engine.clone()));
        tokio::spawn(events::tell_ends(engine.clone(), self.pushes.clone()));
        let watch = tokio::spawn(events::tell_stop(engine.clone(), self.pushes.clone())).abort_handle();
        let machine = Machine::serve(&engine, place);
        tokio::spawn(events::tell_pulses(engine.clone(), machine.condition(), self.pushes.clone()));
        tokio::spawn(speed::follow_circumstances(engine.clone(), self.settings.clone(), machine.condition()));
        tokio::spawn(taskbar::follow(engine.clone(), self.surroundings.clone()));
        let notices =
            notices::follow(engine.clone(), self.surroundings.clone(), self.settings.clone(), self.pushes.clone());
        tokio::spawn(notices);
        let obeyed = tokio::sync::Mutex::new(Obeyed::of(&settings));
        Ok(Running { engine, obeyed, machine, set_aside: aside, lock: Mutex::new(Some(lock)), watch })
    }

    /// The engine, if it has started.
    pub fn started_engine(&self) -> Option<&Engine> {
        self.running.get().map(|running| &running.engine)
    }

    /// Where the computer is, as far as its system tells.
    pub(crate) fn circumstances(&self) -> Circumstances {
        self.running.get().map_or_else(Circumstances::default, |running| running.machine.condition().circumstances())
    }

    /// Keeps the settings, and obeys them from now on.
    ///
    /// # Errors
    /// `invalid_option` for a value out of its bounds, `internal` if they cannot be written; nothing has changed then.
    pub async fn change_settings(&self, settings: Settings) -> Result<(), AppError> {
        let before = self.settings.settings();
        wait_for(|| self.settings.set_settings(settings))?;
        let settings = self.settings.settings();
        if settings.zoom_percent != before.zoom_percent {
            self.zoom();
        }
        match self.running.get() {
            Some(running) => self.obey_settings(running).await,
            // One that has not started yet starts with them, or is told when it has.
            None => Ok(()),
        }
    }

    /// Tells the engine of the settings that it does not know yet.
    async fn obey_settings(&self, running: &Running) -> Result<(), AppError> {
        let mut obeyed = running.obeyed.lock().await;
        // Read under the lock, so that the newest are told last.
        let settings = self.settings.settings();
        if settings.transfers_max != obeyed.transfers_max {
            running.engine.set_limits(queue_limits(&settings)).await?;
            obeyed.transfers_max = settings.transfers_max;
        }
        if settings.history_days != obeyed.history_days {
            running.engine.set_history_days(settings.history_days).await?;
            obeyed.history_days = settings.history_days;
        }
        let place = || running.machine.condition().circumstances();
        wait_for(|| self.settings.with_rates(place, |rates| running.engine.set_rates(rates)))
    }

    /// Lets the computer be kept awake while bytes move, or not, until Tern is closed.
    ///
    /// # Errors
    /// As of [`App::engine`].
    pub async fn allow_awake(&self, is_allowed: bool) -> Result<(), AppError> {
        self.engine().await?;
        if let Some(running) = self.running.get() {
            running.machine.allow_awake(is_allowed);
        }
        Ok(())
    }

    /// Gives the app the way to zoom its window, and zooms it as it was; the first one stays.
    pub fn set_zoom(&self, zoom: impl Fn(f64) + Send + Sync + 'static) {
        let _ = self.zoom.set(Zoom(Box::new(zoom)));
        self.zoom();
    }

    fn zoom(&self) {
        if let Some(Zoom(zoom)) = self.zoom.get() {
            zoom(f64::from(self.settings.settings().zoom_percent) / 100.0);
        }
    }

    /// The file that this process logs to.
    pub fn log_file(&self) -> PathBuf {
        self.folder.logs().join(crate::logs::LOG_FILE)
    }

    /// Stops the engine and lets go of the data folder; everything goes on at the next start. The app is over then.
    pub async fn shut_down(&self) {
        if let Some(running) = self.running.get() {
            running.watch.abort();
            if tokio::time::timeout(SHUTDOWN_MAX, running.engine.shutdown()).await.is_err() {
                tracing::warn!("the engine did not stop in time");
            }
            drop(running.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        self.practice.stop().await;
    }

    /// The id of the account in use.
    ///
    /// # Errors
    /// `no_account` if there is none.
    pub async fn current_account(&self) -> Result<String, AppError> {
        self.opened().await?.accounts.current()?.ok_or_else(|| AppError::new(OwnCode::NoAccount))
    }

    /// The store of the account in use, with its durable id.
    ///
    /// # Errors
    /// `no_account`, or why the store cannot be opened.
    pub async fn current_store(&self) -> Result<(StoreId, OpenStore), AppError> {
        let account = self.current_account().await?;
        let store = self.opened().await?.stores.of(&account).await?;
        Ok((StoreId(account), store))
    }

    /// An account as the window shows it.
    ///
    /// # Errors
    /// `account_missing` if there is no such account.
    pub async fn account_view(&self, id: &str) -> Result<AccountView, AppError> {
        if id == PRACTICE_ACCOUNT {
            return Ok(self.practice.view().await);
        }
        let accounts = &self.opened().await?.accounts;
        let profile = accounts.profile(id)?;
        let keeping = accounts.keeping();
        // A keychain may ask its user for a password, which a list must not.
        let secret_known = match keeping {
            SecretKeeping::Keychain => true,
            _ => !accounts.is_locked() && accounts.secrets(&profile.id).await?.is_some(),
        };
        let tail = profile.access_key.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        Ok(AccountView {
            key_tail: profile.access_key[tail..].to_owned(),
            id: profile.id,
            name: profile.name,
            region: profile.region,
            endpoint: profile.endpoint,
            practice: false,
            secret_kept: keeping != SecretKeeping::ThisRunOnly,
            secret_known,
            bucket: profile.bucket,
            prefix: profile.prefix,
        })
    }

    /// Where secrets are kept, and whether they can be read.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn secrets_place(&self) -> Result<SecretsPlace, AppError> {
        let accounts = &self.opened().await?.accounts;
        Ok(match accounts.keeping() {
            SecretKeeping::Keychain => SecretsPlace::Keychain,
            SecretKeeping::ThisRunOnly => SecretsPlace::ThisRun,
            SecretKeeping::EncryptedFile if accounts.is_locked() => SecretsPlace::FileLocked,
            SecretKeeping::EncryptedFile => SecretsPlace::File,
        })
    }

    /// What the window shows before anything else. While secrets are locked away the engine is not started for it:
    /// everything would only stop again for want of them.
    ///
    /// # Errors
    /// If the accounts cannot be read.
    pub async fn status(&self) -> Result<AppStatus, AppError> {
        let opened = self.opened().await?;
        let account = match opened.accounts.current()? {
            Some(id) => Some(self.account_view(&id).await?),
            None => None,
        };
        let secrets = self.secrets_place().await?;
        let started = match secrets {
            SecretsPlace::FileLocked => Ok(()),
            _ => self.engine().await.map(drop),
        };
        let notice = match started {
            Ok(()) => self.running.get().and_then(|running| running.set_aside.clone()).or(opened.set_aside.clone()),
            Err(error) => Some(error),
        };
        Ok(AppStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: std::env::consts::OS.to_owned(),
            account,
            secrets,
            notice,
        })
    }
}

fn open_ledger(folder: &DataFolder, now_ms: i64) -> Result<(DataFolderLock, SqliteLedger, Option<AppError>), AppError> {
    let lock = DataFolderLock::take(folder.path(), "tern").map_err(AppError::internal)?;
    let lock = lock.map_err(|busy| AppError::new(OwnCode::DataFolderBusy).with("holder", busy.holder))?;
    let (ledger, aside) = SqliteLedger::open(&folder.ledger(), now_ms).map_err(engine::EngineError::from)?;
    Ok((lock, ledger, aside.map(|aside| set_aside(&aside.path))))
}

fn set_aside(path: &std::path::Path) -> AppError {
    AppError::new(OwnCode::LedgerSetAside).with("path", path.display())
}

/// Bounds as the engine takes them.
fn queue_limits(settings: &Settings) -> QueueLimits {
    let active_max = settings.transfers_max as usize;
    // Whoever wants few at a time wants few small ones, too.
    let small_max = (active_max * 8).min(QueueLimits::default().small_max);
    QueueLimits { active_max, small_max, ..QueueLimits::default() }
}
