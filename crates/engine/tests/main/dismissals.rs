//! What is given up can be taken back for a while, whatever happens in between, and is removed then.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::ledger::{Ledger as _, Records as _, SqliteLedger};
use engine::{Counts, DISMISSAL, End, EngineOptions, Filter, Intent, PageRequest, Phase, State, TransferId};
use store::{ErrorKind, Fault, Verb};

use crate::history::Forward;
use crate::world::{PART, Run, World, object, one_at_a_time, slow, spec};

fn forward(world: &mut World) -> Arc<AtomicI64> {
    let by_ms = Arc::new(AtomicI64::new(0));
    world.clock = Arc::new(Forward { system: engine::SystemClock::new(), by_ms: by_ms.clone() });
    by_ms
}

fn pass(by_ms: &AtomicI64) {
    by_ms.fetch_add(DISMISSAL.as_millis() as i64 + 1, Ordering::SeqCst);
}

fn held_back() -> EngineOptions {
    EngineOptions { rates: slow(1).rates, ..one_at_a_time() }
}

fn ids(run: &Run, filter: Filter) -> Vec<TransferId> {
    let page = run.engine.page(PageRequest { filter, after: None, limit: 50 }).unwrap();
    page.rows.iter().map(|view| view.id).collect()
}

fn counts(run: &Run) -> (u64, u64, u64, u64, u64) {
    let Counts { active, waiting, paused, failed, done, left_bytes: _ } = run.engine.counts().unwrap();
    (active, waiting, paused, failed, done)
}

/// One that works, one that waits, one paused, one failed, one done.
async fn one_of_each(run: &Run, world: &World) -> [TransferId; 5] {
    let (path, _) = world.file("source", 40 * PART);
    let (small, _) = world.file("small", 10);
    let to = |key: &str| object("there", key);
    let done = run.add(spec(End::file(small), to("done"))).await;
    assert_eq!(run.rest(done).await.state, State::Done);
    let failed = run.add(spec(End::file(world.path("nothing")), to("failed"))).await;
    assert_eq!(run.rest(failed).await.state, State::Failed);
    run.engine.set_rates(slow(20 << 10).rates);
    let paused = run.add(spec(End::file(&path), to("paused"))).await;
    run.until(paused, |view| view.done_bytes > 2 * PART as u64).await;
    run.engine.pause(&[paused]).await.unwrap();
    run.rest(paused).await;
    let working = run.add(spec(End::file(&path), to("working"))).await;
    run.until(working, |view| view.done_bytes > 2 * PART as u64).await;
    run.engine.set_rates(slow(1).rates);
    let waiting = run.add(spec(End::file(&path), to("waiting"))).await;
    [working, waiting, paused, failed, done]
}

#[test]
fn what_is_dismissed_leaves_every_list_at_once_and_comes_back_as_it_was() {
    let world = &World::new();
    world.run_with(one_at_a_time(), |run| async move {
        let all = one_of_each(&run, world).await;
        let [working, waiting, paused, failed, done] = all;
        assert_eq!(counts(&run), (1, 1, 1, 1, 1));
        let error = run.engine.view(failed).unwrap().unwrap().error;
        let until_ms = run.engine.dismiss(&all).await.unwrap();
        run.until(working, |view| view.state == State::Dismissed).await;
        assert_eq!(counts(&run), (0, 0, 0, 0, 0));
        for filter in [Filter::Active, Filter::Waiting, Filter::Paused, Filter::Failed, Filter::Done] {
            assert_eq!(ids(&run, filter), [], "{filter:?}");
        }
        let view = run.engine.view(waiting).unwrap().unwrap();
        assert_eq!((view.phase(), view.actions()), (Phase::Cancelling, Default::default()));
        // Nothing is removed, and no other wish reaches them.
        assert_eq!(world.store.open_uploads("there").len(), 2);
        run.engine.resume(&all).await.unwrap();
        run.engine.cancel(&all).await.unwrap();
        run.engine.pause_all().await.unwrap();
        run.engine.resume_all().await.unwrap();
        assert_eq!(counts(&run), (0, 0, 0, 0, 0));

        assert!(run.engine.recall(until_ms).await.unwrap());
        run.until(working, |view| view.state == State::Moving).await;
        assert_eq!(counts(&run), (1, 1, 1, 1, 1));
        assert_eq!(ids(&run, Filter::Waiting), [waiting]);
        assert_eq!((ids(&run, Filter::Paused), ids(&run, Filter::Failed)), (vec![paused], vec![failed]));
        assert_eq!(run.engine.view(failed).unwrap().unwrap().error, error);
        assert_eq!(ids(&run, Filter::Done), [done]);
        assert!(!run.engine.recall(until_ms).await.unwrap(), "only once");

        // And they go on from what they had.
        run.engine.set_rates(engine::RateLimits::default());
        run.engine.resume(&[paused]).await.unwrap();
        for id in [working, waiting, paused] {
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified);
            assert!(view.stats.parts_sent <= 40 + 3 * 2, "no more is sent again than was on its way: {:?}", view.stats);
        }
    });
}

