//! One transfer in the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use store::{PartNumber, PutReceipt};

use super::dismissed::Dismissed;
use super::{JobId, Loaded, Step};
use crate::checkpoint::{Checkpoint, PartRecord};
use crate::error::TransferError;
use crate::event::{Event, EventKind, PartDetails};
use crate::fact::Fact;
use crate::meter::Meter;
use crate::retry::{NextTry, Streak};
use crate::transfer::{Intent, Kind, Route, State, TransferId, TransferSpec};
use crate::view::{PartState, Phase, Stats, Transferred};

/// What a running job may do when it is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Running {
    Stoppable,
    Part(PartNumber),
    ToItsEnd,
}

/// What follows a discard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AfterDiscard {
    #[default]
    Cancelled,
    StartOver,
}

/// Ends a time of work: how many milliseconds it was.
pub(super) fn busy_ms(since: &mut Option<Duration>, now: Duration) -> u64 {
    since.take().map_or(0, |since| u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(0))
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
    /// How large its source is believed to be while there is no plan.
    pub expected_bytes: Option<u64>,
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
    pub(super) todo: BTreeSet<PartNumber>,
    pub(super) tried_again: BTreeSet<PartNumber>,
    pub(super) jobs: BTreeMap<JobId, Running>,
    pub(super) streak: Streak,
    pub(super) restarts: u32,
    pub(super) after_discard: AfterDiscard,
    /// What it was when its user dismissed it, while that can be taken back.
    pub(super) dismissed: Option<Dismissed>,
    pub(super) published: Option<PutReceipt>,
    pub(super) announced: bool,
    pub(super) working_since: Option<Duration>,
    /// Whether its place is one beyond those of all, for what is small.
    pub(super) place_is_beyond: bool,
    /// Whether it had one, and turned out to be large.
    pub(super) needs_place_of_all: bool,
    /// When parts were last started.
    pub(super) parts_since: Option<Duration>,
    /// Whether a part has moved since the session was opened, so that the session is known to be durable.
    pub(super) session_durable: bool,
    /// Whether there may be an upload of ours that we were never told of.
    pub(super) begin_attempted: bool,
    /// How many openings the ledger counts.
    pub(super) attempts_recorded: u32,
    /// Whether that was so before the present attempt, which then begins with a look for it.
    pub(super) begin_sweeps: bool,
}

impl Transfer {
    /// Which try it waits for at `now`; `None` if it waits for none.
    pub(crate) fn next_try(&self, now: Duration) -> Option<NextTry> {
        self.hold_until.filter(|until| *until > now).and_then(|_| self.streak.next_try())
    }

    /// Its state as others see it. What was dismissed while it worked is in no list any more, also while it still stops.
    pub(crate) fn seen_state(&self) -> State {
        if self.dismissed.is_some() && self.state.is_working() { State::Dismissed } else { self.state }
    }

    pub(super) fn new(loaded: Loaded) -> Option<Self> {
        let kind = loaded.spec.kind()?;
        let done_bytes = loaded.parts.iter().map(|part| part.size_bytes).sum();
        // A plan of an earlier run without a session: it may have been cut off while it was opening one.
        let attempts_recorded = loaded.checkpoint.as_ref().map_or(0, |known| known.begin_attempts);
        let begin_attempted = loaded.checkpoint.as_ref().is_some_and(|known| known.session.is_none());
        Some(Self {
            id: loaded.id,
            order: loaded.order,
            spec: Arc::new(loaded.spec),
            expected_bytes: loaded.expected_bytes,
            kind,
            intent: loaded.intent,
            state: if loaded.state.is_resting() { loaded.state } else { State::Waiting },
            checkpoint: loaded.checkpoint.map(Arc::new),
            parts: loaded.parts.into_iter().map(|part| (part.number, part)).collect(),
            done_bytes,
            error: loaded.error,
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
            dismissed: None,
            published: None,
            announced: false,
            working_since: None,
            place_is_beyond: false,
            needs_place_of_all: false,
            parts_since: None,
            session_durable: false,
            begin_attempted,
            attempts_recorded,
            begin_sweeps: false,
        })
    }

    pub(super) fn set_state(&mut self, state: State) {
        self.state = state;
    }

    /// What it rests for although its user wants it to go on: something that only the user can give.
    pub(crate) fn held_by(&self) -> Option<&TransferError> {
        let wanted = self.error.as_ref().filter(|_| self.intent == Intent::Run);
        wanted.filter(|error| error.code.asks_for_credentials())
    }

