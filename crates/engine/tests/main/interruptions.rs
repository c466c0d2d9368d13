//! After a sleep or a change of network: what was under way is issued again at once, and no wait goes on that only the
//! network was the cause of.

use std::time::Duration;

use crate::world::{PART, World, object, slow, spec};
use engine::{End, EngineOptions, Interruption, NextTry, Phase, RetryPolicy, State};
use store::{ErrorKind, Fault, Verb};

/// A failure means a wait that no test would outlast.
fn patient() -> EngineOptions {
    let hour = Duration::from_secs(3600);
    EngineOptions { retry: RetryPolicy { base: hour, cap: hour, ..RetryPolicy::default() }, ..EngineOptions::default() }
}

#[test]
fn parts_under_way_are_sent_again_at_once_in_the_same_upload() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 12 * PART);
    world.run_with(slow(8 * PART as u64), |run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        run.until(id, |view| view.done_bytes > 0).await;
        assert!(*run.engine.moves_bytes().borrow());
        run.engine.interrupted(Interruption::Woke).await.unwrap();
        run.engine.set_rates(engine::RateLimits::default());
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        let told = run.event_types();
        assert!(!told.iter().any(|kind| kind.ends_with("Failed")), "an interruption is no failure: {told:?}");
        assert_eq!(told.iter().filter(|kind| *kind == "CreateMultipartUploadSucceed").count(), 1);
        let mut moves = run.engine.moves_bytes();
        moves.wait_for(|moves| !moves).await.unwrap();
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
}

#[test]
fn a_wait_for_the_network_ends_when_there_is_another_one() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 4 * PART);
    world.store.set_fault(|call| (call.verb == Verb::UploadPart).then_some(Fault::Fail(ErrorKind::Network)));
    world.run_on_its_own_terms(patient(), |run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        let view = run.until(id, |view| view.retry_in_ms.is_some()).await;
        assert_eq!(view.phase(), Phase::NoNetwork);
        world.store.clear_fault();
        run.engine.interrupted(Interruption::NetworkChanged).await.unwrap();
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
}

#[test]
fn a_wait_that_the_store_has_asked_for_goes_on() {
    let world = &World::new();
    let (path, _) = world.file("source", 4 * PART);
    world.store.set_fault(|call| (call.verb == Verb::UploadPart).then_some(Fault::Fail(ErrorKind::Throttled)));
    world.run_on_its_own_terms(patient(), |run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        let view = run.until(id, |view| view.retry_in_ms.is_some()).await;
        let of = Some(RetryPolicy::default().failures_max);
        assert_eq!(view.next_try, Some(NextTry { number: 2, of }), "{view:?}");
        world.store.clear_fault();
        run.engine.interrupted(Interruption::NetworkChanged).await.unwrap();
        let view = run.engine.view(id).unwrap().unwrap();
        assert_eq!(view.phase(), Phase::Retrying);
        assert!(view.retry_in_ms.is_some_and(|wait| wait > 60_000), "{view:?}");
    });
}

#[test]
fn the_time_until_the_next_attempt_is_counted_down_while_nothing_happens() {
    let world = &World::new();
    let (path, _) = world.file("source", PART);
    world.store.set_fault(|call| (call.verb == Verb::PutObject).then_some(Fault::Fail(ErrorKind::Throttled)));
    world.run_on_its_own_terms(patient(), |run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        let first = run.until(id, |view| view.retry_in_ms.is_some()).await.retry_in_ms;
        // No job of it runs and no other transfer moves, so the driver has nothing to look at.
        run.until(id, |view| view.retry_in_ms < first).await;
    });
}

#[test]
fn a_network_that_comes_and_goes_does_not_forgive_failures_and_a_sleep_does() {
    for (by, fails) in [(Interruption::NetworkChanged, true), (Interruption::Woke, false)] {
        let world = &World::new();
        let (path, _) = world.file("source", 4 * PART);
        world.store.set_fault(|call| (call.verb == Verb::UploadPart).then_some(Fault::Fail(ErrorKind::Network)));
        // Parts move one at a time and nothing ever does, so each interruption is followed by one failure.
        let elapsed_max = Duration::ZERO;
        let retry = RetryPolicy { elapsed_max, ..patient().retry };
        world.run_on_its_own_terms(EngineOptions { retry, ..patient() }, |run| async move {
            let id = run.add(spec(End::file(path), object("there", "up"))).await;
            let mut failures = 0;
            let mut view = run.until(id, |view| view.retry_in_ms.is_some()).await;
            // It has been looked at and begun, so something has worked: a lost network is not counted then.
            assert_eq!(view.next_try, Some(NextTry { number: 2, of: None }), "{view:?}");
            while view.state != State::Failed && failures < 20 {
                run.engine.interrupted(by).await.unwrap();
                // The next failure, and no view from before the interruption was heard.
                let before = view.stats.retries;
                view = run.until(id, |view| view.stats.retries > before || view.state == State::Failed).await;
                failures += 1;
            }
            assert_eq!(view.state == State::Failed, fails, "{by:?}: {view:?}");
        });
    }
}
