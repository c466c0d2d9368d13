//! The driver: the only loop. Receive, let the queue decide, record, run, tell.
//!
//! It never waits for the ledger to *write*: what may only happen once facts are durable (starting a job, answering a
//! caller, telling that a transfer rests) is put behind a numbered barrier, and the recorder says when it has passed.
//! So a pause is obeyed while a large file is being synced. It does read the ledger in its loop, by key and in bounded
//! pages, which takes microseconds.

mod adoption;
mod barrier;
mod dismissals;
mod end;
mod history;
mod limits;
mod order;
mod rest;
mod timeline;
mod window;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

pub use self::order::NewPlace;
use self::order::{Move, STRIDE};
use self::rest::TELL_AGAIN;
use crate::error::{Again, ErrorCode, TransferError};
use crate::event::{Event, EventKind};
use crate::fact::Fact;
use crate::handle::{EngineError, Interruption, OptionsChange};
use crate::job::{self, Attempt, Examined, Tools, Workspace};
use crate::ledger::Ledger;
use crate::limits::{RateLimits, Stops};
use crate::live::{Live, Sampled, Speeds, picture};
use crate::queue::{Input, Job, JobId, Loaded, Queue, QueueLimits, Report, Step, Transfer, Verb};
use crate::recorder::{Note, Passed};
use crate::rules::Rule;
use crate::transfer::{Intent, Kind, NewTransfer, State, StoreId, TransferId, TransferOptions, TransferSpec};
use crate::view::{TransferDetail, Transferred};

/// How often progress is sampled while something moves: four times a second, as the UI reads it.
const SAMPLE_EVERY: Duration = Duration::from_millis(250);
/// The window of waiting transfers in memory: filled to this when it is half empty.
const WINDOW: usize = 256;
/// How long a shutdown waits for jobs that should not be dropped.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// What callers ask of the driver.
#[derive(Debug)]
pub(crate) enum Command {
    Add(Vec<NewTransfer>, Reply<Vec<TransferId>>),
    Want(Vec<TransferId>, Intent, Reply<()>),
    WantAll(Intent, Reply<()>),
    StartNow(Vec<TransferId>, Reply<()>),
    Remove(Vec<TransferId>, Reply<()>),
    Detail(TransferId, Reply<Option<TransferDetail>>),
    Interrupted(Interruption, Reply<()>),
    Limits(QueueLimits, Reply<()>),
    HistoryDays(u32, Reply<()>),
    Adopt(Box<TransferSpec>, Box<Examined>, Reply<TransferId>),
    Renewed(StoreId, Reply<Vec<TransferId>>),
    /// Some that one wish dismisses; the moment is that of the first of them.
    Dismiss(Vec<TransferId>, Option<i64>, Reply<i64>),
    Recall(i64, Reply<bool>),
    SetOptions(TransferId, OptionsChange, Reply<()>),
    Proved(Vec<(TransferId, Transferred)>, Reply<()>),
    Reorder(Vec<TransferId>, NewPlace, Reply<()>),
    SetOwnLimit(Vec<TransferId>, Option<NonZeroU64>, Reply<()>),
    Shutdown(Reply<()>),
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

/// What waits behind a barrier.
#[derive(Debug)]
enum Behind {
    /// Jobs that need durable facts, and the news of those facts.
    Jobs(Vec<Job>, Vec<Event>),
    Added {
        ids: Vec<TransferId>,
        reply: Reply<Vec<TransferId>>,
        ledger_only: bool,
    },
    Told(Reply<()>),
    Adopted(Box<Loaded>, Reply<TransferId>),
    Resumed(Vec<TransferId>, Reply<Vec<TransferId>>),
    /// Options or own limits of rows, some of which only the ledger has.
    Changed(Reply<()>),
    Moved {
        ids: Vec<TransferId>,
        reply: Reply<()>,
    },
    AllTold {
        intent: Intent,
        reply: Reply<()>,
    },
    /// Old history has been forgotten.
    Expired,
    Dismissed {
        ids: Vec<TransferId>,
        until_ms: i64,
        reply: Reply<i64>,
    },
    Recalled {
        until_ms: i64,
        reply: Reply<bool>,
    },
    DismissalEnded {
        until_ms: i64,
    },
    /// Transfers that have come to rest, and the news of it: told only once it is recorded.
    Rested(Vec<TransferId>, Vec<Event>),
}

/// All that the driver is made of.
pub(crate) struct Driver {
    pub(crate) queue: Queue,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) tools: Tools,
    pub(crate) live: Live,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) notes: mpsc::UnboundedSender<Note>,
    pub(crate) passed: mpsc::UnboundedReceiver<Passed>,
    pub(crate) events: broadcast::Sender<Event>,
    /// What the user has set for all transfers.
    pub(crate) rates: watch::Receiver<RateLimits>,
    /// Whether parts are on their way.
    pub(crate) moving: watch::Sender<bool>,
    /// Whether transfers that the ledger has go on by themselves.
    pub(crate) takes_over: bool,
    /// How long what is over is remembered, in days; 0 for ever.
    pub(crate) history_days: u32,
    pub(crate) state: DriverState,
}

