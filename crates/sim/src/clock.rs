//! Time that passes only when everybody waits: tokio's paused clock, on which the store's clock runs, and the wall's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::Clock;
use tokio::time::Instant;

#[derive(Debug)]
struct Times {
    /// The true time at the beginning of this run.
    base: SystemTime,
    /// When this run began; `None` between runs.
    origin: Option<Instant>,
    /// How far the wall is off, in milliseconds.
    wall_off_ms: i64,
    /// How far local time is ahead of UTC.
    offset_s: i32,
}

/// What time it is, over all runs of one world. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Time(Arc<Mutex<Times>>);

impl Time {
    /// Time in a place that is so many seconds ahead of UTC.
    pub(crate) fn new(offset_s: i32) -> Self {
        let base = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        Self(Arc::new(Mutex::new(Times { base, origin: None, wall_off_ms: 0, offset_s })))
    }

    fn lock(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run begins, inside a runtime whose time is paused.
    pub(crate) fn begin_run(&self) {
        self.lock().origin = Some(Instant::now());
    }

    /// A run ends, still inside its runtime.
    pub(crate) fn end_run(&self) {
        let now = self.now();
        let mut times = self.lock();
        times.base = now;
        times.origin = None;
    }

    /// The true time, which is the store's.
    pub(crate) fn now(&self) -> SystemTime {
        let times = self.lock();
        times.base + times.origin.map_or(Duration::ZERO, |origin| origin.elapsed())
    }

    /// Moves the wall clock, as a person or a time server does.
    pub(crate) fn shift_wall(&self, by_ms: i64) {
        self.lock().wall_off_ms += by_ms;
    }
}

impl Clock for Time {
    fn now(&self) -> Duration {
        self.lock().origin.map_or(Duration::ZERO, |origin| origin.elapsed())
    }

    fn wall_ms(&self) -> i64 {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + self.lock().wall_off_ms
    }

    fn local_offset_s(&self, _wall_ms: i64) -> i32 {
        self.lock().offset_s
    }

    fn sleep(&self, wait: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(tokio::time::sleep(wait))
    }
}
