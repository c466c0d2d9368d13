//! Facts to statements: the only place that changes rows.
//!
//! Each fact is one or two small statements with a key, so what it costs does not grow with the ledger.

use rusqlite::{Transaction, params};
use store::UploadRef;

use super::piles::{self, INTENT, STATE};
use super::rows::{intent_number, signed, state_number};
use super::{EXPIRED_AT_ONCE_MAX, LedgerError, dismissals, timelines};
use crate::fact::{Bulk, Fact};
use crate::transfer::{State, StoreId, TransferId};

/// Does to the tables what facts say, in their order. Applying one twice does no harm.
pub(super) fn apply_all(transaction: &Transaction<'_>, facts: &[Fact]) -> Result<(), LedgerError> {
    let mut rest = facts;
    while let Some(first) = rest.first() {
        let added = |fact: &'_ Fact| matches!(fact, Fact::Added(_));
        let run = rest.iter().take_while(|fact| added(fact)).count();
        if run == 0 {
            apply(transaction, first)?;
            rest = &rest[1..];
        } else {
            let rows =
                rest[..run].iter().filter_map(|fact| if let Fact::Added(row) = fact { Some(&**row) } else { None });
            piles::add(transaction, &rows.collect::<Vec<_>>())?;
            rest = &rest[run..];
        }
    }
    Ok(())
}

/// Does to the tables what is said of many rows, and returns how many were removed.
pub(super) fn apply_bulk(transaction: &Transaction<'_>, bulk: Bulk) -> Result<usize, LedgerError> {
    match bulk {
        Bulk::AllSet { intent } => piles::set_all(transaction, intent).map(|()| 0),
        Bulk::Expired { before_ms } => {
            let mut removed = 0;
            let room = |removed: usize| i64::try_from(EXPIRED_AT_ONCE_MAX - removed).unwrap_or(0);
            for state in [State::Done, State::Cancelled] {
                removed += transaction
                    .prepare_cached(
                        "DELETE FROM transfer WHERE id IN (SELECT id FROM transfer WHERE state = ?1 AND ended_ms < ?2
                             ORDER BY ended_ms, id LIMIT ?3)",
                    )?
                    .execute(params![state_number(state), before_ms, room(removed)])?;
            }
            Ok(removed)
        }
        Bulk::Recalled { until_ms } => dismissals::recall_all(transaction, until_ms),
        Bulk::DismissalEnds { until_ms } => dismissals::end(transaction, until_ms),
    }
}

