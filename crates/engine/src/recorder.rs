//! The recorder: the one that writes to the ledger, in order and in groups.
//!
//! Facts arrive in order. A group is written when somebody waits for it, when it is old enough or large enough: parts
//! of uploads and copies after 200 ms or 16 of them, parts of downloads after 2 s or 64 MiB, since each group of those
//! costs a sync of the file (**data-then-record**: the file first, then the ledger). Facts of one transfer never
//! overtake each other; a transfer's pending parts go with whatever else of it is written.
//!
//! The cost of losing a group to a power cut is sending those parts again, no more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::disk::{Disk, RandomFile, off_thread};
use crate::fact::Fact;
use crate::ledger::{Ledger, LedgerError};
use crate::transfer::TransferId;

const PARTS_MAX: usize = 16;
const PARTS_AGE: Duration = Duration::from_millis(200);
const UNSYNCED_BYTES_MAX: u64 = 64 << 20;
const UNSYNCED_AGE: Duration = Duration::from_secs(2);

/// What the recorder is told.
pub(crate) enum Note {
    /// Facts to write, with the file whose bytes they speak of, if any.
    Facts { facts: Vec<Fact>, file: Option<Arc<dyn RandomFile>> },
    /// Write everything about these transfers, then answer with this number.
    Barrier { ids: Vec<TransferId>, number: u64 },
    /// Write everything, then end.
    Close,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Facts { facts, .. } => f.debug_tuple("Facts").field(&facts.len()).finish(),
            Self::Barrier { ids, number } => f.debug_tuple("Barrier").field(ids).field(number).finish(),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// Answer to a barrier: which one, and why nothing could be written.
pub(crate) type Passed = (u64, Option<String>);

#[derive(Default)]
struct Pending {
    facts: Vec<Fact>,
    file: Option<Arc<dyn RandomFile>>,
    parts: usize,
    bytes: u64,
    since: Option<Duration>,
}

impl Pending {
    fn due_at(&self) -> Option<Duration> {
        let since = self.since?;
        let full = match &self.file {
            Some(_) => self.bytes >= UNSYNCED_BYTES_MAX,
            None => self.parts >= PARTS_MAX,
        };
        let age = if self.file.is_some() { UNSYNCED_AGE } else { PARTS_AGE };
        Some(if full { since } else { since + age })
    }
}

/// Runs until it is told to close or nobody can tell it anything any more.
pub(crate) async fn run(
    mut notes: mpsc::UnboundedReceiver<Note>,
    passed: mpsc::UnboundedSender<Passed>,
    ledger: Arc<dyn Ledger>,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
) {
    let mut pending: BTreeMap<TransferId, Pending> = BTreeMap::new();
    let mut batch = Vec::new();
    loop {
        let due = pending.values().filter_map(Pending::due_at).min();
        let wait = due.map(|due| due.saturating_sub(clock.now()));
        let received = tokio::select! {
            biased;
            count = notes.recv_many(&mut batch, 4096) => count,
            () = async { match wait { Some(wait) => clock.sleep(wait).await, None => std::future::pending().await } } => 0,
        };
        let timed_out = received == 0 && wait.is_some() && !notes.is_closed();
        let mut closing = received == 0 && !timed_out;
        let now = clock.now();
        let mut barriers = Vec::new();
        for note in batch.drain(..) {
            match note {
                Note::Facts { facts, file } => take(&mut pending, facts, file.as_ref(), now),
                Note::Barrier { ids, number } => barriers.push((ids, number)),
                Note::Close => closing = true,
            }
        }
        let asked = |id: &TransferId| barriers.iter().any(|(ids, _)| ids.contains(id));
        let mut group: Vec<(TransferId, Pending)> = pending
            .extract_if(.., |id, one| closing || asked(id) || one.due_at().is_some_and(|due| due <= now))
            .collect();
        let error = write(&mut group, &ledger, &disk).await.err();
        if let Some(error) = &error {
            tracing::error!(%error, "facts could not be written");
        }
        for (_, number) in barriers {
            // Nobody listens once the driver has gone; there is nobody to tell then.
            let _ = passed.send((number, error.as_ref().map(ToString::to_string)));
        }
        if closing {
            return;
        }
    }
}

fn take(
    pending: &mut BTreeMap<TransferId, Pending>,
    facts: Vec<Fact>,
    file: Option<&Arc<dyn RandomFile>>,
    now: Duration,
) {
    for fact in facts {
        let one = pending.entry(fact.id()).or_default();
        one.since.get_or_insert(now);
        if let Fact::PartDone { part, .. } = &fact {
            one.parts += 1;
            one.bytes += part.size_bytes;
            one.file = file.cloned().or(one.file.take());
        }
        one.facts.push(fact);
    }
}

async fn write(
    group: &mut [(TransferId, Pending)],
    ledger: &Arc<dyn Ledger>,
    disk: &Arc<dyn Disk>,
) -> Result<(), LedgerError> {
    let mut facts = Vec::new();
    for (id, one) in group.iter_mut() {
        let synced = match one.file.take() {
            Some(file) => off_thread(disk, move |_| file.sync()).await,
            None => Ok(()),
        };
        match synced {
            Ok(()) => facts.append(&mut one.facts),
            Err(error) => {
                // The bytes may not be there: do not claim them. They are fetched again after a restart.
                tracing::warn!(transfer = %id, %error, "a temp file could not be synced");
                facts.extend(one.facts.drain(..).filter(|fact| !matches!(fact, Fact::PartDone { .. })));
            }
        }
    }
    if facts.is_empty() {
        return Ok(());
    }
    let ledger = ledger.clone();
    off_thread(disk, move |_| ledger.append(&facts)).await
}