/// What the driver keeps between turns.
#[derive(Default)]
pub(crate) struct DriverState {
    jobs: JoinSet<(JobId, Attempt)>,
    /// Jobs that run: how to stop them, for whom, and since when.
    running: BTreeMap<JobId, (AbortHandle, TransferId, Duration)>,
    /// Stores whose credentials are new, and since when.
    renewed_at: BTreeMap<StoreId, Duration>,
    parts_running: BTreeSet<JobId>,
    task_jobs: BTreeMap<Id, JobId>,
    workspaces: BTreeMap<TransferId, (Arc<Workspace>, Sampled)>,
    behind: BTreeMap<u64, Behind>,
    resting: BTreeSet<TransferId>,
    /// Transfers that rest, which the ledger could not be told, and since when.
    unrecorded: Vec<TransferId>,
    unrecorded_since: Option<Duration>,
    next_barrier: u64,
    /// Next id and place; `None` if the ledger could not say which are free.
    next: Option<(u64, i64)>,
    /// Changes of rows that only the ledger has, or will have, that are not written yet: until then its pages are old.
    changes_under_way: usize,
    /// What those rows were last told together, until it is written, and the first that came too late to hear it.
    all_under_way: Option<(Intent, TransferId)>,
    /// Options of such rows, until they are written.
    options_under_way: BTreeMap<TransferId, TransferOptions>,
    /// Own limits of such rows, until they are written.
    own_limits_under_way: BTreeMap<TransferId, Option<NonZeroU64>>,
    /// Where nothing may move, and when to see which limits apply then.
    stops: Stops,
    limits_at: Option<Duration>,
    /// Whether a move is being made durable, and those that wait for it.
    move_under_way: bool,
    moves: VecDeque<Move>,
    cursor: Option<(i64, TransferId)>,
    exhausted: bool,
    /// Whether the window wants more rows than a turn could read.
    reads_on: bool,
    /// When reading is tried again after the ledger could not be read.
    read_again_at: Option<Duration>,
    wake_at: Option<Duration>,
    /// When what was dismissed cannot be taken back any more, by the moment that the ledger has for each wish.
    dismissals: BTreeMap<i64, Duration>,
    /// The last such moment that was given.
    last_dismissal_ms: i64,
    /// Transfers that are dismissed, which the ledger is only about to know.
    dismissing: BTreeSet<TransferId>,
    /// When old history is looked for; `None` while that is under way, or if it is kept for ever.
    expire_at: Option<Duration>,
    sampled_at: Duration,
    turn: timeline::Turn,
    closing: Option<Reply<()>>,
    closing_since: Option<Duration>,
}

