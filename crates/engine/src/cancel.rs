//! Stopping one transfer from anywhere.

use crate::handle::{Engine, EngineError};
use crate::transfer::TransferId;

/// The means to stop one transfer, as the TOS SDKs call it. Cheap to clone; calling twice is harmless.
///
/// Unlike the SDKs' hook it interrupts the bytes of running parts, and `cancel` removes nothing before they stand.
#[derive(Clone, Debug)]
pub struct CancelHook {
    engine: Engine,
    id: TransferId,
}

impl CancelHook {
    /// A hook for a transfer of `engine`.
    pub fn new(engine: Engine, id: TransferId) -> Self {
        Self { engine, id }
    }

    /// Stops the transfer (parts in flight within 200 ms) and keeps checkpoint, upload and temp file.
    ///
    /// # Errors
    /// If the engine has stopped or its ledger cannot be written.
    pub async fn pause(&self) -> Result<(), EngineError> {
        self.engine.pause(&[self.id]).await
    }

    /// Stops the transfer, then aborts its upload or deletes its temp file, then forgets its checkpoint. The wish is
    /// durable when this returns; the removal itself goes on in the background and after a crash.
    ///
    /// # Errors
    /// If the engine has stopped or its ledger cannot be written.
    pub async fn cancel(&self) -> Result<(), EngineError> {
        self.engine.cancel(&[self.id]).await
    }
}
