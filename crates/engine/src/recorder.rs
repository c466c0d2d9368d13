//! The recorder: the one that writes to the ledger, in order and in groups.
//!
//! Facts arrive in order. A group is written when somebody waits for it, when it is old enough or large enough: parts
//! of uploads and copies after 200 ms or 16 of them, parts of downloads after 2 s or 32 MiB, since each group of those
//! costs a sync of the file (**data-then-record**: the file first, then the ledger). Parts of relayed copies are written
//! at once, since nothing here could prove them again. Facts of one transfer never overtake each other; a transfer's
//! pending parts go with whatever else of it is written.
//!
//! A sync of a slow disk takes seconds. Only what speaks of its file waits for it: `recorder/syncing.rs`.
//!
//! What cannot be written stays pending and is tried again; who waits for it is told that it is not durable. A file
//! that could not be synced takes its transfer down with it: the system reports such an error only once, so a later
//! sync that succeeds proves nothing.
//!
//! The cost of losing a group to a power cut is sending those parts again, no more.

mod pending;
mod syncing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use self::pending::{Pending, Rests, take};
use self::syncing::{Synced, Syncing};
use crate::at_risk::AtRisk;
use crate::clock::Clock;
use crate::disk::{Disk, RandomFile, off_thread};
use crate::fact::{Bulk, Fact};
use crate::ledger::{Ledger, LedgerError};
use crate::rules::{Rule, Rules};
use crate::transfer::TransferId;

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
    /// These go on with nothing but what is recorded: what could not be synced of them is behind them.
    Loaded { ids: Vec<TransferId> },
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
            Self::Loaded { ids } => f.debug_tuple("Loaded").field(ids).finish(),
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
    /// Those of its transfers whose file could not be synced since they were last read from the ledger.
    pub(crate) unsynced: Vec<TransferId>,
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

/// Transfers that somebody waits for, and the number of his question.
type Barrier = (Vec<TransferId>, u64);

/// What is taken in one turn.
#[derive(Default)]
struct Turn {
    added: Vec<Fact>,
    barriers: Vec<Barrier>,
    /// Written after everything else of the turn.
    bulks: Vec<(Bulk, u64)>,
    /// Whether everything is to be written, and whether that is the end.
    flush: bool,
    closing: bool,
}

/// What the recorder keeps between turns.
#[derive(Default)]
struct Book {
    pending: BTreeMap<TransferId, Pending>,
    rests: Rests,
    /// Transfers whose file could not be synced since they were last read from the ledger: those who go on without that
    /// still count parts that are not on the disk.
    unsynced: BTreeSet<TransferId>,
    /// What stays in line until a sync has ended, or until the next turn. What comes later must not overtake it.
    line: VecDeque<Note>,
    syncing: Option<Syncing>,
    not_before: Duration,
}

impl Book {
    /// When something has to be written. What needs a sync waits for the one that runs.
    fn due_at(&self) -> Option<Duration> {
        let may_sync = self.syncing.is_none();
        let due = self.pending.values().filter(|one| may_sync || one.file.is_none()).filter_map(Pending::due_at);
        due.chain(self.rests.due_at()).min().map(|due| due.max(self.not_before))
    }

    /// Whether something waits that cannot be written without a sync.
    fn needs_sync(&self) -> bool {
        self.pending.values().any(|one| one.file.is_some())
    }

