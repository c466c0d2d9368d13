//! A wake that nobody told: the time has jumped.
//!
//! Works everywhere, and also notices a program that was stopped. Compared is the wall clock with what was to be waited
//! for, since the steady clock goes on during sleep on some systems and stands still on others. The price: a wall clock
//! that is set forward looks like sleep, which costs the parts in flight and nothing else.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::Change;
use crate::source::Source;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(2);
/// A tick that is later than this was slept through.
const LATE_MAX: Duration = Duration::from_secs(10);

/// Looks at the wall clock.
pub(crate) struct WallGap(Ticks);

impl WallGap {
    /// From now on.
    pub(crate) fn begin() -> Self {
        Self(Ticks { last: SystemTime::now() })
    }
}

#[async_trait]
impl Source for WallGap {
    async fn listen(self: Box<Self>, tell: mpsc::Sender<Change>) {
        let Self(mut ticks) = *self;
        loop {
            tokio::time::sleep(TICK).await;
            if ticks.slept_through(SystemTime::now()) && tell.send(Change::Woke).await.is_err() {
                return;
            }
        }
    }
}

/// The wall clock from tick to tick.
struct Ticks {
    last: SystemTime,
}

impl Ticks {
    /// Whether this tick comes so late that the computer must have slept.
    fn slept_through(&mut self, now: SystemTime) -> bool {
        let passed = now.duration_since(std::mem::replace(&mut self.last, now));
        passed.is_ok_and(|passed| passed > TICK + LATE_MAX) // an error is a clock that was set back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_jump_ahead_is_a_sleep() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let mut ticks = Ticks { last: start };
        let mut at = |seconds: f64| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1_000_000.0 + seconds);
            ticks.slept_through(now)
        };
        assert!(!at(2.0), "on time");
        assert!(!at(9.0), "a busy computer");
        assert!(!at(21.0), "as late as may be");
        assert!(at(33.1), "asleep for ten seconds");
        assert!(!at(35.1), "told once");
        assert!(at(7200.0), "asleep for hours");
        assert!(!at(100.0), "the clock was set back");
        assert!(!at(102.0), "and goes on from there");
        assert!(at(130.0), "asleep after that");
    }
}
