//! The ledger file itself.

use crate::world::{World, object, spec};
use engine::ledger::{Ledger as _, LedgerError, Records, SqliteLedger};
use engine::{End, Filter, State};

#[test]
fn b4_what_is_no_ledger_or_a_damaged_one_is_set_aside_and_nothing_is_deleted() {
    let world = &World::new();
    let (path, _) = world.file("a", 10);
    world.run(|run| async move {
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        run.rest(id).await;
        run.engine.shutdown().await;
    });
    let sound = std::fs::read(world.ledger_path()).unwrap();
    let mut damaged = sound.clone();
    for byte in damaged.iter_mut().skip(4096) {
        *byte = !*byte;
    }
    let foreign = {
        let path = world.path("foreign.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE somebody (elses TEXT)").unwrap();
        drop(connection);
        std::fs::read(path).unwrap()
    };
    for (n, (what, bytes)) in [("text", b"this is not a database".to_vec()), ("damaged", damaged), ("foreign", foreign)]
        .into_iter()
        .enumerate()
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        std::fs::write(&path, &bytes).unwrap();
        let (ledger, aside) = SqliteLedger::open(&path, 1000 + n as i64).unwrap();
        let aside = aside.unwrap_or_else(|| panic!("{what} was taken for a ledger"));
        assert_eq!(std::fs::read(&aside.path).unwrap(), bytes, "{what} is kept as it was");
        assert_eq!(ledger.page(Filter::All, None, 10).unwrap(), []);
    }
    let (ledger, aside) = SqliteLedger::open(&world.ledger_path(), 0).unwrap();
    assert_eq!(aside, None);
    assert_eq!(ledger.page(Filter::Done, None, 10).unwrap()[0].state, State::Done);
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(SqliteLedger::open(&path, 0).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    let error = SqliteLedger::open(&path, 0).unwrap_err();
    assert!(matches!(error, LedgerError::Newer { found: 99, .. }), "{error}");
}

/// A ledger as an earlier version wrote it, and what is in it.
struct OldLedger {
    version: i64,
    dump: &'static str,
    /// In the order of the ids. The second was cut off after some of ten parts.
    states: &'static [State],
    /// Parts of the second.
    parts: usize,
    left_bytes: u64,
    /// Version 1 did not say when a plan was made.
    planned_ms: std::ops::RangeInclusive<i64>,
}

const OLD_LEDGERS: [OldLedger; 4] = [
    OldLedger {
        version: 1,
        dump: include_str!("../ledgers/v1.sql"),
        states: &[State::Done, State::Waiting, State::Paused, State::Failed],
        parts: 5,
        left_bytes: 26_214_400 + 52_428_800,
        planned_ms: 0..=0,
    },
    OldLedger {
        version: 2,
        dump: include_str!("../ledgers/v2.sql"),
        states: &[State::Done, State::Waiting, State::Done, State::Paused],
        parts: 5,
        left_bytes: 26_214_400 + 9 * (5 << 20),
        planned_ms: 1..=i64::MAX,
    },
    OldLedger {
        version: 4,
        dump: include_str!("../ledgers/v4.sql"),
        states: &[State::Done, State::Waiting, State::Paused, State::Failed],
        parts: 4,
        left_bytes: 2 * 6 * (5 << 20),
        planned_ms: 1..=i64::MAX,
    },
    OldLedger {
        version: 5,
        dump: include_str!("../ledgers/v5.sql"),
        states: &[State::Done, State::Waiting, State::Paused, State::Failed],
        parts: 3,
        left_bytes: 2 * 7 * (5 << 20),
        planned_ms: 1..=i64::MAX,
    },
];

