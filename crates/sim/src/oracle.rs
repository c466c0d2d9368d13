//! The judge: reads every durable fact and every request, and knows what must never be.
//!
//! It is told of nothing that the engine believes; it compares what the engine writes down with what the disk and the
//! store really hold at that moment.

mod dismissals;
mod end;
mod limits;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{
    Checkpoint, EVENTS_MAX, End, Fact, PartRecord, STEPS_MAX, Session, State, TransferId, TransferSpec, Transferred,
};
use store::{Crc64, ETag, MemoryStore, ObjectRef, PartNumber, UploadId, UploadRef};

use self::limits::Speeds;
pub(crate) use self::limits::{Wanted, Way, kind_of_hour};
use crate::disk::SimDisk;

/// What is durable of one transfer.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) spec: TransferSpec,
    pub(crate) order: i64,
    pub(crate) state: State,
    pub(crate) cancelled: bool,
    /// Until when it can be taken back, and what it was.
    pub(crate) dismissed: Option<(i64, State)>,
    /// A cancel that has failed is given up.
    gives_up_cancel: bool,
    checkpoint: Option<Checkpoint>,
    pub(crate) session: Option<Session>,
    /// Every upload that it was ever told of.
    uploads: BTreeSet<UploadId>,
    pub(crate) temp_paths: Vec<PathBuf>,
    parts: BTreeMap<PartNumber, PartRecord>,
    pub(crate) result: Option<Transferred>,
}

#[derive(Debug, Default)]
struct Book {
    known: BTreeMap<TransferId, Known>,
    removed: BTreeSet<TransferId>,
    owners: BTreeMap<UploadId, TransferId>,
    /// Everything that a source has ever been, by the name of the end.
    contents: BTreeMap<String, Vec<Vec<u8>>>,
    /// Objects that somebody else put at a target.
    foreign: BTreeMap<String, (ObjectRef, Vec<u8>)>,
    /// Uploads that somebody else began.
    foreign_uploads: BTreeSet<UploadId>,
    /// Uploads of which the ledger says that the store did not let go.
    left_behind: BTreeSet<UploadId>,
    /// Cancels that failed and were given up: what they could not remove may be there.
    given_up: Vec<Known>,
    /// Uploads that were opened by a request whose sender had gone.
    late: BTreeSet<UploadId>,
    /// Transfers whose commit has succeeded at the store, with what it published.
    published: BTreeMap<TransferId, Vec<u8>>,
    in_flight: BTreeMap<UploadId, usize>,
    /// Transfers whose pause has been promised.
    paused: BTreeSet<TransferId>,
    progress: BTreeMap<TransferId, u64>,
    speeds: Speeds,
    violations: Vec<String>,
    trace: Vec<String>,
}

/// The judge. Clones share one book.
#[derive(Clone)]
pub(crate) struct Oracle {
    book: Arc<Mutex<Book>>,
    disk: SimDisk,
    store: Arc<MemoryStore>,
    checksums: bool,
}

impl fmt::Debug for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Oracle")
    }
}

/// A part on its way; dropping it ends the flight.
pub(crate) struct Flight {
    oracle: Oracle,
    upload_id: UploadId,
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(count) = self.oracle.book().in_flight.get_mut(&self.upload_id) {
            *count -= 1;
        }
    }
}

