//! What is heard twice is told once.

use std::time::Duration;

use tokio::time::Instant;

use crate::Change;

/// Wakes within this time are one: the system tells it at once, the gap in the time shows a tick later.
const ONE_WAKE: Duration = Duration::from_secs(5);

/// Remembers what was told last.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    woke: Option<Instant>,
}

impl Hearing {
    /// Whether this has to be told.
    pub(crate) fn is_news(&mut self, change: Change, now: Instant) -> bool {
        match change {
            Change::NetworkChanged => true,
            Change::GoingToSleep => {
                self.woke = None;
                true
            }
            Change::Woke => {
                let is_news = self.woke.is_none_or(|woke| now.duration_since(woke) > ONE_WAKE);
                if is_news {
                    self.woke = Some(now);
                }
                is_news
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_that_is_heard_twice_is_told_once() {
        let start = Instant::now();
        let mut hearing = Hearing::default();
        let mut at = |change, seconds| hearing.is_news(change, start + Duration::from_secs(seconds));
        assert!(at(Change::Woke, 0));
        assert!(!at(Change::Woke, 2), "the gap after the signal");
        assert!(at(Change::NetworkChanged, 3), "the network comes back a little later");
        assert!(at(Change::NetworkChanged, 3));
        assert!(!at(Change::Woke, 5));
        assert!(at(Change::Woke, 6), "another one");
        assert!(at(Change::GoingToSleep, 7));
        assert!(at(Change::Woke, 8), "a short sleep ends too");
    }
}
