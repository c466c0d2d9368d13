//! Where nothing may move.
//!
//! A stop takes the parts of a direction from the wire and puts their transfers back in line, at the places that they
//! have. There they wait for as long as it takes: no connection is held open for hours, no place among the working is
//! taken from the other direction, no attempt is counted and nothing fails. What it costs: when the stop ends, both
//! ends are looked at again, as after a pause, which after hours is as well.
//!
//! What only the ledger has of a stopped direction is passed over, so that what may move behind it is found. Looking at
//! a source and assembling are a few small requests; they run to their end. Nothing new is opened: a night of a stop
//! would leave as many uploads open as wait. Copies have to be looked at to know whether they pass through here, so
//! those stay in memory until the stop ends.

use std::sync::Arc;
use std::time::Duration;

use super::transfer::busy_ms;
use super::{Loaded, Queue, Running, Step};
use crate::checkpoint::Checkpoint;
use crate::fact::Fact;
use crate::limits::Stops;
use crate::rules::Rule;
use crate::transfer::{Kind, Route, State, TransferId};

impl Queue {
    /// From now on nothing may move in these directions.
    pub(super) fn stop(&mut self, stops: Stops, step: &mut Step) {
        self.stops = stops;
        for transfer in self.awake.iter().filter_map(|id| self.transfers.get(id)) {
            if self.is_held_back(transfer.id) {
                let parts = transfer.jobs.iter().filter(|(_, running)| matches!(running, Running::Part(_)));
                step.stop.extend(parts.map(|(job, _)| *job));
            }
        }
    }

    /// Whether a row of the ledger would only wait, if it were loaded.
    pub fn would_hold_back(&self, loaded: &Loaded) -> bool {
        let relayed = loaded.checkpoint.as_ref().is_some_and(|known| known.route == Route::Relay);
        loaded.spec.kind().is_some_and(|kind| self.stops.holds(kind, relayed)) && self.rules.hold(Rule::StopHolds)
    }

    pub(super) fn is_held_back(&self, id: TransferId) -> bool {
        let Some(transfer) = self.transfers.get(&id) else { return false };
        self.stops.holds(transfer.kind, transfer.passes_through()) && self.rules.hold(Rule::StopHolds)
    }

    /// How many transfers in the queue wait for a place and may have one.
    pub fn ready_count(&self) -> usize {
        if self.stops == Stops::default() {
            return self.waiting.len();
        }
        self.waiting.iter().filter(|(_, id)| !self.is_held_back(*id)).count()
    }

    /// The first in line that may begin, taken from it; for a place that is for small ones, the first that may be one.
    pub(super) fn pop_ready(&mut self, for_small: bool) -> Option<TransferId> {
        let is_large = |id: &TransferId| self.transfers.get(id).is_some_and(|one| one.needs_place_of_all);
        let waits = |id: &TransferId| self.is_held_back(*id) || (for_small && is_large(id));
        let next = *self.waiting.iter().find(|(_, id)| !waits(id))?;
        self.waiting.remove(&next);
        Some(next.1)
    }

    /// Puts a transfer whose parts may not move back in line, once none of them does.
    pub(super) fn hold_back(&mut self, id: TransferId, now: Duration, step: &mut Step) {
        let Some(transfer) = self.transfers.get_mut(&id).filter(|transfer| transfer.jobs.is_empty()) else { return };
        transfer.stats.busy_ms += busy_ms(&mut transfer.working_since, now);
        transfer.set_state(State::Waiting);
        // A plan without an opening means, after a crash, that one may have been lost, which is then looked for from the
        // moment of the plan on. What goes back in line has opened nothing, and may wait there for hours. Of a copy the
        // plan says whether it passes through here at all, so that it is not looked at again and again during a stop.
        let unopened = |known: &Arc<Checkpoint>| known.session.is_none();
        if transfer.kind == Kind::Upload
            && transfer.checkpoint.as_ref().is_some_and(unopened)
            && !transfer.begin_attempted
            && !transfer.is_single_request()
        {
            transfer.forget_plan();
            step.facts.push(Fact::Restarted { id });
        }
        self.awake.remove(&id);
        self.waiting.insert((transfer.order, id));
        step.events.push(transfer.state_event());
    }
}
