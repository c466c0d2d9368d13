//! Whether the file of a ledger is sound.
//!
//! SQLite's own check reads every page. For the ledger of an ordinary history that takes some milliseconds and comes
//! before anything else is believed. A ledger of a million rows would hold up the start for seconds, so it is checked
//! while it is in use, over a connection of its own, once the start is over; what that finds is written beside the
//! ledger, and the next start sets it aside. Until then a damaged page fails whatever needs it, and nothing else. What it
//! costs: such damage is acted on one start late, and not found by a program that ends before it is reached.

#![expect(clippy::disallowed_methods, reason = "a ledger is checked before there is an engine with a disk")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// A file of this size is read in some tens of milliseconds.
const CHECKED_BEFORE_USE_BYTES: u64 = 16 << 20;
/// A start needs all processors for what its user waits for.
const AFTER_START: Duration = Duration::from_secs(10);
/// While a ledger is in use, its check rests for most of the time: a page that somebody waits for comes first.
const STEPS_BETWEEN_RESTS: i32 = 5_000;
const REST: Duration = Duration::from_millis(1);
/// Ends the name of the file that says that a ledger was found damaged while it was in use.
pub(super) const DAMAGED_SUFFIX: &str = "-damaged";

fn mark_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DAMAGED_SUFFIX);
    name.into()
}

fn is_large(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() > CHECKED_BEFORE_USE_BYTES)
}

/// What is wrong with it: of a small one by a look at all of it, of a large one by what an earlier look has found.
pub(super) fn before_use(connection: &Connection, path: &Path) -> rusqlite::Result<Option<String>> {
    if mark_of(path).exists() {
        return Ok(Some("it was found damaged while it was in use".to_owned()));
    }
    if is_large(path) { Ok(None) } else { damage_in(connection) }
}

fn damage_in(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// A look at all of a large ledger while it is in use; broken off when this is dropped.
#[derive(Debug)]
pub(super) struct RunningCheck {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningCheck {
    /// Begins one, if the ledger is too large to have been checked before it was used.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Self::after(AFTER_START, path)
    }

    fn after(wait: Duration, path: &Path) -> Option<Self> {
        if !is_large(path) {
            return None;
        }
        let (stop, stopped) = mpsc::channel::<()>();
        let path = path.to_owned();
        let thread = std::thread::spawn(move || {
            // It is dropped, and nothing is ever sent, to break this off.
            if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // A sleep is as short as it says everywhere; the wait of a channel need not be.
            let rests = move || {
                std::thread::sleep(REST);
                stopped.try_recv() != Err(TryRecvError::Empty)
            };
            let look = || {
                let mut connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                connection.progress_handler(STEPS_BETWEEN_RESTS, Some(rests))?;
                damage_in(&connection)
            };
            match look() {
                Ok(None) => {}
                Ok(Some(damage)) => mark(&path, &damage),
                Err(error) if is_damage(&error) => mark(&path, &error.to_string()),
                // Broken off, or it could not be read just now; the next start looks again.
                Err(error) => tracing::debug!(%error, "the ledger was not checked to its end"),
            }
        });
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Waits for its end.
    #[cfg(test)]
    fn finish(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for RunningCheck {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.stop.take();
        // A panic in it has been printed; there is nothing to undo.
        let _ = thread.join();
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

fn mark(path: &Path, damage: &str) {
    tracing::error!(damage, "the ledger is damaged; the next start sets it aside and makes a new one");
    if let Err(error) = std::fs::write(mark_of(path), damage) {
        tracing::error!(%error, "that the ledger is damaged could not be written down");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Records as _, SqliteLedger};
    use super::*;
    use crate::view::Filter;

    /// A ledger that is larger than what is checked before use, with `damaged` pages in its middle.
    fn large(path: &Path, damaged: bool) {
        drop(SqliteLedger::open(path, 0).unwrap());
        let connection = Connection::open(path).unwrap();
        let filler = "x".repeat(3000);
        connection
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
                 INSERT INTO transfer (ord, state, intent, source, target, options, added_ms)
                 SELECT i, 3, 0, '', '', ?1, 0 FROM n",
                [filler],
            )
            .unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(connection);
        if damaged {
            use std::io::{Seek as _, SeekFrom, Write as _};
            let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            file.seek(SeekFrom::Start(8 << 20)).unwrap();
            file.write_all(&[0xAB; 3 * 4096]).unwrap();
        }
        assert!(is_large(path));
    }

    #[test]
    fn damage_in_a_large_ledger_is_found_while_it_is_used_and_acted_on_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        large(&path, true);
        let (ledger, aside) = SqliteLedger::open(&path, 1).unwrap();
        assert_eq!(aside, None, "it is not read before it is used");
        RunningCheck::after(Duration::ZERO, &path).unwrap().finish();
        drop(ledger);
        let (ledger, aside) = SqliteLedger::open(&path, 2).unwrap();
        let aside = aside.expect("it is set aside").path;
        assert!(is_large(&aside), "and kept");
        assert!(mark_of(&aside).exists(), "with the word of what was found");
        assert_eq!(ledger.page(Filter::All, None, 10).unwrap(), []);
        drop(ledger);
        assert_eq!(SqliteLedger::open(&path, 3).unwrap().1, None, "the new one is not suspected");
    }

    #[test]
    fn a_sound_large_ledger_is_not_suspected_and_a_look_at_it_can_be_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        large(&path, false);
        drop(RunningCheck::of(&path).unwrap());
        drop(RunningCheck::after(Duration::ZERO, &path).unwrap());
        RunningCheck::after(Duration::ZERO, &path).unwrap().finish();
        assert_eq!(SqliteLedger::open(&path, 1).unwrap().1, None);
        assert!(!mark_of(&path).exists());
    }
}
