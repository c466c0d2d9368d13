//! Uploads that another tool began are gone on with, if they are of this file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::world::{PART, Run, World, noise, object, spec};
use engine::{
    Adoption, ComparedPart, ConflictRule, End, EngineError, ErrorCode, ForeignUpload, Phase, State, TransferSpec,
};
use store::{
    Capabilities, Crc64, ETag, MemoryOptions, MemoryStore, ObjectRef, ObjectSettings, ObjectStore as _, PartNumber,
    UploadBody, UploadId, UploadRef, Verb,
};

const SIZE: usize = 9 * PART + 7;

/// An upload of `there/up` with these parts, as another tool leaves it.
async fn begun_elsewhere(
    store: &MemoryStore,
    parts: &[(u32, &[u8])],
) -> (UploadId, BTreeMap<PartNumber, (ETag, Crc64)>) {
    let object = ObjectRef::new("there", "up");
    let upload_id = store.create_upload(&object, &ObjectSettings::default()).await.unwrap();
    let upload = UploadRef { object, upload_id: upload_id.clone() };
    let mut checksums = BTreeMap::new();
    for (number, bytes) in parts {
        let number = PartNumber::new(*number).unwrap();
        let body = UploadBody::from_bytes(bytes.to_vec());
        let receipt = store.upload_part(&upload, number, body).await.unwrap();
        checksums.insert(number, (receipt.etag, store::Crc64::of(bytes)));
    }
    (upload_id, checksums)
}

fn part(bytes: &[u8], number: usize) -> &[u8] {
    &bytes[(number - 1) * PART..(number * PART).min(bytes.len())]
}

async fn adopt(run: &Arc<Run>, spec: TransferSpec, upload_id: &UploadId) -> Result<Adoption, EngineError> {
    let foreign = ForeignUpload { upload_id: upload_id.clone(), part_size_bytes: None, checksums: BTreeMap::new() };
    run.engine.adopt(spec, foreign).await
}

fn refusal(refused: Result<Adoption, EngineError>) -> ErrorCode {
    match refused {
        Err(EngineError::Adoption(error)) => error.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_that_are_of_this_file_are_kept_and_the_rest_is_sent() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    world.run(|run| async move {
        let wrong = noise(PART, 999);
        let there = [(1, part(&bytes, 1)), (3, &wrong[..]), (4, part(&bytes, 4)), (10, part(&bytes, 10))];
        let (upload_id, _) = begun_elsewhere(&world.store, &there).await;
        world.store.forget_calls();
        let adoption = adopt(&run, spec(End::file(path), object("there", "up")), &upload_id).await.unwrap();
        assert_eq!((adoption.parts_listed, adoption.parts_held), (4, 3));
        assert_eq!((adoption.held_bytes, adoption.size_bytes), (2 * PART as u64 + 7, SIZE as u64));
        let view = run.rest(adoption.id).await;
        assert_eq!(view.phase(), Phase::DoneVerified, "{view:?}");
        assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
        let count = |verb| world.store.requests(verb);
        assert_eq!((count(Verb::CreateUpload), count(Verb::UploadPart)), (0, 7), "only what was missing");
    });
}

#[test]
fn what_an_upload_has_in_common_with_a_file_is_told_part_by_part_and_nothing_is_changed() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    world.run(|run| async move {
        let wrong = noise(PART, 999);
        let there = [(1, part(&bytes, 1)), (3, &wrong[..]), (10, part(&bytes, 10))];
        let (upload_id, _) = begun_elsewhere(&world.store, &there).await;
        world.store.forget_calls();
        let foreign = ForeignUpload { upload_id: upload_id.clone(), part_size_bytes: None, checksums: BTreeMap::new() };
        let spec = spec(End::file(path), object("there", "up"));
        let compared = run.engine.compare(spec.clone(), foreign).await.unwrap();
        let letters: String = compared
            .parts
            .iter()
            .map(|part| match part {
                ComparedPart::NotSent => '.',
                ComparedPart::Equal => '=',
                ComparedPart::Differs => 'x',
            })
            .collect();
        assert_eq!(letters, "=.x......=");
        assert_eq!((compared.parts_listed, compared.held_bytes), (3, PART as u64 + 7));
        assert_eq!((compared.size_bytes, compared.part_size_bytes), (SIZE as u64, PART as u64));
        assert_eq!(world.store.requests(Verb::UploadPart) + world.store.requests(Verb::AbortUpload), 0);
        assert_eq!(run.engine.counts().unwrap(), Default::default(), "no transfer was added");
        // It can still be gone on with.
        let adoption = adopt(&run, spec, &upload_id).await.unwrap();
        assert_eq!(run.rest(adoption.id).await.phase(), Phase::DoneVerified);
    });
}