fn apply(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), LedgerError> {
    let json = |value: &dyn erased::ToJson| value.to_json();
    match fact {
        Fact::Added(added) => piles::add(transaction, &[added.as_ref()])?,
        Fact::IntentSet { id, intent } => {
            transaction
                .prepare_cached(&format!("UPDATE transfer SET intent = ?2, state = {STATE} WHERE id = ?1"))?
                .execute(params![signed(*id), intent_number(*intent)])?;
        }
        Fact::StateSet { id, state, stats } => {
            transaction
                .prepare_cached(&format!(
                    "UPDATE transfer SET state = ?2, intent = {INTENT}, stats = coalesce(?3, stats), error = NULL,
                         ended_ms = NULL WHERE id = ?1"
                ))?
                .execute(params![
                    signed(*id),
                    state_number(*state),
                    stats.as_ref().map(|stats| json(stats)).transpose()?
                ])?;
        }
        Fact::Planned { id, checkpoint, at_ms } => {
            let size_bytes = i64::try_from(checkpoint.source.size_bytes()).unwrap_or(i64::MAX);
            transaction
                .prepare_cached("UPDATE transfer SET checkpoint = ?2, size_bytes = ?3, planned_ms = ?4 WHERE id = ?1")?
                .execute(params![signed(*id), json(checkpoint.as_ref())?, size_bytes, at_ms])?;
        }
        Fact::BeginAttempted { id, attempts } => {
            transaction
                .prepare_cached(
                    "UPDATE transfer SET checkpoint = json_set(checkpoint, '$.begin_attempts', ?2) WHERE id = ?1",
                )?
                .execute(params![signed(*id), attempts])?;
        }
        Fact::Held { id, error, stats } => {
            transaction
                .prepare_cached(
                    "UPDATE transfer SET state = ?2, error = ?3, stats = ?4, ended_ms = NULL WHERE id = ?1",
                )?
                .execute(params![signed(*id), state_number(State::Paused), json(error.as_ref())?, json(stats)?])?;
        }
        Fact::Reordered { id, order } => {
            transaction
                .prepare_cached("UPDATE transfer SET ord = ?2 WHERE id = ?1")?
                .execute(params![signed(*id), order])?;
        }
        Fact::OwnLimitSet { id, limit } => {
            let limit = limit.map(|rate| i64::try_from(rate.get()).unwrap_or(i64::MAX));
            transaction
                .prepare_cached(
                    "UPDATE transfer SET options = json_set(options, '$.limit_bytes_per_second', ?2) WHERE id = ?1",
                )?
                .execute(params![signed(*id), limit])?;
        }
        Fact::Begun { id, session } => {
            transaction
                .prepare_cached(
                    "UPDATE transfer SET checkpoint = json_set(checkpoint, '$.session', json(?2)) WHERE id = ?1",
                )?
                .execute(params![signed(*id), json(session)?])?;
        }
        Fact::PartDone { id, part, at_ms } => {
            let size_bytes = i64::try_from(part.size_bytes).unwrap_or(i64::MAX);
            let new = transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO part (transfer, number, size_bytes, crc64, etag, confirmed)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    signed(*id),
                    part.number.get(),
                    size_bytes,
                    part.crc64.map(|crc64| crc64.0.cast_signed()),
                    part.etag.as_ref().map(store::ETag::as_str),
                    part.confirmed,
                ])?;
            if new == 0 {
                transaction
                    .prepare_cached(
                        "UPDATE part SET crc64 = ?3, etag = ?4, confirmed = ?5 WHERE transfer = ?1 AND number = ?2",
                    )?
                    .execute(params![
                        signed(*id),
                        part.number.get(),
                        part.crc64.map(|crc64| crc64.0.cast_signed()),
                        part.etag.as_ref().map(store::ETag::as_str),
                        part.confirmed,
                    ])?;
            }
            transaction
                .prepare_cached("UPDATE transfer SET done_bytes = done_bytes + ?2, saved_ms = ?3 WHERE id = ?1")?
                .execute(params![signed(*id), if new == 0 { 0 } else { size_bytes }, at_ms])?;
        }
        Fact::PartDropped { id, number } => {
            transaction
                .prepare_cached(
                    "UPDATE transfer SET done_bytes = done_bytes - coalesce((SELECT size_bytes FROM part
                         WHERE transfer = ?1 AND number = ?2), 0) WHERE id = ?1",
                )?
                .execute(params![signed(*id), number.get()])?;
            transaction
                .prepare_cached("DELETE FROM part WHERE transfer = ?1 AND number = ?2")?
                .execute(params![signed(*id), number.get()])?;
        }
        Fact::Restarted { id } => forget_plan(transaction, *id)?,
        Fact::LeftBehind { id, store, upload, at_ms } => write_leftover(transaction, *id, store, upload, *at_ms)?,
        Fact::Failed { id, error, stats, at_ms } => {
            transaction
                .prepare_cached("UPDATE transfer SET state = ?2, error = ?3, stats = ?4, ended_ms = ?5 WHERE id = ?1")?
                .execute(params![
                    signed(*id),
                    state_number(State::Failed),
                    json(error.as_ref())?,
                    json(stats)?,
                    at_ms
                ])?;
        }
        Fact::Done { id, result, stats, at_ms } => {
            transaction
                .prepare_cached(
                    "UPDATE transfer SET state = ?2, result = ?3, stats = ?4, ended_ms = ?5, error = NULL,
                         done_bytes = coalesce(size_bytes, done_bytes) WHERE id = ?1",
                )?
                .execute(params![
                    signed(*id),
                    state_number(State::Done),
                    json(result.as_ref())?,
                    json(stats)?,
                    at_ms
                ])?;
            transaction.prepare_cached("DELETE FROM part WHERE transfer = ?1")?.execute([signed(*id)])?;
        }
        Fact::Proved { id, result } => {
            transaction
                .prepare_cached("UPDATE transfer SET result = ?2 WHERE id = ?1 AND state = ?3")?
                .execute(params![signed(*id), json(result.as_ref())?, state_number(State::Done)])?;
        }
        Fact::Timeline { id, timeline } => timelines::write(transaction, *id, timeline)?,
        Fact::Cancelled { id, at_ms } => {
            forget_plan(transaction, *id)?;
            transaction
                .prepare_cached("UPDATE transfer SET state = ?2, ended_ms = ?3, error = NULL WHERE id = ?1")?
                .execute(params![signed(*id), state_number(State::Cancelled), at_ms])?;
        }
        Fact::Removed { id } => {
            transaction.prepare_cached("DELETE FROM transfer WHERE id = ?1")?.execute([signed(*id)])?;
        }
        Fact::OptionsSet { id, options } => {
            transaction
                .prepare_cached("UPDATE transfer SET options = ?2 WHERE id = ?1")?
                .execute(params![signed(*id), piles::lean_json(options)?])?;
        }
        Fact::Dismissed { id, until_ms } => dismissals::dismiss(transaction, *id, *until_ms)?,
        Fact::Recalled { id } => dismissals::recall(transaction, *id)?,
    }
    Ok(())
}

/// Writes down an upload that was not aborted, once.
pub(super) fn write_leftover(
    transaction: &Transaction<'_>,
    id: TransferId,
    store: &StoreId,
    upload: &UploadRef,
    at_ms: i64,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO leftover (upload_id, store, bucket, key, transfer, since_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![upload.upload_id.0, store.0, upload.object.bucket, upload.object.key, signed(id), at_ms])?;
    Ok(())
}

fn forget_plan(transaction: &Transaction<'_>, id: TransferId) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("UPDATE transfer SET checkpoint = NULL, done_bytes = 0 WHERE id = ?1")?
        .execute([signed(id)])?;
    transaction.prepare_cached("DELETE FROM part WHERE transfer = ?1")?.execute([signed(id)])?;
    Ok(())
}

/// JSON of anything, behind one object-safe method, so that `apply` reads evenly.
mod erased {
    pub(super) trait ToJson {
        fn to_json(&self) -> serde_json::Result<String>;
    }
    impl<T: serde::Serialize> ToJson for T {
        fn to_json(&self) -> serde_json::Result<String> {
            serde_json::to_string(self)
        }
    }
}
