//! The queue: every decision about every transfer, and nothing else.
//!
//! `handle(input, now)` changes the state and answers with a [`Step`]: facts to record, jobs to start or stop, events
//! to tell. It never sleeps, reads a clock, touches a disk or spawns. After each input it *settles*: whatever can be
//! started within the limits is started, so that no input needs to think of the others.
//!
//! A user's wish changes the [`Intent`] at once; only outcomes of jobs, and settling, change the [`State`]:
//!
//! | state | leaves it by |
//! |---|---|
//! | Waiting | a free place: → Probing |
//! | Probing | plan made → Beginning (or Moving, for a single request); nothing to do → Done; source changed → Discarding |
//! | Beginning | session open → Moving; session gone → Discarding, or Committing if every part was there |
//! | Moving | last part at the sink → Committing; session or source gone → Discarding |
//! | Committing | checksums equal → Done; parts missing → Beginning; different → Discarding |
//! | Discarding | to start over → Probing; to cancel → Cancelled |
//! | Moving | its direction is stopped → Waiting |
//! | any working | retries used up → Failed; intent Pause and no job left → Paused; intent Cancel → Discarding |
//! | Paused, Failed | intent Run → Waiting; intent Cancel → Discarding |
//! | any, dismissed | no job left → Dismissed; taken back → what it was; its time over → Discarding, or gone |
//!
//! What that costs: a reader has to hold a table in mind. `outcome.rs` has the second column, `settle.rs` the first.
//!
//! The queue holds only what works and a window of what is next. The driver loads rows from the ledger as
//! [`Input::Load`] and forgets those named in [`Step::unload`].

mod dismissed;
mod expired;
mod held_back;
mod outcome;
mod pace;
mod settle;
mod small;
#[cfg(test)]
mod tests;
mod transfer;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use self::expired::Refusals;
use self::pace::{Moving, Paces};
use self::small::SmallRoom;
pub use self::transfer::Transfer;
use self::transfer::{AfterDiscard, Running};
pub use self::words::{Input, Job, JobId, Loaded, Report, Step, Verb};
use crate::error::ErrorCode;
use crate::fact::Fact;
use crate::handle::Interruption;
use crate::limits::Stops;
use crate::retry::{RetryPolicy, Streak};
use crate::rules::Rules;
use crate::transfer::{Intent, State, TransferId, TransferOptions, TransferSpec};

/// Bounds of what runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Transfers that work at a time.
    pub active_max: usize,
    /// The same while all but a few of them are small objects and the line is quick enough for more.
    pub small_max: usize,
    /// Parts that move at a time, over all transfers, small objects not counted. One transfer may still use as many as it
    /// asks for.
    pub parts_max: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { active_max: 16, small_max: 128, parts_max: 64 }
    }
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    transfers: BTreeMap<TransferId, Transfer>,
    /// Those that wait for a place, in queue order.
    waiting: BTreeSet<(i64, TransferId)>,
    /// All others: the only ones that settling has to look at.
    awake: BTreeSet<TransferId>,
    owners: BTreeMap<JobId, TransferId>,
    limits: QueueLimits,
    policy: RetryPolicy,
    random: fastrand::Rng,
    next_job: u64,
    wall_ms: i64,
    stopping: bool,
    paces: Paces,
    small_room: SmallRoom,
    /// Stores whose credentials have expired, with what they said: a pair for a copy between two, one twice for the rest.
    expired: Refusals,
    /// Where nothing may move.
    stops: Stops,
    rules: Rules,
}

impl Queue {
    /// An empty queue. `seed` feeds the jitter of retries.
    pub fn new(limits: QueueLimits, policy: RetryPolicy, seed: u64) -> Self {
        Self {
            transfers: BTreeMap::new(),
            waiting: BTreeSet::new(),
            awake: BTreeSet::new(),
            owners: BTreeMap::new(),
            limits,
            policy,
            random: fastrand::Rng::with_seed(seed),
            next_job: 1,
            wall_ms: 0,
            stopping: false,
            paces: Paces::default(),
            small_room: SmallRoom::default(),
            expired: Refusals::new(),
            stops: Stops::default(),
            rules: Rules::default(),
        }
    }

