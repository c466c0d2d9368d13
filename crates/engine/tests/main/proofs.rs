//! What was done without a checksum to compare with, and is proved later.

use std::sync::Arc;

use engine::{End, EngineOptions, Intent, Phase, State, TransferId};
use store::{Crc64, MemoryOptions, MemoryStore, ObjectStore as _};

use crate::world::{PART, Run, World, object, spec};

/// A world whose store tells no checksums.
fn silent() -> World {
    let mut world = World::new();
    let capabilities = world.store.capabilities().clone();
    let options = MemoryOptions { capabilities, report_crc64: false, md5_etags: false, ..MemoryOptions::default() };
    world.store = Arc::new(MemoryStore::with_options(options));
    for bucket in ["here", "there"] {
        world.store.add_bucket(bucket, "memory-1").unwrap();
    }
    world
}

async fn unverified(run: &Run, world: &World, key: &str) -> (TransferId, Crc64) {
    let (path, bytes) = world.file(key, 2 * PART + 1);
    let id = run.add(spec(End::file(path), object("there", key))).await;
    assert_eq!(run.rest(id).await.phase(), Phase::DoneUnverified);
    (id, Crc64::of(&bytes))
}

fn phase(run: &Run, id: TransferId) -> Phase {
    run.engine.view(id).unwrap().unwrap().phase()
}

#[test]
fn what_both_ends_have_is_recorded_once_and_outlasts_a_restart() {
    let world = &silent();
    let (id, crc64) = world.run(|run| async move {
        let (id, crc64) = unverified(&run, world, "a").await;
        assert_eq!(run.engine.proved(&[(id, crc64)]).await.unwrap(), [id]);
        assert_eq!(phase(&run, id), Phase::DoneVerified);
        assert_eq!(run.engine.proved(&[(id, crc64)]).await.unwrap(), [], "it says nothing new");
        (id, crc64)
    });
    world.run(|run| async move {
        assert_eq!(phase(&run, id), Phase::DoneVerified);
        let result = run.engine.view(id).unwrap().unwrap().result.unwrap();
        assert_eq!((result.source_crc64, result.target_crc64), (Some(crc64), Some(crc64)));
        assert!(result.verified_ms.is_some(), "it was not when it was done");
    });
}

#[test]
fn what_does_not_fit_or_is_not_in_the_list_of_what_is_done_is_left_as_it_was() {
    let world = &silent();
    world.run_with(EngineOptions::default(), |run| async move {
        let (fits, crc64) = unverified(&run, world, "a").await;
        let (other, _) = unverified(&run, world, "b").await;
        let (given_up, its_crc64) = unverified(&run, world, "c").await;
        let paused = spec(End::file(world.path("a")), object("there", "d"));
        let paused = run.add(paused).await;
        run.engine.pause(&[paused]).await.unwrap();
        let until_ms = run.engine.dismiss(&[given_up]).await.unwrap();
        // What the file had when it was sent is known; another checksum is that of another file.
        let known = run.engine.view(other).unwrap().unwrap().result.unwrap().source_crc64.expect("it was read");
        let wrong = Crc64(known.0 ^ 1);
        let unknown = TransferId(999);
        let proofs = [(fits, crc64), (other, wrong), (given_up, its_crc64), (paused, crc64), (unknown, crc64)];
        assert_eq!(run.engine.proved(&proofs).await.unwrap(), [fits]);
        assert_eq!(phase(&run, other), Phase::DoneUnverified);
        assert!(run.engine.recall(until_ms).await.unwrap());
        let view = run.engine.view(given_up).unwrap().unwrap();
        assert_eq!((view.state, view.intent, view.phase()), (State::Done, Intent::Run, Phase::DoneUnverified));
        assert_eq!(run.engine.proved(&[(given_up, its_crc64)]).await.unwrap(), [given_up]);
    });
}
