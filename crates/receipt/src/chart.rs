//! The timelines of all transfers of a receipt as one picture: how fast it went, and what happened on the way.
//!
//! Its axis is the time in which anything was at work. Time between, a night in which the computer slept say, is drawn
//! narrower than it was, or the work would be a line beside it. What that costs: a distance on the axis is not always
//! a time; each mark says when it was.

use engine::{EVENTS_MAX, Outcome, Timeline, What};

use crate::entry::Entry;
use crate::moment::Moment;

/// The axis is cut into so many equal slices.
pub const SLICES: usize = 120;
/// Length of the axis, in which the places of marks are given.
pub const AXIS: u32 = 10_000;
/// Time between is drawn no wider than this share of the time of work, and all of it together no wider than half.
const BETWEEN_SHARE: f64 = 0.04;
const BETWEEN_MAX: f64 = 0.5;
/// What ended sooner has no timeline, and is drawn as if it had gone evenly.
const EVENLY_MAX_MS: i64 = 5_000;
/// What worked longer has one, unless an older version did it; then the picture would not be the whole.
const UNTOLD_MAX_MS: u64 = 3_000;
/// What is this near is one: many transfers see the same sleep, each at its own moment.
const ONE_EVENT_MS: i64 = 2_000;
/// Steps of all the timelines of a receipt together, about.
const STEPS_IN_ALL: usize = 128_000;

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// When it begins, in milliseconds since 1970.
    pub began_ms: i64,
    /// When it ends.
    pub ended_ms: i64,
    /// Bytes a second in each of the [`SLICES`].
    pub speeds: Vec<u64>,
    /// The limit that held in each slice, in bytes a second, where it was the same for all.
    pub limits: Vec<Option<u64>>,
    /// What happened, in order; at most [`EVENTS_MAX`].
    pub marks: Vec<Mark>,
}

/// Something that happened, in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When it began, in milliseconds since 1970.
    pub begin_ms: i64,
    /// When it ended.
    pub end_ms: i64,
    /// How long it lasted, without the time between, if it is several that were put together.
    pub lasted_ms: u64,
    /// Its place on the axis.
    pub from: u32,
    /// Where it ends there.
    pub until: u32,
    /// What it was.
    pub what: What,
}

/// What of an entry is drawn.
enum Told<'a> {
    Timeline(&'a Timeline),
    Evenly(i64, i64, u64),
}

impl Told<'_> {
    fn of(entry: &Entry) -> Option<Told<'_>> {
        if let Some(timeline) = &entry.timeline {
            return Some(Told::Timeline(timeline));
        }
        let (begin, end) = (entry.times.planned.map(Moment::ms)?, entry.times.ended.map(Moment::ms)?);
        let short = entry.outcome == Outcome::Moved && (0..=EVENLY_MAX_MS).contains(&(end - begin));
        short.then_some(Told::Evenly(begin, end.max(begin + 1), entry.size_bytes))
    }

    fn stretches(&self) -> Vec<(i64, i64, u64)> {
        match self {
            Self::Timeline(timeline) => timeline.stretches(),
            Self::Evenly(begin, end, bytes) => vec![(*begin, *end, *bytes)],
        }
    }
}

impl Chart {
    /// The picture of these entries; `None` if they have no timelines, or not those that it would take.
    pub fn of(entries: &[Entry]) -> Option<Self> {
        let untold = |entry: &Entry| {
            entry.timeline.is_none() && entry.outcome == Outcome::Moved && entry.times.busy_ms > UNTOLD_MAX_MS
        };
        if entries.iter().all(|entry| entry.timeline.is_none()) || entries.iter().any(untold) {
            return None;
        }
        let told = || entries.iter().filter_map(Told::of);
        let axis = Axis::of(told())?;
        let mut moved = vec![0.0; SLICES];
        let mut limits = vec![Held::Unknown; SLICES];
        for one in told() {
            for (begin, end, bytes) in one.stretches() {
                axis.spread(begin, end, bytes as f64, &mut moved);
            }
            if let Told::Timeline(timeline) = one {
                hold(timeline, &axis, &mut limits);
            }
        }
        let mut worked = vec![0.0; SLICES];
        axis.busy.iter().for_each(|one| axis.spread(one.begin, one.end, (one.end - one.begin) as f64, &mut worked));
        let speed = |(bytes, ms): (&f64, &f64)| if *ms < 1.0 { 0 } else { (bytes * 1000.0 / ms) as u64 };
        Some(Self {
            began_ms: axis.busy.first()?.begin,
            ended_ms: axis.busy.last()?.end,
            speeds: moved.iter().zip(&worked).map(speed).collect(),
            limits: limits.into_iter().map(Held::limit).collect(),
            marks: marks(entries, &axis),
        })
    }
}