    /// Takes notes in, in order, as far as a sync does not hold them up.
    fn take(&mut self, mut notes: VecDeque<Note>, now: Duration) -> Turn {
        let mut turn = Turn::default();
        while let Some(note) = notes.pop_front() {
            let (taken, held) = match &mut self.syncing {
                Some(syncing) => syncing.sort(note, &self.pending),
                None => (Some(note), None),
            };
            self.line.extend(held);
            let Some(note) = taken else { continue };
            match note {
                Note::Facts { facts, file } => take(&mut self.pending, &mut self.unsynced, facts, file.as_ref(), now),
                Note::AtOnce { fact, at_risk } => {
                    let id = fact.id();
                    take(&mut self.pending, &mut self.unsynced, vec![fact], None, now);
                    if let Some(one) = self.pending.get_mut(&id) {
                        one.at_once = Some(at_risk);
                    }
                }
                Note::Added { facts, ids, number } => {
                    turn.added.extend(facts);
                    turn.barriers.push((ids, number));
                }
                Note::Barrier { ids, number } => turn.barriers.push((ids, number)),
                Note::Rested { ids, number } => self.rests.add(ids, number, now),
                Note::Loaded { ids } => ids.iter().for_each(|id| {
                    self.unsynced.remove(id);
                }),
                // History that expires is of transfers of which nothing is pending: it has no place in the order.
                Note::Bulk { bulk: bulk @ Bulk::Expired { .. }, number } => turn.bulks.push((bulk, number)),
                // Everything before it is written first; if that takes a sync, it comes up again after it.
                Note::Bulk { .. } | Note::Close if self.needs_sync() => {
                    turn.flush = true;
                    notes.push_front(note);
                    break;
                }
                Note::Bulk { bulk, number } => {
                    turn.bulks.push((bulk, number));
                    turn.flush = true;
                    break;
                }
                Note::Close => {
                    (turn.closing, turn.flush) = (true, true);
                    break;
                }
            }
        }
        self.line.extend(notes);
        turn
    }

    /// The barriers of those that rest whose time has come.
    fn rested(&mut self, turn: &Turn, now: Duration) -> Vec<Barrier> {
        let is_due = self.rests.due_at().is_some_and(|at| at.max(self.not_before) <= now);
        if !turn.flush && turn.bulks.is_empty() && turn.barriers.is_empty() && !is_due {
            return Vec::new();
        }
        let rested = self.rests.take(|_| true);
        let Some(syncing) = &self.syncing else { return rested };
        let (held, free): (Vec<_>, Vec<_>) =
            rested.into_iter().partition(|(ids, _)| syncing.holds_up(ids, &self.pending));
        self.line.extend(held.into_iter().map(|(ids, number)| Note::Rested { ids, number }));
        free
    }
}

impl Recorder {
    /// Runs until it is told to close or nobody can tell it anything any more.
    pub(crate) async fn run(mut self) {
        let mut book = Book::default();
        let mut batch = Vec::new();
        let mut is_open = true;
        loop {
            let wait = book.due_at().map(|due| due.saturating_sub(self.clock.now()));
            let may_go_on = book.syncing.is_none() && !book.line.is_empty();
            let mut synced = None;
            tokio::select! {
                biased;
                ended = async { match &mut book.syncing { Some(syncing) => syncing.ended().await, None => std::future::pending().await } } => synced = Some(ended),
                () = std::future::ready(()), if may_go_on => {}
                count = self.notes.recv_many(&mut batch, 4096), if is_open => if count == 0 {
                    is_open = false;
                    batch.push(Note::Close);
                },
                () = async { match wait { Some(wait) => self.clock.sleep(wait).await, None => std::future::pending().await } } => {}
            }
            let now = self.clock.now();
            if let Some(synced) = synced
                && let Some(syncing) = book.syncing.take()
            {
                self.synced(synced, syncing, &mut book, now).await;
                continue;
            }
            let mut notes: VecDeque<Note> = batch.drain(..).collect();
            if book.syncing.is_none() {
                let mut line = std::mem::take(&mut book.line);
                line.append(&mut notes);
                notes = line;
            }
            let mut turn = book.take(notes, now);
            let rested = book.rested(&turn, now);
            turn.barriers.extend(rested);
            if self.write_turn(turn, &mut book, now).await {
                return;
            }
        }
    }

