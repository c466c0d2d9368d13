//! Receipts that are open in the window.
//!
//! One may have many thousands of entries, so it stays here and the window asks for the rows that it shows. It is a copy:
//! what happens to the record of transfers afterwards does not change it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Kind, LocalDisk, Outcome, RequestPurpose, Route, StoreId, SystemClock, TransferError};
use futures_util::StreamExt as _;
use receipt::{Current, Difference, Ends, Entry, Finding, Moment, Parts, Place, Proof, Receipt, Root, Tally, Verifier};
use store::ObjectStore;

use crate::dto::{AppError, Direction};
use crate::dto_receipts::{
    CheckResult, EndCheck, EndFinding, PaperOutcome, PaperPurpose, PaperRequest, PaperRow, PaperView,
    ReceiptCheckProgress,
};
use crate::error::OwnCode;
use crate::stores::AccountStores;

/// Receipts that are kept open; the one that was opened first is let go of.
const OPEN_MAX: usize = 4;

/// Most transfers of one receipt that is made in the window: some 60 MB of memory.
pub const ENTRIES_MAX: usize = 50_000;

/// The open receipts.
#[derive(Debug, Default)]
pub struct Papers(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    papers: VecDeque<(u64, Arc<Paper>)>,
}

/// An open receipt, and what was found when it was last checked.
#[derive(Debug)]
pub struct Paper {
    /// The receipt.
    pub receipt: Receipt,
    root: Root,
    file: Option<String>,
    checks: Mutex<Vec<Option<(EndCheck, EndCheck)>>>,
    looked: AtomicU32,
    total_bytes: AtomicU64,
    read_bytes: Mutex<Arc<AtomicU64>>,
}

impl Papers {
    /// Opens a receipt and names it. `file` is where it was read from.
    ///
    /// # Errors
    /// `receipt_too_large`.
    pub fn open(&self, receipt: Receipt, file: Option<String>) -> Result<PaperView, AppError> {
        let root = receipt.root().map_err(|error| AppError::receipt(&error, file.as_deref().unwrap_or_default()))?;
        let checks = Mutex::new(vec![None; receipt.entries.len()]);
        let paper = Arc::new(Paper {
            receipt,
            root,
            file,
            checks,
            looked: AtomicU32::new(0),
            total_bytes: AtomicU64::new(0),
            read_bytes: Mutex::default(),
        });
        let mut open = self.held();
        open.last += 1;
        let id = open.last;
        open.papers.push_back((id, paper.clone()));
        while open.papers.len() > OPEN_MAX {
            open.papers.pop_front();
        }
        Ok(paper.view(id))
    }

    /// An open receipt.
    ///
    /// # Errors
    /// `receipt_closed` if it is not open any more.
    pub fn get(&self, id: u64) -> Result<Arc<Paper>, AppError> {
        let open = self.held();
        let found = open.papers.iter().find(|(one, _)| *one == id).map(|(_, paper)| paper.clone());
        found.ok_or_else(|| AppError::new(OwnCode::ReceiptClosed))
    }

    /// Lets go of a receipt.
    pub fn close(&self, id: u64) {
        self.held().papers.retain(|(one, _)| *one != id);
    }

    fn held(&self) -> MutexGuard<'_, Open> {
        // Nothing in it is half changed at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Paper {
    /// Whether it was made of our own record just now.
    pub fn is_ours(&self) -> bool {
        self.file.is_none()
    }

