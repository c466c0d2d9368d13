//! The recorder: the one that writes to the ledger, in order and in groups.
//!
//! Facts arrive in order. A group is written when somebody waits for it, when it is old enough or large enough: parts
//! of uploads and copies after 200 ms or 16 of them, parts of downloads after 2 s or 32 MiB, since each group of those
//! costs a sync of the file (**data-then-record**: the file first, then the ledger). Parts of relayed copies are written
//! at once, since nothing here could prove them again. Facts of one transfer never overtake each other; a transfer's
//! pending parts go with whatever else of it is written.
//!
//! What cannot be written stays pending and is tried again; who waits for it is told that it is not durable. A file
//! that could not be synced takes its transfer down with it: the system reports such an error only once, so a later
//! sync that succeeds proves nothing.
//!
//! The cost of losing a group to a power cut is sending those parts again, no more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use crate::at_risk::AtRisk;
use crate::clock::Clock;
use crate::disk::{Disk, RandomFile, off_thread};
use crate::fact::{Bulk, Fact};
use crate::ledger::{Ledger, LedgerError};
use crate::rules::{Rule, Rules};
use crate::transfer::{State, TransferId};

const PARTS_MAX: usize = 16;
const PARTS_AGE: Duration = Duration::from_millis(200);
/// Small objects end by the hundred: so many of them, or so long, make a group.
const RESTS_MAX: usize = 64;
const RESTS_AGE: Duration = Duration::from_millis(50);
/// Half of the 64 MiB that may be unsynced: as much again may arrive while the sync itself runs.
const SYNC_AFTER_BYTES: u64 = 32 << 20;
const UNSYNCED_AGE: Duration = Duration::from_secs(2);
/// How long a ledger that could not be written is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What the recorder is told.
pub(crate) enum Note {
    /// Facts to write, with the file whose bytes they speak of, if any.
    Facts { facts: Vec<Fact>, file: Option<Written> },
    /// A part to record without waiting for a group: it could not be proved again. What is told once that is done.
    AtOnce { fact: Fact, at_risk: Arc<AtRisk> },
    /// Write new transfers before anything else, and everything about these others, then answer with this number. New
    /// ones that cannot be written are forgotten: nobody knows of them yet, and whoever added them is told.
    Added { facts: Vec<Fact>, ids: Vec<TransferId>, number: u64 },
    /// Write this, and before it what was noted before and it may speak of; then answer with this number. What cannot
    /// be written is told and not tried again.
    Bulk { bulk: Bulk, number: u64 },
    /// Write everything about these transfers, then answer with this number.
    Barrier { ids: Vec<TransferId>, number: u64 },
    /// The same, of transfers that rest and nobody waits for: with the next group.
    Rested { ids: Vec<TransferId>, number: u64 },
    /// Write everything, then end.
    Close,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Facts { facts, .. } => f.debug_tuple("Facts").field(&facts.len()).finish(),
            Self::AtOnce { .. } => f.write_str("AtOnce"),
            Self::Added { facts, number, .. } => f.debug_tuple("Added").field(&facts.len()).field(number).finish(),
            Self::Bulk { bulk, number } => f.debug_tuple("Bulk").field(bulk).field(number).finish(),
            Self::Barrier { ids, number } => f.debug_tuple("Barrier").field(ids).field(number).finish(),
            Self::Rested { ids, number } => f.debug_tuple("Rested").field(ids).field(number).finish(),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// A file with bytes that are not on the disk yet.
#[derive(Clone)]
pub(crate) struct Written {
    /// The file.
    pub(crate) file: Arc<dyn RandomFile>,
    /// What is told once they are.
    pub(crate) at_risk: Arc<AtRisk>,
}

/// Answer to a barrier.
#[derive(Debug)]
pub(crate) struct Passed {
    /// Which one.
    pub(crate) number: u64,
    /// Why its facts are not durable, if they are not.
    pub(crate) failure: Option<String>,
    /// How many rows a bulk was true of.
    pub(crate) removed: usize,
    /// Those of its transfers whose file could not be synced since they last went on.
    pub(crate) unsynced: Vec<TransferId>,
}

#[derive(Default)]
struct Pending {
    facts: Vec<Fact>,
    file: Option<Written>,
    parts: usize,
    bytes: u64,
    since: Option<Duration>,
    /// What is told when they have been written. They are not to wait for a group.
    at_once: Option<Arc<AtRisk>>,
}

impl Pending {
    fn due_at(&self) -> Option<Duration> {
        let since = self.since?;
        if self.at_once.is_some() {
            return Some(since);
        }
        let full = match &self.file {
            Some(_) => self.bytes >= SYNC_AFTER_BYTES,
            None => self.parts >= PARTS_MAX,
        };
        let age = if self.file.is_some() { UNSYNCED_AGE } else { PARTS_AGE };
        Some(if full { since } else { since + age })
    }
}

/// Transfers that rest, whose barriers wait for a group.
#[derive(Default)]
struct Rests {
    barriers: Vec<(Vec<TransferId>, u64)>,
    since: Option<Duration>,
}

impl Rests {
    fn add(&mut self, ids: Vec<TransferId>, number: u64, now: Duration) {
        self.since.get_or_insert(now);
        self.barriers.push((ids, number));
    }