#[test]
fn an_adopted_upload_survives_a_crash_like_our_own() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    let id = world.run_with(crate::world::slow(1), |run| {
        let bytes = bytes.clone();
        async move {
            let (upload_id, _) = begun_elsewhere(&world.store, &[(2, part(&bytes, 2))]).await;
            let source = spec(End::file(path), object("there", "up"));
            let adoption = adopt(&run, source.clone(), &upload_id).await.unwrap();
            let again = adopt(&run, source, &upload_id).await.unwrap_err();
            assert!(again.to_string().contains(&format!("transfer {} goes on", adoption.id)), "{again}");
            adoption.id
        }
    });
    world.run(|run| async move {
        let view = run.rest(id).await;
        assert_eq!(view.phase(), Phase::DoneVerified);
        assert_eq!(view.stats.parts_reused, 1);
    });
    assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
    assert!(world.store.open_uploads("there").is_empty());
}

#[test]
fn what_is_not_of_this_file_is_refused_and_left_as_it_is() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    let (other, _) = world.file("other-source", SIZE);
    world.run(|run| async move {
        let (upload_id, _) = begun_elsewhere(&world.store, &[(1, part(&bytes, 1)), (2, part(&bytes, 2))]).await;
        let up = || object("there", "up");
        // Another file of the same size, and one whose size nothing fits.
        assert_eq!(refusal(adopt(&run, spec(End::file(other), up()), &upload_id).await), ErrorCode::UploadMismatch);
        let (short, _) = world.file("short", PART - 1);
        assert_eq!(refusal(adopt(&run, spec(End::file(short), up()), &upload_id).await), ErrorCode::UploadMismatch);
        // An upload that is gone, and a target that is taken.
        let gone = UploadId("gone".into());
        assert_eq!(refusal(adopt(&run, spec(End::file(&path), up()), &gone).await), ErrorCode::UploadNotFound);
        let taken = ObjectRef::new("there", "up");
        world.store.add_object(&taken, b"somebody's".to_vec(), ObjectSettings::default()).unwrap();
        assert_eq!(refusal(adopt(&run, spec(End::file(&path), up()), &upload_id).await), ErrorCode::TargetExists);
        let missing = world.path("missing");
        assert_eq!(refusal(adopt(&run, spec(End::file(missing), up()), &upload_id).await), ErrorCode::SourceMissing);
        assert_eq!(world.store.open_uploads("there").len(), 1, "nothing was aborted");
        assert_eq!(run.engine.counts().unwrap(), engine::Counts::default(), "nothing was added");
        // Who may overwrite goes on with it.
        let over = crate::world::spec_with(End::file(path), up(), ConflictRule::Overwrite);
        let adoption = adopt(&run, over, &upload_id).await.unwrap();
        assert_eq!(run.rest(adoption.id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
    });
}

#[test]
fn where_tags_prove_nothing_only_a_checksum_that_was_written_down_does() {
    let mut world = World::new();
    world.store = Arc::new(MemoryStore::with_options(MemoryOptions {
        capabilities: Capabilities {
            part_size_bytes_min: 16,
            part_size_bytes_max: 1 << 20,
            parts_max: 100,
            server_side_copy: true,
        },
        md5_etags: false,
        report_crc64: false,
        ..MemoryOptions::default()
    }));
    world.store.add_bucket("there", "memory-1").unwrap();
    let world = &world;
    let (path, bytes) = world.file("source", SIZE);
    world.run(|run| async move {
        let there = [(1, part(&bytes, 1)), (2, part(&bytes, 2))];
        let (upload_id, mut checksums) = begun_elsewhere(&world.store, &there).await;
        let source = || spec(End::file(&path), object("there", "up"));
        assert_eq!(refusal(adopt(&run, source(), &upload_id).await), ErrorCode::UploadMismatch);
        // A checksum of other bytes, or of a part that is not that one any more, proves nothing either.
        let second = PartNumber::new(2).unwrap();
        checksums.get_mut(&second).unwrap().0 = ETag::new("of-another-day");
        let foreign = ForeignUpload { upload_id, part_size_bytes: Some(PART as u64), checksums };
        let adoption = run.engine.adopt(source(), foreign).await.unwrap();
        assert_eq!((adoption.parts_listed, adoption.parts_held), (2, 1));
        assert_eq!(run.rest(adoption.id).await.phase(), Phase::DoneUnverified);
        assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
    });
}

#[test]
fn cancelling_an_adopted_upload_aborts_it() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    world.run_with(crate::world::slow(1), |run| async move {
        let (upload_id, _) = begun_elsewhere(&world.store, &[(2, part(&bytes, 2))]).await;
        let adoption = adopt(&run, spec(End::file(path), object("there", "up")), &upload_id).await.unwrap();
        run.engine.cancel(&[adoption.id]).await.unwrap();
        assert_eq!(run.rest(adoption.id).await.state, State::Cancelled);
        assert!(world.store.open_uploads("there").is_empty());
    });
}

