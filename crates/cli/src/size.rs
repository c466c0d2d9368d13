//! Sizes, rates and durations as people write them, and back.

use std::num::NonZeroU64;
use std::time::Duration;

const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

const SIZE_FORMS: &str = "write a number of bytes, or a number with KiB, MiB, GiB (or KB, MB, GB), such as 20MiB";

/// A size such as `20MiB`, `1.5GiB` or `20971520`, in bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| lower.strip_suffix(&name.to_ascii_lowercase()).map(|number| (number, *unit)))
        .unwrap_or((lower.strip_suffix('b').unwrap_or(&lower), 1));
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(fraction)
        || fraction.len() > 9
        || (unit == 1 && number.contains('.'))
    {
        return Err(SIZE_FORMS.to_owned());
    }
    let too_large = || "that is larger than anything can be".to_owned();
    let whole: u64 = whole.parse().map_err(|_| too_large())?;
    let mut bytes = u128::from(whole) * u128::from(unit);
    if !fraction.is_empty() {
        let numerator: u64 = fraction.parse().map_err(|_| too_large())?;
        bytes += u128::from(numerator) * u128::from(unit) / 10u128.pow(fraction.len().try_into().unwrap_or(9));
    }
    u64::try_from(bytes).map_err(|_| too_large())
}

/// A size that a part may have.
pub(crate) fn parse_part_size(text: &str) -> Result<u64, String> {
    let limits = store::Capabilities::TOS;
    let bytes = parse_size(text)?;
    if !(limits.part_size_bytes_min..=limits.part_size_bytes_max).contains(&bytes) {
        return Err("TOS takes parts from 5MiB to 5GiB".to_owned());
    }
    Ok(bytes)
}

/// A rate such as `5MiB/s`, in bytes a second.
pub(crate) fn parse_rate(text: &str) -> Result<NonZeroU64, String> {
    let bytes = parse_size(text.trim().strip_suffix("/s").unwrap_or(text))
        .map_err(|reason| format!("{reason}, with or without /s"))?;
    NonZeroU64::new(bytes).ok_or_else(|| {
        "nothing would ever move at 0 bytes a second; press Ctrl+C to pause a running transfer, or leave --limit out \
         for no limit"
            .to_owned()
    })
}

/// A duration such as `90`, `15m`, `1h` or `7d`.
pub(crate) fn parse_expiry(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (number, seconds) = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)]
        .iter()
        .find_map(|(unit, seconds)| text.strip_suffix(*unit).map(|number| (number, *seconds)))
        .unwrap_or((text, 1));
    let number: u64 = number
        .parse()
        .map_err(|_| "write a number of seconds, or a number with s, m, h or d, such as 1h".to_owned())?;
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=604_800) => Ok(Duration::from_secs(seconds)),
        _ => Err("a URL can be valid for 1 second to 7 days".to_owned()),
    }
}

/// Bytes for a person: `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let (name, unit) = UNITS[..4].iter().rev().find(|(_, unit)| bytes >= *unit).copied().unwrap_or(("B", 1));
    if unit == 1 { format!("{bytes} B") } else { format!("{:.1} {name}", bytes as f64 / unit as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("20971520", Some(20 << 20)),
            ("20MiB", Some(20 << 20)),
            ("20 mib", Some(20 << 20)),
            ("1.5GiB", Some(3 << 29)),
            ("5MB", Some(5_000_000)),
            ("7B", Some(7)),
            ("16777216TiB", None), // 2^64
            ("16777215TiB", Some(16_777_215 << 40)),
            ("", None),
            ("MiB", None),
            ("-1", None),
            ("1e6", None),
            ("1.5", None),
            ("20 apples", None),
        ] {
            assert_eq!(parse_size(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn any_size_is_refused_or_near_what_a_calculator_says() {
        mangle::check_all("size", 200_000, |input| {
            let text = String::from_utf8_lossy(input);
            if let Ok(bytes) = parse_size(&text) {
                assert_eq!(parse_size(&bytes.to_string()), Ok(bytes));
                let lower = text.trim().to_ascii_lowercase();
                let number = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim();
                let unit = UNITS.iter().find(|(name, _)| lower.ends_with(&name.to_ascii_lowercase()));
                let expected = number.parse::<f64>().unwrap() * unit.map_or(1, |(_, unit)| *unit) as f64;
                assert!((bytes as f64 - expected).abs() <= 1.0 + expected * 1e-9, "{text:?} became {bytes}");
            }
            if let Ok(bytes) = parse_part_size(&text) {
                assert!((5 << 20..=5 << 30).contains(&bytes));
            }
            let _ = parse_rate(&text);
            if let Ok(time) = parse_expiry(&text) {
                assert!((1..=604_800).contains(&time.as_secs()));
            }
        });
    }

    #[test]
    fn parts_keep_the_limits_of_tos() {
        for (text, expected) in
            [("5MiB", true), ("5242879", false), ("5GiB", true), ("5368709121", false), ("0", false), ("20MiB", true)]
        {
            assert_eq!(parse_part_size(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn no_speed_at_all_is_not_a_limit() {
        assert_eq!(parse_rate("5MiB/s").unwrap().get(), 5 << 20);
        assert_eq!(parse_rate("1").unwrap().get(), 1);
        assert!(parse_rate("0").unwrap_err().contains("pause"));
        assert!(parse_rate("0MiB/s").unwrap_err().contains("pause"));
    }

    #[test]
    fn a_url_lives_from_a_second_to_a_week() {
        for (text, expected) in
            [("1", Some(1)), ("15m", Some(900)), ("7d", Some(604_800)), ("0", None), ("8d", None), ("h", None)]
        {
            assert_eq!(parse_expiry(text).ok().map(|expiry| expiry.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_fitting_unit() {
        for (bytes, expected) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 29, "1.5 GiB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
