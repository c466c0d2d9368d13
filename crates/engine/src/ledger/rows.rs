//! Rows, to and from values.

use rusqlite::Row;
use store::{Crc64, ETag, PartNumber};

use super::LedgerError;
use crate::checkpoint::{Checkpoint, PartRecord};
use crate::queue::Loaded;
use crate::transfer::{Intent, State, TransferId, TransferSpec};
use crate::view::TransferView;

/// Columns that make a view, in the order that [`view`] reads them.
pub(super) const COLUMNS: &str = "id, ord, state, intent, source, target, options, checkpoint, size_bytes, done_bytes, \
                                  error, result, stats, added_ms, ended_ms, saved_ms";

/// The number under which a state is stored: all that goes on by itself is one.
pub(super) fn state_number(state: State) -> i64 {
    match state {
        State::Waiting | State::Probing | State::Beginning | State::Moving | State::Committing | State::Discarding => 0,
        State::Paused => 1,
        State::Failed => 2,
        State::Done => 3,
        State::Cancelled => 4,
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

/// A row as a view, with its plan and the time of its last saved part.
pub(super) type ViewRow = (TransferView, Option<Checkpoint>, Option<i64>);

pub(super) fn view(row: &Row<'_>) -> Result<ViewRow, LedgerError> {
    let json = |index: usize| row.get::<_, Option<String>>(index);
    let checkpoint: Option<Checkpoint> = json(7)?.map(|text| serde_json::from_str(&text)).transpose()?;
    let mut target = serde_json::from_str(&row.get::<_, String>(5)?)?;
    if let Some(checkpoint) = &checkpoint {
        // Where both were kept, the name in the end is the one that matters to a reader.
        target = checkpoint.target.clone();
    }
    let view = TransferView {
        id: TransferId(unsigned(row.get(0)?)),
        order: row.get(1)?,
        state: state(row.get(2)?),
        intent: intent(row.get(3)?),
        spec: TransferSpec {
            source: serde_json::from_str(&row.get::<_, String>(4)?)?,
            target,
            options: serde_json::from_str(&row.get::<_, String>(6)?)?,
        },
        size_bytes: row.get::<_, Option<i64>>(8)?.map(unsigned),
        done_bytes: unsigned(row.get(9)?),
        in_flight_bytes: 0,
        speed_bytes_per_second: 0.0,
        error: json(10)?.map(|text| serde_json::from_str(&text)).transpose()?,
        retry_in_ms: None,
        result: json(11)?.map(|text| serde_json::from_str(&text)).transpose()?,
        stats: serde_json::from_str(&row.get::<_, String>(12)?)?,
        added_ms: row.get(13)?,
        ended_ms: row.get(14)?,
    };
    Ok((view, checkpoint, row.get(15)?))
}

pub(super) fn loaded(row: &Row<'_>) -> Result<Loaded, LedgerError> {
    let (view, checkpoint, _) = view(row)?;
    let target = serde_json::from_str(&row.get::<_, String>(5)?)?;
    Ok(Loaded {
        id: view.id,
        order: view.order,
        spec: TransferSpec { target, ..view.spec },
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
