//! Questions about places in the queue, and about who waits for what: each by an index, none over all rows.

use rusqlite::{Connection, OptionalExtension as _, params};
use store::UploadId;

use super::piles::{self, NOT_OVER};
use super::rows::{intent_number, signed};
use super::{LedgerError, Owner, Place, schema};
use crate::error::ErrorCode;
use crate::transfer::{Intent, State, StoreId, TransferId};

fn id(number: i64) -> TransferId {
    TransferId(u64::try_from(number).unwrap_or(0))
}

/// Transfers that stopped for want of credentials of a store.
pub(super) fn held(connection: &Connection, store: &StoreId) -> Result<Vec<TransferId>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM transfer WHERE state IN (1, 2) AND intent <> ?1 AND json_extract(iif(json_valid(error), error, '{}'), '$.code') IN (?2, ?4)
         AND ?3 IN (json_extract(iif(json_valid(source), source, '{}'), '$.store'),
                    json_extract(iif(json_valid(target), target, '{}'), '$.store')) ORDER BY ord, id",
    )?;
    let [one, other] = ErrorCode::ASKING_FOR_CREDENTIALS.map(ErrorCode::as_str);
    let given = params![intent_number(Intent::Pause), one, store.0, other];
    let found = statement.query_map(given, |row| row.get(0))?;
    found.map(|number| Ok(id(number?))).collect()
}

/// How many transfers that are not over have an end at a store; counting stops at `limit`.
pub(super) fn needing(connection: &Connection, store: &StoreId, limit: u64) -> Result<u64, LedgerError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT count(*) FROM (SELECT 1 FROM transfer WHERE {NOT_OVER} AND ?1 IN (
             json_extract(iif(json_valid(source), source, '{{}}'), '$.store'),
             json_extract(iif(json_valid(target), target, '{{}}'), '$.store')) LIMIT ?2)"
    ))?;
    let limit_rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let found: i64 = statement.query_row(params![store.0, limit_rows], |row| row.get(0))?;
    Ok(u64::try_from(found).unwrap_or(0))
}

/// The nearest places before one, of transfers that are not over.
pub(super) fn before(connection: &Connection, place: Option<Place>, limit: usize) -> Result<Vec<Place>, LedgerError> {
    // One moment: piles may be paused between two statements.
    let connection = &connection.unchecked_transaction()?;
    nearest_before(connection, &piles::numbers_not_over(connection)?, place, limit)
}

/// Those that wait, before one of them, nearest first.
pub(super) fn waiting_before(
    connection: &Connection,
    id: TransferId,
    limit: usize,
) -> Result<Vec<TransferId>, LedgerError> {
    let connection = &connection.unchecked_transaction()?;
    let mut place = connection.prepare_cached("SELECT ord FROM transfer WHERE id = ?1")?;
    let Some(order) = place.query_row([signed(id)], |row| row.get(0)).optional()? else { return Ok(Vec::new()) };
    let numbers = piles::numbers_of(connection, State::Waiting)?;
    let places = nearest_before(connection, &numbers, Some((order, id)), limit)?;
    Ok(places.into_iter().map(|(_, id)| id).collect())
}

fn nearest_before(
    connection: &Connection,
    states: &[i64],
    place: Option<Place>,
    limit: usize,
) -> Result<Vec<Place>, LedgerError> {
    let (order, number) = place.map_or((i64::MAX, i64::MAX), |(order, id)| (order, signed(id)));
    let limit_rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut places = Vec::new();
    // A walk along the index for each: over all states at a time it would have to sort.
    for state in states {
        let mut statement = connection.prepare_cached(
            "SELECT ord, id FROM transfer WHERE state = ?1 AND (ord, id) < (?2, ?3) ORDER BY ord DESC, id DESC LIMIT ?4",
        )?;
        let found =
            statement.query_map(params![state, order, number, limit_rows], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in found {
            let (order, number): (i64, i64) = row?;
            places.push((order, id(number)));
        }
    }
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.truncate(limit);
    Ok(places)
}

/// The first place of transfers that are not over.
pub(super) fn first(connection: &Connection) -> Result<Option<Place>, LedgerError> {
    let connection = &connection.unchecked_transaction()?;
    let mut first: Option<Place> = None;
    for state in piles::numbers_not_over(connection)? {
        let mut statement =
            connection.prepare_cached("SELECT ord, id FROM transfer WHERE state = ?1 ORDER BY ord, id LIMIT 1")?;
        let found: Option<(i64, i64)> =
            statement.query_row([state], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        first = first.into_iter().chain(found.map(|(order, number)| (order, id(number)))).min();
    }
    Ok(first)
}

/// Whose uploads these are.
pub(super) fn owners(connection: &Connection, uploads: &[UploadId]) -> Result<Vec<Option<Owner>>, LedgerError> {
    let mut needed = connection.prepare_cached(&format!(
        "SELECT id FROM transfer WHERE json_extract(checkpoint, '$.session.upload_id') = ?1 AND ({NOT_OVER} OR EXISTS
             (SELECT 1 FROM dismissed WHERE dismissed.transfer = transfer.id AND dismissed.state < 3)) LIMIT 1"
    ))?;
    // A reader may come before the first writer of a version that has this table.
    let has_leftovers = schema::version(connection)? >= 2;
    let mut find = |upload: &UploadId| -> Result<Option<Owner>, LedgerError> {
        if let Some(number) = needed.query_row([&upload.0], |row| row.get(0)).optional()? {
            return Ok(Some(Owner::Needs(id(number))));
        }
        if !has_leftovers {
            return Ok(None);
        }
        let mut left = connection.prepare_cached("SELECT transfer FROM leftover WHERE upload_id = ?1")?;
        let number = left.query_row([&upload.0], |row| row.get(0)).optional()?;
        Ok(number.map(|number| Owner::LeftBehind(id(number))))
    };
    uploads.iter().map(&mut find).collect()
}
