//! Watches transfers until each of them rests; a signal pauses them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::time::Duration;

use engine::{Engine, Event, EventKind, State, Stats, TransferId, TransferView};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use crate::args::RunOptions;
use crate::exit::{Ending, Failure};
use crate::json_lines::EventsMissed;
use crate::output;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::words;

/// How often the bar moves.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// What transfers came to.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Each at rest, in the order of their ids.
    pub(crate) views: Vec<TransferView>,
    /// What they had done before this command.
    pub(crate) before: BTreeMap<TransferId, Stats>,
}

/// Transfers under watch.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    engine: &'a Engine,
    options: RunOptions,
    progress: Progress,
    views: BTreeMap<TransferId, TransferView>,
    before: BTreeMap<TransferId, Stats>,
    open: BTreeSet<TransferId>,
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
        let open: BTreeSet<TransferId> = ids.iter().copied().collect();
        let progress = Progress::new(shown);
        let mut before = BTreeMap::new();
        for id in earlier {
            let view = engine.view(*id).map_err(|error| words::engine_failure(&error))?;
            before.extend(view.map(|view| (*id, view.stats)));
        }
        Ok(Self { engine, options, progress, views: BTreeMap::new(), before, open })
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
    ) -> Result<Watched, Failure> {
        let mut ticks = tokio::time::interval(SHOW_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut pausing = false;
        self.look_at_all()?;
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
                event = events.recv() => match event {
                    Ok(event) => self.heard(&event)?,
                    Err(RecvError::Lagged(count)) => self.missed(count)?,
                    Err(RecvError::Closed) => {
                        return Err(words::engine_failure(&engine::EngineError::Stopped));
                    }
                },
                _ = ticks.tick() => {
                    self.look_at_all()?;
                    self.progress.show(self.views.values());
                }
            }
        }
        // What was told before the last one came to rest is still in the channel.
        while let Ok(event) = events.try_recv() {
            self.heard(&event)?;
        }
        self.progress.close();
        Ok(Watched { views: self.views.into_values().collect(), before: self.before })
    }

    fn heard(&mut self, event: &Event) -> Result<(), Failure> {
        if self.options.json {
            output::json(event);
        }
        match &event.kind {
            EventKind::StateChanged { .. } => self.look_at(event.transfer),
            EventKind::Restarted { error } if !self.options.json => {
                self.progress.start_over();
                self.progress.say(&format!("{}: starting over. {}", event.to, words::sentence(error)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn missed(&mut self, count: u64) -> Result<(), Failure> {
        if self.options.json {
            output::json(&EventsMissed { count });
        }
        self.look_at_all()
    }

    fn look_at_all(&mut self) -> Result<(), Failure> {
        let open: Vec<TransferId> = self.open.iter().copied().collect();
        open.into_iter().try_for_each(|id| self.look_at(id))
    }

    fn look_at(&mut self, id: TransferId) -> Result<(), Failure> {
        if !self.open.contains(&id) {
            return Ok(());
        }
        let view = self.engine.view(id).map_err(|error| words::engine_failure(&error))?;
        let Some(view) = view else {
            return Err(words::engine_failure(&engine::EngineError::NoSuchTransfer(id)));
        };
        if view.state.is_resting() {
            self.open.remove(&id);
        }
        self.views.insert(id, view);
        Ok(())
    }
}

/// How a command ends whose transfers came to rest like this. A pause is told before a failure: there is more to do.
pub(crate) fn ending(views: &[TransferView]) -> Ending {
    if views.iter().any(|view| view.state == State::Paused) {
        Ending::Paused
    } else if views.iter().any(|view| view.state != State::Done) {
        Ending::Failed
    } else {
        Ending::Done
    }
}
