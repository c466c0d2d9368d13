//! Rows that their user has given up and can still take back.
//!
//! Such a row has a state of its own, so it is in no list and no count, and what it was stands in a table beside it.
//! Whatever gives it another state takes it out of that table, by a trigger.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use store::UploadRef;

use super::piles::{INTENT, STATE};
use super::rows::{intent_number, signed, state_number};
use super::{DISMISSED_AT_ONCE_MAX, LedgerError, apply};
use crate::checkpoint::{Checkpoint, Session};
use crate::transfer::{End, Intent, State, StoreId, TransferId};

/// Takes a row out of its list until a moment. What is being cancelled already is left alone, unless that has failed.
pub(super) fn dismiss(transaction: &Transaction<'_>, id: TransferId, until_ms: i64) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO dismissed SELECT id, ?2, {STATE}, {INTENT} FROM transfer
             WHERE id = ?1 AND state <> ?3 AND NOT (intent = ?4 AND state < ?5)"
        ))?
        .execute(params![
            signed(id),
            until_ms,
            state_number(State::Dismissed),
            intent_number(Intent::Cancel),
            state_number(State::Failed)
        ])?;
    transaction
        .prepare_cached(&format!(
            "UPDATE transfer SET intent = {INTENT}, state = ?2
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM dismissed WHERE dismissed.transfer = transfer.id)"
        ))?
        .execute(params![signed(id), state_number(State::Dismissed)])?;
    Ok(())
}

/// What it was, and what was wanted of it; paused, if somebody has written there what cannot be.
const AS_IT_WAS: &str = "UPDATE transfer SET
    intent = (SELECT iif(dismissed.intent IN (0, 1, 2), dismissed.intent, 1) FROM dismissed
              WHERE dismissed.transfer = transfer.id),
    state = (SELECT iif(dismissed.state IN (0, 1, 2, 3, 4), dismissed.state, 1) FROM dismissed
             WHERE dismissed.transfer = transfer.id)
    WHERE state = 5 AND";

/// Makes a row what it was.
pub(super) fn recall(transaction: &Transaction<'_>, id: TransferId) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(&format!("{AS_IT_WAS} id = ?1 AND id IN (SELECT dismissed.transfer FROM dismissed)"))?
        .execute([signed(id)])?;
    Ok(())
}

/// Makes all rows of one wish what they were; returns how many.
pub(super) fn recall_all(transaction: &Transaction<'_>, until_ms: i64) -> Result<usize, LedgerError> {
    Ok(transaction
        .prepare_cached(&format!("{AS_IT_WAS} id IN (SELECT dismissed.transfer FROM dismissed WHERE until_ms = ?1)"))?
        .execute([until_ms])?)
}

/// The time of a wish is over: what had ended is removed, and so is what could not be cancelled before; the rest is being
/// cancelled from now on. Returns how many rows of it that were, [`DISMISSED_AT_ONCE_MAX`] at most.
pub(super) fn end(transaction: &Transaction<'_>, until_ms: i64) -> Result<usize, LedgerError> {
    let limit = |taken: usize| i64::try_from(DISMISSED_AT_ONCE_MAX - taken).unwrap_or(0);
    let removed = transaction
        .prepare_cached(
            "DELETE FROM transfer WHERE id IN
                 (SELECT transfer FROM dismissed WHERE until_ms = ?1 AND dismissed.state IN (3, 4) LIMIT ?2)",
        )?
        .execute([until_ms, limit(0)])?;
    let removed = removed + let_go(transaction, until_ms, limit(removed))?;
    let begun = transaction
        .prepare_cached(
            "UPDATE transfer SET state = ?3, intent = ?4, error = NULL, ended_ms = NULL WHERE id IN
                 (SELECT transfer FROM dismissed WHERE until_ms = ?1 AND dismissed.state NOT IN (3, 4) LIMIT ?2)",
        )?
        .execute([until_ms, limit(removed), state_number(State::Waiting), intent_number(Intent::Cancel)])?;
    Ok(removed + begun)
}

/// Removes what failed while it was being cancelled, and is given up for the second time: to try once more would bring it
/// back for ever. Its upload is written down among the leftovers. A file that could not be deleted stays where it is, and an
/// upload whose opening was never answered where it may be: only the log names them.
fn let_go(transaction: &Transaction<'_>, until_ms: i64, limit: i64) -> Result<usize, LedgerError> {
    let mut statement = transaction.prepare_cached(
        "SELECT id, checkpoint FROM transfer WHERE id IN
             (SELECT transfer FROM dismissed WHERE until_ms = ?1 AND dismissed.state = ?3 AND dismissed.intent = ?4 LIMIT ?2)",
    )?;
    let stuck = params![until_ms, limit, state_number(State::Failed), intent_number(Intent::Cancel)];
    let rows: Vec<(i64, Option<String>)> =
        statement.query_map(stuck, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (number, checkpoint) in &rows {
        let id = TransferId(number.cast_unsigned());
        let plan = checkpoint.as_deref().and_then(|text| serde_json::from_str::<Checkpoint>(text).ok());
        let target = plan.as_ref().map_or_else(|| "unknown".to_owned(), |plan| plan.target.to_string());
        let temp_path = plan.as_ref().and_then(|plan| plan.temp_path.as_deref()).map(Path::display);
        tracing::warn!(
            transfer = %id, target, temp_path = temp_path.map(tracing::field::display),
            "what could not be cancelled is taken out of the list; what is left of it stays"
        );
        if let Some((store, upload)) = plan.and_then(open_upload) {
            apply::write_leftover(transaction, id, &store, &upload, until_ms)?;
        }
        transaction.prepare_cached("DELETE FROM transfer WHERE id = ?1")?.execute([number])?;
    }
    Ok(rows.len())
}

/// The upload that a plan has open.
fn open_upload(plan: Checkpoint) -> Option<(StoreId, UploadRef)> {
    match plan {
        Checkpoint { target: End::Object { store, object }, session: Some(Session::Upload { upload_id }), .. } => {
            Some((store, UploadRef { object, upload_id }))
        }
        _ => None,
    }
}

/// Until when what is dismissed can be taken back: one moment for each wish.
pub(super) fn moments(connection: &Connection) -> Result<Vec<i64>, LedgerError> {
    let mut next = connection.prepare_cached("SELECT min(until_ms) FROM dismissed WHERE until_ms > ?1")?;
    let mut moments = Vec::new();
    let mut last = i64::MIN;
    // One look into the index for each, however many rows it has.
    while let Some(moment) = next.query_row([last], |row| row.get::<_, Option<i64>>(0))? {
        moments.push(moment);
        last = moment;
    }
    Ok(moments)
}