    fn due_at(&self) -> Option<Duration> {
        let full = self.barriers.len() >= RESTS_MAX;
        self.since.map(|since| if full { since } else { since + RESTS_AGE })
    }
}

/// All that the recorder is made of.
pub(crate) struct Recorder {
    pub(crate) notes: mpsc::UnboundedReceiver<Note>,
    pub(crate) passed: mpsc::UnboundedSender<Passed>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Rules,
}

impl Recorder {
    /// Runs until it is told to close or nobody can tell it anything any more.
    pub(crate) async fn run(mut self) {
        let mut pending: BTreeMap<TransferId, Pending> = BTreeMap::new();
        let mut unsynced: BTreeSet<TransferId> = BTreeSet::new();
        let mut not_before = Duration::ZERO;
        let mut batch = Vec::new();
        // What was noted behind a bulk, which has to be written before it.
        let mut behind: VecDeque<Note> = VecDeque::new();
        let mut rests = Rests::default();
        loop {
            let due = pending.values().filter_map(Pending::due_at).chain(rests.due_at()).min();
            let wait = due.map(|due| due.max(not_before).saturating_sub(self.clock.now()));
            let received = tokio::select! {
                biased;
                () = std::future::ready(()), if !behind.is_empty() => None,
                count = self.notes.recv_many(&mut batch, 4096) => Some(count),
                () = async { match wait { Some(wait) => self.clock.sleep(wait).await, None => std::future::pending().await } } => None,
            };
            let mut closing = received == Some(0);
            let now = self.clock.now();
            let mut barriers: Vec<(Vec<TransferId>, u64)> = Vec::new();
            let mut added: Vec<Fact> = Vec::new();
            let mut bulk: Option<(Bulk, u64)> = None;
            behind.extend(batch.drain(..));
            while bulk.is_none()
                && let Some(note) = behind.pop_front()
            {
                match note {
                    Note::Facts { facts, file } => take(&mut pending, &mut unsynced, facts, file.as_ref(), now),
                    Note::AtOnce { fact, at_risk } => {
                        let id = fact.id();
                        take(&mut pending, &mut unsynced, vec![fact], None, now);
                        if let Some(one) = pending.get_mut(&id) {
                            one.at_once = Some(at_risk);
                        }
                    }
                    Note::Added { facts, ids, number } => {
                        added.extend(facts);
                        barriers.push((ids, number));
                    }
                    Note::Bulk { bulk: what, number } => bulk = Some((what, number)),
                    Note::Barrier { ids, number } => barriers.push((ids, number)),
                    Note::Rested { ids, number } => rests.add(ids, number, now),
                    Note::Close => closing = true,
                }
            }
            let is_due = |at: Duration| at.max(not_before) <= now;
            if closing || bulk.is_some() || !barriers.is_empty() || rests.due_at().is_some_and(is_due) {
                barriers.extend(std::mem::take(&mut rests).barriers);
            }
            let asked: BTreeSet<TransferId> = barriers.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
            let due = |one: &Pending| one.due_at().is_some_and(is_due);
            // History that expires is of transfers of which nothing is pending.
            let flush = bulk.is_some_and(|(bulk, _)| !matches!(bulk, Bulk::Expired { .. }));
            let group: BTreeMap<TransferId, Pending> =
                pending.extract_if(.., |id, one| closing || flush || asked.contains(id) || due(one)).collect();

            // What needs no sync is not held up by what does.
            let (slow, quick): (BTreeMap<_, _>, BTreeMap<_, _>) =
                group.into_iter().partition(|(_, one)| one.file.is_some());
            let waits = |ids: &[TransferId]| ids.iter().any(|id| slow.contains_key(id));
            let (later, first): (Vec<_>, Vec<_>) = barriers.into_iter().partition(|(ids, _)| waits(ids));
            let mut failure = self.write(added, quick, &mut pending, now).await;
            self.answer(first, failure.as_ref(), &unsynced);
            let synced = self.sync(slow, &mut unsynced).await;
            failure = self.write(Vec::new(), synced, &mut pending, now).await.or(failure);
            self.answer(later, failure.as_ref(), &unsynced);
            // Behind all that was noted before it, also what had to wait for a file: a wish to cancel, say.
            let mut removed = 0;
            if let (Some((bulk, _)), None) = (bulk, &failure) {
                let ledger = self.ledger.clone();
                match off_thread(&self.disk, move |_| ledger.append_bulk(bulk)).await {
                    Ok(rows) => removed = rows,
                    Err(error) => failure = Some(error),
                }
            }
            if let Some((_, number)) = bulk {
                let failure = failure.as_ref().map(ToString::to_string);
                // Nobody listens once the driver has gone.
                let _ = self.passed.send(Passed { number, failure, removed, unsynced: Vec::new() });
            }
            if failure.is_some() {
                not_before = self.clock.now() + AFTER_FAILURE;
            }
            if closing {
                return;
            }
        }
    }

