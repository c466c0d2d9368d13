//! Settling: start what can be started, rest what has nothing left to run.

use std::sync::Arc;
use std::time::Duration;

use super::expired::note_refusal;
use super::small::SmallRoom;
use super::transfer::busy_ms;
use super::{AfterDiscard, Moving, Queue, Step, Transfer, Verb};
use crate::checkpoint::Checkpoint;
use crate::event::EventKind;
use crate::fact::Fact;
use crate::rules::{Rule, Rules};
use crate::transfer::{Intent, Kind, State, TransferId};
use crate::view::Outcome;

/// What a transfer without the right jobs needs next.
enum Next {
    Nothing,
    Start(Verb, After),
    Parts,
    Rest(State),
    Discarded,
}

/// Whether a job may start before the facts of its transfer are durable.
enum After {
    Facts,
    Nothing,
}

impl Queue {
    pub(super) fn settle(&mut self, now: Duration, step: &mut Step) {
        if self.stopping {
            return;
        }
        // After each of a hundred small objects all of them are passed by: what only waits for its jobs is left out, and
        // the parts of all are counted when somebody wants one.
        let mut moving = None;
        self.activate(now, step);
        let awake = self.awake.len();
        self.settle_all(now, &mut moving, step);
        // A place that has just become free is taken in the same step.
        if self.awake.len() < awake && self.activate(now, step) {
            self.settle_all(now, &mut moving, step);
        }
        step.wake_at = self.awake().filter_map(|transfer| transfer.hold_until).filter(|at| *at > now).min();
    }

    fn settle_all(&mut self, now: Duration, moving: &mut Option<Moving>, step: &mut Step) {
        // Who stands earlier in the queue gets free parts first.
        let wants = self.awake().filter(|transfer| transfer.wants_something());
        let mut ids: Vec<(i64, TransferId)> = wants.map(|transfer| (transfer.order, transfer.id)).collect();
        ids.sort_unstable();
        for (_, id) in ids {
            self.settle_one(id, now, moving, step);
        }
    }

    /// Parts that move just now; by store, too, if a store has asked to slow down or is `asking` to.
    pub(super) fn moving(&self, asking: bool) -> Moving {
        let mut moving = Moving::new(asking || !self.paces.is_empty());
        self.awake().for_each(|transfer| moving.add(transfer, transfer.moving_count()));
        moving
    }

    pub(super) fn awake(&self) -> impl Iterator<Item = &Transfer> {
        self.awake.iter().filter_map(|id| self.transfers.get(id))
    }

    /// Gives free places to waiting transfers, in queue order.
    fn activate(&mut self, now: Duration, step: &mut Step) -> bool {
        let mut active = self.awake().filter(|one| one.state.is_working() && !one.waits_to_remove()).count();
        let mut taken = self.places_taken();
        let mut any = false;
        while active < self.places() {
            let beyond = taken >= self.limits.active_max;
            let Some(id) = self.pop_ready(beyond) else { break };
            if self.held_at_once(id, now, step) {
                continue;
            }
            if let Some(transfer) = self.transfers.get_mut(&id) {
                transfer.place_is_beyond = beyond;
                transfer.set_state(State::Probing);
                self.awake.insert(id);
                active += 1;
                taken += usize::from(!beyond);
                any = true;
            }
        }
        any
    }

    /// Gives one that waits a place that nobody else has, and that is its own whatever its size.
    pub(super) fn start_now(&mut self, id: TransferId, now: Duration, step: &mut Step) {
        if self.is_held_back(id) {
            return;
        }
        let Some(place) = self.transfers.get(&id).map(|transfer| (transfer.order, id)) else { return };
        if !self.waiting.remove(&place) || self.held_at_once(id, now, step) {
            return;
        }
        if let Some(transfer) = self.transfers.get_mut(&id) {
            transfer.place_is_beyond = false;
            transfer.set_state(State::Probing);
            self.awake.insert(id);
        }
    }

