//! The engine as callers see it: a cheap handle to a driver that runs on its own.
//!
//! What is asked of it is here and, for limits, in `limits.rs`; what can be looked at, in `reads.rs`.

mod adoption;
mod change;
mod limits;
mod proof;
mod reads;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use store::ObjectStore;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use self::change::OptionsChange;
use crate::buffer::BufferPool;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::driver::{Command, Driver, DriverState, NewPlace, Reply};
use crate::error::TransferError;
use crate::event::Event;
use crate::job::{Claims, Tools};
use crate::ledger::{Ledger, LedgerError};
use crate::limits::RateLimits;
use crate::live::Live;
use crate::priority::Priority;
use crate::queue::{Queue, QueueLimits};
use crate::rate::RateLimiter;
use crate::recorder::Recorder;
use crate::retry::RetryPolicy;
use crate::rules::Rules;
use crate::transfer::{End, Intent, NewTransfer, PARALLEL_PARTS_MAX, StoreId, TransferId, TransferSpec};
use crate::view::TransferView;

pub use adoption::{Adoption, ComparedPart, Comparison};

/// Events that a slow listener may be behind before it misses some.
const EVENT_BACKLOG: usize = 16_384;

/// Days that transfers that are over stay in the list unless said otherwise.
const HISTORY_DAYS_DEFAULT: u32 = 90;

/// How long what was dismissed can be taken back.
pub const DISMISSAL: Duration = Duration::from_secs(10);
/// Transfers that one question to the driver dismisses, so that other questions are answered in between.
const DISMISSED_AT_A_TIME: usize = 2_000;

/// Where stores come from: gives a durable [`StoreId`] its meaning.
#[async_trait]
pub trait Stores: Send + Sync + fmt::Debug {
    /// The store behind an id. Called for every job, so implementations keep what they have opened.
    ///
    /// # Errors
    /// `account_missing` where the id means nothing here.
    async fn open(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError>;

    /// Lets every open store drop its connections ([`ObjectStore::reconnect`]).
    async fn reconnect(&self) {}
}

/// What may have broken connections without anybody being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The computer has slept, or this process was stopped.
    Woke,
    /// Addresses, routes or links are not what they were.
    NetworkChanged,
}

/// What an engine is made of.
#[derive(Debug)]
pub struct EngineParts {
    /// Opens stores.
    pub stores: Arc<dyn Stores>,
    /// Remembers.
    pub ledger: Arc<dyn Ledger>,
    /// Reads and writes files.
    pub disk: Arc<dyn Disk>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// How an engine behaves.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Whether transfers that the ledger has go on by themselves at the start. A command that runs one transfer says
    /// no; the app says yes.
    pub takes_over: bool,
    /// Bounds of what runs at a time.
    pub limits: QueueLimits,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Speed limits at the start.
    pub rates: RateLimits,
    /// How long transfers that are done or cancelled stay in the list, in days; 0 for ever. Those that failed or are
    /// paused stay until somebody removes them.
    pub history_days: u32,
    /// Feeds the jitter of retries.
    pub seed: u64,
    /// A rule to break, for a simulation that has to notice.
    #[cfg(feature = "testing")]
    pub broken: Option<crate::rules::Rule>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            takes_over: true,
            limits: QueueLimits::default(),
            retry: RetryPolicy::default(),
            rates: RateLimits::default(),
            history_days: HISTORY_DAYS_DEFAULT,
            seed: 0,
            #[cfg(feature = "testing")]
            broken: None,
        }
    }
}

/// Why the engine could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine has been shut down.
    #[error("the engine has stopped")]
    Stopped,
    /// No such transfer.
    #[error("there is no transfer {0}")]
    NoSuchTransfer(TransferId),
    /// Only a transfer that is over can be taken out of the list.
    #[error("transfer {0} is not over; cancel it first")]
    NotOver(TransferId),
    /// A spec that makes no sense.
    #[error("{0}")]
    InvalidSpec(String),
    /// What is asked for has to be said before a transfer begins.
    #[error("transfer {0} has begun; this can be changed only before that")]
    AlreadyBegun(TransferId),
    /// An upload cannot be adopted.
    #[error(transparent)]
    Adoption(#[from] TransferError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger cannot be written.
    #[error("the ledger cannot be written: {0}")]
    LedgerWrite(String),
}