    /// Appends what is new and the facts of a group; of these, what cannot be written is put back. What waits for the
    /// record of a part goes on in either case: where the ledger cannot be written, the end of its transfer says so.
    async fn write(
        &self,
        added: Vec<Fact>,
        group: BTreeMap<TransferId, Pending>,
        pending: &mut BTreeMap<TransferId, Pending>,
        now: Duration,
    ) -> Option<LedgerError> {
        let new = added.len();
        let mut facts = added;
        let waits: Vec<(Arc<AtRisk>, u64)> =
            group.values().filter_map(|one| Some((one.at_once.clone()?, one.bytes))).collect();
        facts.extend(group.into_values().flat_map(|one| one.facts));
        let facts = Arc::new(facts);
        if facts.is_empty() {
            return None;
        }
        let (ledger, shared) = (self.ledger.clone(), facts.clone());
        let appended = off_thread(&self.disk, move |_| ledger.append(&shared)).await;
        waits.into_iter().for_each(|(at_risk, bytes)| at_risk.settled(bytes));
        let error = appended.err()?;
        tracing::error!(%error, "facts could not be written; they are kept and tried again");
        for fact in Arc::unwrap_or_clone(facts).into_iter().skip(new) {
            let one = pending.entry(fact.id()).or_default();
            one.since = Some(now);
            one.facts.push(fact);
        }
        Some(error)
    }

    /// Syncs the files of a group, all at a time. Parts whose bytes may not be there are not claimed.
    async fn sync(
        &self,
        group: BTreeMap<TransferId, Pending>,
        unsynced: &mut BTreeSet<TransferId>,
    ) -> BTreeMap<TransferId, Pending> {
        let each = group.into_iter().map(|(id, mut one)| async move {
            let synced: io::Result<()> = match one.file.take() {
                Some(Written { file, at_risk }) => {
                    let synced = if self.rules.hold(Rule::SyncBeforeRecord) {
                        off_thread(&self.disk, move |_| file.sync()).await
                    } else {
                        Ok(())
                    };
                    // Also those that could not be synced: they are not recorded, and moved again.
                    at_risk.settled(one.bytes);
                    synced
                }
                None => Ok(()),
            };
            (id, one, synced)
        });
        let mut written = BTreeMap::new();
        for (id, mut one, synced) in join_all(each).await {
            if let Err(error) = synced {
                tracing::warn!(transfer = %id, %error, "a temp file could not be synced");
                unsynced.insert(id);
            }
            // A later sync that succeeds says nothing of bytes that an earlier one has dropped.
            if unsynced.contains(&id) {
                one.facts.retain(|fact| !matches!(fact, Fact::PartDone { .. }));
            }
            written.insert(id, one);
        }
        written
    }

    fn answer(
        &self,
        barriers: Vec<(Vec<TransferId>, u64)>,
        failure: Option<&LedgerError>,
        unsynced: &BTreeSet<TransferId>,
    ) {
        for (ids, number) in barriers {
            let unsynced = ids.into_iter().filter(|id| unsynced.contains(id)).collect();
            // Nobody listens once the driver has gone; there is nobody to tell then.
            let _ =
                self.passed.send(Passed { number, failure: failure.map(ToString::to_string), removed: 0, unsynced });
        }
    }
}

fn take(
    pending: &mut BTreeMap<TransferId, Pending>,
    unsynced: &mut BTreeSet<TransferId>,
    facts: Vec<Fact>,
    file: Option<&Written>,
    now: Duration,
) {
    for fact in facts {
        let id = fact.id();
        let one = pending.entry(id).or_default();
        one.since.get_or_insert(now);
        match &fact {
            Fact::PartDone { part, .. } => {
                one.parts += 1;
                one.bytes += part.size_bytes;
                one.file = file.cloned().or(one.file.take());
            }
            // It begins anew, or goes on with only what is recorded: the old failure is behind it.
            Fact::Restarted { .. } | Fact::StateSet { state: State::Waiting, .. } | Fact::Cancelled { .. }
                if unsynced.remove(&id) =>
            {
                // What still waits to be recorded was written before the failure.
                one.facts.retain(|fact| !matches!(fact, Fact::PartDone { .. }));
            }
            // While nothing can be written, only the newest is kept.
            Fact::Timeline { .. } => one.facts.retain(|fact| !matches!(fact, Fact::Timeline { .. })),
            _ => {}
        }
        one.facts.push(fact);
    }
}
