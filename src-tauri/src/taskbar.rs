//! How the work as a whole stands, beside the window: the bar in the taskbar or the dock, and what the tray offers.
//!
//! Looked at once a second from the engine's counters, and told on only when it differs. The share that is done is of
//! what was left when work began, with what was added since; the engine's number counts paused transfers too, so with
//! many of those the bar stands still early rather than claim that all is done.

use std::sync::Arc;
use std::time::Duration;

use engine::{Counts, Engine, Filter, PageRequest, Phase};

use crate::front::{Progress, Tone};
use crate::surroundings::Surroundings;
use crate::tray::Offers;
use crate::waiting::wait_for;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many running transfers are looked at to tell whether any of them moves.
const LOOKED_AT: usize = 64;

/// The work since it last began.
#[derive(Debug, Default)]
struct Work {
    /// What there was to move in all; `None` while nothing runs.
    all_bytes: Option<u64>,
    left_bytes: u64,
    failed_before: u64,
}

impl Work {
    /// The bar for these counters; `moves` is asked only where it matters.
    fn progress(&mut self, counts: &Counts, moves: impl FnOnce() -> bool) -> Option<Progress> {
        if counts.active + counts.waiting == 0 {
            self.all_bytes = None;
            self.failed_before = counts.failed;
            return None;
        }
        let added = match self.all_bytes {
            None => counts.left_bytes,
            Some(_) => counts.left_bytes.saturating_sub(self.left_bytes),
        };
        let all = self.all_bytes.unwrap_or(0).saturating_add(added);
        self.all_bytes = Some(all);
        self.left_bytes = counts.left_bytes;
        let done = u128::from(all.saturating_sub(counts.left_bytes));
        let percent = (done * 100).checked_div(u128::from(all)).unwrap_or(0).min(100) as u64;
        let tone = if counts.failed > self.failed_before {
            Tone::NeedsUser
        } else if moves() {
            Tone::Moves
        } else {
            Tone::Retries
        };
        Some(Progress { percent, tone })
    }
}

/// Keeps taskbar and tray as they should be. Runs until the engine is gone.
pub async fn follow(engine: Engine, surroundings: Arc<Surroundings>) {
    let mut work = Work::default();
    let mut told = None;
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = engine.stopped() => return,
            _ = ticks.tick() => {}
        }
        let Ok(counts) = wait_for(|| engine.counts()) else { continue };
        let offers = Offers { pause_all: counts.active + counts.waiting > 0, resume_all: counts.paused > 0 };
        surroundings.tray.set_offers(offers);
        let progress = work.progress(&counts, || wait_for(|| moves(&engine)));
        if let Some(front) = surroundings.front()
            && told != Some(progress)
        {
            told = Some(progress);
            front.set_progress(progress);
        }
    }
}

/// Whether anything of what runs goes on, rather than wait to try again.
fn moves(engine: &Engine) -> bool {
    let request = PageRequest { filter: Filter::Active, after: None, limit: LOOKED_AT };
    let Ok(page) = engine.page(request) else { return true };
    page.rows.is_empty() || page.rows.iter().any(|row| !matches!(row.phase(), Phase::Retrying | Phase::NoNetwork))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(active: u64, left_bytes: u64, failed: u64) -> Counts {
        Counts { active, left_bytes, failed, ..Counts::default() }
    }

    fn check(work: &mut Work, counts: &Counts, moves: bool, expected: Option<(u64, Tone)>) {
        let expected = expected.map(|(percent, tone)| Progress { percent, tone });
        assert_eq!(work.progress(counts, || moves), expected);
    }

    #[test]
    fn the_bar_is_the_share_of_what_there_was_and_what_was_added() {
        let mut work = Work::default();
        check(&mut work, &counts(0, 0, 0), true, None);
        check(&mut work, &counts(1, 1_000, 0), true, Some((0, Tone::Moves)));
        check(&mut work, &counts(1, 250, 0), true, Some((75, Tone::Moves)));
        check(&mut work, &counts(2, 1_250, 0), true, Some((37, Tone::Moves)));
        check(&mut work, &counts(2, 0, 0), true, Some((100, Tone::Moves)));
        check(&mut work, &counts(0, 0, 0), true, None);
        check(&mut work, &counts(1, 10, 0), true, Some((0, Tone::Moves)));
    }

    #[test]
    fn files_without_bytes_are_work_too() {
        check(&mut Work::default(), &counts(3, 0, 0), true, Some((0, Tone::Moves)));
    }

    #[test]
    fn it_is_amber_while_all_wait_to_try_again_and_red_for_what_failed_since_it_began() {
        let mut work = Work::default();
        check(&mut work, &counts(0, 0, 5), true, None);
        check(&mut work, &counts(1, 100, 5), true, Some((0, Tone::Moves)));
        check(&mut work, &counts(1, 100, 5), false, Some((0, Tone::Retries)));
        check(&mut work, &counts(1, 100, 6), false, Some((0, Tone::NeedsUser)));
        check(&mut work, &counts(0, 0, 6), true, None);
        check(&mut work, &counts(1, 100, 6), true, Some((0, Tone::Moves)));
    }
}
