//! Rows, to and from values.
//!
//! A ledger outlives programs, disks and hands that edit it, so a row is checked before it is believed: no number in it
//! can upset the arithmetic of the engine. A row that does not hold is left out and logged; the others go on.

use rusqlite::{Row, Rows};
use serde::de::Error as _;
use store::{Crc64, ETag, PartNumber};

use super::LedgerError;
use super::piles::meaning;
use crate::checkpoint::{Checkpoint, PartRecord};
use crate::plan::PARTS_MAX;
use crate::queue::Loaded;
use crate::transfer::{Intent, Kind, PARALLEL_PARTS_MAX, Route, State, TransferId, TransferOptions, TransferSpec};
use crate::view::{Stats, TransferView};

/// Columns that make a view, in the order that [`view`] reads them.
pub(super) const COLUMNS: &str = concat!(
    "id, ord, ",
    meaning!("state"),
    ", ",
    meaning!("intent"),
    ", source, target, options, checkpoint, size_bytes, done_bytes, error, result, stats, added_ms, ended_ms, saved_ms"
);

/// The number under which a state is stored: all that goes on by itself is one.
pub(super) fn state_number(state: State) -> i64 {
    match state {
        State::Waiting | State::Probing | State::Beginning | State::Moving | State::Committing | State::Discarding => 0,
        State::Paused => 1,
        State::Failed => 2,
        State::Done => 3,
        State::Cancelled => 4,
        State::Dismissed => 5,
    }
}

pub(super) fn intent_number(intent: Intent) -> i64 {
    match intent {
        Intent::Run => 0,
        Intent::Pause => 1,
        Intent::Cancel => 2,
    }
}

fn state(number: i64) -> State {
    match number {
        1 => State::Paused,
        2 => State::Failed,
        3 => State::Done,
        4 => State::Cancelled,
        5 => State::Dismissed,
        _ => State::Waiting,
    }
}

fn intent(number: i64) -> Intent {
    match number {
        1 => Intent::Pause,
        2 => Intent::Cancel,
        _ => Intent::Run,
    }
}

