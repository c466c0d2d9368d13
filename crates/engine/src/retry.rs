//! When to try again: the only place that knows.

use std::time::Duration;

use crate::error::{Again, ErrorCode, TransferError};

/// Bounds and pace of retries, for one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failures in a row after which the transfer fails, once it has had a success in this run.
    pub failures_max: u32,
    /// Failures in a row after which it fails while nothing has ever succeeded: a wrong endpoint should be told soon.
    pub first_failures_max: u32,
    /// Time in a row without a success after which it fails.
    pub elapsed_max: Duration,
    /// Whether loss of the network alone never fails a transfer.
    pub outlasts_network: bool,
    /// First back-off; doubles at each failure in a row.
    pub base: Duration,
    /// Longest back-off.
    pub cap: Duration,
    /// How often a transfer starts over by itself (changed source, lost upload, wrong checksum).
    pub restarts_max: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            failures_max: 12,
            first_failures_max: 4,
            elapsed_max: Duration::from_secs(15 * 60),
            outlasts_network: false,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(20),
            restarts_max: 3,
        }
    }
}

/// Failures of a transfer since its last success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streak {
    /// How many in a row.
    pub(crate) failures: u32,
    /// When the first of them was.
    pub(crate) since: Option<Duration>,
    /// Whether anything succeeded in this run.
    pub(crate) any_success: bool,
}

impl RetryPolicy {
    /// The wait before the next attempt, or `None` to give up. Full jitter: anywhere between nothing and the back-off,
    /// but never before a time that the store named.
    pub(crate) fn wait(
        &self,
        error: &TransferError,
        streak: &Streak,
        now: Duration,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let named = match error.again {
            Again::Never => return None,
            Again::Later => Duration::ZERO,
            Again::After(wait) => wait,
        };
        let outlasted = self.outlasts_network && error.code == ErrorCode::Network;
        let failures_max = if streak.any_success { self.failures_max } else { self.first_failures_max };
        let elapsed = streak.since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if !outlasted && (streak.failures >= failures_max || elapsed > self.elapsed_max) {
            return None;
        }
        let ceiling = self.base.saturating_mul(1 << streak.failures.min(16)).min(self.cap);
        // At least a tenth, so that a retry is never immediate and a person can read the state.
        let jittered = ceiling.mul_f64(0.1 + 0.9 * random.f64());
        Some(named.max(jittered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: ErrorCode, again: Again) -> TransferError {
        TransferError { again, ..TransferError::new(code) }
    }

    #[test]
    fn gives_up_by_count_by_time_and_at_once_where_nothing_helps() {
        let policy = RetryPolicy::default();
        let mut random = fastrand::Rng::with_seed(1);
        let mut wait = |error: &TransferError, failures, since_s, any_success| {
            let streak = Streak { failures, since: Some(Duration::ZERO), any_success };
            policy.wait(error, &streak, Duration::from_secs(since_s), &mut random)
        };
        let server = error(ErrorCode::Server, Again::Later);
        assert_eq!(wait(&error(ErrorCode::Forbidden, Again::Never), 1, 0, true), None);
        assert!(wait(&server, 1, 0, false).is_some());
        assert_eq!(wait(&server, 4, 0, false), None);
        assert!(wait(&server, 11, 0, true).is_some());
        assert_eq!(wait(&server, 12, 0, true), None);
        assert_eq!(wait(&server, 2, 901, true), None);
    }

    #[test]
    fn waits_at_least_as_long_as_the_store_asks_and_never_longer_than_the_cap_by_itself() {
        let policy = RetryPolicy::default();
        let mut random = fastrand::Rng::with_seed(2);
        for failures in 1..12 {
            let streak = Streak { failures, since: None, any_success: true };
            let named = error(ErrorCode::Throttled, Again::After(Duration::from_secs(30)));
            assert!(policy.wait(&named, &streak, Duration::ZERO, &mut random).unwrap() >= Duration::from_secs(30));
            let unnamed = error(ErrorCode::Throttled, Again::Later);
            let wait = policy.wait(&unnamed, &streak, Duration::ZERO, &mut random).unwrap();
            assert!(wait <= policy.cap && wait >= policy.base.mul_f64(0.1), "{wait:?}");
        }
    }

    #[test]
    fn a_lost_network_can_be_outlasted() {
        let policy = RetryPolicy { outlasts_network: true, ..RetryPolicy::default() };
        let streak = Streak { failures: 1000, since: Some(Duration::ZERO), any_success: false };
        let mut random = fastrand::Rng::with_seed(3);
        let gone = error(ErrorCode::Network, Again::Later);
        assert!(policy.wait(&gone, &streak, Duration::from_secs(86_400), &mut random).is_some());
    }
}
