//! Rows that their user has given up and can still take back.
//!
//! Such a row has a state of its own, so it is in no list and no count, and what it was stands in a table beside it.
//! Whatever gives it another state takes it out of that table, by a trigger.

use rusqlite::{Connection, Transaction, params};

use super::piles::{INTENT, STATE};
use super::rows::{intent_number, signed, state_number};
use super::{DISMISSED_AT_ONCE_MAX, LedgerError};
use crate::transfer::{Intent, State, TransferId};

/// Takes a row out of its list until a moment. What is being cancelled already is left alone.
pub(super) fn dismiss(transaction: &Transaction<'_>, id: TransferId, until_ms: i64) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO dismissed SELECT id, ?2, {STATE}, {INTENT} FROM transfer
             WHERE id = ?1 AND state <> ?3 AND NOT (intent = ?4 AND state < 3)"
        ))?
        .execute(params![signed(id), until_ms, state_number(State::Dismissed), intent_number(Intent::Cancel)])?;
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

/// The time of a wish is over: what had ended is removed, the rest is being cancelled from now on. Returns how many rows
/// of it that were, [`DISMISSED_AT_ONCE_MAX`] at most.
pub(super) fn end(transaction: &Transaction<'_>, until_ms: i64) -> Result<usize, LedgerError> {
    let limit = |taken: usize| i64::try_from(DISMISSED_AT_ONCE_MAX - taken).unwrap_or(0);
    let removed = transaction
        .prepare_cached(
            "DELETE FROM transfer WHERE id IN
                 (SELECT transfer FROM dismissed WHERE until_ms = ?1 AND dismissed.state IN (3, 4) LIMIT ?2)",
        )?
        .execute([until_ms, limit(0)])?;
    let begun = transaction
        .prepare_cached(
            "UPDATE transfer SET state = ?3, intent = ?4, error = NULL, ended_ms = NULL WHERE id IN
                 (SELECT transfer FROM dismissed WHERE until_ms = ?1 AND dismissed.state NOT IN (3, 4) LIMIT ?2)",
        )?
        .execute([until_ms, limit(removed), state_number(State::Waiting), intent_number(Intent::Cancel)])?;
    Ok(removed + begun)
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