    /// The same queue under other rules, for a simulation.
    pub(crate) fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Takes an input at `now` (monotonic) and `wall_ms` (milliseconds since 1970), and says what is to be done.
    pub fn handle(&mut self, input: Input, now: Duration, wall_ms: i64) -> Step {
        self.wall_ms = wall_ms;
        let mut step = Step::default();
        match input {
            Input::Add(loaded) => {
                for one in loaded {
                    step.facts.push(Fact::Added(Box::new(crate::fact::Added {
                        id: one.id,
                        order: one.order,
                        spec: one.spec.clone(),
                        expected_bytes: one.expected_bytes,
                        intent: one.intent,
                        added_ms: one.added_ms,
                    })));
                    self.admit(one, &mut step);
                }
            }
            Input::Load(loaded) => loaded.into_iter().for_each(|one| self.admit(one, &mut step)),
            Input::Want(id, intent) => self.want(id, intent, &mut step),
            Input::StartNow(id) => self.start_now(id, now, &mut step),
            Input::Dismiss(ids, until_ms) => {
                ids.into_iter().for_each(|id| self.dismiss(id, until_ms, &mut step));
            }
            Input::Recall(until_ms) => self.recall(until_ms, &mut step),
            Input::DismissalEnds(until_ms) => self.dismissal_ends(until_ms, &mut step),
            Input::SetOptions(id, options) => self.set_options(id, *options, &mut step),
            Input::Reorder(places) => places.into_iter().for_each(|(id, order)| self.reorder(id, order, &mut step)),
            Input::Stop(stops) => self.stop(stops, &mut step),
            Input::OwnLimit(id, limit) => self.set_own_limit(id, limit, &mut step),
            Input::Ended(job, outcome) => self.ended(job, outcome, now, &mut step),
            Input::Interrupted(by) => self.interrupted(by, &mut step),
            Input::Limits(limits) => self.limits = limits,
            Input::Wake => {}
            Input::Shutdown => {
                self.stopping = true;
                for transfer in self.transfers.values() {
                    step.stop.extend(transfer.stoppable());
                    if transfer.state.is_working() {
                        let state = if transfer.dismissed.is_some() { State::Dismissed } else { State::Waiting };
                        let (id, stats) = (transfer.id, Some(transfer.stats));
                        step.facts.push(Fact::StateSet { id, state, stats });
                    }
                }
            }
        }
        self.settle(now, &mut step);
        step
    }

    /// Whether a transfer is in the queue.
    pub fn holds(&self, id: TransferId) -> bool {
        self.transfers.contains_key(&id)
    }

    /// How many transfers in the queue wait for a place.
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Whether any job runs.
    pub fn is_idle(&self) -> bool {
        self.owners.is_empty()
    }

