//! Each kind, each interesting size, from the first byte to verified.

use crate::world::{INTERESTING_SIZES, PART, World, object, spec};
use engine::{End, Outcome, Phase, State};
use store::{Crc64, ObjectRef};

#[test]
fn uploads_of_every_size_arrive_and_are_verified() {
    let world = &World::new();
    world.run(|run| async move {
        for size in INTERESTING_SIZES {
            let (path, bytes) = world.file(&format!("up-{size}.txt"), size);
            let id = run.add(spec(End::file(path), object("here", &format!("up-{size}")))).await;
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{size} bytes: {view:?}");
            assert_eq!(view.done_bytes, size as u64);
            let result = view.result.unwrap();
            assert_eq!(result.source_crc64, Some(Crc64::of(&bytes)));
            assert_eq!(result.target_crc64, result.source_crc64);
            assert_eq!(world.bytes_at("here", &format!("up-{size}")), Some(bytes), "{size} bytes");
            assert_eq!(view.stats.parts_sent, size.div_ceil(PART).max(1) as u64);
        }
        assert_eq!(world.store.open_uploads("here"), []);
        let settings = world.store.object_settings(&ObjectRef::new("here", "up-1")).unwrap();
        assert_eq!(settings.content_type.as_deref(), Some("text/plain"));
    });
}

#[test]
fn downloads_of_every_size_arrive_and_are_verified() {
    let world = &World::new();
    world.run(|run| async move {
        for size in INTERESTING_SIZES {
            let bytes = world.object(&format!("down-{size}"), size);
            let path = world.path(&format!("new-folder/down-{size}"));
            let id = run.add(spec(object("here", &format!("down-{size}")), End::file(&path))).await;
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{size} bytes: {view:?}");
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "{size} bytes");
        }
        let left: Vec<_> = std::fs::read_dir(world.path("new-folder")).unwrap().collect();
        assert_eq!(left.len(), INTERESTING_SIZES.len(), "no temporary file is left: {left:?}");
    });
}

#[test]
fn copies_of_every_size_arrive_with_their_settings_and_are_verified() {
    let world = &World::new();
    world.run(|run| async move {
        for size in INTERESTING_SIZES {
            let key = format!("copy-{size}");
            let bytes = world.object(&key, size);
            let id = run.add(spec(object("here", &key), object("there", &key))).await;
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{size} bytes: {view:?}");
            assert_eq!(world.bytes_at("there", &key), Some(bytes));
            let settings = world.store.object_settings(&ObjectRef::new("there", key)).unwrap();
            assert_eq!(settings.content_type.as_deref(), Some("text/x-test"), "{size} bytes");
            assert_eq!(settings.metadata["who"], "we", "{size} bytes");
        }
    });
}

#[test]
fn a_copy_to_another_region_goes_through_this_computer_and_says_so_before() {
    let world = &World::new();
    world.run(|run| async move {
        for size in INTERESTING_SIZES {
            let key = format!("relay-{size}");
            let bytes = world.object(&key, size);
            run.events();
            let id = run.add(spec(object("here", &key), object("abroad", &key))).await;
            let view = run.rest(id).await;
            assert_eq!(view.phase(), Phase::DoneVerified, "{size} bytes: {view:?}");
            let result = view.result.unwrap();
            assert_eq!(result.source_crc64, Some(Crc64::of(&bytes)));
            assert_eq!(result.target_crc64, result.source_crc64);
            assert_eq!(world.bytes_at("abroad", &key), Some(bytes), "{size} bytes");
            let settings = world.store.object_settings(&ObjectRef::new("abroad", &key)).unwrap();
            assert_eq!(settings.content_type.as_deref(), Some("text/x-test"), "{size} bytes");
            assert_eq!(settings.metadata["who"], "we", "{size} bytes");
            let events = run.event_types();
            let place = |name| events.iter().position(|event| event == name);
            assert!(place("RouteChosen") < place("DataTransferStarted"), "{size} bytes: {events:?}");
        }
        assert_eq!(world.store.open_uploads("abroad"), []);
        assert_eq!(
            world.store.requests(store::Verb::UploadPartCopy) + world.store.requests(store::Verb::CopyObject),
            0
        );
    });
}

#[test]
fn a_copy_that_shall_stay_inside_the_store_is_refused_where_it_cannot() {
    let world = &World::new();
    world.run(|run| async move {
        world.object("a", 3 * PART);
        let mut spec = spec(object("here", "a"), object("abroad", "a"));
        spec.options.route = engine::RouteChoice::Server;
        let id = run.add(spec).await;
        let view = run.rest(id).await;
        assert_eq!(view.error.unwrap().code, engine::ErrorCode::CrossRegion);
        assert_eq!(world.store.open_uploads("abroad"), []);
    });
}

