//! What has happened to transfers: one small text for each that worked for longer than a moment.
//!
//! A table of its own, so that rows, which are read and written all the time, stay small.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::LedgerError;
use super::rows::signed;
use crate::timeline::Timeline;
use crate::transfer::TransferId;

/// Records what has happened to a transfer, if it is still there.
pub(super) fn write(transaction: &Transaction<'_>, id: TransferId, timeline: &Timeline) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO timeline SELECT id, ?2 FROM transfer WHERE id = ?1")?
        .execute(params![signed(id), serde_json::to_string(timeline)?])?;
    Ok(())
}

/// What is recorded of a transfer. What cannot be read is none: nothing depends on it.
pub(super) fn read(connection: &Connection, id: TransferId) -> Result<Option<Timeline>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT CAST(told AS BLOB) FROM timeline WHERE transfer = ?1")?;
    let text: Option<Vec<u8>> = statement.query_row([signed(id)], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| match serde_json::from_slice(&text) {
        Ok(timeline) => Some(timeline),
        Err(error) => {
            tracing::warn!(%id, %error, "a timeline of the ledger is left out");
            None
        }
    }))
}
