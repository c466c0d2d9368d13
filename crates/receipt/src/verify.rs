//! Is everything that a receipt promises still there?
//!
//! The one walk over a receipt that the command line and the window share: which end is looked at, by what it is
//! compared, and what it all comes to. The receipt is foreign: it may come from another computer, and from somebody who
//! wants something. So it never decides where a request with our keys goes: whoever verifies opens the stores, and only
//! those that are known here. How a finding is put into words is theirs too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Clock, Disk, Outcome, StoreId, TransferError};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use store::{Crc64, ErrorKind, ObjectRef, ObjectStore, StoreError, try_call};

use crate::compare::{Difference, Expected, Found, Proof, Side, compare};
use crate::entry::{Entry, Place};
use crate::look::{Current, look_at_file, look_at_key, look_at_object};

/// Transfers that are looked at at a time.
const PARALLEL: usize = 8;

/// Looks in a row that a store may leave unanswered. Then it is not asked any more: a large receipt would otherwise wait
/// out every attempt for every object of a store that is not there.
const UNANSWERED_MAX: u32 = 3;

/// What an end is looked at with.
pub trait Ends: Send + Sync {
    /// Why an end could not be looked at, in the terms of whoever verifies.
    type Failure: Clone + Send + Sync + std::fmt::Debug + From<TransferError>;

    /// The store of an id, or one that is known here at the same endpoint.
    fn store(
        &self,
        id: &StoreId,
        endpoint: Option<&str>,
    ) -> impl Future<Output = Result<Arc<dyn ObjectStore>, Self::Failure>> + Send;

    /// Whether files on other computers are asked for as well, where a path alone does that.
    fn trusts_shares(&self) -> bool;

    /// The words for a file that is on another computer, which is not asked for.
    fn elsewhere(&self, path: &str) -> Self::Failure;
}

/// What was found at one end.
#[derive(Clone, Debug)]
pub enum Finding<F> {
    /// It has what the receipt says, as far as that can be compared.
    Equal(Proof, Expected, Current),
    /// It has something else.
    Different(Difference),
    /// Nothing is there any more.
    Gone,
    /// Why nothing is known of it.
    Unchecked(F),
    /// The transfer left the target as it was.
    Skipped,
}

/// What was found of a transfer.
#[derive(Clone, Debug)]
pub struct Checked<'a, F> {
    /// The transfer.
    pub entry: &'a Entry,
    /// What was found at its target.
    pub target: Finding<F>,
    /// What was found at its source.
    pub source: Finding<F>,
    /// The checksum that both ends have, where all their bytes were read and that proves the transfer.
    pub proved: Option<Crc64>,
}

/// What the checksums of both ends prove, where their bytes were read: the one that target and source have, or how the
/// target differs from the source. `None` if nothing can be said of one of them.
///
/// What the transfer itself has read of its source outweighs what is there now: that may have been changed since, rightly.
fn prove<F>(
    entry: &Entry,
    (target, written): (&Finding<F>, Option<Crc64>),
    (source, origin): (&Finding<F>, Option<Crc64>),
) -> Option<Result<Crc64, Difference>> {
    let written = written.filter(|_| matches!(target, Finding::Equal(..)))?;
    let origin = entry.source_crc64.or(origin.filter(|_| matches!(source, Finding::Equal(..))))?;
    if written == origin {
        return Some(Ok(written));
    }
    // A source that is known by its size alone may be another one by now; the target is not to blame for that.
    let is_the_source = entry.source_crc64.is_some() || !matches!(source, Finding::Equal(Proof::Size, ..));
    is_the_source.then_some(Err(Difference::Content { found: written, expected: origin }))
}

/// Looks at the ends of a receipt.
#[derive(Debug)]
pub struct Verifier<E: Ends> {
    ends: E,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    read: bool,
    read_bytes: Arc<AtomicU64>,
    /// Stores that did not answer the last looks: how many, and how the last one failed.
    unanswered: Mutex<BTreeMap<StoreId, (u32, E::Failure)>>,
}

impl<E: Ends> Verifier<E> {
    /// With `read` the bytes of objects are fetched and their CRC64 is what counts; without, the one that the store
    /// reports. Files are always read.
    pub fn new(ends: E, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>, read: bool) -> Self {
        Self { ends, disk, clock, read, read_bytes: Arc::default(), unanswered: Mutex::default() }
    }

    /// Bytes that were read so far, of files and objects; it grows while an end is looked at.
    pub fn read_bytes(&self) -> Arc<AtomicU64> {
        self.read_bytes.clone()
    }

