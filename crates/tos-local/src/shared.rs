//! What all connections of one server share, and how it is read from the folder at the start.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::blob::{Blob, Quota};
use crate::bucket_index::{Bucket, finish_rename};
use crate::disk::{self, BucketFolder};
use crate::fault::Faults;
use crate::record::{BucketRecord, KeyRecord, Part, PartRecord, UploadRecord, Version, Versioning};
use crate::refusal::Refusal;
use crate::request::is_bucket_name;
use crate::stats::{Counters, Stats};
use crate::throttle::{Throttle, Throttles};
use crate::times::now_ms;
use crate::upload::Upload;
use crate::{BucketSpec, Options, StartError};

/// How many answers of Complete are remembered for [`crate::Behaviour::second_complete_succeeds`].
const COMPLETED_MAX: usize = 1000;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) quota: Arc<Quota>,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    throttles: Throttles,
    pub(crate) copy_throttles: Throttles,
    buckets: RwLock<BTreeMap<String, Arc<Bucket>>>,
    /// Version made by each completed upload, by its id, as it is answered with.
    completed: Mutex<BTreeMap<String, Arc<Version>>>,
    /// Keeps a second server off the folder for as long as this one lives.
    _lock: File,
}

impl Shared {
    /// Reads the folder; blocks on the disk.
    pub(crate) fn load(options: Options) -> Result<Self, StartError> {
        let root = options.root.clone();
        let at_root = |source| StartError::Root { path: root.clone(), source };
        fs::create_dir_all(disk::buckets(&root)).map_err(at_root)?;
        let lock = File::create(root.join("lock")).map_err(at_root)?;
        take_lock(&lock, &root)?;
        let quota = Arc::new(Quota::new(options.capacity_bytes));
        let mut buckets = BTreeMap::new();
        for path in disk::entries(&disk::buckets(&root))? {
            if let Some(bucket) = load_bucket(&root, &path, &quota)? {
                buckets.insert(bucket.record().name, bucket);
            }
        }
        let throttles =
            |rate: Option<u64>| Throttles(rate.map(|rate| Arc::new(Throttle::new(rate))).into_iter().collect());
        let shared = Self {
            throttles: throttles(options.bytes_per_second),
            copy_throttles: throttles(options.copy_bytes_per_second),
            options,
            quota,
            counters: Counters::default(),
            faults: Faults::default(),
            buckets: RwLock::new(buckets),
            completed: Mutex::default(),
            _lock: lock,
        };
        shared.make_buckets()?;
        Ok(shared)
    }

