//! The rate limiter: a line of bytes that is handed out at a rate.
//!
//! Every taker reserves the next `n` bytes of one imaginary line; they are his when the line, which moves forward at
//! the rate in force, has reached their end. So takers are served in the order in which they asked, a refusal credits
//! nothing, any number of workers together get exactly the rate, and a change of the rate moves all waiting takers at
//! once. (A polled token bucket, as in the SDKs, credits elapsed time again at each refused attempt: 5 workers got
//! 132 % and 16 got 200 % of the limit.) The cost is a wake-up at most every 100 ms for each waiting worker, so that a
//! new rate is seen without registering anybody.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{Clock, Sleep};
use crate::limits::Limit;

/// How far the line may be ahead of the takers: what an idle limiter hands out at once.
const BURST: Duration = Duration::from_millis(50);
/// How soon a waiting taker looks at the line again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Holds a rate over any number of takers. Clones share the line.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    line: Arc<Mutex<Line>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Line {
    limit: Limit,
    /// Bytes handed out by the passing of time, up to `at`.
    reached: f64,
    /// Bytes reserved by takers.
    reserved: f64,
    at: Duration,
    /// How often a limit has come after none. Each time the line begins anew: what passed without one is no debt, and who
    /// still waited has passed nothing.
    beginning: u64,
}

impl Line {
    /// Moves the line to `now` at the present rate.
    fn advance(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        match self.limit {
            // It stands still; nobody may bank what nobody could take.
            Limit::Stop => self.reached = self.reached.min(self.reserved),
            Limit::Rate(rate) => {
                // Nobody waits: do not bank more than the burst.
                let burst = rate.get() as f64 * BURST.as_secs_f64();
                self.reached = (self.reached + passed * rate.get() as f64).min(self.reserved + burst);
            }
            Limit::None => {}
        }
    }

    /// The limit is another one from now on.
    fn set_limit(&mut self, limit: Limit) {
        if self.limit == Limit::None && limit != Limit::None {
            self.beginning += 1;
            (self.reached, self.reserved) = (0.0, 0.0);
        }
        self.limit = limit;
    }

    /// Reserves the next bytes, and says where they end.
    fn reserve(&mut self, len_bytes: f64) -> f64 {
        self.reserved += len_bytes;
        self.reserved
    }

    /// How long until the line has reached `position`; `None` if it has.
    fn wait_for(&self, position: f64) -> Option<Duration> {
        match self.limit {
            Limit::None => None,
            // Not even what the line has passed already.
            Limit::Stop => Some(LOOK_AGAIN),
            Limit::Rate(rate) => {
                let missing = position - self.reached;
                (missing > 0.0).then(|| Duration::from_secs_f64(missing / rate.get() as f64))
            }
        }
    }
}

impl RateLimiter {
    /// A limiter with a limit.
    pub fn new(clock: Arc<dyn Clock>, limit: impl Into<Limit>) -> Self {
        let line = Line { limit: limit.into(), reached: 0.0, reserved: 0.0, at: clock.now(), beginning: 0 };
        Self { line: Arc::new(Mutex::new(line)), clock }
    }

    /// Changes the limit for everybody, also for those who wait; acts within 100 ms.
    pub fn set_limit(&self, limit: impl Into<Limit>) {
        let mut line = self.lock();
        line.advance(self.clock.now());
        line.set_limit(limit.into());
    }

    /// The limit in force.
    pub fn limit(&self) -> Limit {
        self.lock().limit
    }

    /// Reserves `len_bytes` and returns the permission to wait for.
    ///
    /// # Cancellation
    /// Dropping the grant before it resolves gives its bytes back to those who wait behind it.
    pub fn reserve(&self, len_bytes: u64) -> Grant {
        let mut line = self.lock();
        line.advance(self.clock.now());
        let len_bytes = len_bytes as f64;
        Grant {
            limiter: self.clone(),
            len_bytes,
            position: line.reserve(len_bytes),
            beginning: line.beginning,
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
    /// Of which line that is.
    beginning: u64,
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
            let limiter = self.limiter.clone();
            let wait = {
                let mut line = limiter.lock();
                line.advance(limiter.clock.now());
                if self.beginning != line.beginning {
                    self.beginning = line.beginning;
                    self.position = line.reserve(self.len_bytes);
                }
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
            if self.beginning == line.beginning {
                line.reached = (line.reached + self.len_bytes).min(line.reserved);
            }
        }
    }
}

/// Bytes up to which a grant is small where the limit is low, so that a slow transfer moves evenly.
const SLOW_BYTES_PER_SECOND: u64 = 1 << 20;

/// Limiters in a row, the narrowest first: bytes ask the next one only when the one before has let them. So nobody
/// takes his share of a common limit while his own holds him back.
#[derive(Clone, Debug)]
pub(crate) struct Limiters(Arc<[RateLimiter]>);

impl Limiters {
    /// These, in this order.
    pub(crate) fn new(limiters: impl IntoIterator<Item = RateLimiter>) -> Self {
        Self(limiters.into_iter().collect())
    }

