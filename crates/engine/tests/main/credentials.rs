//! Credentials that expire: a transfer stops, keeps everything, and goes on with the same upload once there are new ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::world::{PART, World, object, spec};
use engine::{End, EngineOptions, ErrorCode, Filter, PageRequest, Phase, State, StoreId, TransferView};
use store::{ErrorKind, Fault, ObjectRef, Verb};

fn expires_after_parts(world: &World, parts: usize) -> Arc<AtomicBool> {
    let expired = Arc::new(AtomicBool::new(false));
    let (flag, mut left) = (expired.clone(), parts);
    world.store.set_fault(move |call| {
        if call.verb == Verb::UploadPart {
            left = left.saturating_sub(1);
            if left == 0 {
                flag.store(true, Ordering::SeqCst);
            }
        }
        flag.load(Ordering::SeqCst).then_some(Fault::Fail(ErrorKind::CredentialsExpired))
    });
    expired
}

fn is_held(view: &TransferView) -> bool {
    view.state == State::Paused && view.error.as_ref().map(|error| error.code) == Some(ErrorCode::CredentialsExpired)
}

#[test]
fn an_expired_token_pauses_and_a_new_one_continues_the_same_upload() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 12 * PART);
    let expired = expires_after_parts(world, 5);
    let id = world.run(|run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        let view = run.rest(id).await;
        assert!(is_held(&view), "{view:?}");
        assert!(view.actions().can_resume && view.actions().can_cancel && !view.actions().can_pause);
        assert_eq!(run.engine.counts().unwrap().paused, 1);
        id
    });
    // It stays so over a restart, and says why.
    world.run(|run| async move {
        let view = run.engine.view(id).unwrap().unwrap();
        assert!(is_held(&view), "{view:?}");
        expired.store(false, Ordering::SeqCst);
        world.store.clear_fault();
        let page = PageRequest { filter: Filter::Paused, after: None, limit: 9 };
        assert_eq!(run.engine.page(page).unwrap().rows.len(), 1);
        assert_eq!(run.engine.credentials_renewed(&StoreId("another".into())).await.unwrap(), []);
        assert_eq!(run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap(), [id]);
        let view = run.rest(id).await;
        assert_eq!(view.phase(), Phase::DoneVerified);
        assert!(view.stats.parts_reused > 0, "{view:?}");
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
    assert_eq!(world.store.requests(Verb::CreateUpload), 1, "the same upload");
}

#[test]
fn what_its_user_has_paused_since_stays_paused() {
    let world = &World::new();
    let (path, _) = world.file("source", 12 * PART);
    expires_after_parts(world, 3);
    world.run(|run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        assert!(is_held(&run.rest(id).await));
        run.engine.pause(&[id]).await.unwrap();
        world.store.clear_fault();
        assert_eq!(run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap(), []);
        run.engine.resume(&[id]).await.unwrap();
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
    });
}

#[test]
fn what_is_held_can_be_given_up_once_there_are_credentials() {
    let world = &World::new();
    let (path, _) = world.file("source", 12 * PART);
    expires_after_parts(world, 3);
    world.run(|run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        assert!(is_held(&run.rest(id).await));
        run.engine.cancel(&[id]).await.unwrap();
        let view = run.rest(id).await;
        assert_eq!(view.state, State::Failed, "it cannot be removed without credentials, and says so: {view:?}");
        world.store.clear_fault();
        assert_eq!(run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap(), [id]);
        assert_eq!(run.rest(id).await.state, State::Cancelled);
    });
    assert!(world.store.open_uploads("there").is_empty());
}