#[test]
fn a_ledger_of_every_older_version_is_read_migrated_and_loses_nothing() {
    for OldLedger { version, dump, states, parts, left_bytes, planned_ms } in OLD_LEDGERS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(dump).unwrap();
        connection
            .execute_batch(&format!("PRAGMA application_id = {}; PRAGMA user_version = {version};", 0x5445_524E))
            .unwrap();
        drop(connection);

        // Somebody who only reads may come first.
        let reader = SqliteLedger::open_to_read(&path).unwrap().unwrap();
        let mut before = reader.page(Filter::All, None, 10).unwrap();
        let counts = reader.counts().unwrap();
        assert_eq!(reader.leftovers().unwrap(), []);
        if version < 5 {
            assert_eq!((reader.failed_causes().unwrap(), reader.dismissals().unwrap()), (vec![], vec![]));
        }
        assert_eq!(reader.detail(engine::TransferId(2)).unwrap().unwrap().timeline, None);
        assert_eq!(reader.page(Filter::Waiting, None, 10).unwrap().len(), 1);
        drop(reader);
        // Version 3 makes room between two places in the queue.
        if version < 3 {
            before.iter_mut().for_each(|view| view.order <<= 32);
        }

        for _ in 0..2 {
            let (ledger, aside) = SqliteLedger::open(&path, 0).unwrap();
            assert_eq!(aside, None, "version {version}");
            assert_eq!(ledger.page(Filter::All, None, 10).unwrap(), before);
            assert_eq!(before.iter().map(|view| view.state).collect::<Vec<_>>(), states);
            let cut_off = ledger.load(engine::TransferId(2)).unwrap().unwrap();
            assert_eq!(cut_off.parts.len(), parts);
            let plan = cut_off.checkpoint.unwrap();
            assert!(matches!(plan.session, Some(engine::Session::Upload { .. })));
            assert!(planned_ms.contains(&plan.planned_ms), "version {version}: {}", plan.planned_ms);
            assert_eq!(plan.route, engine::Route::Server);
            assert_eq!(ledger.counts().unwrap(), counts);
            assert_eq!(counts.left_bytes, left_bytes);
            assert_eq!(ledger.leftovers().unwrap(), []);
            // Version 5 counts what has failed by its cause, also what had failed before.
            let failed = before.iter().find_map(|view| view.error.clone().filter(|_| view.state == State::Failed));
            let causes = ledger.failed_causes().unwrap();
            let expected = failed.iter().map(|error| engine::FailedCause { code: error.code, count: 1 });
            assert_eq!(causes, expected.collect::<Vec<_>>(), "version {version}");

            // Version 6 tells what has happened to a transfer, from then on; what is removed takes that with it.
            let timeline = engine::Timeline::new(7, None);
            let told = |id| engine::Fact::Timeline { id, timeline: Box::new(timeline.clone()) };
            ledger.append(&[told(engine::TransferId(2)), told(engine::TransferId(99))]).unwrap();
            assert_eq!(ledger.timeline(engine::TransferId(2)).unwrap().as_ref(), Some(&timeline));
            assert_eq!(ledger.timeline(engine::TransferId(1)).unwrap(), None);
            assert_eq!(ledger.timeline(engine::TransferId(99)).unwrap(), None, "nobody has that id");

            // What is added, paused and removed now is counted with what was there.
            let id = engine::TransferId(ledger.last().unwrap().0 + 1);
            let spec = spec(End::file("/a"), object("here", "a"));
            let added =
                engine::Added { id, order: 99, spec, expected_bytes: None, intent: engine::Intent::Run, added_ms: 0 };
            ledger.append(&[engine::Fact::Added(Box::new(added))]).unwrap();
            assert_eq!(ledger.counts().unwrap().waiting, counts.waiting + 1);
            ledger.append_bulk(engine::Bulk::AllSet { intent: engine::Intent::Pause }).unwrap();
            assert_eq!(
                (ledger.counts().unwrap().waiting, ledger.page(Filter::Waiting, None, 10).unwrap()),
                (0, vec![])
            );
            ledger.append_bulk(engine::Bulk::AllSet { intent: engine::Intent::Run }).unwrap();
            // Back to what it was.
            let mut facts = vec![engine::Fact::Removed { id }];
            for view in before.iter().filter(|view| view.state == State::Paused) {
                facts.push(engine::Fact::IntentSet { id: view.id, intent: view.intent });
                facts.push(engine::Fact::StateSet { id: view.id, state: view.state, stats: None });
            }
            ledger.append(&facts).unwrap();
        }
    }
}

