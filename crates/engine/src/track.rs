//! The timeline of a transfer that works, as it is being taken.

use std::time::Duration;

use crate::timeline::{Timeline, What};

/// How often a timeline is written while its transfer works: so much of it a crash may cost.
const WRITE_EVERY: Duration = Duration::from_secs(30);
/// What ends sooner has none.
const WORTH_MS: u64 = 1000;

/// A timeline in the making.
#[derive(Debug)]
pub(crate) struct Track {
    timeline: Timeline,
    /// Until when work is counted, and how many bytes had moved by then.
    until: Duration,
    moved_bytes: u64,
    /// Since which time of work there has been no network.
    offline_ms: Option<u64>,
    /// Why it rests.
    rests: Option<What>,
    written: Duration,
    was_written: bool,
}

impl Track {
    /// Begins at a moment that is not long ago, with what had moved by then and under a limit; or goes on with what an
    /// earlier run has recorded.
    pub(crate) fn begin(
        began: Duration,
        now: Duration,
        wall_ms: i64,
        recorded: Option<Timeline>,
        (moved_bytes, limit): (u64, Option<u64>),
    ) -> Self {
        let began_ms = wall_ms.saturating_sub_unsigned(ms(now.saturating_sub(began)));
        let was_written = recorded.is_some();
        let mut timeline = recorded.unwrap_or_else(|| Timeline::new(began_ms, limit));
        if was_written {
            // What it rested for was recorded with it, with no length yet; a crash has left nothing.
            let last = timeline.events.pop_if(|last| last.what.is_break() && last.lasted_ms == 0);
            let why = last.map_or(What::NotRunning, |last| last.what);
            go_on(&mut timeline, why, began_ms);
        }
        Self { timeline, until: began, moved_bytes, offline_ms: None, rests: None, written: now, was_written }
    }

    /// So many bytes have moved in all by now.
    pub(crate) fn look(&mut self, now: Duration, wall_ms: i64, moved_bytes: u64, limit: Option<u64>) {
        if let Some(why) = self.rests.take() {
            go_on(&mut self.timeline, why, wall_ms);
            self.until = now;
        }
        self.timeline.limit_is(self.at_ms(now), limit);
        self.count(now, moved_bytes);
    }

    fn count(&mut self, now: Duration, moved_bytes: u64) {
        // What starts over may count anew.
        let bytes = moved_bytes.saturating_sub(std::mem::replace(&mut self.moved_bytes, moved_bytes));
        self.timeline.work(ms(now.saturating_sub(self.until)), bytes);
        // Parts of a millisecond are not lost.
        self.until += Duration::from_millis(ms(now.saturating_sub(self.until)));
    }

    /// The computer has slept for so long, until now. What has moved by now has moved before.
    pub(crate) fn slept(&mut self, since: Duration, now: Duration, lasted: Duration, moved_bytes: u64) {
        if self.rests.is_none() {
            self.count(since, moved_bytes);
            self.timeline.note(self.timeline.worked_ms, ms(lasted), What::Asleep);
            self.until = now;
        }
    }

    /// Something has happened that took no time.
    pub(crate) fn happened(&mut self, now: Duration, what: What) {
        if self.rests.is_none() {
            self.timeline.note(self.at_ms(now), 0, what);
        }
    }

    /// It waits for the network from now on, or no longer.
    pub(crate) fn is_offline(&mut self, now: Duration, offline: bool) {
        match (self.offline_ms, offline) {
            (None, true) if self.rests.is_none() => self.offline_ms = Some(self.at_ms(now)),
            (Some(_), false) => {
                self.timeline = self.with_wait(now);
                self.offline_ms = None;
            }
            _ => {}
        }
    }

    /// It comes to rest for a while, or for good if there is no reason. Returns what is to be recorded; `None` if it is
    /// not worth it.
    pub(crate) fn rest(
        &mut self,
        (now, wall_ms): (Duration, i64),
        moved_bytes: u64,
        limit: Option<u64>,
        why: Option<What>,
    ) -> Option<Timeline> {
        // What is being quit may still end.
        if self.rests.is_some() && why.is_some() {
            return None;
        }
        // It went on and came to its end between two looks.
        if let Some(rested) = self.rests.take_if(|rested| *rested != What::NotRunning) {
            go_on(&mut self.timeline, rested, wall_ms);
            self.until = now;
        }
        self.timeline.limit_is(self.at_ms(now), limit);
        self.is_offline(now, false);
        self.count(now, moved_bytes);
        self.rests = why;
        if !self.was_written && self.timeline.worked_ms < WORTH_MS {
            return None;
        }
        let mut timeline = self.timeline.clone();
        if let Some(why) = self.rests {
            timeline.note(timeline.worked_ms, 0, why);
        }
        self.is_written(now);
        Some(timeline)
    }

    /// What is to be recorded meanwhile, now and then.
    pub(crate) fn in_between(&mut self, now: Duration) -> Option<Timeline> {
        (now >= self.written + WRITE_EVERY).then(|| {
            self.is_written(now);
            self.with_wait(now)
        })
    }

    /// As it is now.
    pub(crate) fn now(&self, now: Duration) -> Timeline {
        self.with_wait(now)
    }

    fn is_written(&mut self, now: Duration) {
        self.written = now;
        self.was_written = true;
    }

    fn with_wait(&self, now: Duration) -> Timeline {
        let mut timeline = self.timeline.clone();
        if let Some(since_ms) = self.offline_ms {
            timeline.note(since_ms, self.at_ms(now).saturating_sub(since_ms).max(1), What::NoNetwork);
        }
        timeline
    }

    /// The time of work now.
    fn at_ms(&self, now: Duration) -> u64 {
        self.timeline.worked_ms + ms(now.saturating_sub(self.until))
    }
}

/// It goes on at `wall_ms` after a break.
fn go_on(timeline: &mut Timeline, why: What, wall_ms: i64) {
    let lasted_ms = wall_ms.saturating_sub(timeline.end_ms());
    // A clock that was set back says nothing.
    if let Some(lasted_ms) = u64::try_from(lasted_ms).ok().filter(|lasted_ms| *lasted_ms > 0) {
        timeline.note(timeline.worked_ms, lasted_ms, why);
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
