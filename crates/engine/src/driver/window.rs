//! The window of waiting transfers in memory: rows of the ledger, in queue order, as many as may soon be wanted.

use super::rest::TELL_AGAIN;
use super::{Driver, WINDOW};
use crate::queue::{Input, Loaded};
use crate::recorder::Note;
use crate::transfer::{Intent, TransferId};

/// Pages of rows that are read before callers are heard again: many may be passed over.
const PAGES_A_TURN: usize = 4;

impl Driver {
    /// Fills the window of waiting transfers from the ledger.
    pub(super) fn refill(&mut self) {
        if self.state.read_again_at.is_some_and(|at| self.tools.clock.now() < at) {
            return;
        }
        self.state.read_again_at = None;
        let wanted = |driver: &Self| {
            !driver.state.exhausted
                && driver.state.read_again_at.is_none()
                && driver.state.changes_under_way == 0
                && driver.queue.ready_count() < WINDOW / 2
        };
        for _ in 0..PAGES_A_TURN {
            if !wanted(self) {
                break;
            }
            match self.ledger.records().next_runnable(self.state.cursor, WINDOW) {
                Ok(mut page) => {
                    self.state.exhausted = page.len() < WINDOW;
                    self.state.cursor = page.last().map(|one| (one.order, one.id)).or(self.state.cursor);
                    let refused = |one: &Loaded| {
                        one.intent == Intent::Run
                            && (self.queue.lacks_credentials(&one.spec) || self.queue.would_hold_back(one))
                    };
                    page.retain(|one| !self.queue.holds(one.id) && !refused(one));
                    self.load(page);
                }
                Err(error) => {
                    tracing::error!(%error, "the ledger cannot be read");
                    self.state.read_again_at = Some(self.tools.clock.now() + TELL_AGAIN);
                }
            }
        }
        self.state.reads_on = wanted(self);
    }

    /// Takes in what was read from the ledger. What could not be synced of it is not recorded, and moves again.
    pub(super) fn load(&mut self, loaded: Vec<Loaded>) {
        let ids: Vec<TransferId> = loaded.iter().filter(|one| one.checkpoint.is_some()).map(|one| one.id).collect();
        if !ids.is_empty() {
            self.send_note(Note::Loaded { ids });
        }
        self.input(Input::Load(loaded));
    }

    /// Rows before the cursor may be wanted again.
    pub(super) fn read_from_the_start(&mut self) {
        self.state.cursor = None;
        self.state.exhausted = !self.takes_over;
    }
}