#[test]
fn an_upload_that_a_store_does_not_let_go_of_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap();
    let upload = store::UploadRef {
        object: store::ObjectRef::new("bucket", "key"),
        upload_id: store::UploadId("upload".into()),
    };
    let store = engine::StoreId("memory".into());
    let id = engine::TransferId(7);
    let fact = engine::Fact::LeftBehind { id, store: store.clone(), upload: upload.clone(), at_ms: 5 };
    // Each fact can be applied twice without harm.
    ledger.append(&[fact.clone(), fact]).unwrap();
    let expected = engine::ledger::Leftover { store, upload, transfer: id, since_ms: 5 };
    assert_eq!(ledger.leftovers().unwrap(), [expected]);
}

#[test]
fn another_process_can_read_while_one_writes() {
    let world = &World::new();
    assert!(SqliteLedger::open_to_read(&world.ledger_path()).unwrap().is_none());
    world.run(|run| async move {
        let (path, _) = world.file("a", 10);
        let id = run.add(spec(End::file(path), object("here", "a"))).await;
        let reader = SqliteLedger::open_to_read(&world.ledger_path()).unwrap().unwrap();
        assert_eq!(reader.load(id).unwrap().unwrap().id, id);
        reader.append(&[engine::Fact::Removed { id }]).unwrap_err();
        run.rest(id).await;
    });
}

/// A ledger whose every `nth` write fails, as on a disk that is full for a moment.
#[derive(Debug)]
struct Flaky {
    ledger: SqliteLedger,
    writes: std::sync::atomic::AtomicU64,
    nth: u64,
}

impl engine::ledger::Ledger for Flaky {
    fn append(&self, facts: &[engine::Fact]) -> Result<(), LedgerError> {
        let write = self.writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if write % self.nth == self.nth - 1 {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.ledger.append(facts)
    }
    fn append_bulk(&self, bulk: engine::Bulk) -> Result<usize, LedgerError> {
        self.ledger.append_bulk(bulk)
    }
    fn records(&self) -> &dyn Records {
        &self.ledger
    }
}

#[test]
fn a_ledger_that_cannot_be_written_for_a_moment_loses_nothing() {
    for nth in [2, 3] {
        let world = &World::new();
        let flaky = |ledger| -> std::sync::Arc<dyn engine::ledger::Ledger> {
            std::sync::Arc::new(Flaky { ledger, writes: 0.into(), nth })
        };
        world.run_on(engine::EngineOptions::default(), flaky, |run| async move {
            let (path, bytes) = world.file("a", 5 * crate::world::PART);
            let spec = spec(End::file(path), object("here", "a"));
            // Adding may be refused, which is told; then it must not run.
            let id = loop {
                match run.engine.add(vec![spec.clone()]).await {
                    Ok(ids) => break ids[0],
                    Err(error) => assert!(matches!(error, engine::EngineError::LedgerWrite(_)), "{error}"),
                }
            };
            for _ in 0..10 {
                let view = run.rest(id).await;
                if view.state == State::Done {
                    break;
                }
                // What could not be made durable was not begun; it says so and can be tried again.
                assert_eq!(view.error.map(|error| error.code), Some(engine::ErrorCode::Ledger));
                // The wish, too, may come at a moment when it cannot be written; then it is told so.
                let _ = run.engine.resume(&[id]).await;
            }
            assert_eq!(run.rest(id).await.phase(), engine::Phase::DoneVerified);
            assert_eq!(world.bytes_at("here", "a").unwrap(), bytes);
            assert_eq!(world.store.open_uploads("here"), []);
        });
    }
}
