//! What happened, as a picture and in words.

use engine::{EVENTS_MAX, STEPS_MAX, Timeline, TransferId, What};
use proptest::prelude::*;
use receipt::{AXIS, Chart, Entry, Moment, Receipt, ReceiptError, SLICES, page, thin};
use serde_json::Value;

use crate::made::{example, example_timeline, timeline};

fn upload(timeline: Option<Timeline>) -> Entry {
    Entry { timeline, ..example().entries[0].clone() }
}

#[test]
fn a_picture_has_speeds_limits_bands_and_marks_in_their_places() {
    let chart = Chart::of(&[upload(Some(example_timeline()))]).unwrap();
    assert_eq!((chart.began_ms, chart.ended_ms), (1_795_324_099_011, 1_795_324_160_251));
    let slice = |worked_ms: f64| (worked_ms / 61_240.0 * SLICES as f64) as usize;
    for (at_ms, speed) in [(10_000.0, 1_000_000), (28_000.0, 1_500_000), (50_000.0, 927_835)] {
        assert!(chart.speeds[slice(at_ms)].abs_diff(speed) < speed / 50, "{at_ms}: {}", chart.speeds[slice(at_ms)]);
    }
    assert_eq!((chart.limits[slice(10_000.0)], chart.limits[slice(50_000.0)]), (None, Some(1_000_000)));
    let whats: Vec<What> = chart.marks.iter().map(|mark| mark.what).collect();
    let limit = What::Limit { from: None, to: Some(1_000_000) };
    assert_eq!(whats, [What::SentAgain { parts: 2 }, What::Asleep, limit]);
    let asleep = chart.marks[1];
    assert_eq!((asleep.begin_ms, asleep.lasted_ms), (1_795_324_119_011, 2_140));
    assert!(asleep.from < asleep.until && asleep.until - asleep.from < AXIS / 20);
}

#[test]
fn a_night_between_does_not_squeeze_the_work() {
    let mut timeline = Timeline::new(0, None);
    timeline.work(60_000, 6_000_000);
    timeline.note(60_000, 8 * 3_600_000, What::Paused);
    timeline.work(60_000, 6_000_000);
    let chart = Chart::of(&[upload(Some(timeline))]).unwrap();
    let moving = chart.speeds.iter().filter(|speed| **speed > 50_000).count();
    assert!(moving > SLICES * 9 / 10, "{moving}");
    let paused = chart.marks[0];
    assert_eq!((paused.what, paused.lasted_ms), (What::Paused, 8 * 3_600_000));
    assert!((1..AXIS / 10).contains(&(paused.until - paused.from)), "{paused:?}");
}

#[test]
fn transfers_that_ran_beside_each_other_add_up_and_see_one_sleep() {
    let all: Vec<Entry> = (0..16)
        .map(|n| {
            let mut timeline = Timeline::new(100 * n, Some(7));
            timeline.work(60_000 - 100 * n.unsigned_abs(), 60_000_000);
            timeline.note(timeline.worked_ms, 38_000, What::Asleep);
            timeline.note(timeline.worked_ms, 0, What::SentAgain { parts: 1 });
            timeline.work(60_000, 60_000_000);
            Entry { transfer: TransferId(n.unsigned_abs()), ..upload(Some(timeline)) }
        })
        .collect();
    let chart = Chart::of(&all).unwrap();
    assert!(chart.speeds[SLICES / 4].abs_diff(16_000_000) < 500_000, "{}", chart.speeds[SLICES / 4]);
    let whats: Vec<(What, u64)> = chart.marks.iter().map(|mark| (mark.what, mark.lasted_ms)).collect();
    assert_eq!(whats, [(What::Asleep, 38_000), (What::SentAgain { parts: 16 }, 0)]);
    assert_eq!(chart.limits[SLICES / 4], Some(7));

    // Small files beside them are drawn as well; one that must have had a timeline and has none spoils the picture.
    let at = |ms| Moment::from_ms(ms);
    let mut small = upload(None);
    small.times = receipt::Times { planned: at(30_000), ended: at(30_500), busy_ms: 500, ..small.times };
    let with = |one: Entry| Chart::of(&[all.clone(), vec![one]].concat());
    let with_small = with(small.clone()).unwrap();
    assert!(with_small.speeds.iter().sum::<u64>() > chart.speeds.iter().sum::<u64>() + 10_000_000);
    small.times.busy_ms = 60_000;
    assert_eq!(with(small), None);
}

