//! Faults of the store and of the source, one at a time, for every verb that a transfer uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::world::{PART, World, object, spec};
use engine::{ConflictRule, End, ErrorCode, Phase, State, TransferSpec};
use store::{ErrorKind, Fault, Verb};

fn kinds(world: &World) -> Vec<(&'static str, TransferSpec)> {
    let (path, _) = world.file("source", 5 * PART + 1);
    world.object("source", 5 * PART + 1);
    vec![
        ("upload", spec(End::file(path), object("there", "up"))),
        ("download", spec(object("here", "source"), End::file(world.path("down")))),
        ("copy", spec(object("here", "source"), object("there", "copy"))),
        ("relay", spec(object("here", "source"), object("abroad", "relay"))),
    ]
}

const VERBS: [Verb; 10] = [
    Verb::HeadObject,
    Verb::HeadBucket,
    Verb::GetObject,
    Verb::CreateUpload,
    Verb::UploadPart,
    Verb::UploadPartCopy,
    Verb::CompleteUpload,
    Verb::ListParts,
    Verb::PutObject,
    Verb::CopyObject,
];

fn check_content(world: &World, name: &str) {
    let source = world.bytes_at("here", "source").unwrap();
    match name {
        "upload" => assert_eq!(world.bytes_at("there", "up").unwrap(), std::fs::read(world.path("source")).unwrap()),
        "download" => assert_eq!(std::fs::read(world.path("down")).unwrap(), source),
        "relay" => assert_eq!(world.bytes_at("abroad", "relay").unwrap(), source),
        _ => assert_eq!(world.bytes_at("there", "copy").unwrap(), source),
    }
}

#[test]
fn b6_any_verb_may_fail_or_lose_its_reply_twice_and_the_bytes_still_arrive_once() {
    for fault in [
        Fault::Fail(ErrorKind::Network),
        Fault::Fail(ErrorKind::Throttled),
        Fault::Fail(ErrorKind::Server),
        Fault::LoseReply(ErrorKind::Network),
        Fault::LoseReply(ErrorKind::Server),
        Fault::CutBody(100),
        Fault::FlipBit,
    ] {
        for verb in VERBS {
            let world = &World::new();
            for (name, spec) in kinds(world) {
                world.store.forget_calls();
                let failed = Arc::new(AtomicU64::new(0));
                world.run(|run| async move {
                    let count = failed.clone();
                    world.store.set_fault(move |call| {
                        (call.verb == verb && count.fetch_add(1, Ordering::SeqCst) < 2).then_some(fault)
                    });
                    let id = run.add(spec).await;
                    let view = run.rest(id).await;
                    world.store.clear_fault();
                    // Where the SDKs would give up or publish something wrong, this is done and verified.
                    assert_eq!(view.phase(), Phase::DoneVerified, "{name}, {verb:?}, {fault:?}: {view:?}");
                    check_content(world, name);
                });
            }
            // Not even those whose opening was never answered.
            for bucket in ["there", "abroad"] {
                assert_eq!(world.store.open_uploads(bucket), [], "{verb:?}, {fault:?}");
            }
        }
    }
}

#[test]
fn what_will_not_change_fails_at_once_keeps_everything_and_can_be_retried() {
    let world = &World::new();
    for (name, spec) in kinds(world) {
        let verb = match name {
            "upload" | "relay" => Verb::UploadPart,
            "download" => Verb::GetObject,
            _ => Verb::UploadPartCopy,
        };
        world.run(|run| async move {
            world.store.forget_calls();
            world.store.set_fault(move |call| {
                (call.verb == verb
                    && call.part.map_or_else(|| call.range.unwrap().start >= 3 * PART as u64, |part| part.get() > 3))
                .then_some(Fault::Fail(ErrorKind::Forbidden))
            });
            let id = run.add(spec).await;
            let view = run.rest(id).await;
            assert_eq!((view.state, view.error.unwrap().code), (State::Failed, ErrorCode::Forbidden), "{name}");
            assert!(view.done_bytes > 0, "{name}: what had arrived is kept");
            world.store.clear_fault();
            let before = view.stats.parts_sent;
            run.engine.resume(&[id]).await.unwrap();
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{name}");
            // A part that arrived while it failed is recorded, too; counted from then on, none is sent again.
            let sent_since = view.stats.parts_sent - before;
            assert_eq!(sent_since + view.stats.parts_reused, 6, "{name}: {before} parts were not sent again");
            check_content(world, name);
        });
    }
}

#[test]
fn b15_a_source_file_that_changes_meanwhile_starts_over_and_is_never_mixed() {
    let world = &World::new();
    world.run_with(crate::world::slow(20 << 10), |run| async move {
        let (path, _) = world.file("source", 40 * PART);
        let id = run.add(spec(End::file(&path), object("here", "a"))).await;
        run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
        let changed = crate::world::noise(30 * PART, 99);
        std::fs::write(&path, &changed).unwrap();
        run.engine.set_rates(engine::RateLimits::default());
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("here", "a").unwrap(), changed);
        assert_eq!(world.store.open_uploads("here"), [], "the upload of the old content was aborted");
        assert!(run.event_types().iter().any(|name| name == "Restarted"));
    });
}

#[test]
fn b13_a_source_object_that_changes_meanwhile_starts_over_and_is_never_mixed() {
    let world = &World::new();
    world.run_with(crate::world::slow(20 << 10), |run| async move {
        world.object("a", 40 * PART);
        let id = run.add(spec(object("here", "a"), End::file(world.path("a")))).await;
        run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
        let changed = crate::world::noise(30 * PART, 99);
        world.store.add_object(&store::ObjectRef::new("here", "a"), changed.clone(), Default::default()).unwrap();
        run.engine.set_rates(engine::RateLimits::default());
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(std::fs::read(world.path("a")).unwrap(), changed);
    });
}