    /// The transfers in the queue, for snapshots.
    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.values()
    }

    /// One transfer in the queue.
    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    fn admit(&mut self, loaded: Loaded, step: &mut Step) {
        let Some(transfer) = Transfer::new(loaded) else { return };
        if transfer.state == State::Waiting && transfer.intent == Intent::Run {
            self.waiting.insert((transfer.order, transfer.id));
        } else {
            self.awake.insert(transfer.id);
        }
        step.events.push(transfer.state_event());
        self.transfers.insert(transfer.id, transfer);
    }

    fn want(&mut self, id: TransferId, intent: Intent, step: &mut Step) {
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        if transfer.state.is_final() || transfer.dismissed.is_some() {
            return;
        }
        // What is being removed cannot be brought back; going on means to go on removing.
        let intent = if transfer.intent == Intent::Cancel { Intent::Cancel } else { intent };
        if transfer.intent != intent {
            transfer.intent = intent;
            step.facts.push(Fact::IntentSet { id, intent });
        }
        let resting = matches!(transfer.state, State::Paused | State::Failed | State::Dismissed);
        match intent {
            Intent::Run => {
                transfer.hold_until = None;
                if resting {
                    let spec = transfer.spec.clone();
                    let stuck = transfer
                        .error
                        .as_ref()
                        .is_some_and(|error| matches!(error.code, ErrorCode::TargetExists | ErrorCode::Mismatch));
                    transfer.rise(step);
                    if stuck {
                        // The plan itself led there (its target is taken): look anew instead of doing it again.
                        transfer.after_discard = AfterDiscard::StartOver;
                        transfer.set_state(State::Discarding);
                        self.awake.insert(id);
                    } else {
                        self.waiting.insert((transfer.order, id));
                    }
                    self.asks_again(&spec);
                }
            }
            Intent::Pause if resting => {}
            Intent::Pause | Intent::Cancel => {
                transfer.hold_until = None;
                if resting {
                    // From now on it goes on by itself, also after a crash.
                    transfer.rise(step);
                }
                step.stop.extend(transfer.stoppable());
                self.waiting.remove(&(transfer.order, id));
                self.awake.insert(id);
            }
        }
        if let Some(transfer) = self.transfers.get(&id) {
            step.events.push(transfer.state_event());
        }
    }

    fn set_options(&mut self, id: TransferId, options: TransferOptions, step: &mut Step) {
        step.facts.push(Fact::OptionsSet { id, options: Box::new(options.clone()) });
        if let Some(transfer) = self.transfers.get_mut(&id) {
            // Jobs that run have theirs by value; the next ones are started by these.
            transfer.spec = Arc::new(TransferSpec { options, ..transfer.spec.as_ref().clone() });
        }
    }

    fn reorder(&mut self, id: TransferId, order: i64, step: &mut Step) {
        step.facts.push(Fact::Reordered { id, order });
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        if self.waiting.remove(&(transfer.order, id)) {
            self.waiting.insert((order, id));
        }
        transfer.order = order;
    }

    fn set_own_limit(&mut self, id: TransferId, limit: Option<NonZeroU64>, step: &mut Step) {
        let Some(transfer) = self.transfers.get_mut(&id).filter(|transfer| !transfer.state.is_final()) else { return };
        Arc::make_mut(&mut transfer.spec).options.limit_bytes_per_second = limit;
        step.facts.push(Fact::OwnLimitSet { id, limit });
    }

    /// Stops what can be stopped, to be issued again at once. What must run to its end is told by its connection.
    fn interrupted(&mut self, by: Interruption, step: &mut Step) {
        for id in &self.awake {
            let Some(transfer) = self.transfers.get_mut(id) else { continue };
            step.stop.extend(transfer.stoppable());
            if transfer.error.as_ref().is_some_and(|error| error.code == ErrorCode::Network) {
                transfer.hold_until = None;
            }
            // Hours of sleep are no failure. A network that comes and goes all day is one, in the end.
            if by == Interruption::Woke {
                transfer.streak = Streak { any_success: transfer.streak.any_success, ..Streak::default() };
            }
        }
    }

    fn new_job(&mut self, id: TransferId, verb: Verb) -> Option<Job> {
        let transfer = self.transfers.get_mut(&id)?;
        let job = JobId(self.next_job);
        self.next_job += 1;
        self.owners.insert(job, id);
        transfer.jobs.insert(
            job,
            match &verb {
                Verb::Probe { .. } => Running::Stoppable,
                // Re-opening makes nothing that could be lost, so it can be stopped at any time.
                Verb::Begin { checkpoint, .. } if checkpoint.session.is_some() => Running::Stoppable,
                Verb::MovePart { number, .. } => Running::Part(*number),
                Verb::Begin { .. } | Verb::Commit { .. } | Verb::Discard { .. } => Running::ToItsEnd,
            },
        );
        Some(Job { id: job, transfer: id, spec: transfer.spec.clone(), verb })
    }
}