    fn view(&self, paper: u64) -> PaperView {
        let entries = &self.receipt.entries;
        let count = |wanted: &dyn Fn(&Entry) -> bool| number(entries.iter().filter(|entry| wanted(entry)).count());
        let skipped = |entry: &Entry| entry.outcome == Outcome::Skipped;
        let first = entries.first().map(|entry| direction(entry.kind));
        let begun = |entry: &Entry| entry.times.planned.or(entry.times.added).map(Moment::ms);
        PaperView {
            paper,
            file: self.file.clone(),
            product: self.receipt.product.clone(),
            made_ms: self.receipt.made.ms(),
            root_sha256: self.root.to_string(),
            direction: first.filter(|first| entries.iter().all(|entry| direction(entry.kind) == *first)),
            name: if let [only] = &entries[..] { Some(name(&only.target)) } else { None },
            from: common(entries.iter().map(|entry| entry.source.to_string())),
            to: common(entries.iter().map(|entry| entry.target.to_string())),
            entries: number(entries.len()),
            size_bytes: entries.iter().map(|entry| entry.size_bytes).fold(0, u64::saturating_add),
            verified: count(&|entry| entry.verified && !skipped(entry)),
            unverified: count(&|entry| !entry.verified && !skipped(entry)),
            skipped: count(&skipped),
            began_ms: entries.iter().filter_map(begun).min(),
            ended_ms: entries.iter().filter_map(|entry| entry.times.ended.map(Moment::ms)).max(),
            busy_ms: entries.iter().map(|entry| entry.times.busy_ms).fold(0, u64::saturating_add),
            parts_again: entries.iter().map(parts_again).fold(0, u64::saturating_add),
        }
    }

    /// Rows from one on.
    pub fn rows(&self, from: usize, limit: usize) -> Vec<PaperRow> {
        let checks = self.checks();
        let rows = self.receipt.entries.iter().zip(checks.iter()).skip(from).take(limit);
        rows.map(|(entry, check)| row(entry, check.clone())).collect()
    }

    /// How far the check has come that runs, or ran last.
    pub fn progress(&self) -> ReceiptCheckProgress {
        let read_bytes = self.read_bytes.lock().unwrap_or_else(PoisonError::into_inner).load(Ordering::Relaxed);
        ReceiptCheckProgress {
            looked: self.looked.load(Ordering::Relaxed),
            entries: number(self.receipt.entries.len()),
            read_bytes,
            total_bytes: self.total_bytes.load(Ordering::Relaxed),
        }
    }

    /// Looks at both ends of every entry. Files are read; objects only if `read` says so, else the store's word is taken.
    ///
    /// # Cancellation
    /// Can be dropped at any time; what was found by then stays.
    pub async fn check(&self, ends: PaperEnds, read: bool) -> CheckResult {
        let verifier = Verifier::new(ends, Arc::new(LocalDisk), Arc::new(SystemClock::new()), read);
        self.checks().fill(None);
        self.looked.store(0, Ordering::Relaxed);
        let of_end = |entry: &Entry, place: &Place| match place {
            Place::Object { .. } if !read => 0,
            _ if entry.outcome == Outcome::Skipped => 0,
            _ => entry.size_bytes,
        };
        let of = |entry: &Entry| of_end(entry, &entry.source).saturating_add(of_end(entry, &entry.target));
        let total = self.receipt.entries.iter().map(of).fold(0, u64::saturating_add);
        self.total_bytes.store(total, Ordering::Relaxed);
        *self.read_bytes.lock().unwrap_or_else(PoisonError::into_inner) = verifier.read_bytes();
        let mut tally = Tally::default();
        let mut all = std::pin::pin!(verifier.findings(&self.receipt.entries));
        let mut at = 0;
        while let Some((_, target, source)) = all.next().await {
            tally.add(true, &target);
            tally.add(false, &source);
            self.checks()[at] = Some((end_check(target), end_check(source)));
            at += 1;
            self.looked.store(number(at), Ordering::Relaxed);
        }
        let Tally { ends, equal, not_compared_by_content, different, gone, unchecked, skipped, notes } = tally;
        CheckResult {
            targets: number(ends),
            equal: number(equal),
            not_by_content: number(not_compared_by_content),
            different: number(different),
            gone: number(gone),
            unchecked: number(unchecked),
            skipped: number(skipped),
            sources_changed: number(notes),
        }
    }

    fn checks(&self) -> MutexGuard<'_, Vec<Option<(EndCheck, EndCheck)>>> {
        // Its length never changes, and each place is written whole.
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stores of this computer's accounts, for the check of a receipt.
#[derive(Debug)]
pub struct PaperEnds {
    /// All of them.
    pub stores: Arc<AccountStores>,
    /// Whether files on other computers may be asked for: the receipt is our own.
    pub trusts_shares: bool,
}

impl Ends for PaperEnds {
    type Failure = AppError;

