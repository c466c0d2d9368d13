//! A multipart upload in progress.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::record::{Part, UploadRecord};

#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) record: UploadRecord,
    state: Mutex<UploadState>,
    /// Parts whose bytes are on their way.
    running: AtomicUsize,
}

#[derive(Debug, Default)]
pub(crate) struct UploadState {
    pub(crate) parts: BTreeMap<u16, Part>,
    /// Completed or aborted: a part that arrives late is refused.
    pub(crate) closed: bool,
}

impl Upload {
    pub(crate) fn new(record: UploadRecord, parts: BTreeMap<u16, Part>) -> Arc<Self> {
        let state = Mutex::new(UploadState { parts, closed: false });
        Arc::new(Self { record, state, running: AtomicUsize::new(0) })
    }

    /// Held while a part is recorded or the upload is closed, so that the two cannot cross.
    pub(crate) fn state(&self) -> MutexGuard<'_, UploadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn running_parts(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Counts a part as on its way until the guard is dropped.
    pub(crate) fn part_begins(self: &Arc<Self>) -> RunningPart {
        self.running.fetch_add(1, Ordering::AcqRel);
        RunningPart(self.clone())
    }
}

pub(crate) struct RunningPart(Arc<Upload>);

impl Drop for RunningPart {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}
