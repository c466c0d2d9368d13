//! Which speed limit applies now, why, and until when.
//!
//! Several things hold bytes back: what the user has set, the hours of a timetable, an hour of full speed, a computer
//! on its battery or on a network that costs by the byte, and a transfer's own limit. Here they become one answer for each direction, and for each transfer: the lowest wins and is
//! named. It is plain arithmetic on a wall clock and the offset of local time, both given, so that a simulation can play
//! a week in a moment and a test can stand in the hour that daylight saving repeats.
//!
//! What it costs: the next change is looked for in steps of a quarter of an hour over eight days, some hundred
//! questions for an offset. It is asked only when something changes, and once a minute at most.

use std::num::NonZeroU64;

use crate::timetable::{Hour, Timetable};
use crate::transfer::Kind;

/// Offsets of local time are whole quarters of an hour, and change only at such.
const STEP_MS: i64 = 15 * 60 * 1000;
/// A timetable that has not changed anything for a week and a day of daylight saving will not.
const AHEAD_MS: i64 = 8 * 24 * 60 * 60 * 1000;
/// An end that is further ahead was set by another clock, and is not believed: nobody wants full speed by mistake.
const FULL_SPEED_MAX_MS: i64 = 24 * 60 * 60 * 1000;

/// The most that may move, in bytes a second. The lower one is the lesser one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Nothing moves. What is held back waits, and goes on by itself when this ends; it has not failed.
    Stop,
    /// So many bytes a second.
    Rate(NonZeroU64),
    /// As fast as it goes.
    #[default]
    None,
}

impl Limit {
    /// The rate, if there is one.
    pub fn rate(self) -> Option<NonZeroU64> {
        match self {
            Self::Rate(rate) => Some(rate),
            Self::Stop | Self::None => None,
        }
    }
}

impl From<Option<NonZeroU64>> for Limit {
    fn from(rate: Option<NonZeroU64>) -> Self {
        rate.map_or(Self::None, Self::Rate)
    }
}

/// What the user has set for all transfers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Towards stores.
    pub upload: Limit,
    /// From stores.
    pub download: Limit,
    /// The hours in which these hold. Without one they hold always. A [`Limit::Stop`] of the user's own holds in every
    /// hour: whoever says stop means it.
    pub timetable: Option<Timetable>,
    /// Until then nothing but own limits holds, in milliseconds since 1970.
    pub full_speed_until_ms: Option<i64>,
    /// Where the computer is just now, if its user wants nothing to move there. An hour of full speed goes before it:
    /// whoever asks for that knows where the computer is.
    pub held_by: Option<Circumstance>,
}

/// Where a computer can be that makes its user want to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Circumstance {
    /// It runs on its battery.
    Battery,
    /// Its network costs by the byte.
    Metered,
}

impl RateLimits {
    /// The same rate each way, or none.
    pub fn both_ways(rate: Option<NonZeroU64>) -> Self {
        Self { upload: rate.into(), download: rate.into(), ..Self::default() }
    }

    /// Whether time alone can change what applies.
    pub(crate) fn is_timed(&self) -> bool {
        self.timetable.is_some() || self.full_speed_until_ms.is_some()
    }

    /// What applies at `wall_ms` (milliseconds since 1970), where local time is ahead of UTC by so many seconds at a
    /// moment.
    pub fn at(&self, wall_ms: i64, offset_s: impl Fn(i64) -> i32) -> LimitsNow {
        LimitsNow {
            upload: self.one_way(self.upload, wall_ms, &offset_s),
            download: self.one_way(self.download, wall_ms, &offset_s),
        }
    }

    fn one_way(&self, own: Limit, wall_ms: i64, offset_s: &impl Fn(i64) -> i32) -> LimitNow {
        if let Some(end_ms) = self.full_speed_until_ms
            && (1..=FULL_SPEED_MAX_MS).contains(&end_ms.saturating_sub(wall_ms))
        {
            return LimitNow { limit: Limit::None, source: LimitSource::FullSpeed, until_ms: Some(end_ms) };
        }
        if let Some(circumstance) = self.held_by.filter(|_| own != Limit::Stop) {
            return LimitNow { limit: Limit::Stop, source: circumstance.into(), until_ms: None };
        }
        let Some(timetable) = self.timetable.filter(|_| own != Limit::Stop) else {
            return LimitNow { limit: own, source: LimitSource::General, until_ms: None };
        };
        let limit_at = |at_ms: i64| match timetable.at(local_ms(at_ms, offset_s)) {
            Hour::Full => Limit::None,
            Hour::Limited => own,
            Hour::Stop => Limit::Stop,
        };
        let limit = limit_at(wall_ms);
        let first_ms = wall_ms.div_euclid(STEP_MS).saturating_add(1).saturating_mul(STEP_MS);
        let until_ms = (0..AHEAD_MS / STEP_MS)
            .map(|step| first_ms.saturating_add(step * STEP_MS))
            .find(|at_ms| limit_at(*at_ms) != limit);
        LimitNow { limit, source: LimitSource::Timetable, until_ms }
    }
}

