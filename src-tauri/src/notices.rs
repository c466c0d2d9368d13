//! One notice when a job ends or needs the user, while the window is not in front.
//!
//! What ends together is told together: a notice waits until nothing has ended for some seconds, so a thousand files of
//! one drop are one notice. Sleep, waking and retries are nobody's business. Rust decides what is told and when, the
//! page puts it into words, and the words go to the notification service of the desktop.

#[cfg(target_os = "linux")]
#[path = "notices/linux.rs"]
mod native;
#[cfg(not(target_os = "linux"))]
#[path = "notices/other.rs"]
mod native;

use std::sync::Arc;
use std::time::Duration;

use engine::{Engine, EventKind, Phase, TransferId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

pub use native::Notifier;

use crate::dto::{Push, Settings};
use crate::dto_desktop::NoticeFacts;
use crate::events::Pushes;
use crate::settings::SettingsFile;
use crate::surroundings::Surroundings;
use crate::view;
use crate::waiting::wait_for;

/// What ends within this time of the one before belongs to the same notice.
const QUIET: Duration = Duration::from_secs(3);
/// Who needs the user is told after this time at the latest, however much goes on ending.
const ATTENTION_MAX: Duration = Duration::from_secs(30);

/// How a transfer came to rest, if that is worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Done,
    NeedsUser,
}

/// What has come to rest since the last notice.
#[derive(Debug, Default)]
struct Digest {
    done: Vec<TransferId>,
    attention: Vec<TransferId>,
    /// When the first that needs the user did, and when the last of all ended.
    first_attention: Option<Instant>,
    last: Option<Instant>,
    /// Beyond those that are remembered by their ids.
    more_done: u64,
    more_attention: u64,
}

/// Ids that a digest remembers so that one that is paused and then fails is told once.
const REMEMBERED_MAX: usize = 10_000;

impl Digest {
    fn add(&mut self, id: TransferId, rest: Rest, now: Instant) {
        let (ids, more) = match rest {
            Rest::Done => (&mut self.done, &mut self.more_done),
            Rest::NeedsUser => (&mut self.attention, &mut self.more_attention),
        };
        if ids.contains(&id) {
            return;
        }
        if ids.len() < REMEMBERED_MAX {
            ids.push(id)
        } else {
            *more += 1
        }
        if rest == Rest::NeedsUser {
            self.first_attention.get_or_insert(now);
        }
        self.last = Some(now);
    }

    /// Goes on after all, by the user or by itself: it is not told.
    fn forget(&mut self, id: TransferId) {
        self.attention.retain(|known| *known != id);
        self.done.retain(|known| *known != id);
        if self.attention.is_empty() && self.more_attention == 0 {
            self.first_attention = None;
        }
        if self.counts() == (0, 0) {
            *self = Self::default();
        }
    }

    /// When it is to be told; `None` while there is nothing to tell.
    fn due(&self) -> Option<Instant> {
        let quiet = self.last? + QUIET;
        Some(self.first_attention.map_or(quiet, |first| quiet.min(first + ATTENTION_MAX)))
    }

    /// How many are done, how many need the user.
    fn counts(&self) -> (u64, u64) {
        (self.done.len() as u64 + self.more_done, self.attention.len() as u64 + self.more_attention)
    }

    /// The transfer, if it is only one.
    fn only(&self) -> Option<TransferId> {
        (self.counts().0 + self.counts().1 == 1).then(|| self.done.iter().chain(&self.attention).next().copied())?
    }
}

/// How this change of state is told. A pause without an error is the user's own.
fn rest(phase: Phase, has_error: bool) -> Option<Rest> {
    match phase {
        Phase::DoneVerified | Phase::DoneUnverified => Some(Rest::Done),
        Phase::Failed => Some(Rest::NeedsUser),
        Phase::Paused if has_error => Some(Rest::NeedsUser),
        _ => None,
    }
}

fn is_wanted(settings: &Settings, rest: Rest) -> bool {
    match rest {
        Rest::Done => settings.notify_done,
        Rest::NeedsUser => settings.notify_attention,
    }
}

