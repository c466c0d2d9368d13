//! One attempt at one verb: linear code over the two ends. The match of source × sink is here and only here.
//!
//! A job knows no retry and no state; it reports what it found or why it could not. It may be dropped at any await.

mod adopt;
mod begin;
mod commit;
mod discard;
mod move_part;
mod probe;
mod relay;
pub(crate) mod route;
mod send;
mod sweep;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use store::{Crc64Hasher, ObjectRef, ObjectStore, PartNumber, PutReceipt, StoreError};

pub use adopt::ForeignUpload;
pub(crate) use adopt::{Examined, examine};

use crate::at_risk::AtRisk;
use crate::buffer::BufferPool;
use crate::checkpoint::Session;
use crate::clock::Clock;
use crate::disk::{Disk, RandomFile, check_place, off_thread};
use crate::error::TransferError;
use crate::handle::Stores;
use crate::meter::Meter;
use crate::queue::{Job, Report, Verb};
use crate::rate::{Limiters, RateLimiter};
use crate::recorder::Written;
use crate::rules::{Rule, Rules};
use crate::stall::unless_stalled;
use crate::transfer::{End, Route, StoreId, TransferId};

pub(crate) type Attempt = Result<Report, TransferError>;

/// What all jobs share.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pool: BufferPool,
    pub(crate) upload_limiter: RateLimiter,
    pub(crate) download_limiter: RateLimiter,
    pub(crate) claims: Claims,
    pub(crate) rules: Rules,
}

/// Which transfer of this process uses which temp file. A name is looked for, recorded and only then created; the
/// claim keeps two downloads from ending up in one file meanwhile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims(Arc<Mutex<BTreeMap<PathBuf, TransferId>>>);

impl Claims {
    /// Takes a name for a transfer, until it is released; false if another has it.
    fn take(&self, path: &Path, id: TransferId) -> bool {
        *slot(&self.0).entry(path.to_owned()).or_insert(id) == id
    }

    /// Releases all names of a transfer.
    pub(crate) fn release(&self, id: TransferId) {
        slot(&self.0).retain(|_, holder| *holder != id);
    }
}

/// What the jobs of one transfer share while it works: open files, bytes in flight.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) meter: Arc<Meter>,
    source: Mutex<Option<Arc<dyn RandomFile>>>,
    temp: Mutex<Option<Arc<dyn RandomFile>>>,
    /// Parts of a download that broke off: the next attempt goes on behind their last byte.
    broken_off: Mutex<BTreeMap<PartNumber, Reached>>,
    /// What Complete answered, kept until it is verified: asking again would not be answered.
    completed: Mutex<Option<PutReceipt>>,
    /// What a crash would cost beside the parts in flight.
    at_risk: Arc<AtRisk>,
    regions: route::Regions,
    /// Holds the transfer's own limit.
    own_limiter: OnceLock<RateLimiter>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("meter", &self.meter).finish_non_exhaustive()
    }
}

/// How far a part of a download has come: the next byte, and the checksum of those before it.
#[derive(Debug)]
struct Reached {
    at: u64,
    hasher: Crc64Hasher,
}

fn slot<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workspace {
    /// A part of a download is written: its file, if it is open, which the recorder has to sync before it records it.
    pub(crate) fn part_written(&self, size_bytes: u64) -> Option<Written> {
        let file = slot(&self.temp).clone()?;
        self.at_risk.arrived(size_bytes);
        Some(Written { file, at_risk: self.at_risk.clone() })
    }

    /// A part of a relayed copy has arrived: what to tell once that is recorded.
    pub(crate) fn part_relayed(&self, size_bytes: u64) -> Arc<AtRisk> {
        self.at_risk.arrived(size_bytes);
        self.at_risk.clone()
    }

    /// Closes what is open. Who still holds a file keeps it open.
    pub(crate) fn close_files(&self) {
        slot(&self.source).take();
        slot(&self.temp).take();
    }

    /// The transfer's own limit from now on, also for what moves already.
    pub(crate) fn set_own_limit(&self, clock: &Arc<dyn Clock>, limit: Option<NonZeroU64>) {
        self.own_limiter.get_or_init(|| RateLimiter::new(clock.clone(), limit)).set_limit(limit);
    }
}

