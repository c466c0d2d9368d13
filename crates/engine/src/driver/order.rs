//! Another place in the queue.
//!
//! Places are numbers with much room between them, so that what is moved usually gets a free one and nothing else
//! changes. Where there is no room left, the nearest before it move too, as few as make room.
//!
//! The neighbours are read from the ledger, so one wish waits until the one before it is durable. What that costs is
//! that a person who drags quickly is a few milliseconds ahead of the record.

use std::collections::BTreeSet;

use super::{Behind, Driver, Reply};
use crate::handle::EngineError;
use crate::ledger::Place;
use crate::priority::Priority;
use crate::queue::Input;
use crate::transfer::{Intent, State, TransferId};

/// Room between two transfers that are added one after the other: two billion of them, and between any two there can
/// be something else thirty times over.
pub(super) const STRIDE: i64 = 1 << 32;

/// Where in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPlace {
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// Behind all others of a priority, which is theirs then.
    LastOf(Priority),
    /// Just before this one.
    Before(TransferId),
}

/// A wish to move transfers, in this order, to a place.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) ids: Vec<TransferId>,
    pub(super) to: NewPlace,
    pub(super) reply: Reply<()>,
}

impl Driver {
    pub(super) fn reorder(&mut self, wish: Move) {
        if self.state.move_under_way {
            self.state.moves.push_back(wish);
            return;
        }
        match self.places_for(&wish) {
            Ok(places) => {
                self.state.move_under_way = true;
                let ids: Vec<TransferId> = places.iter().map(|(_, id)| *id).collect();
                if let Some((_, next_order)) = &mut self.state.next {
                    // What is added stands behind all that is normal.
                    let normal =
                        places.iter().map(|(order, _)| *order).filter(|at| Priority::of(*at) == Priority::Normal);
                    *next_order = normal.fold(*next_order, |next, order| next.max(order.saturating_add(STRIDE)));
                }
                self.input(Input::Reorder(places.into_iter().map(|(order, id)| (id, order)).collect()));
                self.live.touch();
                self.barrier(ids.clone(), Behind::Moved { ids, reply: wish.reply });
            }
            // Whoever asked may have stopped listening.
            Err(error) => drop(wish.reply.send(Err(error))),
        }
    }

    /// A move is durable, or cannot be made so: the next one may begin.
    pub(super) fn moved(&mut self, ids: &[TransferId]) {
        self.state.move_under_way = false;
        // What was moved to before the window that is in memory would be passed over.
        if let Some(cursor) = self.state.cursor.filter(|_| self.takes_over && !self.state.exhausted) {
            let absent = ids.iter().filter(|id| !self.queue.holds(**id));
            let loaded = absent.filter_map(|id| match self.ledger.records().load(*id) {
                Ok(loaded) => loaded.map(|one| self.as_it_will_be(one)),
                Err(error) => {
                    tracing::error!(%error, "the ledger cannot be read");
                    None
                }
            });
            let runs = loaded.filter(|one| one.state == State::Waiting && one.intent == Intent::Run);
            let passed: Vec<_> = runs.filter(|one| (one.order, one.id) <= cursor).collect();
            if !passed.is_empty() {
                self.load(passed);
            }
        }
        if let Some(next) = self.state.moves.pop_front() {
            self.reorder(next);
        }
    }

    /// The new places, of those that are moved and of as many others as make room for them.
    fn places_for(&mut self, wish: &Move) -> Result<Vec<Place>, EngineError> {
        let mut seen = BTreeSet::new();
        let mut ids = Vec::with_capacity(wish.ids.len());
        for id in wish.ids.iter().copied().filter(|id| seen.insert(*id)) {
            if !self.is_over(id)? && wish.to != NewPlace::Before(id) {
                ids.push(id);
            }
        }
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let spaced = |from: i64, step: i64, ids: Vec<TransferId>| {
            ids.into_iter()
                .zip(1..)
                .map(|(id, n): (_, i64)| (from.saturating_add(step.saturating_mul(n)), id))
                .collect()
        };
        match wish.to {
            NewPlace::Last | NewPlace::LastOf(Priority::Normal) => {
                let behind_low = match wish.to {
                    NewPlace::Last => self.last_place(Priority::Low)?,
                    _ => None,
                };
                if let Some(last) = behind_low {
                    return Ok(spaced(last, STRIDE, ids));
                }
                let Some((_, next_order)) = &mut self.state.next else {
                    return Err(EngineError::LedgerWrite("it could not be read at the start".into()));
                };
                let from = *next_order - STRIDE;
                *next_order = next_order.saturating_add(STRIDE.saturating_mul(count));
                Ok(spaced(from, STRIDE, ids))
            }
            NewPlace::LastOf(priority) => {
                let last = self.last_place(priority)?.unwrap_or(priority.middle());
                Ok(spaced(last, STRIDE, ids))
            }
            NewPlace::First => {
                let first = self.ledger.records().first_place()?.map_or(0, |(order, _)| order);
                Ok(spaced(first.saturating_sub(STRIDE.saturating_mul(count + 1)), STRIDE, ids))
            }
            NewPlace::Before(other) => {
                let view = self.ledger.records().views(&[other])?.pop().ok_or(EngineError::NoSuchTransfer(other))?;
                let moved: BTreeSet<TransferId> = ids.iter().copied().collect();
                // What is moved away makes room, too.
                let mut asked = 1 + moved.len();
                loop {
                    let mut near = self.ledger.records().places_before(Some((view.order, other)), asked)?;
                    let all = near.len() < asked;
                    near.retain(|(_, id)| !moved.contains(id));
                    if let Some(places) = between(&near, all, view.order, &ids) {
                        return Ok(places);
                    }
                    asked *= 8;
                }
            }
        }
    }