    async fn store(&self, id: &StoreId, endpoint: Option<&str>) -> Result<Arc<dyn ObjectStore>, AppError> {
        match self.stores.of(&id.0).await {
            Ok(open) => Ok(open.store),
            // A receipt of another computer: its account has another name here.
            Err(error) => match self.stores.at_endpoint(endpoint).await? {
                Some(open) => Ok(open.store),
                None => Err(error),
            },
        }
    }

    fn trusts_shares(&self) -> bool {
        self.trusts_shares
    }

    fn elsewhere(&self, path: &str) -> AppError {
        AppError::new(OwnCode::FileElsewhere).with("path", path)
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn direction(kind: Kind) -> Direction {
    match kind {
        Kind::Upload => Direction::Upload,
        Kind::Download => Direction::Download,
        Kind::Copy => Direction::Copy,
    }
}

/// Parts that were moved and were there already. Of an upload that was adopted fewer are known: those that others sent
/// are not among the sent ones.
fn parts_again(entry: &Entry) -> u64 {
    entry.parts.map_or(0, |Parts { sent, count, .. }| sent.saturating_sub(u64::from(count)))
}

/// The last part of a path or key.
fn name(place: &Place) -> String {
    let whole = match place {
        Place::File { path } => path,
        Place::Object { key, .. } => key,
    };
    let trimmed = whole.trim_end_matches(['/', '\\']);
    let separators: &[char] = if matches!(place, Place::File { .. }) { &['/', '\\'] } else { &['/'] };
    trimmed.rsplit(separators).next().filter(|last| !last.is_empty()).unwrap_or(whole).to_owned()
}

/// The only one of them, or what all begin with, up to the end of a folder.
fn common(mut all: impl Iterator<Item = String>) -> String {
    let Some(first) = all.next() else { return String::new() };
    let (mut len, mut alone) = (first.len(), true);
    for next in all {
        alone = false;
        let same = first.char_indices().zip(next.chars()).take_while(|((at, here), there)| *at < len && here == there);
        len = same.last().map_or(0, |((at, here), _)| at + here.len_utf8());
    }
    if alone {
        return first;
    }
    let shared = first[..len].rfind(['/', '\\']).map_or("", |at| &first[..=at]);
    if shared == "tos://" || shared == "/" { String::new() } else { shared.to_owned() }
}

fn row(entry: &Entry, check: Option<(EndCheck, EndCheck)>) -> PaperRow {
    let object = [&entry.target, &entry.source].into_iter().find(|place| matches!(place, Place::Object { .. }));
    let (target_check, source_check) = check.unzip();
    PaperRow {
        transfer: entry.transfer.0,
        direction: direction(entry.kind),
        relayed: entry.route == Some(Route::Relay),
        outcome: match entry.outcome {
            Outcome::Moved => PaperOutcome::Moved,
            Outcome::Identical => PaperOutcome::Identical,
            Outcome::Skipped => PaperOutcome::Skipped,
        },
        name: name(&entry.target),
        from: entry.source.to_string(),
        to: entry.target.to_string(),
        size_bytes: entry.size_bytes,
        verified: entry.verified,
        source_crc64: entry.source_crc64.map(|crc| crc.to_string()),
        target_crc64: entry.target_crc64.map(|crc| crc.to_string()),
        etag: object.and_then(Place::etag).map(|tag| tag.as_str().to_owned()),
        version: object.and_then(Place::object).and_then(|object| object.version).map(|version| version.0),
        requests: entry.requests.iter().map(request).collect(),
        parts: entry.parts.map(|parts| parts.count),
        parts_again: parts_again(entry),
        added_ms: entry.times.added.map(Moment::ms),
        planned_ms: entry.times.planned.map(Moment::ms),
        ended_ms: entry.times.ended.map(Moment::ms),
        busy_ms: entry.times.busy_ms,
        target_check,
        source_check,
    }
}

fn request(request: &engine::RequestId) -> PaperRequest {
    let purpose = match request.purpose {
        RequestPurpose::LookedAtSource => PaperPurpose::LookedAtSource,
        RequestPurpose::Published => PaperPurpose::Published,
        RequestPurpose::Verified => PaperPurpose::Verified,
    };
    PaperRequest { purpose, id: request.id.clone() }
}

fn end_check(finding: Finding<AppError>) -> EndCheck {
    let plain = |finding| EndCheck { finding, found: None, expected: None, why: None };
    let differs = |finding, found: String, expected: String| EndCheck {
        found: Some(found),
        expected: Some(expected),
        ..plain(finding)
    };
    match finding {
        Finding::Equal(_, _, Current::Another) => plain(EndFinding::Superseded),
        Finding::Equal(_, _, Current::Deleted) => plain(EndFinding::Deleted),
        Finding::Equal(Proof::Content { rewritten: false }, ..) => plain(EndFinding::Equal),
        Finding::Equal(Proof::Content { rewritten: true }, ..) => plain(EndFinding::Rewritten),
        Finding::Equal(Proof::Tag, ..) => plain(EndFinding::ByTag),
        Finding::Equal(Proof::Size, ..) => plain(EndFinding::BySize),
        Finding::Different(Difference::Size { found, expected }) => {
            differs(EndFinding::SizeDiffers, found.to_string(), expected.to_string())
        }
        Finding::Different(Difference::Content { found, expected }) => {
            differs(EndFinding::ContentDiffers, found.to_string(), expected.to_string())
        }
        Finding::Different(Difference::Tag { found, expected }) => {
            differs(EndFinding::TagDiffers, found.as_str().to_owned(), expected.as_str().to_owned())
        }
        Finding::Gone => plain(EndFinding::Gone),
        Finding::Unchecked(error) => EndCheck { why: Some(error), ..plain(EndFinding::Unchecked) },
        Finding::Skipped => plain(EndFinding::Skipped),
    }
}

impl AppError {
    /// Why a file is not taken for a receipt, or a receipt cannot be written.
    pub fn receipt(error: &receipt::ReceiptError, path: &str) -> Self {
        use receipt::ReceiptError::{Malformed, Newer, NotAReceipt, NotJson, RootDiffers, TooLarge};
        let code = match error {
            RootDiffers { .. } => OwnCode::ReceiptAltered,
            Newer { .. } => OwnCode::ReceiptNewer,
            TooLarge => OwnCode::ReceiptTooLarge,
            NotJson(_) | NotAReceipt | Malformed(_) => OwnCode::NotAReceipt,
        };
        let error = Self::new(code).with("path", path).with("n", ENTRIES_MAX);
        Self { retryable: false, ..error }
    }
}

/// Why a receipt could not be saved.
pub fn unwritable(error: &receipt::WriteError) -> AppError {
    let code = engine::ErrorCode::TargetUnwritable;
    TransferError::new(code).with("path", error.path.display()).with("message", &error.source).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_have_in_common_ends_with_a_folder() {
        let check = |all: &[&str], expected: &str| {
            assert_eq!(common(all.iter().map(|one| (*one).to_owned())), expected, "{all:?}");
        };
        check(&["/home/lin/a.mov"], "/home/lin/a.mov");
        check(&["/home/lin/a.mov", "/home/lin/ab.mov", "/home/lin/x/a"], "/home/lin/");
        check(&["tos://b/raw/一", "tos://b/raw/二"], "tos://b/raw/");
        check(&["tos://a/x", "tos://b/x"], "");
        check(&["/a", "/b"], "");
        check(&[r"C:\media\1", r"C:\media\2"], r"C:\media\");
        check(&["/ab/x", "/ab"], "");
        check(&[], "");
    }

    #[test]
    fn a_name_is_the_last_part() {
        let file = |path: &str| name(&Place::File { path: path.to_owned() });
        assert_eq!((file("/a/b.mov"), file(r"C:\a\b.mov"), file("/")), ("b.mov".into(), "b.mov".into(), "/".into()));
    }
}
