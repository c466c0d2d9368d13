//! What its user has given up, and can still take back.
//!
//! Such a transfer is stopped as by a pause and keeps everything. What it was is remembered beside it, so that a wish
//! taken back leaves no trace; when the time is over it is cancelled as by the wish for that. A commit is left to end:
//! what is published by then is done, whatever was wanted. A cancel that had failed is not tried for ever: its row goes, and
//! the upload that it could not abort is written down.

use super::{Queue, Step};
use crate::fact::Fact;
use crate::transfer::{Intent, State, TransferId};

/// What a transfer was when it was dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dismissed {
    until_ms: i64,
    intent: Intent,
    state: State,
}

impl Queue {
    pub(super) fn dismiss(&mut self, id: TransferId, until_ms: i64, step: &mut Step) {
        let Some(transfer) = self.transfers.get_mut(&id) else {
            // The ledger knows what it is.
            step.facts.push(Fact::Dismissed { id, until_ms });
            return;
        };
        // A cancel that has failed can be given up as well, or its row would stand there for ever.
        let is_cancelled =
            transfer.intent == Intent::Cancel && !transfer.state.is_final() && transfer.state != State::Failed;
        if transfer.dismissed.is_some() || is_cancelled {
            return;
        }
        step.facts.push(Fact::Dismissed { id, until_ms });
        transfer.dismissed = Some(Dismissed { until_ms, intent: transfer.intent, state: transfer.state });
        transfer.intent = Intent::Cancel;
        transfer.hold_until = None;
        step.stop.extend(transfer.stoppable());
        self.waiting.remove(&(transfer.order, id));
        if transfer.state.is_resting() {
            transfer.set_state(State::Dismissed);
        } else {
            self.awake.insert(id);
        }
        step.events.push(transfer.state_event());
    }

    pub(super) fn recall(&mut self, until_ms: i64, step: &mut Step) {
        for id in self.dismissed_until(until_ms) {
            let Some(transfer) = self.transfers.get_mut(&id) else { continue };
            let Some(was) = transfer.dismissed.take() else { continue };
            step.facts.push(Fact::Recalled { id });
            transfer.intent = was.intent;
            if transfer.state == State::Dismissed {
                // It has come to rest meanwhile; what worked waits for its turn again.
                transfer.set_state(if was.state.is_resting() { was.state } else { State::Waiting });
                if !was.state.is_resting() {
                    step.facts.push(Fact::StateSet { id, state: State::Waiting, stats: Some(transfer.stats) });
                }
            }
            if transfer.state == State::Waiting && transfer.intent == Intent::Run {
                self.awake.remove(&id);
                self.waiting.insert((transfer.order, id));
            } else if !transfer.state.is_resting() {
                self.awake.insert(id);
            }
            step.events.push(transfer.state_event());
        }
    }

    pub(super) fn dismissal_ends(&mut self, until_ms: i64, step: &mut Step) {
        for id in self.dismissed_until(until_ms) {
            let Some(transfer) = self.transfers.get_mut(&id) else { continue };
            let Some(was) = transfer.dismissed.take() else { continue };
            // What had ended is only taken out of the list, by the ledger, and so is what could not be cancelled.
            if was.state.is_final() || (was.state == State::Failed && was.intent == Intent::Cancel) {
                continue;
            }
            transfer.intent = was.intent;
            self.want(id, Intent::Cancel, step);
        }
    }

    fn dismissed_until(&self, until_ms: i64) -> Vec<TransferId> {
        let of_this_wish = |transfer: &&super::Transfer| transfer.dismissed.is_some_and(|was| was.until_ms == until_ms);
        self.transfers.values().filter(of_this_wish).map(|transfer| transfer.id).collect()
    }
}