impl Oracle {
    pub(crate) fn new(disk: SimDisk, store: Arc<MemoryStore>, checksums: bool) -> Self {
        Self { book: Arc::default(), disk, store, checksums }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line of the trace.
    pub(crate) fn note(&self, line: String) {
        self.book().trace.push(line);
    }

    /// Something that must never be.
    pub(crate) fn accuse(&self, what: String) {
        let mut book = self.book();
        book.trace.push(format!("VIOLATION {what}"));
        book.violations.push(what);
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        for what in self.disk.accusations() {
            self.accuse(what);
        }
        self.book().violations.clone()
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.book().trace.clone()
    }

    /// The source at `end` is this from now on.
    pub(crate) fn source_is(&self, end: &End, bytes: Vec<u8>) {
        self.book().contents.entry(end.to_string()).or_default().push(bytes);
    }

    /// Somebody else put an object where a transfer wants to write, and it must stay.
    pub(crate) fn foreign(&self, object: &ObjectRef, bytes: Vec<u8>) {
        self.book().foreign.insert(object.to_string(), (object.clone(), bytes));
    }

    /// Somebody else began an upload.
    pub(crate) fn foreign_upload(&self, upload_id: UploadId) {
        self.book().foreign_uploads.insert(upload_id);
    }

    /// A pause has been promised, or is over.
    pub(crate) fn paused(&self, id: TransferId, paused: bool) {
        let mut book = self.book();
        if paused {
            book.paused.insert(id);
        } else {
            book.paused.remove(&id);
        }
    }

    pub(crate) fn all_paused(&self, paused: bool) {
        let mut book = self.book();
        let open = book.known.iter().filter(|(_, known)| !known.state.is_final()).map(|(id, _)| *id).collect();
        book.paused = if paused { open } else { BTreeSet::new() };
    }

    /// A new run begins: nobody has been told anything yet, and nothing flies.
    pub(crate) fn begin_run(&self) {
        let mut book = self.book();
        book.progress.clear();
        book.in_flight.clear();
        book.speeds.begin_run();
    }

    pub(crate) fn known(&self) -> BTreeMap<TransferId, Known> {
        self.book().known.clone()
    }

    pub(crate) fn find(&self, spec: &TransferSpec) -> Option<TransferId> {
        let book = self.book();
        book.known.iter().find(|(_, known)| known.spec == *spec).map(|(id, _)| *id)
    }

    /// A fact is durable.
    pub(crate) fn durable(&self, fact: &Fact) {
        self.note(format!("durable {fact:?}"));
        if let Fact::Added(added) = fact {
            let known = Known {
                spec: added.spec.clone(),
                order: added.order,
                state: State::Waiting,
                cancelled: false,
                dismissed: None,
                gives_up_cancel: false,
                checkpoint: None,
                session: None,
                uploads: BTreeSet::new(),
                temp_paths: Vec::new(),
                parts: BTreeMap::new(),
                result: None,
            };
            self.book().known.insert(added.id, known);
            return;
        }
        let mut book = self.book();
        let Book { known, owners, removed, left_behind, given_up, .. } = &mut *book;
        let id = fact.id();
        let Some(one) = known.get_mut(&id) else {
            // A removal that could not be written at once comes true with the next wish.
            let comes_late = matches!(fact, Fact::Dismissed { .. }) && removed.contains(&id);
            drop(book);
            if comes_late {
                return;
            }
            return self.accuse(format!("a fact of an unknown transfer: {fact:?}"));
        };
        let over = one.state.is_final();
        match fact {
            Fact::Added(_) => {}
            Fact::IntentSet { intent, .. } => one.cancelled = *intent == engine::Intent::Cancel,
            Fact::StateSet { state, .. } => one.state = *state,
            Fact::Planned { checkpoint, .. } => {
                one.temp_paths.extend(checkpoint.temp_path.clone());
                one.checkpoint = Some(checkpoint.as_ref().clone());
            }
            // Obeyed or not is seen by the bytes.
            Fact::OwnLimitSet { .. } => {}
            Fact::BeginAttempted { .. } => {}
            Fact::Held { .. } => one.state = State::Paused,
            Fact::Reordered { order, .. } => one.order = *order,
            Fact::Begun { session, .. } => {
                if let Session::Upload { upload_id } = session {
                    one.uploads.insert(upload_id.clone());
                    owners.insert(upload_id.clone(), id);
                }
                one.session = Some(session.clone());
            }
            Fact::PartDone { part, .. } => {
                one.parts.insert(part.number, part.clone());
            }
            Fact::PartDropped { number, .. } => {
                one.parts.remove(number);
            }
            Fact::Restarted { .. } => {
                one.checkpoint = None;
                one.session = None;
                one.parts.clear();
            }
            Fact::LeftBehind { upload, .. } => {
                left_behind.insert(upload.upload_id.clone());
            }
            Fact::Failed { .. } => one.state = State::Failed,
            // What proves it is looked at below, as what is done is.
            Fact::Proved { result, .. } => one.result = Some(result.as_ref().clone()),
            Fact::Done { result, .. } => {
                one.state = State::Done;
                one.result = Some(result.as_ref().clone());
            }
            // It may say what it likes, if it is short.
            Fact::Timeline { timeline, .. } => {
                let fits = timeline.moved_bytes.len() <= STEPS_MAX && timeline.events.len() <= EVENTS_MAX;
                assert!(fits, "a timeline that grows: {timeline:?}");
            }
            Fact::Cancelled { .. } => one.state = State::Cancelled,
            Fact::Removed { .. } => {
                removed.insert(id);
            }
            Fact::OptionsSet { options, .. } => one.spec.options = options.as_ref().clone(),
            Fact::Dismissed { until_ms, .. } => {
                let cancel_failed = one.cancelled && one.state == State::Failed;
                if one.dismissed.is_none() && (over || !one.cancelled || cancel_failed) {
                    one.dismissed = Some((*until_ms, one.state));
                    one.gives_up_cancel = cancel_failed;
                    one.state = State::Dismissed;
                }
            }
            Fact::Recalled { .. } => {
                if let Some((_, state)) = one.dismissed {
                    one.state = state;
                }
            }
        }
        if matches!(fact, Fact::Removed { .. }) && one.gives_up_cancel {
            given_up.push(one.clone());
        }
        // That the time is over may be written later than what follows from it.
        let too_early =
            matches!((fact, one.dismissed), (Fact::Cancelled { at_ms, .. }, Some((until_ms, _))) if *at_ms < until_ms);
        if one.state != State::Dismissed {
            one.dismissed = None;
            one.gives_up_cancel = false;
        }
        let one = one.clone();
        if matches!(fact, Fact::Removed { .. }) {
            known.remove(&id);
        }
        drop(book);
        if too_early {
            self.accuse(format!("{id} is gone, although it can still be taken back"));
        }
        let may_follow = matches!(
            fact,
            Fact::Removed { .. }
                | Fact::Reordered { .. }
                | Fact::OwnLimitSet { .. }
                | Fact::Dismissed { .. }
                | Fact::Proved { .. }
        );
        if over && !may_follow {
            self.accuse(format!("{id} is over, and yet: {fact:?}"));
        }
        match fact {
            Fact::PartDone { part, .. } => self.is_at_the_sink(id, &one, part),
            Fact::Done { result, .. } | Fact::Proved { result, .. } => self.is_done(id, &one, result),
            Fact::Cancelled { .. } => self.is_gone(id, &one),
            Fact::Restarted { .. } => self.starts_over(id, &one),
            _ => {}
        }
    }

    /// Data first, then the record.
    fn is_at_the_sink(&self, id: TransferId, known: &Known, part: &PartRecord) {
        let (Some(session), Some(checkpoint)) = (&known.session, &known.checkpoint) else {
            return self.accuse(format!("{id}: part {} is recorded without a session", part.number));
        };
        match (session, &checkpoint.target) {
            (Session::Upload { upload_id }, End::Object { object, .. }) => {
                let upload = UploadRef { object: object.clone(), upload_id: upload_id.clone() };
                if !self.store.open_uploads(&object.bucket).contains(&upload) {
                    return; // it expired
                }
                let held = self.store.held_parts(&upload).into_iter().find(|(number, _)| *number == part.number);
                let equal = held.is_some_and(|(_, bytes)| part.crc64.is_none_or(|crc64| crc64 == Crc64::of(&bytes)));
                if !equal {
                    self.accuse(format!("{id}: part {} is recorded, and the store does not have it", part.number));
                }
            }
            (Session::TempFile { path, .. }, _) => {
                let Some((bytes, true)) = self.disk.durable(path) else { return }; // somebody else was at it
                let range = checkpoint.range(part.number);
                let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
                let there = bounds.and_then(|(start, end)| bytes.get(start..end)).map(Crc64::of);
                if there != part.crc64 {
                    self.accuse(format!("{id}: part {} is recorded before its bytes are durable", part.number));
                }
            }
            _ => self.accuse(format!("{id}: the session does not fit the target")),
        }
    }

    /// Cancelled means that nothing is left.
    fn is_gone(&self, id: TransferId, known: &Known) {
        if let End::Object { object, .. } = &known.spec.target {
            for upload in self.store.open_uploads(&object.bucket) {
                let left_behind = self.book().left_behind.contains(&upload.upload_id);
                if known.uploads.contains(&upload.upload_id) && !left_behind {
                    self.accuse(format!("{id} is cancelled, and its upload {} is open", upload.upload_id));
                }
            }
        }
        let ours: BTreeSet<PathBuf> = self.disk.ours().into_iter().collect();
        if let Some(path) = known.temp_paths.iter().find(|path| ours.contains(*path))
            && !self.is_used_by_another(id, path)
        {
            self.accuse(format!("{id} is cancelled, and {} is there", path.display()));
        }
    }

    fn is_used_by_another(&self, id: TransferId, path: &PathBuf) -> bool {
        self.book().known.iter().any(|(other, known)| *other != id && known.temp_paths.contains(path))
    }

    /// A part is about to be sent.
    pub(crate) fn part_leaves(&self, upload: &UploadRef, number: PartNumber) -> Flight {
        let mut wrong = Vec::new();
        let held = self.store.held_parts(upload).into_iter().find(|(held, _)| *held == number).map(|(_, bytes)| bytes);
        {
            let mut book = self.book();
            book.trace.push(format!("part {number} of {}", upload.upload_id));
            let flying = book.in_flight.entry(upload.upload_id.clone()).or_default();
            *flying += 1;
            let flying = *flying;
            match book.owners.get(&upload.upload_id) {
                None => wrong.push(format!("a part of {} leaves before its id is durable", upload.upload_id)),
                Some(id) => {
                    let known = &book.known[id];
                    if flying > usize::from(known.spec.options.parallel_parts) {
                        wrong.push(format!("{id} moves {flying} parts at a time"));
                    }
                    if known.state == State::Dismissed {
                        wrong.push(format!("{id} is given up, and its part {number} leaves"));
                    }
                    if book.paused.contains(id) {
                        wrong.push(format!("{id} is paused, and its part {number} leaves"));
                    }
                    let record = known.parts.get(&number);
                    if let (Some(record), Some(bytes)) = (record, held)
                        && record.crc64.is_none_or(|crc64| crc64 == Crc64::of(&bytes))
                    {
                        wrong.push(format!("{id} sends part {number} again, which is recorded and held"));
                    }
                }
            }
        }
        wrong.into_iter().for_each(|what| self.accuse(what));
        Flight { oracle: self.clone(), upload_id: upload.upload_id.clone() }
    }

    /// An upload is about to be completed.
    pub(crate) fn completes(&self, upload: &UploadRef, parts: &[(PartNumber, ETag)]) {
        let mut wrong = Vec::new();
        {
            let mut book = self.book();
            book.trace.push(format!("complete {}", upload.upload_id));
            match book.owners.get(&upload.upload_id).and_then(|id| book.known.get(id).map(|known| (id, known))) {
                None => wrong.push(format!("{} is completed, and nobody knows it", upload.upload_id)),
                Some((id, known)) => {
                    if parts.iter().any(|(number, _)| !known.parts.contains_key(number)) {
                        wrong.push(format!("{id} commits before all its parts are recorded"));
                    }
                    if known.state.is_final() {
                        wrong.push(format!("{id} commits, and is over"));
                    }
                }
            }
            if book.in_flight.get(&upload.upload_id).is_some_and(|flying| *flying > 0) {
                wrong.push(format!("{} is completed while a part of it moves", upload.upload_id));
            }
        }
        wrong.into_iter().for_each(|what| self.accuse(what));
    }

    /// A completion has reached the store, whatever it answered.
    pub(crate) fn completed(&self, upload: &UploadRef) {
        if self.store.open_uploads(&upload.object.bucket).contains(upload) {
            return;
        }
        let bytes = self.store.object_bytes(&upload.object).map(|bytes| bytes.to_vec());
        let mut book = self.book();
        if let (Some(id), Some(bytes)) = (book.owners.get(&upload.upload_id).copied(), bytes) {
            book.published.insert(id, bytes);
        }
    }

    /// An upload was opened by a request that nobody waits for.
    pub(crate) fn opened_late(&self, upload_id: UploadId) {
        self.book().late.insert(upload_id);
    }

    /// What has been published as the source is now needs no second time.
    fn starts_over(&self, id: TransferId, known: &Known) {
        let book = self.book();
        let latest = book.contents.get(&known.spec.source.to_string()).and_then(|ever| ever.last());
        let in_vain = self.checksums && latest.is_some() && book.published.get(&id) == latest;
        drop(book);
        if in_vain {
            self.accuse(format!("{id} starts over, although its commit has succeeded"));
        }
    }

    /// An upload is about to be aborted.
    pub(crate) fn aborts(&self, upload: &UploadRef) {
        let mut wrong = Vec::new();
        {
            let mut book = self.book();
            book.trace.push(format!("abort {}", upload.upload_id));
            if book.foreign_uploads.contains(&upload.upload_id) {
                wrong.push(format!("{} is aborted, and is somebody else's", upload.upload_id));
            }
            if book.in_flight.get(&upload.upload_id).is_some_and(|flying| *flying > 0) {
                wrong.push(format!("{} is aborted while a part of it moves", upload.upload_id));
            }
        }
        wrong.into_iter().for_each(|what| self.accuse(what));
    }
}