/// Time in which something was at work, and where it lies on the axis.
struct Busy {
    begin: i64,
    end: i64,
    from: f64,
    until: f64,
}

struct Axis {
    busy: Vec<Busy>,
}

impl Axis {
    fn of<'a>(told: impl Iterator<Item = Told<'a>>) -> Option<Self> {
        let mut all: Vec<(i64, i64)> = Vec::new();
        for one in told {
            for (begin, end, _) in one.stretches() {
                match all.last_mut() {
                    // Steps of one transfer follow each other.
                    Some(last) if last.1 == begin => last.1 = end,
                    _ => all.push((begin, end)),
                }
            }
        }
        all.sort_unstable();
        let mut busy: Vec<Busy> = Vec::new();
        for (begin, end) in all.into_iter().filter(|(begin, end)| begin < end) {
            match busy.last_mut() {
                Some(last) if begin <= last.end => last.end = last.end.max(end),
                _ => busy.push(Busy { begin, end, from: 0.0, until: 0.0 }),
            }
        }
        let work: f64 = busy.iter().map(|one| (one.end - one.begin) as f64).sum();
        let between = |pair: &[Busy]| ((pair[1].begin - pair[0].end) as f64).min(work * BETWEEN_SHARE);
        let all_between: f64 = busy.windows(2).map(between).sum();
        let narrower = (work * BETWEEN_MAX / all_between.max(1.0)).min(1.0);
        let gaps: Vec<f64> = busy.windows(2).map(|pair| between(pair) * narrower).collect();
        let scale = f64::from(AXIS) / (work + all_between * narrower);
        let mut at = 0.0;
        for (n, one) in busy.iter_mut().enumerate() {
            one.from = at * scale;
            at += (one.end - one.begin) as f64;
            one.until = at * scale;
            at += gaps.get(n).copied().unwrap_or(0.0);
        }
        (work > 0.0).then_some(Self { busy })
    }

    /// Where a moment lies.
    fn place(&self, at: i64) -> f64 {
        let next = self.busy.partition_point(|one| one.end < at);
        let Some(one) = self.busy.get(next) else { return f64::from(AXIS) };
        let (begin, from, end, until) = if at >= one.begin {
            (one.begin, one.from, one.end, one.until)
        } else {
            match next.checked_sub(1).and_then(|before| self.busy.get(before)) {
                Some(before) => (before.end, before.until, one.begin, one.from),
                None => return 0.0,
            }
        };
        from + (until - from) * ((at - begin) as f64 / ((end - begin) as f64).max(1.0))
    }

    /// Adds an amount to the slices between two moments.
    fn spread(&self, begin: i64, end: i64, amount: f64, slices: &mut [f64]) {
        let width = f64::from(AXIS) / SLICES as f64;
        let (from, until) = (self.place(begin), self.place(end));
        let (first, last) = (slice(from), slice(until));
        for (at, one) in slices.iter_mut().enumerate().take(last + 1).skip(first) {
            let (left, right) = (at as f64 * width, (at + 1) as f64 * width);
            let share = (until.min(right) - from.max(left)) / (until - from);
            *one += amount * if share.is_finite() { share.clamp(0.0, 1.0) } else { f64::from(at == first) };
        }
    }
}

fn slice(place: f64) -> usize {
    ((place * SLICES as f64 / f64::from(AXIS)) as usize).min(SLICES - 1)
}

/// The limit of a slice.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Unknown,
    By(Option<u64>),
    Mixed,
}

impl Held {
    fn limit(self) -> Option<u64> {
        match self {
            // What stops everything is a break, and no line.
            Self::By(limit) => limit.filter(|limit| *limit > 0),
            Self::Unknown | Self::Mixed => None,
        }
    }
}