impl Driver {
    /// Runs until it is shut down, or until nobody can reach it any more.
    pub(crate) async fn run(mut self) {
        match self.ledger.records().last() {
            Ok((id, order)) => self.state.next = Some((id + 1, order + STRIDE)),
            Err(error) => tracing::error!(%error, "the ledger cannot be read"),
        }
        self.state.exhausted = !self.takes_over;
        self.take_over_dismissals();
        self.state.expire_at = (self.history_days > 0).then(|| self.tools.clock.now());
        self.apply_limits();
        self.refill();
        loop {
            let now = self.tools.clock.now();
            let wake = self.next_wake().map(|at| at.saturating_sub(now));
            self.waits(now, wake);
            tokio::select! {
                biased;
                command = self.commands.recv(), if self.state.closing.is_none() => match command {
                    Some(command) => self.command(command),
                    None => return self.close(),
                },
                Ok(()) = self.rates.changed() => self.apply_limits(),
                passed = self.passed.recv() => match passed {
                    Some(passed) => self.barrier_passed(passed),
                    // It lives until this loop closes it, unless a fault of ours ended it. Nothing can become durable
                    // any more, so nothing may go on; whoever waits for an answer is told that the engine has stopped.
                    None => return tracing::error!("the recorder has ended; the engine stops"),
                },
                Some(ended) = self.state.jobs.join_next_with_id(), if !self.state.jobs.is_empty() => self.job_ended(ended),
                () = async { match wake { Some(wait) => self.tools.clock.sleep(wait).await, None => std::future::pending().await } } => {}
            }
            self.has_waited();
            self.tick();
            if self.may_close() {
                return self.close();
            }
        }
    }

    fn next_wake(&self) -> Option<Duration> {
        let sample = (!self.state.running.is_empty()).then(|| self.state.sampled_at + SAMPLE_EVERY);
        let patience = self.state.closing_since.map(|since| since + SHUTDOWN_PATIENCE);
        let unrecorded = self.state.unrecorded_since.map(|since| since + TELL_AGAIN);
        let reads_on = self.state.reads_on.then_some(Duration::ZERO);
        let dismissal = self.next_dismissal();
        let DriverState { wake_at, limits_at, expire_at, read_again_at, .. } = self.state;
        let waits = [reads_on, read_again_at, wake_at, limits_at, expire_at, sample, patience, unrecorded, dismissal];
        waits.into_iter().flatten().min()
    }

    fn tick(&mut self) {
        let now = self.tools.clock.now();
        if self.state.wake_at.is_some_and(|at| at <= now) {
            self.input(Input::Wake);
        }
        if self.state.limits_at.is_some_and(|at| at <= now) {
            self.apply_limits();
        }
        if now >= self.state.sampled_at + SAMPLE_EVERY && !self.state.running.is_empty() {
            self.state.sampled_at = now;
            self.sample(now);
        }
        if self.state.running.is_empty() && self.live.speeds() != Speeds::default() {
            self.live.set_speeds(Speeds::default());
            self.live.touch();
        }
        let moves = !self.state.parts_running.is_empty();
        self.moving.send_if_modified(|told| std::mem::replace(told, moves) != moves);
        self.expire_history(now);
        self.end_dismissals(now);
        self.tell_ledger_again(now);
        self.forget_resting();
        self.refill();
    }

    fn input(&mut self, input: Input) {
        let (now, wall_ms) = (self.tools.clock.now(), self.tools.clock.wall_ms());
        let refusals = self.queue.refusals();
        let step = self.queue.handle(input, now, wall_ms);
        if self.queue.refusals() < refusals {
            self.read_from_the_start();
        }
        self.apply(step, now);
    }

    fn apply(&mut self, step: Step, now: Duration) {
        let mut never_started = Vec::new();
        for job in &step.stop {
            if let Some((handle, ..)) = self.state.running.get(job) {
                handle.abort();
            } else if self.take_from_behind(*job) {
                never_started.push(*job);
            }
        }
        let mut touched: BTreeSet<TransferId> = step.facts.iter().map(Fact::id).collect();
        touched.extend(step.events.iter().map(|event| event.transfer));
        self.see(&step.events, now);
        self.note(step.facts);
        for job in step.jobs {
            self.start(job);
        }
        self.state.wake_at = step.wake_at;
        // What happened is told first, then the picture changes, then its change is told: whoever waits for a state
        // has by then been told all that led to it. That a transfer rests is told only when it is recorded.
        let is_state = |event: &Event| matches!(event.kind, EventKind::StateChanged { .. });
        let (states, others): (Vec<Event>, Vec<Event>) = step.events.into_iter().partition(is_state);
        let ids: Vec<TransferId> = step.jobs_after_facts.iter().map(|job| job.transfer).collect();
        // What was opened, and that bytes begin to move, is told when a crash could not undo it any more.
        let (durable_first, others): (Vec<Event>, Vec<Event>) =
            others.into_iter().partition(|event| ids.contains(&event.transfer));
        if !ids.is_empty() {
            self.barrier(ids, Behind::Jobs(step.jobs_after_facts, durable_first));
        }
        self.tell(others);
        for id in touched {
            self.show(id, now);
        }
        let rests = |event: &Event| step.unload.contains(&event.transfer);
        let (later, at_once): (Vec<Event>, Vec<Event>) = states.into_iter().partition(rests);
        self.tell(at_once);
        if !step.unload.is_empty() {
            self.come_to_rest(step.unload, later);
        }
        for job in never_started {
            self.input(Input::Ended(job, Ok(Report::Stopped)));
        }
    }

