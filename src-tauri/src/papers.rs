//! Receipts that are open in the window.
//!
//! One may have many thousands of entries, so it stays here and the window asks for the rows that it shows. It is a copy:
//! what happens to the record of transfers afterwards does not change it.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{ErrorCode, LocalDisk, Outcome, StoreId, SystemClock, TransferError, TransferId};
use futures_util::StreamExt as _;
use receipt::{Chart, Checked, Ends, Entry, Moment, Place, Receipt, ReceiptError, Tally, Verifier};
use serde::Deserialize;
use store::{Crc64, ObjectStore};

use crate::dto::AppError;
use crate::dto_receipts::{EndCheck, PaperRow, PaperView, ReceiptCheckProgress, ReceiptFormat};
use crate::error::OwnCode;
use crate::paper_rows::{common, direction, end_check, name, number, parts_again, row, timeline};
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
    /// The root that its content was found to have. Of a file it may stand for more than this version understands.
    root: String,
    file: Option<PaperFile>,
    checks: Mutex<Vec<Option<(EndCheck, EndCheck)>>>,
    looked: AtomicU32,
    total_bytes: AtomicU64,
    read_bytes: Mutex<Arc<AtomicU64>>,
    /// What the check has proved, until somebody records it.
    proved: Mutex<Vec<(TransferId, Crc64)>>,
}

/// The file that a receipt was read from.
struct PaperFile {
    path: String,
    /// What it said, to the letter: saving it again gives the same file.
    text: String,
}

impl fmt::Debug for PaperFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.path, self.text.len())
    }
}

/// What a receipt says of its own root.
#[derive(Deserialize)]
struct OwnRoot {
    root_sha256: String,
}

/// A receipt that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its head.
    pub view: PaperView,
    /// Those that were let go of for it.
    pub let_go: Vec<u64>,
}

impl Papers {
    /// Opens a receipt that was made here just now, and names it. Hashes it, which takes a while for a large one.
    ///
    /// # Errors
    /// `receipt_too_large`.
    pub fn open(&self, receipt: Receipt) -> Result<Opened, AppError> {
        let root = receipt.root().map_err(|error| AppError::receipt(&error, ""))?;
        Ok(self.keep(Paper::new(receipt, root.to_string(), None)))
    }

    /// Opens the receipt in a file, if it is one and still fits its root hash. Hashes it as [`Self::open`] does.
    ///
    /// # Errors
    /// Why it is not taken for a receipt.
    pub fn open_file(&self, path: String, bytes: Vec<u8>) -> Result<Opened, AppError> {
        let refusal = |error: ReceiptError| AppError::receipt(&error, &path);
        let receipt = Receipt::parse(&bytes).map_err(refusal)?;
        // It fits, so what it says is what it has, with all that a newer version may have added.
        let own: OwnRoot = serde_json::from_slice(&bytes).map_err(|error| refusal(ReceiptError::Malformed(error)))?;
        let text = String::from_utf8(bytes).map_err(|_| refusal(ReceiptError::NotAReceipt))?;
        Ok(self.keep(Paper::new(receipt, own.root_sha256, Some(PaperFile { path, text }))))
    }

