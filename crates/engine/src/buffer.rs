//! Buffers for bytes that go out: taken from a pool, returned when the transport has dropped them.
//!
//! One size for all (64 KiB stays in the second-level cache between read, checksum and send; larger chunks measured
//! slower). The pool keeps at most a fixed number of idle buffers, so memory is flat whatever is moved; it never
//! blocks, since each part in flight holds only the few buffers that its connection has not yet written.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Size of a buffer.
pub(crate) const BUFFER_SIZE_BYTES: usize = 64 << 10;
/// Idle buffers that are kept: 16 MiB.
const IDLE_MAX: usize = 256;

/// The pool.
#[derive(Clone, Default)]
pub(crate) struct BufferPool(Arc<Mutex<Vec<Box<[u8]>>>>);

impl BufferPool {
    /// A buffer of [`BUFFER_SIZE_BYTES`] with undefined content.
    pub(crate) fn take(&self) -> Buffer {
        let bytes = self.lock().pop().unwrap_or_else(|| vec![0; BUFFER_SIZE_BYTES].into_boxed_slice());
        Buffer { bytes, len: 0, pool: self.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<[u8]>>> {
        // A list of plain buffers is sound even if a holder of the lock panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferPool").field("idle", &self.lock().len()).finish()
    }
}

/// A buffer that finds its way back.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
    pool: BufferPool,
}

impl Buffer {
    /// The first `len` bytes, to be written to; they are what the buffer will hold.
    pub(crate) fn fill(&mut self, len: usize) -> &mut [u8] {
        self.len = len;
        &mut self.bytes[..len]
    }

    /// The filled bytes as [`Bytes`]; the buffer returns to its pool when the last clone is dropped.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut idle = self.pool.lock();
        if idle.len() < IDLE_MAX {
            idle.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_returns_when_its_last_clone_is_dropped() {
        let pool = BufferPool::default();
        let mut buffer = pool.take();
        buffer.fill(3).copy_from_slice(b"abc");
        let bytes = buffer.into_bytes();
        let clone = bytes.clone();
        drop(bytes);
        assert_eq!(pool.lock().len(), 0);
        assert_eq!(&clone[..], b"abc");
        drop(clone);
        assert_eq!(pool.lock().len(), 1);
    }
}
