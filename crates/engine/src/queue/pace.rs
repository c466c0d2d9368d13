//! How many parts may move at a store that has asked to slow down.
//!
//! Everybody at that store goes slower together, since it counts requests and not transfers. One wave of refusals is one
//! request to slow down: it takes the parts in flight to seven tenths. After ten quiet seconds one more is allowed every
//! two seconds in which something succeeds, until nothing is held back any more and the store is forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Transfer;
use crate::transfer::{End, StoreId};

/// Refusals within this are one wave.
const WAVE: Duration = Duration::from_secs(1);
/// No growth for so long after one.
const QUIET: Duration = Duration::from_secs(10);
/// Then one part more every so often.
const GROW_EVERY: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug)]
struct Pace {
    parts_max: usize,
    /// How many moved before the first refusal.
    before: usize,
    slowed_at: Duration,
    grow_at: Duration,
}

/// The stores that have asked to slow down.
#[derive(Debug, Default)]
pub(super) struct Paces(BTreeMap<StoreId, Pace>);

impl Paces {
    /// Whether none has.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A store of this transfer asks to slow down while so many parts move there.
    pub(super) fn slow_down(&mut self, transfer: &Transfer, moving: &Moving, now: Duration) {
        for store in stores(transfer) {
            let there = moving.at(store);
            let before = self.0.get(store);
            if before.is_some_and(|pace| now < pace.slowed_at + WAVE) {
                continue;
            }
            let allowed = before.map_or(there, |pace| pace.parts_max.min(there));
            let first = before.map_or(there, |pace| pace.before);
            let pace =
                Pace { parts_max: (allowed * 7 / 10).max(1), before: first, slowed_at: now, grow_at: now + QUIET };
            self.0.insert(store.clone(), pace);
        }
    }

    /// Something of this transfer has succeeded.
    pub(super) fn succeeded(&mut self, transfer: &Transfer, now: Duration) {
        for store in stores(transfer) {
            let Some(pace) = self.0.get_mut(store).filter(|pace| pace.grow_at <= now) else { continue };
            pace.parts_max += 1;
            pace.grow_at = now + GROW_EVERY;
            if pace.parts_max > pace.before {
                self.0.remove(store);
            }
        }
    }

    /// How many parts more may move for this transfer.
    pub(super) fn room(&self, transfer: &Transfer, moving: &Moving) -> usize {
        let room = |store: &StoreId| Some(self.0.get(store)?.parts_max.saturating_sub(moving.at(store)));
        stores(transfer).filter_map(room).min().unwrap_or(usize::MAX)
    }
}

/// Parts that move just now: of all that are not small, and of all by store where that is wanted.
#[derive(Debug)]
pub(super) struct Moving {
    pub(super) all: usize,
    by_store: Option<BTreeMap<StoreId, usize>>,
}

impl Moving {
    pub(super) fn new(by_store: bool) -> Self {
        Self { all: 0, by_store: by_store.then(BTreeMap::new) }
    }

    /// Counts `parts` more of a transfer.
    pub(super) fn add(&mut self, transfer: &Transfer, parts: usize) {
        // A small object takes nothing from those that share the line for hours.
        self.all += if transfer.is_small() { 0 } else { parts };
        if let Some(by_store) = &mut self.by_store {
            stores(transfer).for_each(|store| *by_store.entry(store.clone()).or_default() += parts);
        }
    }

    fn at(&self, store: &StoreId) -> usize {
        self.by_store.as_ref().and_then(|counts| counts.get(store)).copied().unwrap_or(0)
    }
}

/// The stores at its ends, each once.
fn stores(transfer: &Transfer) -> impl Iterator<Item = &StoreId> {
    let (source, target) = (store_of(&transfer.spec.source), store_of(&transfer.spec.target));
    source.into_iter().chain(target.filter(|target| Some(*target) != source))
}

fn store_of(end: &End) -> Option<&StoreId> {
    match end {
        End::Object { store, .. } => Some(store),
        End::File { .. } => None,
    }
}
