//! A week of hours: in which the limits hold, in which they do not, and in which nothing moves.

const DAYS: usize = 7;
const HOURS: usize = 24;
const HOUR_MS: i64 = 3_600_000;

/// What an hour of the week is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hour {
    /// No limit but a transfer's own.
    #[default]
    Full,
    /// The limits that the user has set.
    Limited,
    /// Nothing moves.
    Stop,
}

impl Hour {
    fn letter(self) -> char {
        match self {
            Self::Full => 'f',
            Self::Limited => 'l',
            Self::Stop => 's',
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        [Self::Full, Self::Limited, Self::Stop].into_iter().find(|hour| hour.letter() == letter)
    }
}

/// 7 days of 24 hours, from Monday, in local time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timetable([[Hour; HOURS]; DAYS]);

impl Timetable {
    /// Hours in a week.
    pub const HOURS: usize = DAYS * HOURS;

    /// Sets an hour: the day from 0 for Monday, the hour from 0. What is no hour of a week changes nothing.
    pub fn set(&mut self, day: usize, hour: usize, to: Hour) {
        if let Some(cell) = self.0.get_mut(day).and_then(|day| day.get_mut(hour)) {
            *cell = to;
        }
    }

    /// The hour in which a moment lies: milliseconds since 1970-01-01 00:00 of the local clock.
    pub fn at(&self, local_ms: i64) -> Hour {
        let hours = local_ms.div_euclid(HOUR_MS);
        // It began on a Thursday.
        let day = (hours.div_euclid(24) + 3).rem_euclid(7);
        let of = |number: i64| usize::try_from(number).unwrap_or(0);
        self.0[of(day) % DAYS][of(hours.rem_euclid(24)) % HOURS]
    }

    /// As [`Timetable::HOURS`] letters from Monday 00:00: `f` full speed, `l` limited, `s` stop.
    pub fn letters(&self) -> String {
        self.0.iter().flatten().map(|hour| hour.letter()).collect()
    }

    /// The timetable of such letters; `None` if they are others, or not as many.
    pub fn of_letters(letters: &str) -> Option<Self> {
        let hours: Vec<Hour> = letters.chars().map(Hour::of_letter).collect::<Option<_>>()?;
        if hours.len() != Self::HOURS {
            return None;
        }
        let mut timetable = Self::default();
        for (at, hour) in hours.into_iter().enumerate() {
            timetable.set(at / HOURS, at % HOURS, hour);
        }
        Some(timetable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_back_and_others_are_refused() {
        let mut timetable = Timetable::default();
        timetable.set(0, 9, Hour::Limited);
        timetable.set(6, 23, Hour::Stop);
        let letters = timetable.letters();
        assert_eq!((letters.len(), &letters[8..11], &letters[166..]), (168, "flf", "fs"));
        assert_eq!(Timetable::of_letters(&letters), Some(timetable));
        for wrong in ["", "f", &letters[1..], &letters.replace('l', "x"), &format!("{letters}f")] {
            assert_eq!(Timetable::of_letters(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_week_begins_on_monday_also_before_1970() {
        let mut timetable = Timetable::default();
        timetable.set(3, 0, Hour::Stop);
        assert_eq!(timetable.at(0), Hour::Stop, "1970-01-01 was a Thursday");
        assert_eq!(timetable.at(-1), Hour::Full);
        assert_eq!(timetable.at(-7 * 24 * HOUR_MS), Hour::Stop);
        assert_eq!(timetable.at(7 * 24 * HOUR_MS + HOUR_MS - 1), Hour::Stop);
        assert_eq!(timetable.at(7 * 24 * HOUR_MS + HOUR_MS), Hour::Full);
        timetable.set(7, 0, Hour::Stop);
        timetable.set(0, 24, Hour::Stop);
        assert_eq!(timetable.letters().matches('s').count(), 1);
    }
}
