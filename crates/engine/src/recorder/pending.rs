//! What waits to be written, in groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Written;
use crate::at_risk::AtRisk;
use crate::fact::Fact;
use crate::transfer::TransferId;

const PARTS_MAX: usize = 16;
const PARTS_AGE: Duration = Duration::from_millis(200);
/// Small objects end by the hundred: so many of them, or so long, make a group.
const RESTS_MAX: usize = 64;
const RESTS_AGE: Duration = Duration::from_millis(50);
/// Half of the 64 MiB that may be unsynced: as much again may arrive while the sync itself runs.
const SYNC_AFTER_BYTES: u64 = 32 << 20;
const UNSYNCED_AGE: Duration = Duration::from_secs(2);
/// Facts of one transfer that wait.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) facts: Vec<Fact>,
    /// Where the bytes are that the facts speak of, which has to be synced before.
    pub(super) file: Option<Written>,
    parts: usize,
    pub(super) bytes: u64,
    pub(super) since: Option<Duration>,
    /// What is told when they have been written. They are not to wait for a group.
    pub(super) at_once: Option<Arc<AtRisk>>,
}

impl Pending {
    pub(super) fn due_at(&self) -> Option<Duration> {
        let since = self.since?;
        if self.at_once.is_some() {
            return Some(since);
        }
        let full = match &self.file {
            Some(_) => self.bytes >= SYNC_AFTER_BYTES,
            None => self.parts >= PARTS_MAX,
        };
        let age = if self.file.is_some() { UNSYNCED_AGE } else { PARTS_AGE };
        Some(if full { since } else { since + age })
    }
}

/// Transfers that rest, whose barriers wait for a group.
#[derive(Default)]
pub(super) struct Rests {
    barriers: Vec<(Vec<TransferId>, u64)>,
    since: Option<Duration>,
}

impl Rests {
    pub(super) fn add(&mut self, ids: Vec<TransferId>, number: u64, now: Duration) {
        self.since.get_or_insert(now);
        self.barriers.push((ids, number));
    }

    /// Takes those that `wanted` says.
    pub(super) fn take(&mut self, wanted: impl Fn(&[TransferId]) -> bool) -> Vec<(Vec<TransferId>, u64)> {
        let taken: Vec<_> = self.barriers.extract_if(.., |(ids, _)| wanted(ids)).collect();
        if self.barriers.is_empty() {
            self.since = None;
        }
        taken
    }

    pub(super) fn due_at(&self) -> Option<Duration> {
        let full = self.barriers.len() >= RESTS_MAX;
        self.since.map(|since| if full { since } else { since + RESTS_AGE })
    }
}

/// Takes facts in, in order.
pub(super) fn take(
    pending: &mut BTreeMap<TransferId, Pending>,
    unsynced: &mut BTreeSet<TransferId>,
    facts: Vec<Fact>,
    file: Option<&Written>,
    now: Duration,
) {
    for fact in facts {
        let id = fact.id();
        let one = pending.entry(id).or_default();
        one.since.get_or_insert(now);
        match &fact {
            Fact::PartDone { part, .. } => {
                one.parts += 1;
                one.bytes += part.size_bytes;
                one.file = file.cloned().or(one.file.take());
            }
            // It begins anew: the old failure is behind it.
            Fact::Restarted { .. } | Fact::Cancelled { .. } if unsynced.remove(&id) => {
                // What still waits to be recorded was written before the failure.
                one.facts.retain(|fact| !matches!(fact, Fact::PartDone { .. }));
            }
            // While nothing can be written, only the newest is kept.
            Fact::Timeline { .. } => one.facts.retain(|fact| !matches!(fact, Fact::Timeline { .. })),
            _ => {}
        }
        one.facts.push(fact);
    }
}