/// An id as SQLite stores it.
pub(super) fn signed(id: TransferId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number of bytes with which the counters of the ledger can be kept.
fn countable(number: i64) -> Result<u64, LedgerError> {
    if number.unsigned_abs() > COUNTABLE_BYTES_MAX {
        return Err(serde_json::Error::custom("a size that nothing can have").into());
    }
    Ok(unsigned(number))
}

/// An exbibyte.
const COUNTABLE_BYTES_MAX: u64 = 1 << 60;

/// Up to `limit` rows that can be read.
pub(super) fn readable<T>(
    mut found: Rows<'_>,
    limit: usize,
    read: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Vec<T>, LedgerError> {
    let mut all = Vec::new();
    while all.len() < limit
        && let Some(row) = found.next()?
    {
        match read(row) {
            Ok(one) => all.push(one),
            Err(error) if is_about_the_row(&error) => {
                let id = row.get::<_, i64>(0).unwrap_or_default();
                tracing::warn!(id, %error, "a row of the ledger is left out");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Whether what the row says is to blame, and not the database.
pub(super) fn is_about_the_row(error: &LedgerError) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    match error {
        LedgerError::Row(_) => true,
        LedgerError::Database(error) => matches!(
            error,
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
        ),
        LedgerError::Io(_) | LedgerError::Newer { .. } => false,
    }
}

/// The plan, if its parts can be counted.
fn checkpoint(text: &str) -> Result<Checkpoint, LedgerError> {
    let checkpoint: Checkpoint = serde_json::from_str(text)?;
    let plan = checkpoint.plan();
    let fits = plan.part_size_bytes > 0 && plan.size_bytes.max(plan.part_size_bytes) <= COUNTABLE_BYTES_MAX;
    if !fits || plan.part_count() > PARTS_MAX {
        return Err(serde_json::Error::custom("a plan that no store can have").into());
    }
    Ok(checkpoint)
}

fn options(text: &str) -> Result<TransferOptions, LedgerError> {
    let options: TransferOptions = serde_json::from_str(text)?;
    let parallel_parts = options.parallel_parts.clamp(1, PARALLEL_PARTS_MAX);
    Ok(TransferOptions { parallel_parts, ..options })
}

/// Numbers that can be added to.
fn stats(text: &str) -> Result<Stats, LedgerError> {
    let stats: Stats = serde_json::from_str(text)?;
    let bounded = |number: u64| number.min(u64::from(u32::MAX));
    Ok(Stats {
        parts_sent: bounded(stats.parts_sent),
        parts_reused: bounded(stats.parts_reused),
        retries: bounded(stats.retries),
        busy_ms: stats.busy_ms.min(i64::MAX.unsigned_abs()),
        parts_confirmed: bounded(stats.parts_confirmed),
    })
}

/// A row as a view, with its plan and the time of its last saved part.
pub(super) type ViewRow = (TransferView, Option<Checkpoint>, Option<i64>);

pub(super) fn view(row: &Row<'_>) -> Result<ViewRow, LedgerError> {
    let json = |index: usize| row.get::<_, Option<String>>(index);
    let checkpoint = json(7)?.map(|text| checkpoint(&text)).transpose()?;
    let id = row.get::<_, i64>(0)?;
    let id = u64::try_from(id).map_err(|_| serde_json::Error::custom("an id below 0"))?;
    let mut target = serde_json::from_str(&row.get::<_, String>(5)?)?;
    if let Some(checkpoint) = &checkpoint {
        // Where both were kept, the name in the end is the one that matters to a reader.
        target = checkpoint.target.clone();
    }
    let mut view = TransferView {
        id: TransferId(id),
        order: row.get(1)?,
        state: state(row.get(2)?),
        intent: intent(row.get(3)?),
        spec: TransferSpec {
            source: serde_json::from_str(&row.get::<_, String>(4)?)?,
            target,
            options: options(&row.get::<_, String>(6)?)?,
        },
        passes_through: false,
        size_bytes: row.get::<_, Option<i64>>(8)?.map(countable).transpose()?,
        done_bytes: countable(row.get(9)?)?,
        in_flight_bytes: 0,
        speed_bytes_per_second: 0.0,
        error: json(10)?.map(|text| serde_json::from_str(&text)).transpose()?,
        retry_in_ms: None,
        next_try: None,
        result: json(11)?.map(|text| serde_json::from_str(&text)).transpose()?,
        stats: stats(&row.get::<_, String>(12)?)?,
        added_ms: row.get(13)?,
        ended_ms: row.get(14)?,
    };
    let relayed = checkpoint.as_ref().is_some_and(|known| known.route == Route::Relay);
    view.passes_through = view.kind() != Kind::Copy || relayed;
    Ok((view, checkpoint, row.get(15)?))
}

pub(super) fn loaded(row: &Row<'_>) -> Result<Loaded, LedgerError> {
    let (view, checkpoint, _) = view(row)?;
    let target = serde_json::from_str(&row.get::<_, String>(5)?)?;
    Ok(Loaded {
        id: view.id,
        order: view.order,
        spec: TransferSpec { target, ..view.spec },
        expected_bytes: view.size_bytes,
        intent: view.intent,
        state: view.state,
        checkpoint: checkpoint.filter(|_| !view.state.is_final()),
        parts: Vec::new(),
        error: view.error,
        stats: view.stats,
        added_ms: view.added_ms,
    })
}

pub(super) fn part(row: &Row<'_>) -> Result<Option<PartRecord>, LedgerError> {
    let Some(number) = u32::try_from(row.get::<_, i64>(0)?).ok().and_then(PartNumber::new) else { return Ok(None) };
    Ok(Some(PartRecord {
        number,
        size_bytes: unsigned(row.get(1)?),
        crc64: row.get::<_, Option<i64>>(2)?.map(|bits| Crc64(bits.cast_unsigned())),
        etag: row.get::<_, Option<String>>(3)?.map(ETag::new),
        confirmed: row.get(4)?,
    }))
}
