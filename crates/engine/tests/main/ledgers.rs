//! The ledger file itself.

use crate::world::{World, object, spec};
use engine::ledger::{Ledger as _, LedgerError, SqliteLedger};
use engine::{End, Filter, State};

#[test]
fn what_is_no_ledger_or_a_damaged_one_is_set_aside_and_nothing_is_deleted() {
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
