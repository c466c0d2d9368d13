//! Time, as a seam.

#![expect(clippy::disallowed_methods, reason = "the real clock behind the seam is here")]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A wait that can be stored in a stream.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Where time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since some fixed moment of this process; never goes back.
    fn now(&self) -> Duration;

    /// Milliseconds since 1970 by the wall; may jump.
    fn wall_ms(&self) -> i64;

    /// How far local time is ahead of UTC at a moment (milliseconds since 1970), in seconds, daylight saving included.
    /// A clock that knows no place is in UTC.
    fn local_offset_s(&self, _wall_ms: i64) -> i32 {
        0
    }

    /// Ends after `wait`.
    fn sleep(&self, wait: Duration) -> Sleep;
}

/// The clock of the system, on tokio's timer.
#[derive(Debug)]
pub struct SystemClock {
    origin: tokio::time::Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall_ms(&self) -> i64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }
}
