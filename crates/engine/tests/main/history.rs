//! How long what is over stays in the list.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::world::{World, done, object, spec};
use engine::ledger::{EXPIRED_AT_ONCE_MAX, HistoryPlace, HistoryRequest, Ledger as _, Records as _, SqliteLedger};
use engine::{
    Added, Bulk, Clock, End, EngineOptions, ErrorCode, Fact, Filter, Intent, PageRequest, State, Stats, SystemClock,
    TransferError, TransferId,
};

const DAY_MS: i64 = 86_400_000;

/// The clock of the system, set forward at will; whoever waits on it notices within some milliseconds.
#[derive(Debug)]
pub struct Forward {
    pub system: SystemClock,
    pub by_ms: Arc<AtomicI64>,
}

impl Clock for Forward {
    fn now(&self) -> Duration {
        self.system.now() + Duration::from_millis(self.by_ms.load(Ordering::SeqCst).unsigned_abs())
    }
    fn wall_ms(&self) -> i64 {
        self.system.wall_ms() + self.by_ms.load(Ordering::SeqCst)
    }
    fn sleep(&self, wait: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let this = Self { system: SystemClock::new(), by_ms: self.by_ms.clone() };
        Box::pin(async move {
            let until = this.now() + wait;
            while this.now() < until {
                tokio::time::sleep((until - this.now()).min(Duration::from_millis(5))).await;
            }
        })
    }
}

fn added(id: u64) -> Fact {
    let spec = spec(End::file(format!("/gone/{id}")), object("here", &format!("k{id}")));
    Fact::Added(Box::new(Added {
        id: TransferId(id),
        order: 1,
        spec,
        expected_bytes: None,
        intent: Intent::Run,
        added_ms: 0,
    }))
}

/// One row for each way to rest: done and cancelled before 91 and before 89 days, failed and paused long ago.
fn fill(ledger: &SqliteLedger, now_ms: i64) {
    let (old_ms, young_ms) = (now_ms - 91 * DAY_MS, now_ms - 89 * DAY_MS);
    let mut facts: Vec<Fact> = (1..=6).map(added).collect();
    facts.extend([done(1, old_ms), done(2, young_ms)]);
    facts.push(Fact::Cancelled { id: TransferId(3), at_ms: old_ms });
    facts.push(Fact::Cancelled { id: TransferId(4), at_ms: young_ms });
    let error = Box::new(TransferError::new(ErrorCode::Internal));
    facts.push(Fact::Failed { id: TransferId(5), error, stats: Stats::default(), at_ms: old_ms });
    facts.push(Fact::IntentSet { id: TransferId(6), intent: Intent::Pause });
    facts.push(Fact::StateSet { id: TransferId(6), state: State::Paused, stats: None });
    ledger.append(&facts).unwrap();
}

fn listed(engine: &engine::Engine) -> Vec<u64> {
    let page = engine.page(PageRequest { filter: Filter::All, after: None, limit: 100 }).unwrap();
    page.rows.iter().map(|row| row.id.0).collect()
}