    /// Looks at both ends of every entry, some at a time; told in the order of the receipt, whichever comes first.
    ///
    /// # Cancellation
    /// Can be dropped at any time: looking changes nothing.
    pub fn findings<'a>(
        &'a self,
        entries: &'a [Entry],
    ) -> impl Stream<Item = (&'a Entry, Finding<E::Failure>, Finding<E::Failure>)> + 'a {
        self.checks(entries).map(|Checked { entry, target, source, .. }| (entry, target, source))
    }

    /// The same, with what reading both ends has proved.
    ///
    /// # Cancellation
    /// Can be dropped at any time: looking changes nothing.
    pub fn checks<'a>(&'a self, entries: &'a [Entry]) -> impl Stream<Item = Checked<'a, E::Failure>> + 'a {
        stream::iter(entries).map(|entry| self.check(entry)).buffered(PARALLEL)
    }

    async fn check<'a>(&'a self, entry: &'a Entry) -> Checked<'a, E::Failure> {
        let (mut target, written) = self.look_and_tell(entry, Side::Target).await;
        let (source, origin) = self.look_and_tell(entry, Side::Source).await;
        let mut proved = None;
        if self.read {
            match prove(entry, (&target, written), (&source, origin)) {
                Some(Ok(crc64)) => proved = Some(crc64),
                Some(Err(difference)) => target = Finding::Different(difference),
                None => {}
            }
        }
        Checked { entry, target, source, proved }
    }

    /// Looks at one end.
    ///
    /// # Cancellation
    /// Can be dropped at any time.
    pub async fn look(&self, entry: &Entry, side: Side) -> Finding<E::Failure> {
        self.look_and_tell(entry, side).await.0
    }

    /// What is to be said of an end, and the checksum that it has.
    async fn look_and_tell(&self, entry: &Entry, side: Side) -> (Finding<E::Failure>, Option<Crc64>) {
        if entry.outcome == Outcome::Skipped {
            return (Finding::Skipped, None);
        }
        let expected = Expected::of(entry, side);
        let found = match side {
            Side::Source => self.found(&entry.source).await,
            Side::Target => self.found(&entry.target).await,
        };
        match found {
            Ok(Some((found, current))) => match compare(&expected, &found) {
                Ok(proof) => (Finding::Equal(proof, expected, current), found.crc64),
                Err(difference) => (Finding::Different(difference), found.crc64),
            },
            Ok(None) => (Finding::Gone, None),
            Err(failure) => (Finding::Unchecked(failure), None),
        }
    }

    /// What is there, if anything is, and whether its key still stands for it.
    async fn found(&self, place: &Place) -> Result<Option<(Found, Current)>, E::Failure> {
        match place {
            Place::File { path } => {
                if cfg!(windows) && !self.ends.trusts_shares() && !is_on_a_drive(path) {
                    return Err(self.ends.elsewhere(path));
                }
                let path = Path::new(path);
                match look_at_file(&self.disk, path, &self.read_bytes).await {
                    Ok(found) => Ok(Some((found, Current::This))),
                    Err(error) => match error.kind() {
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Ok(None),
                        _ => Err(TransferError::source(path, &error).into()),
                    },
                }
            }
            Place::Object { store, endpoint, .. } => {
                let Some(object) = place.object() else { return Ok(None) };
                if let Some((UNANSWERED_MAX.., failure)) = self.unanswered().get(store) {
                    return Err(failure.clone());
                }
                let opened = self.ends.store(store, endpoint.as_deref()).await?;
                let (result, answered) = match self.asked(opened.as_ref(), &object).await {
                    Ok(found) => (Ok(Some(found)), true),
                    Err(error) => match error.kind {
                        ErrorKind::ObjectNotFound | ErrorKind::BucketNotFound => (Ok(None), true),
                        kind => (Err(TransferError::store(&error, &object).into()), kind != ErrorKind::Network),
                    },
                };
                self.note_answer(store, answered, result.as_ref().err());
                result
            }
        }
    }

    /// What is there, and whether its key still stands for it: not to know the second is no reason to lose the first.
    async fn asked(&self, store: &dyn ObjectStore, object: &ObjectRef) -> Result<(Found, Current), StoreError> {
        let read = self.read.then_some(self.read_bytes.as_ref());
        let sleep = |wait| self.clock.sleep(wait);
        let found = try_call(sleep, || look_at_object(store, object, read)).await?;
        let current = try_call(sleep, || look_at_key(store, object)).await;
        Ok((found, current.unwrap_or(Current::Unknown)))
    }

    fn unanswered(&self) -> MutexGuard<'_, BTreeMap<StoreId, (u32, E::Failure)>> {
        // Each change of it is one insertion or removal.
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_answer(&self, store: &StoreId, answered: bool, failure: Option<&E::Failure>) {
        match failure.filter(|_| !answered) {
            Some(failure) => {
                let mut all = self.unanswered();
                let before = all.get(store).map_or(0, |(times, _)| *times);
                all.insert(store.clone(), (before + 1, failure.clone()));
            }
            None => drop(self.unanswered().remove(store)),
        }
    }
}

/// What it all comes to. The counts are of the ends that count: targets, and sources where they were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Ends that count.
    pub ends: usize,
    /// Those that have what the receipt says.
    pub equal: usize,
    /// Those of the equal ones that could not be compared by content.
    pub not_compared_by_content: usize,
    /// Those that have something else.
    pub different: usize,
    /// Those of which nothing is left.
    pub gone: usize,
    /// Those of which nothing is known.
    pub unchecked: usize,
    /// Those of which nothing was promised.
    pub skipped: usize,
    /// Sources that are not what they were, where that does not count.
    pub notes: usize,
}