/// A running engine. Clones are handles to the same one; it stops with [`Engine::shutdown`] or with the last handle.
#[derive(Clone, Debug)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
    events: broadcast::Sender<Event>,
    live: Live,
    ledger: Arc<dyn Ledger>,
    tools: Tools,
    moves_bytes: watch::Receiver<bool>,
    rates: Arc<watch::Sender<RateLimits>>,
    recorder: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Engine {
    /// Starts an engine on the present tokio runtime.
    #[expect(clippy::disallowed_methods, reason = "the driver and its recorder are the two tasks of an engine")]
    pub fn start(parts: EngineParts, options: EngineOptions) -> Self {
        let EngineParts { stores, ledger, disk, clock } = parts;
        let (commands, command_receiver) = mpsc::channel(256);
        let (notes, note_receiver) = mpsc::unbounded_channel();
        let (passed_sender, passed) = mpsc::unbounded_channel();
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        let (moving, moves_bytes) = watch::channel(false);
        let live = Live::new(clock.clone());
        let (rates, wanted_rates) = watch::channel(options.rates);
        // The driver puts what applies in force before it starts anything.
        let limits = options.rates.at(clock.wall_ms(), |at_ms| clock.local_offset_s(at_ms));
        live.set_limits(limits);
        let upload_limiter = RateLimiter::new(clock.clone(), limits.upload.limit);
        let download_limiter = RateLimiter::new(clock.clone(), limits.download.limit);
        let rules = Rules {
            #[cfg(feature = "testing")]
            broken: options.broken,
        };
        let recorder = Recorder {
            notes: note_receiver,
            passed: passed_sender,
            ledger: ledger.clone(),
            disk: disk.clone(),
            clock: clock.clone(),
            rules,
        };
        let recorder = tokio::spawn(recorder.run());
        let tools = Tools {
            stores,
            disk,
            clock,
            pool: BufferPool::default(),
            upload_limiter,
            download_limiter,
            claims: Claims::default(),
            rules,
        };
        let driver = Driver {
            queue: Queue::new(options.limits, options.retry, options.seed).with_rules(rules),
            ledger: ledger.clone(),
            tools: tools.clone(),
            live: live.clone(),
            commands: command_receiver,
            notes,
            passed,
            events: events.clone(),
            rates: wanted_rates,
            moving,
            takes_over: options.takes_over,
            history_days: options.history_days,
            state: DriverState::default(),
        };
        tokio::spawn(driver.run());
        let recorder = Arc::new(std::sync::Mutex::new(Some(recorder)));
        let rates = Arc::new(rates);
        Self { commands, events, live, ledger, tools, moves_bytes, rates, recorder }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }

    /// Adds transfers to the end of the queue and returns their ids, in order, once they are durable.
    ///
    /// # Errors
    /// `InvalidSpec` for file to file, a relative path, a name that cannot be used or parallelism out of range;
    /// nothing is added then.
    pub async fn add<T: Into<NewTransfer>>(&self, new: Vec<T>) -> Result<Vec<TransferId>, EngineError> {
        let new: Vec<NewTransfer> = new.into_iter().map(Into::into).collect();
        new.iter().try_for_each(|one| check(&one.spec))?;
        self.ask(|reply| Command::Add(new, reply)).await
    }

    /// Stops transfers and keeps everything. Parts in flight stop within 200 ms. What is dismissed can only be taken back,
    /// and is then what it was.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn pause(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::Want(ids.to_vec(), Intent::Pause, reply)).await
    }

    /// Lets paused transfers go on, failed ones try again, and waiting ones not wait for their next attempt.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn resume(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::Want(ids.to_vec(), Intent::Run, reply)).await
    }

    /// Lets transfers begin that wait for a place, whether one is free or not; paused and failed ones go on as with
    /// [`Engine::resume`]. What may not move now waits on, and after a crash they are in line again, where they were.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn start_now(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::StartNow(ids.to_vec(), reply)).await
    }

    /// Stops transfers, then removes their uploads, temp files and checkpoints. Returns when the wish is durable.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn cancel(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::Want(ids.to_vec(), Intent::Cancel, reply)).await
    }

    /// Gives transfers up, or clears away what is over: they leave every list at once and stop, and can be taken back for
    /// [`DISMISSAL`], also after a crash. Then what was sent of them is removed. Answers with the moment (milliseconds
    /// since 1970) at which that begins, which names this wish. Those that are being cancelled already, or that nobody
    /// knows, are passed over.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub async fn dismiss(&self, ids: &[TransferId]) -> Result<i64, EngineError> {
        let mut until_ms = None;
        for some in ids.chunks(DISMISSED_AT_A_TIME) {
            until_ms = Some(self.ask(|reply| Command::Dismiss(some.to_vec(), until_ms, reply)).await?);
        }
        match until_ms {
            Some(until_ms) => Ok(until_ms),
            None => self.ask(|reply| Command::Dismiss(Vec::new(), None, reply)).await,
        }
    }

    /// Takes back what [`Engine::dismiss`] has answered with: its transfers are what they were. Whether there was still
    /// time for it.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub async fn recall(&self, until_ms: i64) -> Result<bool, EngineError> {
        self.ask(|reply| Command::Recall(until_ms, reply)).await
    }

    /// Changes how a transfer is done. The number of parallel parts applies to parts that begin from now on; the size of
    /// a part and the conflict rule only to what has not begun.
    ///
    /// # Errors
    /// `AlreadyBegun` if it is too late for the change, `InvalidSpec` for a value out of its range; nothing is changed
    /// then.
    pub async fn set_options(&self, id: TransferId, change: OptionsChange) -> Result<(), EngineError> {
        self.ask(|reply| Command::SetOptions(id, change, reply)).await
    }

    /// Pauses everything that is not over.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn pause_all(&self) -> Result<(), EngineError> {
        self.ask(|reply| Command::WantAll(Intent::Pause, reply)).await
    }

    /// Lets everything that is paused go on.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn resume_all(&self) -> Result<(), EngineError> {
        self.ask(|reply| Command::WantAll(Intent::Run, reply)).await
    }

    /// Gives transfers, in this order, another place in the queue. What works already is not interrupted; those that
    /// are over stay where they are.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be read or written.
    pub async fn reorder(&self, ids: &[TransferId], to: NewPlace) -> Result<(), EngineError> {
        self.ask(|reply| Command::Reorder(ids.to_vec(), to, reply)).await
    }

    /// How many transfers wait for credentials of this store: they had expired, or were not known. May block.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn held_for_credentials(&self, store: &StoreId) -> Result<usize, EngineError> {
        Ok(self.ledger.records().held(store)?.len())
    }

    /// How many transfers that are not over have an end at this store, at most `limit`. May block.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn needing(&self, store: &StoreId, limit: u64) -> Result<u64, EngineError> {
        Ok(self.ledger.records().needing(store, limit)?)
    }

    /// Goes on with the transfers that stopped because the credentials of this store had expired or were not known, and
    /// returns them. Call it once [`Stores::open`] answers with a store that has new ones.
    ///
    /// # Errors
    /// If the ledger cannot be read or written.
    pub async fn credentials_renewed(&self, store: &StoreId) -> Result<Vec<TransferId>, EngineError> {
        self.ask(|reply| Command::Renewed(store.clone(), reply)).await
    }

    /// After a sleep or a change of network: drops all connections and issues what was under way again, at once. Waits
    /// that the network alone was the cause of are over; those that a store has asked for are kept.
    ///
    /// # Errors
    /// If the engine has stopped.
    pub async fn interrupted(&self, by: Interruption) -> Result<(), EngineError> {
        tracing::info!(?by, "connections are dropped");
        self.tools.stores.reconnect().await;
        self.ask(|reply| Command::Interrupted(by, reply)).await
    }

    /// Whether parts are on their way just now, which is when the computer should not fall asleep. The receiver is told
    /// of each change.
    pub fn moves_bytes(&self) -> watch::Receiver<bool> {
        self.moves_bytes.clone()
    }

    /// Takes transfers that are over out of the list.
    ///
    /// # Errors
    /// `NotOver` if one is not; nothing is removed then.
    pub async fn remove(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::Remove(ids.to_vec(), reply)).await
    }

    /// Changes how long transfers that are done or cancelled stay in the list, in days; 0 for ever. Those that have
    /// stayed longer go at once.
    ///
    /// # Errors
    /// If the engine has stopped.
    pub async fn set_history_days(&self, days: u32) -> Result<(), EngineError> {
        self.ask(|reply| Command::HistoryDays(days, reply)).await
    }

    /// Gives transfers, in this order, the last place of a priority: those of a higher one begin earlier and get free
    /// parts first. What works already is not interrupted.
    ///
    /// # Errors
    /// As [`Engine::reorder`].
    pub async fn set_priority(&self, ids: &[TransferId], priority: Priority) -> Result<(), EngineError> {
        self.reorder(ids, NewPlace::LastOf(priority)).await
    }

    /// Events from now on. A listener that falls far behind misses some and is told so by the channel.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Grows with every change of any transfer.
    pub fn revision(&self) -> u64 {
        self.live.revision()
    }

    /// Bytes a second of all uploads and all downloads.
    pub fn speeds(&self) -> (f64, f64) {
        let speeds = self.live.speeds();
        (speeds.upload, speeds.download)
    }

    /// Waits until a transfer rests (done, failed, paused or cancelled) and returns it.
    ///
    /// # Errors
    /// If it does not exist, or the engine stops first.
    ///
    /// # Cancellation
    /// Dropping the future only stops the waiting.
    pub async fn wait(&self, id: TransferId) -> Result<TransferView, EngineError> {
        let mut events = self.events();
        loop {
            let view = self.view(id)?.ok_or(EngineError::NoSuchTransfer(id))?;
            if view.state.is_resting() {
                return Ok(view);
            }
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    () = self.commands.closed() => return Err(EngineError::Stopped),
                };
                match event {
                    Ok(event) if event.transfer != id => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                    Err(broadcast::error::RecvError::Closed) => return Err(EngineError::Stopped),
                }
            }
        }
    }

    /// Returns when the engine has stopped: after [`Engine::shutdown`], or by a fault of its own, after which every call
    /// answers [`EngineError::Stopped`] and what the ledger has goes on at the next start.
    ///
    /// # Cancellation
    /// Dropping the future only stops the waiting.
    pub async fn stopped(&self) {
        self.commands.closed().await;
    }

    /// Stops everything, writes what is known and returns. What ran goes on at the next start.
    pub async fn shutdown(&self) {
        // An engine that has stopped already is what was asked for.
        let _ = self.ask(Command::Shutdown).await;
        let recorder = self.recorder.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(recorder) = recorder {
            // It ends once it has written everything; a panic in it has been logged by the runtime.
            let _ = recorder.await;
        }
    }
}

fn check(spec: &TransferSpec) -> Result<(), EngineError> {
    let refuse = |reason: &str| Err(EngineError::InvalidSpec(reason.to_owned()));
    if spec.kind().is_none() {
        return refuse("both ends are local files; one must be tos://bucket/key");
    }
    if !(1..=PARALLEL_PARTS_MAX).contains(&spec.options.parallel_parts) {
        return refuse("parallel parts must be between 1 and 1000");
    }
    for end in [&spec.source, &spec.target] {
        match end {
            End::File { path } if !path.is_absolute() => return refuse("a local path must be absolute"),
            // The ledger is text; a name that is none could not be found again.
            End::File { path } if path.to_str().is_none() => return refuse("a local path must be valid Unicode"),
            End::File { .. } => {}
            End::Object { object, .. } => {
                let names = store::check_bucket_name(&object.bucket).and_then(|()| store::check_key(&object.key));
                if let Err(error) = names {
                    return refuse(&format!("{object}: {error}"));
                }
            }
        }
    }
    Ok(())
}