    /// The last place of a priority that a transfer has which is not over.
    fn last_place(&self, of: Priority) -> Result<Option<i64>, EngineError> {
        let before = self.ledger.records().places_before(Some((of.end(), TransferId(0))), 1)?;
        Ok(before.first().map(|(order, _)| *order).filter(|order| Priority::of(*order) == of))
    }

    fn is_over(&self, id: TransferId) -> Result<bool, EngineError> {
        match self.queue.transfer(id) {
            Some(held) => Ok(held.state.is_final()),
            None => {
                let view = self.ledger.records().views(&[id])?.pop().ok_or(EngineError::NoSuchTransfer(id))?;
                Ok(view.state.is_final())
            }
        }
    }
}

/// Places for `ids` between the nearest before `end` and `end` itself; moving the fewest of those before that make
/// room. `None` if there is no room even so, unless these are all that there are.
fn between(near: &[Place], all: bool, end: i64, ids: &[TransferId]) -> Option<Vec<Place>> {
    for moved_too in 0..=near.len() {
        let count = i64::try_from(moved_too + ids.len()).ok()?;
        let floor = match near.get(moved_too) {
            Some((order, _)) => *order,
            None if all => end.saturating_sub(STRIDE.saturating_mul(count + 1)),
            None => return None,
        };
        // No further than needed: before the first one of a low priority there is room for all that may ever be added.
        let step = (end.saturating_sub(floor) / (count + 1)).min(STRIDE);
        if step > 0 {
            let others = near[..moved_too].iter().rev().map(|(_, id)| *id);
            return Some(
                others.chain(ids.iter().copied()).zip(1..).map(|(id, n): (_, i64)| (floor + step * n, id)).collect(),
            );
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: std::ops::Range<u64>) -> Vec<TransferId> {
        of.map(TransferId).collect()
    }

    #[test]
    fn what_has_room_moves_alone() {
        let near = [(10, TransferId(1))];
        assert_eq!(between(&near, true, 20, &ids(7..8)), Some(vec![(15, TransferId(7))]));
        assert_eq!(between(&near, true, 13, &ids(7..9)), Some(vec![(11, TransferId(7)), (12, TransferId(8))]));
    }

    #[test]
    fn before_those_of_a_low_priority_a_place_is_as_normal_as_those_that_are_added() {
        let near = [(5 * STRIDE, TransferId(1))];
        let low = Priority::Low.middle() + STRIDE;
        assert_eq!(between(&near, true, low, &ids(7..8)), Some(vec![(6 * STRIDE, TransferId(7))]));
        assert_eq!(between(&[], true, low, &ids(7..8)), Some(vec![(low - STRIDE, TransferId(7))]));
    }

    #[test]
    fn those_before_move_only_where_there_is_no_room_and_keep_their_order() {
        let near = [(10, TransferId(3)), (9, TransferId(2)), (0, TransferId(1))];
        let places = between(&near, true, 11, &ids(7..8)).unwrap();
        assert_eq!(places, [(2, TransferId(2)), (4, TransferId(3)), (6, TransferId(7))]);
    }

    #[test]
    fn more_neighbours_are_asked_for_where_the_known_ones_are_too_close() {
        let near = [(10, TransferId(3)), (9, TransferId(2))];
        assert_eq!(between(&near, false, 11, &ids(7..8)), None);
        let places = between(&near, true, 11, &ids(7..8)).unwrap();
        assert!(places.is_sorted() && places.iter().all(|(order, _)| *order < 11), "{places:?}");
    }
}
