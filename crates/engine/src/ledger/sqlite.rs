//! The ledger in SQLite.
//!
//! One connection writes, one reads; WAL keeps them out of each other's way, and lets another process read too. Facts
//! become one or two small statements each; a batch is one transaction and so one sync.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use store::{ObjectRef, UploadId, UploadRef};

use super::apply::{apply_all, apply_bulk};
use super::check::RunningCheck;
use super::piles::{self, NOT_OVER};
use super::rows::{self, COLUMNS, intent_number, signed};
use super::write_ahead::LogMoves;
use super::{
    History, HistoryRequest, Ledger, LedgerError, Leftover, Owner, Place, Records, SetAside, dismissals, history,
    places, schema, timelines,
};
use crate::checkpoint::{Checkpoint, PartRecord};
use crate::error::ErrorCode;
use crate::fact::{Bulk, Fact};
use crate::priority::Priority;
use crate::queue::Loaded;
use crate::timeline::Timeline;
use crate::transfer::{End, Intent, State, StoreId, TransferId};
use crate::view::{Counts, FailedCause, Filter, PartState, TransferDetail, TransferView};

/// A ledger in a database file.
#[derive(Debug)]
pub struct SqliteLedger {
    // Ended before the others are closed.
    _check: Option<RunningCheck>,
    _log_moves: LogMoves,
    // Closed in this order: the last connection tidies the write-ahead log away, which a reader cannot.
    reader: Mutex<Connection>,
    writer: Option<Mutex<Connection>>,
}

fn held(mutex: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A transaction left open by a panic is rolled back by the connection itself.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SqliteLedger {
    /// For each pair of ends the newest that is not over and whose intent, compared so, is to cancel.
    fn find(&self, ends: &[(&End, &End)], compared: &str) -> Result<Vec<Option<TransferId>>, LedgerError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT id FROM transfer WHERE source = ?1 AND target = ?2 AND {NOT_OVER} AND intent {compared} ?3
                 ORDER BY id DESC LIMIT 1"
            ))?;
            let mut find = |(source, target): &(&End, &End)| {
                let given = params![
                    serde_json::to_string(source)?,
                    serde_json::to_string(target)?,
                    intent_number(Intent::Cancel)
                ];
                let id: Option<i64> = statement.query_row(given, |row| row.get(0)).optional()?;
                Ok(id.and_then(|id| u64::try_from(id).ok()).map(TransferId))
            };
            ends.iter().map(&mut find).collect()
        })
    }

    /// Opens, or makes, the ledger at `path` for writing. A file there that is no ledger of ours, or a damaged one, is
    /// renamed and reported; `now_ms` (milliseconds since 1970) goes into its new name.
    ///
    /// # Errors
    /// If the file cannot be used or was made by a newer version.
    pub fn open(path: &Path, now_ms: i64) -> Result<(Self, Option<SetAside>), LedgerError> {
        let (mut writer, aside) = schema::open_writer(path, now_ms)?;
        let log_moves = LogMoves::of(path, &mut writer)?;
        let reader = schema::open_reader(path)?;
        let check = RunningCheck::of(path);
        Ok((
            Self { writer: Some(Mutex::new(writer)), reader: Mutex::new(reader), _check: check, _log_moves: log_moves },
            aside,
        ))
    }

    /// Opens a ledger that this process will only read; another may write to it. `None` if there is none yet.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>, LedgerError> {
        if !path.try_exists()? {
            return Ok(None);
        }
        Ok(Some(Self {
            writer: None,
            reader: Mutex::new(schema::open_reader(path)?),
            _check: None,
            _log_moves: LogMoves::default(),
        }))
    }

    /// What is read of the rows of a filter, in its order, after one of them.
    fn listed<T>(
        &self,
        filter: Filter,
        after: Option<TransferId>,
        limit: usize,
        read: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        let of_cause;
        let mut index = "";
        let (states, order) = match filter {
            Filter::All => ("state >= 0", "id > (SELECT ?1) ORDER BY id"),
            Filter::Active | Filter::Waiting => return self.queue_page(State::Waiting, after, limit, read),
            Filter::Paused => return self.queue_page(State::Paused, after, limit, read),
            Filter::Failed => ("state = 2", NEWEST_FIRST),
            Filter::FailedOf(code) => {
                of_cause = format!("state = 2 AND cause = '{}'", code.as_str());
                // Else all failures are walked for those of this cause.
                index = "INDEXED BY transfer_cause";
                (of_cause.as_str(), NEWEST_FIRST)
            }
            Filter::Done => ("state = 3", NEWEST_FIRST),
        };
        self.read(|connection| {
            if matches!(filter, Filter::FailedOf(_)) && schema::version(connection)? < schema::WITH_CAUSES {
                return Ok(Vec::new());
            }
            let sql = format!("SELECT {COLUMNS} FROM transfer {index} WHERE {states} AND {order}");
            let mut statement = connection.prepare_cached(&sql)?;
            // No limit in the words, as rows that cannot be read do not count; they are read one by one all the same.
            let found = statement.query([after.map_or(-1, signed)])?;
            rows::readable(found, limit, read)
        })
    }

    /// A page in queue order after a row; from the start if that row is gone.
    fn queue_page<T>(
        &self,
        state: State,
        after: Option<TransferId>,
        limit: usize,
        read: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let after = after.map_or(Ok(None), |id| {
                let mut place = transaction.prepare_cached("SELECT ord, id FROM transfer WHERE id = ?1")?;
                place.query_row([signed(id)], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })?;
            in_queue_order(&transaction, state, after, limit, read)
        })
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        query(&held(&self.reader))
    }
}