/// Waits until the list is this one, for at most a minute.
async fn until_listed(engine: &engine::Engine, ids: &[u64]) {
    for _ in 0..30_000 {
        if listed(engine) == ids {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the list stays {:?}", listed(engine));
}

#[test]
fn what_is_done_or_cancelled_is_forgotten_after_ninety_days_and_nothing_else_ever() {
    let by_ms = Arc::new(AtomicI64::new(0));
    let world =
        &World { clock: Arc::new(Forward { system: SystemClock::new(), by_ms: by_ms.clone() }), ..World::new() };
    fill(&SqliteLedger::open(&world.ledger_path(), 0).unwrap().0, world.clock.wall_ms());
    world.run(|run| async move {
        until_listed(&run.engine, &[2, 4, 5, 6]).await;
        // An engine that runs on for days looks again. It may still be about to hear that the first look is recorded, and
        // then the days pass before it knows when the next one is due: so they go on.
        let looks_again = until_listed(&run.engine, &[5, 6]);
        let days_pass = async {
            loop {
                by_ms.fetch_add(2 * DAY_MS, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::select! {
            () = looks_again => {}
            _ = days_pass => {}
        }
        let counts = run.engine.counts().unwrap();
        assert_eq!((counts.done, counts.failed, counts.paused), (0, 1, 1));
        by_ms.fetch_add(1000 * DAY_MS, Ordering::SeqCst);
        // What it notices next is written behind what it has noticed before.
        let (path, _) = world.file("a", 10);
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        assert_eq!(id, TransferId(7), "ids are not given twice");
        assert_eq!(run.rest(id).await.state, State::Done);
        assert_eq!(listed(&run.engine), [5, 6, 7]);
    });
}

#[test]
fn history_is_kept_for_ever_if_that_is_wanted() {
    let world = &World::new();
    fill(&SqliteLedger::open(&world.ledger_path(), 0).unwrap().0, world.clock.wall_ms());
    world.run_with(EngineOptions { history_days: 0, ..EngineOptions::default() }, |run| async move {
        let (path, _) = world.file("a", 10);
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        run.rest(id).await;
        run.engine.shutdown().await;
    });
    let ledger = SqliteLedger::open(&world.ledger_path(), 0).unwrap().0;
    assert_eq!(ledger.page(Filter::All, None, 100).unwrap().len(), 7);
}

#[test]
fn a_shorter_history_is_forgotten_at_once_and_one_for_ever_stays() {
    let world = &World::new();
    fill(&SqliteLedger::open(&world.ledger_path(), 0).unwrap().0, world.clock.wall_ms());
    world.run_with(EngineOptions { history_days: 0, ..EngineOptions::default() }, |run| async move {
        assert_eq!(listed(&run.engine), [1, 2, 3, 4, 5, 6]);
        run.engine.set_history_days(90).await.unwrap();
        until_listed(&run.engine, &[2, 4, 5, 6]).await;
        run.engine.set_history_days(0).await.unwrap();
        let (path, _) = world.file("a", 10);
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        run.rest(id).await;
        assert_eq!(listed(&run.engine), [2, 4, 5, 6, 7]);
    });
}

#[test]
fn a_long_history_is_forgotten_in_bounded_pieces_and_to_its_end() {
    let world = &World::new();
    let rows = 2 * EXPIRED_AT_ONCE_MAX as u64 + 500;
    let fill = |ledger: &SqliteLedger| {
        let mut facts: Vec<Fact> = (1..=rows).map(added).collect();
        facts.extend((1..=rows).map(|id| done(id, i64::try_from(id).unwrap())));
        ledger.append(&facts).unwrap();
    };
    {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap().0;
        fill(&ledger);
        let expire = || ledger.append_bulk(Bulk::Expired { before_ms: DAY_MS }).unwrap();
        assert_eq!([expire(), expire(), expire(), expire()], [1000, 1000, 500, 0]);
        assert_eq!(ledger.counts().unwrap().done, 0);
    }
    fill(&SqliteLedger::open(&world.ledger_path(), 0).unwrap().0);
    world.run(|run| async move { until_listed(&run.engine, &[]).await });
}

fn request(after: Option<HistoryPlace>, search: &str, rows_max: usize, looked_at_max: usize) -> HistoryRequest {
    HistoryRequest { after, search: search.to_owned(), rows_max, looked_at_max }
}

/// Reads the history to its end in steps like this one; the ids as they come, and how many steps it took.
fn read_in_steps(ledger: &SqliteLedger, search: &str, rows_max: usize, looked_at_max: usize) -> (Vec<u64>, usize) {
    let (mut ids, mut steps, mut after) = (Vec::new(), 0, None);
    loop {
        let found = ledger.history(&request(after, search, rows_max, looked_at_max)).unwrap();
        assert!(found.rows.len() <= rows_max);
        ids.extend(found.rows.iter().map(|row| row.id.0));
        steps += 1;
        match found.next {
            Some(next) => after = Some(next),
            None => return (ids, steps),
        }
    }
}

#[test]
fn the_history_is_read_in_pages_newest_first_and_each_transfer_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap().0;
    ledger.append(&(1..=9).map(added).collect::<Vec<_>>()).unwrap();
    // Three at each of three moments; the last ids ended first.
    let ends: Vec<Fact> = (1..=9).map(|id| done(id, 100 - i64::try_from(id / 4).unwrap() * 10)).collect();
    ledger.append(&ends).unwrap();
    let expected = [3, 2, 1, 7, 6, 5, 4, 9, 8];
    for rows_max in [1, 2, 4, 9, 50] {
        let (ids, steps) = read_in_steps(&ledger, "", rows_max, 1_000);
        assert_eq!(ids, expected, "{rows_max} a page");
        assert_eq!(steps, 9_usize.div_ceil(rows_max), "{rows_max} a page");
    }
    // What is taken out meanwhile does not move the others.
    let page = ledger.history(&request(None, "", 4, 1_000)).unwrap();
    ledger.append(&[Fact::Removed { id: TransferId(7) }]).unwrap();
    let rest = ledger.history(&request(page.next, "", 50, 1_000)).unwrap();
    assert_eq!(rest.rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), [6, 5, 4, 9, 8]);
    assert_eq!(ledger.history(&request(None, "", 0, 1_000)).unwrap().rows.len(), 0);
}

#[test]
fn a_search_looks_at_no_more_rows_than_it_may_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap().0;
    ledger.append(&(1..=40).map(added).collect::<Vec<_>>()).unwrap();
    ledger.append(&(1..=40).map(|id| done(id, i64::try_from(id).unwrap())).collect::<Vec<_>>()).unwrap();
    // Only the first steps of it find nothing.
    let first = ledger.history(&request(None, "GONE/7", 10, 5)).unwrap();
    assert_eq!((first.rows.len(), first.next), (0, Some(HistoryPlace { ended_ms: 36, id: TransferId(36) })));
    assert_eq!(read_in_steps(&ledger, "GONE/7", 10, 5), (vec![7], 8));
    assert_eq!(read_in_steps(&ledger, "tos://here/K40", 10, 1_000), (vec![40], 1));
    assert_eq!(read_in_steps(&ledger, "nowhere", 10, 1_000), (vec![], 1));
    let end = ledger.history(&request(Some(HistoryPlace { ended_ms: 1, id: TransferId(1) }), "", 10, 5)).unwrap();
    assert_eq!(end, engine::ledger::History::default());
}
