//! What the official SDKs get wrong (docs/sdk-bugs.md) and no other test here is about.

use crate::world::{PART, World, object, slow, spec, spec_with};
use engine::{ConflictRule, End, Phase, State};
use store::{ErrorKind, Fault, ObjectRef, ObjectSettings, ObjectStore as _, Verb};

#[test]
fn b3_a_cancelled_download_leaves_the_file_that_was_there() {
    let world = &World::new();
    world.object("source", 40 * PART);
    let (path, mine) = world.file("target", 100);
    world.run_with(slow(20 << 10), |run| async move {
        let id = run.add(spec_with(object("here", "source"), End::file(&path), ConflictRule::Overwrite)).await;
        run.until(id, |view| view.state == State::Moving && view.done_bytes > 0).await;
        run.engine.cancel(&[id]).await.unwrap();
        assert_eq!(run.rest(id).await.phase(), Phase::Cancelled);
        assert_eq!(std::fs::read(&path).unwrap(), mine);
    });
    let left: Vec<_> =
        std::fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("tern-part")), "{left:?}");
}

#[test]
fn b5_the_upload_of_somebody_else_to_the_same_key_is_left_alone() {
    let world = &World::new();
    let (path, bytes) = world.file("source", 5 * PART);
    world.run(|run| async move {
        let key = ObjectRef::new("there", "up");
        let theirs = world.store.create_upload(&key, &ObjectSettings::default()).await.unwrap();
        let cancelled = run.add(spec(End::file(&path), object("there", "up"))).await;
        run.engine.cancel(&[cancelled]).await.unwrap();
        run.rest(cancelled).await;
        // Begun anew, and with an opening whose answer is lost.
        world.store.set_fault({
            let lost = std::sync::atomic::AtomicBool::new(false);
            move |call| {
                let first = call.verb == Verb::CreateUpload && !lost.swap(true, std::sync::atomic::Ordering::SeqCst);
                first.then_some(Fault::LoseReply(ErrorKind::Network))
            }
        });
        let done = run.add(spec(End::file(&path), object("there", "up"))).await;
        assert_eq!(run.rest(done).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
        // The one that was never answered may stay, too: of two that could be ours none is touched.
        let open = world.store.open_uploads("there");
        assert!(open.iter().any(|upload| upload.upload_id == theirs), "theirs is still open: {open:?}");
        let upload = store::UploadRef { object: key, upload_id: theirs };
        assert_eq!(world.store.list_parts(&upload, None).await.unwrap().parts, []);
    });
}

#[test]
fn b22_progress_never_passes_the_size_and_ends_with_it_also_for_an_empty_file() {
    for size in [0, 1, 5 * PART] {
        let world = &World::new();
        let (path, _) = world.file("source", size);
        world.run(|run| async move {
            let failures = std::sync::atomic::AtomicU32::new(0);
            world.store.set_fault(move |call| {
                let moves = matches!(call.verb, Verb::UploadPart | Verb::PutObject);
                let fails = moves && failures.fetch_add(1, std::sync::atomic::Ordering::SeqCst).is_multiple_of(2);
                fails.then_some(Fault::Fail(ErrorKind::Server))
            });
            let id = run.add(spec(End::file(path), object("there", "up"))).await;
            let seen = std::cell::Cell::new(0);
            run.until(id, |view| {
                assert!(view.done_bytes + view.in_flight_bytes <= size as u64, "{view:?}");
                assert!(view.done_bytes >= seen.replace(view.done_bytes), "it runs backwards");
                view.state == State::Done
            })
            .await;
            let view = run.rest(id).await;
            assert_eq!(
                (view.phase(), view.done_bytes, view.size_bytes),
                (Phase::DoneVerified, size as u64, Some(size as u64))
            );
        });
    }
}