/// The largest id, place or number of rows that is believed.
const NUMBER_MAX: i64 = 1 << 60;

/// Rows of a state in queue order, after a place: those of the state itself and of its piles, merged as they are read.
fn in_queue_order<T>(
    connection: &Connection,
    state: State,
    after: Option<(i64, i64)>,
    limit: usize,
    read: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Vec<T>, LedgerError> {
    let ranges: Vec<String> = piles::numbers_of(connection, state)?
        .into_iter()
        .map(|number| format!("SELECT {COLUMNS} FROM transfer WHERE state = {number} AND (ord, id) > (?1, ?2)"))
        .collect();
    // No limit in the words, as rows that cannot be read do not count.
    let mut statement = connection.prepare_cached(&format!("{} ORDER BY 2, 1", ranges.join(" UNION ALL ")))?;
    let (order, id) = after.unwrap_or((i64::MIN, -1));
    rows::readable(statement.query(params![order, id])?, limit, read)
}

fn view_row(connection: &Connection, id: TransferId) -> Result<Option<rows::ViewRow>, LedgerError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM transfer WHERE id = ?1"))?;
    let mut found = statement.query([signed(id)])?;
    found.next()?.map(rows::view).transpose()
}

fn parts_of(connection: &Connection, id: TransferId) -> Result<Vec<PartRecord>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, size_bytes, crc64, etag, confirmed FROM part WHERE transfer = ?1 ORDER BY number",
    )?;
    let found = statement.query([signed(id)])?;
    Ok(rows::readable(found, usize::MAX, rows::part)?.into_iter().flatten().collect())
}

/// Adds the parts that belong to the plan: what is recorded otherwise is moved again.
fn with_parts(connection: &Connection, loaded: Loaded) -> Result<Loaded, LedgerError> {
    let Some(plan) = loaded.checkpoint.as_ref().map(Checkpoint::plan) else { return Ok(loaded) };
    let mut parts = parts_of(connection, loaded.id)?;
    parts.retain(|part| {
        part.number.get() <= plan.part_count() && part.size_bytes == plan.range(part.number).len_bytes()
    });
    Ok(Loaded { parts, ..loaded })
}

impl Ledger for SqliteLedger {
    fn append(&self, facts: &[Fact]) -> Result<(), LedgerError> {
        let Some(writer) = &self.writer else {
            return Err(std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem).into());
        };
        let mut writer = held(writer);
        let transaction = writer.transaction()?;
        apply_all(&transaction, facts)?;
        Ok(transaction.commit()?)
    }

    fn append_bulk(&self, bulk: Bulk) -> Result<usize, LedgerError> {
        let Some(writer) = &self.writer else {
            return Err(std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem).into());
        };
        let mut writer = held(writer);
        let transaction = writer.transaction()?;
        let removed = apply_bulk(&transaction, bulk)?;
        transaction.commit()?;
        Ok(removed)
    }

    fn records(&self) -> &dyn Records {
        self
    }
}

