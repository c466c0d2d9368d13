//! Moments, as receipts write them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const WRITTEN: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const SHOWN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// A moment to the millisecond, of the years 0 to 9999. Written as RFC 3339 in UTC: `2026-11-22T05:08:19.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    ms: i64,
}

impl Moment {
    /// The moment so many milliseconds after the beginning of 1970; `None` for one that cannot be written.
    pub fn from_ms(ms: i64) -> Option<Self> {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self { ms })
    }

    /// Milliseconds since 1970.
    pub fn ms(self) -> i64 {
        self.ms
    }

    /// For a person: `2026-11-22 05:08:19`, in UTC.
    pub fn to_the_second(self) -> String {
        self.format(SHOWN)
    }

    fn format(self, format: &[BorrowedFormatItem<'_>]) -> String {
        // Made only of what can be written, so there is always something to write.
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.ms) * 1_000_000);
        moment.ok().and_then(|moment| moment.format(format).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(WRITTEN))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)?;
        let ms = i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000_000)).ok();
        ms.and_then(Self::from_ms).ok_or_else(|| serde::de::Error::custom("the time is out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_to_the_millisecond() {
        let check = |ms: i64, written: &str| {
            let moment = Moment::from_ms(ms).unwrap();
            assert_eq!(moment.to_string(), written);
            let json = serde_json::to_string(&moment).unwrap();
            assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment);
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(-1, "1969-12-31T23:59:59.999Z"); // a clock that was never set
        check(1_795_324_099_007, "2026-11-22T05:08:19.007Z");
        check(253_402_300_799_999, "9999-12-31T23:59:59.999Z"); // the last that four digits can write
        check(-62_167_219_200_000, "0000-01-01T00:00:00.000Z"); // the first
    }

    #[test]
    fn what_four_digits_cannot_write_is_no_moment() {
        for ms in [i64::MIN, i64::MAX, 253_402_300_800_000, -62_167_219_200_001] {
            assert_eq!(Moment::from_ms(ms), None, "{ms}");
        }
    }

    #[test]
    fn a_moment_of_another_zone_is_the_same_moment() {
        let moment: Moment = serde_json::from_str("\"2026-11-22T13:08:19.007+08:00\"").unwrap();
        assert_eq!(moment.to_string(), "2026-11-22T05:08:19.007Z");
    }
}
