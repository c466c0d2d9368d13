//! What is found of transfers after they were done.

use std::collections::BTreeMap;

use store::Crc64;

use super::{Engine, EngineError};
use crate::driver::Command;
use crate::transfer::{State, TransferId};

/// Rows that are looked at, and recorded by one commit.
const AT_A_TIME: usize = 500;

impl Engine {
    /// Remembers of transfers that both ends were read from their first byte to their last, and that what was read has
    /// this checksum at both: what was done without a checksum to compare with is verified from now on. Nothing is
    /// remembered where that says nothing new, does not fit what is known, or the transfer is not in the list of what is
    /// done any more. Answers with those that were verified by it.
    ///
    /// The bytes are read by whoever says so: the engine takes no time for it that transfers could have.
    ///
    /// # Errors
    /// If the ledger cannot be read or written. What was answered for before that stays.
    pub async fn proved(&self, proofs: &[(TransferId, Crc64)]) -> Result<Vec<TransferId>, EngineError> {
        let mut verified = Vec::new();
        for some in proofs.chunks(AT_A_TIME) {
            let found: BTreeMap<TransferId, Crc64> = some.iter().copied().collect();
            let ids: Vec<TransferId> = found.keys().copied().collect();
            let at_ms = self.tools.clock.wall_ms();
            let results: Vec<_> = self
                .views(&ids)?
                .into_iter()
                .filter(|view| view.state == State::Done)
                .filter_map(|view| Some((view.id, view.result?.proved(*found.get(&view.id)?, at_ms)?)))
                .collect();
            let new: Vec<TransferId> = results.iter().map(|(id, _)| *id).collect();
            if new.is_empty() {
                continue;
            }
            self.ask(|reply| Command::Proved(results, reply)).await?;
            // One that was given up in between was left as it was.
            let is_verified = |result: crate::view::Transferred| result.verified;
            let after = self.views(&new)?.into_iter().filter(|view| view.state == State::Done);
            verified.extend(after.filter(|view| view.result.clone().is_some_and(is_verified)).map(|view| view.id));
        }
        Ok(verified)
    }
}
