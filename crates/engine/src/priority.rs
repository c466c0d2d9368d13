//! Priority is a place in the queue and nothing else.
//!
//! Whoever comes earlier in the queue begins earlier and gets free parts first. So a high priority is a place before all
//! normal ones, and a low one a place behind them: places are numbers, and these are three stretches of them. Nothing
//! is stored beside the place, nothing has to be sorted, and what the list shows is what happens. What it costs:
//! whoever is dragged past the last one of a high priority has a high one too, which is what the drag says.

use serde::{Deserialize, Serialize};

/// From here on places are normal.
const NORMAL_FROM: i64 = -(1 << 61);
/// From here on they are low. In between there is room for half a billion transfers that are added one after another.
const LOW_FROM: i64 = 1 << 61;

/// Who comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all that are normal.
    High,
    /// As they were added.
    #[default]
    Normal,
    /// When nothing else waits.
    Low,
}

impl Priority {
    /// The priority that a place means.
    pub fn of(order: i64) -> Self {
        match order {
            ..NORMAL_FROM => Self::High,
            NORMAL_FROM..LOW_FROM => Self::Normal,
            LOW_FROM.. => Self::Low,
        }
    }

    /// Where its places begin for whoever finds none taken: with as much room before as behind.
    pub(crate) fn middle(self) -> i64 {
        match self {
            Self::High => NORMAL_FROM + NORMAL_FROM / 2,
            Self::Normal => 0,
            Self::Low => LOW_FROM + LOW_FROM / 2,
        }
    }

    /// The first place that is behind all of its own.
    pub(crate) fn end(self) -> i64 {
        match self {
            Self::High => NORMAL_FROM,
            Self::Normal => LOW_FROM,
            Self::Low => i64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretches_do_not_overlap_and_begin_in_their_middle() {
        for priority in [Priority::High, Priority::Normal, Priority::Low] {
            assert_eq!(Priority::of(priority.middle()), priority);
            assert_eq!(Priority::of(priority.end() - 1), priority);
        }
        assert_eq!(Priority::of(i64::MIN), Priority::High);
        assert_eq!(Priority::of(Priority::High.end()), Priority::Normal);
        assert_eq!(Priority::of(Priority::Normal.end()), Priority::Low);
    }
}
