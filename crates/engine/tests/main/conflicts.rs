//! What happens where the target exists.

use crate::world::{PART, World, object, spec_with};
use engine::{ConflictRule, End, ErrorCode, Outcome, State};

const RULES: [ConflictRule; 4] =
    [ConflictRule::Overwrite, ConflictRule::Skip, ConflictRule::KeepBoth, ConflictRule::Fail];

#[test]
fn an_identical_target_is_left_as_it_is_under_every_rule() {
    for size in [0, 10, 3 * PART] {
        let world = &World::new();
        world.run(|run| async move {
            let bytes = world.object("a", size);
            std::fs::write(world.path("a"), &bytes).unwrap();
            world.store.add_object(&store::ObjectRef::new("there", "a"), bytes, Default::default()).unwrap();
            for rule in RULES {
                for (source, target) in [
                    (End::file(world.path("a")), object("here", "a")),
                    (object("here", "a"), End::file(world.path("a"))),
                    (object("here", "a"), object("there", "a")),
                ] {
                    let id = run.add(spec_with(source, target, rule)).await;
                    let view = run.rest(id).await;
                    let result = view.result.clone().unwrap_or_else(|| panic!("{view:?}"));
                    assert_eq!((result.outcome, result.verified), (Outcome::Identical, true), "{rule:?} {view:?}");
                    assert_eq!(view.stats.parts_sent, 0);
                }
            }
        });
    }
}

#[test]
fn a_different_target_is_treated_by_the_rule() {
    for size in [10, 3 * PART] {
        for rule in RULES {
            let world = &World::new();
            world.run(|run| async move {
                let (path, bytes) = world.file("new.txt", size);
                let old = world.object("a.txt", size);
                let upload = run.add(spec_with(End::file(&path), object("here", "a.txt"), rule)).await;
                let download = run.add(spec_with(object("here", "a.txt"), End::file(&path), rule)).await;
                let (upload, download) = (run.rest(upload).await, run.rest(download).await);
                let there = world.bytes_at("here", "a.txt").unwrap();
                match rule {
                    ConflictRule::Overwrite => {
                        assert_eq!((upload.state, &there), (State::Done, &bytes));
                    }
                    ConflictRule::Skip => {
                        assert_eq!(upload.result.unwrap().outcome, Outcome::Skipped);
                        assert_eq!(download.result.unwrap().outcome, Outcome::Skipped);
                        assert_eq!((&there, &std::fs::read(&path).unwrap()), (&old, &bytes));
                    }
                    ConflictRule::KeepBoth => {
                        assert_eq!((upload.state, download.state), (State::Done, State::Done));
                        assert_eq!(world.bytes_at("here", "a (2).txt").unwrap(), bytes);
                        assert_eq!(std::fs::read(world.path("new (2).txt")).unwrap(), old);
                        assert_eq!((&there, &std::fs::read(&path).unwrap()), (&old, &bytes));
                    }
                    ConflictRule::Fail => {
                        for view in [upload, download] {
                            assert_eq!(view.error.unwrap().code, ErrorCode::TargetExists);
                        }
                        assert_eq!((&there, &std::fs::read(&path).unwrap()), (&old, &bytes));
                    }
                }
                assert_eq!(world.store.open_uploads("here"), []);
            });
        }
    }
}

#[test]
fn a_target_that_appears_while_parts_move_is_not_overwritten() {
    let world = &World::new();
    world.run_with(crate::world::slow(1), |run| async move {
        let (path, _) = world.file("a", 3 * PART);
        let up = run.add(spec_with(End::file(path), object("here", "a"), ConflictRule::Fail)).await;
        world.object("b", 3 * PART);
        let down = run.add(spec_with(object("here", "b"), End::file(world.path("b")), ConflictRule::Fail)).await;
        run.until(up, |view| view.state == State::Moving).await;
        run.until(down, |view| view.state == State::Moving).await;
        world.store.add_object(&store::ObjectRef::new("here", "a"), "mine", Default::default()).unwrap();
        std::fs::write(world.path("b"), "mine").unwrap();
        run.engine.set_rates(engine::RateLimits::default());
        for id in [up, down] {
            assert_eq!(run.rest(id).await.error.unwrap().code, ErrorCode::TargetExists);
        }
        assert_eq!(world.bytes_at("here", "a").unwrap(), b"mine");
        assert_eq!(std::fs::read(world.path("b")).unwrap(), b"mine");
    });
}
