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
//! | Discarding | to start over → Waiting; to cancel → Cancelled |
//! | any working | retries used up → Failed; intent Pause and no job left → Paused; intent Cancel → Discarding |
//! | Paused, Failed | intent Run → Waiting; intent Cancel → Discarding |
//!
//! What that costs: a reader has to hold a table in mind. `outcome.rs` has the second column, `settle.rs` the first.
//!
//! The queue holds only what works and a window of what is next. The driver loads rows from the ledger as
//! [`Input::Load`] and forgets those named in [`Step::unload`].

mod outcome;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use store::{PartNumber, PutReceipt};

use crate::checkpoint::{Checkpoint, PartRecord};
use crate::error::TransferError;
use crate::event::{Event, EventKind, PartDetails};
use crate::fact::Fact;
use crate::retry::{RetryPolicy, Streak};
use crate::transfer::{Intent, Kind, State, TransferId, TransferSpec};
use crate::view::{PartState, Phase, Stats, Transferred};

/// Number of a job, unique in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// One attempt at one verb, with all that it needs by value.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// For which transfer.
    pub transfer: TransferId,
    /// What is to be done.
    pub spec: Arc<TransferSpec>,
    /// Which verb.
    pub verb: Verb,
}

/// The five verbs.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Look at source and target; make the plan, or see whether the old one still holds.
    Probe {
        /// The plan of an earlier run.
        known: Option<Arc<Checkpoint>>,
    },
    /// Open the session; or, where one is known, see which of the recorded parts it really holds.
    Begin {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// Parts that the ledger has.
        recorded: Vec<PartRecord>,
    },
    /// Move one part; of a plan with a single part and no session, the whole object.
    MovePart {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// Which part.
        number: PartNumber,
    },
    /// Publish and verify.
    Commit {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
        /// All parts, ascending.
        parts: Vec<PartRecord>,
        /// What a single request answered, if it was made in this run.
        published: Option<PutReceipt>,
    },
    /// Abort the upload or delete the temp file.
    Discard {
        /// The plan.
        checkpoint: Arc<Checkpoint>,
    },
}

/// What a job found or did.
#[derive(Clone, Debug)]
pub enum Report {
    /// The plan for a transfer that has none, or whose plan still holds.
    Planned(Box<Checkpoint>),
    /// The source is not what it was when the known plan was made.
    SourceChanged,
    /// Nothing has to be moved.
    NothingToDo(Box<Transferred>, Box<Checkpoint>),
    /// The session is open and holds these parts.
    Begun {
        /// The plan with its session.
        checkpoint: Box<Checkpoint>,
        /// Parts that are there, in any order.
        held: Vec<PartRecord>,
    },
    /// The known session is not there any more.
    SessionGone,
    /// The part is at the sink; for a single request, the object is written.
    Moved(PartRecord, Option<PutReceipt>),
    /// Published and compared.
    Committed(Box<Transferred>),
    /// Nothing is left of the session.
    Discarded,
    /// The job was stopped as asked.
    Stopped,
}

/// What can happen to the queue.
#[derive(Debug)]
pub enum Input {
    /// New transfers; they are recorded.
    Add(Vec<Loaded>),
    /// Transfers that the ledger already has.
    Load(Vec<Loaded>),
    /// The user wants something else of a transfer that is in the queue.
    Want(TransferId, Intent),
    /// A job has ended.
    Ended(JobId, Result<Report, TransferError>),
    /// Time has passed.
    Wake,
    /// Everything stops, and nothing more is started.
    Shutdown,
}

/// A transfer on its way into the queue.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its id.
    pub id: TransferId,
    /// Its place.
    pub order: i64,
    /// What to do.
    pub spec: TransferSpec,
    /// What is wanted.
    pub intent: Intent,
    /// Where it came to rest, or `Waiting`.
    pub state: State,
    /// Its plan, if it has one.
    pub checkpoint: Option<Checkpoint>,
    /// Parts that are recorded.
    pub parts: Vec<PartRecord>,
    /// What it did in earlier runs.
    pub stats: Stats,
    /// When it was added.
    pub added_ms: i64,
}

/// What is to be done after an input, in this order: stop jobs, record facts, start jobs, tell events, unload.
#[derive(Debug, Default)]
pub struct Step {
    /// Jobs to stop at once.
    pub stop: Vec<JobId>,
    /// Facts to record.
    pub facts: Vec<Fact>,
    /// Jobs to start only when the facts so far of their transfers are durable.
    pub jobs_after_facts: Vec<Job>,
    /// Jobs to start at once.
    pub jobs: Vec<Job>,
    /// Events to tell.
    pub events: Vec<Event>,
    /// Transfers that have left the queue.
    pub unload: Vec<TransferId>,
    /// When to wake the queue if nothing happens before.
    pub wake_at: Option<Duration>,
}

