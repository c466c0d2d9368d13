//! A disk that forgets what was not synced, and lets nobody touch what is not theirs unseen.
//!
//! Names are durable at once, since the real disk syncs the folder whenever it makes or moves one; contents are durable
//! when their file was synced. A power cut takes back any of the writes since then, the last of them torn in the
//! middle. Files that were not made through [`Disk::create_new`] are somebody else's: writing to one, deleting it, or
//! replacing it where that was not asked for is an accusation that the oracle reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Disk, FileFacts, RandomFile};

/// Chances of a fault, in a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DiskWeather {
    /// No room when a file is made as large as it will be.
    pub(crate) no_space: u32,
    /// The system refuses to open or make a file.
    pub(crate) denied: u32,
    /// A sync fails.
    pub(crate) sync_fails: u32,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// Writes since the last sync: where, and what was there (nothing beyond the old end).
    unsynced: Vec<(usize, usize)>,
    modified_ns: i64,
    /// Whether the engine made it.
    ours: bool,
    /// Whether somebody else wrote to it since the engine made it.
    tampered: bool,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, u64>,
    inodes: BTreeMap<u64, Inode>,
    made: u64,
    ticks: i64,
    weather: DiskWeather,
    random: Option<fastrand::Rng>,
    /// Targets that may be replaced.
    replaceable: BTreeSet<PathBuf>,
    accusations: Vec<String>,
}

/// The disk. Clones share it; it outlives every run of the engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

impl SimDisk {
    pub(crate) fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.lock().random = Some(fastrand::Rng::with_seed(seed));
        disk
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_weather(&self, weather: DiskWeather) {
        self.lock().weather = weather;
    }

    /// Allows the engine to replace what is at `path`.
    pub(crate) fn allow_replacing(&self, path: &Path) {
        self.lock().replaceable.insert(path.to_owned());
    }

    /// What the engine did to files that are not its own, since the last call.
    pub(crate) fn accusations(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().accusations)
    }

    /// Somebody else writes a file: a new one, or another in its place if there is one.
    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        self.lock().make(path, bytes, false);
    }

    /// Somebody else changes a file in place.
    pub(crate) fn alter(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        state.ticks += 1;
        let ticks = state.ticks;
        let Some(inode) = state.names.get(path).copied().and_then(|id| state.inodes.get_mut(&id)) else { return };
        change(&mut inode.bytes);
        inode.durable.clone_from(&inode.bytes);
        inode.unsynced.clear();
        inode.modified_ns = ticks;
        inode.tampered = true;
    }

    /// Nothing tells the file from somebody else's any more, so from now on it is.
    pub(crate) fn disown(&self, path: &Path) {
        let mut state = self.lock();
        if let Some(inode) = state.names.get(path).copied().and_then(|id| state.inodes.get_mut(&id)) {
            inode.ours = false;
        }
    }

    /// Somebody else deletes a file.
    pub(crate) fn delete(&self, path: &Path) {
        self.lock().names.remove(path);
    }

    /// What a reader finds at `path`.
    pub(crate) fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.lock();
        state.names.get(path).and_then(|id| state.inodes.get(id)).map(|inode| inode.bytes.clone())
    }

    /// What would be there after a power cut, and whether only the engine has written to it.
    pub(crate) fn durable(&self, path: &Path) -> Option<(Vec<u8>, bool)> {
        let state = self.lock();
        let inode = state.names.get(path).and_then(|id| state.inodes.get(id))?;
        Some((inode.durable.clone(), inode.ours && !inode.tampered))
    }

    /// Names of files that the engine made and that are there.
    pub(crate) fn ours(&self) -> Vec<PathBuf> {
        let state = self.lock();
        let ours = |id: &u64| state.inodes.get(id).is_some_and(|inode| inode.ours);
        state.names.iter().filter(|(_, id)| ours(id)).map(|(path, _)| path.clone()).collect()
    }

    /// The power fails: of what was not synced any part may be lost.
    pub(crate) fn cut_power(&self) {
        let mut state = self.lock();
        let State { inodes, random, .. } = &mut *state;
        let Some(random) = random else { return };
        for inode in inodes.values_mut() {
            let writes = std::mem::take(&mut inode.unsynced);
            let mut after = inode.durable.clone();
            // The length is metadata of its own: it may have reached the disk without the bytes.
            after.resize(if random.bool() { inode.bytes.len() } else { after.len() }, 0);
            for (start, end) in writes {
                let torn = match random.u8(0..3) {
                    0 => start,
                    1 => end,
                    _ => random.usize(start..=end),
                };
                let end = torn.min(after.len()).min(inode.bytes.len());
                if start < end {
                    after[start..end].copy_from_slice(&inode.bytes[start..end]);
                }
            }
            inode.bytes.clone_from(&after);
            inode.durable = after;
        }
    }
}