    /// Writes what is due or asked for, and begins to sync what has to be before. Returns whether that was the end.
    async fn write_turn(&self, turn: Turn, book: &mut Book, now: Duration) -> bool {
        let Turn { added, barriers, bulks, flush, closing } = turn;
        let (may_sync, not_before) = (book.syncing.is_none(), book.not_before);
        let asked: BTreeSet<TransferId> = barriers.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
        let is_due = |one: &Pending| one.due_at().is_some_and(|at| at.max(not_before) <= now);
        let wanted = |id: &TransferId, one: &Pending| {
            (may_sync || one.file.is_none()) && (flush || asked.contains(id) || is_due(one))
        };
        let group: BTreeMap<TransferId, Pending> = book.pending.extract_if(.., |id, one| wanted(id, one)).collect();
        let (slow, quick): (BTreeMap<_, _>, BTreeMap<_, _>) =
            group.into_iter().partition(|(_, one)| one.file.is_some());
        let waits = |ids: &[TransferId]| ids.iter().any(|id| slow.contains_key(id));
        // What had to be left in a line behind a bulk, so that nothing may overtake it while that waits for a sync.
        let line_stands = may_sync && !book.line.is_empty();
        // A part that came behind the question, in the same batch, needs the sync after the one that runs.
        let (held, barriers): (Vec<_>, Vec<_>) =
            barriers.into_iter().partition(|(ids, _)| ids.iter().any(|id| book.pending.contains_key(id)));
        let (later, mut first): (Vec<_>, Vec<_>) = barriers.into_iter().partition(|(ids, _)| waits(ids));
        let failure = self.write(added, quick, &mut book.pending, now).await;
        if failure.is_some() {
            book.not_before = self.clock.now() + AFTER_FAILURE;
            first.extend(held);
        } else {
            book.line.extend(held.into_iter().map(|(ids, number)| Note::Barrier { ids, number }));
        }
        self.answer(first, failure.as_ref(), &book.unsynced);
        for (bulk, number) in bulks {
            let mut removed = 0;
            let told = match &failure {
                Some(error) => Some(error.to_string()),
                None => {
                    let ledger = self.ledger.clone();
                    match off_thread(&self.disk, move |_| ledger.append_bulk(bulk)).await {
                        Ok(rows) => {
                            removed = rows;
                            None
                        }
                        Err(error) => Some(error.to_string()),
                    }
                }
            };
            // Nobody listens once the driver has gone.
            let _ = self.passed.send(Passed { number, failure: told, removed, unsynced: Vec::new() });
        }
        if !slow.is_empty() {
            // What rests with one of them is told when all of it is written.
            let rests = book.rests.take(waits);
            book.line.extend(rests.into_iter().map(|(ids, number)| Note::Rested { ids, number }));
            let mut syncing = Syncing::begin(&self.disk, slow, self.rules.hold(Rule::SyncBeforeRecord));
            (syncing.barriers, syncing.failure, syncing.blocks_all) = (later, failure, line_stands);
            book.syncing = Some(syncing);
        }
        closing
    }

    /// Files have been synced: what they were synced for is written. Parts whose bytes may not be there are not claimed.
    async fn synced(&self, synced: Vec<Synced>, syncing: Syncing, book: &mut Book, now: Duration) {
        let mut group = BTreeMap::new();
        for (id, mut one, outcome) in synced {
            if let Err(error) = outcome {
                tracing::warn!(transfer = %id, %error, "a temp file could not be synced");
                book.unsynced.insert(id);
            }
            // A later sync that succeeds says nothing of bytes that an earlier one has dropped.
            if book.unsynced.contains(&id) {
                one.facts.retain(|fact| !matches!(fact, Fact::PartDone { .. }));
            }
            group.insert(id, one);
        }
        let failure = self.write(Vec::new(), group, &mut book.pending, now).await;
        if failure.is_some() {
            book.not_before = self.clock.now() + AFTER_FAILURE;
        }
        let failure = failure.or(syncing.failure);
        self.answer(syncing.barriers, failure.as_ref(), &book.unsynced);
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

    fn answer(&self, barriers: Vec<Barrier>, failure: Option<&LedgerError>, unsynced: &BTreeSet<TransferId>) {
        for (ids, number) in barriers {
            let unsynced = ids.into_iter().filter(|id| unsynced.contains(id)).collect();
            // Nobody listens once the driver has gone; there is nobody to tell then.
            let _ =
                self.passed.send(Passed { number, failure: failure.map(ToString::to_string), removed: 0, unsynced });
        }
    }
}
