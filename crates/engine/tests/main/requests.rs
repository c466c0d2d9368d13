//! Which requests stand behind a result, by the ids that the store gave them.

use std::sync::Arc;

use engine::RequestPurpose::{LookedAtSource, Published, Verified};
use engine::{End, EngineOptions, RequestPurpose, Transferred};
use store::{ErrorKind, Fault, MemoryOptions, MemoryStore, ObjectStore as _, Verb};

use crate::world::{PART, Run, World, object, spec};

/// Adds a transfer, waits for it, and returns its requests.
async fn requests(run: &Arc<Run>, source: End, target: End) -> Vec<(RequestPurpose, String)> {
    let id = run.add(spec(source, target)).await;
    let result: Transferred = run.rest(id).await.result.unwrap();
    result.request_ids().into_iter().map(|request| (request.purpose, request.id)).collect()
}

/// The purpose and the verb of each request: the store in memory names its verbs in its ids.
fn check(found: &[(RequestPurpose, String)], expected: &[(RequestPurpose, Verb)]) {
    let matches = |((purpose, id), (wanted, verb)): (&(RequestPurpose, String), &(RequestPurpose, Verb))| {
        purpose == wanted && id.starts_with(&format!("memory-{verb:?}-"))
    };
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(matches), "{found:?}, not {expected:?}");
}

#[test]
fn each_result_names_the_requests_that_looked_published_and_verified() {
    let world = &World::new();
    world.run(|run| async move {
        let (small, _) = world.file("small", 10);
        let (large, _) = world.file("large", 2 * PART + 1);
        let up =
            async |path: &std::path::PathBuf, key: &str| requests(&run, End::file(path), object("here", key)).await;
        check(&up(&small, "small").await, &[(Published, Verb::PutObject)]);
        check(&up(&large, "large").await, &[(Published, Verb::CompleteUpload)]);
        check(&up(&large, "large").await, &[(Verified, Verb::HeadObject)]); // it is there already

        let down = requests(&run, object("here", "large"), End::file(world.path("back"))).await;
        check(&down, &[(LookedAtSource, Verb::HeadObject)]);
        let copy = requests(&run, object("here", "small"), object("there", "small")).await;
        check(&copy, &[(LookedAtSource, Verb::HeadObject), (Published, Verb::CopyObject)]);
        let copy = requests(&run, object("here", "large"), object("there", "large")).await;
        check(&copy, &[(LookedAtSource, Verb::HeadObject), (Published, Verb::CompleteUpload)]);
        let relayed = requests(&run, object("here", "large"), object("abroad", "large")).await;
        check(&relayed, &[(LookedAtSource, Verb::HeadObject), (Published, Verb::CompleteUpload)]);
    });
}

#[test]
fn where_the_answer_has_no_checksum_the_look_that_was_made_instead_is_named() {
    let mut world = World::new();
    let capabilities = world.store.capabilities().clone();
    let options = MemoryOptions { capabilities, report_crc64: false, ..MemoryOptions::default() };
    world.store = Arc::new(MemoryStore::with_options(options));
    world.store.add_bucket("here", "memory-1").unwrap();
    let world = &world;
    world.run(|run| async move {
        let (path, _) = world.file("up", 10);
        let up = requests(&run, End::file(path), object("here", "up")).await;
        check(&up, &[(Published, Verb::PutObject), (Verified, Verb::HeadObject)]);
    });
}

#[test]
fn a_completion_whose_answer_was_lost_is_proven_by_the_look_that_found_it() {
    let world = &World::new();
    let mut lost = false;
    world.store.set_fault(move |call| {
        let lose = call.verb == Verb::CompleteUpload && !std::mem::replace(&mut lost, true);
        lose.then_some(Fault::LoseReply(ErrorKind::Network))
    });
    world.run_with(EngineOptions::default(), |run| async move {
        let (path, _) = world.file("up", 2 * PART + 1);
        let up = requests(&run, End::file(path), object("here", "up")).await;
        check(&up, &[(Verified, Verb::HeadObject)]);
    });
}
