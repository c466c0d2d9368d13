//! Bytes of a download that are written and not yet synced.
//!
//! Parts are recorded after a sync, and on a busy disk a sync takes seconds in which more of them arrive. A crash would
//! cost all of them, so no part begins while too much waits.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// What a crash may cost at most, beside the parts in flight.
const UNSYNCED_BYTES_MAX: u64 = 64 << 20;

/// How much of one download waits for a sync.
#[derive(Debug, Default)]
pub(crate) struct Unsynced {
    bytes: Mutex<u64>,
    fewer: Notify,
}

impl Unsynced {
    /// So many more are written.
    pub(crate) fn written(&self, bytes: u64) {
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_add(bytes);
    }

    /// So many need not be waited for any more: they are on the disk, or will never be recorded.
    pub(crate) fn settled(&self, bytes: u64) {
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_sub(bytes);
        drop(waiting);
        self.fewer.notify_waiters();
    }

    /// Returns when so many more may be written. They always may where nothing waits.
    ///
    /// # Cancellation
    /// May be dropped at any await.
    pub(crate) async fn room_for(&self, bytes: u64) {
        loop {
            let fewer = self.fewer.notified();
            tokio::pin!(fewer);
            // From here on no word of it is missed.
            fewer.as_mut().enable();
            let waiting = *self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting == 0 || waiting.saturating_add(bytes) <= UNSYNCED_BYTES_MAX {
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
        let unsynced = Unsynced::default();
        assert!(unsynced.room_for(5000 * MIB).now_or_never().is_some(), "nothing waits");
        unsynced.written(60 * MIB);
        assert!(unsynced.room_for(4 * MIB).now_or_never().is_some());
        let mut waits = Box::pin(unsynced.room_for(5 * MIB));
        assert!(waits.as_mut().now_or_never().is_none());
        unsynced.settled(20 * MIB);
        assert!(waits.now_or_never().is_some());
        unsynced.settled(40 * MIB);
        assert!(unsynced.room_for(65 * MIB).now_or_never().is_some());
    }
}