/// Listens to the engine and tells the page what to put into words. Runs until the engine is gone.
pub async fn follow(engine: Engine, surroundings: Arc<Surroundings>, settings: Arc<SettingsFile>, pushes: Pushes) {
    let mut events = engine.events();
    let mut digest = Digest::default();
    loop {
        let due = digest.due();
        let wait = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            event = events.recv() => event,
            () = wait => {
                let digest = std::mem::take(&mut digest);
                // Whoever looks at the window needs no notice of what it shows.
                if surroundings.front().is_some_and(|front| !wait_for(|| front.is_in_front())) {
                    pushes.send(Push::NoticeDue { facts: wait_for(|| facts(&engine, &digest)) });
                }
                continue;
            }
        };
        match event {
            Ok(event) => {
                let EventKind::StateChanged { phase, error, .. } = event.kind else { continue };
                match rest(phase, error.is_some()) {
                    Some(rest) if is_wanted(&settings.settings(), rest) => {
                        digest.add(event.transfer, rest, Instant::now());
                    }
                    Some(_) => {}
                    None => digest.forget(event.transfer),
                }
            }
            // The lists have what was missed; only a number in a notice is too small.
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "events were missed"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn facts(engine: &Engine, digest: &Digest) -> NoticeFacts {
    let (done, attention) = digest.counts();
    let view = digest.only().and_then(|id| engine.view(id).ok().flatten());
    let row = view.map(|view| view::row(&view, &engine.limits()));
    NoticeFacts { done, attention, row }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_thousand_that_end_together_are_one_notice() {
        let (mut digest, start) = (Digest::default(), Instant::now());
        for n in 0..20_000 {
            digest.add(TransferId(n), Rest::Done, after(start, n * 10));
        }
        assert_eq!(digest.due(), Some(after(start, 199_990) + QUIET));
        assert_eq!((digest.counts(), digest.only()), ((20_000, 0), None));
    }

    #[test]
    fn who_needs_the_user_does_not_wait_until_all_have_ended() {
        let (mut digest, start) = (Digest::default(), Instant::now());
        digest.add(TransferId(0), Rest::NeedsUser, start);
        for n in 1..100 {
            digest.add(TransferId(n), Rest::Done, after(start, n * 1_000));
        }
        assert_eq!(digest.due(), Some(start + ATTENTION_MAX));
        assert_eq!(digest.counts(), (99, 1));
    }

    #[test]
    fn one_is_told_by_its_name_and_once() {
        let (mut digest, start) = (Digest::default(), Instant::now());
        digest.add(TransferId(7), Rest::NeedsUser, start);
        digest.add(TransferId(7), Rest::NeedsUser, after(start, 500));
        assert_eq!((digest.counts(), digest.only()), ((0, 1), Some(TransferId(7))));
    }

    #[test]
    fn what_goes_on_after_all_is_not_told() {
        let (mut digest, start) = (Digest::default(), Instant::now());
        digest.add(TransferId(7), Rest::NeedsUser, start);
        digest.forget(TransferId(7));
        assert_eq!(digest.due(), None);
    }

    #[test]
    fn only_ends_and_needs_are_told_and_no_pause_of_the_users_own() {
        assert_eq!(rest(Phase::DoneVerified, false), Some(Rest::Done));
        assert_eq!(rest(Phase::DoneUnverified, false), Some(Rest::Done));
        assert_eq!(rest(Phase::Failed, true), Some(Rest::NeedsUser));
        assert_eq!(rest(Phase::Paused, true), Some(Rest::NeedsUser));
        for phase in [Phase::Paused, Phase::NoNetwork, Phase::Waiting, Phase::Cancelled, Phase::Transferring] {
            assert_eq!(rest(phase, false), None, "{phase:?}");
        }
        for phase in [Phase::Retrying, Phase::NoNetwork] {
            assert_eq!(rest(phase, true), None, "{phase:?}");
        }
    }

    #[test]
    fn what_is_switched_off_is_not_told() {
        let settings = Settings { notify_done: false, ..Settings::default() };
        assert!(!is_wanted(&settings, Rest::Done) && is_wanted(&settings, Rest::NeedsUser));
        let settings = Settings { notify_attention: false, ..Settings::default() };
        assert!(is_wanted(&settings, Rest::Done) && !is_wanted(&settings, Rest::NeedsUser));
    }
}
