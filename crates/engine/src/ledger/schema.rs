//! The tables, and how a database becomes ours.
//!
//! Counters are kept in the same transaction as the rows, by triggers or by the group that adds, so that they are exact
//! without counting.

#![expect(
    clippy::disallowed_methods,
    reason = "a ledger is opened, or put aside, before there is an engine with a disk"
)]

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{LedgerError, SetAside, check};

/// "TERN": marks the file as ours.
const APPLICATION_ID: i64 = 0x5445_524E;
/// Version of the tables below: the first, and one for each migration.
const SCHEMA_VERSION: i64 = 1 + MIGRATIONS.len() as i64;
/// The first version that has piles.
const WITH_PILES: i64 = 4;
/// The first version that counts failures by their cause, and remembers what was dismissed.
pub(super) const WITH_CAUSES: i64 = 5;
/// The first version that tells what has happened to a transfer.
const WITH_TIMELINES: i64 = 6;
/// More than there are kinds of statements, so that none is planned twice.
const STATEMENTS_KEPT: usize = 64;

/// The tables of version 1. They are never changed here: a new ledger is made as an old one and migrated.
const SCHEMA: &str = "
CREATE TABLE transfer (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    ord        INTEGER NOT NULL,
    state      INTEGER NOT NULL,           -- rows.rs: the resting states, and 0 for all that goes on by itself
    intent     INTEGER NOT NULL,
    source     TEXT NOT NULL,
    target     TEXT NOT NULL,
    options    TEXT NOT NULL,
    checkpoint TEXT,
    size_bytes INTEGER,
    done_bytes INTEGER NOT NULL DEFAULT 0,
    error      TEXT,
    result     TEXT,
    stats      TEXT NOT NULL DEFAULT '{}',
    added_ms   INTEGER NOT NULL,
    planned_ms INTEGER,
    saved_ms   INTEGER,
    ended_ms   INTEGER
) STRICT;
CREATE INDEX transfer_in_queue ON transfer (state, ord, id);
CREATE INDEX transfer_ended    ON transfer (state, ended_ms DESC, id DESC);
CREATE INDEX transfer_ends     ON transfer (source, target);
CREATE TABLE part (
    transfer   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc64      INTEGER,                    -- the 64 bits as a signed number
    etag       TEXT,
    confirmed  INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE counter (
    state      INTEGER PRIMARY KEY,
    n          INTEGER NOT NULL,
    left_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0);
CREATE TRIGGER transfer_added AFTER INSERT ON transfer BEGIN
    UPDATE counter SET n = n + 1, left_bytes = left_bytes + coalesce(new.size_bytes, 0) - new.done_bytes
        WHERE state = new.state;
END;
CREATE TRIGGER transfer_removed AFTER DELETE ON transfer BEGIN
    UPDATE counter SET n = n - 1, left_bytes = left_bytes - coalesce(old.size_bytes, 0) + old.done_bytes
        WHERE state = old.state;
    DELETE FROM part WHERE transfer = old.id;
END;
CREATE TRIGGER transfer_changed AFTER UPDATE OF state, size_bytes, done_bytes ON transfer BEGIN
    UPDATE counter SET n = n - 1, left_bytes = left_bytes - coalesce(old.size_bytes, 0) + old.done_bytes
        WHERE state = old.state;
    UPDATE counter SET n = n + 1, left_bytes = left_bytes + coalesce(new.size_bytes, 0) - new.done_bytes
        WHERE state = new.state;
END;
";

/// What makes version 2 of version 1, and so on.
const MIGRATIONS: [&str; 5] = [
    "
CREATE TABLE leftover (
    upload_id TEXT PRIMARY KEY,
    store     TEXT NOT NULL,
    bucket    TEXT NOT NULL,
    key       TEXT NOT NULL,
    transfer  INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
    // Room between two places in the queue for what is moved there; and whose upload is this?
    "
-- What cannot be would keep the whole ledger from being opened.
UPDATE transfer SET ord = max(min(ord, 1 << 30), -(1 << 30)) * 4294967296;
UPDATE transfer SET checkpoint = NULL WHERE NOT json_valid(checkpoint);
CREATE INDEX transfer_upload ON transfer (json_extract(checkpoint, '$.session.upload_id'))
    WHERE json_extract(checkpoint, '$.session.upload_id') IS NOT NULL;
",
    // What is added is counted by the group that adds it, and enters only the indexes that it is looked up by.
    "
DROP TRIGGER transfer_added;
DROP INDEX transfer_ended;
DROP INDEX transfer_ends;
CREATE INDEX transfer_target ON transfer (target);
CREATE INDEX transfer_ended ON transfer (state, ended_ms DESC, id DESC) WHERE ended_ms IS NOT NULL;
CREATE TABLE pile (
    state  INTEGER PRIMARY KEY,            -- piles.rs
    paused INTEGER NOT NULL
) STRICT;
",
    // Failures by their cause, counted as they come and go; and what its user can still take back.
    "
ALTER TABLE transfer ADD COLUMN cause TEXT GENERATED ALWAYS AS (CASE WHEN state = 2 THEN
    CAST(coalesce(json_extract(iif(json_valid(error), error, '{}'), '$.code'), 'internal') AS TEXT) END) VIRTUAL;
CREATE INDEX transfer_cause ON transfer (cause, ended_ms DESC, id DESC) WHERE state = 2;
CREATE TABLE cause (
    code TEXT PRIMARY KEY,
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cause SELECT cause, count(*) FROM transfer WHERE state = 2 GROUP BY cause;
CREATE TRIGGER cause_changed AFTER UPDATE OF state, error ON transfer
    WHEN (old.state = 2 OR new.state = 2) AND old.cause IS NOT new.cause BEGIN
    UPDATE cause SET n = n - 1 WHERE code = old.cause;
    INSERT INTO cause SELECT new.cause, 1 WHERE new.cause IS NOT NULL ON CONFLICT (code) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER cause_removed AFTER DELETE ON transfer WHEN old.state = 2 BEGIN
    UPDATE cause SET n = n - 1 WHERE code = old.cause;
END;
CREATE TABLE dismissed (
    transfer INTEGER PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    state    INTEGER NOT NULL,             -- what it was, and what was wanted of it
    intent   INTEGER NOT NULL
) STRICT;
CREATE INDEX dismissed_until ON dismissed (until_ms);
INSERT INTO counter VALUES (5, 0, 0);
CREATE TRIGGER dismissed_changed AFTER UPDATE OF state ON transfer WHEN old.state = 5 AND new.state <> 5 BEGIN
    DELETE FROM dismissed WHERE transfer = old.id;
END;
CREATE TRIGGER dismissed_removed AFTER DELETE ON transfer WHEN old.state = 5 BEGIN
    DELETE FROM dismissed WHERE transfer = old.id;
END;
",
    // What has happened to a transfer, for its receipt.
    "
CREATE TABLE timeline (
    transfer INTEGER PRIMARY KEY,
    told     TEXT NOT NULL                 -- as JSON
) STRICT;
CREATE TRIGGER timeline_removed AFTER DELETE ON transfer BEGIN
    DELETE FROM timeline WHERE transfer = old.id;
END;
",
];

/// Counts anew where a counter has what no count can have: each change of a row would fail on it.
const HEAL: &str = "
UPDATE counter SET
    n = (SELECT count(*) FROM transfer WHERE transfer.state = counter.state),
    left_bytes = (SELECT CAST(min(total(size_bytes - done_bytes), 1e18) AS INTEGER) FROM transfer
                  WHERE transfer.state = counter.state AND abs(size_bytes / 2) < (1 << 59) AND abs(done_bytes / 2) < (1 << 59))
    WHERE n NOT BETWEEN 0 AND (1 << 60) OR abs(left_bytes / 2) > (1 << 60);
DELETE FROM cause WHERE EXISTS (SELECT 1 FROM cause WHERE n NOT BETWEEN 0 AND (1 << 60));
INSERT INTO cause SELECT cause, count(*) FROM transfer WHERE state = 2 AND NOT EXISTS (SELECT 1 FROM cause) GROUP BY cause;
";

/// Opens the writer's connection. What is no ledger of ours, or a damaged one, is renamed, never deleted.
pub(super) fn open_writer(path: &Path, now_ms: i64) -> Result<(Connection, Option<SetAside>), LedgerError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match prepare(path) {
        Ok(connection) => Ok((connection, None)),
        Err(Trouble::Ledger(error)) => Err(error),
        Err(Trouble::NotOurs(reason)) => {
            let aside = set_aside(path, now_ms)?;
            tracing::warn!(aside = %aside.display(), reason, "the ledger was set aside");
            match prepare(path) {
                Ok(connection) => Ok((connection, Some(SetAside { path: aside }))),
                Err(Trouble::Ledger(error)) => Err(error),
                Err(Trouble::NotOurs(reason)) => Err(std::io::Error::other(reason).into()),
            }
        }
    }
}

/// Opens a connection that can only read, also while another process writes.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    set_up(&connection)?;
    // A reader may come before the first writer of this version; then there are none.
    let version = version(&connection)?;
    if version < WITH_PILES {
        connection.execute_batch("CREATE TEMP TABLE pile (state INTEGER PRIMARY KEY, paused INTEGER NOT NULL)")?;
    }
    if version < WITH_CAUSES {
        connection
            .execute_batch("CREATE TEMP TABLE dismissed (transfer INTEGER PRIMARY KEY, until_ms, state, intent)")?;
    }
    if version < WITH_TIMELINES {
        connection.execute_batch("CREATE TEMP TABLE timeline (transfer INTEGER PRIMARY KEY, told)")?;
    }
    Ok(connection)
}

/// The version of a ledger's tables.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Without this a statement is planned anew for each value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // What a statement with triggers needs to undo itself goes to memory, not to a file of its own.
    connection.pragma_update(None, "temp_store", "MEMORY")
}