/// Runs a job to its report.
///
/// # Cancellation
/// May be dropped at any await, except that a dropped `Begin` without a known session may leave an upload behind.
pub(crate) async fn run(job: Job, tools: Tools, workspace: Arc<Workspace>) -> Attempt {
    let work = Work { id: job.transfer, tools, workspace, spec: job.spec };
    match job.verb {
        Verb::Probe { known } => work.probe(known.as_deref()).await,
        Verb::Begin { checkpoint, recorded, attempted } => work.begin(&checkpoint, recorded, attempted).await,
        Verb::MovePart { checkpoint, number } => {
            let attempt = work.move_part(&checkpoint, number);
            let comes = matches!(work.spec.source, End::Object { .. });
            if comes && (checkpoint.route == Route::Relay || matches!(checkpoint.target, End::File { .. })) {
                unless_stalled(work.tools.clock.as_ref(), &work.workspace.meter, number, attempt).await
            } else {
                attempt.await
            }
        }
        Verb::Commit { checkpoint, parts, published } => work.commit(&checkpoint, parts, published).await,
        Verb::Discard { checkpoint } => work.discard(&checkpoint).await,
    }
}

/// A job at work.
struct Work {
    id: TransferId,
    tools: Tools,
    workspace: Arc<Workspace>,
    spec: Arc<crate::transfer::TransferSpec>,
}

impl Work {
    /// What holds bytes back that go this way: the transfer's own limit, then those that it shares.
    fn limiters<const N: usize>(&self, shared: [&RateLimiter; N]) -> Limiters {
        let own = self.workspace.own_limiter.get().filter(|_| self.tools.rules.hold(Rule::OwnLimitHolds));
        Limiters::new(own.into_iter().chain(shared).cloned())
    }

    async fn store(&self, id: &StoreId) -> Result<Arc<dyn ObjectStore>, TransferError> {
        self.tools.stores.open(id).await
    }

    /// The source file, opened once for all parts.
    async fn source_file(&self, path: &Path) -> Result<Arc<dyn RandomFile>, TransferError> {
        if let Some(file) = slot(&self.workspace.source).clone() {
            return Ok(file);
        }
        let owned = path.to_owned();
        let file = off_thread(&self.tools.disk, move |disk| disk.open(&owned))
            .await
            .map_err(|error| TransferError::source(path, &error))?;
        Ok(slot(&self.workspace.source).get_or_insert(file).clone())
    }

    fn keep_source(&self, file: Arc<dyn RandomFile>) {
        slot(&self.workspace.source).replace(file);
    }

    fn close_source(&self) {
        slot(&self.workspace.source).take();
    }

    /// The temp file of a session, opened once for all parts.
    ///
    /// # Errors
    /// `NotFound` also if another file is in its place; something else if its folder is not the one that was planned for.
    async fn temp_file(&self, session: &Session) -> io::Result<Arc<dyn RandomFile>> {
        let Session::TempFile { path, file_id } = session else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a temp file"));
        };
        if let Some(file) = slot(&self.workspace.temp).clone() {
            return Ok(file);
        }
        let (path, file_id) = (path.clone(), *file_id);
        if !self.tools.claims.take(&path, self.id) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "another transfer uses it"));
        }
        let checked = self.tools.rules.hold(Rule::OnlyOurFiles);
        let file = off_thread(&self.tools.disk, move |disk| {
            check_place(disk, &path)?;
            let file = disk.reopen(&path)?;
            if file_id.is_some() && file.facts()?.file_id != file_id && checked {
                return Err(io::Error::new(io::ErrorKind::NotFound, "another file is in its place"));
            }
            Ok(file)
        })
        .await?;
        Ok(slot(&self.workspace.temp).get_or_insert(file).clone())
    }

    fn keep_temp_file(&self, file: Arc<dyn RandomFile>) {
        slot(&self.workspace.temp).replace(file);
    }

    fn close_temp_file(&self) {
        slot(&self.workspace.temp).take();
        slot(&self.workspace.broken_off).clear();
        slot(&self.workspace.completed).take();
    }
}

/// An object end taken apart.
fn object_of(end: &End) -> Option<(&StoreId, &ObjectRef)> {
    match end {
        End::Object { store, object } => Some((store, object)),
        End::File { .. } => None,
    }
}

/// Turns errors of a store about `object` into errors of the transfer.
fn about(object: &ObjectRef) -> impl Fn(StoreError) -> TransferError + '_ {
    move |error| TransferError::store(&error, object)
}

/// A plan that does not fit its ends: our own fault.
fn misfit(what: &str) -> TransferError {
    TransferError::new(crate::error::ErrorCode::Internal).with("message", what)
}
