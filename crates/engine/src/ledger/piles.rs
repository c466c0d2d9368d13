//! Rows that nobody has touched since they were added, in piles that are paused and resumed as one.
//!
//! A million rows that wait cannot be rewritten one by one while somebody holds the button "pause all". So what is
//! added goes to a pile: instead of a state its rows have the number of the pile, and the table `pile` says whether
//! that means *waits* or *paused*. Pausing and resuming all then changes one row for each pile. A row leaves its pile
//! for a state of its own with the first fact that gives it one.
//!
//! What it costs: whoever reads by state reads the state's own rows and one range for each pile that means the same.
//! A new pile is begun only where there is none that waits, so there are few; past [`PILES_MAX`] rows are added one
//! by one, as if there were no piles.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::LedgerError;
use super::rows::{intent_number, signed, state_number};
use crate::fact::Added;
use crate::transfer::{Intent, State, TransferOptions};

/// Numbers from here on are piles, not states.
const FIRST: i64 = 100;
const PILES_MAX: i64 = 16;

/// What a column says of a row, or its pile for it.
macro_rules! meaning {
    ($column:literal) => {
        concat!(
            "CASE WHEN state < 100 THEN ",
            $column,
            " ELSE coalesce((SELECT paused FROM pile WHERE pile.state = transfer.state), 0) END"
        )
    };
}
pub(super) use meaning;

/// The state of a row, as a column.
pub(super) const STATE: &str = meaning!("state");
/// The intent of a row, as a column.
pub(super) const INTENT: &str = meaning!("intent");

/// Whether a row is not over, as a condition.
pub(super) const NOT_OVER: &str = "(state < 3 OR state >= 100)";

/// The numbers under which rows of `state` are stored: its own, and for what waits or is paused those of piles.
pub(super) fn numbers_of(connection: &Connection, state: State) -> rusqlite::Result<Vec<i64>> {
    let mut numbers = vec![state_number(state)];
    if matches!(state, State::Waiting | State::Paused) {
        let mut statement = connection.prepare_cached("SELECT state FROM pile WHERE paused = ?1 ORDER BY state")?;
        for number in statement.query_map([state == State::Paused], |row| row.get(0))? {
            numbers.push(number?);
        }
    }
    Ok(numbers)
}

/// The numbers under which rows that are not over are stored.
pub(super) fn numbers_not_over(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut numbers = numbers_of(connection, State::Waiting)?;
    numbers.extend(numbers_of(connection, State::Paused)?);
    numbers.push(state_number(State::Failed));
    Ok(numbers)
}

/// The number under which a new row is stored.
fn number_for_new(transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
    let waiting = "SELECT state FROM pile WHERE paused = 0 LIMIT 1";
    if let Some(number) = transaction.prepare_cached(waiting)?.query_row([], |row| row.get(0)).optional()? {
        return Ok(number);
    }
    let empty = "SELECT pile.state FROM pile JOIN counter ON counter.state = pile.state WHERE n = 0 LIMIT 1";
    if let Some(number) = transaction.prepare_cached(empty)?.query_row([], |row| row.get(0)).optional()? {
        transaction.prepare_cached("UPDATE pile SET paused = 0 WHERE state = ?1")?.execute([number])?;
        return Ok(number);
    }
    let largest: Option<i64> = transaction.query_row("SELECT max(state) FROM pile", [], |row| row.get(0))?;
    let number = largest.map_or(FIRST, |largest| largest + 1);
    if number >= FIRST + PILES_MAX {
        return Ok(state_number(State::Waiting));
    }
    transaction.execute("INSERT INTO pile VALUES (?1, 0)", [number])?;
    transaction.execute("INSERT INTO counter VALUES (?1, 0, 0)", [number])?;
    Ok(number)
}

/// A pebibyte, twenty times the largest object. What is said to be larger is not believed, for sizes are added up.
const EXPECTED_BYTES_MAX: u64 = 1 << 50;

/// Rows that one statement adds: each statement opens every index anew.
const ROWS_AT_ONCE: usize = 32;

fn statement_for(rows: usize) -> String {
    // A failure ends the whole group anyway: what it takes to undo one statement alone is not kept.
    let words = "INSERT OR ROLLBACK INTO transfer (id, ord, state, intent, source, target, options, added_ms, size_bytes) VALUES ";
    format!("{words}{}", vec!["(?,?,?,?,?,?,?,?,?)"; rows].join(","))
}