    fn make_buckets(&self) -> Result<(), StartError> {
        for BucketSpec { name, region, versioning } in &self.options.buckets {
            if !is_bucket_name(name) {
                return Err(StartError::BucketName(name.clone()));
            }
            let region = region.as_ref().unwrap_or(&self.options.region);
            let failed = |refusal: Refusal| StartError::Root {
                path: self.options.root.clone(),
                source: std::io::Error::other(refusal.message),
            };
            let bucket = match self.bucket(name) {
                Ok(bucket) => bucket,
                Err(_) => self.create_bucket(name, region, "STANDARD").map_err(failed)?,
            };
            if *versioning {
                bucket.set_versioning(Versioning::Enabled).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The throttles of all bodies, and of them alone; those of the fault plan, if it has any.
    pub(crate) fn throttles(&self) -> Throttles {
        self.faults.throttles().unwrap_or_else(|| self.throttles.clone())
    }

    /// Waited before each answer.
    pub(crate) fn latency(&self) -> Duration {
        self.faults.latency().unwrap_or(self.options.latency)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        now_ms(self.options.clock_ahead_seconds)
    }

    pub(crate) fn buckets(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Bucket>>> {
        self.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn buckets_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Bucket>>> {
        self.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bucket(&self, name: &str) -> Result<Arc<Bucket>, Refusal> {
        self.buckets().get(name).cloned().ok_or_else(Refusal::no_such_bucket)
    }

    /// Whether this server plays that region.
    pub(crate) fn has_region(&self, region: &str) -> bool {
        region == self.options.region || self.options.other_regions.iter().any(|other| other == region)
    }

    /// Blocks on the disk.
    pub(crate) fn create_bucket(&self, name: &str, region: &str, storage_class: &str) -> Result<Arc<Bucket>, Refusal> {
        let mut buckets = self.buckets_mut();
        if buckets.contains_key(name) {
            return Err(Refusal::new(409, "BucketAlreadyOwnedByYou", "The bucket exists already and is yours."));
        }
        let record = BucketRecord {
            name: name.to_owned(),
            region: region.to_owned(),
            created_ms: self.now_ms(),
            storage_class: storage_class.to_owned(),
            versioning: Versioning::Never,
            renames_since_ms: None,
            lifecycle: None,
        };
        let folder = BucketFolder::new(&self.options.root, name);
        disk::write_record(&folder.bucket_record(), &record)?;
        let bucket = Bucket::new(folder, record, BTreeMap::new(), BTreeMap::new());
        buckets.insert(name.to_owned(), bucket.clone());
        Ok(bucket)
    }

    /// Blocks on the disk.
    pub(crate) fn delete_bucket(&self, name: &str) -> Result<(), Refusal> {
        let mut buckets = self.buckets_mut();
        let bucket = buckets.get(name).ok_or_else(Refusal::no_such_bucket)?;
        if !bucket.is_empty() {
            let message = "The bucket has objects, versions or unfinished uploads in it.";
            return Err(Refusal::new(409, "BucketNotEmpty", message));
        }
        // The record goes first: a folder without one is swept at the next start.
        disk::remove_file(&bucket.folder.bucket_record())?;
        fs::remove_dir_all(bucket.folder.path())?;
        buckets.remove(name);
        Ok(())
    }

    pub(crate) fn remember_completed(&self, upload_id: &str, version: &Arc<Version>) {
        let mut completed = self.completed.lock().unwrap_or_else(PoisonError::into_inner);
        if completed.len() >= COMPLETED_MAX {
            completed.pop_first();
        }
        // Without its bytes: they would stay as long as this is remembered, whatever becomes of the object.
        let told = Version { facts: version.facts.clone(), blobs: Vec::new() };
        completed.insert(upload_id.to_owned(), Arc::new(told));
    }

    pub(crate) fn completed(&self, upload_id: &str) -> Option<Arc<Version>> {
        self.completed.lock().unwrap_or_else(PoisonError::into_inner).get(upload_id).cloned()
    }

    pub(crate) fn stats(&self) -> Stats {
        let buckets = self.buckets();
        Stats {
            buckets: buckets.len() as u64,
            keys: buckets.values().map(|bucket| bucket.keys().len() as u64).sum(),
            open_uploads: buckets.values().map(|bucket| bucket.uploads().len() as u64).sum(),
            used_bytes: self.quota.used_bytes(),
            ..self.counters.snapshot()
        }
    }
}

/// Takes the lock on the folder; a server that was dropped a moment ago may still be letting go of it.
fn take_lock(lock: &File, root: &Path) -> Result<(), StartError> {
    const TRIES: usize = 50;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(source)) => return Err(StartError::Root { path: root.to_owned(), source }),
        }
    }
    Err(StartError::RootInUse(root.to_owned()))
}

/// Reads a bucket's folder and sweeps what a server that was killed left in it. `None` if it is no bucket any more.
fn load_bucket(root: &Path, path: &Path, quota: &Arc<Quota>) -> Result<Option<Arc<Bucket>>, StartError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let folder = BucketFolder::new(root, name);
    let swept = |source| StartError::Root { path: path.to_owned(), source };
    if !folder.bucket_record().exists() {
        // Only a bucket that was being deleted looks like this.
        if path.is_dir() && is_bucket_name(name) {
            fs::remove_dir_all(path).map_err(swept)?;
        }
        return Ok(None);
    }
    let record: BucketRecord = disk::read_record(&folder.bucket_record())?;
    finish_rename(&folder)?;
    let data = folder.data();
    let mut keys = BTreeMap::new();
    for path in
        disk::entries(&folder.keys())?.iter().map(|shelf| disk::entries(shelf)).collect::<Result<Vec<_>, _>>()?.concat()
    {
        if path.extension().is_some_and(|extension| extension == "json") {
            let record: KeyRecord = disk::read_record(&path)?;
            let versions = record.versions.into_iter().map(|version| Version::from_record(version, &data, quota));
            keys.insert(record.key, versions.collect::<Vec<_>>());
        } else {
            disk::remove_file(&path).map_err(swept)?;
        }
    }
    let mut named: HashSet<String> =
        keys.values().flatten().flat_map(|version| &version.blobs).map(|blob| blob.id.clone()).collect();
    let mut uploads = BTreeMap::new();
    for path in disk::entries(&folder.uploads())? {
        match load_upload(&path, &data, &named, quota)? {
            Some(upload) => {
                let parts: BTreeSet<String> = upload
                    .state()
                    .parts
                    .values()
                    .filter_map(|part| part.blob.as_ref())
                    .map(|blob| blob.id.clone())
                    .collect();
                named.extend(parts);
                uploads.insert((upload.record.key.clone(), upload.record.upload_id.clone()), upload);
            }
            None => fs::remove_dir_all(&path).map_err(swept)?,
        }
    }
    for shelf in disk::entries(&data)? {
        for path in disk::entries(&shelf)? {
            if !path.file_name().and_then(|id| id.to_str()).is_some_and(|id| named.contains(id)) {
                disk::remove_file(&path).map_err(swept)?;
            }
        }
    }
    Ok(Some(Bucket::new(folder, record, keys, uploads)))
}

/// `None` if the upload was over: its record is gone, or an object already has its bytes.
fn load_upload(
    path: &Path,
    data: &Path,
    named: &HashSet<String>,
    quota: &Arc<Quota>,
) -> Result<Option<Arc<Upload>>, StartError> {
    if !path.join(disk::UPLOAD_RECORD).exists() {
        return Ok(None);
    }
    let record: UploadRecord = disk::read_record(&path.join(disk::UPLOAD_RECORD))?;
    let mut records: Vec<PartRecord> = Vec::new();
    for path in disk::entries(path)? {
        let is_part =
            path.extension().is_some_and(|extension| extension == "json") && !path.ends_with(disk::UPLOAD_RECORD);
        if is_part {
            records.push(disk::read_record(&path)?);
        }
    }
    if records.iter().filter_map(|part| part.blob.as_ref()).any(|blob| named.contains(&blob.id)) {
        return Ok(None);
    }
    let part = |record: PartRecord| {
        let blob = record.blob.map(|blob| Blob::existing(&blob.id, blob.len_bytes, data, quota));
        (record.facts.number, Part { facts: record.facts, blob })
    };
    Ok(Some(Upload::new(record, records.into_iter().map(part).collect())))
}
