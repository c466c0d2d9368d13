//! Files that are being synced, which on a slow disk takes seconds.
//!
//! Nothing else waits for them: what is told meanwhile of other transfers is taken and written. What is told of theirs,
//! and whatever may only be written behind it, stays in line until they are done, so that facts of one transfer never
//! overtake each other.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join_all;

use super::pending::Pending;
use super::{Note, Written};
use crate::disk::{Disk, off_thread};
use crate::fact::{Bulk, Fact};
use crate::ledger::LedgerError;
use crate::transfer::TransferId;

/// Facts of one transfer and how the sync of its file went.
pub(super) type Synced = (TransferId, Pending, io::Result<()>);

/// A group whose files are being synced.
pub(super) struct Syncing {
    ended: Pin<Box<dyn Future<Output = Vec<Synced>> + Send>>,
    /// Transfers of which nothing is taken until then.
    blocked: BTreeSet<TransferId>,
    /// Whether nothing at all is: something stands in line that speaks of all transfers.
    pub(super) blocks_all: bool,
    /// What is answered then.
    pub(super) barriers: Vec<(Vec<TransferId>, u64)>,
    /// Why not all that they asked for is written, if it is not.
    pub(super) failure: Option<LedgerError>,
}

impl Syncing {
    /// Begins to sync the files of a group, all at a time; with `is_kept` off, only says so.
    pub(super) fn begin(disk: &Arc<dyn Disk>, group: BTreeMap<TransferId, Pending>, is_kept: bool) -> Self {
        let blocked = group.keys().copied().collect();
        let disk = disk.clone();
        let ended = async move {
            let disk = &disk;
            join_all(group.into_iter().map(|(id, mut one)| async move {
                let synced = match one.file.take() {
                    Some(Written { file, at_risk }) => {
                        let synced = if is_kept { off_thread(disk, move |_| file.sync()).await } else { Ok(()) };
                        // Also those that could not be synced: they are not recorded, and moved again.
                        at_risk.settled(one.bytes);
                        synced
                    }
                    None => Ok(()),
                };
                (id, one, synced)
            }))
            .await
        };
        Self { ended: Box::pin(ended), blocked, blocks_all: false, barriers: Vec::new(), failure: None }
    }

    /// Waits for its end.
    ///
    /// # Cancellation
    /// May be dropped and called again.
    pub(super) async fn ended(&mut self) -> Vec<Synced> {
        self.ended.as_mut().await
    }

    /// Whether something of these transfers has to stay in line, with what is `pending`.
    pub(super) fn holds_up(&self, ids: &[TransferId], pending: &BTreeMap<TransferId, Pending>) -> bool {
        let has_file = |id: &TransferId| pending.get(id).is_some_and(|one| one.file.is_some());
        ids.iter().any(|id| self.blocked.contains(id) || has_file(id))
    }