impl Records for SqliteLedger {
    fn load(&self, id: TransferId) -> Result<Option<Loaded>, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM transfer WHERE id = ?1"))?;
            let mut found = statement.query([signed(id)])?;
            match found.next()? {
                Some(row) => Ok(Some(with_parts(connection, rows::loaded(row)?)?)),
                None => Ok(None),
            }
        })
    }

    fn next_runnable(&self, after: Option<(i64, TransferId)>, limit: usize) -> Result<Vec<Loaded>, LedgerError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let after = after.map(|(order, id)| (order, signed(id)));
            in_queue_order(&transaction, State::Waiting, after, limit, |row| {
                with_parts(&transaction, rows::loaded(row)?)
            })
        })
    }

    fn find_open(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, LedgerError> {
        self.find(ends, "<>")
    }

    fn find_cancelling(&self, ends: &[(&End, &End)]) -> Result<Vec<Option<TransferId>>, LedgerError> {
        self.find(ends, "=")
    }

    fn last(&self) -> Result<(u64, i64), LedgerError> {
        self.read(|connection| {
            // Not the largest that is left: an id means one transfer for ever.
            let id: i64 = connection.query_row(
                "SELECT max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'transfer'), 0),
                            coalesce((SELECT max(id) FROM transfer), 0))",
                [],
                |row| row.get(0),
            )?;
            let order: i64 = connection.query_row(
                "SELECT coalesce(max((SELECT max(ord) FROM transfer WHERE transfer.state = counter.state AND ord < ?1)), 0)
                 FROM counter",
                [Priority::Normal.end()],
                |row| row.get(0),
            )?;
            // Whatever somebody wrote there, the next ones can be counted on from it.
            Ok((u64::try_from(id.min(NUMBER_MAX)).unwrap_or(0), order.clamp(0, NUMBER_MAX)))
        })
    }

    fn page(&self, filter: Filter, after: Option<TransferId>, limit: usize) -> Result<Vec<TransferView>, LedgerError> {
        self.listed(filter, after, limit, |row| Ok(rows::view(row)?.0))
    }

    fn ids(&self, filter: Filter, after: Option<TransferId>, limit: usize) -> Result<Vec<TransferId>, LedgerError> {
        // The other columns are not read from the file where nobody asks for them.
        self.listed(filter, after, limit, |row| {
            let number = row.get::<_, i64>(0)?;
            Ok(TransferId(u64::try_from(number).unwrap_or(0)))
        })
    }

    fn waiting_before(&self, id: TransferId, limit: usize) -> Result<Vec<TransferId>, LedgerError> {
        self.read(|connection| places::waiting_before(connection, id, limit))
    }

    fn failed_causes(&self) -> Result<Vec<FailedCause>, LedgerError> {
        self.read(|connection| {
            if schema::version(connection)? < schema::WITH_CAUSES {
                return Ok(Vec::new());
            }
            let mut statement =
                connection.prepare_cached("SELECT code, n FROM cause WHERE n > 0 ORDER BY n DESC, code")?;
            let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
            let mut causes = Vec::new();
            for row in found {
                let (code, n) = row?;
                // One that this version does not know is of rows that it cannot read either.
                let known = ErrorCode::ALL.into_iter().find(|known| known.as_str() == code);
                causes.extend(known.map(|code| FailedCause { code, count: n.min(NUMBER_MAX).unsigned_abs() }));
            }
            Ok(causes)
        })
    }

    fn dismissals(&self) -> Result<Vec<i64>, LedgerError> {
        self.read(dismissals::moments)
    }

    fn views(&self, ids: &[TransferId]) -> Result<Vec<TransferView>, LedgerError> {
        self.read(|connection| {
            // One transaction takes the lock once for all of them.
            let transaction = connection.unchecked_transaction()?;
            let readable = |row: &Result<rows::ViewRow, LedgerError>| match row {
                Err(error) => !rows::is_about_the_row(error),
                Ok(_) => true,
            };
            let found = ids.iter().filter_map(|id| view_row(&transaction, *id).transpose()).filter(readable);
            found.map(|row| Ok(row?.0)).collect()
        })
    }

    fn detail(&self, id: TransferId) -> Result<Option<TransferDetail>, LedgerError> {
        self.read(|connection| {
            let Some((view, checkpoint, saved_ms)) = view_row(connection, id)? else { return Ok(None) };
            let recorded = parts_of(connection, id)?;
            let mut parts = vec![PartState::Waiting; checkpoint.as_ref().map_or(0, |c| c.plan().part_count() as usize)];
            if view.state == State::Done {
                parts.fill(PartState::Done);
            }
            for part in &recorded {
                if let Some(slot) = parts.get_mut(part.number.get() as usize - 1) {
                    *slot = PartState::Done;
                }
            }
            let parts_confirmed = match view.state {
                State::Done => view.stats.parts_confirmed,
                _ => recorded.iter().filter(|part| part.confirmed).count() as u64,
            };
            let timeline = timelines::read(connection, id)?;
            Ok(Some(TransferDetail { view, checkpoint, parts, parts_confirmed, saved_ms, timeline }))
        })
    }

    fn timeline(&self, id: TransferId) -> Result<Option<Timeline>, LedgerError> {
        self.read(|connection| timelines::read(connection, id))
    }

    fn leftovers(&self) -> Result<Vec<Leftover>, LedgerError> {
        self.read(|connection| {
            // A reader may come before the first writer of this version.
            if schema::version(connection)? < 2 {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(
                "SELECT store, bucket, key, upload_id, transfer, since_ms FROM leftover ORDER BY since_ms, upload_id",
            )?;
            let found = statement.query([])?;
            rows::readable(found, usize::MAX, |row| {
                let object = ObjectRef::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                Ok(Leftover {
                    store: StoreId(row.get(0)?),
                    upload: UploadRef { object, upload_id: UploadId(row.get(3)?) },
                    transfer: TransferId(u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0)),
                    since_ms: row.get(5)?,
                })
            })
        })
    }

    fn history(&self, request: &HistoryRequest) -> Result<History, LedgerError> {
        self.read(|connection| history::read(connection, request))
    }

    fn counts(&self) -> Result<Counts, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT coalesce(pile.paused, counter.state), n, left_bytes
                 FROM counter LEFT JOIN pile ON pile.state = counter.state",
            )?;
            let mut found = statement.query([])?;
            let mut counts = Counts::default();
            while let Some(row) = found.next()? {
                let (n, left) = (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
                let (n, left) = (u64::try_from(n).unwrap_or(0), u64::try_from(left).unwrap_or(0));
                // All of them can be added up.
                let n = n.min(NUMBER_MAX.unsigned_abs());
                match row.get::<_, i64>(0)? {
                    0 => {
                        counts.waiting += n;
                        counts.left_bytes += left;
                    }
                    1 => {
                        counts.paused += n;
                        counts.left_bytes += left;
                    }
                    2 => counts.failed = n,
                    3 => counts.done = n,
                    _ => {}
                }
            }
            Ok(counts)
        })
    }

    fn held(&self, store: &StoreId) -> Result<Vec<TransferId>, LedgerError> {
        self.read(|connection| places::held(connection, store))
    }

    fn needing(&self, store: &StoreId, limit: u64) -> Result<u64, LedgerError> {
        self.read(|connection| places::needing(connection, store, limit))
    }

    fn places_before(&self, place: Option<Place>, limit: usize) -> Result<Vec<Place>, LedgerError> {
        self.read(|connection| places::before(connection, place, limit))
    }

    fn first_place(&self) -> Result<Option<Place>, LedgerError> {
        self.read(places::first)
    }

    fn owners(&self, uploads: &[UploadId]) -> Result<Vec<Option<Owner>>, LedgerError> {
        self.read(|connection| places::owners(connection, uploads))
    }

    fn open_ids(&self, filter: Filter) -> Result<Vec<TransferId>, LedgerError> {
        let states: &[State] = match filter {
            Filter::Active | Filter::Waiting => &[State::Waiting],
            Filter::Paused => &[State::Paused],
            Filter::Failed => &[State::Failed],
            Filter::FailedOf(_) => return self.ids(filter, None, usize::MAX),
            Filter::All => &[State::Waiting, State::Paused, State::Failed],
            Filter::Done => &[],
        };
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut numbers = Vec::new();
            for state in states {
                numbers.extend(piles::numbers_of(&transaction, *state)?.iter().map(ToString::to_string));
            }
            let mut statement = transaction.prepare_cached(&format!(
                "SELECT id FROM transfer WHERE state IN ({}) AND intent <> {} ORDER BY ord, id",
                numbers.join(", "),
                intent_number(Intent::Cancel)
            ))?;
            let ids = statement.query_map([], |row| row.get::<_, i64>(0))?;
            ids.map(|id| Ok(TransferId(u64::try_from(id?).unwrap_or(0)))).collect()
        })
    }
}

/// After a row, newest first.
const NEWEST_FIRST: &str = "ended_ms IS NOT NULL
    AND (ended_ms, id) < (coalesce((SELECT ended_ms FROM transfer WHERE id = ?1), 9223372036854775807),
                                              coalesce((SELECT id FROM transfer WHERE id = ?1), 9223372036854775807))
                            ORDER BY ended_ms DESC, id DESC";