#[test]
fn b2_an_upload_that_expires_at_the_store_starts_over() {
    let world = &World::new();
    world.run_with(crate::world::slow(20 << 10), |run| async move {
        let (path, bytes) = world.file("source", 40 * PART);
        let id = run.add(spec(End::file(&path), object("here", "a"))).await;
        run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
        world.store.expire_uploads("here");
        run.engine.set_rates(engine::RateLimits::default());
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("here", "a").unwrap(), bytes);
    });
}

#[test]
fn bad_ends_fail_with_their_own_code_and_leave_everything_as_it_was() {
    let world = &World::new();
    world.run(|run| async move {
        world.object("a", 10);
        std::fs::create_dir(world.path("folder")).unwrap();
        let check = async |source: End, target: End, code: ErrorCode| {
            let id = run.add(spec(source, target)).await;
            let view = run.rest(id).await;
            assert_eq!(view.error.as_ref().map(|error| error.code), Some(code), "{view:?}");
        };
        check(End::file(world.path("none")), object("here", "x"), ErrorCode::SourceMissing).await;
        check(End::file(world.path("folder")), object("here", "x"), ErrorCode::SourceIsFolder).await;
        check(object("here", "none"), End::file(world.path("x")), ErrorCode::ObjectNotFound).await;
        check(object("nowhere", "none"), End::file(world.path("x")), ErrorCode::BucketNotFound).await;
        check(object("here", "a"), End::file(world.path("folder")), ErrorCode::TargetIsFolder).await;
        check(End::file("/dev/null"), object("here", "x"), ErrorCode::SourceUnreadable).await;
        check(object("here", "a"), End::file("/proc/nothing/x"), ErrorCode::TargetUnwritable).await;
        check(object("here", "a"), object("here", "a"), ErrorCode::InvalidOption).await;
        check(
            End::object(engine::StoreId("gone".into()), store::ObjectRef::new("here", "a")),
            End::file(world.path("x")),
            ErrorCode::AccountMissing,
        )
        .await;
        assert!(!world.path("x").exists());
        assert_eq!(world.store.keys("here"), ["a"]);
        for (source, target) in [
            (End::file("/a"), End::file("/b")),
            (End::file("relative"), object("here", "x")),
            (End::file("/a"), object("here", "a/../b")),
            (End::file("/a"), object("UPPER", "a")),
        ] {
            run.engine.add(vec![spec(source, target)]).await.unwrap_err();
        }
    });
}

#[test]
fn a_download_that_breaks_off_inside_a_part_goes_on_behind_its_last_byte() {
    let world = &World::new();
    world.run(|run| async move {
        let bytes = world.object("a", 2 * PART);
        world.store.set_fault(|call| (call.verb == Verb::GetObject && call.nth <= 3).then_some(Fault::CutBody(100)));
        let mut spec = spec(object("here", "a"), End::file(world.path("a")));
        spec.options.parallel_parts = 1;
        let id = run.add(spec).await;
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(std::fs::read(world.path("a")).unwrap(), bytes);
        let starts: Vec<u64> = world
            .store
            .calls()
            .iter()
            .filter(|call| call.verb == Verb::GetObject)
            .map(|call| call.range.unwrap().start)
            .collect();
        assert_eq!(starts, [0, 100, 200, 300, PART as u64]);
    });
}

#[test]
fn one_wave_of_refusals_is_one_failure_however_many_parts_move() {
    let world = &World::new();
    world.run(|run| async move {
        let (path, bytes) = world.file("source", 60 * PART);
        let mut spec = spec(End::file(path), object("here", "a"));
        spec.options.parallel_parts = 40;
        world.store.set_fault(|call| {
            (call.verb == Verb::UploadPart && call.nth <= 40).then_some(Fault::Fail(ErrorKind::Throttled))
        });
        let id = run.add(spec).await;
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("here", "a").unwrap(), bytes);
    });
}

#[test]
fn b23_two_downloads_to_one_name_never_share_a_temporary_file() {
    for _ in 0..10 {
        let world = &World::new();
        world.run(|run| async move {
            let (a, b) = (crate::world::noise(8 * PART, 1), crate::world::noise(8 * PART, 2));
            for (key, bytes) in [("a", &a), ("b", &b)] {
                let at = store::ObjectRef::new("here", key);
                world.store.add_object(&at, bytes.clone(), Default::default()).unwrap();
            }
            let both = ["a", "b"].map(|key| {
                crate::world::spec_with(object("here", key), End::file(world.path("x")), ConflictRule::KeepBoth)
            });
            let ids = run.engine.add(both.to_vec()).await.unwrap();
            let mut done = 0;
            for id in ids {
                let view = run.rest(id).await;
                done += usize::from(view.phase() == Phase::DoneVerified);
                if view.state == State::Failed {
                    // The name was taken while it moved; asked again it looks for another one.
                    assert_eq!(view.error.unwrap().code, ErrorCode::TargetExists);
                    run.engine.resume(&[id]).await.unwrap();
                    done += usize::from(run.rest(id).await.phase() == Phase::DoneVerified);
                }
            }
            assert_eq!(done, 2);
            let mut found: Vec<Vec<u8>> =
                ["x", "x (2)"].iter().map(|name| std::fs::read(world.path(name)).unwrap()).collect();
            found.sort();
            let mut expected = vec![a, b];
            expected.sort();
            assert!(found == expected, "each file is one of the two objects");
            assert!(!world.path("x.tern-part").exists() && !world.path("x.tern-part2").exists());
        });
    }
}