#[test]
fn what_an_older_version_has_done_has_no_picture() {
    assert_eq!(Chart::of(&[upload(None)]), None);
    assert_eq!(Chart::of(&[]), None);
    let older = Receipt { entries: vec![upload(None)], ..example() };
    let json = older.to_json().unwrap();
    assert!(!json.contains("timeline"));
    assert_eq!(Receipt::parse(json.as_bytes()).unwrap(), older);
    assert!(!page(&older).unwrap().contains("What happened"));
}

#[test]
fn the_page_draws_it_and_says_it() {
    let shown = page(&example()).unwrap();
    for words in [
        "<h2>What happened</h2>",
        "<path class=\"speed\" d=\"M0 1000L0 ",
        "2026-11-22 05:08:39 asleep for 2.1 s",
        "4 parts were sent again",
        "limit: 976.6 KiB/s instead of no limit",
    ] {
        assert!(shown.contains(words), "{words}");
    }
}

/// A receipt whose first entry says this of what happened, with the root that fits it.
fn told_by_somebody(timeline: Value) -> Result<Receipt, ReceiptError> {
    let mut whole: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    whole["entries"][0]["timeline"] = timeline;
    for _ in 0..2 {
        match Receipt::parse(&serde_json::to_vec(&whole).unwrap()) {
            Err(ReceiptError::RootDiffers { computed, .. }) => whole["root_sha256"] = computed.into(),
            other => return other,
        }
    }
    panic!("the root never fits")
}

#[test]
fn a_timeline_that_somebody_else_wrote_is_cut_to_the_bounds() {
    let mut long = serde_json::to_value(example_timeline()).unwrap();
    let event = long["events"][0].clone();
    long["moved_bytes"] = vec![Value::from(7); 50_000].into();
    long["events"] = vec![event; 50_000].into();
    let read = told_by_somebody(long).unwrap();
    let timeline = read.entries[0].timeline.as_ref().unwrap();
    assert_eq!((timeline.moved_bytes.len(), timeline.events.len()), (STEPS_MAX, EVENTS_MAX));
    assert!(page(&read).unwrap().len() < 100_000);
    // What was cut is written and read as it is.
    assert_eq!(Receipt::parse(read.to_json().unwrap().as_bytes()).unwrap(), read);

    let mut wild = serde_json::to_value(example_timeline()).unwrap();
    for (field, value) in [("began_ms", i64::MIN), ("began_ms", i64::MAX), ("step_ms", 0), ("worked_ms", i64::MAX)] {
        wild[field] = value.into();
        let read = told_by_somebody(wild.clone()).unwrap();
        assert!(Chart::of(&read.entries).is_none_or(|chart| chart.speeds.len() == SLICES));
        page(&read).unwrap();
        assert_eq!(Receipt::parse(read.to_json().unwrap().as_bytes()).unwrap(), read, "{field}");
    }
    wild["events"][0]["what"] = "comet".into();
    assert!(told_by_somebody(wild.clone()).is_ok(), "what a later Tern may tell is let be");
    wild["moved_bytes"] = "much".into();
    assert!(matches!(told_by_somebody(wild), Err(ReceiptError::Malformed(_))));
}

#[test]
fn a_receipt_of_very_many_has_less_of_each() {
    let mut full = Timeline::new(0, None);
    full.work(32_000, 1 << 40);
    (0..60).for_each(|n| full.note(500 * n, 0, What::SentAgain { parts: 1 }));
    let mut entries = vec![upload(Some(full.clone())); 20_000];
    thin(&mut entries);
    let steps: usize = entries.iter().filter_map(|one| one.timeline.as_ref()).map(|one| one.moved_bytes.len()).sum();
    assert!(steps <= 128_000, "{steps}");
    assert_eq!(entries[9].timeline.as_ref().unwrap().moved_bytes.iter().sum::<u64>(), 1 << 40);
    let mut few = vec![upload(Some(full.clone())); 1000];
    thin(&mut few);
    assert_eq!(few[0].timeline, Some(full));
}

proptest! {
    #[test]
    fn any_timelines_make_a_picture_within_its_bounds(timelines in proptest::collection::vec(timeline(), 1..6)) {
        let entries: Vec<Entry> = timelines.into_iter().map(|one| upload(Some(one))).collect();
        if let Some(chart) = Chart::of(&entries) {
            prop_assert!(chart.speeds.len() == SLICES && chart.limits.len() == SLICES);
            prop_assert!(chart.began_ms < chart.ended_ms && chart.marks.len() <= EVENTS_MAX);
            prop_assert!(chart.marks.iter().all(|mark| mark.from <= mark.until && mark.until <= AXIS));
            prop_assert!(chart.marks.is_sorted_by_key(|mark| mark.begin_ms));
        }
    }
}
