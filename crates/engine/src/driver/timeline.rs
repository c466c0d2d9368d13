//! Timelines: what is seen of a transfer while it works, and when it is recorded.
//!
//! Nothing is decided by them. A transfer is looked at whenever progress is sampled, so a small file that comes and goes
//! between two samples costs nothing. What is recorded goes with the fact that the transfer rests, and every half minute
//! with whatever else is recorded of it.
//!
//! Sleep is seen here, by a turn that comes later on the wall clock than the driver had asked for, and not when somebody
//! says that the computer woke: by then a sample may have counted the night as work. What that costs: a wall clock that
//! is set forward looks like sleep.

use std::num::NonZeroU64;
use std::time::Duration;

use super::Driver;
use crate::event::{Event, EventKind};
use crate::fact::Fact;
use crate::limits::Limit;
use crate::queue::Transfer;
use crate::timeline::{Timeline, What};
use crate::track::Track;
use crate::transfer::{State, TransferId};
use crate::view::Phase;

/// A turn that comes so late was slept through; a busy computer is faster.
const ASLEEP: Duration = Duration::from_secs(10);

/// The turn of the driver that is waited for.
#[derive(Debug, Default)]
pub(super) struct Turn {
    since: Duration,
    since_ms: i64,
    wait: Option<Duration>,
}

impl Driver {
    /// The driver waits from now on, at most for so long.
    pub(super) fn waits(&mut self, now: Duration, wait: Option<Duration>) {
        self.state.turn = Turn { since: now, since_ms: self.tools.clock.wall_ms(), wait };
    }

    /// The driver has waited. Whatever woke it: was the computer asleep?
    pub(super) fn has_waited(&mut self) {
        let Turn { since, since_ms, wait } = self.state.turn;
        let passed_ms = self.tools.clock.wall_ms().saturating_sub(since_ms);
        let passed = Duration::from_millis(u64::try_from(passed_ms).unwrap_or(0));
        let Some(lasted) = wait.and_then(|wait| passed.checked_sub(wait)).filter(|late| *late >= ASLEEP) else {
            return;
        };
        let now = self.tools.clock.now();
        let awake = wait.map_or(now, |wait| now.min(since + wait));
        for (id, (workspace, sampled)) in &mut self.state.workspaces {
            if let (Some(track), Some(transfer)) = (&mut sampled.track, self.queue.transfer(*id)) {
                track.slept(awake, now, lasted, transfer.moved_bytes(&workspace.meter));
            }
        }
    }

    /// Looks at a transfer that works.
    pub(super) fn look(&mut self, id: TransferId, now: Duration) {
        let Some(transfer) = self.queue.transfer(id).filter(|one| one.state.is_working()) else { return };
        let limit = self.limit_of(transfer);
        let Some((workspace, sampled)) = self.state.workspaces.get_mut(&id) else { return };
        let (wall_ms, began) = (self.tools.clock.wall_ms(), sampled.began.unwrap_or(now));
        let moved_bytes = transfer.moved_bytes(&workspace.meter);
        // Bytes on the wire are counted from the start of this run, what a store copies itself over all of them.
        let before_bytes = if transfer.passes_through() { 0 } else { moved_bytes };
        let track = sampled.track.get_or_insert_with(|| {
            // One that cannot be read is one that is not there: nothing depends on it.
            let recorded = self.ledger.records().timeline(id).unwrap_or_else(|error| {
                tracing::warn!(transfer = %id, %error, "a timeline cannot be read");
                None
            });
            Box::new(Track::begin(began, now, wall_ms, recorded, (before_bytes, limit)))
        });
        track.look(now, wall_ms, moved_bytes, limit);
        let due = track.in_between(now);
        if let Some(timeline) = due {
            self.note(vec![Fact::Timeline { id, timeline: Box::new(timeline) }]);
        }
    }

