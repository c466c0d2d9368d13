//! When what the write-ahead log has collected goes into the ledger's own file.
//!
//! SQLite does that by itself in the commit that makes the log too long, and whoever waits for that commit waits for it
//! too: a fifth of the time that adding many takes. Here a thread of its own does it over a connection of its own, while
//! the writer goes on. The log begins anew only once all of it is in the ledger, which somebody who writes without a
//! pause would never let happen; so from a length on the writer moves the little that is left by itself.
//!
//! Whoever reads for long, as the check of a large ledger does, keeps the log from beginning anew meanwhile; what it grew
//! to is given back when it does.
//!
//! Nothing durable hangs on it: a commit is durable once it is in the log.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

/// Pages that the log collects before they are moved, 16 MiB: the more, the fewer are written into the ledger twice.
const MOVED_AT_PAGES: i32 = 4096;
/// Pages from which on the writer helps, 64 MiB.
const HELPED_AT_PAGES: i32 = 4 * MOVED_AT_PAGES;

/// The moves of a ledger's log; dropping it waits for the one that is under way.
#[derive(Debug, Default)]
pub(super) struct LogMoves {
    running: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl LogMoves {
    /// Takes over from SQLite for the writer of the ledger at `path`.
    pub(super) fn of(path: &Path, writer: &mut Connection) -> rusqlite::Result<Self> {
        let moves = Self::default();
        let running = moves.running.clone();
        let path = path.to_owned();
        // Length of the log when the last move began.
        let mut moved_at_pages = 0;
        let after_commit = move |log: &mut Wal, pages: i32| {
            moved_at_pages = if pages < moved_at_pages { 0 } else { moved_at_pages };
            let due = pages - moved_at_pages >= MOVED_AT_PAGES;
            if !due && pages < HELPED_AT_PAGES {
                return Ok(());
            }
            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
            if running.as_ref().is_some_and(|thread| !thread.is_finished()) {
                return Ok(());
            }
            if pages < HELPED_AT_PAGES || due {
                moved_at_pages = pages;
                *running = begin(path.clone());
            } else {
                told(log.checkpoint());
            }
            Ok(())
        };
        writer.wal_hook(Some(after_commit))?;
        Ok(moves)
    }

    fn finish(&self) {
        let thread = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic in it has been printed; the log still has everything.
        drop(thread.map(JoinHandle::join));
    }
}

impl Drop for LogMoves {
    fn drop(&mut self) {
        self.finish();
    }
}

fn begin(path: PathBuf) -> Option<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name("ledger-log".into()).spawn(move || told(move_log(&path)));
    thread.inspect_err(|error| tracing::debug!(%error, "the log of the ledger is moved later")).ok()
}

fn move_log(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // As of the writer: what leaves the log has to be on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // PASSIVE: neither who writes nor who reads is waited for.
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// The log stays as it is, and it is tried again when as much has come in once more.
fn told(moved: rusqlite::Result<()>) {
    if let Err(error) = moved {
        tracing::debug!(%error, "the log of the ledger was not moved");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(path: &Path) -> (Connection, LogMoves) {
        let mut connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE blob (bytes BLOB);").unwrap();
        let moves = LogMoves::of(path, &mut connection).unwrap();
        (connection, moves)
    }

    /// Commits a little more than so many pages.
    fn commit(connection: &Connection, pages: i32) {
        connection
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO blob SELECT zeroblob(4000) FROM n",
                [pages],
            )
            .unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "what SQLite has written is looked at beside it")]
    fn bytes(path: &Path) -> u64 {
        std::fs::metadata(path).unwrap().len()
    }

    const PAGE_BYTES: u64 = 4096;

    #[test]
    fn what_the_log_has_collected_is_moved_beside_the_writer_and_the_log_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (connection, moves) = writer(&path);
        commit(&connection, 1000);
        assert!(moves.running.lock().unwrap().is_none(), "there is no hurry");
        assert!(bytes(&path) < 100 * PAGE_BYTES);
        let mut was_beside = false;
        for _ in 0..16 {
            commit(&connection, 1000);
            was_beside |= moves.running.lock().unwrap().is_some();
            moves.finish();
        }
        assert!(was_beside, "it was moved inside a commit");
        assert!(bytes(&path) > 12_000 * PAGE_BYTES, "{} bytes were moved", bytes(&path));
        let log = bytes(&folder.path().join("ledger.db-wal"));
        assert!(log < 6000 * PAGE_BYTES, "the log grew to {log} bytes");
    }

    #[test]
    fn a_move_that_takes_long_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (connection, moves) = writer(&path);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        *moves.running.lock().unwrap() = Some(std::thread::spawn(move || {
            // Until the other end is dropped.
            let _ = ended.recv();
        }));
        commit(&connection, HELPED_AT_PAGES + 1000);
        assert!(bytes(&path) < 100 * PAGE_BYTES);
        drop(end);
        moves.finish();
        commit(&connection, 10);
        moves.finish();
        assert!(bytes(&path) > 16_000 * PAGE_BYTES, "it is made up for");
    }

    #[test]
    fn a_writer_without_a_pause_moves_what_is_left_once_the_log_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (connection, moves) = writer(&path);
        // Somebody who reads keeps the log from beginning anew.
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM blob;").unwrap();
        commit(&connection, HELPED_AT_PAGES - 3000);
        moves.finish();
        commit(&connection, 3100);
        drop(reader);
        commit(&connection, 10);
        assert!(moves.running.lock().unwrap().is_none(), "too little is left for a thread");
        commit(&connection, 10);
        let log: i32 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1)).unwrap();
        assert!(log < 100, "the log began anew: it has {log} pages");
    }
}