    /// Leaves a resting state for `Waiting`.
    pub(super) fn rise(&mut self, step: &mut Step) {
        self.set_state(State::Waiting);
        self.error = None;
        self.streak = Streak::default();
        self.restarts = 0;
        step.facts.push(Fact::StateSet { id: self.id, state: State::Waiting, stats: Some(self.stats) });
    }

    pub(super) fn moving_count(&self) -> usize {
        self.jobs.values().filter(|running| matches!(running, Running::Part(_))).count()
    }

    pub(super) fn stoppable(&self) -> Vec<JobId> {
        self.jobs.iter().filter(|(_, running)| **running != Running::ToItsEnd).map(|(id, _)| *id).collect()
    }

    /// Whether it is a copy whose bytes pass through this computer.
    pub fn is_relayed(&self) -> bool {
        self.kind == Kind::Copy && self.checkpoint.as_ref().is_some_and(|known| known.route == Route::Relay)
    }

    /// Whether its bytes pass through this computer.
    pub fn passes_through(&self) -> bool {
        self.kind != Kind::Copy || self.is_relayed()
    }

    /// Bytes that it has moved, for its speed. A copy inside the store shows what it has finished; nothing passes through
    /// here.
    pub(crate) fn moved_bytes(&self, meter: &Meter) -> u64 {
        // Which way a copy goes is not known while it is planned anew; what has passed through has.
        if self.passes_through() || self.checkpoint.is_none() { meter.wire_bytes() } else { self.done_bytes }
    }

    /// Whether the object goes in one request, without a session at the store.
    pub(super) fn is_single_request(&self) -> bool {
        // An upload that somebody else began is gone on with even if it has a single part.
        let single = |known: &Arc<Checkpoint>| known.plan().is_single() && known.session.is_none();
        self.kind != Kind::Download && self.checkpoint.as_ref().is_some_and(single)
    }

    /// An attempt to open an upload was refused: it has opened none.
    pub(super) fn uncount_attempt(&mut self) {
        if let Some(known) = self.checkpoint.as_mut().filter(|known| known.begin_attempts > 0) {
            Arc::make_mut(known).begin_attempts -= 1;
        }
    }

    /// Size of its source by the plan, or as it is believed to be.
    pub(crate) fn size_bytes(&self) -> Option<u64> {
        self.checkpoint.as_ref().map(|known| known.source.size_bytes()).or(self.expected_bytes)
    }

    /// Takes the plan and the parts that are really there, and works out what is missing.
    pub(super) fn adopt(&mut self, checkpoint: Arc<Checkpoint>, held: impl IntoIterator<Item = PartRecord>) {
        self.parts = held.into_iter().map(|part| (part.number, part)).collect();
        self.done_bytes = self.parts.values().map(|part| part.size_bytes).sum();
        self.parts_confirmed = self.parts.values().filter(|part| part.confirmed).count() as u64;
        self.todo = checkpoint.plan().numbers().filter(|number| !self.parts.contains_key(number)).collect();
        self.checkpoint = Some(checkpoint);
    }

    pub(super) fn forget_plan(&mut self) {
        self.expected_bytes = self.size_bytes();
        self.checkpoint = None;
        self.parts.clear();
        self.done_bytes = 0;
        self.parts_confirmed = 0;
        self.todo.clear();
        self.published = None;
        self.session_durable = false;
        self.begin_attempted = false;
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

    pub(super) fn event(&self, kind: EventKind) -> Event {
        let target = self.checkpoint.as_ref().map_or(&self.spec.target, |checkpoint| &checkpoint.target);
        Event {
            kind,
            transfer: self.id,
            direction: self.kind,
            from: self.spec.source.to_string(),
            to: target.to_string(),
        }
    }

    pub(super) fn state_event(&self) -> Event {
        let phase = match (self.state, self.intent) {
            (State::Done, _) if self.result.as_ref().is_some_and(|result| result.verified) => Phase::DoneVerified,
            (State::Done, _) => Phase::DoneUnverified,
            (State::Cancelled, _) => Phase::Cancelled,
            (State::Dismissed, _) => Phase::Cancelling,
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

    pub(super) fn progress(&self) -> (u64, i64) {
        let total =
            self.checkpoint.as_ref().map_or(-1, |known| i64::try_from(known.source.size_bytes()).unwrap_or(i64::MAX));
        (self.done_bytes, total)
    }

    pub(super) fn part_details(&self, number: PartNumber) -> PartDetails {
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