#[test]
fn an_upload_of_one_part_or_of_none_is_gone_on_with_too() {
    for parts in [&[][..], &[1][..]] {
        for size in [0, 1, PART - 1, PART] {
            let world = &World::new();
            let (path, bytes) = world.file("source", size);
            world.run(|run| async move {
                let there: Vec<(u32, &[u8])> = parts.iter().map(|number| (*number, &bytes[..])).collect();
                let (upload_id, _) = begun_elsewhere(&world.store, &there).await;
                let adoption = adopt(&run, spec(End::file(path), object("there", "up")), &upload_id).await;
                if size == 0 && !parts.is_empty() {
                    // A part without bytes says nothing of how the file was cut.
                    assert_eq!(refusal(adoption), ErrorCode::UploadMismatch);
                    return;
                }
                let view = run.rest(adoption.unwrap().id).await;
                assert_eq!(view.phase(), Phase::DoneVerified, "{view:?}");
                assert_eq!(world.bytes_at("there", "up").unwrap(), bytes);
                assert!(world.store.open_uploads("there").is_empty());
            });
        }
    }
}

#[test]
fn a_file_that_changes_fails_an_adopted_upload_and_leaves_it_as_it_is() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    let (id, upload_id) = world.run_with(crate::world::slow(1), |run| {
        let path = path.clone();
        async move {
            let (upload_id, _) = begun_elsewhere(&world.store, &[(1, part(&bytes, 1)), (2, part(&bytes, 2))]).await;
            let adoption = adopt(&run, spec(End::file(path), object("there", "up")), &upload_id).await.unwrap();
            (adoption.id, upload_id)
        }
    });
    std::fs::write(&path, noise(SIZE, 5)).unwrap();
    world.run(|run| async move {
        let view = run.rest(id).await;
        assert_eq!((view.state, view.error.unwrap().code), (State::Failed, ErrorCode::SourceChanged));
        let open = world.store.open_uploads("there");
        assert_eq!(open.iter().map(|upload| &upload.upload_id).collect::<Vec<_>>(), [&upload_id]);
        assert_eq!(world.store.held_parts(&open[0]).len(), 2, "all that somebody has sent is there");
    });
}

#[test]
fn an_upload_is_adopted_once_however_often_it_is_asked_for_at_the_same_time() {
    let world = &World::new();
    let (path, bytes) = world.file("source", SIZE);
    world.run_with(crate::world::slow(1), |run| async move {
        let (upload_id, _) = begun_elsewhere(&world.store, &[(2, part(&bytes, 2))]).await;
        let asked = (0..4).map(|_| adopt(&run, spec(End::file(&path), object("there", "up")), &upload_id));
        let answers = futures_util::future::join_all(asked).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(run.engine.counts().unwrap().active + run.engine.counts().unwrap().waiting, 1);
    });
}
