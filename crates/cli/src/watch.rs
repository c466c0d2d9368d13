//! Watches transfers until each of them rests; a signal pauses them.
//!
//! Each is told as soon as it rests and then only counted, so that ten thousand files take no more memory than ten.
//! What works is read from the engine's memory; the ledger is asked for a transfer once, when it has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::time::Duration;

use engine::{Engine, Event, EventKind, Phase, Route, Stats, TransferId, TransferView};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::MissedTickBehavior;

use crate::args::RunOptions;
use crate::exit::{Ending, Failure};
use crate::json_lines::EventsMissed;
use crate::progress::Progress;
use crate::report::Report;
use crate::signals::Signals;
use crate::{output, words};

/// How often the bar moves.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// Transfers under watch.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    engine: &'a Engine,
    options: RunOptions,
    progress: Progress,
    report: Report,
    open: BTreeSet<TransferId>,
    /// Of those that are open: what is known of them, which of one that has not worked yet is nothing.
    views: BTreeMap<TransferId, TransferView>,
    /// What they had done before this command.
    before: BTreeMap<TransferId, Stats>,
}

impl<'a> Watch<'a> {
    /// Prepares to watch `ids`. Those of `earlier`, which do not move yet, have a past.
    pub(crate) fn new(
        engine: &'a Engine,
        ids: &[TransferId],
        earlier: &[TransferId],
        options: RunOptions,
    ) -> Result<Self, Failure> {
        let shown = !options.json && !options.no_progress && std::io::stderr().is_terminal();
        let mut views = BTreeMap::new();
        for id in earlier {
            let view = engine.view(*id).map_err(|error| words::engine_failure(&error))?;
            views.extend(view.map(|view| (*id, view)));
        }
        let before = views.iter().map(|(id, view)| (*id, view.stats)).collect();
        let open: BTreeSet<TransferId> = ids.iter().copied().collect();
        let (progress, report) = (Progress::new(shown, open.len()), Report::new(options.json));
        Ok(Self { engine, options, progress, report, open, views, before })
    }

    /// Returns when all of them rest. `events` and `signals` are listened to since before they began, so that nothing
    /// is missed.
    ///
    /// The first signal pauses what is not done yet; a second one ends the program at once, which loses nothing
    /// either: the wish to pause is recorded, and what was moved is known.
    pub(crate) async fn until_rest(
        mut self,
        mut events: Receiver<Event>,
        signals: &mut Signals,
    ) -> Result<Report, Failure> {
        let mut ticks = tokio::time::interval(SHOW_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut pausing = false;
        // One of an earlier command may have been at rest before it could be told; new ones are told of all along.
        let mut to_look_at: BTreeSet<TransferId> = self.views.keys().copied().collect();
        self.look_at(&mut to_look_at)?;
        while !self.open.is_empty() {
            tokio::select! {
                biased;
                () = signals.next() => {
                    if pausing {
                        self.progress.close();
                        std::process::exit(Ending::Paused.code().into());
                    }
                    pausing = true;
                    self.progress.say("Pausing… (once more to leave at once)");
                    let open: Vec<TransferId> = self.open.iter().copied().collect();
                    self.engine.pause(&open).await.map_err(|error| words::engine_failure(&error))?;
                }
                event = events.recv() => {
                    match event {
                        Ok(event) => self.heard(&event, &mut to_look_at),
                        Err(RecvError::Lagged(count)) => self.missed(count, &mut to_look_at),
                        Err(RecvError::Closed) => {
                            return Err(words::engine_failure(&engine::EngineError::Stopped));
                        }
                    }
                    // Many small files come to rest in waves, and one look at the ledger serves a whole wave.
                    self.hear_all(&mut events, &mut to_look_at);
                    self.look_at(&mut to_look_at)?;
                }
                () = self.engine.stopped() => return Err(words::engine_failure(&engine::EngineError::Stopped)),
                _ = ticks.tick() => self.show(),
            }
        }
        // What was told before the last one came to rest is still in the channel.
        self.hear_all(&mut events, &mut to_look_at);
        self.progress.close();
        Ok(self.report)
    }

    /// Takes what is in the channel already. That some were missed is told only once, and must not be overheard.
    fn hear_all(&mut self, events: &mut Receiver<Event>, to_look_at: &mut BTreeSet<TransferId>) {
        loop {
            match events.try_recv() {
                Ok(event) => self.heard(&event, to_look_at),
                Err(TryRecvError::Lagged(count)) => self.missed(count, to_look_at),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// Takes an event, and notes whose transfer may have come to rest by it.
    fn heard(&mut self, event: &Event, to_look_at: &mut BTreeSet<TransferId>) {
        if self.options.json {
            output::json(event);
        }
        match &event.kind {
            EventKind::StateChanged { phase, .. } if may_rest(*phase) && self.open.contains(&event.transfer) => {
                to_look_at.insert(event.transfer);
            }
            EventKind::RouteChosen { route: Route::Relay } if !self.options.json => {
                self.progress.say(&format!("{}: goes through this computer.", event.to));
            }
            EventKind::Restarted { error } if !self.options.json => {
                self.progress.start_over();
                self.progress.say(&format!("{}: starting over. {}", event.to, words::sentence(error)));
            }
            _ => {}
        }
    }

    fn missed(&mut self, count: u64, to_look_at: &mut BTreeSet<TransferId>) {
        if self.options.json {
            output::json(&EventsMissed { count });
        }
        to_look_at.clone_from(&self.open);
    }

    fn show(&mut self) {
        for view in self.engine.working() {
            if self.open.contains(&view.id) {
                self.views.insert(view.id, view);
            }
        }
        self.progress.show(self.views.values());
    }

    /// Tells and counts those of `ids` that rest; none of them needs another look afterwards.
    fn look_at(&mut self, ids: &mut BTreeSet<TransferId>) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let asked: Vec<TransferId> = std::mem::take(ids).into_iter().filter(|id| self.open.contains(id)).collect();
        let views = self.engine.views(&asked).map_err(|error| words::engine_failure(&error))?;
        if views.len() < asked.len() {
            let found: BTreeSet<TransferId> = views.iter().map(|view| view.id).collect();
            if let Some(id) = asked.into_iter().find(|id| !found.contains(id)) {
                return Err(words::engine_failure(&engine::EngineError::NoSuchTransfer(id)));
            }
        }
        let mut told = Vec::new();
        for view in views.into_iter().filter(|view| view.state.is_resting()) {
            self.open.remove(&view.id);
            self.views.remove(&view.id);
            self.progress.over(&view);
            let before = self.before.remove(&view.id).unwrap_or_default();
            told.push((view, before));
        }
        if !told.is_empty() {
            // The bar is taken away and drawn again once for all of them.
            let (progress, report) = (&self.progress, &mut self.report);
            progress.aside(|| told.iter().for_each(|(view, before)| report.take(view, before)));
        }
        Ok(())
    }
}

/// Whether a transfer in this phase may have come to rest.
fn may_rest(phase: Phase) -> bool {
    match phase {
        Phase::Paused | Phase::Failed | Phase::DoneVerified | Phase::DoneUnverified | Phase::Cancelled => true,
        Phase::Scanning
        | Phase::Waiting
        | Phase::Transferring
        | Phase::Verifying
        | Phase::NoNetwork
        | Phase::Retrying
        | Phase::Cancelling => false,
    }
}
