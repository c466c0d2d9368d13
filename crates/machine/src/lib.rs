//! What the computer tells its programs, and what they ask of it.
//!
//! Told are sleep, wake, changes of the network, and where the computer is: on its battery, on a network that costs by
//! the byte. Asked is to stay awake. Each system has its own ways to say this, so whatever hears of a change is a
//! [`source::Source`], and all of them meet in one [`Machine`]. None of them has to be there: without a system bus, for
//! example, a wake is still known by the gap that it leaves in the time. What that costs: one look at clock and network
//! every two seconds.
//!
//! It decides nothing about transfers: [`Machine::serve`] passes on to an engine what was heard, and stays awake for it.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed"))]

mod awake;
mod circumstances;
mod files;
mod gap;
mod hearing;
#[cfg(all(test, target_os = "linux"))]
#[path = "../tests/inside.rs"]
mod inside;
#[cfg(target_os = "linux")]
mod logind;
mod network;
mod serve;
mod source;

use std::sync::{Mutex, PoisonError};

use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

pub use crate::awake::Awake;
pub use crate::circumstances::Circumstances;
pub use crate::files::raise_file_limit;
use crate::hearing::Hearing;

/// Changes that a slow listener may be behind before it misses some.
const BACKLOG: usize = 16;

/// Something that happened to the whole computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is about to sleep.
    GoingToSleep,
    /// It has slept, or this program was stopped for long: connections are probably dead.
    Woke,
    /// The network is another one: a link went down or up, an address or a default route came or went.
    NetworkChanged,
}

/// The computer, listened to. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Machine {
    changes: broadcast::Sender<Change>,
    awake_allowed: watch::Sender<bool>,
    awake: watch::Sender<Awake>,
    online: watch::Receiver<bool>,
    circumstances: watch::Receiver<Circumstances>,
    tasks: Mutex<JoinSet<()>>,
}

/// How it stands with the computer.
#[derive(Clone, Debug)]
pub struct Condition {
    awake: watch::Receiver<Awake>,
    online: watch::Receiver<bool>,
    circumstances: watch::Receiver<Circumstances>,
}

impl Condition {
    /// Whether it is kept awake.
    pub fn awake(&self) -> Awake {
        *self.awake.borrow()
    }

    /// Whether it has an address under which another computer could be reached. That says nothing about any server.
    pub fn is_online(&self) -> bool {
        *self.online.borrow()
    }

    /// Where it is.
    pub fn circumstances(&self) -> Circumstances {
        *self.circumstances.borrow()
    }

    /// Waits until it is somewhere else; false if nothing more will be heard, because the machine is gone.
    ///
    /// # Cancellation
    /// Can be dropped at any time; no change is missed.
    pub async fn moved(&mut self) -> bool {
        self.circumstances.changed().await.is_ok()
    }
}

impl Machine {
    /// Begins to listen, on the present tokio runtime, to everything that this system has.
    pub fn listen() -> Self {
        Self::listen_at(Circumstances::default())
    }

    fn listen_at(place: Circumstances) -> Self {
        let (changes, _) = broadcast::channel(BACKLOG);
        let (tell, mut told) = mpsc::channel(BACKLOG);
        // Until the first look at it, nothing speaks against the network.
        let (online_now, online) = watch::channel(true);
        let mut tasks = JoinSet::new();
        for source in source::all(online_now) {
            tasks.spawn(source.listen(tell.clone()));
        }
        let (circumstances_now, circumstances) = watch::channel(place);
        tasks.spawn(circumstances::follow(circumstances_now));
        let heard = changes.clone();
        tasks.spawn(async move {
            let mut hearing = Hearing::default();
            while let Some(change) = told.recv().await {
                if hearing.is_news(change, tokio::time::Instant::now()) {
                    tracing::info!(?change, "the computer says");
                    let _ = heard.send(change); // nobody has to listen
                }
            }
        });
        let (awake_allowed, awake) = (watch::Sender::new(true), watch::Sender::new(Awake::Idle));
        Self { changes, awake_allowed, awake, online, circumstances, tasks: Mutex::new(tasks) }
    }

    /// How it stands with network and sleep, now and later.
    pub fn condition(&self) -> Condition {
        Condition {
            awake: self.awake.subscribe(),
            online: self.online.clone(),
            circumstances: self.circumstances.clone(),
        }
    }

    /// Changes from here on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Does this at every change from here on, one after the other.
    ///
    /// # Cancellation
    /// What is being done when the machine is dropped ends at its next await.
    pub fn on_change<F: Future<Output = ()> + Send>(&self, mut act: impl FnMut(Change) -> F + Send + 'static) {
        let mut changes = self.changes();
        self.spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(change) => act(change).await,
                    // What was missed is older than what comes now, and asks for nothing else.
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    /// Keeps the computer from falling asleep while `wanted` is true, and until its sender or the machine is gone.
    ///
    /// It is let go a second after it is no longer wanted, so that the gaps between many small files ask for nothing.
    /// Where a computer cannot be asked, that is logged once.
    pub fn keep_awake_while(&self, wanted: watch::Receiver<bool>) {
        self.spawn(awake::follow(wanted, self.awake_allowed.subscribe(), self.awake.clone()));
    }

    /// Whether the computer may be kept awake at all: the user's word, until this is dropped.
    pub fn allow_awake(&self, is_allowed: bool) {
        self.awake_allowed.send_replace(is_allowed);
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }
}