/// How large its source is believed to be, as SQLite stores it.
fn expected(row: &Added) -> Option<i64> {
    row.expected_bytes.filter(|bytes| *bytes <= EXPECTED_BYTES_MAX).and_then(|bytes| i64::try_from(bytes).ok())
}

/// Adds rows, and counts them once for all.
pub(super) fn add(transaction: &Transaction<'_>, rows: &[&Added]) -> Result<(), LedgerError> {
    let new = number_for_new(transaction)?;
    let state = |row: &Added| {
        // A pile means what its rows want.
        if row.intent == Intent::Run { new } else { state_number(State::Waiting) }
    };
    // Those of a group mostly have the same.
    let mut options: Option<(&TransferOptions, String)> = None;
    // Two statements only, for they are kept prepared.
    let groups = rows.chunks_exact(ROWS_AT_ONCE);
    let rest = groups.remainder().chunks(1);
    for group in groups.chain(rest) {
        let mut statement = transaction.prepare_cached(&statement_for(group.len()))?;
        for (row, first) in group.iter().zip((1..).step_by(9)) {
            let (_, options) = match options.take_if(|(last, _)| **last == row.spec.options) {
                Some(same) => options.insert(same),
                None => options.insert((&row.spec.options, lean_json(&row.spec.options)?)),
            };
            statement.raw_bind_parameter(first, signed(row.id))?;
            statement.raw_bind_parameter(first + 1, row.order)?;
            statement.raw_bind_parameter(first + 2, state(row))?;
            statement.raw_bind_parameter(first + 3, intent_number(row.intent))?;
            statement.raw_bind_parameter(first + 4, serde_json::to_string(&row.spec.source)?)?;
            statement.raw_bind_parameter(first + 5, serde_json::to_string(&row.spec.target)?)?;
            statement.raw_bind_parameter(first + 6, options.as_str())?;
            statement.raw_bind_parameter(first + 7, row.added_ms)?;
            statement.raw_bind_parameter(first + 8, expected(row))?;
        }
        statement.raw_execute()?;
    }
    let mut count =
        transaction.prepare_cached("UPDATE counter SET n = n + ?2, left_bytes = left_bytes + ?3 WHERE state = ?1")?;
    let waiting = state_number(State::Waiting);
    for number in if new == waiting { vec![new] } else { vec![new, waiting] } {
        let (n, bytes) = rows
            .iter()
            .filter(|row| state(row) == number)
            .fold((0_i64, 0_i64), |(n, bytes), row| (n + 1, bytes.saturating_add(expected(row).unwrap_or(0))));
        if n > 0 {
            count.execute(params![number, n, bytes])?;
        }
    }
    Ok(())
}

/// JSON without the fields that say nothing.
pub(super) fn lean_json(options: &TransferOptions) -> serde_json::Result<String> {
    fn strip(value: &mut serde_json::Value) {
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(strip);
        }
    }
    let mut value = serde_json::to_value(options)?;
    strip(&mut value);
    Ok(value.to_string())
}

/// Pauses all that waits, or lets all that is paused go on, except for what is being removed.
pub(super) fn set_all(transaction: &Transaction<'_>, intent: Intent) -> Result<(), LedgerError> {
    let paused = match intent {
        Intent::Run => false,
        Intent::Pause | Intent::Cancel => true,
    };
    transaction.prepare_cached("UPDATE pile SET paused = ?1 WHERE paused <> ?1")?.execute([paused])?;
    let (waiting, at_rest) = (state_number(State::Waiting), state_number(State::Paused));
    let (run, pause) = (intent_number(Intent::Run), intent_number(Intent::Pause));
    if paused {
        transaction
            .prepare_cached("UPDATE transfer SET state = ?2, intent = ?4 WHERE state = ?1 AND intent = ?3")?
            .execute([waiting, at_rest, run, pause])?;
        // What is held for something does not go on by itself any more once it has that.
        transaction
            .prepare_cached("UPDATE transfer SET intent = ?3 WHERE state = ?1 AND intent = ?2")?
            .execute([at_rest, run, pause])?;
    } else {
        transaction
            .prepare_cached(
                "UPDATE transfer SET state = ?2, intent = ?3, error = NULL, ended_ms = NULL
                 WHERE state = ?1 AND intent <> ?4",
            )?
            .execute([at_rest, waiting, run, intent_number(Intent::Cancel)])?;
    }
    Ok(())
}