enum Trouble {
    NotOurs(String),
    Ledger(LedgerError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::NotOurs(error.to_string()),
            _ => Self::Ledger(error.into()),
        }
    }
}

fn prepare(path: &Path) -> Result<Connection, Trouble> {
    let mut connection = Connection::open(path)?;
    set_up(&connection)?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        return Err(Trouble::NotOurs("it belongs to another program".into()));
    }
    if version > SCHEMA_VERSION {
        return Err(Trouble::Ledger(LedgerError::Newer { found: version, known: SCHEMA_VERSION }));
    }
    if let Some(damage) = check::before_use(&connection, path)? {
        return Err(Trouble::NotOurs(damage));
    }
    // Adding many touches the end of each index; with these 8 MiB no page of them is written twice in a group.
    connection.pragma_update(None, "cache_size", -8192)?;
    // WAL lets others read while we write; FULL makes a commit survive a power cut, group commit pays for it.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    // A log that once had to grow, while somebody read for long, does not keep the disk.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    let transaction = connection.transaction()?;
    let mut at = version;
    if tables == 0 {
        transaction.execute_batch(SCHEMA)?;
        at = 1;
    }
    // All of them or none: a program that is killed here leaves the ledger as it was.
    for migration in MIGRATIONS.iter().skip(usize::try_from(at - 1).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.execute_batch(HEAL)?;
    transaction
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"))?;
    transaction.commit()?;
    Ok(connection)
}

fn set_aside(path: &Path, now_ms: i64) -> std::io::Result<PathBuf> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let aside = path.with_file_name(format!("{name}.set-aside-{now_ms}.db"));
    std::fs::rename(path, &aside)?;
    for suffix in ["-wal", "-shm", check::DAMAGED_SUFFIX] {
        let side = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        match std::fs::rename(side(path), side(&aside)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