    /// Whether one of them is slow, so that little should be taken at a time.
    pub(crate) fn are_slow(&self) -> bool {
        self.0.iter().any(|one| one.limit().rate().is_some_and(|rate| rate.get() < SLOW_BYTES_PER_SECOND))
    }

    /// Permission of all of them to move `len_bytes`.
    ///
    /// # Cancellation
    /// As that of a [`Grant`], at the limiter that is being waited for.
    pub(crate) fn reserve(&self, len_bytes: u64) -> Passage {
        Passage { limiters: self.clone(), at: 0, len_bytes, grant: None }
    }
}

/// Permission of several limiters, one after the other.
#[derive(Debug)]
pub(crate) struct Passage {
    limiters: Limiters,
    at: usize,
    len_bytes: u64,
    grant: Option<Grant>,
}

impl Future for Passage {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        while let Some(limiter) = this.limiters.0.get(this.at) {
            let grant = this.grant.get_or_insert_with(|| limiter.reserve(this.len_bytes));
            std::task::ready!(Pin::new(grant).poll(context));
            this.grant = None;
            this.at += 1;
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use proptest::prelude::*;
    use std::num::NonZeroU64;
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
        limiter.set_limit(rate(1 << 20));
        let before = limiter.clock.now();
        waiting.await;
        assert!(limiter.clock.now() - before < Duration::from_millis(1200));
        let waiting = limiter.reserve(1 << 30);
        limiter.set_limit(Limit::None);
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
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), Limit::None);
        let before = limiter.clock.now();
        limiter.reserve(u64::MAX / 4).await;
        assert_eq!(limiter.clock.now(), before);
        limiter.set_limit(rate(1 << 20)); // what passed without a limit is no debt
        limiter.reserve(1 << 10).await;
        assert!(limiter.clock.now() - before < Duration::from_millis(50));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_passes_a_stop_and_everything_goes_on_after_it() {
        let limiter = RateLimiter::new(Arc::new(SystemClock::new()), rate(1 << 20));
        limiter.reserve(1).await;
        limiter.clock.sleep(Duration::from_secs(60)).await; // the burst is there to be taken
        limiter.set_limit(Limit::Stop);
        let waiting = limiter.reserve(1);
        assert_eq!(taken(&limiter, 4, 1, 3600).await, 0);
        limiter.set_limit(rate(1 << 20));
        let before = limiter.clock.now();
        waiting.await;
        assert!(limiter.clock.now() - before < Duration::from_millis(100));
        let got = taken(&limiter, 4, 16 << 10, 1).await;
        assert!(got < (1 << 20) * 11 / 10, "an hour of standing still has banked nothing: {got}");
    }

