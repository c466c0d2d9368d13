//! Bodies on their way in: as a stream of a known length, or whole and bounded.

use bytes::Bytes;
use futures_util::stream;
use reqwest::Response;
use store::{ByteStream, ErrorKind, StoreError};

use crate::{Result, Timeouts};

/// Most bytes of an error body that are read (as the Go SDK does).
const ERROR_BODY_BYTES_MAX: usize = 64 << 10;

/// Most bytes of a JSON answer: a page of 1000 keys of 1024 bytes, each byte escaped to six, with room for the rest.
const JSON_BODY_BYTES_MAX: usize = 16 << 20;

/// A stream that yields exactly `len_bytes` bytes or ends with an error.
///
/// The watch runs only while somebody waits for bytes, so that a slow reader is not taken for a slow server.
pub(crate) fn exactly(response: Response, len_bytes: u64, timeouts: Timeouts) -> ByteStream {
    Box::pin(stream::unfold(Some((response, len_bytes)), move |state| async move {
        let (mut response, left_bytes) = state?;
        if left_bytes == 0 {
            return None;
        }
        Some(match next_chunk(&mut response, &timeouts).await {
            Ok(Some(chunk)) => match left_bytes.checked_sub(chunk.len() as u64) {
                Some(left_bytes) => (Ok(chunk), Some((response, left_bytes))),
                None => (Err(broken("the body is longer than it said")), None),
            },
            Ok(None) => (Err(broken(&format!("the body ended {left_bytes} bytes too early"))), None),
            Err(error) => (Err(error), None),
        })
    }))
}

/// A whole JSON body.
pub(crate) async fn whole(mut response: Response, timeouts: &Timeouts) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = next_chunk(&mut response, timeouts).await? {
        if body.len() + chunk.len() > JSON_BODY_BYTES_MAX {
            return Err(StoreError::new(ErrorKind::NotThisStore, "the answer is longer than TOS ever sends"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The beginning of an error body; what arrived if it breaks, for the status alone tells enough.
pub(crate) async fn first_bytes(mut response: Response, timeouts: &Timeouts) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = next_chunk(&mut response, timeouts).await {
        let room = ERROR_BODY_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == ERROR_BODY_BYTES_MAX {
            break;
        }
    }
    body
}

async fn next_chunk(response: &mut Response, timeouts: &Timeouts) -> Result<Option<Bytes>> {
    match tokio::time::timeout(timeouts.no_progress, response.chunk()).await {
        Ok(Ok(chunk)) => Ok(chunk),
        Ok(Err(error)) => {
            Err(broken("the connection broke in the middle of the body").with_source(error.without_url()))
        }
        Err(_) => Err(broken(&format!("nothing arrived for {} s", timeouts.no_progress.as_secs()))),
    }
}

fn broken(message: &str) -> StoreError {
    StoreError::new(ErrorKind::Network, message)
}
