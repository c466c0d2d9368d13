//! Cancel leaves nothing behind, whenever it comes.

use crate::world::{PART, World, object, slow, spec};
use engine::{CancelHook, End, Filter, PageRequest, Phase, State};
use store::{ErrorKind, Fault, Verb};

#[test]
fn a_cancelled_upload_leaves_no_upload_and_a_cancelled_download_no_file() {
    for after_parts in [0, 1, 7] {
        let world = &World::new();
        world.run_with(slow(20 << 10), |run| async move {
            let (path, _) = world.file("source", 40 * PART);
            world.object("source", 40 * PART);
            let up = run.add(spec(End::file(path), object("there", "up"))).await;
            let down = run.add(spec(object("here", "source"), End::file(world.path("down")))).await;
            for id in [up, down] {
                run.until(id, |view| view.state == State::Moving && view.done_bytes >= after_parts * PART as u64).await;
                CancelHook::new(run.engine.clone(), id).cancel().await.unwrap();
                let view = run.rest(id).await;
                assert_eq!(view.phase(), Phase::Cancelled);
                run.engine.remove(&[id]).await.unwrap();
                assert_eq!(run.engine.view(id).unwrap(), None);
            }
            assert_eq!(world.store.open_uploads("there"), []);
            assert_eq!(world.bytes_at("there", "up"), None);
            assert!(!world.path("down").exists() && !world.path("down.tern-part").exists());
        });
    }
}

#[test]
fn a_cancel_that_was_cut_off_by_a_crash_is_finished_at_the_next_start() {
    let world = &World::new();
    let id = world.run_with(slow(20 << 10), |run| async move {
        let (path, _) = world.file("source", 40 * PART);
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        run.until(id, |view| view.done_bytes > 3 * PART as u64).await;
        world.store.set_fault(|call| (call.verb == Verb::AbortUpload).then_some(Fault::Fail(ErrorKind::Network)));
        run.engine.cancel(&[id]).await.unwrap();
        assert_eq!(world.store.open_uploads("there").len(), 1);
        id
    });
    world.store.clear_fault();
    world.run(|run| async move {
        run.until(id, |view| view.state == State::Cancelled).await;
        assert_eq!(world.store.open_uploads("there"), []);
    });
}

#[test]
fn waiting_paused_and_failed_transfers_can_be_cancelled_too() {
    let world = &World::new();
    world.run_with(crate::world::one_at_a_time(), |run| async move {
        run.engine.set_rates(slow(1).rates);
        let (path, _) = world.file("source", 40 * PART);
        let running = run.add(spec(End::file(&path), object("there", "a"))).await;
        let waiting = run.add(spec(End::file(&path), object("there", "b"))).await;
        run.until(running, |view| view.state == State::Moving).await;
        assert_eq!(run.engine.view(waiting).unwrap().unwrap().state, State::Waiting);
        run.engine.pause(&[running]).await.unwrap();
        run.rest(running).await;
        run.engine.cancel(&[waiting, running]).await.unwrap();
        for id in [running, waiting] {
            run.until(id, |view| view.state == State::Cancelled).await;
        }
        let failed = run.add(spec(End::file(world.path("none")), object("there", "c"))).await;
        assert_eq!(run.rest(failed).await.state, State::Failed);
        run.engine.remove(&[failed]).await.unwrap_err();
        run.engine.cancel(&[failed]).await.unwrap();
        run.until(failed, |view| view.state == State::Cancelled).await;
        assert_eq!(world.store.open_uploads("there"), []);
        let open = PageRequest { filter: Filter::Waiting, after: None, limit: 10 };
        assert_eq!(run.engine.page(open).unwrap().rows.len(), 0);
    });
}

#[test]
fn pause_all_and_resume_all_reach_what_only_the_ledger_has() {
    let world = &World::new();
    world.run_with(crate::world::one_at_a_time(), |run| async move {
        run.engine.set_rates(slow(1).rates);
        let (path, _) = world.file("source", 3 * PART);
        let specs = (0..400).map(|n| spec(End::file(&path), object("there", &format!("k{n}")))).collect();
        let ids = run.engine.add(specs).await.unwrap();
        run.engine.pause_all().await.unwrap();
        run.until(ids[399], |view| view.phase() == Phase::Paused).await;
        run.until(ids[0], |view| view.phase() == Phase::Paused).await;
        run.engine.set_rates(engine::RateLimits::default());
        run.engine.resume_all().await.unwrap();
        for id in ids {
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        }
    });
}

#[test]
fn a_cancel_of_a_paused_transfer_is_finished_after_a_crash_too() {
    let world = &World::new();
    let id = world.run_with(slow(20 << 10), |run| async move {
        let (path, _) = world.file("source", 40 * PART);
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        run.until(id, |view| view.done_bytes > 3 * PART as u64).await;
        run.engine.pause(&[id]).await.unwrap();
        run.rest(id).await;
        world.store.set_fault(|call| (call.verb == Verb::AbortUpload).then_some(Fault::Hang));
        run.engine.cancel(&[id]).await.unwrap();
        id
    });
    world.store.clear_fault();
    assert_eq!(world.store.open_uploads("there").len(), 1);
    world.run(|run| async move {
        run.until(id, |view| view.state == State::Cancelled).await;
        assert_eq!(world.store.open_uploads("there"), []);
    });
}

#[test]
fn a_removal_that_is_refused_is_shown_as_failed_and_can_be_tried_again() {
    let world = &World::new();
    world.run_with(slow(20 << 10), |run| async move {
        let (path, _) = world.file("source", 40 * PART);
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        run.until(id, |view| view.done_bytes > 3 * PART as u64).await;
        world.store.set_fault(|call| (call.verb == Verb::AbortUpload).then_some(Fault::Fail(ErrorKind::Forbidden)));
        run.engine.cancel(&[id]).await.unwrap();
        let view = run.rest(id).await;
        assert_eq!(view.phase(), Phase::Failed);
        assert!(view.actions().can_retry);
        world.store.clear_fault();
        run.engine.resume(&[id]).await.unwrap();
        run.until(id, |view| view.state == State::Cancelled).await;
        assert_eq!(world.store.open_uploads("there"), []);
    });
}
