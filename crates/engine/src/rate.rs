//! The rate limiter: a line of bytes that is handed out at a rate.
//!
//! Every taker reserves the next `n` bytes of one imaginary line; they are his when the line, which moves forward at
//! the rate in force, has reached their end. So takers are served in the order in which they asked, a refusal credits
//! nothing, any number of workers together get exactly the rate, and a change of the rate moves all waiting takers at
//! once. (A polled token bucket, as in the SDKs, credits elapsed time again at each refused attempt: 5 workers got
//! 132 % and 16 got 200 % of the limit.) The cost is a wake-up at most every 100 ms for each waiting worker, so that a
//! new rate is seen without registering anybody.

use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{Clock, Sleep};

/// How far the line may be ahead of the takers: what an idle limiter hands out at once.
const BURST: Duration = Duration::from_millis(50);
/// How soon a waiting taker looks at the line again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Bytes a second each way; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Towards stores.
    pub upload: Option<NonZeroU64>,
    /// From stores.
    pub download: Option<NonZeroU64>,
}

/// Holds a rate over any number of takers. Clones share the line.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    line: Arc<Mutex<Line>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Line {
    rate: Option<NonZeroU64>,
    /// Bytes handed out by the passing of time, up to `at`.
    reached: f64,
    /// Bytes reserved by takers.
    reserved: f64,
    at: Duration,
}

impl Line {
    /// Moves the line to `now` at the present rate.
    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        match self.rate {
            Some(rate) => {
                // Nobody waits: do not bank more than the burst.
                let burst = rate.get() as f64 * BURST.as_secs_f64();
                self.reached = (self.reached + passed * rate.get() as f64).min(self.reserved + burst);
            }
            None => self.reached = self.reached.max(self.reserved),
        }
    }

    /// How long until the line has reached `position`; `None` if it has.
    fn wait_for(&self, position: f64) -> Option<Duration> {
        let rate = self.rate?;
        let missing = position - self.reached;
        (missing > 0.0).then(|| Duration::from_secs_f64(missing / rate.get() as f64))
    }
}

impl RateLimiter {
    /// A limiter with a rate in bytes a second, or none.
    pub fn new(clock: Arc<dyn Clock>, rate: Option<NonZeroU64>) -> Self {
        let line = Line { rate, reached: 0.0, reserved: 0.0, at: clock.now() };
        Self { line: Arc::new(Mutex::new(line)), clock }
    }

    /// Changes the rate for everybody, also for those who wait; acts within 100 ms.
    pub fn set_rate(&self, rate: Option<NonZeroU64>) {
        let mut line = self.lock();
        line.advance(self.clock.now());
        line.rate = rate;
    }

    /// The rate in force.
    pub fn rate(&self) -> Option<NonZeroU64> {
        self.lock().rate
    }

    /// Reserves `len_bytes` and returns the permission to wait for.
    ///
    /// # Cancellation
    /// Dropping the grant before it resolves gives its bytes back to those who wait behind it.
    pub fn reserve(&self, len_bytes: u64) -> Grant {
        let mut line = self.lock();
        line.advance(self.clock.now());
        line.reserved += len_bytes as f64;
        Grant {
            limiter: self.clone(),
            len_bytes: len_bytes as f64,
            position: line.reserved,
            granted: false,
            sleep: None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Line> {
        // Four numbers are never left half-written by a panic that matters.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Permission to move bytes, once it resolves.
pub struct Grant {
    limiter: RateLimiter,
    len_bytes: f64,
    position: f64,
    granted: bool,
    sleep: Option<Sleep>,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Future for Grant {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                std::task::ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
            let wait = {
                let mut line = self.limiter.lock();
                line.advance(self.limiter.clock.now());
                line.wait_for(self.position)
            };
            match wait {
                None => {
                    self.granted = true;
                    return Poll::Ready(());
                }
                Some(wait) => {
                    let wait = wait.clamp(Duration::from_millis(1), LOOK_AGAIN);
                    self.sleep = Some(self.limiter.clock.sleep(wait));
                }
            }
        }
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if !self.granted {
            let mut line = self.limiter.lock();
            line.advance(self.limiter.clock.now());
            // As if the line had already passed over these bytes.
            line.reached = (line.reached + self.len_bytes).min(line.reserved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn rate(bytes: u64) -> Option<NonZeroU64> {
        NonZeroU64::new(bytes)
    }

    /// Bytes that `workers` take together in `seconds` of paused time.
    async fn taken(limiter: &RateLimiter, workers: usize, grant_bytes: u64, seconds: u64) -> u64 {
        let total = Arc::new(AtomicU64::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for worker in 0..workers {
            let (limiter, total) = (limiter.clone(), total.clone());
            tasks.spawn(async move {
                loop {
                    let len = grant_bytes + worker as u64; // sizes differ, as ranges do
                    limiter.reserve(len).await;
                    total.fetch_add(len, Ordering::Relaxed);
                }
            });
        }
        limiter.clock.sleep(Duration::from_secs(seconds)).await;
        tasks.shutdown().await;
        total.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn b10_holds_its_rate_for_any_number_of_workers() {
        for bytes_per_second in [256 << 10, 10 << 20, 100 << 20] {
            for workers in [1, 5, 64] {
                let limiter = RateLimiter::new(Arc::new(SystemClock::new()), rate(bytes_per_second));
                let grant = if bytes_per_second < 1 << 20 { 16 << 10 } else { 64 << 10 };
                let got = taken(&limiter, workers, grant, 10).await as f64 / (bytes_per_second * 10) as f64;
                assert!((0.97..1.02).contains(&got), "{workers} workers at {bytes_per_second} B/s got {got} of it");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_moves_those_who_wait() {
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), rate(1));
        let waiting = limiter.reserve(1 << 20); // would take twelve days
        limiter.set_rate(rate(1 << 20));
        let before = limiter.clock.now();
        waiting.await;
        assert!(limiter.clock.now() - before < Duration::from_millis(1200));
        let waiting = limiter.reserve(1 << 30);
        limiter.set_rate(None);
        waiting.await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_limiter_banks_no_more_than_the_burst() {
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), rate(1 << 20));
        limiter.reserve(1).await;
        limiter.clock.sleep(Duration::from_secs(60)).await;
        let got = taken(&limiter, 4, 16 << 10, 1).await;
        assert!(got < (1 << 20) * 11 / 10, "{got}");
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_nobody_waits_for_any_more_hold_nobody_up() {
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), rate(1 << 10));
        let abandoned: Vec<Grant> = (0..1000).map(|_| limiter.reserve(64 << 10)).collect();
        drop(abandoned);
        let before = limiter.clock.now();
        limiter.reserve(1 << 10).await;
        assert!(limiter.clock.now() - before < Duration::from_millis(1100));
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_never_waits() {
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), None);
        let before = limiter.clock.now();
        limiter.reserve(u64::MAX / 4).await;
        assert_eq!(limiter.clock.now(), before);
        limiter.set_rate(rate(1 << 20)); // what passed without a limit is no debt
        limiter.reserve(1 << 10).await;
        assert!(limiter.clock.now() - before < Duration::from_millis(50));
    }
}
