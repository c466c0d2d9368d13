//! The timeline of a transfer: how fast it went, and what happened on the way.
//!
//! It is told in receipts and decides nothing, so losing the last of it costs nobody a byte. It is small whatever
//! happened: a fixed number of steps, each of which stands for twice the time whenever they have filled up, and a fixed
//! number of events, of which the nearest two of a kind become one when there are too many. What that costs: an hour is
//! drawn to the half minute, and of a night full of retries only the sums are left.
//!
//! Steps are steps of *work*. Time in which nothing could move (asleep, paused, not running) is a *break*: an event at a
//! point of that time which has a length of its own. So a pause of a week does not blur the minute before it.

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Most steps of a timeline.
pub const STEPS_MAX: usize = 128;
/// Most events of a timeline.
pub const EVENTS_MAX: usize = 64;
/// Length of a step at first.
const STEP_MS: u64 = 250;
/// Longer than any transfer; sums of these cannot overflow.
const TIME_MAX_MS: u64 = 100 * 366 * 24 * 60 * 60 * 1000;
/// Numbers that every reader of JSON takes exactly.
const WHOLE_MAX: u64 = (1 << 53) - 1;
/// Changes of a limit that follow each other faster than this are one: somebody drags a slider.
const ONE_CHANGE_MS: u64 = 2000;

/// What happened to a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Timeline {
    /// When it began, in milliseconds since 1970.
    pub began_ms: i64,
    /// Length of each step but the last, in milliseconds of work.
    pub step_ms: u64,
    /// Milliseconds of work in all.
    pub worked_ms: u64,
    /// Bytes on the wire in each step, repeats included; at most [`STEPS_MAX`] steps.
    pub moved_bytes: Vec<u64>,
    /// The limit that held it at the beginning, in bytes a second; `None` if there was none.
    pub limit: Option<u64>,
    /// What happened, in order; at most [`EVENTS_MAX`].
    pub events: Vec<Happening>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// When, in milliseconds of work since the beginning.
    pub at_ms: u64,
    /// How long it lasted, in milliseconds; 0 for what happened in a moment.
    pub lasted_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen. The first five are breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The computer slept. A program that was stopped, and a clock that was set forward, look the same.
    Asleep,
    /// Its user paused it, or it waited for something that only the user can give.
    Paused,
    /// It was back in line: nothing was allowed to move.
    Waited,
    /// It had failed, until it was tried again.
    Failed,
    /// No engine ran: it had been quit, or was killed.
    NotRunning,
    /// It waited for the network.
    NoNetwork,
    /// Another limit held it from then on, in bytes a second: `None` is no limit, 0 lets nothing move.
    Limit {
        /// Before.
        from: Option<u64>,
        /// From then on.
        to: Option<u64>,
    },
    /// Parts failed and were sent again.
    SentAgain {
        /// How many.
        parts: u32,
    },
    /// It began anew, since the source was another one or the upload was gone.
    StartedOver,
    /// Something that this version does not know.
    #[serde(other)]
    Other,
}

impl What {
    /// Whether nothing could move meanwhile, so that its time is no time of work.
    pub fn is_break(self) -> bool {
        matches!(self, Self::Asleep | Self::Paused | Self::Waited | Self::Failed | Self::NotRunning)
    }

    fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl Timeline {
    /// One that begins, under a limit.
    pub fn new(began_ms: i64, limit: Option<u64>) -> Self {
        Self { began_ms, step_ms: STEP_MS, worked_ms: 0, moved_bytes: Vec::new(), limit, events: Vec::new() }
    }

    /// Adds time of work in which so many bytes moved, evenly.
    pub fn work(&mut self, time_ms: u64, bytes: u64) {
        let end_ms = self.worked_ms.saturating_add(time_ms).min(TIME_MAX_MS);
        while end_ms > self.step_ms.saturating_mul(STEPS_MAX as u64) {
            self.halve();
        }
        let begin_ms = std::mem::replace(&mut self.worked_ms, end_ms);
        let steps = usize::try_from(end_ms.div_ceil(self.step_ms)).unwrap_or(STEPS_MAX).max(1);
        self.moved_bytes.resize(steps.max(self.moved_bytes.len()).min(STEPS_MAX), 0);
        let Some(last) = self.moved_bytes.len().checked_sub(1) else { return };
        let (span_ms, mut left) = (end_ms - begin_ms, bytes);
        let first = usize::try_from(begin_ms / self.step_ms).unwrap_or(0).min(last);
        for at in first..last {
            let until_ms = (at as u64 + 1) * self.step_ms;
            let share_ms = until_ms.min(end_ms).saturating_sub(begin_ms.max(at as u64 * self.step_ms));
            let share = u128::from(bytes) * u128::from(share_ms) / u128::from(span_ms.max(1));
            let part = u64::try_from(share).unwrap_or(0).min(left);
            add(&mut self.moved_bytes[at], part);
            left -= part;
        }
        add(&mut self.moved_bytes[last], left);
    }

    /// Notes what happened. What is too much is put together with its like.
    pub fn note(&mut self, at_ms: u64, lasted_ms: u64, what: What) {
        let at_ms = at_ms.min(TIME_MAX_MS);
        let place = self.events.partition_point(|event| event.at_ms <= at_ms);
        self.events.insert(place, Happening { at_ms, lasted_ms: lasted_ms.min(TIME_MAX_MS), what });
        self.put_together(EVENTS_MAX, |_, _| false);
    }

    /// The limit is another one at this time of work.
    pub fn limit_is(&mut self, at_ms: u64, to: Option<u64>) {
        let from = self.limit_now();
        if from != to {
            self.note(at_ms, 0, What::Limit { from, to });
            // That everything was stopped is told, however short it was.
            let changes =
                |one: &Happening| matches!(one.what, What::Limit { from, to } if ![from, to].contains(&Some(0)));
            let dragged = |one: &Happening, next: &Happening| {
                changes(one) && changes(next) && next.at_ms - one.at_ms < ONE_CHANGE_MS
            };
            self.put_together(EVENTS_MAX, dragged);
        }
    }

    /// The limit that held it last.
    pub fn limit_now(&self) -> Option<u64> {
        let last = self.events.iter().rev().find_map(|event| match event.what {
            What::Limit { to, .. } => Some(to),
            _ => None,
        });
        last.unwrap_or(self.limit)
    }

    /// Milliseconds since 1970 at its end.
    pub fn end_ms(&self) -> i64 {
        self.wall_ms(self.worked_ms, true)
    }

    /// What happened, with beginning and end in milliseconds since 1970.
    pub fn told(&self) -> impl Iterator<Item = (i64, i64, What)> {
        let mut passed_ms = 0_u64;
        self.events.iter().map(move |event| {
            let begin_ms = self.later(event.at_ms.saturating_add(passed_ms));
            if event.what.is_break() {
                passed_ms = passed_ms.saturating_add(event.lasted_ms);
                return (begin_ms, self.later(event.at_ms.saturating_add(passed_ms)), event.what);
            }
            let end_ms = match event.lasted_ms {
                0 => begin_ms,
                lasted_ms => self.wall_ms(event.at_ms.saturating_add(lasted_ms), false),
            };
            (begin_ms, end_ms.max(begin_ms), event.what)
        })
    }

    /// The bytes that moved from one moment to another, in milliseconds since 1970: no break is inside.
    pub fn stretches(&self) -> Vec<(i64, i64, u64)> {
        let breaks: Vec<u64> = self.events.iter().filter(|one| one.what.is_break()).map(|one| one.at_ms).collect();
        let mut all = Vec::with_capacity(self.moved_bytes.len());
        for (step, bytes) in self.moved_bytes.iter().enumerate() {
            let mut from_ms = step as u64 * self.step_ms;
            let end_ms = (from_ms + self.step_ms).min(self.worked_ms);
            let (whole_ms, mut left, inside) = (end_ms.saturating_sub(from_ms), *bytes, from_ms + 1..end_ms);
            for until_ms in breaks.iter().copied().filter(|at| inside.contains(at)).chain([end_ms]) {
                if until_ms <= from_ms {
                    continue;
                }
                let share = u128::from(*bytes) * u128::from(until_ms - from_ms) / u128::from(whole_ms.max(1));
                let part = if until_ms == end_ms { left } else { u64::try_from(share).unwrap_or(0).min(left) };
                left -= part;
                let begin_ms = self.wall_ms(from_ms, true);
                all.push((begin_ms, begin_ms.saturating_add_unsigned(until_ms - from_ms), part));
                from_ms = until_ms;
            }
        }
        all
    }

    /// Milliseconds since 1970 at a time of work, before or after the breaks at that very time.
    fn wall_ms(&self, at_ms: u64, after: bool) -> i64 {
        let is_over = |event: &&Happening| event.at_ms < at_ms || (after && event.at_ms == at_ms);
        let breaks = self.events.iter().filter(|event| event.what.is_break()).filter(is_over);
        self.later(breaks.map(|event| event.lasted_ms).fold(at_ms, u64::saturating_add))
    }

    fn later(&self, by_ms: u64) -> i64 {
        self.began_ms.saturating_add_unsigned(by_ms)
    }

    /// It with fewer steps and events, for a receipt of very many.
    #[must_use]
    pub fn thinned(mut self, steps_max: usize, events_max: usize) -> Self {
        while self.moved_bytes.len() > steps_max.max(1) {
            self.halve();
        }
        self.put_together(events_max.max(KINDS), |_, _| false);
        self
    }

    /// Every step stands for twice the time.
    fn halve(&mut self) {
        self.moved_bytes = self.moved_bytes.chunks(2).map(|pair| pair.iter().fold(0, |a, b| sum(a, *b))).collect();
        self.step_ms = self.step_ms.saturating_mul(2);
    }

    /// Puts neighbours of a kind together, the nearest first, until there are few enough and none is left that must.
    fn put_together(&mut self, events_max: usize, must: impl Fn(&Happening, &Happening) -> bool) {
        loop {
            let pairs = self.events.iter().enumerate().filter_map(|(at, one)| {
                let mut rest = self.events.iter().enumerate().skip(at + 1);
                let (next, other) = rest.find(|(_, other)| other.what.is_like(one.what))?;
                Some((other.at_ms.saturating_sub(one.at_ms), at, next, must(one, other)))
            });
            let few = self.events.len() <= events_max;
            let Some((_, at, next, _)) = pairs.filter(|(.., must)| *must || !few).min() else { return };
            let other = self.events.remove(next);
            match self.events[at].and(other) {
                Some(both) => {
                    self.events.remove(at);
                    let place = self.events.partition_point(|event| event.at_ms <= both.at_ms);
                    self.events.insert(place, both);
                }
                None => drop(self.events.remove(at)),
            }
        }
    }
}

/// Kinds of events: fewer cannot be put together.
const KINDS: usize = 10;

impl Happening {
    /// Both, if anything is left of them.
    fn and(self, next: Self) -> Option<Self> {
        let lasted_ms = match self.what {
            what if what.is_break() => self.lasted_ms.saturating_add(next.lasted_ms),
            _ => (next.at_ms - self.at_ms).saturating_add(next.lasted_ms).max(self.lasted_ms),
        };
        let lasted_ms = lasted_ms.min(TIME_MAX_MS);
        match (self.what, next.what) {
            (What::Limit { from, .. }, What::Limit { to, .. }) => {
                (from != to).then_some(Self { what: What::Limit { from, to }, lasted_ms: 0, ..next })
            }
            (What::SentAgain { parts }, What::SentAgain { parts: more }) => {
                let parts = parts.saturating_add(more);
                Some(Self { what: What::SentAgain { parts }, lasted_ms, ..self })
            }
            _ => Some(Self { lasted_ms, ..self }),
        }
    }
}

fn add(to: &mut u64, bytes: u64) {
    *to = sum(*to, bytes);
}

fn sum(one: u64, other: u64) -> u64 {
    one.saturating_add(other).min(WHOLE_MAX)
}

/// A timeline as somebody wrote it, who may not have kept to the bounds.
#[derive(Deserialize)]
struct Written {
    began_ms: i64,
    step_ms: u64,
    worked_ms: u64,
    #[serde(deserialize_with = "first_of::<_, _, STEPS_MAX>")]
    moved_bytes: Vec<u64>,
    limit: Option<u64>,
    #[serde(deserialize_with = "first_of::<_, _, EVENTS_MAX>")]
    events: Vec<Happening>,
}

impl From<Written> for Timeline {
    fn from(written: Written) -> Self {
        let Written { began_ms, step_ms, worked_ms, mut moved_bytes, limit, mut events } = written;
        let step_ms = step_ms.clamp(1, TIME_MAX_MS);
        let all_ms = step_ms * moved_bytes.len() as u64;
        let worked_ms = worked_ms.clamp(all_ms.saturating_sub(step_ms), all_ms);
        moved_bytes.iter_mut().for_each(|bytes| *bytes = (*bytes).min(WHOLE_MAX));
        for event in &mut events {
            event.at_ms = event.at_ms.min(TIME_MAX_MS);
            event.lasted_ms = event.lasted_ms.min(TIME_MAX_MS);
        }
        events.sort_by_key(|event| event.at_ms);
        let far_ms = 4 * i64::try_from(TIME_MAX_MS).unwrap_or(i64::MAX);
        Self { began_ms: began_ms.clamp(-far_ms, far_ms), step_ms, worked_ms, moved_bytes, limit, events }
    }
}

/// The first of a list, however long it is.
fn first_of<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(from: D) -> Result<Vec<T>, D::Error> {
    struct First<T, const MAX: usize>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for First<T, MAX> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut first = Vec::new();
            while first.len() < MAX
                && let Some(one) = list.next_element()?
            {
                first.push(one);
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }
    from.deserialize_seq(First::<T, MAX>(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(acts: &[(u8, u32, u32)]) -> Timeline {
        let mut timeline = Timeline::new(1_790_000_000_000, None);
        for (act, one, other) in acts {
            let (at_ms, one, other) = (timeline.worked_ms, u64::from(*one), *other);
            match act % 8 {
                0 => timeline.note(at_ms, one, What::Asleep),
                1 => timeline.note(at_ms, one, What::Paused),
                2 => timeline.note(at_ms, 0, What::SentAgain { parts: other }),
                3 => timeline.limit_is(at_ms, (other % 3 > 0).then_some(u64::from(other))),
                4 => timeline.note(at_ms.saturating_sub(one), one.min(at_ms), What::NoNetwork),
                _ => timeline.work(one, u64::from(other)),
            }
        }
        timeline
    }

    fn acts() -> impl Strategy<Value = Vec<(u8, u32, u32)>> {
        proptest::collection::vec((any::<u8>(), prop_oneof![0..400_u32, any::<u32>()], any::<u32>()), 0..300)
    }

    proptest! {
        #[test]
        fn whatever_happens_it_stays_small_ordered_and_loses_no_byte(acts in acts()) {
            let works = |act: &&(u8, u32, u32)| act.0 % 8 > 4;
            let moved: u64 = acts.iter().filter(works).map(|act| u64::from(act.2)).sum();
            let worked: u64 = acts.iter().filter(works).map(|act| u64::from(act.1)).sum();
            let slept: u64 = acts.iter().filter(|act| act.0 % 8 < 2).map(|act| u64::from(act.1)).sum();
            let again = |events: &[Happening]| -> u64 {
                events.iter().map(|one| if let What::SentAgain { parts } = one.what { u64::from(parts) } else { 0 }).sum()
            };
            let sent: u64 = acts.iter().filter(|act| act.0 % 8 == 2).map(|act| u64::from(act.2)).sum();
            {
                let timeline = made(&acts);
                prop_assert!(timeline.moved_bytes.len() <= STEPS_MAX && timeline.events.len() <= EVENTS_MAX);
                prop_assert_eq!(timeline.moved_bytes.iter().sum::<u64>(), moved);
                prop_assert_eq!(timeline.worked_ms, worked);
                prop_assert_eq!(timeline.end_ms(), 1_790_000_000_000 + (worked + slept) as i64);
                prop_assert!(timeline.events.is_sorted_by_key(|one| one.at_ms));
                prop_assert!(again(&timeline.events) <= sent);
                prop_assert!(again(&timeline.events) == sent || sent > u64::from(u32::MAX));
                let thin = timeline.clone().thinned(8, 8);
                prop_assert!(thin.moved_bytes.len() <= 8 && thin.events.len() <= KINDS);
                prop_assert_eq!(thin.end_ms(), timeline.end_ms());
                for timeline in [timeline, thin] {
                    let json = serde_json::to_string(&timeline).unwrap();
                    prop_assert!(json.len() < 12_000);
                    prop_assert_eq!(&serde_json::from_str::<Timeline>(&json).unwrap(), &timeline);
                    let stretches = timeline.stretches();
                    prop_assert!(stretches.iter().all(|(begin, end, _)| begin < end));
                    prop_assert!(stretches.windows(2).all(|pair| pair[0].1 <= pair[1].0));
                    let told: u64 = stretches.iter().map(|one| one.2).sum();
                    prop_assert!(told == moved || timeline.worked_ms == 0);
                    prop_assert!(timeline.told().all(|(begin, end, _)| begin <= end && end <= timeline.end_ms()));
                }
            }
        }
    }

    #[test]
    fn what_somebody_else_wrote_is_cut_to_the_bounds() {
        let list = |one: &str| vec![one; 100_000].join(",");
        let event = r#"{"at_ms":18446744073709551615,"lasted_ms":18446744073709551615,"what":"asleep"}"#;
        let text = format!(
            r#"{{"began_ms":-9223372036854775808,"step_ms":0,"worked_ms":18446744073709551615,"later":[1],
                "moved_bytes":[{}],"events":[{}]}}"#,
            list("18446744073709551615"),
            list(event)
        );
        let timeline: Timeline = serde_json::from_str(&text).unwrap();
        assert_eq!((timeline.moved_bytes.len(), timeline.events.len()), (STEPS_MAX, EVENTS_MAX));
        assert!(timeline.stretches().iter().all(|(begin, end, bytes)| begin < end && *bytes <= WHOLE_MAX));
        assert_eq!(timeline.told().count(), EVENTS_MAX);
        let unknown = r#"{"began_ms":0,"step_ms":1,"worked_ms":1,"moved_bytes":[7],
            "events":[{"at_ms":1,"lasted_ms":0,"what":"comet","tail":3}]}"#;
        let timeline: Timeline = serde_json::from_str(unknown).unwrap();
        assert_eq!(timeline.events[0].what, What::Other);
    }

    #[test]
    fn a_slider_that_is_dragged_is_one_change_and_one_that_comes_back_is_none() {
        let mut timeline = Timeline::new(0, None);
        timeline.work(10_000, 5);
        for limit in 1..100 {
            timeline.limit_is(10_000, Some(limit));
        }
        let change = What::Limit { from: None, to: Some(99) };
        assert_eq!(timeline.events, [Happening { at_ms: 10_000, lasted_ms: 0, what: change }]);
        timeline.limit_is(10_500, None);
        assert_eq!(timeline.events, []);
    }

    #[test]
    fn a_break_takes_no_step_and_moves_the_clock() {
        let mut timeline = Timeline::new(1_000_000, None);
        timeline.work(1000, 4000);
        timeline.note(1000, 38_000, What::Asleep);
        timeline.work(1000, 8000);
        assert_eq!(timeline.moved_bytes, [1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000]);
        assert_eq!(timeline.told().collect::<Vec<_>>(), [(1_001_000, 1_039_000, What::Asleep)]);
        assert_eq!(timeline.stretches()[3..5], [(1_000_750, 1_001_000, 1000), (1_039_000, 1_039_250, 2000)]);
        assert_eq!(timeline.end_ms(), 1_040_000);
    }
}