    /// What of a note may be taken now, and what stays in line.
    pub(super) fn sort(&mut self, note: Note, pending: &BTreeMap<TransferId, Pending>) -> (Option<Note>, Option<Note>) {
        if self.blocks_all {
            return (None, Some(note));
        }
        match note {
            Note::Facts { facts, file } => {
                let (held, free): (Vec<Fact>, Vec<Fact>) =
                    facts.into_iter().partition(|fact| self.blocked.contains(&fact.id()));
                let note = |facts: Vec<Fact>| (!facts.is_empty()).then(|| Note::Facts { facts, file: file.clone() });
                (note(free), note(held))
            }
            Note::AtOnce { ref fact, .. } if self.blocked.contains(&fact.id()) => (None, Some(note)),
            // What is told of the new ones later has to come behind this.
            Note::Added { ref facts, ref ids, .. } if self.holds_up(ids, pending) => {
                self.blocked.extend(facts.iter().map(Fact::id));
                (None, Some(note))
            }
            Note::Barrier { ref ids, .. } | Note::Rested { ref ids, .. } if self.holds_up(ids, pending) => {
                (None, Some(note))
            }
            // History that expires is of transfers of which nothing is pending.
            Note::Bulk { bulk: Bulk::Expired { .. }, .. } => (Some(note), None),
            Note::Bulk { .. } | Note::Close => {
                self.blocks_all = true;
                (None, Some(note))
            }
            note => (Some(note), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use store::{ObjectRef, PartNumber};
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::at_risk::AtRisk;
    use crate::checkpoint::PartRecord;
    use crate::clock::{Clock, SystemClock};
    use crate::disk::{FileFacts, LocalDisk, RandomFile};
    use crate::fact::Added;
    use crate::ledger::{Ledger as _, SqliteLedger};
    use crate::recorder::{Passed, Recorder};
    use crate::rules::Rules;
    use crate::transfer::{End, Intent, State, StoreId, TransferOptions, TransferSpec};

    /// A file on a disk that takes its time.
    #[derive(Debug, Default)]
    struct SlowFile {
        is_broken: bool,
        has_begun: Notify,
        is_synced: Mutex<bool>,
        changed: Condvar,
    }

    impl SlowFile {
        async fn begins(&self) {
            self.has_begun.notified().await;
        }

        fn ends(&self) {
            *self.is_synced.lock().unwrap() = true;
            self.changed.notify_all();
        }
    }

    impl RandomFile for SlowFile {
        fn facts(&self) -> io::Result<FileFacts> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn read_exact_at(&self, _: &mut [u8], _: u64) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn write_all_at(&self, _: &[u8], _: u64) -> io::Result<()> {
            Ok(())
        }
        fn reserve(&self, _: u64) -> io::Result<()> {
            Ok(())
        }
        fn sync(&self) -> io::Result<()> {
            self.has_begun.notify_one();
            let synced = self.is_synced.lock().unwrap();
            // Bounded, so that a test that fails also ends.
            drop(self.changed.wait_timeout_while(synced, Duration::from_secs(10), |synced| !*synced).unwrap());
            if self.is_broken { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    fn added(id: u64) -> Fact {
        let target = End::object(StoreId("s".into()), ObjectRef::new("bucket", "key"));
        let spec = TransferSpec { source: End::file("/source"), target, options: TransferOptions::default() };
        let order = i64::try_from(id).unwrap();
        Fact::Added(Box::new(Added {
            id: TransferId(id),
            order,
            spec,
            expected_bytes: None,
            intent: Intent::Run,
            added_ms: 0,
        }))
    }

    fn part(id: u64, number: u32) -> Fact {
        let number = PartNumber::new(number).unwrap();
        let part = PartRecord { number, size_bytes: 64 << 20, crc64: None, etag: None, confirmed: false };
        Fact::PartDone { id: TransferId(id), part, at_ms: 0 }
    }

    /// A recorder that knows three transfers, with what it is told and what it answers.
    struct Desk {
        ledger: Arc<SqliteLedger>,
        notes: mpsc::UnboundedSender<Note>,
        passed: mpsc::UnboundedReceiver<Passed>,
        running: tokio::task::JoinSet<()>,
        _folder: tempfile::TempDir,
    }

    impl Desk {
        async fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db"), 0).unwrap().0);
            let (notes, told) = mpsc::unbounded_channel();
            let (answers, passed) = mpsc::unbounded_channel();
            let recorder = Recorder {
                notes: told,
                passed: answers,
                ledger: ledger.clone(),
                disk: Arc::new(LocalDisk),
                clock: Arc::new(SystemClock::new()),
                rules: Rules::default(),
            };
            let mut running = tokio::task::JoinSet::new();
            running.spawn(recorder.run());
            let mut desk = Self { ledger, notes, passed, running, _folder: folder };
            desk.tell(Note::Added { facts: (1..=3).map(added).collect(), ids: Vec::new(), number: 1 });
            assert_eq!(desk.next().await, 1);
            desk
        }

        fn tell(&self, note: Note) {
            self.notes.send(note).unwrap();
        }

        async fn answer(&mut self) -> Passed {
            tokio::time::timeout(Duration::from_secs(20), self.passed.recv()).await.unwrap().unwrap()
        }

        async fn next(&mut self) -> u64 {
            let passed = self.answer().await;
            assert_eq!((passed.failure, passed.unsynced), (None, Vec::new()));
            passed.number
        }

        async fn is_silent(&mut self) {
            SystemClock::new().sleep(Duration::from_millis(100)).await;
            assert!(self.passed.try_recv().is_err(), "the rest waits");
        }

        fn wish(&self, id: u64) -> Intent {
            self.ledger.records().load(TransferId(id)).unwrap().unwrap().intent
        }
    }

    fn barrier(id: u64, number: u64) -> Note {
        Note::Barrier { ids: vec![TransferId(id)], number }
    }

    fn facts(facts: Vec<Fact>) -> Note {
        Note::Facts { facts, file: None }
    }

    fn intent(id: u64, intent: Intent) -> Fact {
        Fact::IntentSet { id: TransferId(id), intent }
    }

    fn written(file: &Arc<SlowFile>, facts: Vec<Fact>) -> Note {
        Note::Facts { facts, file: Some(Written { file: file.clone(), at_risk: Arc::default() }) }
    }

    /// What is said of all begins the sync itself, since something waits for one.
    #[tokio::test]
    async fn nothing_overtakes_what_is_said_of_all_and_waits_for_its_sync() {
        let (mut desk, file) = (Desk::open().await, Arc::new(SlowFile::default()));
        let other = Arc::new(SlowFile::default());
        other.ends();
        desk.tell(written(&file, vec![part(1, 1)]));
        desk.tell(Note::Bulk { bulk: Bulk::AllSet { intent: Intent::Pause }, number: 2 });
        file.begins().await;
        desk.tell(facts(vec![intent(2, Intent::Run)]));
        desk.tell(barrier(2, 3));
        desk.tell(Note::Added { facts: vec![added(4)], ids: Vec::new(), number: 4 });
        // Also a part of another download: one sync is enough for what is said of all.
        desk.tell(written(&other, vec![part(3, 1)]));
        desk.is_silent().await;
        file.ends();
        assert_eq!([desk.next().await, desk.next().await, desk.next().await], [2, 3, 4]);
        let wishes = [1, 2, 3, 4].map(|id| desk.wish(id));
        assert_eq!(wishes, [Intent::Pause, Intent::Run, Intent::Pause, Intent::Run]);
    }

    #[tokio::test]
    async fn what_expires_holds_up_nothing_behind_it() {
        let (mut desk, file) = (Desk::open().await, Arc::new(SlowFile::default()));
        desk.tell(written(&file, vec![part(1, 1)]));
        desk.tell(barrier(1, 2));
        file.begins().await;
        desk.tell(Note::Bulk { bulk: Bulk::Expired { before_ms: 0 }, number: 3 });
        desk.tell(facts(vec![intent(2, Intent::Pause)]));
        SystemClock::new().sleep(Duration::from_millis(50)).await;
        desk.tell(barrier(2, 4));
        assert_eq!([desk.next().await, desk.next().await], [3, 4]);
        assert_eq!(desk.wish(2), Intent::Pause);
        file.ends();
        assert_eq!(desk.next().await, 2);
    }

    /// All three come in one batch, while another file is being synced.
    #[tokio::test]
    async fn what_is_asked_of_a_transfer_is_not_answered_because_a_part_came_behind_it() {
        let (mut desk, file) = (Desk::open().await, Arc::new(SlowFile::default()));
        desk.tell(written(&file, vec![part(1, 1)]));
        desk.tell(barrier(1, 2));
        file.begins().await;
        let other = Arc::new(SlowFile::default());
        other.ends();
        desk.tell(facts(vec![intent(2, Intent::Pause)]));
        desk.tell(barrier(2, 3));
        desk.tell(written(&other, vec![part(2, 1)]));
        desk.is_silent().await;
        assert_eq!(desk.wish(2), Intent::Run);
        file.ends();
        assert_eq!([desk.next().await, desk.next().await], [2, 3]);
        assert_eq!(desk.wish(2), Intent::Pause);
    }

    /// Paused and resumed while it runs, the transfer still counts the parts that the disk has not.
    #[tokio::test]
    async fn a_failed_sync_is_told_until_the_transfer_is_read_from_the_ledger() {
        let mut desk = Desk::open().await;
        let file = Arc::new(SlowFile { is_broken: true, ..SlowFile::default() });
        let sound = Arc::new(SlowFile::default());
        sound.ends();
        desk.tell(written(&file, vec![part(1, 1)]));
        file.begins().await;
        let state = |state| Fact::StateSet { id: TransferId(1), state, stats: None };
        desk.tell(facts(vec![state(State::Paused)]));
        desk.tell(Note::Rested { ids: vec![TransferId(1)], number: 2 });
        desk.tell(facts(vec![state(State::Waiting)]));
        desk.tell(written(&sound, vec![part(1, 2)]));
        desk.tell(barrier(1, 3));
        file.ends();
        let mut told = Vec::new();
        for _ in 0..2 {
            let passed = desk.answer().await;
            told.push((passed.number, passed.failure, passed.unsynced));
        }
        told.sort();
        assert_eq!(told, [2, 3].map(|number| (number, None, vec![TransferId(1)])));
        assert!(desk.ledger.records().load(TransferId(1)).unwrap().unwrap().parts.is_empty());
        desk.tell(Note::Loaded { ids: vec![TransferId(1)] });
        desk.tell(barrier(1, 4));
        assert_eq!(desk.next().await, 4);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slow_sync_holds_up_nothing_but_what_speaks_of_its_file() {
        let (mut desk, file) = (Desk::open().await, Arc::new(SlowFile::default()));
        let at_risk = Arc::new(AtRisk::default());
        let written = Written { file: file.clone(), at_risk: at_risk.clone() };
        desk.tell(Note::Facts { facts: vec![part(1, 1)], file: Some(written) });
        desk.tell(barrier(1, 2));
        // Of one note, what is of the slow one stays and the rest does not.
        desk.tell(facts(vec![intent(1, Intent::Pause), intent(2, Intent::Pause)]));
        desk.tell(barrier(2, 3));
        assert_eq!(desk.next().await, 3, "another is not held up");
        assert_eq!((desk.wish(1), desk.wish(2)), (Intent::Run, Intent::Pause));
        // One that is added together with a wish about it waits, and so does what is told of it after that.
        desk.tell(Note::Added { facts: vec![added(4)], ids: vec![TransferId(4), TransferId(1)], number: 4 });
        desk.tell(facts(vec![intent(4, Intent::Cancel)]));
        let relayed = Arc::new(AtRisk::default());
        relayed.arrived(64 << 20);
        desk.tell(Note::AtOnce { fact: part(3, 1), at_risk: relayed.clone() });
        relayed.room_for(1, 0).await;
        // What is said of all is written behind what was said of one before, and what comes after it stays behind it.
        desk.tell(Note::Bulk { bulk: Bulk::AllSet { intent: Intent::Pause }, number: 5 });
        desk.tell(facts(vec![intent(2, Intent::Run)]));
        desk.tell(barrier(2, 6));
        desk.tell(Note::Close);
        desk.is_silent().await;
        assert_eq!(desk.wish(2), Intent::Pause);

        file.ends();
        let mut order = Vec::new();
        for _ in 0..4 {
            order.push(desk.next().await);
        }
        assert_eq!(order, [2, 4, 5, 6]);
        desk.running.join_next().await.unwrap().unwrap();
        assert_eq!([1, 2, 3, 4].map(|id| desk.wish(id)), [Intent::Pause, Intent::Run, Intent::Pause, Intent::Cancel]);
        at_risk.room_for(1, 0).await;
    }
}