    fn tell(&self, events: Vec<Event>) {
        for event in events {
            // Nobody needs to listen.
            let _ = self.events.send(event);
        }
    }

    /// Hands facts to the recorder, those of a download's parts with the file that has their bytes.
    fn note(&mut self, facts: Vec<Fact>) {
        let mut plain = Vec::new();
        for fact in self.with_timelines(facts) {
            let id = fact.id();
            if let Fact::PartDone { at_ms, part, .. } = &fact
                && let Some((workspace, sampled)) = self.state.workspaces.get_mut(&id)
            {
                sampled.saved_ms = Some(*at_ms);
                if self.queue.transfer(id).is_some_and(Transfer::is_relayed) {
                    let at_risk = workspace.part_relayed(part.size_bytes);
                    self.send_note(Note::Facts { facts: std::mem::take(&mut plain), file: None });
                    self.send_note(Note::AtOnce { fact, at_risk });
                    continue;
                }
                if let Some(file) = workspace.part_written(part.size_bytes) {
                    self.send_note(Note::Facts { facts: std::mem::take(&mut plain), file: None });
                    self.send_note(Note::Facts { facts: vec![fact], file: Some(file) });
                    continue;
                }
            }
            plain.push(fact);
        }
        if !plain.is_empty() {
            self.send_note(Note::Facts { facts: plain, file: None });
        }
    }

    fn send_note(&self, note: Note) {
        // The recorder lives until this driver closes it.
        let _ = self.notes.send(note);
    }

    fn barrier_passed(&mut self, passed: Passed) {
        let Some(behind) = self.state.behind.remove(&passed.number) else { return };
        let answer = |failure: Option<String>| failure.map_or(Ok(()), |error| Err(EngineError::LedgerWrite(error)));
        match behind {
            Behind::Jobs(jobs, events) => {
                self.tell(events);
                jobs.into_iter().for_each(|job| self.start_if_durable(job, &passed));
            }
            Behind::Added { ids, reply, ledger_only } => {
                if ledger_only {
                    self.changes_written();
                    self.state.exhausted = !self.takes_over;
                }
                if passed.failure.is_some() {
                    // The caller is told that they were not added, so they must not run.
                    for id in ids.iter().filter(|id| self.queue.holds(**id)).copied().collect::<Vec<_>>() {
                        self.input(Input::Want(id, Intent::Cancel));
                    }
                }
                // Whoever asked may have stopped listening.
                drop(reply.send(answer(passed.failure).map(|()| ids)));
            }
            Behind::Changed(reply) => {
                self.changes_written();
                // Whoever asked may have stopped listening.
                drop(reply.send(answer(passed.failure)));
            }
            Behind::Told(reply) => drop(reply.send(answer(passed.failure))),
            Behind::Adopted(loaded, reply) => self.adopted(*loaded, passed.failure, reply),
            Behind::Resumed(ids, reply) => drop(reply.send(answer(passed.failure).map(|()| ids))),
            Behind::Moved { ids, reply } => {
                drop(reply.send(answer(passed.failure)));
                self.moved(&ids);
            }
            Behind::AllTold { intent, reply } => {
                self.changes_written();
                if intent == Intent::Run {
                    // Rows before the cursor may wait again.
                    self.read_from_the_start();
                }
                self.live.touch();
                drop(reply.send(answer(passed.failure)));
            }
            Behind::Expired => self.expired(&passed),
            Behind::Dismissed { ids, until_ms, reply } => self.dismissed(&ids, until_ms, passed.failure, reply),
            Behind::Recalled { until_ms, reply } => self.recalled(until_ms, passed.failure, reply),
            Behind::DismissalEnded { until_ms } => self.dismissal_ended(until_ms, &passed),
            Behind::Rested(ids, events) => self.rested(ids, events, passed.failure.is_some()),
        }
    }

