//! Bytes on their way.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::StoreError;

/// Bytes coming from a store, in order. Ends early only with an error.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;

/// Bytes going to a store: a pull stream of a length known beforehand.
///
/// It can be consumed once; for another attempt the caller makes a new one from the same offset. An error of the
/// stream ends the request before its last byte, so that nothing is published.
pub struct UploadBody {
    len_bytes: u64,
    stream: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + Sync>>,
}

impl UploadBody {
    /// A body of exactly `len_bytes` bytes that `stream` will yield.
    pub fn new(len_bytes: u64, stream: impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static) -> Self {
        Self { len_bytes, stream: Box::pin(stream) }
    }

    /// A body that is already in memory (small objects, tests).
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, futures_util::stream::iter([Ok(bytes)]))
    }

    /// The number of bytes that the stream will yield.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// The stream itself, for the transport.
    pub fn into_stream(self) -> Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + Sync>> {
        self.stream
    }

    /// Reads everything into memory; for stores that live there.
    ///
    /// # Errors
    /// The stream's own error, or `UnexpectedEof` if it ends before `len_bytes` or yields more.
    pub async fn collect(mut self) -> std::io::Result<Bytes> {
        let mut all = Vec::with_capacity(usize::try_from(self.len_bytes).unwrap_or(0));
        while let Some(chunk) = self.stream.next().await {
            all.extend_from_slice(&chunk?);
        }
        if all.len() as u64 == self.len_bytes {
            Ok(all.into())
        } else {
            Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the body is not as long as it said"))
        }
    }
}

impl fmt::Debug for UploadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadBody").field("len_bytes", &self.len_bytes).finish_non_exhaustive()
    }
}
