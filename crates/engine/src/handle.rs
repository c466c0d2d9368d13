//! The engine as callers see it: a cheap handle to a driver that runs on its own.
//!
//! What is asked of it is here; what can be looked at, in `reads.rs`.

mod reads;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use store::ObjectStore;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::buffer::BufferPool;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::driver::{Command, Driver, DriverState, NewPlace, Reply};
use crate::error::TransferError;
use crate::event::Event;
use crate::job::{self, Claims, ForeignUpload, Tools};
use crate::ledger::{Ledger, LedgerError, Owner};
use crate::live::Live;
use crate::queue::{Queue, QueueLimits};
use crate::rate::{RateLimiter, RateLimits};
use crate::recorder::Recorder;
use crate::retry::RetryPolicy;
use crate::rules::Rules;
use crate::transfer::{End, Intent, Kind, PARALLEL_PARTS_MAX, StoreId, TransferId, TransferSpec};
use crate::view::TransferView;

/// Events that a slow listener may be behind before it misses some.
const EVENT_BACKLOG: usize = 16_384;

/// Days that transfers that are over stay in the list unless said otherwise.
const HISTORY_DAYS_DEFAULT: u32 = 90;

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

/// What came of adopting an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The transfer.
    pub id: TransferId,
    /// Size of the file.
    pub size_bytes: u64,
    /// Parts that the upload had.
    pub parts_listed: usize,
    /// Those of them that are parts of the file, and need not be sent again.
    pub parts_held: usize,
    /// Their bytes.
    pub held_bytes: u64,
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
        let live = Live::default();
        let upload_limiter = RateLimiter::new(clock.clone(), options.rates.upload);
        let download_limiter = RateLimiter::new(clock.clone(), options.rates.download);
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
            moving,
            takes_over: options.takes_over,
            history_days: options.history_days,
            state: DriverState::default(),
        };
        tokio::spawn(driver.run());
        let recorder = Arc::new(std::sync::Mutex::new(Some(recorder)));
        Self { commands, events, live, ledger, tools, moves_bytes, recorder }
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
    pub async fn add(&self, specs: Vec<TransferSpec>) -> Result<Vec<TransferId>, EngineError> {
        specs.iter().try_for_each(check)?;
        self.ask(|reply| Command::Add(specs, reply)).await
    }

    /// Stops transfers and keeps everything. Parts in flight stop within 200 ms.
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

    /// Stops transfers, then removes their uploads, temp files and checkpoints. Returns when the wish is durable.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn cancel(&self, ids: &[TransferId]) -> Result<(), EngineError> {
        self.ask(|reply| Command::Want(ids.to_vec(), Intent::Cancel, reply)).await
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

    /// Goes on with an upload that another tool, or another computer, has begun: compares what it holds with the file of
    /// `spec`, and adds a transfer that sends the rest. From then on it is like any other; cancelling it aborts the
    /// upload. Reads the ranges of the file that are there already.
    ///
    /// # Errors
    /// `Adoption` if the upload is gone, is not of this file, or its target must not be replaced; nothing is changed
    /// then. `InvalidSpec` as [`Engine::add`], for what is no upload, and if one of our transfers goes on with it.
    ///
    /// # Cancellation
    /// Until the comparison has ended nothing is changed; afterwards the transfer may be there.
    pub async fn adopt(&self, spec: TransferSpec, foreign: ForeignUpload) -> Result<Adoption, EngineError> {
        check(&spec)?;
        if spec.kind() != Some(Kind::Upload) {
            return Err(EngineError::InvalidSpec("only the upload of a file can be adopted".to_owned()));
        }
        if let Some(Some(Owner::Needs(id))) = self.owners(std::slice::from_ref(&foreign.upload_id))?.pop() {
            return Err(EngineError::InvalidSpec(format!("transfer {id} goes on with this upload; resume that one")));
        }
        let found = job::examine(spec.clone(), foreign, self.tools.clone()).await?;
        let (parts_listed, parts_held) = (found.listed, found.held.len());
        let held_bytes = found.held.iter().map(|part| part.size_bytes).sum();
        let size_bytes = found.checkpoint.source.size_bytes();
        let id = self.ask(|reply| Command::Adopt(Box::new(spec), Box::new(found), reply)).await?;
        Ok(Adoption { id, size_bytes, parts_listed, parts_held, held_bytes })
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

    /// Changes the speed limits; acts within 100 ms, also on parts in flight.
    pub fn set_rates(&self, rates: RateLimits) {
        self.tools.upload_limiter.set_rate(rates.upload);
        self.tools.download_limiter.set_rate(rates.download);
    }

    /// The speed limits in force.
    pub fn rates(&self) -> RateLimits {
        RateLimits { upload: self.tools.upload_limiter.rate(), download: self.tools.download_limiter.rate() }
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