    fn settle_one(&mut self, id: TransferId, now: Duration, moving: &mut Option<Moving>, step: &mut Step) {
        loop {
            let held_back = self.is_held_back(id);
            let misplaced = self.transfers.get(&id).is_some_and(|transfer| self.is_misplaced(transfer));
            let has_room = misplaced && self.places_taken() < self.limits.active_max;
            let Some(transfer) = self.transfers.get_mut(&id) else { return };
            if has_room {
                transfer.place_is_beyond = false;
            } else if misplaced {
                transfer.needs_place_of_all = true;
                self.small_room = SmallRoom::default();
                self.hold_back(id, now, step);
                return;
            }
            if transfer.state.is_working() && transfer.working_since.is_none() {
                transfer.working_since = Some(now);
            }
            match transfer.next(now, self.rules) {
                Next::Nothing => return,
                Next::Start(Verb::Begin { attempted, .. }, _) if held_back => {
                    transfer.begin_attempted = attempted; // not now
                    self.hold_back(id, now, step);
                    return;
                }
                Next::Start(verb, after) => {
                    if matches!(verb, Verb::Probe { .. } | Verb::Commit { .. }) {
                        step.events.push(transfer.state_event());
                    }
                    let verb = transfer.counted(verb, step);
                    let Some(job) = self.new_job(id, verb) else { return };
                    match after {
                        After::Facts => step.jobs_after_facts.push(job),
                        After::Nothing => step.jobs.push(job),
                    }
                    return;
                }
                Next::Parts if held_back => {
                    self.hold_back(id, now, step);
                    return;
                }
                Next::Parts => {
                    self.start_parts(id, now, moving, step);
                    return;
                }
                Next::Rest(state) => {
                    self.rest(id, state, now, step);
                    return;
                }
                Next::Discarded => match transfer.after_discard {
                    AfterDiscard::Cancelled => {
                        self.rest(id, State::Cancelled, now, step);
                        return;
                    }
                    AfterDiscard::StartOver => {
                        transfer.forget_plan();
                        transfer.set_state(State::Probing);
                        step.facts.push(Fact::Restarted { id });
                    }
                },
            }
        }
    }

    fn start_parts(&mut self, id: TransferId, now: Duration, moving: &mut Option<Moving>, step: &mut Step) {
        let parts_max = self.limits.parts_max;
        let moving = moving.get_or_insert_with(|| self.moving(false));
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        let Some(checkpoint) = transfer.checkpoint.clone() else { return };
        let own = transfer.moving_count();
        let parallel_parts = match transfer.spec.options.parallel_parts {
            asked if self.rules.hold(Rule::PartsBounded) => asked.max(1),
            asked => asked + 1,
        };
        let wanted = usize::from(parallel_parts).saturating_sub(own);
        // The common bound is for sharing: who moves alone may have all that he asks for, and nobody is starved.
        let alone = moving.all == own;
        let free = if alone { wanted } else { parts_max.saturating_sub(moving.all).max(usize::from(own == 0)) };
        let room = self.paces.room(transfer, moving);
        let numbers: Vec<_> =
            std::iter::from_fn(|| transfer.todo.pop_first()).take(wanted.min(free).min(room)).collect();
        if numbers.is_empty() {
            return;
        }
        if !transfer.announced {
            transfer.announced = true;
            let (consumed_bytes, total_bytes) = transfer.progress();
            step.events.push(transfer.event(EventKind::DataTransferStarted { consumed_bytes, total_bytes }));
            step.events.push(transfer.state_event());
        }
        // Until one part has moved, the record of the session itself may still be on its way to the disk.
        let after_facts =
            checkpoint.session.is_some() && !transfer.session_durable && self.rules.hold(Rule::SessionBeforeParts);
        moving.add(transfer, numbers.len());
        transfer.parts_since = Some(now);
        for number in numbers {
            if let Some(job) = self.new_job(id, Verb::MovePart { checkpoint: checkpoint.clone(), number }) {
                if after_facts { step.jobs_after_facts.push(job) } else { step.jobs.push(job) }
            }
        }
    }

    /// Brings a transfer to rest and lets it leave the queue.
    pub(super) fn rest(&mut self, id: TransferId, state: State, now: Duration, step: &mut Step) {
        let at_ms = self.wall_ms;
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        transfer.stats.busy_ms += busy_ms(&mut transfer.working_since, now);
        transfer.set_state(state);
        transfer.hold_until = None;
        let stats = transfer.stats;
        let (consumed_bytes, total_bytes) = transfer.progress();
        match state {
            State::Done => {
                let Some(result) = transfer.result.clone() else { return };
                transfer.ended_ms = Some(at_ms);
                if result.outcome == Outcome::Moved {
                    step.events.push(transfer.event(EventKind::DataTransferSucceed { consumed_bytes, total_bytes }));
                }
                step.facts.push(Fact::Done { id, result: Box::new(result), stats, at_ms });
            }
            State::Failed => {
                let Some(error) = transfer.error.clone() else { return };
                transfer.ended_ms = Some(at_ms);
                step.events.push(transfer.event(EventKind::DataTransferFailed { consumed_bytes, total_bytes }));
                step.facts.push(Fact::Failed { id, error: Box::new(error), stats, at_ms });
            }
            State::Cancelled => {
                transfer.ended_ms = Some(at_ms);
                step.facts.push(Fact::Cancelled { id, at_ms });
            }
            State::Paused if transfer.held_by().is_some() => {
                let Some(error) = transfer.error.clone() else { return };
                note_refusal(&mut self.expired, &transfer.spec, &error);
                step.facts.push(Fact::Held { id, error: Box::new(error), stats });
            }
            State::Waiting
            | State::Paused
            | State::Probing
            | State::Beginning
            | State::Moving
            | State::Committing
            | State::Discarding
            | State::Dismissed => step.facts.push(Fact::StateSet { id, state, stats: Some(stats) }),
        }
        self.waiting.remove(&(transfer.order, id));
        self.awake.remove(&id);
        step.events.push(transfer.state_event());
        step.unload.push(id);
    }

