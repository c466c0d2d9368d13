//! A ledger in which anything may stand in any column: read by the code that reads ledgers. A target of the fuzzer too,
//! so it uses nothing of the other tests.

use engine::ledger::{Records as _, SqliteLedger};
use engine::{Filter, TransferId};
use rusqlite::{Connection, params};

const SOUND: &str = include_str!("../ledgers/v1.sql");

/// The row that is written over; the other three are as they were.
const VICTIM: TransferId = TransferId(2);
const OTHERS: [u64; 3] = [1, 3, 4];

/// A ledger of four transfers in a folder, one of which can be written over again and again.
pub struct Sandbox {
    folder: tempfile::TempDir,
    ledger: SqliteLedger,
    connection: Connection,
}

impl Sandbox {
    pub fn new() -> Self {
        Self::begun_with(b"")
    }

    /// The same, of a ledger of version 1 that was written into before it was opened, and so before it is migrated.
    pub fn begun_with(input: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(SOUND).unwrap();
        connection.execute_batch("PRAGMA application_id = 1413829198; PRAGMA user_version = 1").unwrap();
        write_over(&connection, input);
        drop(connection);
        let (ledger, aside) = SqliteLedger::open(&path, 0).unwrap();
        assert_eq!(aside, None);
        let connection = Connection::open(&path).unwrap();
        write_over(&connection, b"");
        // The last one goes on by itself, too: it must not be hidden by the one before it.
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF;
                 UPDATE transfer SET state = 0, intent = 0, ended_ms = NULL, error = NULL WHERE id = 4;
                 INSERT INTO leftover VALUES ('id', 'store', 'bucket', 'key', 2, 5);
                 INSERT INTO cause VALUES ('forbidden', 1);
                 INSERT INTO dismissed VALUES (2, 5, 0, 0);
                 INSERT INTO timeline VALUES (2, '{}');
                 CREATE TEMP TABLE sound_transfer AS SELECT id, ord, state, intent, source, target, options, checkpoint,
                     size_bytes, done_bytes, error, result, stats, added_ms, planned_ms, saved_ms, ended_ms
                     FROM transfer WHERE id = 2;
                 CREATE TEMP TABLE sound_part AS SELECT * FROM part WHERE transfer = 2;
                 CREATE TEMP TABLE sound_counter AS SELECT * FROM counter;",
            )
            .unwrap();
        Self { folder, ledger, connection }
    }

    /// Leaves the ledger as it is and gives its folder.
    pub fn into_folder(self) -> tempfile::TempDir {
        self.folder
    }

    /// Writes into the ledger as it is now.
    pub fn write_over(&self, input: &[u8]) {
        write_over(&self.connection, input);
    }

    fn restore(&self) {
        self.connection
            .execute_batch(
                "BEGIN;
                 DELETE FROM transfer WHERE id NOT IN (1, 3, 4);
                 DELETE FROM part WHERE transfer NOT IN (1, 3, 4);
                 DELETE FROM leftover;
                 DELETE FROM cause;
                 INSERT INTO cause VALUES ('forbidden', 1);
                 DELETE FROM dismissed;
                 INSERT INTO dismissed VALUES (2, 5, 0, 0);
                 DELETE FROM timeline;
                 INSERT INTO timeline VALUES (2, '{}');
                 INSERT INTO transfer (id, ord, state, intent, source, target, options, checkpoint, size_bytes,
                     done_bytes, error, result, stats, added_ms, planned_ms, saved_ms, ended_ms)
                     SELECT * FROM sound_transfer;
                 INSERT INTO part SELECT * FROM sound_part;
                 INSERT INTO leftover VALUES ('id', 'store', 'bucket', 'key', 2, 5);
                 DELETE FROM counter;
                 INSERT INTO counter SELECT * FROM sound_counter;
                 COMMIT;",
            )
            .unwrap();
    }

    /// Every reader of the ledger over rows that say anything at all.
    pub fn check(&self, input: &[u8]) {
        self.write_over(input);
        let ledger = &self.ledger;
        for filter in [Filter::All, Filter::Active, Filter::Waiting, Filter::Paused, Filter::Failed, Filter::Done] {
            let page = ledger.page(filter, None, 10).unwrap();
            for view in &page {
                assert!(view.size_bytes.is_none_or(|size| i64::try_from(size).is_ok()), "{view:?}");
                assert!(i64::try_from(view.done_bytes).is_ok());
                let _ = (view.phase(), view.actions(), view.left_seconds());
            }
            if filter == Filter::All {
                let ids: Vec<u64> = page.iter().map(|view| view.id.0).collect();
                assert!(OTHERS.iter().all(|id| ids.contains(id)), "a row hides others: {ids:?}");
            }
            ledger.open_ids(filter).unwrap();
            ledger.held(&engine::StoreId("memory".into())).unwrap();
        }
        let runnable = ledger.next_runnable(None, 10).unwrap();
        assert!(runnable.iter().any(|one| one.id.0 == 4), "one that cannot be read keeps another from going on");
        for loaded in runnable.into_iter().chain(ledger.load(VICTIM).ok().flatten()) {
            let Some(plan) = loaded.checkpoint.as_ref().map(engine::Checkpoint::plan) else {
                assert_eq!(loaded.parts, [], "parts of nothing");
                continue;
            };
            assert!(plan.part_size_bytes > 0 && plan.part_count() <= engine::PARTS_MAX);
            let sent: u64 = loaded.parts.iter().map(|part| part.size_bytes).sum();
            assert!(sent <= plan.size_bytes, "more is there than there is");
            assert!(loaded.parts.iter().all(|part| part.number.get() <= plan.part_count()));
        }
        for id in 1..=4 {
            if let Some(timeline) = ledger.timeline(TransferId(id)).unwrap() {
                assert!(timeline.moved_bytes.len() <= engine::STEPS_MAX && timeline.events.len() <= engine::EVENTS_MAX);
                assert!(timeline.stretches().iter().all(|(begin, end, _)| begin < end));
                assert!(timeline.told().all(|(begin, end, _)| begin <= end));
            }
            let told = ledger.detail(TransferId(id)).map(drop).map_err(|error| error.to_string());
            assert!(id == VICTIM.0 || told.is_ok(), "{told:?}");
        }
        assert!(ledger.views(&[1, 2, 3, 4].map(TransferId)).unwrap().len() >= OTHERS.len());
        let (id, order) = ledger.last().unwrap();
        assert!(id.checked_add(1 << 40).is_some() && order.checked_add(1 << 40).is_some());
        for cause in ledger.failed_causes().unwrap() {
            ledger.page(Filter::FailedOf(cause.code), None, 10).unwrap();
            assert!(cause.count.checked_mul(1 << 3).is_some());
        }
        assert!(ledger.dismissals().unwrap().len() <= 1);
        let counts = ledger.counts().unwrap();
        let _ = counts.active + counts.waiting + counts.paused + counts.failed + counts.done + counts.left_bytes;
        assert_eq!(ledger.leftovers().map(|all| all.len() <= 1).map_err(|error| error.to_string()), Ok(true));
        self.restore();
    }
}

