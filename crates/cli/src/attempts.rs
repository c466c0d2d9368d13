//! Calls to a store outside of the engine: listing, deleting and the like.
//!
//! The engine retries transfers; these calls are short and a person waits for them, so they are tried a few times, only
//! where the error says that it can help.

use engine::TransferError;
use store::{ObjectRef, StoreError};

use crate::exit::Failure;

/// Calls until it works, or trying again makes no sense. `about` is what the sentence names if it does not.
pub(crate) async fn ask<T>(about: &ObjectRef, call: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, Failure> {
    try_call(call).await.map_err(|error| TransferError::store(&error, about).into())
}

/// The same with the store's own error.
pub(crate) async fn try_call<T>(call: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut attempt = 1;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(wait) = store::wait_before_next(&error, attempt) else { return Err(error) };
        tracing::debug!(%error, attempt, "tried again");
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

/// What a sentence is about that is about a whole bucket.
pub(crate) fn bucket(name: &str) -> ObjectRef {
    ObjectRef::new(name, "")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use store::ErrorKind;

    use super::*;

    async fn calls_until_given_up(kind: ErrorKind, works_at: u32) -> (u32, bool) {
        let calls = AtomicU32::new(0);
        let result = try_call(async || {
            if calls.fetch_add(1, Ordering::Relaxed) + 1 == works_at {
                Ok(())
            } else {
                Err(StoreError::new(kind, "no"))
            }
        })
        .await;
        (calls.load(Ordering::Relaxed), result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_can_pass_is_tried_again_and_not_for_ever() {
        assert_eq!(calls_until_given_up(ErrorKind::Forbidden, 2).await, (1, false));
        assert_eq!(calls_until_given_up(ErrorKind::Server, 3).await, (3, true));
        assert_eq!(calls_until_given_up(ErrorKind::Network, 9).await, (store::SHORT_CALL_ATTEMPTS_MAX, false));
    }
}
