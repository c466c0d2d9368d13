//! Pausing and resuming all, as the ledger records it: the same as if each row had been told.

use std::collections::BTreeMap;

use crate::world::{done, object, spec};
use engine::ledger::{Ledger as _, Records as _, SqliteLedger};
use engine::{Added, Bulk, End, Fact, Filter, Intent, State, TransferId};

/// What a row should be: its place, where it stands and what is wanted of it.
type Model = BTreeMap<u64, (i64, State, Intent)>;

fn compare(ledger: &SqliteLedger, model: &Model, doing: &str) {
    let page_of = |state: State| {
        let mut rows: Vec<_> = model.iter().filter(|(_, row)| row.1 == state).map(|(id, row)| (row.0, *id)).collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, id)| TransferId(id)).collect::<Vec<_>>()
    };
    for (filter, state) in [(Filter::Waiting, State::Waiting), (Filter::Paused, State::Paused)] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let rows = ledger.page(filter, after, 7).unwrap();
            assert!(rows.iter().all(|row| row.state == state), "{doing}");
            after = rows.last().map(|row| row.id);
            found.extend(rows.iter().map(|row| row.id));
            if rows.len() < 7 {
                break;
            }
        }
        assert_eq!(found, page_of(state), "{state:?} after {doing}");
    }
    let (mut runnable, mut after) = (Vec::new(), None);
    loop {
        let rows = ledger.next_runnable(after, 5).unwrap();
        after = rows.last().map(|row| (row.order, row.id));
        runnable.extend(rows.iter().map(|row| row.id));
        if rows.len() < 5 {
            break;
        }
    }
    assert_eq!(runnable, page_of(State::Waiting), "what goes on after {doing}");
    let all = ledger.page(Filter::All, None, 10_000).unwrap();
    let shown: Model = all.iter().map(|row| (row.id.0, (row.order, row.state, row.intent))).collect();
    assert_eq!(&shown, model, "after {doing}");
    let counts = ledger.counts().unwrap();
    let count = |state: State| model.values().filter(|row| row.1 == state).count() as u64;
    assert_eq!(
        (counts.waiting, counts.paused, counts.done),
        (count(State::Waiting), count(State::Paused), count(State::Done)),
        "after {doing}"
    );
    let open = ledger.open_ids(Filter::All).unwrap().len();
    let expected = model.values().filter(|row| row.1 != State::Done && row.2 != Intent::Cancel).count();
    assert_eq!(open, expected, "open after {doing}");
}

#[test]
fn whatever_is_said_of_all_and_of_single_ones_the_ledger_shows_what_each_was_told_last() {
    for seed in 0..12 {
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = SqliteLedger::open(&path, 0).unwrap().0;
        let mut model = Model::new();
        let mut next: u64 = 1;
        for step in 0..60 {
            let any = random.choice(model.keys().copied().collect::<Vec<_>>());
            let doing = match (random.u32(0..9), any) {
                (0..=2, _) | (_, None) => {
                    let added: Vec<Fact> = (0..random.u64(1..12))
                        .map(|n| {
                            let intent = if random.u8(0..10) == 0 { Intent::Pause } else { Intent::Run };
                            // Places are not always those of ids.
                            let (id, order) = (next + n, i64::from(random.i16(..)));
                            model.insert(id, (order, State::Waiting, intent));
                            let spec = spec(End::file("/a"), object("here", "a"));
                            Fact::Added(Box::new(Added {
                                id: TransferId(id),
                                order,
                                spec,
                                expected_bytes: None,
                                intent,
                                added_ms: 0,
                            }))
                        })
                        .collect();
                    next += added.len() as u64;
                    ledger.append(&added).unwrap();
                    "adding".to_owned()
                }
                (3 | 4, _) => {
                    ledger.append_bulk(Bulk::AllSet { intent: Intent::Pause }).unwrap();
                    // What is held for something waits for it no more.
                    let open = |row: &&mut (i64, State, Intent)| row.1 != State::Done && row.2 == Intent::Run;
                    for row in model.values_mut().filter(open) {
                        (row.1, row.2) = (State::Paused, Intent::Pause);
                    }
                    "pausing all".to_owned()
                }
                (5, _) => {
                    ledger.append_bulk(Bulk::AllSet { intent: Intent::Run }).unwrap();
                    for row in model.values_mut().filter(|row| row.1 == State::Paused && row.2 != Intent::Cancel) {
                        (row.1, row.2) = (State::Waiting, Intent::Run);
                    }
                    "resuming all".to_owned()
                }
                (6, Some(id)) => {
                    let intent = random.choice([Intent::Run, Intent::Pause, Intent::Cancel]).unwrap();
                    let id_of = TransferId(id);
                    ledger.append(&[Fact::IntentSet { id: id_of, intent }]).unwrap();
                    model.get_mut(&id).unwrap().2 = intent;
                    format!("telling {id} to {intent:?}")
                }
                (7, Some(id)) => {
                    let state = random.choice([State::Waiting, State::Paused]).unwrap();
                    ledger.append(&[Fact::StateSet { id: TransferId(id), state, stats: None }]).unwrap();
                    model.get_mut(&id).unwrap().1 = state;
                    format!("setting {id} to {state:?}")
                }
                (_, Some(id)) if random.bool() => {
                    ledger.append(&[Fact::Removed { id: TransferId(id) }]).unwrap();
                    model.remove(&id);
                    format!("removing {id}")
                }
                (_, Some(_)) => {
                    drop(ledger);
                    ledger = SqliteLedger::open(&path, 0).unwrap().0;
                    "a restart".to_owned()
                }
            };
            compare(&ledger, &model, &format!("step {step} of seed {seed}, {doing}"));
        }
        assert_eq!(ledger.last().unwrap().0, next - 1, "no id is given twice");
    }
}

#[test]
fn however_often_all_are_paused_between_adds_every_row_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap();
    let mut model = Model::new();
    // More rounds than there may be piles.
    for round in 1..=40_u64 {
        let spec = spec(End::file("/a"), object("here", "a"));
        let added =
            Added { id: TransferId(round), order: 1, spec, expected_bytes: None, intent: Intent::Run, added_ms: 0 };
        ledger.append(&[Fact::Added(Box::new(added))]).unwrap();
        ledger.append_bulk(Bulk::AllSet { intent: Intent::Pause }).unwrap();
        model.insert(round, (1, State::Paused, Intent::Pause));
        compare(&ledger, &model, &format!("round {round}"));
    }
    ledger.append_bulk(Bulk::AllSet { intent: Intent::Run }).unwrap();
    model.values_mut().for_each(|row| (row.1, row.2) = (State::Waiting, Intent::Run));
    compare(&ledger, &model, "resuming all");
    ledger.append(&[done(3, 1)]).unwrap();
    model.get_mut(&3).unwrap().1 = State::Done;
    compare(&ledger, &model, "an end");
}
