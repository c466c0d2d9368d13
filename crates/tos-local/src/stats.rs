//! What a server has done so far.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counters of one server since its start, and what it holds now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests by call, such as `UploadPart`, refused ones included; `Unknown` for those that are no call at all.
    pub requests: BTreeMap<String, u64>,
    /// Answers with a status of 400 and above.
    pub refused: u64,
    /// Bytes of bodies received.
    pub bytes_in: u64,
    /// Bytes of objects sent.
    pub bytes_out: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Those that were dropped because nothing moved; see [`crate::Options::idle_timeout`].
    pub idle_connections: u64,
    /// Buckets that exist.
    pub buckets: u64,
    /// Keys that exist, delete markers included.
    pub keys: u64,
    /// Multipart uploads in progress.
    pub open_uploads: u64,
    /// Bytes on disk: objects, versions and parts.
    pub used_bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: Mutex<BTreeMap<&'static str, u64>>,
    refused: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    connections: AtomicU64,
    idle_connections: AtomicU64,
}

impl Counters {
    pub(crate) fn request(&self, call: &'static str) {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connection(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn idle_connection(&self) {
        self.idle_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        Stats {
            requests: requests.iter().map(|(call, count)| ((*call).to_owned(), *count)).collect(),
            refused: self.refused.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            idle_connections: self.idle_connections.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}
