//! The engine on the user's data folder, with nobody else writing to it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use accounts::DataFolder;
use engine::ledger::{DataFolderLock, Records, SqliteLedger};
use engine::{Engine, EngineOptions, EngineParts, LocalDisk, RateLimits, SystemClock};
use machine::{Circumstances, Machine};

use crate::args::{AccountOptions, TargetOptions};
use crate::exit::Failure;
use crate::stores::CommandStores;
use crate::{account, output, words};

/// What a command that moves something works with.
#[derive(Debug)]
pub(crate) struct Workbench {
    pub(crate) engine: Engine,
    pub(crate) stores: Arc<CommandStores>,
    pub(crate) ledger: Arc<SqliteLedger>,
    /// Tells the engine of sleep and network.
    _machine: Machine,
    /// Dropped last: until then nobody else writes.
    _lock: DataFolderLock,
}

impl Workbench {
    /// Takes the data folder and starts an engine that does nothing by itself.
    pub(crate) fn open(folder: &DataFolder, stores: CommandStores, rates: RateLimits) -> Result<Self, Failure> {
        let lock = DataFolderLock::take(folder.path(), "tern-cli")
            .map_err(|error| {
                let shown = folder.path().display();
                Failure::new(format!("The data folder {shown} cannot be used; name another with --data-dir."))
                    .because(error)
            })?
            .map_err(|busy| words::busy(&busy, folder))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let (ledger, aside) =
            SqliteLedger::open(&folder.ledger(), now_ms).map_err(|error| words::ledger_failure(&error, folder))?;
        if let Some(aside) = aside {
            output::error(&words::ledger_set_aside(&aside.path));
        }
        let ledger = Arc::new(ledger);
        let stores = Arc::new(stores);
        let engine = Engine::start(
            EngineParts {
                stores: stores.clone(),
                ledger: ledger.clone(),
                disk: Arc::new(LocalDisk),
                clock: Arc::new(SystemClock::new()),
            },
            EngineOptions {
                takes_over: false,
                rates,
                // Spreads the retries of many programs; nothing secret hangs on it.
                seed: u64::from(now.subsec_nanos()) ^ u64::from(std::process::id()) << 32,
                ..EngineOptions::default()
            },
        );
        let machine = Machine::serve(&engine, Circumstances::default());
        Ok(Self { engine, stores, ledger, _machine: machine, _lock: lock })
    }

    /// The same for a command that says which account on its own.
    pub(crate) fn open_for(
        options: &AccountOptions,
        target: Option<&TargetOptions>,
        rates: RateLimits,
    ) -> Result<Self, Failure> {
        let folder = account::data_folder(options)?;
        let choice = account::Choice::of(options)?;
        let stores = match target {
            Some(target) => {
                let there = choice.of_target(target)?;
                CommandStores::new(folder.clone(), choice).with_target(there)
            }
            None => CommandStores::new(folder.clone(), choice),
        };
        Self::open(&folder, stores, rates)
    }

    /// What the ledger has.
    pub(crate) fn records(&self) -> &dyn Records {
        self.ledger.as_ref()
    }
}