    fn start(&mut self, job: Job) {
        let (id, transfer) = (job.id, job.transfer);
        if matches!(job.verb, Verb::MovePart { .. }) {
            self.state.parts_running.insert(id);
        }
        let workspace = self.state.workspaces.entry(transfer).or_default().0.clone();
        // It may have changed while the job waited for its record.
        let options = self.queue.transfer(transfer).map_or(&job.spec.options, |one| &one.spec.options);
        workspace.set_own_limit(&self.tools.clock, options.limit_bytes_per_second);
        let tools = self.tools.clone();
        let handle = self.state.jobs.spawn(async move { (id, job::run(job, tools, workspace).await) });
        self.state.task_jobs.insert(handle.id(), id);
        self.state.running.insert(id, (handle, transfer, self.tools.clock.now()));
    }

    fn job_ended(&mut self, ended: Result<(Id, (JobId, Attempt)), JoinError>) {
        let (task, outcome) = match ended {
            Ok((task, (_, attempt))) => (task, attempt),
            Err(error) if error.is_cancelled() => (error.id(), Ok(Report::Stopped)),
            Err(error) => {
                let failure = TransferError::new(ErrorCode::Internal).with("message", &error).because(&error);
                (error.id(), Err(failure))
            }
        };
        let Some(job) = self.state.task_jobs.remove(&task) else { return };
        self.state.parts_running.remove(&job);
        let mut outcome = outcome;
        if let (Some((_, transfer, started)), Err(error)) = (self.state.running.remove(&job), &mut outcome) {
            match error.code {
                ErrorCode::Internal => tracing::error!(%transfer, %error, "a job ended by a fault of ours"),
                code if code.asks_for_credentials() && self.was_made_before_renewal(transfer, started) => {
                    error.again = Again::Later;
                }
                _ => {}
            }
        }
        self.input(Input::Ended(job, outcome));
    }

    fn show(&mut self, id: TransferId, now: Duration) {
        match self.queue.transfer(id).map(|one| (one, one.state)) {
            Some((transfer, state)) if state.is_working() => {
                let (workspace, sampled) = self.state.workspaces.entry(id).or_default();
                self.live.set(picture(transfer, &workspace.meter, sampled, now));
            }
            // The ledger has what waits.
            Some((_, State::Waiting)) => self.live.remove(id),
            // Its last picture stays until the ledger knows that it rests.
            _ => self.live.touch(),
        }
    }

    fn sample(&mut self, now: Duration) {
        let moving: BTreeSet<TransferId> = self.state.running.values().map(|(_, transfer, _)| *transfer).collect();
        let mut speeds = Speeds::default();
        for id in moving {
            self.show(id, now);
            self.look(id, now);
            let Some(live) = self.live.get(id) else { continue };
            match live.kind() {
                Kind::Upload => speeds.upload += live.speed_bytes_per_second,
                Kind::Download => speeds.download += live.speed_bytes_per_second,
                Kind::Copy if self.queue.transfer(id).is_some_and(Transfer::passes_through) => {
                    speeds.upload += live.speed_bytes_per_second;
                    speeds.download += live.speed_bytes_per_second;
                }
                Kind::Copy => {}
            }
            let Some((_, sampled)) = self.state.workspaces.get_mut(&id) else { continue };
            let moved_bytes = live.done_bytes + live.in_flight_bytes;
            let forward = moved_bytes > sampled.told_bytes || !self.tools.rules.hold(Rule::ProgressForward);
            if live.state == State::Moving && forward {
                sampled.told_bytes = moved_bytes;
                let total_bytes = live.size_bytes.map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX));
                // Nobody needs to listen.
                let _ = self.events.send(Event {
                    kind: EventKind::DataTransferRw { consumed_bytes: moved_bytes, total_bytes },
                    transfer: id,
                    direction: live.kind(),
                    from: live.spec.source.to_string(),
                    to: live.spec.target.to_string(),
                });
            }
        }
        self.live.set_speeds(speeds);
    }
}
