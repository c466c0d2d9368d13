//! The order of the queue, as its user wishes it.

use crate::world::{PART, World, object, one_at_a_time, slow, spec};
use engine::{End, EngineOptions, Filter, NewPlace, PageRequest, Phase, Priority, RateLimits, TransferId};

fn held_back() -> EngineOptions {
    EngineOptions { rates: slow(1).rates, ..one_at_a_time() }
}

fn waiting(run: &crate::world::Run) -> Vec<TransferId> {
    let request = PageRequest { filter: Filter::Waiting, after: None, limit: 2000 };
    run.engine.page(request).unwrap().rows.iter().map(|view| view.id).collect()
}

async fn add(run: &crate::world::Run, world: &World, count: usize) -> Vec<TransferId> {
    let (path, _) = world.file("source", 2 * PART);
    let spec = |n: usize| spec(End::file(path.clone()), object("there", &format!("up-{n}")));
    run.engine.add((0..count).map(spec).collect()).await.unwrap()
}

#[test]
fn what_is_moved_runs_in_its_new_place_also_after_a_restart() {
    let world = &World::new();
    let ids = world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 6).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        run.engine.reorder(&[ids[5], ids[4]], NewPlace::Before(ids[2])).await.unwrap();
        assert_eq!(waiting(&run), [ids[1], ids[5], ids[4], ids[2], ids[3]]);
        run.engine.reorder(&[ids[3]], NewPlace::First).await.unwrap();
        run.engine.reorder(&[ids[1]], NewPlace::Last).await.unwrap();
        assert_eq!(waiting(&run), [ids[3], ids[5], ids[4], ids[2], ids[1]]);
        ids
    });
    world.run_with(one_at_a_time(), |run| async move {
        let mut ended = Vec::new();
        for id in &ids {
            assert_eq!(run.rest(*id).await.phase(), Phase::DoneVerified);
            ended.push((run.engine.view(*id).unwrap().unwrap().ended_ms, *id));
        }
        let began: Vec<TransferId> = run
            .events()
            .iter()
            .filter(|event| matches!(event.kind, engine::EventKind::DataTransferStarted { .. }))
            .map(|event| event.transfer)
            .collect();
        // The one that worked already has the place that it had, behind what was moved to the front.
        assert_eq!(began, [ids[3], ids[0], ids[5], ids[4], ids[2], ids[1]]);
    });
}

#[test]
fn a_place_between_two_is_found_however_often_something_is_put_there() {
    let world = &World::new();
    world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 90).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        // Each takes half of the room that is left: long before the last of them there is none.
        for id in &ids[3..] {
            run.engine.reorder(&[*id], NewPlace::Before(ids[2])).await.unwrap();
        }
        let expected: Vec<TransferId> = [ids[1]].into_iter().chain(ids[3..].iter().copied()).chain([ids[2]]).collect();
        assert_eq!(waiting(&run), expected);
        // The wrong way round each finds the same room that the one before it has just halved.
        for id in &ids[3..] {
            run.engine.reorder(&[*id], NewPlace::First).await.unwrap();
        }
        let expected: Vec<TransferId> = ids[3..].iter().rev().copied().chain([ids[1], ids[2]]).collect();
        assert_eq!(waiting(&run), expected);
    });
}

#[test]
fn what_is_moved_to_before_the_window_in_memory_is_not_passed_over() {
    let world = &World::new();
    world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 1200).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        let last = ids[1199];
        run.engine.reorder(&[last], NewPlace::First).await.unwrap();
        run.engine.set_rates(RateLimits::default());
        assert_eq!(run.rest(last).await.phase(), Phase::DoneVerified);
        let before = run.engine.counts().unwrap();
        assert!(before.waiting > 600, "it did not wait for its old turn: {before:?}");
    });
}

