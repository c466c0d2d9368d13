//! Stores whose credentials have expired.
//!
//! The first transfer that a store refuses for them tells it of all others: what waits in memory is held with the same
//! reason and without a request, and what only the ledger has is passed over. So a queue of a million costs a store
//! one refusal for each transfer that worked, and not a million. What it costs: until there are new credentials, or
//! somebody says "resume", nothing asks the store whether it has changed its mind.

use std::time::Duration;

use super::{Queue, Step};
use crate::transfer::{State, StoreId, TransferId, TransferSpec};

impl Queue {
    /// Whether a store that the transfer needs would refuse it.
    pub fn lacks_credentials(&self, spec: &TransferSpec) -> bool {
        self.expired.keys().any(|store| spec.is_at(store))
    }

    /// Forgets that credentials have expired: those of one store, or all.
    pub fn credentials_may_be_new(&mut self, of: Option<&StoreId>) {
        self.expired.retain(|store, _| of.is_some_and(|one| one != store));
    }

    /// Holds a transfer that has just left the waiting ones, if a store would refuse it.
    pub(super) fn held_at_once(&mut self, id: TransferId, now: Duration, step: &mut Step) -> bool {
        let Some(transfer) = self.transfers.get_mut(&id) else { return false };
        let refused = self.expired.iter().find(|(store, _)| transfer.spec.is_at(store));
        let Some((_, error)) = refused else { return false };
        transfer.error = Some(error.clone());
        self.rest(id, State::Paused, now, step);
        true
    }
}