    #[tokio::test(start_paused = true)]
    async fn through_two_limiters_the_lower_rate_holds_and_the_other_loses_nothing() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let (own, general) =
            (RateLimiter::new(clock.clone(), rate(256 << 10)), RateLimiter::new(clock.clone(), rate(1 << 20)));
        let both = Limiters::new([own, general.clone()]);
        assert!(both.are_slow());
        let through = Arc::new(AtomicU64::new(0));
        let counted = through.clone();
        let throttled = async move {
            loop {
                both.reserve(16 << 10).await;
                counted.fetch_add(16 << 10, Ordering::Relaxed);
            }
        };
        let others = tokio::select! {
            () = throttled => 0,
            others = taken(&general, 3, 16 << 10, 10) => others,
        } as f64;
        let through = through.load(Ordering::Relaxed) as f64;
        assert!((0.97..1.05).contains(&(through / (2560 << 10) as f64)), "{through}");
        assert!((0.97..1.02).contains(&((others + through) / (10 << 20) as f64)), "{others} beside {through}");
    }

    /// What can happen to a line.
    #[derive(Clone, Debug)]
    enum Event {
        Limit(Limit),
        Reserve(u64),
        /// The oldest who waits goes away.
        Abandon,
        Pass(u64),
    }

    fn event() -> impl Strategy<Value = Event> {
        let limit = prop_oneof![
            Just(Limit::Stop),
            (1_u64..1 << 30).prop_map(|rate| Limit::from(NonZeroU64::new(rate))),
            Just(Limit::None)
        ];
        prop_oneof![
            1 => limit.prop_map(Event::Limit),
            6 => (1_u64..1 << 18).prop_map(Event::Reserve),
            1 => Just(Event::Abandon),
            4 => (1_u64..3000).prop_map(Event::Pass),
        ]
    }

    proptest! {
        /// However limits change and takers come and go: between two changes no more passes than the rate, the burst and
        /// what one taker asked for at once; under a stop nothing does; and it never takes for ever.
        #[test]
        fn no_more_than_the_limit_ever_passes(events in prop::collection::vec(event(), 1..80)) {
            let limiter = RateLimiter::new(Arc::new(ByHand::at_zero()), Limit::None);
            let hand = |limiter: &RateLimiter| limiter.clock.now();
            let mut waiting: std::collections::VecDeque<Grant> = Default::default();
            let (mut since, mut passed, mut largest) = (Duration::ZERO, 0_u64, 0_u64);
            let mut context = Context::from_waker(std::task::Waker::noop());
            let mut time_ms = 0_u64;
            for event in events {
                match event {
                    Event::Limit(limit) => {
                        limiter.set_limit(limit);
                        (since, passed, largest) = (hand(&limiter), 0, 0);
                    }
                    Event::Reserve(len_bytes) => waiting.push_back(limiter.reserve(len_bytes)),
                    Event::Abandon => drop(waiting.pop_front()),
                    Event::Pass(ms) => {
                        time_ms += ms;
                        NOW_MS.set(time_ms);
                    }
                }
                for mut grant in std::mem::take(&mut waiting) {
                    if Pin::new(&mut grant).poll(&mut context).is_ready() {
                        passed += grant.len_bytes as u64;
                        largest = largest.max(grant.len_bytes as u64);
                    } else {
                        waiting.push_back(grant);
                    }
                }
                let elapsed = (hand(&limiter) - since).as_secs_f64();
                match limiter.limit() {
                    // Whoever waits looks again soon.
                    Limit::None => prop_assert!(waiting.is_empty() || elapsed < LOOK_AGAIN.as_secs_f64()),
                    Limit::Stop => prop_assert_eq!(passed, 0),
                    Limit::Rate(rate) => {
                        let allowed = rate.get() as f64 * (elapsed + BURST.as_secs_f64()) + largest as f64 + 1.0;
                        prop_assert!(passed as f64 <= allowed, "{passed} of {allowed} in {elapsed} s");
                    }
                }
            }
            limiter.set_limit(Limit::None);
            let mut passes = |grant: &mut Grant| {
                NOW_MS.set(NOW_MS.get() + 100);
                Pin::new(grant).poll(&mut context).is_ready()
            };
            prop_assert!(waiting.iter_mut().all(&mut passes), "without a limit nobody waits");
        }
    }

    thread_local!(static NOW_MS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });

    /// A clock that a test moves; whoever sleeps on it looks again whenever it is polled.
    #[derive(Debug)]
    struct ByHand;

    impl ByHand {
        fn at_zero() -> Self {
            NOW_MS.set(0);
            Self
        }
    }

    impl Clock for ByHand {
        fn now(&self) -> Duration {
            Duration::from_millis(NOW_MS.get())
        }

        fn wall_ms(&self) -> i64 {
            0
        }

        fn sleep(&self, wait: Duration) -> Sleep {
            let end = self.now() + wait;
            Box::pin(std::future::poll_fn(move |_| {
                if Duration::from_millis(NOW_MS.get()) >= end { Poll::Ready(()) } else { Poll::Pending }
            }))
        }
    }
}