/// Writes lines `TABLE.COLUMN VALUE` into the victim's rows. What the database itself refuses is left out.
fn write_over(connection: &Connection, input: &[u8]) {
    // Else the triggers would refuse some of what a damaged disk does not ask about.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
    connection.execute_batch("BEGIN").unwrap();
    for line in input.split(|byte| *byte == b'\n') {
        let Some(space) = line.iter().position(|byte| *byte == b' ') else { continue };
        let (place, value) = (&line[..space], &line[space + 1..]);
        let Some((table, column)) = std::str::from_utf8(place).ok().and_then(|place| place.split_once('.')) else {
            continue;
        };
        let row = match table {
            "transfer" => "id = 2",
            "part" => "transfer = 2 AND number = (SELECT min(number) FROM part WHERE transfer = 2)",
            "counter" => "state = 0",
            "cause" => "code IS NOT NULL",
            "dismissed" | "timeline" => "transfer IS NOT NULL",
            "leftover" => "since_ms >= -9223372036854775808",
            _ => continue,
        };
        if !column.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()) {
            continue;
        }
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
        let sql = |value: &str| format!("UPDATE {table} SET {column} = {value} WHERE {row}");
        let _ = match number {
            Some(number) => connection.execute(&sql("?1"), params![number]),
            None if value == b"NULL" => connection.execute(&sql("NULL"), []),
            // Also text that is no UTF-8, which SQLite stores as it is.
            None => connection.execute(&sql("CAST(?1 AS TEXT)"), params![value]),
        };
    }
    connection.execute_batch("COMMIT").unwrap();
}