    /// Of what has happened, what belongs into a timeline.
    pub(super) fn see(&mut self, events: &[Event], now: Duration) {
        for event in events {
            // Put back in line, where it may wait for hours.
            if matches!(&event.kind, EventKind::StateChanged { phase: Phase::Waiting, .. }) {
                let id = event.transfer;
                if let Some(timeline) = self.timeline_at_rest(id, Rest::For(What::Waited)) {
                    self.note(vec![Fact::Timeline { id, timeline: Box::new(timeline) }]);
                }
                continue;
            }
            let Some((_, sampled)) = self.state.workspaces.get_mut(&event.transfer) else { continue };
            let Some(track) = &mut sampled.track else { continue };
            match &event.kind {
                EventKind::UploadPartFailed { .. }
                | EventKind::DownloadPartFailed { .. }
                | EventKind::UploadPartCopyFailed { .. } => track.happened(now, What::SentAgain { parts: 1 }),
                EventKind::Restarted { .. } => track.happened(now, What::StartedOver),
                EventKind::StateChanged { phase, .. } => track.is_offline(now, *phase == Phase::NoNetwork),
                EventKind::UploadPartSucceed { .. }
                | EventKind::DownloadPartSucceed { .. }
                | EventKind::UploadPartCopySucceed { .. } => track.is_offline(now, false),
                _ => {}
            }
        }
    }

    /// Puts the timelines of transfers that come to rest before the facts that say so.
    pub(super) fn with_timelines(&mut self, facts: Vec<Fact>) -> Vec<Fact> {
        let tracked = |fact: &Fact| {
            let of_it = || self.state.workspaces.get(&fact.id()).is_some_and(|(_, sampled)| sampled.track.is_some());
            rest_of(fact).is_some() && of_it()
        };
        if !facts.iter().any(tracked) {
            return facts;
        }
        let mut all = Vec::with_capacity(facts.len() + 1);
        for fact in facts {
            let (id, why) = (fact.id(), rest_of(&fact));
            let timeline = why.and_then(|why| self.timeline_at_rest(id, why));
            all.extend(timeline.map(|timeline| Fact::Timeline { id, timeline: Box::new(timeline) }));
            all.push(fact);
        }
        all
    }

    fn timeline_at_rest(&mut self, id: TransferId, why: Rest) -> Option<Timeline> {
        self.state.workspaces.get(&id)?.1.track.as_ref()?;
        let clock = &self.tools.clock;
        let (now, transfer) = ((clock.now(), clock.wall_ms()), self.queue.transfer(id)?);
        let limit = self.limit_of(transfer);
        let (workspace, sampled) = self.state.workspaces.get_mut(&id)?;
        let track = sampled.track.as_mut()?;
        let moved_bytes = transfer.moved_bytes(&workspace.meter);
        let why = match why {
            Rest::Over => None,
            Rest::For(What::Waited) if self.state.closing.is_some() => Some(What::NotRunning),
            Rest::For(why) => Some(why),
        };
        track.rest(now, moved_bytes, limit, why)
    }

    /// The timeline of a transfer that works, as it is now.
    pub(super) fn timeline_now(&self, id: TransferId, now: Duration) -> Option<Timeline> {
        let (_, sampled) = self.state.workspaces.get(&id)?;
        sampled.track.as_ref().map(|track| track.now(now))
    }

    /// The limit that holds a transfer, in bytes a second.
    fn limit_of(&self, transfer: &Transfer) -> Option<u64> {
        let own = transfer.spec.options.limit_bytes_per_second;
        match self.live.limits().of(transfer.kind, transfer.passes_through(), own)?.limit {
            Limit::Stop => Some(0),
            limit => limit.rate().map(NonZeroU64::get),
        }
    }
}

/// How a transfer rests.
#[derive(Clone, Copy)]
enum Rest {
    Over,
    For(What),
}

fn rest_of(fact: &Fact) -> Option<Rest> {
    match fact {
        Fact::Done { .. } => Some(Rest::Over),
        Fact::Failed { .. } => Some(Rest::For(What::Failed)),
        Fact::Held { .. } | Fact::StateSet { state: State::Paused | State::Dismissed, .. } => {
            Some(Rest::For(What::Paused))
        }
        Fact::StateSet { state: State::Waiting, .. } => Some(Rest::For(What::Waited)),
        _ => None,
    }
}
