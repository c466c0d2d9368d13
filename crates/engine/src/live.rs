//! The picture of what works just now: written by the driver, read by everybody, never waited for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use store::PartNumber;

use crate::checkpoint::Checkpoint;
use crate::meter::{Meter, Speed};
use crate::queue::Transfer;
use crate::transfer::{Kind, State, TransferId};
use crate::view::{PartState, TransferDetail, TransferView};

/// One transfer that is in the queue.
#[derive(Clone, Debug)]
pub(crate) struct LiveTransfer {
    pub(crate) view: TransferView,
    pub(crate) checkpoint: Option<Arc<Checkpoint>>,
    pub(crate) parts: Vec<PartState>,
    pub(crate) parts_confirmed: u64,
    pub(crate) saved_ms: Option<i64>,
}

/// Bytes a second over all transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speeds {
    pub(crate) upload: f64,
    pub(crate) download: f64,
}

/// The picture. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    transfers: Arc<RwLock<BTreeMap<TransferId, Arc<LiveTransfer>>>>,
    speeds: Arc<RwLock<Speeds>>,
    revision: Arc<AtomicU64>,
}

impl Live {
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    pub(crate) fn touch(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn get(&self, id: TransferId) -> Option<Arc<LiveTransfer>> {
        self.transfers.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<LiveTransfer>> {
        self.transfers.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn set(&self, live: LiveTransfer) {
        let id = live.view.id;
        self.transfers.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(live));
        self.touch();
    }

    pub(crate) fn remove(&self, id: TransferId) {
        self.transfers.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.touch();
    }

    pub(crate) fn speeds(&self) -> Speeds {
        *self.speeds.read().unwrap_or_else(PoisonError::into_inner)
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
}

/// The picture of one transfer at `now`.
pub(crate) fn picture(transfer: &Transfer, meter: &Meter, sampled: &mut Sampled, now: Duration) -> LiveTransfer {
    let in_flight = meter.in_flight();
    let size_bytes = transfer.checkpoint.as_ref().map(|known| known.source.size_bytes());
    let in_flight_bytes: u64 =
        in_flight.iter().filter(|(number, _)| !transfer.parts.contains_key(number)).map(|(_, bytes)| bytes).sum();
    let moving = transfer.state == State::Moving;
    // A copy inside the store shows what it has finished; nothing passes through here.
    let passed = if transfer.kind == Kind::Copy { transfer.done_bytes } else { meter.wire_bytes() };
    let speed = sampled.speed.sample(now, passed);
    LiveTransfer {
        view: TransferView {
            id: transfer.id,
            order: transfer.order,
            spec: crate::transfer::TransferSpec {
                target: transfer
                    .checkpoint
                    .as_ref()
                    .map_or_else(|| transfer.spec.target.clone(), |known| known.target.clone()),
                source: transfer.spec.source.clone(),
                options: transfer.spec.options.clone(),
            },
            intent: transfer.intent,
            state: transfer.state,
            size_bytes,
            done_bytes: transfer.done_bytes,
            in_flight_bytes: in_flight_bytes.min(size_bytes.unwrap_or(u64::MAX).saturating_sub(transfer.done_bytes)),
            speed_bytes_per_second: if moving { speed } else { 0.0 },
            error: transfer.error.clone(),
            retry_in_ms: transfer
                .hold_until
                .filter(|until| *until > now)
                .map(|until| u64::try_from((until - now).as_millis()).unwrap_or(u64::MAX)),
            result: transfer.result.clone(),
            stats: transfer.stats,
            added_ms: transfer.added_ms,
            ended_ms: transfer.ended_ms,
        },
        checkpoint: transfer.checkpoint.clone(),
        parts: if transfer.state.is_working() { part_states(transfer, &in_flight) } else { Vec::new() },
        parts_confirmed: transfer.parts.values().filter(|part| part.confirmed).count() as u64,
        saved_ms: sampled.saved_ms,
    }
}

fn part_states(transfer: &Transfer, in_flight: &BTreeMap<PartNumber, u64>) -> Vec<PartState> {
    transfer.part_states(in_flight)
}

impl LiveTransfer {
    pub(crate) fn detail(&self) -> TransferDetail {
        TransferDetail {
            view: self.view.clone(),
            checkpoint: self.checkpoint.as_deref().cloned(),
            parts: self.parts.clone(),
            parts_confirmed: self.parts_confirmed,
            saved_ms: self.saved_ms,
        }
    }
}