    /// Forgets a transfer that has come to rest, once its last fact is durable.
    pub fn forget(&mut self, id: TransferId) {
        if self.transfers.get(&id).is_some_and(|transfer| transfer.state.is_resting() && transfer.jobs.is_empty()) {
            self.transfers.remove(&id);
            self.awake.remove(&id);
        }
    }
}

impl Transfer {
    /// Whether there may be something to do for it: not while its jobs run, no part waits and it is to go on.
    fn wants_something(&self) -> bool {
        self.jobs.is_empty() || !self.todo.is_empty() || self.intent != Intent::Run
    }

    fn next(&mut self, now: Duration, rules: Rules) -> Next {
        if self.state.is_final() {
            return Next::Nothing;
        }
        let idle = self.jobs.is_empty();
        match self.intent {
            // A single request that has been answered has published the object: it ends as done, whatever was wanted.
            _ if self.published.is_some() && self.todo.is_empty() => {}
            Intent::Cancel if self.dismissed.is_some() => {
                let rests = idle && !self.state.is_resting();
                return if rests { Next::Rest(State::Dismissed) } else { Next::Nothing };
            }
            Intent::Cancel => return if idle { self.next_of_cancel(now) } else { Next::Nothing },
            Intent::Pause if !rules.hold(Rule::PauseHolds) => {}
            Intent::Pause if self.state == State::Paused => return Next::Nothing,
            // A commit is left to end; what it published cannot be paused.
            Intent::Pause if idle => return Next::Rest(State::Paused),
            Intent::Pause => return Next::Nothing,
            Intent::Run => {}
        }
        if self.state.is_resting() || self.hold_until.is_some_and(|until| until > now) {
            return Next::Nothing;
        }
        let checkpoint = self.checkpoint.clone();
        match (self.state, checkpoint) {
            (State::Probing, known) if idle => Next::Start(Verb::Probe { known }, After::Nothing),
            (State::Beginning, Some(checkpoint)) if idle => {
                let attempted = std::mem::replace(&mut self.begin_attempted, true);
                self.begin_sweeps = attempted;
                let recorded = self.parts.values().cloned().collect();
                Next::Start(Verb::Begin { checkpoint, recorded, attempted }, After::Facts)
            }
            (State::Moving, Some(checkpoint)) => {
                if !self.todo.is_empty() {
                    Next::Parts
                } else if idle {
                    self.set_state(State::Committing);
                    let after = if rules.hold(Rule::CommitBarrier) { After::Facts } else { After::Nothing };
                    Next::Start(self.commit(checkpoint), after)
                } else {
                    Next::Nothing
                }
            }
            (State::Committing, Some(checkpoint)) if idle => Next::Start(self.commit(checkpoint), After::Facts),
            (State::Discarding, _) if idle => self.discard(After::Nothing),
            _ => Next::Nothing,
        }
    }

    fn next_of_cancel(&mut self, now: Duration) -> Next {
        self.after_discard = AfterDiscard::Cancelled;
        if self.state == State::Failed || self.hold_until.is_some_and(|until| until > now) {
            return Next::Nothing;
        }
        self.set_state(State::Discarding);
        // The wish itself must be durable before anything is removed.
        self.discard(After::Facts)
    }

    fn discard(&self, after: After) -> Next {
        match &self.checkpoint {
            Some(checkpoint)
                if checkpoint.session.is_some()
                    || checkpoint.temp_path.is_some()
                    || (self.begin_attempted && !self.is_single_request()) =>
            {
                Next::Start(Verb::Discard { checkpoint: Arc::clone(checkpoint) }, after)
            }
            _ => Next::Discarded,
        }
    }

    /// Counts an attempt to open an upload: its answer may never come.
    fn counted(&mut self, verb: Verb, step: &mut Step) -> Verb {
        match verb {
            Verb::Begin { checkpoint, recorded, attempted }
                if checkpoint.session.is_none() && self.kind != Kind::Download =>
            {
                let attempts = checkpoint.begin_attempts.max(u32::from(attempted)) + 1;
                // The first is known by the plan alone.
                if attempts > 1 || self.attempts_recorded > 1 {
                    self.attempts_recorded = attempts;
                    step.facts.push(Fact::BeginAttempted { id: self.id, attempts });
                }
                let checkpoint = Arc::new(Checkpoint { begin_attempts: attempts, ..checkpoint.as_ref().clone() });
                self.checkpoint = Some(Arc::clone(&checkpoint));
                Verb::Begin { checkpoint, recorded, attempted }
            }
            other => other,
        }
    }

    fn commit(&self, checkpoint: Arc<Checkpoint>) -> Verb {
        Verb::Commit { checkpoint, parts: self.parts.values().cloned().collect(), published: self.published.clone() }
    }
}
