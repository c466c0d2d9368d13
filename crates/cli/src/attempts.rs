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
    store::try_call(tokio::time::sleep, || call()).await
}

/// What a sentence is about that is about a whole bucket.
pub(crate) fn bucket(name: &str) -> ObjectRef {
    ObjectRef::new(name, "")
}
