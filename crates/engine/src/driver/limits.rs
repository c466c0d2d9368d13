//! The limits in force: which they are, at the moment they change, also by themselves.
//!
//! What the user has set comes by a watch, so that a thumb that is dragged never waits and only its last place counts.
//! Time changes what applies, too: the driver wakes at the next change. Wall clocks are set and computers sleep, so
//! that moment is not believed for longer than a minute. What it costs: a clock that was set by hand is a minute late.

use std::num::NonZeroU64;
use std::time::Duration;

use super::{Behind, Driver, Reply};
use crate::fact::Fact;
use crate::handle::EngineError;
use crate::queue::Input;
use crate::transfer::TransferId;

/// How long a wall clock is believed.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Driver {
    /// Puts in force what applies now.
    pub(super) fn apply_limits(&mut self) {
        let (now, wall_ms) = (self.tools.clock.now(), self.tools.clock.wall_ms());
        let wanted = *self.rates.borrow_and_update();
        let limits = wanted.at(wall_ms, |at_ms| self.tools.clock.local_offset_s(at_ms));
        self.state.limits_at = wanted.is_timed().then(|| {
            let until_ms = [limits.upload.until_ms, limits.download.until_ms].into_iter().flatten().min();
            let wait = until_ms.map_or(LOOK_AGAIN, |until_ms| {
                Duration::from_millis(u64::try_from(until_ms.saturating_sub(wall_ms)).unwrap_or(0))
            });
            now + wait.clamp(Duration::from_millis(1), LOOK_AGAIN)
        });
        let before = self.live.limits();
        if limits != before {
            self.live.set_limits(limits);
        }
        self.tools.upload_limiter.set_limit(limits.upload.limit);
        self.tools.download_limiter.set_limit(limits.download.limit);
        let stops = limits.stops();
        if stops != self.state.stops {
            let frees = stops.frees(std::mem::replace(&mut self.state.stops, stops));
            self.input(Input::Stop(stops));
            if frees {
                // What was passed over may move again.
                self.read_from_the_start();
            }
        }
    }

    /// Gives transfers another limit of their own.
    pub(super) fn set_own_limits(&mut self, ids: Vec<TransferId>, limit: Option<NonZeroU64>, reply: Reply<()>) {
        let (mut held, mut only_in_ledger) = (Vec::new(), Vec::new());
        for id in &ids {
            if self.queue.holds(*id) {
                held.push(*id);
                continue;
            }
            match self.ledger.records().views(&[*id]).map(|mut found| found.pop()) {
                // What is over moves nothing any more.
                Ok(Some(view)) if view.state.is_final() => {}
                Ok(Some(_)) => only_in_ledger.push(*id),
                // Whoever asked may have stopped listening.
                Ok(None) => return drop(reply.send(Err(EngineError::NoSuchTransfer(*id)))),
                Err(error) => return drop(reply.send(Err(error.into()))),
            }
        }
        for id in held {
            self.input(Input::OwnLimit(id, limit));
            if let Some((workspace, _)) = self.state.workspaces.get(&id) {
                workspace.set_own_limit(&self.tools.clock, limit);
            }
            self.show(id, self.tools.clock.now());
        }
        self.note(only_in_ledger.iter().map(|id| Fact::OwnLimitSet { id: *id, limit }).collect());
        self.state.own_limits_under_way.extend(ids.iter().map(|id| (*id, limit)));
        self.state.changes_under_way += 1;
        self.live.touch();
        self.barrier(ids, Behind::Changed(reply));
    }
}