/// Bounds of what runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Transfers that work at a time.
    pub active_max: usize,
    /// Parts that move at a time, over all transfers. One transfer may still use as many as it asks for.
    pub parts_max: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { active_max: 16, parts_max: 64 }
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
        }
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
                        intent: one.intent,
                        added_ms: one.added_ms,
                    })));
                    self.admit(one, &mut step);
                }
            }
            Input::Load(loaded) => loaded.into_iter().for_each(|one| self.admit(one, &mut step)),
            Input::Want(id, intent) => self.want(id, intent, &mut step),
            Input::Ended(job, outcome) => self.ended(job, outcome, now, &mut step),
            Input::Wake => {}
            Input::Shutdown => {
                self.stopping = true;
                for transfer in self.transfers.values() {
                    step.stop.extend(transfer.stoppable());
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
        if transfer.state.is_final() {
            return;
        }
        if transfer.intent == Intent::Cancel && intent != Intent::Cancel {
            return; // what is being removed cannot be brought back
        }
        if transfer.intent != intent {
            transfer.intent = intent;
            step.facts.push(Fact::IntentSet { id, intent });
        }
        match intent {
            Intent::Run => {
                transfer.hold_until = None;
                if matches!(transfer.state, State::Paused | State::Failed) {
                    transfer.set_state(State::Waiting);
                    transfer.error = None;
                    transfer.streak = Streak::default();
                    transfer.restarts = 0;
                    step.facts.push(Fact::StateSet { id, state: State::Waiting, stats: transfer.stats });
                    self.waiting.insert((transfer.order, id));
                    self.awake.remove(&id);
                }
            }
            Intent::Pause | Intent::Cancel => {
                transfer.hold_until = None;
                if intent == Intent::Cancel && transfer.state == State::Failed {
                    transfer.set_state(State::Waiting); // a removal that failed is tried again
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

/// What a running job may do when it is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Running {
    Stoppable,
    Part(PartNumber),
    ToItsEnd,
}

/// What follows a discard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AfterDiscard {
    #[default]
    Cancelled,
    StartOver,
}

/// A transfer in the queue.
#[derive(Debug)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// Its place in the queue.
    pub order: i64,
    /// What to do.
    pub spec: Arc<TransferSpec>,
    /// Its kind.
    pub kind: Kind,
    /// What is wanted.
    pub intent: Intent,
    /// Where it stands.
    pub state: State,
    /// Its plan.
    pub checkpoint: Option<Arc<Checkpoint>>,
    /// Parts at the sink.
    pub parts: BTreeMap<PartNumber, PartRecord>,
    /// Sum of their sizes.
    pub done_bytes: u64,
    /// Why the last attempt failed; gone after a success.
    pub error: Option<TransferError>,
    /// No job is started before this.
    pub hold_until: Option<Duration>,
    /// Parts whose checksum the store confirmed.
    pub parts_confirmed: u64,
    /// What it did.
    pub stats: Stats,
    /// Result, once done.
    pub result: Option<Transferred>,
    /// When it was added.
    pub added_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    todo: BTreeSet<PartNumber>,
    tried_again: BTreeSet<PartNumber>,
    jobs: BTreeMap<JobId, Running>,
    streak: Streak,
    restarts: u32,
    after_discard: AfterDiscard,
    published: Option<PutReceipt>,
    announced: bool,
    working_since: Option<Duration>,
}

impl Transfer {
    fn new(loaded: Loaded) -> Option<Self> {
        let kind = loaded.spec.kind()?;
        let done_bytes = loaded.parts.iter().map(|part| part.size_bytes).sum();
        Some(Self {
            id: loaded.id,
            order: loaded.order,
            spec: Arc::new(loaded.spec),
            kind,
            intent: loaded.intent,
            state: if loaded.state.is_resting() { loaded.state } else { State::Waiting },
            checkpoint: loaded.checkpoint.map(Arc::new),
            parts: loaded.parts.into_iter().map(|part| (part.number, part)).collect(),
            done_bytes,
            error: None,
            hold_until: None,
            parts_confirmed: 0,
            stats: loaded.stats,
            result: None,
            added_ms: loaded.added_ms,
            ended_ms: None,
            todo: BTreeSet::new(),
            tried_again: BTreeSet::new(),
            jobs: BTreeMap::new(),
            streak: Streak::default(),
            restarts: 0,
            after_discard: AfterDiscard::default(),
            published: None,
            announced: false,
            working_since: None,
        })
    }

    fn set_state(&mut self, state: State) {
        self.state = state;
    }

    fn moving_count(&self) -> usize {
        self.jobs.values().filter(|running| matches!(running, Running::Part(_))).count()
    }

    fn stoppable(&self) -> Vec<JobId> {
        self.jobs.iter().filter(|(_, running)| **running != Running::ToItsEnd).map(|(id, _)| *id).collect()
    }

    /// Whether the object goes in one request, without a session at the store.
    fn is_single_request(&self) -> bool {
        self.kind != Kind::Download && self.checkpoint.as_ref().is_some_and(|known| known.plan().is_single())
    }

    /// Takes the plan and the parts that are really there, and works out what is missing.
    fn adopt(&mut self, checkpoint: Arc<Checkpoint>, held: impl IntoIterator<Item = PartRecord>) {
        self.parts = held.into_iter().map(|part| (part.number, part)).collect();
        self.done_bytes = self.parts.values().map(|part| part.size_bytes).sum();
        self.parts_confirmed = self.parts.values().filter(|part| part.confirmed).count() as u64;
        self.todo = checkpoint.plan().numbers().filter(|number| !self.parts.contains_key(number)).collect();
        self.checkpoint = Some(checkpoint);
    }

    fn forget_plan(&mut self) {
        self.checkpoint = None;
        self.parts.clear();
        self.done_bytes = 0;
        self.parts_confirmed = 0;
        self.todo.clear();
        self.published = None;
    }

    /// State of each part, in order.
    pub fn part_states(&self, in_flight: &BTreeMap<PartNumber, u64>) -> Vec<PartState> {
        let Some(checkpoint) = &self.checkpoint else { return Vec::new() };
        let plan = checkpoint.plan();
        let moving: BTreeSet<PartNumber> = self
            .jobs
            .values()
            .filter_map(|running| if let Running::Part(number) = running { Some(*number) } else { None })
            .collect();
        plan.numbers()
            .map(|number| {
                if self.parts.contains_key(&number) {
                    if self.tried_again.contains(&number) { PartState::DoneAgain } else { PartState::Done }
                } else if moving.contains(&number) {
                    let size = plan.range(number).len_bytes().max(1);
                    PartState::InFlight(
                        in_flight.get(&number).map_or(0.0, |bytes| *bytes as f32 / size as f32).min(1.0),
                    )
                } else {
                    PartState::Waiting
                }
            })
            .collect()
    }

    fn event(&self, kind: EventKind) -> Event {
        let target = self.checkpoint.as_ref().map_or(&self.spec.target, |checkpoint| &checkpoint.target);
        Event {
            kind,
            transfer: self.id,
            direction: self.kind,
            from: self.spec.source.to_string(),
            to: target.to_string(),
        }
    }

    fn state_event(&self) -> Event {
        let phase = match (self.state, self.intent) {
            (State::Done, _) if self.result.as_ref().is_some_and(|result| result.verified) => Phase::DoneVerified,
            (State::Done, _) => Phase::DoneUnverified,
            (State::Cancelled, _) => Phase::Cancelled,
            (State::Failed, _) => Phase::Failed,
            (_, Intent::Cancel) => Phase::Cancelling,
            (State::Paused, _) | (State::Waiting, Intent::Pause) => Phase::Paused,
            (State::Waiting, _) => Phase::Waiting,
            (State::Probing | State::Beginning, _) => Phase::Scanning,
            (State::Committing, _) => Phase::Verifying,
            (State::Moving | State::Discarding, _) => Phase::Transferring,
        };
        self.event(EventKind::StateChanged { phase, error: self.error.clone(), retry_in_ms: None })
    }

    fn progress(&self) -> (u64, i64) {
        let total =
            self.checkpoint.as_ref().map_or(-1, |known| i64::try_from(known.source.size_bytes()).unwrap_or(i64::MAX));
        (self.done_bytes, total)
    }

    fn part_details(&self, number: PartNumber) -> PartDetails {
        let range = self.checkpoint.as_ref().map(|known| known.range(number));
        let record = self.parts.get(&number);
        PartDetails {
            part_number: number.get(),
            offset_bytes: range.map_or(0, |range| range.start),
            part_size_bytes: range.map_or(0, store::ByteRange::len_bytes),
            etag: record.and_then(|part| part.etag.clone()),
            crc64: record.and_then(|part| part.crc64),
        }
    }
}
