//! When to try again: the only place that knows.

use std::time::Duration;

use crate::error::{Again, ErrorCode};

/// Bounds and pace of retries, for one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failures in a row after which the transfer fails, once it has had a success in this run. Loss of the network is
    /// then not counted: only its time is bounded.
    pub failures_max: u32,
    /// Failures in a row after which it fails while nothing has ever succeeded: a wrong endpoint should be told soon.
    pub first_failures_max: u32,
    /// Time in a row without a success after which it fails, if there were several failures in it.
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
    /// After how many in a row it is given up; `None` where no number bounds them, but only time or nothing.
    pub(crate) failures_max: Option<u32>,
}

impl Streak {
    /// The try that comes after these failures; `None` where there were none.
    pub(crate) fn next_try(&self) -> Option<NextTry> {
        (self.failures > 0).then(|| NextTry { number: self.failures + 1, of: self.failures_max })
    }
}

/// Which try a transfer waits for. Counted are those in a row since anything of it has succeeded in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextTry {
    /// From 2: the first is not waited for.
    pub number: u32,
    /// After how many it is given up, if it is not sooner for the time that it took; `None` where none are too many.
    pub of: Option<u32>,
}

impl RetryPolicy {
    /// After how many failures in a row, the last of them this, a transfer is given up; `None` where they are not counted.
    pub(crate) fn failures_max(&self, code: ErrorCode, streak: &Streak) -> Option<u32> {
        // What has worked will work again when the network is back: only its time is bounded.
        let uncounted = code == ErrorCode::Network && (self.outlasts_network || streak.any_success);
        (!uncounted).then_some(if streak.any_success { self.failures_max } else { self.first_failures_max })
    }

    /// The wait before the next attempt, or `None` to give up. Full jitter: anywhere between nothing and the back-off,
    /// but never before a time that the store named.
    pub(crate) fn wait(
        &self,
        code: ErrorCode,
        again: Again,
        streak: &Streak,
        now: Duration,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let named = match again {
            Again::Never => return None,
            Again::Later => Duration::ZERO,
            Again::After(wait) => wait,
        };
        let outlasted = self.outlasts_network && code == ErrorCode::Network;
        let elapsed = streak.since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        // On a slow link two failures can lie far apart without anything being wrong: time alone does not end it.
        let too_long = elapsed > self.elapsed_max && streak.failures >= self.first_failures_max;
        let too_many = self.failures_max(code, streak).is_some_and(|max| streak.failures >= max);
        if !outlasted && (too_many || too_long) {
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

    #[test]
    fn gives_up_by_count_by_time_and_at_once_where_nothing_helps() {
        let policy = RetryPolicy::default();
        let mut random = fastrand::Rng::with_seed(1);
        let mut wait = |again, failures, since_s, any_success| {
            let streak = Streak { failures, since: Some(Duration::ZERO), any_success, ..Streak::default() };
            policy.wait(ErrorCode::Server, again, &streak, Duration::from_secs(since_s), &mut random)
        };
        assert_eq!(wait(Again::Never, 1, 0, true), None);
        assert!(wait(Again::Later, 1, 0, false).is_some());
        assert_eq!(wait(Again::Later, 4, 0, false), None);
        assert!(wait(Again::Later, 11, 0, true).is_some());
        assert_eq!(wait(Again::Later, 12, 0, true), None);
        assert!(wait(Again::Later, 2, 901, true).is_some(), "two failures far apart are a slow link");
        assert_eq!(wait(Again::Later, 4, 901, true), None);
    }

    #[test]
    fn b9_waits_at_least_as_long_as_the_store_asks_and_never_longer_than_the_cap_by_itself() {
        let policy = RetryPolicy::default();
        let mut random = fastrand::Rng::with_seed(2);
        for failures in 1..12 {
            let streak = Streak { failures, any_success: true, ..Streak::default() };
            let mut wait =
                |again| policy.wait(ErrorCode::Throttled, again, &streak, Duration::ZERO, &mut random).unwrap();
            assert!(wait(Again::After(Duration::from_secs(30))) >= Duration::from_secs(30));
            let wait = wait(Again::Later);
            assert!(wait <= policy.cap && wait >= policy.base.mul_f64(0.1), "{wait:?}");
        }
    }

    #[test]
    fn a_lost_network_that_has_worked_is_bounded_by_time_alone() {
        let policy = RetryPolicy::default();
        let mut random = fastrand::Rng::with_seed(4);
        let mut wait = |code, failures, since_s, any_success| {
            let streak = Streak { failures, since: Some(Duration::ZERO), any_success, ..Streak::default() };
            policy.wait(code, Again::Later, &streak, Duration::from_secs(since_s), &mut random).is_some()
        };
        assert!(wait(ErrorCode::Network, 1000, 899, true));
        assert!(!wait(ErrorCode::Network, 1000, 901, true));
        assert!(!wait(ErrorCode::Network, 4, 1, false), "a wrong endpoint is told soon");
        assert!(!wait(ErrorCode::Server, 12, 1, true), "a server that is there and fails is counted");
    }

    #[test]
    fn the_bound_that_is_told_is_the_one_that_ends_it() {
        let mut random = fastrand::Rng::with_seed(5);
        for outlasts_network in [false, true] {
            let policy = RetryPolicy { outlasts_network, ..RetryPolicy::default() };
            for (code, any_success) in
                [ErrorCode::Network, ErrorCode::Server].iter().flat_map(|c| [(*c, false), (*c, true)])
            {
                let mut tried = |failures| {
                    let streak = Streak { failures, any_success, ..Streak::default() };
                    policy.wait(code, Again::Later, &streak, Duration::ZERO, &mut random).is_some()
                };
                match policy.failures_max(code, &Streak { any_success, ..Streak::default() }) {
                    Some(max) => assert!(tried(max - 1) && !tried(max), "{code:?} {any_success} {max}"),
                    None => assert!(tried(1_000), "{code:?} {any_success}"),
                }
            }
        }
    }

    #[test]
    fn a_lost_network_can_be_outlasted() {
        let policy = RetryPolicy { outlasts_network: true, ..RetryPolicy::default() };
        let streak = Streak { failures: 1000, since: Some(Duration::ZERO), ..Streak::default() };
        let mut random = fastrand::Rng::with_seed(3);
        let wait = policy.wait(ErrorCode::Network, Again::Later, &streak, Duration::from_secs(86_400), &mut random);
        assert!(wait.is_some());
    }
}
