//! What its user gives up can be taken back for a while, also after a crash; then it is removed.
//!
//! The moment at which a wish ends is recorded with each of its transfers and names the wish. This process waits for it
//! by its own steady clock, so a wall clock that is moved shortens nothing; after a restart the rest is waited for, and
//! never more than the whole.

use std::time::Duration;

use super::{Behind, Driver, Reply};
use crate::fact::Bulk;
use crate::handle::{DISMISSAL, EngineError};
use crate::ledger::DISMISSED_AT_ONCE_MAX;
use crate::queue::Input;
use crate::recorder::{Note, Passed};
use crate::rules::Rule;
use crate::transfer::TransferId;

/// The same in milliseconds.
const DISMISSAL_MS: u64 = DISMISSAL.as_secs() * 1000;
/// How far ahead a moment is at most that is later than asked for.
const LATER_MS_MAX: u64 = DISMISSAL_MS + 1_000;
/// How long the end of a wish waits that the ledger could not be told.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Driver {
    /// Wishes of an earlier run end when their time is over.
    pub(super) fn take_over_dismissals(&mut self) {
        if !self.takes_over {
            return;
        }
        let (now, wall_ms) = (self.tools.clock.now(), self.tools.clock.wall_ms());
        match self.ledger.records().dismissals() {
            Ok(moments) => {
                for until_ms in moments {
                    let left_ms = u64::try_from(until_ms.saturating_sub(wall_ms)).unwrap_or(0);
                    self.state.dismissals.insert(until_ms, now + Duration::from_millis(left_ms).min(DISMISSAL));
                    // One that lies far ahead, after a clock was set back, does not drag the others along.
                    if left_ms <= DISMISSAL_MS {
                        self.state.last_dismissal_ms = self.state.last_dismissal_ms.max(until_ms);
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the ledger cannot be read"),
        }
    }

    pub(super) fn next_dismissal(&self) -> Option<Duration> {
        self.state.dismissals.values().min().copied().filter(|_| self.state.closing.is_none())
    }

    pub(super) fn dismiss(&mut self, ids: Vec<TransferId>, until_ms: Option<i64>, reply: Reply<i64>) {
        let until_ms = until_ms.unwrap_or_else(|| {
            let asked_ms = DISMISSAL_MS.cast_signed();
            // One moment for each wish, also where the wall clock is set back.
            self.tools.clock.wall_ms().saturating_add(asked_ms).max(self.state.last_dismissal_ms + 1)
        });
        self.state.last_dismissal_ms = self.state.last_dismissal_ms.max(until_ms);
        self.state.dismissing.extend(ids.iter().copied());
        self.input(Input::Dismiss(ids.clone(), until_ms));
        self.state.changes_under_way += 1;
        self.live.touch();
        self.barrier(ids.clone(), Behind::Dismissed { ids, until_ms, reply });
    }

    pub(super) fn dismissed(&mut self, ids: &[TransferId], until_ms: i64, failure: Option<String>, reply: Reply<i64>) {
        self.changes_written();
        for id in ids {
            self.state.dismissing.remove(id);
        }
        // Of several wishes in one millisecond the later ones have later moments than they asked for.
        let ahead_ms = u64::try_from(until_ms.saturating_sub(self.tools.clock.wall_ms())).unwrap_or(0);
        let grace = match ahead_ms {
            _ if !self.tools.rules.hold(Rule::UndoHasItsTime) => Duration::ZERO,
            DISMISSAL_MS..=LATER_MS_MAX => Duration::from_millis(ahead_ms),
            // A moment further ahead says only that the wall clock was set back.
            _ => DISMISSAL,
        };
        // Also if it could not be written: it will be, with the next facts that can.
        self.state.dismissals.insert(until_ms, self.tools.clock.now() + grace);
        self.live.touch();
        let answer = failure.map_or(Ok(until_ms), |error| Err(EngineError::LedgerWrite(error)));
        // Whoever asked may have stopped listening.
        drop(reply.send(answer));
    }

    pub(super) fn recall(&mut self, until_ms: i64, reply: Reply<bool>) {
        if self.state.dismissals.remove(&until_ms).is_none() {
            // Too late. Whoever asked may have stopped listening.
            return drop(reply.send(Ok(false)));
        }
        self.input(Input::Recall(until_ms));
        self.forget_that_they_rest();
        self.state.changes_under_way += 1;
        self.live.touch();
        let number = self.put_behind(Behind::Recalled { until_ms, reply });
        self.send_note(Note::Bulk { bulk: Bulk::Recalled { until_ms }, number });
    }

    pub(super) fn recalled(&mut self, until_ms: i64, failure: Option<String>, reply: Reply<bool>) {
        self.changes_written();
        // What it held before may wait again.
        self.read_from_the_start();
        self.live.touch();
        if failure.is_some() {
            // It is told, and can be asked for once more.
            self.state.dismissals.insert(until_ms, self.tools.clock.now() + DISMISSAL);
        }
        let answer = failure.map_or(Ok(true), |error| Err(EngineError::LedgerWrite(error)));
        // Whoever asked may have stopped listening.
        drop(reply.send(answer));
    }

    pub(super) fn end_dismissals(&mut self, now: Duration) {
        if self.state.closing.is_some() {
            return;
        }
        let over: Vec<i64> =
            self.state.dismissals.iter().filter(|(_, due)| **due <= now).map(|(until_ms, _)| *until_ms).collect();
        for until_ms in over {
            self.state.dismissals.remove(&until_ms);
            self.input(Input::DismissalEnds(until_ms));
            self.forget_that_they_rest();
            self.state.changes_under_way += 1;
            let number = self.put_behind(Behind::DismissalEnded { until_ms });
            self.send_note(Note::Bulk { bulk: Bulk::DismissalEnds { until_ms }, number });
        }
    }

    pub(super) fn dismissal_ended(&mut self, until_ms: i64, passed: &Passed) {
        self.changes_written();
        let now = self.tools.clock.now();
        if passed.failure.is_some() {
            self.state.dismissals.insert(until_ms, now + AGAIN_AFTER);
        } else if passed.removed >= DISMISSED_AT_ONCE_MAX {
            // There may be more than fits into one piece; other facts come in between.
            self.state.dismissals.insert(until_ms, now);
        }
        if passed.removed > 0 {
            // What is being cancelled now is taken up from the ledger.
            self.read_from_the_start();
            self.live.touch();
        }
    }

    /// What has risen again is not let go of when it next comes to rest, before that is recorded.
    fn forget_that_they_rest(&mut self) {
        let queue = &self.queue;
        self.state.resting.retain(|id| queue.transfer(*id).is_none_or(|one| one.state.is_resting()));
    }

    /// One of the changes under way is written, or is known not to be.
    pub(super) fn changes_written(&mut self) {
        self.state.changes_under_way -= 1;
        if self.state.changes_under_way == 0 {
            self.state.all_under_way = None;
            self.state.options_under_way.clear();
            self.state.own_limits_under_way.clear();
        }
    }
}