impl State {
    fn make(&mut self, path: &Path, bytes: Vec<u8>, ours: bool) -> u64 {
        self.made += 1;
        self.ticks += 1;
        let inode = Inode { durable: bytes.clone(), bytes, modified_ns: self.ticks, ours, ..Inode::default() };
        self.inodes.insert(self.made, inode);
        self.names.insert(path.to_owned(), self.made);
        self.made
    }

    fn find(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether something with this chance in a thousand happens now.
    fn strikes(&mut self, chance: u32) -> bool {
        chance > 0 && self.random.as_mut().is_some_and(|random| random.u32(0..1000) < chance)
    }

    fn facts(&self, id: u64) -> FileFacts {
        let inode = self.inodes.get(&id);
        FileFacts {
            is_dir: false,
            is_file: true,
            size_bytes: inode.map_or(0, |inode| inode.bytes.len() as u64),
            modified_ns: inode.map_or(0, |inode| inode.modified_ns),
            file_id: Some(id),
        }
    }
}

impl Disk for SimDisk {
    fn facts(&self, path: &Path) -> io::Result<FileFacts> {
        let state = self.lock();
        Ok(state.facts(state.find(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        let mut state = self.lock();
        let inode = state.find(path)?;
        let denied = state.weather.denied;
        if state.strikes(denied) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(Arc::new(SimFile { disk: self.clone(), inode }))
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        let mut state = self.lock();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let denied = state.weather.denied;
        if state.strikes(denied) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let inode = state.make(path, Vec::new(), true);
        Ok(Arc::new(SimFile { disk: self.clone(), inode }))
    }

    fn reopen(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        let mut state = self.lock();
        let inode = state.find(from)?;
        if let Some(there) = state.names.get(to).copied() {
            if !replace {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            if !state.replaceable.contains(to) && state.inodes.get(&there).is_some_and(|inode| !inode.ours) {
                state.accusations.push(format!("{} was replaced without having been asked to", to.display()));
            }
        }
        if state.inodes.get(&inode).is_some_and(|inode| !inode.ours) {
            state.accusations.push(format!("{}, somebody else's file, was renamed", from.display()));
        }
        state.names.remove(from);
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let inode = state.find(path)?;
        if state.inodes.get(&inode).is_some_and(|inode| !inode.ours) {
            state.accusations.push(format!("{}, somebody else's file, was deleted", path.display()));
        }
        state.names.remove(path);
        Ok(())
    }

    fn blocks(&self) -> bool {
        false
    }
}

struct SimFile {
    disk: SimDisk,
    inode: u64,
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimFile").field(&self.inode).finish()
    }
}

impl SimFile {
    fn change<T>(&self, change: impl FnOnce(&mut Inode) -> T) -> io::Result<T> {
        let mut state = self.disk.lock();
        state.ticks += 1;
        let ticks = state.ticks;
        let State { inodes, accusations, .. } = &mut *state;
        let inode = inodes.get_mut(&self.inode).ok_or(io::ErrorKind::NotFound)?;
        if !inode.ours {
            accusations.push(format!("file {}, somebody else's, was written to", self.inode));
        }
        inode.modified_ns = ticks;
        Ok(change(inode))
    }
}

fn index(offset_bytes: u64) -> usize {
    usize::try_from(offset_bytes).unwrap_or(usize::MAX)
}

impl RandomFile for SimFile {
    fn facts(&self) -> io::Result<FileFacts> {
        Ok(self.disk.lock().facts(self.inode))
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        let state = self.disk.lock();
        let inode = state.inodes.get(&self.inode).ok_or(io::ErrorKind::NotFound)?;
        let start = index(offset_bytes);
        let there = inode.bytes.get(start..start.saturating_add(bytes.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(there);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        let (start, end) = (index(offset_bytes), index(offset_bytes) + bytes.len());
        self.change(|inode| {
            if inode.bytes.len() < end {
                inode.bytes.resize(end, 0);
            }
            inode.bytes[start..end].copy_from_slice(bytes);
            inode.unsynced.push((start, end));
        })
    }

    fn reserve(&self, len_bytes: u64) -> io::Result<()> {
        {
            let mut state = self.disk.lock();
            let no_space = state.weather.no_space;
            if state.strikes(no_space) {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        self.change(|inode| inode.bytes.resize(index(len_bytes), 0))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let sync_fails = state.weather.sync_fails;
        let fails = state.strikes(sync_fails);
        let inode = state.inodes.get_mut(&self.inode).ok_or(io::ErrorKind::NotFound)?;
        if fails {
            // The system drops what it could not write, and reports it only this once.
            let lost = std::mem::take(&mut inode.unsynced);
            for (start, end) in lost {
                let kept: Vec<u8> = (start..end).map(|at| inode.durable.get(at).copied().unwrap_or(0)).collect();
                inode.bytes[start..end].copy_from_slice(&kept);
            }
            return Err(io::Error::other("the disk did not take it"));
        }
        inode.unsynced.clear();
        inode.durable.clone_from(&inode.bytes);
        Ok(())
    }
}
