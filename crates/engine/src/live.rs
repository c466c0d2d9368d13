//! The picture of what works just now: written by the driver, read by everybody, never waited for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::limits::LimitsNow;
use crate::meter::{Meter, Speed};
use crate::queue::Transfer;
use crate::track::Track;
use crate::transfer::{State, TransferId, TransferSpec};
use crate::view::TransferView;

/// Bytes a second over all transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speeds {
    pub(crate) upload: f64,
    pub(crate) download: f64,
}

/// The picture. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    clock: Arc<dyn Clock>,
    transfers: Arc<RwLock<BTreeMap<TransferId, Pictured>>>,
    speeds: Arc<RwLock<Speeds>>,
    limits: Arc<RwLock<LimitsNow>>,
    revision: Arc<AtomicU64>,
}

/// A transfer, and when it looked like that.
#[derive(Clone, Debug)]
struct Pictured {
    view: Arc<TransferView>,
    at: Duration,
}

impl Pictured {
    /// What only waits for its next attempt is not pictured again until then: its time is counted down where it is read.
    fn seen(&self, now: Duration) -> Arc<TransferView> {
        let Some(left_ms) = self.view.retry_in_ms else { return self.view.clone() };
        let passed_ms = u64::try_from(now.saturating_sub(self.at).as_millis()).unwrap_or(u64::MAX);
        // It is the queue that says when the wait is over.
        let retry_in_ms = Some(left_ms.saturating_sub(passed_ms).max(1));
        Arc::new(TransferView { retry_in_ms, ..self.view.as_ref().clone() })
    }
}

impl Live {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            transfers: Arc::default(),
            speeds: Arc::default(),
            limits: Arc::default(),
            revision: Arc::default(),
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    pub(crate) fn touch(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn get(&self, id: TransferId) -> Option<Arc<TransferView>> {
        let now = self.clock.now();
        self.transfers.read().unwrap_or_else(PoisonError::into_inner).get(&id).map(|one| one.seen(now))
    }

    pub(crate) fn all(&self) -> Vec<Arc<TransferView>> {
        let now = self.clock.now();
        self.transfers.read().unwrap_or_else(PoisonError::into_inner).values().map(|one| one.seen(now)).collect()
    }

    pub(crate) fn set(&self, view: TransferView) {
        let id = view.id;
        let pictured = Pictured { view: Arc::new(view), at: self.clock.now() };
        self.transfers.write().unwrap_or_else(PoisonError::into_inner).insert(id, pictured);
        self.touch();
    }

    pub(crate) fn remove(&self, id: TransferId) {
        self.transfers.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.touch();
    }

    /// Nothing works any more.
    pub(crate) fn clear(&self) {
        self.transfers.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.set_speeds(Speeds::default());
        self.touch();
    }

    pub(crate) fn speeds(&self) -> Speeds {
        *self.speeds.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limits(&self) -> LimitsNow {
        *self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_limits(&self, limits: LimitsNow) {
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
        self.touch();
    }

    pub(crate) fn set_speeds(&self, speeds: Speeds) {
        *self.speeds.write().unwrap_or_else(PoisonError::into_inner) = speeds;
    }
}

/// What the driver remembers of a transfer between samples.
#[derive(Debug, Default)]
pub(crate) struct Sampled {
    pub(crate) speed: Speed,
    /// Progress never runs backwards, also when a part in flight breaks off.
    pub(crate) told_bytes: u64,
    pub(crate) saved_ms: Option<i64>,
    /// When it was first seen to work, and what has happened since.
    pub(crate) began: Option<Duration>,
    pub(crate) track: Option<Box<Track>>,
}

/// The picture of one transfer at `now`.
pub(crate) fn picture(transfer: &Transfer, meter: &Meter, sampled: &mut Sampled, now: Duration) -> TransferView {
    let size_bytes = transfer.size_bytes();
    let in_flight_bytes: u64 = meter
        .in_flight()
        .iter()
        .filter(|(number, _)| !transfer.parts.contains_key(number))
        .map(|(_, bytes)| bytes)
        .sum();
    let speed = sampled.speed.sample(now, transfer.moved_bytes(meter));
    sampled.began.get_or_insert(now);
    let target = transfer.checkpoint.as_ref().map_or(&transfer.spec.target, |known| &known.target);
    TransferView {
        id: transfer.id,
        order: transfer.order,
        spec: TransferSpec {
            source: transfer.spec.source.clone(),
            target: target.clone(),
            options: transfer.spec.options.clone(),
        },
        intent: transfer.intent,
        state: transfer.seen_state(),
        passes_through: transfer.passes_through(),
        size_bytes,
        done_bytes: transfer.done_bytes,
        in_flight_bytes: in_flight_bytes.min(size_bytes.unwrap_or(u64::MAX).saturating_sub(transfer.done_bytes)),
        speed_bytes_per_second: if transfer.state == State::Moving { speed } else { 0.0 },
        error: transfer.error.clone(),
        retry_in_ms: transfer
            .hold_until
            .filter(|until| *until > now)
            .map(|until| u64::try_from((until - now).as_millis()).unwrap_or(u64::MAX)),
        next_try: transfer.next_try(now),
        result: transfer.result.clone(),
        stats: transfer.stats,
        added_ms: transfer.added_ms,
        ended_ms: transfer.ended_ms,
    }
}