fn local_ms(at_ms: i64, offset_s: &impl Fn(i64) -> i32) -> i64 {
    at_ms.saturating_add(i64::from(offset_s(at_ms)) * 1000)
}

/// What a limit comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LimitSource {
    /// The user has set it for all transfers.
    #[default]
    General,
    /// The hour of the timetable.
    Timetable,
    /// The user wants full speed for a while.
    FullSpeed,
    /// The computer runs on its battery.
    Battery,
    /// The network costs by the byte.
    Metered,
    /// The transfer's own.
    Own,
}

impl From<Circumstance> for LimitSource {
    fn from(circumstance: Circumstance) -> Self {
        match circumstance {
            Circumstance::Battery => Self::Battery,
            Circumstance::Metered => Self::Metered,
        }
    }
}

/// A limit in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitNow {
    /// How much may move.
    pub limit: Limit,
    /// Why.
    pub source: LimitSource,
    /// When another one takes its place by itself, in milliseconds since 1970; `None` if it stays until somebody changes
    /// something.
    pub until_ms: Option<i64>,
}

/// The limits in force, for each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsNow {
    /// Towards stores.
    pub upload: LimitNow,
    /// From stores.
    pub download: LimitNow,
}

impl LimitsNow {
    /// The one that holds a transfer: the lowest of those of its direction and its own. `None` for a copy inside a store,
    /// whose bytes do not pass through here.
    pub fn of(&self, kind: Kind, passes_through: bool, own: Option<NonZeroU64>) -> Option<LimitNow> {
        let general = match kind {
            Kind::Upload => self.upload,
            Kind::Download => self.download,
            Kind::Copy if !passes_through => return None,
            Kind::Copy if self.download.limit < self.upload.limit => self.download,
            Kind::Copy => self.upload,
        };
        let own = LimitNow { limit: own.into(), source: LimitSource::Own, until_ms: None };
        Some(if own.limit < general.limit { own } else { general })
    }

    /// Which directions are stopped.
    pub(crate) fn stops(&self) -> Stops {
        Stops { upload: self.upload.limit == Limit::Stop, download: self.download.limit == Limit::Stop }
    }
}

/// The directions in which nothing may move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    /// Towards stores.
    pub upload: bool,
    /// From stores.
    pub download: bool,
}

impl Stops {
    /// Whether a transfer may not move. A copy inside a store may always: nothing of it passes through here.
    pub(crate) fn holds(self, kind: Kind, passes_through: bool) -> bool {
        match kind {
            Kind::Upload => self.upload,
            Kind::Download => self.download,
            Kind::Copy => passes_through && (self.upload || self.download),
        }
    }

