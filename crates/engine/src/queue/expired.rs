//! Stores whose credentials have expired.
//!
//! The first transfer that a store refuses for them tells it of all others: what waits in memory is held with the same
//! reason and without a request, and what only the ledger has is passed over. So a queue of a million costs a store
//! one refusal for each transfer that worked, and not a million. What it costs: until there are new credentials, or
//! somebody says "resume", nothing asks the store whether it has changed its mind.

//!
//! A copy between two stores that is refused does not say which of them it was: it speaks for copies between these two
//! only, while the refusal of what is in one store speaks for everything that needs it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Queue, Step};
use crate::error::TransferError;
use crate::transfer::{State, StoreId, TransferId, TransferSpec};

/// What was refused: the stores that a transfer needed, and why.
pub(super) type Refusals = BTreeMap<(StoreId, StoreId), TransferError>;

impl Queue {
    /// Whether a store that the transfer needs would refuse it.
    pub fn lacks_credentials(&self, spec: &TransferSpec) -> bool {
        self.refusal(spec).is_some()
    }

    /// How many refusals are remembered. When one is forgotten, what was passed over for it has to be read again.
    pub fn refusals(&self) -> usize {
        self.expired.len()
    }

    /// Forgets that credentials have expired: those of one store, or all.
    pub fn credentials_may_be_new(&mut self, of: Option<&StoreId>) {
        self.expired.retain(|(one, other), _| of.is_some_and(|of| one != of && other != of));
    }

    /// Somebody wants this one to go on, and may have seen to the credentials; if not, one request finds out.
    pub(super) fn asks_again(&mut self, spec: &TransferSpec) {
        self.expired.retain(|stores, _| !needs(spec, stores));
    }

    /// Holds a transfer that has just left the waiting ones, if a store would refuse it.
    pub(super) fn held_at_once(&mut self, id: TransferId, now: Duration, step: &mut Step) -> bool {
        let Some(error) = self.transfers.get(&id).and_then(|one| self.refusal(&one.spec)).cloned() else {
            return false;
        };
        if let Some(transfer) = self.transfers.get_mut(&id) {
            transfer.error = Some(error);
        }
        self.rest(id, State::Paused, now, step);
        true
    }

    fn refusal(&self, spec: &TransferSpec) -> Option<&TransferError> {
        self.expired.iter().find(|(stores, _)| needs(spec, stores)).map(|(_, error)| error)
    }
}

/// Remembers that a transfer was refused.
pub(super) fn note_refusal(refusals: &mut Refusals, spec: &TransferSpec, error: &TransferError) {
    let (source, target) = (spec.source.store(), spec.target.store());
    if let Some((one, other)) = source.or(target).zip(target.or(source)) {
        refusals.insert((one.min(other).clone(), one.max(other).clone()), error.clone());
    }
}

/// Whether a transfer needs both (or, named twice, that one).
fn needs(spec: &TransferSpec, (one, other): &(StoreId, StoreId)) -> bool {
    spec.is_at(one) && spec.is_at(other)
}
