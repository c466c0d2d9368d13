//! Transfers that have come to rest: told once it is recorded, and let go of then.

use std::time::Duration;

use super::{Behind, Driver};
use crate::event::Event;
use crate::live::picture;
use crate::recorder::Note;
use crate::transfer::{State, TransferId};

/// How long a ledger that could not be told is left alone: it is asked again for as long as it takes, and must not be
/// asked in a circle.
pub(super) const TELL_AGAIN: Duration = Duration::from_secs(1);

impl Driver {
    /// Transfers come to rest: the ledger is told. While others work, what is done can wait for company.
    pub(super) fn come_to_rest(&mut self, ids: Vec<TransferId>, events: Vec<Event>) {
        let is_done = |id: &TransferId| self.queue.transfer(*id).is_some_and(|one| one.state == State::Done);
        let patient = ids.iter().all(is_done) && !self.state.running.is_empty();
        for workspace in ids.iter().filter(|id| is_done(id)).filter_map(|id| self.state.workspaces.get(id)) {
            // It is kept for its last picture; nothing is read from its files any more.
            workspace.0.close_files();
        }
        let number = self.put_behind(Behind::Rested(ids.clone(), events));
        self.send_note(if patient { Note::Rested { ids, number } } else { Note::Barrier { ids, number } });
    }

    /// Transfers have come to rest and the ledger knows it; or could not be told, then it is asked again.
    pub(super) fn rested(&mut self, ids: Vec<TransferId>, events: Vec<Event>, unrecorded: bool) {
        let now = self.tools.clock.now();
        for id in &ids {
            let Some(transfer) = self.queue.transfer(*id) else {
                self.live.remove(*id);
                continue;
            };
            if !transfer.state.is_resting() {
                continue; // it has risen again meanwhile
            }
            if unrecorded {
                let (workspace, sampled) = self.state.workspaces.entry(*id).or_default();
                self.live.set(picture(transfer, &workspace.meter, sampled, now));
            } else {
                self.live.remove(*id);
                self.state.resting.insert(*id);
            }
        }
        self.tell(events);
        if unrecorded {
            self.state.unrecorded.extend(ids);
            self.state.unrecorded_since.get_or_insert(now);
        }
    }

    /// Tells the ledger once more what it could not be told.
    pub(super) fn tell_ledger_again(&mut self, now: Duration) {
        if self.state.unrecorded_since.is_some_and(|since| now >= since + TELL_AGAIN) {
            self.state.unrecorded_since = None;
            let ids = std::mem::take(&mut self.state.unrecorded);
            self.barrier(ids.clone(), Behind::Rested(ids, Vec::new()));
        }
    }

    /// Lets go of transfers that rest, are recorded so and have no job left.
    pub(super) fn forget_resting(&mut self) {
        let (queue, workspaces, claims) = (&mut self.queue, &mut self.state.workspaces, &self.tools.claims);
        self.state.resting.retain(|id| {
            queue.forget(*id);
            let held = queue.holds(*id);
            if !held {
                workspaces.remove(id);
                claims.release(*id);
            }
            held
        });
    }
}
