//! The clock of this computer and of the place where it stands: the timetable means local hours.

use engine::{Clock, Sleep, SystemClock};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The system's clock, with its time zone. A zone that is changed while the app runs is noticed.
#[derive(Debug, Default)]
pub struct LocalClock {
    clock: SystemClock,
    /// Instead of the system's.
    zone: Option<TimeZone>,
}

impl LocalClock {
    /// A clock in another place.
    pub fn in_zone(zone: TimeZone) -> Self {
        Self { zone: Some(zone), ..Self::default() }
    }

    /// Name of the zone, if the system tells.
    pub fn zone_name(&self) -> Option<String> {
        self.zone().iana_name().map(str::to_owned)
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or_else(TimeZone::system)
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn wall_ms(&self) -> i64 {
        self.clock.wall_ms()
    }

    fn local_offset_s(&self, wall_ms: i64) -> i32 {
        // A moment that no calendar has is in no season.
        Timestamp::from_millisecond(wall_ms).map_or(0, |at| self.zone().to_offset(at).seconds())
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        self.clock.sleep(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_follows_daylight_saving() {
        let clock = LocalClock::in_zone(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        let end_of_summer_ms = 1_792_890_000_000; // 2026-10-25 01:00 UTC
        assert_eq!(clock.local_offset_s(end_of_summer_ms - 1), 7200);
        assert_eq!(clock.local_offset_s(end_of_summer_ms), 3600);
        assert_eq!(clock.local_offset_s(i64::MAX), 0);
    }

    #[test]
    fn a_zone_has_its_name() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(LocalClock::in_zone(zone).zone_name(), None);
        assert_eq!(LocalClock::in_zone(TimeZone::UTC).zone_name().as_deref(), Some("UTC"));
    }
}
