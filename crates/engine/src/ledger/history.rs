//! What is done, newest first: by keyset, and searched within bounds.
//!
//! There is no index over names: a text index of a million rows would cost every transfer that ends, for a question that
//! is asked once a week. So a search walks the same index as the list, newest first, and looks at so many rows at most;
//! what it has not reached yet is asked for with the place where it stopped. Whoever asks decides how far back to go.

use rusqlite::{Connection, params};

use super::LedgerError;
use super::rows::{self, COLUMNS, signed, state_number};
use crate::transfer::{State, TransferId};
use crate::view::TransferView;

/// A place in the history. Behind it comes what ended earlier; of those that ended at one moment, smaller ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPlace {
    /// Milliseconds since 1970.
    pub ended_ms: i64,
    /// The transfer.
    pub id: TransferId,
}

/// What to read of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Only what is behind this place; from the newest if `None`.
    pub after: Option<HistoryPlace>,
    /// Only transfers that have this text in a path, a bucket, a key or a request id, whatever the case of its letters;
    /// empty for all.
    pub search: String,
    /// At most so many transfers.
    pub rows_max: usize,
    /// At most so many rows are looked at.
    pub looked_at_max: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Transfers that are done, newest first.
    pub rows: Vec<TransferView>,
    /// Where to go on; `None` at the end of the history.
    pub next: Option<HistoryPlace>,
}

/// Column of the end, among [`COLUMNS`].
const ENDED_MS: usize = 14;

pub(super) fn read(connection: &Connection, request: &HistoryRequest) -> Result<History, LedgerError> {
    let wanted = request.search.trim().to_lowercase();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM transfer
         WHERE state = ?1 AND ended_ms IS NOT NULL AND (ended_ms, id) < (?2, ?3) ORDER BY ended_ms DESC, id DESC"
    ))?;
    let (ended_ms, id) = request.after.map_or((i64::MAX, i64::MAX), |place| (place.ended_ms, signed(place.id)));
    let mut found = statement.query(params![state_number(State::Done), ended_ms, id])?;
    let mut history = History::default();
    let mut looked_at = 0;
    let mut last = None;
    while let Some(row) = found.next()? {
        if history.rows.len() == request.rows_max || looked_at == request.looked_at_max {
            history.next = last;
            break;
        }
        looked_at += 1;
        let id = TransferId(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0));
        last = Some(HistoryPlace { ended_ms: row.get(ENDED_MS)?, id });
        match rows::view(row) {
            Ok((view, ..)) if wanted.is_empty() || mentions(&view, &wanted) => history.rows.push(view),
            Ok(_) => {}
            Err(error) if rows::is_about_the_row(&error) => {
                tracing::warn!(%id, %error, "a row of the ledger is left out");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(history)
}

/// Whether a transfer has this text, in lower case, among what a person may remember of it.
fn mentions(view: &TransferView, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let requests = view.result.iter().flat_map(|result| result.request_ids());
    [&view.spec.source, &view.spec.target].into_iter().any(|end| has(&end.to_string()))
        || requests.into_iter().any(|request| has(&request.id))
}
