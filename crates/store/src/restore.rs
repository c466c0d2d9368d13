//! Bringing archived objects back for reading.

use std::time::SystemTime;

/// What is wanted of a restoration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreRequest {
    days: u16,
    tier: Option<RestoreTier>,
}

impl RestoreRequest {
    /// Longest time that a readable copy can be asked for.
    pub const DAYS_MAX: u16 = 365;

    /// A readable copy for 1 to 365 days; `None` for another number. Without a tier the store takes its standard one.
    pub fn new(days: u16, tier: Option<RestoreTier>) -> Option<Self> {
        (1..=Self::DAYS_MAX).contains(&days).then_some(Self { days, tier })
    }

    /// For how many days.
    pub fn days(self) -> u16 {
        self.days
    }

    /// How fast.
    pub fn tier(self) -> Option<RestoreTier> {
        self.tier
    }
}

/// How fast a restoration is. Faster ones cost more, and not every storage class has each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreTier {
    /// Minutes.
    Expedited,
    /// Hours, for the colder classes.
    Standard,
    /// The cheapest.
    Bulk,
}

/// What became of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreAnswer {
    /// It was begun.
    Started,
    /// It was begun earlier and still runs.
    Running,
    /// There is a readable copy already, and it will stay longer if that was asked for.
    Extended,
}

/// How far a restoration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreState {
    /// It runs; the object cannot be read yet.
    Running,
    /// The object can be read until this moment, if the store tells one.
    Readable(Option<SystemTime>),
}

impl RestoreState {
    /// Reads `ongoing-request="false", expiry-date="Fri, 02 Jan 2026 03:04:05 GMT"`, of which
    /// [`crate::ObjectDetails::restore`] is the raw text. The date has a comma in it, so the quoted value behind each
    /// name is taken. `None` if it says neither.
    pub fn parse(text: &str) -> Option<Self> {
        match quoted_value(text, "ongoing-request")? {
            ongoing if ongoing.eq_ignore_ascii_case("true") => Some(Self::Running),
            ongoing if ongoing.eq_ignore_ascii_case("false") => {
                let date = quoted_value(text, "expiry-date");
                Some(Self::Readable(date.and_then(|date| httpdate::parse_http_date(date.trim()).ok())))
            }
            _ => None,
        }
    }
}

/// The text between the quotes behind `name=`.
fn quoted_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = &text[text.find(name)? + name.len()..];
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_state_of_a_restoration_is_read_though_its_date_has_a_comma() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let readable = Some(RestoreState::Readable(Some(moment)));
        for (text, expected) in [
            (r#"ongoing-request="true""#, Some(RestoreState::Running)),
            (r#"ongoing-request="false", expiry-date="Fri, 02 Jan 2026 03:04:05 GMT""#, readable),
            (r#"expiry-date="Fri, 02 Jan 2026 03:04:05 GMT", ongoing-request="false""#, readable),
            // The Go SDK reads this one as not ongoing.
            (r#"ongoing-request="true", expiry-date="Fri, 02 Jan 2026 03:04:05 GMT""#, Some(RestoreState::Running)),
            (r#"ongoing-request="false""#, Some(RestoreState::Readable(None))),
            (r#"ongoing-request = "false", expiry-date="soon""#, Some(RestoreState::Readable(None))),
            (r#"ongoing-request="perhaps""#, None),
            ("ongoing-request=true", None),
            ("", None),
        ] {
            assert_eq!(RestoreState::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn days_have_a_range() {
        assert_eq!(RestoreRequest::new(0, None), None);
        assert_eq!(RestoreRequest::new(366, None), None);
        assert_eq!(RestoreRequest::new(365, Some(RestoreTier::Bulk)).map(RestoreRequest::days), Some(365));
    }
}
