//! What is over is remembered for a while and then forgotten, a bounded piece at a time.
//!
//! Only transfers that are done or cancelled; one that failed or is paused waits for somebody for as long as it takes.

use std::time::Duration;

use super::{Behind, Driver};
use crate::fact::Bulk;
use crate::ledger::EXPIRED_AT_ONCE_MAX;
use crate::recorder::{Note, Passed};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How often old history is looked for, the first time at the start.
const EVERY: Duration = Duration::from_hours(24);

impl Driver {
    pub(super) fn expire_history(&mut self, now: Duration) {
        if self.state.expire_at.is_none_or(|at| now < at) || self.state.closing.is_some() {
            return;
        }
        self.state.expire_at = None;
        let before_ms = self.tools.clock.wall_ms().saturating_sub(i64::from(self.history_days) * DAY_MS);
        let number = self.put_behind(Behind::Expired);
        self.send_note(Note::Bulk { bulk: Bulk::Expired { before_ms }, number });
    }

    pub(super) fn expired(&mut self, passed: &Passed) {
        let now = self.tools.clock.now();
        // There may be more than fits into one piece; other facts come in between.
        let more = passed.removed >= EXPIRED_AT_ONCE_MAX;
        // It may have been decided meanwhile that all of it stays.
        self.state.expire_at = (self.history_days > 0).then(|| if more { now } else { now + EVERY });
        if passed.removed > 0 {
            self.live.touch();
        }
    }
}