    /// Whether anything may move that may not in `before`.
    pub(crate) fn frees(self, before: Self) -> bool {
        (before.upload && !self.upload) || (before.download && !self.download)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;
    /// Monday 2026-11-16, 00:00 UTC.
    const MONDAY_MS: i64 = 1_794_787_200_000;
    const MIB: u64 = 1 << 20;

    fn mib(n: u64) -> Limit {
        Limit::from(NonZeroU64::new(n * MIB))
    }

    fn working_hours() -> Timetable {
        let mut timetable = Timetable::default();
        for day in 0..5 {
            for hour in 9..19 {
                timetable.set(day, hour, Hour::Limited);
            }
        }
        timetable.set(6, 2, Hour::Stop);
        timetable.set(6, 3, Hour::Stop);
        timetable
    }

    fn check(limits: RateLimits, wall_ms: i64, offset_s: i32, expected: (Limit, LimitSource, Option<i64>)) {
        let now = limits.at(wall_ms, |_| offset_s).upload;
        assert_eq!((now.limit, now.source, now.until_ms), expected);
    }

    #[test]
    fn without_a_timetable_the_users_limit_holds_until_it_is_changed() {
        let limits = RateLimits { upload: mib(20), ..RateLimits::default() };
        check(limits, MONDAY_MS, 0, (mib(20), LimitSource::General, None));
        assert_eq!(limits.at(MONDAY_MS, |_| 0).download, LimitNow::default());
    }

    #[test]
    fn a_timetable_says_which_hours_and_until_when() {
        let limits = RateLimits { upload: mib(20), timetable: Some(working_hours()), ..RateLimits::default() };
        let at = |day: i64, hour: i64| MONDAY_MS + day * DAY_MS + hour * HOUR_MS;
        check(limits, at(0, 0), 0, (Limit::None, LimitSource::Timetable, Some(at(0, 9))));
        check(limits, at(0, 9), 0, (mib(20), LimitSource::Timetable, Some(at(0, 19))));
        check(limits, at(0, 19) - 1, 0, (mib(20), LimitSource::Timetable, Some(at(0, 19))));
        check(limits, at(4, 19), 0, (Limit::None, LimitSource::Timetable, Some(at(6, 2))));
        check(limits, at(6, 3), 0, (Limit::Stop, LimitSource::Timetable, Some(at(6, 4))));
        // The hours are those of the place: 15:00 in Shanghai is 07:00 UTC.
        check(limits, at(0, 7), 8 * 3600, (mib(20), LimitSource::Timetable, Some(at(0, 11))));
        check(
            limits,
            at(0, 9) - 345 * 60_000,
            345 * 60,
            (mib(20), LimitSource::Timetable, Some(at(0, 19) - 345 * 60_000)),
        );
    }

    #[test]
    fn an_hour_that_changes_nothing_ends_nothing() {
        let no_rate = RateLimits { timetable: Some(working_hours()), ..RateLimits::default() };
        let sunday_2 = MONDAY_MS + 6 * DAY_MS + 2 * HOUR_MS;
        check(no_rate, MONDAY_MS, 0, (Limit::None, LimitSource::Timetable, Some(sunday_2)));
        let always = RateLimits { upload: mib(1), timetable: Some(Timetable::default()), ..RateLimits::default() };
        check(always, MONDAY_MS, 0, (Limit::None, LimitSource::Timetable, None));
    }

    #[test]
    fn the_hour_that_daylight_saving_repeats_is_twice_as_long_and_the_one_it_skips_is_none() {
        // Berlin: 2026-10-25 03:00 becomes 02:00 at 01:00 UTC, 2027-03-28 02:00 becomes 03:00 at 01:00 UTC. Sundays.
        let autumn_ms = 1_792_890_000_000;
        let spring_ms = 1_806_195_600_000;
        let berlin = |at_ms: i64| if at_ms < autumn_ms || at_ms >= spring_ms { 7200 } else { 3600 };
        let mut timetable = Timetable::default();
        timetable.set(6, 2, Hour::Stop);
        let limits = RateLimits { timetable: Some(timetable), ..RateLimits::default() };
        let now = |at_ms| limits.at(at_ms, berlin).upload;
        let stop = LimitNow { limit: Limit::Stop, source: LimitSource::Timetable, until_ms: Some(autumn_ms + HOUR_MS) };
        assert_eq!(now(autumn_ms - HOUR_MS), stop);
        assert_eq!(now(autumn_ms), stop);
        assert_eq!(now(autumn_ms + HOUR_MS).limit, Limit::None);
        assert_eq!(now(spring_ms - 1).limit, Limit::None);
        assert_eq!(now(spring_ms).limit, Limit::None);
        assert_eq!(now(spring_ms).until_ms, Some(spring_ms + 7 * DAY_MS - HOUR_MS));
    }

    #[test]
    fn full_speed_lifts_everything_but_own_limits_until_its_end() {
        let mut timetable = Timetable::default();
        timetable.set(0, 0, Hour::Stop);
        let end_ms = MONDAY_MS + HOUR_MS / 2;
        let limits = RateLimits {
            upload: Limit::Stop,
            timetable: Some(timetable),
            full_speed_until_ms: Some(end_ms),
            ..RateLimits::default()
        };
        check(limits, MONDAY_MS, 0, (Limit::None, LimitSource::FullSpeed, Some(end_ms)));
        check(limits, end_ms, 0, (Limit::Stop, LimitSource::General, None));
        let now = limits.at(MONDAY_MS, |_| 0);
        let own = now.of(Kind::Upload, true, NonZeroU64::new(5)).unwrap();
        assert_eq!((own.source, own.until_ms), (LimitSource::Own, None));
        // A clock that was a month ahead when it was set.
        let odd = RateLimits { full_speed_until_ms: Some(MONDAY_MS + 30 * DAY_MS), ..limits };
        assert_eq!(odd.at(MONDAY_MS, |_| 0).upload.limit, Limit::Stop);
    }

    #[test]
    fn the_users_own_stop_holds_in_every_hour() {
        let limits = RateLimits { upload: Limit::Stop, timetable: Some(Timetable::default()), ..RateLimits::default() };
        check(limits, MONDAY_MS, 0, (Limit::Stop, LimitSource::General, None));
    }

    #[test]
    fn where_the_computer_is_stops_all_but_an_hour_of_full_speed_and_says_why() {
        for (circumstance, source) in
            [(Circumstance::Battery, LimitSource::Battery), (Circumstance::Metered, LimitSource::Metered)]
        {
            let held = RateLimits {
                upload: mib(20),
                timetable: Some(Timetable::default()),
                held_by: Some(circumstance),
                ..RateLimits::default()
            };
            check(held, MONDAY_MS, 0, (Limit::Stop, source, None));
            assert_eq!(held.at(MONDAY_MS, |_| 0).download.source, source);
            check(RateLimits { upload: Limit::Stop, ..held }, MONDAY_MS, 0, (Limit::Stop, LimitSource::General, None));
            let end_ms = MONDAY_MS + HOUR_MS;
            let full = RateLimits { full_speed_until_ms: Some(end_ms), ..held };
            check(full, MONDAY_MS, 0, (Limit::None, LimitSource::FullSpeed, Some(end_ms)));
            check(full, end_ms, 0, (Limit::Stop, source, None));
            let own = held.at(MONDAY_MS, |_| 0).of(Kind::Upload, true, NonZeroU64::new(5)).unwrap();
            assert_eq!((own.limit, own.source), (Limit::Stop, source));
        }
    }

    #[test]
    fn the_lowest_holds_a_transfer_and_is_named() {
        let limits = RateLimits { upload: mib(20), download: mib(4), ..RateLimits::default() };
        let now = limits.at(0, |_| 0);
        let of = |kind, passes, own: u64| {
            now.of(kind, passes, NonZeroU64::new(own * MIB)).map(|one| (one.limit, one.source))
        };
        assert_eq!(of(Kind::Upload, true, 16), Some((mib(16), LimitSource::Own)));
        assert_eq!(of(Kind::Upload, true, 32), Some((mib(20), LimitSource::General)));
        assert_eq!(of(Kind::Download, true, 0), Some((mib(4), LimitSource::General)));
        assert_eq!(of(Kind::Copy, true, 8), Some((mib(4), LimitSource::General)));
        assert_eq!(of(Kind::Copy, false, 1), None);
    }

    fn any_limit() -> impl Strategy<Value = Limit> {
        prop_oneof![
            Just(Limit::Stop),
            (1_u64..1 << 40).prop_map(|rate| NonZeroU64::new(rate).into()),
            Just(Limit::None)
        ]
    }

    fn any_timetable() -> impl Strategy<Value = Timetable> {
        prop::collection::vec(0_u8..3, Timetable::HOURS).prop_map(|cells| {
            let mut timetable = Timetable::default();
            for (at, cell) in cells.into_iter().enumerate() {
                timetable.set(at / 24, at % 24, [Hour::Full, Hour::Limited, Hour::Stop][usize::from(cell)]);
            }
            timetable
        })
    }

    proptest! {
        /// What is said to hold until then holds until then, and something else does from then on.
        #[test]
        fn nothing_changes_before_it_is_said_to(
            upload in any_limit(),
            timetable in prop::option::of(any_timetable()),
            full_speed_s in prop::option::of(-4000_i64..4000),
            wall_ms in 0_i64..4_000_000_000_000,
            offset_quarters in -48_i32..=56,
            share in 0.0_f64..1.0,
        ) {
            let full_speed_until_ms = full_speed_s.map(|seconds| wall_ms + 1000 * seconds);
            let limits = RateLimits { upload, timetable, full_speed_until_ms, ..RateLimits::default() };
            let offset = |_| offset_quarters * 900;
            let now = limits.at(wall_ms, offset).upload;
            let end_ms = now.until_ms.unwrap_or(wall_ms + AHEAD_MS);
            prop_assert!(end_ms > wall_ms);
            let between_ms = wall_ms + ((end_ms - wall_ms - 1) as f64 * share) as i64;
            prop_assert_eq!(limits.at(between_ms, offset).upload, now);
            if let Some(until_ms) = now.until_ms {
                let then = limits.at(until_ms, offset).upload;
                prop_assert!(then.limit != now.limit || then.source != now.source);
            }
        }

        /// Nobody is ever held by more than the lowest of what is set.
        #[test]
        fn the_lowest_wins(upload in any_limit(), download in any_limit(), own in 0_u64..1 << 40) {
            let now = RateLimits { upload, download, ..RateLimits::default() }.at(0, |_| 0);
            let own = NonZeroU64::new(own);
            let held = |kind| now.of(kind, true, own).map(|one| one.limit);
            prop_assert_eq!(held(Kind::Upload), Some(upload.min(own.into())));
            prop_assert_eq!(held(Kind::Download), Some(download.min(own.into())));
            prop_assert_eq!(held(Kind::Copy), Some(upload.min(download).min(own.into())));
        }
    }
}