#[test]
fn a_priority_is_a_place_behind_its_like_and_what_is_added_comes_before_the_low_ones() {
    let world = &World::new();
    let (ids, late) = world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 6).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        run.engine.set_priority(&[ids[4]], Priority::High).await.unwrap();
        run.engine.set_priority(&[ids[5]], Priority::High).await.unwrap();
        run.engine.set_priority(&[ids[1]], Priority::Low).await.unwrap();
        assert_eq!(waiting(&run), [ids[4], ids[5], ids[2], ids[3], ids[1]]);
        let priority = |id| run.engine.view(id).unwrap().unwrap().priority();
        let found: Vec<_> = [ids[4], ids[2], ids[1]].into_iter().map(priority).collect();
        assert_eq!(found, [Priority::High, Priority::Normal, Priority::Low]);
        run.engine.set_priority(&[ids[4]], Priority::Normal).await.unwrap();
        let late = add(&run, world, 7).await[6];
        assert_eq!(waiting(&run)[..4], [ids[5], ids[2], ids[3], ids[4]]);
        assert_eq!(waiting(&run).last(), Some(&ids[1]), "low means behind what is added later, too");
        run.engine.reorder(&[ids[2]], NewPlace::Last).await.unwrap();
        assert_eq!(waiting(&run).last(), Some(&ids[2]));
        assert_eq!(priority(ids[2]), Priority::Low, "a place is a priority");
        (ids, late)
    });
    world.run_with(held_back(), |run| async move {
        run.until(ids[5], |view| view.state.is_working()).await;
        let again = add(&run, world, 8).await[7];
        let order = waiting(&run);
        let at = |id| order.iter().position(|one| *one == id).unwrap();
        let places = [ids[3], late, again, ids[1], ids[2]].map(at);
        assert!(places.is_sorted(), "also after a restart: {order:?}");
    });
}

#[test]
fn what_is_over_or_unknown_is_not_moved() {
    let world = &World::new();
    world.run(|run| async move {
        let ids = add(&run, world, 1).await;
        let done = run.rest(ids[0]).await;
        run.engine.reorder(&ids, NewPlace::First).await.unwrap();
        assert_eq!(run.engine.view(ids[0]).unwrap().unwrap().order, done.order);
        assert!(run.engine.reorder(&[TransferId(99)], NewPlace::First).await.is_err());
        assert!(run.engine.reorder(&ids, NewPlace::Before(TransferId(99))).await.is_err());
    });
}

#[test]
fn what_is_added_behind_more_low_ones_than_the_window_holds_is_found() {
    let world = &World::new();
    world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 900).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        run.engine.set_priority(&ids[1..], Priority::Low).await.unwrap();
        // What the window holds rests, so that it is filled with low ones from the ledger.
        run.engine.pause(&ids[1..500]).await.unwrap();
        let (path, _) = world.file("late", PART);
        let late = run.add(spec(End::file(path), object("there", "late"))).await;
        run.engine.set_rates(RateLimits::default());
        assert_eq!(run.rest(late).await.phase(), Phase::DoneVerified);
        assert!(waiting(&run).len() > 100, "the low ones come later");
    });
}

#[test]
fn what_is_started_by_hand_needs_no_free_place_and_is_in_line_again_after_a_restart() {
    let world = &World::new();
    let ids = world.run_with(held_back(), |run| async move {
        let ids = add(&run, world, 5).await;
        run.until(ids[0], |view| view.state.is_working()).await;
        run.engine.pause(&[ids[2]]).await.unwrap();
        run.engine.start_now(&[ids[3], ids[2]]).await.unwrap();
        for id in [ids[3], ids[2]] {
            run.until(id, |view| view.phase() == Phase::Transferring && view.size_bytes.is_some()).await;
        }
        assert_eq!(waiting(&run), [ids[1], ids[4]], "the others wait for their turn");
        assert!(run.engine.start_now(&[TransferId(99)]).await.is_err());
        run.engine.start_now(&[ids[0], ids[3]]).await.unwrap(); // they work already
        ids
    });
    world.run_with(one_at_a_time(), |run| async move {
        for id in &ids {
            assert_eq!(run.rest(*id).await.phase(), Phase::DoneVerified);
        }
        let events = run.events();
        let starts = events.iter().filter(|one| matches!(one.kind, engine::EventKind::DataTransferStarted { .. }));
        assert_eq!(starts.map(|one| one.transfer).collect::<Vec<_>>(), ids);
    });
}

#[test]
fn what_may_not_move_is_not_started_by_hand_either() {
    let world = &World::new();
    let rates = RateLimits { upload: engine::Limit::Stop, ..RateLimits::default() };
    world.run_with(EngineOptions { rates, ..one_at_a_time() }, |run| async move {
        let ids = add(&run, world, 2).await;
        run.engine.start_now(&[ids[1]]).await.unwrap();
        assert_eq!(waiting(&run), ids);
        run.engine.set_rates(RateLimits::default());
        assert_eq!(run.rest(ids[1]).await.phase(), Phase::DoneVerified);
    });
}
