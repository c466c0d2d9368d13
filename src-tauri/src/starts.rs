//! When what is next in line will probably begin.
//!
//! A guess, and told as one: as many transfers as run now go on running at once, all of them together as fast as now,
//! each with its equal share; the next begins where one ends. It costs one look at the rows that are shown anyway.

use crate::dto::{ShownState, TransferRow};

/// Tells it for the rows of the first page of what works: those that run, then those that wait, in the queue's order.
pub fn tell(rows: &mut [TransferRow]) {
    let waits = |row: &TransferRow| row.state == ShownState::Waiting;
    let first = rows.iter().position(waits).unwrap_or(rows.len());
    let (running, waiting) = rows.split_at_mut(first);
    let moving: Vec<&TransferRow> = running.iter().filter(|row| row.state == ShownState::Transferring).collect();
    let speed: f64 = moving.iter().map(|row| row.speed_bytes_s).sum();
    if speed < 1.0 {
        return;
    }
    let share = speed / moving.len() as f64;
    let left = |row: &&TransferRow| row.size_bytes.map(|size| size.saturating_sub(row.done_bytes) as f64 / share);
    // Seconds until each place is free; one of unknown size is not counted on.
    let mut free: Vec<f64> = moving.iter().filter_map(left).collect();
    for row in waiting {
        // What is stopped by a limit, or waits for another try, begins by something else than a free place.
        if !waits(row) || row.limit.is_some_and(|limit| limit.bytes_s == Some(0.0)) {
            continue;
        }
        let Some(next) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) else { return };
        row.starts_in_s = Some(*next);
        // Behind one of unknown size nothing can be told.
        let Some(size) = row.size_bytes else { return };
        *next += size.saturating_sub(row.done_bytes) as f64 / share;
    }
}

#[cfg(test)]
mod tests {
    use engine::{Intent, LimitsNow, State};

    use super::*;
    use crate::dto_limits::LimitNow;
    use crate::view;

    fn row(state: State, size_bytes: Option<u64>, done_bytes: u64, speed_bytes_s: f64) -> TransferRow {
        let row = view::row(&view::tests::view(state, Intent::Run), &LimitsNow::default());
        TransferRow { size_bytes, done_bytes, speed_bytes_s, ..row }
    }

    fn told(mut rows: Vec<TransferRow>) -> Vec<Option<f64>> {
        tell(&mut rows);
        rows.iter().map(|row| row.starts_in_s).collect()
    }

    #[test]
    fn the_next_begins_where_one_ends() {
        let moving = |done| row(State::Moving, Some(100), done, 5.0);
        let waiting = |size| row(State::Waiting, size, 0, 0.0);
        let rows = vec![moving(50), moving(90), waiting(Some(20)), waiting(Some(100)), waiting(None), waiting(Some(1))];
        // Places are free after 10 and 2 seconds; the first that waits takes 4 more in the second of them.
        assert_eq!(told(rows), [None, None, Some(2.0), Some(6.0), Some(10.0), None]);
    }

    #[test]
    fn what_begins_by_something_else_is_passed_over_and_what_has_arrived_is_not_counted() {
        let mut rows = vec![
            row(State::Moving, Some(100), 50, 10.0),
            row(State::Waiting, Some(100), 90, 0.0),
            row(State::Waiting, Some(1000), 0, 0.0),
            row(State::Waiting, Some(1000), 0, 0.0),
            row(State::Waiting, Some(1), 0, 0.0),
        ];
        rows[2].state = ShownState::Retrying;
        rows[3].limit = Some(LimitNow { bytes_s: Some(0.0), ..LimitNow::default() });
        assert_eq!(told(rows), [None, Some(5.0), None, None, Some(6.0)]);
    }

    #[test]
    fn where_nothing_moves_nothing_is_told() {
        assert_eq!(told(vec![row(State::Moving, Some(9), 0, 0.0), row(State::Waiting, Some(9), 0, 0.0)]), [None, None]);
        assert_eq!(told(vec![row(State::Waiting, Some(9), 0, 0.0)]), [None]);
    }
}
