//! The window is to be closed: at once when nothing runs, else the user is asked.
//!
//! The page shows the question and fetches its numbers; that it does so is the sign that it lives. A page that does not
//! fetch them cannot ask, and must not keep a person from closing its window: nothing is lost by closing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A page that lives fetches the question within this time.
const FETCHED_WITHIN: Duration = Duration::from_secs(3);

/// What becomes of a click on the close button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The window closes.
    Now,
    /// The page is told to ask.
    Ask,
    /// The page is asking already.
    Asked,
}

/// The question that is open, if any.
#[derive(Debug, Default)]
pub struct Closing {
    /// Since when the page has been told and has fetched nothing.
    told: Mutex<Option<Instant>>,
}

impl Closing {
    /// The user wants to close the window while so many transfers run or wait; `page_listens` is whether there is
    /// anybody to ask.
    pub fn wanted(&self, running: u64, page_listens: bool, now: Instant) -> Close {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if running == 0 || !page_listens {
            return Close::Now;
        }
        match *told {
            Some(since) if now.duration_since(since) >= FETCHED_WITHIN => Close::Now,
            Some(_) => Close::Asked,
            None => {
                *told = Some(now);
                Close::Ask
            }
        }
    }

    /// The page has fetched the question: it lives.
    pub fn fetched(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_runs_or_nobody_to_ask_closes_at_once() {
        let now = Instant::now();
        assert_eq!(Closing::default().wanted(0, true, now), Close::Now);
        assert_eq!(Closing::default().wanted(3, false, now), Close::Now);
    }

    #[test]
    fn a_page_that_lives_is_asked_each_time() {
        let (closing, now) = (Closing::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(closing.wanted(3, true, now), Close::Ask);
            assert_eq!(closing.wanted(3, true, now), Close::Asked, "a double click is one click");
            closing.fetched();
        }
    }

    #[test]
    fn a_page_that_is_dead_does_not_keep_the_window_open() {
        let (closing, now) = (Closing::default(), Instant::now());
        assert_eq!(closing.wanted(3, true, now), Close::Ask);
        assert_eq!(closing.wanted(3, true, now + FETCHED_WITHIN), Close::Now);
    }
}
