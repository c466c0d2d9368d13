//! Times as they are written in TOS: ISO with milliseconds in bodies, RFC 1123 in headers, compact in signatures.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Milliseconds since 1970 by the clock of the computer, moved by `ahead_seconds`.
pub(crate) fn now_ms(ahead_seconds: i64) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    u64::try_from(ms.saturating_add(ahead_seconds.saturating_mul(1000))).unwrap_or(0)
}

/// `2026-01-02T03:04:05.678Z`.
pub(crate) fn iso(ms: u64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok();
    moment.and_then(|moment| moment.format(&format).ok()).unwrap_or_default()
}

/// `Fri, 02 Jan 2026 03:04:05 GMT`.
pub(crate) fn rfc_1123(ms: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(ms))
}

/// Seconds since 1970 of an RFC 1123 date.
pub(crate) fn parse_rfc_1123(text: &str) -> Option<u64> {
    let moment = httpdate::parse_http_date(text).ok()?;
    moment.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Seconds since 1970 of the `YYYYMMDDTHHMMSSZ` of a signature.
pub(crate) fn parse_compact(text: &str) -> Option<i64> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(text, &format).ok().map(|moment| moment.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_in_its_three_forms() {
        let ms = 1_767_323_045_678;
        assert_eq!(iso(ms), "2026-01-02T03:04:05.678Z");
        assert_eq!(rfc_1123(ms), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(parse_rfc_1123(&rfc_1123(ms)), Some(ms / 1000));
        assert_eq!(parse_compact("20260102T030405Z"), Some(1_767_323_045));
        assert_eq!(parse_compact("2026-01-02"), None);
    }
}
