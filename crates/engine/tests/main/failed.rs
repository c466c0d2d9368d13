//! What has failed, by its cause: counted as it comes and goes, paged by an index.

use engine::ledger::{Ledger as _, Records as _, SqliteLedger};
use engine::{Added, End, ErrorCode, Fact, FailedCause, Filter, Intent, State, Stats, TransferError, TransferId};

use crate::world::{World, object, spec};

fn added(id: u64) -> Fact {
    let spec = spec(End::file("/a"), object("here", &format!("{id}")));
    Fact::Added(Box::new(Added {
        id: TransferId(id),
        order: id as i64,
        spec,
        expected_bytes: None,
        intent: Intent::Run,
        added_ms: 0,
    }))
}

fn failed(id: u64, code: ErrorCode, at_ms: i64) -> Fact {
    Fact::Failed { id: TransferId(id), error: Box::new(TransferError::new(code)), stats: Stats::default(), at_ms }
}

fn counts(ledger: &SqliteLedger) -> Vec<(ErrorCode, u64)> {
    ledger.failed_causes().unwrap().iter().map(|cause: &FailedCause| (cause.code, cause.count)).collect()
}

#[test]
fn failures_are_counted_by_cause_whatever_becomes_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap();
    ledger.append(&(1..=7).map(added).collect::<Vec<_>>()).unwrap();
    assert_eq!(counts(&ledger), []);
    let facts: Vec<Fact> = (1..=4).map(|id| failed(id, ErrorCode::Forbidden, id as i64)).collect();
    ledger.append(&facts).unwrap();
    // Each fact can be applied twice without harm.
    ledger.append(&facts).unwrap();
    ledger.append(&[failed(5, ErrorCode::DiskFull, 5), failed(6, ErrorCode::DiskFull, 6)]).unwrap();
    assert_eq!(counts(&ledger), [(ErrorCode::Forbidden, 4), (ErrorCode::DiskFull, 2)]);

    // Tried again, and failed for another reason; removed; given up and taken back.
    let again = Fact::StateSet { id: TransferId(1), state: State::Waiting, stats: None };
    ledger.append(&[again, failed(1, ErrorCode::DiskFull, 9)]).unwrap();
    ledger.append(&[Fact::Removed { id: TransferId(2) }]).unwrap();
    assert_eq!(counts(&ledger), [(ErrorCode::DiskFull, 3), (ErrorCode::Forbidden, 2)]);
    ledger.append(&[Fact::Dismissed { id: TransferId(3), until_ms: 50 }]).unwrap();
    assert_eq!(counts(&ledger), [(ErrorCode::DiskFull, 3), (ErrorCode::Forbidden, 1)]);
    ledger.append(&[Fact::Recalled { id: TransferId(3) }]).unwrap();
    assert_eq!(counts(&ledger), [(ErrorCode::DiskFull, 3), (ErrorCode::Forbidden, 2)]);
}

#[test]
fn a_cause_is_paged_newest_first_and_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (ledger, _) = SqliteLedger::open(&path, 0).unwrap();
    ledger.append(&(1..=9).map(added).collect::<Vec<_>>()).unwrap();
    let codes = [ErrorCode::Forbidden, ErrorCode::Mismatch];
    let facts: Vec<Fact> = (1..=9).map(|id| failed(id, codes[id as usize % 2], (100 - id) as i64)).collect();
    ledger.append(&facts).unwrap();
    let filter = Filter::FailedOf(ErrorCode::Mismatch);
    let page = |after: Option<u64>, limit| -> Vec<u64> {
        let views = ledger.page(filter, after.map(TransferId), limit).unwrap();
        assert!(views.iter().all(|view| view.error.as_ref().unwrap().code == ErrorCode::Mismatch));
        views.iter().map(|view| view.id.0).collect()
    };
    assert_eq!((page(None, 3), page(Some(5), 3)), (vec![1, 3, 5], vec![7, 9]));
    let ids = ledger.ids(filter, Some(TransferId(1)), 2).unwrap();
    assert_eq!(ids, [TransferId(3), TransferId(5)]);
    drop(ledger);

    let connection = rusqlite::Connection::open(&path).unwrap();
    let plan: String = connection
        .query_row(
            "EXPLAIN QUERY PLAN SELECT id FROM transfer INDEXED BY transfer_cause WHERE state = 2 AND cause = 'mismatch' AND ended_ms IS NOT NULL
                 AND (ended_ms, id) < (5, 5) ORDER BY ended_ms DESC, id DESC",
            [],
            |row| row.get(3),
        )
        .unwrap();
    assert!(plan.contains("transfer_cause (cause=? AND ended_ms"), "{plan}");
}

#[test]
fn what_fails_in_a_run_is_found_by_its_cause_and_leaves_it_by_a_retry() {
    let world = &World::new();
    world.run(|run| async move {
        let mut ids = Vec::new();
        for name in ["gone-1", "gone-2"] {
            ids.push(run.add(spec(End::file(world.path(name)), object("here", name))).await);
        }
        for id in &ids {
            assert_eq!(run.rest(*id).await.state, State::Failed);
        }
        let causes = run.engine.failed_causes().unwrap();
        assert_eq!(causes, [FailedCause { code: ErrorCode::SourceMissing, count: 2 }]);
        let request = engine::PageRequest { filter: Filter::FailedOf(ErrorCode::SourceMissing), after: None, limit: 1 };
        let page = run.engine.page(request).unwrap();
        assert_eq!((page.total, page.rows.len(), page.next.is_some()), (2, 1, true));

        world.file("gone-1", 10);
        run.engine.resume(&ids[..1]).await.unwrap();
        assert_eq!(run.rest(ids[0]).await.state, State::Done);
        let causes = run.engine.failed_causes().unwrap();
        assert_eq!(causes, [FailedCause { code: ErrorCode::SourceMissing, count: 1 }]);
    });
}
