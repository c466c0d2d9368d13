//! Bytes that are at their target, and would be moved again after a crash since no durable record speaks of them.
//!
//! Parts of a download are recorded after a sync, and on a busy disk a sync takes seconds in which more of them arrive.
//! Parts of a relayed copy are recorded at once, and that is a sync of the ledger. A crash would cost all of them, so no
//! part begins while too much waits. The cost is that a slow disk slows the transfer down.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// How much of one transfer waits for its record.
#[derive(Debug, Default)]
pub(crate) struct AtRisk {
    bytes: Mutex<u64>,
    fewer: Notify,
}

impl AtRisk {
    /// So many more have arrived.
    pub(crate) fn arrived(&self, bytes: u64) {
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_add(bytes);
    }

    /// So many need not be waited for any more: they are safe, or cannot be made so now.
    pub(crate) fn settled(&self, bytes: u64) {
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_sub(bytes);
        drop(waiting);
        self.fewer.notify_waiters();
    }

    /// Returns when so many more may be moved without more than `max_bytes` at risk. They always may where nothing waits.
    ///
    /// # Cancellation
    /// May be dropped at any await.
    pub(crate) async fn room_for(&self, bytes: u64, max_bytes: u64) {
        loop {
            let fewer = self.fewer.notified();
            tokio::pin!(fewer);
            // From here on no word of it is missed.
            fewer.as_mut().enable();
            let waiting = *self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting == 0 || waiting.saturating_add(bytes) <= max_bytes {
                return;
            }
            fewer.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn nothing_begins_while_too_much_waits_and_a_large_part_begins_alone() {
        let at_risk = AtRisk::default();
        assert!(at_risk.room_for(5000 * MIB, 64 * MIB).now_or_never().is_some(), "nothing waits");
        at_risk.arrived(60 * MIB);
        assert!(at_risk.room_for(4 * MIB, 64 * MIB).now_or_never().is_some());
        let mut waits = Box::pin(at_risk.room_for(5 * MIB, 64 * MIB));
        assert!(waits.as_mut().now_or_never().is_none());
        at_risk.settled(20 * MIB);
        assert!(waits.now_or_never().is_some());
        at_risk.settled(40 * MIB);
        assert!(at_risk.room_for(65 * MIB, 64 * MIB).now_or_never().is_some());
    }

    #[test]
    fn where_nothing_may_be_at_risk_a_part_begins_only_when_all_before_it_are_safe() {
        let at_risk = AtRisk::default();
        assert!(at_risk.room_for(5 * MIB, 0).now_or_never().is_some(), "nothing waits");
        at_risk.arrived(5 * MIB);
        at_risk.arrived(5 * MIB);
        let mut waits = Box::pin(at_risk.room_for(5 * MIB, 0));
        at_risk.settled(5 * MIB);
        assert!(waits.as_mut().now_or_never().is_none());
        at_risk.settled(5 * MIB);
        assert!(waits.now_or_never().is_some());
    }
}