#[test]
fn when_its_time_is_over_nothing_is_left_of_it() {
    let world = &mut World::new();
    let by_ms = &forward(world);
    let world = &*world;
    world.run_with(one_at_a_time(), |run| async move {
        let all = one_of_each(&run, world).await;
        let until_ms = run.engine.dismiss(&all).await.unwrap();
        assert!(until_ms >= world.clock.wall_ms() + DISMISSAL.as_millis() as i64 - 5_000);
        assert_eq!(world.store.open_uploads("there").len(), 2);
        pass(by_ms);
        for id in &all[..4] {
            run.until(*id, |view| view.state == State::Cancelled).await;
        }
        assert_eq!(run.engine.view(all[4]).unwrap(), None, "what was done is only taken out of the list");
        assert!(world.bytes_at("there", "done").is_some());
        assert_eq!(world.store.open_uploads("there"), []);
        assert!(!run.engine.recall(until_ms).await.unwrap(), "it is too late");
    });
}

#[test]
fn a_crash_changes_nothing_about_it() {
    let world = &mut World::new();
    let by_ms = &forward(world);
    let world = &*world;
    let (all, first, second) = world.run_with(one_at_a_time(), |run| async move {
        let all = one_of_each(&run, world).await;
        let first = run.engine.dismiss(&all[..2]).await.unwrap();
        let second = run.engine.dismiss(&all[2..]).await.unwrap();
        assert_ne!(first, second, "each wish is taken back by itself");
        (all, first, second)
    });
    world.run_with(held_back(), |run| async move {
        assert_eq!(counts(&run), (0, 0, 0, 0, 0));
        assert_eq!(world.store.open_uploads("there").len(), 2, "nothing is removed before its time");
        assert!(run.engine.recall(second).await.unwrap());
        assert_eq!(counts(&run), (0, 0, 1, 1, 1));
    });
    pass(by_ms);
    world.run_with(held_back(), |run| async move {
        for id in &all[..2] {
            run.until(*id, |view| view.state == State::Cancelled).await;
        }
        assert!(!run.engine.recall(first).await.unwrap());
        assert_eq!(counts(&run), (0, 0, 1, 1, 1), "what was taken back stays");
        let open = world.store.open_uploads("there");
        assert_eq!(open.iter().map(|upload| upload.object.key.as_str()).collect::<Vec<_>>(), ["paused"]);
    });
}

#[test]
fn a_wall_clock_that_is_set_back_neither_shortens_nor_prolongs_it() {
    let world = &mut World::new();
    let by_ms = &forward(world);
    let world = &*world;
    let id = world.run_with(held_back(), |run| async move {
        let (path, _) = world.file("source", 4 * PART);
        let id = run.add(spec(End::file(path), object("there", "a"))).await;
        run.until(id, |view| view.state == State::Moving).await;
        run.engine.dismiss(&[id]).await.unwrap();
        id
    });
    // In the ledger it lies a year ahead; nobody waits longer than the whole time for it.
    let connection = rusqlite::Connection::open(world.ledger_path()).unwrap();
    connection.execute_batch("UPDATE dismissed SET until_ms = until_ms + 31536000000").unwrap();
    drop(connection);
    world.run_with(held_back(), |run| async move {
        assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Dismissed);
        pass(by_ms);
        run.until(id, |view| view.state == State::Cancelled).await;
    });
}