#[test]
fn b17_a_relayed_object_that_came_changed_is_never_published() {
    for size in [PART / 2, 5 * PART] {
        let world = &World::new();
        world.run(|run| async move {
            let bytes = world.object("a", size);
            let flips = std::sync::atomic::AtomicU32::new(0);
            world.store.set_fault(move |call| {
                let first =
                    call.verb == store::Verb::GetObject && flips.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
                first.then_some(store::Fault::FlipBit)
            });
            let id = run.add(spec(object("here", "a"), object("abroad", "a"))).await;
            assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified, "{size} bytes");
            assert_eq!(world.bytes_at("abroad", "a"), Some(bytes));
            assert_eq!(world.store.open_uploads("abroad"), []);
        });
    }
}

#[test]
fn the_events_are_those_of_the_sdks_in_their_order() {
    let world = &World::new();
    world.run(|run| async move {
        let (path, _) = world.file("a", 2 * PART);
        let mut spec = spec(End::file(path), object("here", "a"));
        spec.options.parallel_parts = 1;
        let id = run.add(spec).await;
        run.rest(id).await;
        let mut types = run.event_types();
        types.retain(|name| name != "StateChanged" && name != "DataTransferRw");
        assert_eq!(
            types,
            [
                "CreateMultipartUploadSucceed",
                "DataTransferStarted",
                "UploadPartSucceed",
                "UploadPartSucceed",
                "CompleteMultipartUploadSucceed",
                "DataTransferSucceed"
            ]
        );
        let target = world.path("back");
        let id = run.add(crate::world::spec(object("here", "a"), End::file(target))).await;
        run.rest(id).await;
        let events = run.events();
        let phases: Vec<Phase> = events
            .iter()
            .filter_map(|event| match event.kind {
                engine::EventKind::StateChanged { phase, .. } => Some(phase),
                _ => None,
            })
            .collect();
        assert_eq!(
            phases,
            [Phase::Waiting, Phase::Scanning, Phase::Transferring, Phase::Verifying, Phase::DoneVerified]
        );
        let types: Vec<String> = events
            .iter()
            .map(|event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned())
            .collect();
        for expected in ["CreateTempFileSucceed", "DownloadPartSucceed", "RenameTempFileSucceed", "DataTransferSucceed"]
        {
            assert!(types.iter().any(|name| name == expected), "{expected} is missing in {types:?}");
        }
    });
}

#[test]
fn many_small_files_all_arrive_although_few_work_at_a_time() {
    let world = &World::new();
    world.run_with(crate::world::one_at_a_time(), |run| async move {
        let mut specs = Vec::new();
        for n in 0..600 {
            // More than the window of the queue, so that the ledger has to feed it.
            let (path, _) = world.file(&format!("small-{n}"), n % 7);
            specs.push(spec(End::file(path), object("here", &format!("small-{n}"))));
        }
        let ids = run.engine.add(specs).await.unwrap();
        for id in &ids {
            assert_eq!(run.rest(*id).await.state, State::Done);
        }
        assert_eq!(world.store.keys("here").len(), 600);
        let counts = run.engine.counts().unwrap();
        assert_eq!((counts.done, counts.waiting, counts.active), (600, 0, 0));
    });
}

#[test]
fn a_rate_limit_holds_and_can_be_lifted_while_parts_move() {
    let world = &World::new();
    world.run_with(crate::world::slow(1), |run| async move {
        let (path, bytes) = world.file("a", 6 * PART);
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        let view = run.until(id, |view| view.state == State::Moving).await;
        assert_eq!(view.done_bytes, 0);
        run.engine.set_rates(engine::RateLimits::default());
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
        assert_eq!(world.bytes_at("here", "a"), Some(bytes));
    });
}

#[test]
fn pages_and_counts_are_exact() {
    let world = &World::new();
    world.run(|run| async move {
        let (path, _) = world.file("a", 10);
        for n in 0..5 {
            let id = run.add(spec(End::file(&path), object("here", &format!("k{n}")))).await;
            run.rest(id).await;
        }
        let request = engine::PageRequest { filter: engine::Filter::Done, after: None, limit: 2 };
        let first = run.until_durable(5, request).await;
        assert_eq!((first.total, first.rows.len()), (5, 2));
        let second = run.engine.page(engine::PageRequest { after: first.next, limit: 10, ..request }).unwrap();
        assert_eq!((second.rows.len(), second.next), (3, None));
        let all: std::collections::BTreeSet<_> = first.rows.iter().chain(&second.rows).map(|row| row.id).collect();
        assert_eq!(all.len(), 5);
        assert!(first.rows.iter().all(|row| row.result.as_ref().unwrap().outcome == Outcome::Moved));
    });
}

impl crate::world::Run {
    async fn until_durable(&self, total: u64, request: engine::PageRequest) -> engine::Page {
        for _ in 0..2_000 {
            let page = self.engine.page(request).unwrap();
            if page.total == total && page.rows.iter().all(|row| row.state == State::Done) {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        panic!("{:?}", self.engine.page(request));
    }
}