#[test]
fn an_attempt_that_was_under_way_when_the_keys_were_renewed_says_nothing_of_the_new_ones() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 4 * PART);
    let (arrived, has_arrived) = std::sync::mpsc::channel();
    let (answer, may_answer) = std::sync::mpsc::channel::<()>();
    let mut first = true;
    // The first part waits at the store until the keys are new, and is refused for the old ones.
    world.store.set_fault(move |call| {
        (call.verb == Verb::UploadPart && std::mem::take(&mut first)).then(|| {
            arrived.send(()).unwrap();
            may_answer.recv().unwrap();
            Fault::Fail(ErrorKind::CredentialsExpired)
        })
    });
    world.run(|run| async move {
        let mut one_at_a_time = spec(End::file(path), object("there", "up"));
        one_at_a_time.options.parallel_parts = 1;
        let id = run.add(one_at_a_time).await;
        tokio::task::spawn_blocking(move || has_arrived.recv().unwrap()).await.unwrap();
        assert_eq!(run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap(), []);
        answer.send(()).unwrap();
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
}

#[test]
fn a_queue_is_not_tried_one_by_one_with_credentials_that_have_expired() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 4 * PART);
    let other = world.file("other", PART).0;
    world.store.set_fault(|_| Some(Fault::Fail(ErrorKind::CredentialsExpired)));
    const ALL: usize = 3_000;
    world.run_on_its_own_terms(EngineOptions::default(), |run| async move {
        let specs = |range: std::ops::Range<usize>| {
            let to = |n: usize| spec(End::file(path.clone()), object("there", &format!("up-{n:04}")));
            range.map(to).collect::<Vec<_>>()
        };
        let mut ids = run.engine.add(specs(0..ALL)).await.unwrap();
        assert!(is_held(&run.rest(ids[0]).await));
        // One that comes later is told at once, too, or waits with the others.
        ids.push(run.engine.add(vec![spec(End::file(other), object("there", "late"))]).await.unwrap()[0]);
        let rests = || run.engine.counts().unwrap();
        while rests().paused < 16 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // Whatever the queue had is held by now: no job is left that could ask.
        while run.engine.counts().unwrap().active > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(rests().waiting + rests().paused, ids.len() as u64, "nothing fails: {:?}", rests());
        let refused = world.store.requests(Verb::HeadObject);
        assert!(refused <= 16, "each that worked was refused once: {refused}");
        world.store.clear_fault();
        run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap();
        while rests().done < ids.len() as u64 {
            assert_eq!(rests().failed, 0);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    assert_eq!(world.bytes_at("there", "up-2999").unwrap(), bytes);
}

/// An object of the other account.
fn away(key: &str) -> End {
    End::Object { store: StoreId("other".into()), object: ObjectRef::new("away", key) }
}

#[test]
fn another_store_is_not_kept_waiting_and_a_resume_tries_again() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 4 * PART);
    world.store.set_fault(|_| Some(Fault::Fail(ErrorKind::CredentialsExpired)));
    world.run(|run| async move {
        let first = run.add(spec(End::file(path.clone()), object("there", "up"))).await;
        assert!(is_held(&run.rest(first).await));
        let second = run.add(spec(End::file(path.clone()), object("there", "up-2"))).await;
        let view = run.rest(second).await;
        assert!(is_held(&view), "{view:?}");
        let elsewhere = run.add(spec(End::file(path.clone()), away("up"))).await;
        assert_eq!(run.rest(elsewhere).await.phase(), Phase::DoneVerified, "that account is not refused");
        let asked = world.store.requests(Verb::HeadObject);
        run.engine.resume(&[second]).await.unwrap();
        let view = run.until(second, |view| view.stats.retries > 0 && is_held(view)).await;
        assert!(is_held(&view));
        assert!(world.store.requests(Verb::HeadObject) > asked, "whoever says \"resume\" is believed");
        world.store.clear_fault();
        run.engine.resume_all().await.unwrap();
        for id in [first, second] {
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        }
    });
    assert_eq!(world.other.object_bytes(&ObjectRef::new("away", "up")).unwrap().to_vec(), bytes);
}