    fn keep(&self, paper: Paper) -> Opened {
        let paper = Arc::new(paper);
        let (id, let_go) = {
            let mut open = self.held();
            open.last += 1;
            let id = open.last;
            open.papers.push_back((id, paper.clone()));
            let too_many = open.papers.len().saturating_sub(OPEN_MAX);
            (id, open.papers.drain(..too_many).map(|(id, _)| id).collect())
        };
        Opened { view: paper.view(id), let_go }
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

    /// Puts a receipt in the place of an open one, and shows its head; nothing if that was closed meanwhile.
    pub fn put(&self, id: u64, paper: Paper) -> Option<PaperView> {
        let view = paper.view(id);
        let mut open = self.held();
        let place = open.papers.iter_mut().find(|(one, _)| *one == id)?;
        place.1 = Arc::new(paper);
        Some(view)
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
    fn new(receipt: Receipt, root: String, file: Option<PaperFile>) -> Self {
        let checks = Mutex::new(vec![None; receipt.entries.len()]);
        Self {
            receipt,
            root,
            file,
            checks,
            looked: AtomicU32::new(0),
            total_bytes: AtomicU64::new(0),
            read_bytes: Mutex::default(),
            proved: Mutex::default(),
        }
    }

    /// It as a file of this form. Takes a while for a large one.
    ///
    /// # Errors
    /// `receipt_too_large`.
    pub fn text(&self, format: ReceiptFormat) -> Result<Cow<'_, str>, AppError> {
        let made = match (format, &self.file) {
            (ReceiptFormat::Json, Some(file)) => return Ok(Cow::Borrowed(&file.text)),
            (ReceiptFormat::Json, None) => self.receipt.to_json(),
            (ReceiptFormat::Html, _) => self.page(),
        };
        made.map(Cow::Owned).map_err(|error| AppError::receipt(&error, ""))
    }

    /// The page names the root that was verified, not that of the part which this version understands.
    fn page(&self) -> Result<String, ReceiptError> {
        let (page, understood) = (receipt::page(&self.receipt)?, self.receipt.root()?.to_string());
        if understood == self.root {
            return Ok(page);
        }
        let short = |root: &str| format!("{}…{}", root.get(..4).unwrap_or(root), root.get(60..).unwrap_or_default());
        Ok(page.replace(&understood, &self.root).replace(&short(&understood), &short(&self.root)))
    }

    /// Whether it was made of our own record just now.
    pub fn is_ours(&self) -> bool {
        self.file.is_none()
    }

    pub(crate) fn view(&self, paper: u64) -> PaperView {
        let entries = &self.receipt.entries;
        let count = |wanted: &dyn Fn(&Entry) -> bool| number(entries.iter().filter(|entry| wanted(entry)).count());
        let skipped = |entry: &Entry| entry.outcome == Outcome::Skipped;
        let first = entries.first().map(|entry| direction(entry.kind));
        let begun = |entry: &Entry| entry.times.planned.or(entry.times.added).map(Moment::ms);
        PaperView {
            paper,
            file: self.file.as_ref().map(|file| file.path.clone()),
            product: self.receipt.product.clone(),
            made_ms: self.receipt.made.ms(),
            root_sha256: self.root.clone(),
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
            timeline: Chart::of(entries).map(|chart| timeline(&chart)),
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
    /// Answers with what it comes to, and with the transfers that reading both ends has proved.
    ///
    /// # Cancellation
    /// Can be dropped at any time; what was found by then stays.
    pub async fn check(&self, ends: PaperEnds, read: bool) -> Tally {
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
        let mut all = std::pin::pin!(verifier.checks(&self.receipt.entries));
        let mut at = 0;
        while let Some(Checked { entry, target, source, proved: crc64 }) = all.next().await {
            tally.add(true, &target);
            tally.add(false, &source);
            self.proved().extend(crc64.filter(|_| !entry.verified).map(|crc64| (entry.transfer, crc64)));
            self.checks()[at] = Some((end_check(target), end_check(source)));
            at += 1;
            self.looked.store(number(at), Ordering::Relaxed);
        }
        tally
    }

    /// What checks have proved of transfers that were not verified, also one that was stopped.
    pub fn take_proved(&self) -> Vec<(TransferId, Crc64)> {
        std::mem::take(&mut *self.proved())
    }

    fn proved(&self) -> MutexGuard<'_, Vec<(TransferId, Crc64)>> {
        // Each change of it is whole.
        self.proved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same receipt with these entries in place of those of the same transfers, and with what was found of all. Its
    /// root is another one. Takes a while for a large one.
    ///
    /// # Errors
    /// `receipt_too_large`.
    pub fn with(&self, made: Moment, renewed: Vec<Entry>) -> Result<Self, AppError> {
        let mut receipt = Receipt { made, ..self.receipt.clone() };
        let mut renewed: BTreeMap<TransferId, Entry> = renewed.into_iter().map(|one| (one.transfer, one)).collect();
        for entry in &mut receipt.entries {
            if let Some(new) = renewed.remove(&entry.transfer) {
                *entry = new;
            }
        }
        receipt::thin(&mut receipt.entries);
        let root = receipt.root().map_err(|error| AppError::receipt(&error, ""))?;
        let other = Self::new(receipt, root.to_string(), None);
        other.checks().clone_from(&self.checks());
        let now = self.progress();
        other.looked.store(now.looked, Ordering::Relaxed);
        other.total_bytes.store(now.total_bytes, Ordering::Relaxed);
        other.read_bytes.lock().unwrap_or_else(PoisonError::into_inner).store(now.read_bytes, Ordering::Relaxed);
        Ok(other)
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
            // A receipt of another computer: its account has another name here. One that is known and cannot be opened
            // is the right one all the same.
            Err(error) if error.code == ErrorCode::AccountMissing.as_str() => {
                match self.stores.at_endpoint(endpoint).await? {
                    Some(open) => Ok(open.store),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn trusts_shares(&self) -> bool {
        self.trusts_shares
    }

    fn elsewhere(&self, path: &str) -> AppError {
        AppError::new(OwnCode::FileElsewhere).with("path", path)
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
