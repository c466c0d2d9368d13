//! Counts what is dragged over the window, in a thread of its own, so that the overlay can say what would be sent.
//!
//! A file system may be slow or endless, so the count can be stopped at any entry, is bounded, and follows no link
//! inside a folder: a loop of links would never end. What that costs: a folder that is a link inside a dragged folder
//! is counted as one file of no size.

use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::dto::DraggedCount;

/// Between two numbers told: four a second.
const TELL_EVERY: Duration = Duration::from_millis(250);
/// Entries that are looked at before the count says "more".
const ENTRIES_MAX: u64 = 2_000_000;

/// A count under way. It stops when this is dropped.
#[derive(Debug)]
pub struct Counting {
    stop: Arc<AtomicBool>,
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Counting {
    /// Starts to count, and tells the numbers as they grow; the last ones have `counting` unset. After a stop nothing
    /// more is told, except what was being told at that moment.
    pub fn start(paths: Vec<PathBuf>, tell: impl Fn(DraggedCount) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("drag count".into()).spawn(move || {
            let told = |count: DraggedCount| {
                if !stopped.load(Ordering::Relaxed) {
                    tell(count);
                }
                !stopped.load(Ordering::Relaxed)
            };
            count(paths, ENTRIES_MAX, TELL_EVERY, told);
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "what is dragged is not counted");
        }
        Self { stop }
    }
}

/// Walks what is dragged. `tell` says whether to go on.
fn count(paths: Vec<PathBuf>, entries_max: u64, every: Duration, tell: impl Fn(DraggedCount) -> bool) {
    let mut count = DraggedCount { counting: true, ..DraggedCount::default() };
    let (mut folders, mut entries, mut told) = (Vec::new(), 0_u64, Instant::now());
    // What is dragged itself may be a link: an upload follows it, so the count does, too.
    for path in &paths {
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                count.folders += 1;
                folders.push(path.clone());
            }
            found => add(&mut count, found),
        }
    }
    if !tell(count) {
        return;
    }
    while let Some(folder) = folders.pop() {
        let Ok(inside) = std::fs::read_dir(&folder) else {
            count.unreadable += 1;
            continue;
        };
        for entry in inside {
            entries += 1;
            if entries > entries_max {
                tell(DraggedCount { counting: false, more: true, ..count });
                return;
            }
            match entry.and_then(|entry| Ok((entry.metadata()?, entry.path()))) {
                Ok((found, path)) if found.is_dir() => folders.push(path),
                found => add(&mut count, found.map(|(found, _)| found)),
            }
            if told.elapsed() >= every {
                told = Instant::now();
                if !tell(count) {
                    return;
                }
            }
        }
    }
    tell(DraggedCount { counting: false, ..count });
}

fn add(count: &mut DraggedCount, found: std::io::Result<Metadata>) {
    match found {
        Ok(found) => {
            count.files += 1;
            count.size_bytes += if found.is_file() { found.len() } else { 0 };
        }
        Err(_) => count.unreadable += 1,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// `a` (3 bytes), `folder/b` (5), `folder/deep/c` (7), and with Unix a link back to `folder`.
    fn world() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("folder/deep");
        std::fs::create_dir_all(&deep).unwrap();
        for (path, size) in [("a", 3), ("folder/b", 5), ("folder/deep/c", 7)] {
            std::fs::write(root.path().join(path), vec![0; size]).unwrap();
        }
        root
    }

    fn counted(paths: Vec<PathBuf>, entries_max: u64) -> Vec<DraggedCount> {
        let told = Mutex::new(Vec::new());
        count(paths, entries_max, Duration::ZERO, |count| {
            told.lock().unwrap().push(count);
            true
        });
        told.into_inner().unwrap()
    }

    #[test]
    fn files_and_folders_are_counted_with_all_that_is_in_them() {
        let root = world();
        let told = counted(vec![root.path().join("a"), root.path().join("folder"), root.path().join("gone")], 100);
        let last = DraggedCount { folders: 1, files: 3, size_bytes: 15, unreadable: 1, counting: false, more: false };
        assert_eq!(told.last(), Some(&last));
        assert!(told.len() > 2, "the numbers grow: {told:?}");
        assert!(told[..told.len() - 1].iter().all(|count| count.counting));
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_ends() {
        let root = world();
        std::os::unix::fs::symlink(root.path().join("folder"), root.path().join("folder/deep/again")).unwrap();
        let told = counted(vec![root.path().join("folder")], 100);
        assert_eq!(told.last().map(|count| (count.files, count.size_bytes, count.more)), Some((3, 12, false)));
    }

    #[test]
    fn a_count_without_end_says_that_there_is_more() {
        let root = world();
        let last = *counted(vec![root.path().join("folder")], 2).last().unwrap();
        assert_eq!((last.counting, last.more), (false, true));
    }

    #[test]
    fn a_stopped_count_tells_nothing_more() {
        let root = world();
        let told = Mutex::new(0);
        count(vec![root.path().join("folder")], 100, Duration::ZERO, |_| {
            *told.lock().unwrap() += 1;
            false
        });
        assert_eq!(told.into_inner().unwrap(), 1);
    }
}