/// Notes which limits held a transfer.
fn hold(timeline: &Timeline, axis: &Axis, slices: &mut [Held]) {
    let changes = timeline.told().filter_map(|(at, _, what)| match what {
        What::Limit { to, .. } => Some((at, to)),
        _ => None,
    });
    let changes: Vec<(i64, Option<u64>)> =
        std::iter::once((timeline.began_ms, timeline.limit)).chain(changes).collect();
    let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([timeline.end_ms()]);
    for ((begin, limit), end) in changes.iter().zip(ends) {
        let (first, last) = (slice(axis.place(*begin)), slice(axis.place(end)));
        // The slice of a change belongs to what comes after it.
        let own = |at: usize| at == first && *begin > timeline.began_ms;
        for (at, held) in slices.iter_mut().enumerate().take(last + 1).skip(first) {
            *held = match *held {
                Held::Unknown => Held::By(*limit),
                same if same == Held::By(*limit) => same,
                Held::By(_) if own(at) => Held::By(*limit),
                _ => Held::Mixed,
            };
        }
    }
}

/// What happened to all of them, with what is the same put together.
fn marks(entries: &[Entry], axis: &Axis) -> Vec<Mark> {
    let several = entries.len() > 1;
    let mut all: Vec<Mark> = Vec::new();
    for (begin_ms, end_ms, what) in entries.iter().filter_map(|entry| entry.timeline.as_ref()).flat_map(Timeline::told)
    {
        // One of many that waits for its turn is nothing that happened.
        if (several && what == What::Waited) || what == What::Other || (what.is_break() && begin_ms == end_ms) {
            continue;
        }
        let lasted_ms = u64::try_from(end_ms - begin_ms).unwrap_or(0);
        all.push(Mark { begin_ms, end_ms, lasted_ms, from: 0, until: 0, what });
    }
    all.sort_by_key(|mark| (mark.begin_ms, mark.end_ms));
    let mut near_ms = ONE_EVENT_MS;
    all = put_together(all, near_ms);
    while all.len() > EVENTS_MAX {
        near_ms = near_ms.saturating_mul(2);
        all = put_together(all, near_ms);
    }
    for mark in &mut all {
        (mark.from, mark.until) = (axis.place(mark.begin_ms) as u32, axis.place(mark.end_ms) as u32);
    }
    all
}

fn put_together(all: Vec<Mark>, near_ms: i64) -> Vec<Mark> {
    let mut kept: Vec<Mark> = Vec::new();
    for mark in all {
        let alike = |one: &&mut Mark| std::mem::discriminant(&one.what) == std::mem::discriminant(&mark.what);
        match kept.iter_mut().rev().find(alike) {
            Some(before) if mark.begin_ms.saturating_sub(before.end_ms) <= near_ms => before.take(&mark),
            _ => kept.push(mark),
        }
    }
    kept.retain(|mark| !matches!(mark.what, What::Limit { from, to } if from == to));
    kept.sort_by_key(|mark| (mark.begin_ms, mark.end_ms));
    kept
}

impl Mark {
    fn take(&mut self, other: &Self) {
        // What many have seen at once is counted once.
        let outside_ms = other.end_ms.saturating_sub(self.end_ms.max(other.begin_ms)).max(0);
        self.lasted_ms = self.lasted_ms.saturating_add(outside_ms.unsigned_abs());
        self.end_ms = self.end_ms.max(other.end_ms);
        match (&mut self.what, other.what) {
            (What::SentAgain { parts }, What::SentAgain { parts: more }) => *parts = parts.saturating_add(more),
            (What::Limit { to, .. }, What::Limit { to: last, .. }) => {
                *to = last;
                (self.begin_ms, self.end_ms) = (other.begin_ms, other.end_ms);
            }
            _ => {}
        }
    }
}

/// Leaves so much of each timeline that a receipt of very many can still be written and read.
pub fn thin(entries: &mut [Entry]) {
    let share = STEPS_IN_ALL / entries.iter().filter(|entry| entry.timeline.is_some()).count().max(1);
    if share < engine::STEPS_MAX {
        for entry in entries {
            entry.timeline = entry.timeline.take().map(|timeline| timeline.thinned(share.max(4), share.max(4)));
        }
    }
}