impl Tally {
    /// Adds what was found at one end.
    pub fn add<F>(&mut self, counts: bool, finding: &Finding<F>) {
        if !counts {
            self.notes += usize::from(!matches!(finding, Finding::Equal(_, _, Current::This) | Finding::Skipped));
            return;
        }
        self.ends += 1;
        match finding {
            Finding::Equal(proof, ..) => {
                self.equal += 1;
                self.not_compared_by_content += usize::from(!matches!(proof, Proof::Content { .. }));
            }
            Finding::Different(_) => self.different += 1,
            Finding::Gone => self.gone += 1,
            Finding::Unchecked(_) => self.unchecked += 1,
            Finding::Skipped => self.skipped += 1,
        }
    }

    /// Ends that are not what the receipt says.
    pub fn lost(&self) -> usize {
        self.different + self.gone
    }

    /// Whether everything that was promised is there, and was compared by its content.
    pub fn is_verified(&self) -> bool {
        self.lost() + self.unchecked + self.not_compared_by_content == 0
    }
}

/// Whether Windows takes a path for one of a drive. For any other it may ask another computer or a device, and would
/// greet that computer with the user's name and a proof of the password; a receipt may name any. The forms of that are
/// many (`\\\\x`, `//x`, `\\??\\UNC\\x`), so what is allowed is listed and not what is not.
fn is_on_a_drive(path: &str) -> bool {
    let mut first = path.chars();
    first.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && first.next() == Some(':')
        && matches!(first.next(), Some('\\' | '/'))
}

#[cfg(test)]
mod tests {
    use engine::{Kind, TransferId};

    use super::*;
    use crate::entry::Times;

    fn copy(source_crc64: Option<u64>) -> Entry {
        let place = || Place::File { path: "/a".into() };
        Entry {
            transfer: TransferId(1),
            kind: Kind::Copy,
            route: None,
            outcome: Outcome::Moved,
            source: place(),
            target: place(),
            size_bytes: 1,
            source_crc64: source_crc64.map(Crc64),
            target_crc64: None,
            verified: false,
            requests: Vec::new(),
            parts: None,
            retries: 0,
            times: Times { added: None, planned: None, ended: None, verified: None, busy_ms: 0 },
            timeline: None,
        }
    }

    #[test]
    fn both_ends_that_were_read_prove_a_transfer_or_tell_them_apart() {
        let as_it_was = |entry: &Entry, side| Finding::Equal(Proof::Tag, Expected::of(entry, side), Current::This);
        let check =
            |known: Option<u64>, source: Option<u64>, target: Option<u64>, expected: Option<Result<u64, u64>>| {
                let entry = copy(known);
                let end = |found: Option<u64>, side| match found {
                    Some(crc64) => (as_it_was(&entry, side), Some(Crc64(crc64))),
                    // It is another one now, and its checksum says nothing of what it was.
                    None => (Finding::<()>::Different(Difference::Size { found: 2, expected: 1 }), Some(Crc64(5))),
                };
                let ((target, written), (source, origin)) = (end(target, Side::Target), end(source, Side::Source));
                let proved = prove(&entry, (&target, written), (&source, origin));
                let proved = proved.map(|proved| match proved {
                    Ok(crc64) => Ok(crc64.0),
                    Err(Difference::Content { found, .. }) => Err(found.0),
                    Err(other) => panic!("{other:?}"),
                });
                assert_eq!(proved, expected, "{known:?} {source:?} {target:?}");
            };
        // Neither end had a checksum when it was done: they are compared with each other.
        check(None, Some(5), Some(5), Some(Ok(5)));
        check(None, Some(5), Some(6), Some(Err(6)));
        check(None, None, Some(5), None);
        check(None, Some(5), None, None);
        // What was read then outweighs what is there now.
        check(Some(5), None, Some(5), Some(Ok(5)));
        check(Some(5), Some(6), Some(5), Some(Ok(5)));
    }

    #[test]
    fn a_source_that_only_has_its_size_still_proves_equal_ends_and_blames_no_target() {
        let entry = copy(None);
        let end = |proof, side| Finding::<()>::Equal(proof, Expected::of(&entry, side), Current::This);
        let with = |source: u64| {
            let (target, source_end) = (end(Proof::Tag, Side::Target), end(Proof::Size, Side::Source));
            prove(&entry, (&target, Some(Crc64(5))), (&source_end, Some(Crc64(source))))
        };
        assert!(matches!(with(5), Some(Ok(Crc64(5)))));
        assert!(with(6).is_none());
    }

    #[test]
    fn what_windows_would_ask_another_computer_for_is_no_path_of_a_drive() {
        for path in [r"C:\x", "C:/x", r"d:\"] {
            assert!(is_on_a_drive(path), "{path}");
        }
        for path in [
            r"\\server\share\x",
            "//server/share/x",
            r"/\server\x",
            r"\\?\UNC\server\x",
            r"\??\UNC\server\x",
            r"\\.\pipe\x",
            r"\x",
            "C:x",
            "x",
            "",
        ] {
            assert!(!is_on_a_drive(path), "{path}");
        }
    }
}
