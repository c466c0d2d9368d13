//! A rate that many connections share.
//!
//! A schedule rather than a bucket: each grant of at most 64 KiB gets the next free slot of the line, however many ask,
//! and sleeps until it. There is no burst to save up, so the bytes come evenly, and a sleeper that wakes late does not
//! slow the line, as the slots are absolute times.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Most bytes of one grant.
pub(crate) const GRANT_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Throttle {
    bytes_per_second: u64,
    next_free: Mutex<Option<Instant>>,
}

impl Throttle {
    pub(crate) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), next_free: Mutex::new(None) }
    }

    /// Returns when `bytes` more may pass.
    pub(crate) async fn take(&self, bytes: usize) {
        let mut left = bytes;
        while left > 0 {
            let grant = left.min(GRANT_BYTES);
            left -= grant;
            tokio::time::sleep_until(self.book(grant)).await;
        }
    }

    /// Takes the next slot and says when it is over.
    fn book(&self, bytes: usize) -> Instant {
        let now = Instant::now();
        let took = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        let mut next_free = self.next_free.lock().unwrap_or_else(PoisonError::into_inner);
        let end = next_free.map_or(now, |free| free.max(now)) + took;
        *next_free = Some(end);
        end
    }
}

/// The throttles that one body has to pass: the server's and that of its own request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Throttles(pub(crate) Vec<std::sync::Arc<Throttle>>);

impl Throttles {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) async fn take(&self, bytes: usize) {
        for throttle in &self.0 {
            throttle.take(bytes).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn many_takers_together_get_the_rate_and_no_more() {
        let throttle = Arc::new(Throttle::new(1 << 20));
        let start = Instant::now();
        let takers: Vec<_> = (0..8)
            .map(|_| {
                let throttle = throttle.clone();
                tokio::spawn(async move { throttle.take(512 << 10).await })
            })
            .collect();
        for taker in takers {
            taker.await.unwrap();
        }
        // Virtual time: 4 MiB at 1 MiB/s.
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(4) && took < Duration::from_millis(4100), "{took:?}");
    }
}