#[test]
fn thousands_are_dismissed_by_one_wish_and_end_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap();
    let added = |id: u64| {
        let spec = spec(End::file("/a"), object("here", &format!("{id}")));
        let (id, order) = (TransferId(id), id as i64);
        engine::Fact::Added(Box::new(engine::Added {
            id,
            order,
            spec,
            expected_bytes: None,
            intent: Intent::Run,
            added_ms: 0,
        }))
    };
    ledger.append(&(1..=2500).map(added).collect::<Vec<_>>()).unwrap();
    let dismissed = |id: u64| engine::Fact::Dismissed { id: TransferId(id), until_ms: 7 };
    ledger.append(&(1..=2400).map(dismissed).collect::<Vec<_>>()).unwrap();
    assert_eq!((ledger.counts().unwrap().waiting, ledger.dismissals().unwrap()), (100, vec![7]));
    let pieces: Vec<usize> =
        (0..3).map(|_| ledger.append_bulk(engine::Bulk::DismissalEnds { until_ms: 7 }).unwrap()).collect();
    assert_eq!(pieces, [1000, 1000, 400]);
    assert!(ledger.dismissals().unwrap().is_empty());
    let next = ledger.next_runnable(None, 1).unwrap();
    assert_eq!((next[0].id, next[0].intent), (TransferId(1), Intent::Cancel));
}

#[test]
fn a_cancel_that_failed_leaves_the_list_when_it_is_given_up_and_its_upload_is_written_down() {
    let world = &mut World::new();
    let by_ms = &forward(world);
    let world = &*world;
    let (id, other) = world.run_with(EngineOptions::default(), |run| async move {
        let (path, _) = world.file("source", 12 * PART);
        run.engine.set_rates(slow(20 << 10).rates);
        let mut both = Vec::new();
        for key in ["a", "b"] {
            let id = run.add(spec(End::file(&path), object("there", key))).await;
            run.until(id, |view| view.done_bytes > 0).await;
            both.push(id);
        }
        world.store.set_fault(|call| (call.verb == Verb::AbortUpload).then_some(Fault::Fail(ErrorKind::Forbidden)));
        run.engine.cancel(&both).await.unwrap();
        for id in &both {
            assert_eq!(run.rest(*id).await.state, State::Failed, "it could not be removed");
        }
        let until_ms = run.engine.dismiss(&both).await.unwrap();
        assert_eq!(counts(&run), (0, 0, 0, 0, 0));
        assert!(run.engine.recall(until_ms).await.unwrap());
        assert_eq!(counts(&run), (0, 0, 0, 2, 0), "taken back, it stands there as it did");
        run.engine.dismiss(&both[..1]).await.unwrap();
        (both[0], both[1])
    });
    pass(by_ms);
    world.run_with(EngineOptions::default(), |run| async move {
        while run.engine.view(id).unwrap().is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(counts(&run), (0, 0, 0, 1, 0));
        // The other one is tried once more, as before.
        world.store.clear_fault();
        run.engine.resume(&[other]).await.unwrap();
        assert_eq!(run.rest(other).await.state, State::Cancelled);
    });
    let (ledger, _) = SqliteLedger::open(&world.ledger_path(), 0).unwrap();
    let leftovers: Vec<_> = ledger.leftovers().unwrap().into_iter().map(|one| (one.transfer, one.upload)).collect();
    let open = world.store.open_uploads("there");
    assert_eq!(leftovers, [(id, open[0].clone())]);
    assert_eq!((open.len(), open[0].object.key.as_str()), (1, "a"));
}
