//! Pause, quit and crash: everything continues where it was.

use crate::world::{PART, World, object, slow, spec};
use engine::{End, Engine, Phase, State, TransferId, TransferSpec};
use store::Verb;

/// 40 parts, of which some have moved when the limit of 20 KiB/s is on.
const SIZE: usize = 40 * PART;

fn kinds(world: &World) -> Vec<(&'static str, TransferSpec)> {
    let (path, _) = world.file("source", SIZE);
    world.object("source", SIZE);
    vec![
        ("upload", spec(End::file(path), object("there", "up"))),
        ("download", spec(object("here", "source"), End::file(world.path("down")))),
    ]
}

fn check_content(world: &World, name: &str) {
    match name {
        "upload" => assert_eq!(world.bytes_at("there", "up").unwrap(), std::fs::read(world.path("source")).unwrap()),
        _ => assert_eq!(std::fs::read(world.path("down")).unwrap(), world.bytes_at("here", "source").unwrap()),
    }
}

async fn upload_id(engine: &Engine, id: TransferId) -> Option<String> {
    let session = engine.detail(id).await.unwrap().unwrap().checkpoint?.session?;
    Some(serde_json::to_string(&session).unwrap())
}

#[test]
fn b24_a_pause_stops_at_once_keeps_everything_and_a_resume_sends_only_the_rest() {
    let world = &World::new();
    for (name, spec) in kinds(world) {
        world.run_with(slow(20 << 10), |run| async move {
            let id = run.add(spec).await;
            run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
            run.engine.pause(&[id]).await.unwrap();
            let paused = run.rest(id).await;
            assert_eq!(paused.phase(), Phase::Paused, "{name}");
            assert!(paused.actions().can_resume && !paused.actions().can_pause);
            let session = upload_id(&run.engine, id).await;
            assert!(session.is_some(), "{name}");
            run.engine.set_rates(engine::RateLimits::default());
            run.engine.resume(&[id]).await.unwrap();
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{name}: {view:?}");
            assert_eq!(view.stats.parts_sent, 40, "{name}: no part moved twice");
            assert_eq!(upload_id(&run.engine, id).await, session, "{name}");
            check_content(world, name);
        });
    }
}

#[test]
fn what_ran_goes_on_after_a_crash_and_what_was_paused_stays_paused() {
    let world = &World::new();
    for (name, spec) in kinds(world) {
        let (id, session) = world.run_with(slow(20 << 10), |run| async move {
            let id = run.add(spec).await;
            run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
            (id, upload_id(&run.engine, id).await)
        });
        let sent = move || world.store.requests(if name == "upload" { Verb::UploadPart } else { Verb::GetObject });
        world.run_with(slow(20 << 10), |run| async move {
            // Nobody asked for it: it goes on by itself.
            run.until(id, |view| view.done_bytes > 8 * PART as u64).await;
            assert_eq!(upload_id(&run.engine, id).await, session, "{name}: the same session");
            run.engine.pause(&[id]).await.unwrap();
        });
        world.run(|run| async move {
            let view = run.engine.view(id).unwrap().unwrap();
            assert_eq!(view.phase(), Phase::Paused, "{name}: it stays paused over a restart");
            run.engine.resume(&[id]).await.unwrap();
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified, "{name}");
            check_content(world, name);
        });
        // Two interruptions; per interruption at most the 3 parts in flight move again, and for downloads also those
        // that were not yet synced when the crash came.
        let unsynced = if name == "download" { 20 } else { 0 };
        assert!(sent() <= 40 + 2 * 3 + unsynced, "{name}: {} requests for 40 parts", sent());
    }
}

#[test]
fn a_quit_writes_everything_so_that_no_part_moves_twice() {
    let world = &World::new();
    for (name, spec) in kinds(world) {
        let (id, done) = world.run_with(slow(20 << 10), |run| async move {
            let id = run.add(spec).await;
            run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
            run.engine.shutdown().await;
            (id, run.engine.view(id).unwrap().unwrap().done_bytes)
        });
        world.run(|run| async move {
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{name}");
            assert_eq!(view.stats.parts_reused, done / PART as u64, "{name}");
            check_content(world, name);
        });
    }
}

#[test]
fn b1_a_temp_file_that_was_tampered_with_is_noticed() {
    /// What somebody did to the temp file between two runs.
    type Tampering = fn(&std::path::Path);
    let tamperings: [(&str, Tampering); 4] = [
        ("deleted", |path| std::fs::remove_file(path).unwrap()),
        ("truncated", |path| std::fs::File::options().write(true).open(path).unwrap().set_len(10).unwrap()),
        ("overwritten", |path| {
            let len = usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
            std::fs::write(path, vec![0; len]).unwrap();
        }),
        ("replaced", |path| {
            let other = path.with_extension("other");
            std::fs::write(&other, "somebody else's").unwrap();
            std::fs::rename(other, path).unwrap();
        }),
    ];
    for (how, tamper) in tamperings {
        let world = &World::new();
        let bytes = world.object("source", SIZE);
        let id = world.run_with(slow(20 << 10), |run| async move {
            let id = run.add(spec(object("here", "source"), End::file(world.path("down")))).await;
            run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
            run.engine.shutdown().await;
            id
        });
        tamper(&world.path("down.tern-part"));
        world.run(|run| async move {
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{how}: {view:?}");
            assert_eq!(std::fs::read(world.path("down")).unwrap(), bytes, "{how}");
            if how == "replaced" {
                let kept = std::fs::read(world.path("down.tern-part")).unwrap();
                assert_eq!(kept, b"somebody else's", "a file that is not ours is left alone");
            }
        });
    }
}

#[test]
fn a_source_that_changed_between_runs_starts_over() {
    let world = &World::new();
    let (path, _) = world.file("source", SIZE);
    let id = world.run_with(slow(20 << 10), |run| async move {
        let id = run.add(spec(End::file(world.path("source")), object("here", "a"))).await;
        run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
        id
    });
    let changed = crate::world::noise(SIZE, 99);
    std::fs::write(path, &changed).unwrap();
    world.run(|run| async move {
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("here", "a").unwrap(), changed);
        assert_eq!(world.store.open_uploads("here"), []);
    });
}

#[test]
fn an_engine_that_does_not_take_over_runs_only_what_it_is_given() {
    let world = &World::new();
    let (path, _) = world.file("source", SIZE);
    let id = world.run_with(slow(20 << 10), |run| async move {
        let id = run.add(spec(End::file(world.path("source")), object("here", "a"))).await;
        run.until(id, |view| view.done_bytes > PART as u64).await;
        id
    });
    let options = engine::EngineOptions { takes_over: false, ..engine::EngineOptions::default() };
    world.run_with(options, |run| async move {
        let other = run.add(spec(End::file(path), object("here", "b"))).await;
        assert_eq!(run.rest(other).await.phase(), Phase::DoneVerified);
        assert_eq!(run.engine.view(id).unwrap().unwrap().state, State::Waiting);
        assert_eq!(
            run.engine
                .find_open(&[
                    (&End::file(world.path("source")), &object("here", "a")),
                    (&End::file(world.path("source")), &object("here", "other")),
                ])
                .unwrap(),
            [Some(id), None],
            "the interrupted one is found by its ends"
        );
        run.engine.resume(&[id]).await.unwrap();
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
    });
}
