//! The judge of speed: counts every byte that passes at the store, each way and for each transfer.
//!
//! What applies is worked out here a second time and in another way, from what the user was told to have set and from the
//! hour on the wall. For a second after each change nothing is judged, for a minute after a wall clock was set: that is
//! what the engine promises. A bucket for each limit leaks at its rate; what is in it must stay below what a burst and
//! the pieces in hand explain.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::{Duration, UNIX_EPOCH};

use engine::{Clock as _, Limit, Stops};

use super::Oracle;
use crate::clock::Time;
use crate::script::PART;

/// A change acts within this.
const GRACE: Duration = Duration::from_secs(1);
/// A wall clock that was set is noticed within this.
const WALL_GRACE: Duration = Duration::from_secs(61);
const HOURS_OF_WEEK: i64 = 168;

/// Which way bytes pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Up,
    Down,
}

/// What the user has set, in the words of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) upload: Limit,
    pub(crate) download: Limit,
    /// Of each three hours one is stopped and one limited, from which on depends on this.
    pub(crate) hours: Option<u8>,
    pub(crate) full_speed_until_ms: Option<i64>,
}

impl Wanted {
    fn at(&self, way: Way, wall_ms: i64, offset_s: i32) -> Limit {
        if self.full_speed_until_ms.is_some_and(|until_ms| wall_ms < until_ms && until_ms - wall_ms <= 86_400_000) {
            return Limit::None;
        }
        let own = if way == Way::Up { self.upload } else { self.download };
        match self.hours {
            None => own,
            Some(_) if own == Limit::Stop => own,
            Some(shift) => match kind_of_hour(shift, hour_of_week(wall_ms, offset_s)) {
                0 => Limit::Stop,
                1 => own,
                _ => Limit::None,
            },
        }
    }
}

/// What an hour of the week is for: 0 stop, 1 limited, 2 full speed.
pub(crate) fn kind_of_hour(shift: u8, hour: usize) -> usize {
    (hour + usize::from(shift)) % 3
}

fn hour_of_week(wall_ms: i64, offset_s: i32) -> usize {
    // 1970 began on a Thursday, three days into its week.
    let hours = (wall_ms + i64::from(offset_s) * 1000).div_euclid(3_600_000) + 72;
    usize::try_from(hours.rem_euclid(HOURS_OF_WEEK)).unwrap_or(0)
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    limit: Limit,
    bytes: f64,
    at: Duration,
}

impl Bucket {
    /// Takes bytes under a limit; true if it runs over.
    fn take(&mut self, limit: Limit, len_bytes: u64, now: Duration, workers: u64) -> bool {
        if self.limit != limit {
            *self = Self { limit, bytes: 0.0, at: now };
        }
        let Some(rate) = limit.rate().map(|rate| rate.get() as f64) else { return false };
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = now;
        self.bytes = (self.bytes - passed * rate).max(0.0) + len_bytes as f64;
        // A burst, a wake-up that comes a little late, and a piece in the hand of each worker.
        self.bytes > 0.15 * rate + (workers * PART) as f64
    }
}

/// What is known of limits.
#[derive(Debug, Default)]
pub(crate) struct Speeds {
    wanted: Wanted,
    /// Nothing is judged before this, on the true clock.
    judged_from: Duration,
    ways: BTreeMap<Way, Bucket>,
    /// Own limits that are promised, by the number of the transfer, and since when.
    own: BTreeMap<usize, (Option<NonZeroU64>, Duration)>,
    /// A relayed copy passes each way under its limit.
    own_ways: BTreeMap<(usize, Way), Bucket>,
}

fn now(time: &Time) -> Duration {
    time.now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Speeds {
    /// A new run begins, with fresh limiters.
    pub(super) fn begin_run(&mut self) {
        self.ways.clear();
        self.own_ways.clear();
    }
}

impl Oracle {
    /// The user has set this.
    pub(crate) fn limits_are(&self, time: &Time, wanted: Wanted) {
        let speeds = &mut self.book().speeds;
        speeds.wanted = wanted;
        speeds.judged_from = speeds.judged_from.max(now(time) + GRACE);
    }

    /// The wall clock was set.
    pub(crate) fn wall_was_set(&self, time: &Time) {
        let speeds = &mut self.book().speeds;
        speeds.judged_from = speeds.judged_from.max(now(time) + WALL_GRACE);
    }

    /// A transfer has been promised a limit of its own; `None` where nothing is promised.
    pub(crate) fn own_limit_is(&self, time: &Time, at: usize, limit: Option<NonZeroU64>) {
        self.book().speeds.own.insert(at, (limit, now(time) + GRACE));
    }

    /// Nothing may pass in these directions just now, and has not been allowed to for long enough.
    fn stops(&self, time: &Time) -> Stops {
        let book = self.book();
        let wall_ms = time.wall_ms();
        let stopped = |way| {
            let at = |ms| book.speeds.wanted.at(way, wall_ms - ms, time.local_offset_s(wall_ms));
            at(0) == Limit::Stop && at(1100) == Limit::Stop && now(time) >= book.speeds.judged_from
        };
        Stops { upload: stopped(Way::Up), download: stopped(Way::Down) }
    }

    /// Bytes of a transfer pass at the store; `workers` parts of it may move at a time.
    pub(crate) fn passes(&self, time: &Time, way: Way, at: Option<usize>, len_bytes: u64, workers: u64) {
        let stops = self.stops(time);
        if (way == Way::Up && stops.upload) || (way == Way::Down && stops.download) {
            self.accuse(format!("{len_bytes} bytes pass {way:?} where nothing may"));
        }
        let (true_now, wall_ms) = (now(time), time.wall_ms());
        let mut book = self.book();
        let speeds = &mut book.speeds;
        let limit = |ms| speeds.wanted.at(way, wall_ms - ms, time.local_offset_s(wall_ms));
        let settled = true_now >= speeds.judged_from && limit(0) == limit(1100);
        let judged = if settled { limit(0) } else { Limit::None };
        let mut over = Vec::new();
        if speeds.ways.entry(way).or_default().take(judged, len_bytes, true_now, 8) {
            over.push(format!("{way:?} goes faster than {judged:?}"));
        }
        if let Some((at, (own, from))) = at.and_then(|at| Some((at, *speeds.own.get(&at)?))) {
            let judged = if true_now >= from { Limit::from(own) } else { Limit::None };
            if speeds.own_ways.entry((at, way)).or_default().take(judged, len_bytes, true_now, workers + 1) {
                over.push(format!("transfer {at} goes faster than its own {judged:?}"));
            }
        }
        drop(book);
        over.into_iter().for_each(|what| self.accuse(what));
    }
}