#[test]
fn a_copy_that_is_refused_speaks_for_copies_between_the_same_two_only() {
    let world = &World::new();
    let (path, _) = world.file("source", 4 * PART);
    world.object("source", 4 * PART);
    world.other.set_fault(|_| Some(Fault::Fail(ErrorKind::CredentialsExpired)));
    world.run(|run| async move {
        let first = run.add(spec(object("here", "source"), away("one"))).await;
        assert!(is_held(&run.rest(first).await));
        let asked = || world.store.requests(Verb::HeadObject) + world.other.requests(Verb::HeadObject);
        let before = asked();
        let second = run.add(spec(object("here", "source"), away("two"))).await;
        assert!(is_held(&run.rest(second).await));
        assert_eq!(asked(), before, "it was held without a question");
        let up = run.add(spec(End::file(path.clone()), object("there", "up"))).await;
        assert_eq!(run.rest(up).await.phase(), Phase::DoneVerified, "nobody refused what is in this store");
    });
}

#[test]
fn one_that_is_resumed_and_works_lets_all_that_were_passed_over_go_on() {
    let world = &World::new();
    let (path, _) = world.file("source", PART);
    world.store.set_fault(|_| Some(Fault::Fail(ErrorKind::CredentialsExpired)));
    const ALL: usize = 2_000;
    world.run_on_its_own_terms(EngineOptions::default(), |run| async move {
        let to = |n: usize| spec(End::file(path.clone()), object("there", &format!("up-{n:04}")));
        let ids = run.engine.add((0..ALL).map(to).collect()).await.unwrap();
        assert!(is_held(&run.rest(ids[0]).await));
        while run.engine.counts().unwrap().active > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        world.store.clear_fault();
        run.engine.resume(&ids[..1]).await.unwrap();
        let rests = || run.engine.counts().unwrap();
        while rests().waiting > 0 || rests().active > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(rests().done + rests().paused, ALL as u64, "{:?}", rests());
        assert!(rests().done > 0 && rests().failed == 0, "{:?}", rests());
    });
}

#[test]
fn a_secret_that_is_not_known_is_waited_for_and_not_a_failure() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 4 * PART);
    world.secret_known.store(false, Ordering::SeqCst);
    let id = world.run(|run| async move {
        let id = run.add(spec(End::file(path), object("there", "up"))).await;
        let view = run.rest(id).await;
        assert_eq!(view.state, State::Paused, "{view:?}");
        assert_eq!(view.error.as_ref().map(|error| error.code), Some(ErrorCode::SecretMissing));
        let (memory, another) = (StoreId("memory".into()), StoreId("another".into()));
        assert_eq!(run.engine.held_for_credentials(&memory).unwrap(), 1);
        assert_eq!(run.engine.held_for_credentials(&another).unwrap(), 0);
        assert_eq!(run.engine.needing(&memory, 10).unwrap(), 1);
        assert_eq!(run.engine.needing(&another, 10).unwrap(), 0);
        id
    });
    // It stays so over a restart, whatever is known then.
    world.secret_known.store(true, Ordering::SeqCst);
    world.run(|run| async move {
        assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Paused);
        assert_eq!(run.engine.credentials_renewed(&StoreId("memory".into())).await.unwrap(), [id]);
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(run.engine.needing(&StoreId("memory".into()), 10).unwrap(), 0, "what is over needs nothing");
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
}

#[test]
fn those_that_need_a_store_are_counted_up_to_a_limit() {
    let world = &World::new();
    let path = world.file("source", PART).0;
    world.secret_known.store(false, Ordering::SeqCst);
    world.run(|run| async move {
        let all = (0..30).map(|n| spec(End::file(path.clone()), object("there", &format!("up-{n}")))).collect();
        run.engine.add(all).await.unwrap();
        let memory = StoreId("memory".into());
        assert_eq!(run.engine.needing(&memory, 100).unwrap(), 30);
        assert_eq!(run.engine.needing(&memory, 7).unwrap(), 7);
    });
}
