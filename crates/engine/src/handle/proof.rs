//! What is found of a transfer after it was done.

use store::Crc64;

use super::{Engine, EngineError};
use crate::driver::Command;
use crate::transfer::{State, TransferId};

impl Engine {
    /// Remembers that both ends of a transfer were read from their first byte to their last, and that what was read has
    /// this checksum at both: what was done without a checksum to compare with is verified from now on. Nothing is
    /// remembered where that says nothing new, or does not fit what is known of it. Answers with whether it is.
    ///
    /// The bytes are read by whoever says so: the engine takes no time for it that transfers could have.
    ///
    /// # Errors
    /// If it does not exist, is not done, or the ledger cannot be read or written.
    pub async fn proved(&self, id: TransferId, crc64: Crc64) -> Result<bool, EngineError> {
        let view = self.view(id)?.ok_or(EngineError::NoSuchTransfer(id))?;
        let Some(result) = view.result.filter(|_| view.state == State::Done) else {
            return Err(EngineError::NotOver(id));
        };
        let Some(result) = result.proved(crc64, self.tools.clock.wall_ms()) else { return Ok(false) };
        self.ask(|reply| Command::Proved(id, Box::new(result), reply)).await?;
        Ok(true)
    }
}
