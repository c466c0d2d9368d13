//! Bytes of an object on their way out: a range over its files, as a stream with one chunk read ahead.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::record::Version;
use crate::throttle::{GRANT_BYTES, Throttles};

const CHUNK_BYTES: usize = 256 << 10;

/// Starts reading `range` of a version; each chunk passes the throttles before it can be received.
///
/// The reader ends by itself when the receiver is dropped. An error of the disk is the last item.
pub(crate) fn stream(
    version: Arc<Version>,
    range: Range<u64>,
    throttles: Throttles,
) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(1);
    let chunk_bytes = if throttles.is_empty() { CHUNK_BYTES } else { GRANT_BYTES };
    tokio::spawn(async move {
        let mut reader = Reader { version, range, open: None };
        loop {
            let read = tokio::task::spawn_blocking(move || {
                let chunk = reader.next_chunk(chunk_bytes);
                (reader, chunk)
            });
            let chunk = match read.await {
                Ok((back, chunk)) => {
                    reader = back;
                    chunk
                }
                Err(_) => return,
            };
            match chunk {
                Ok(None) => return,
                Ok(Some(chunk)) => {
                    throttles.take(chunk.len()).await;
                    if sender.send(Ok(chunk)).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let _ = sender.send(Err(error)).await;
                    return;
                }
            }
        }
    });
    receiver
}

struct Reader {
    version: Arc<Version>,
    range: Range<u64>,
    /// The file at hand and the offset of its end within the object.
    open: Option<(File, u64)>,
}

impl Reader {
    fn next_chunk(&mut self, chunk_bytes: usize) -> io::Result<Option<Bytes>> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let (mut file, end) = match self.open.take() {
            Some(open) => open,
            None => self.open_file()?,
        };
        let want = (end.min(self.range.end) - self.range.start).min(chunk_bytes as u64);
        let mut chunk = vec![0; usize::try_from(want).map_err(io::Error::other)?];
        file.read_exact(&mut chunk)?;
        self.range.start += want;
        if self.range.start < end {
            self.open = Some((file, end));
        }
        Ok(Some(chunk.into()))
    }

    /// The file in which the range begins, at that place, and the offset of its end.
    fn open_file(&self) -> io::Result<(File, u64)> {
        let mut begin = 0;
        for blob in &self.version.blobs {
            let end = begin + blob.len_bytes;
            if self.range.start < end {
                let mut file = blob.open()?;
                file.seek(SeekFrom::Start(self.range.start - begin))?;
                return Ok((file, end));
            }
            begin = end;
        }
        Err(io::Error::other("the object is shorter than its record"))
    }
}
