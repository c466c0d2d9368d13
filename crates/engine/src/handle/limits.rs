//! Limits: of speed, for all and for one, and of what runs at a time.

use std::num::NonZeroU64;

use super::{Engine, EngineError};
use crate::driver::Command;
use crate::limits::{LimitsNow, RateLimits};
use crate::queue::QueueLimits;
use crate::transfer::TransferId;

impl Engine {
    /// Changes the speed limits of all transfers together; acts within 100 ms, also on parts in flight. What a stop holds
    /// back waits, and goes on by itself when it ends.
    pub fn set_rates(&self, rates: RateLimits) {
        self.rates.send_replace(rates);
    }

    /// Changes the bounds of what runs at a time. More starts at once; with fewer, what works now goes on to its end.
    ///
    /// # Errors
    /// If the engine has stopped.
    pub async fn set_limits(&self, limits: QueueLimits) -> Result<(), EngineError> {
        self.ask(|reply| Command::Limits(limits, reply)).await
    }

    /// The speed limits as they were set.
    pub fn rates(&self) -> RateLimits {
        *self.rates.borrow()
    }

    /// The speed limits in force: which, why and until when.
    pub fn limits(&self) -> LimitsNow {
        self.live.limits()
    }

    /// Gives transfers a limit of their own, in bytes a second, or takes it away; acts within 100 ms, also on parts in
    /// flight. It is remembered with the transfer. The lowest of all limits holds. What is over is left as it is.
    ///
    /// # Errors
    /// If one does not exist or the ledger cannot be written.
    pub async fn set_own_limit(&self, ids: &[TransferId], limit: Option<NonZeroU64>) -> Result<(), EngineError> {
        self.ask(|reply| Command::SetOwnLimit(ids.to_vec(), limit, reply)).await
    }
}
