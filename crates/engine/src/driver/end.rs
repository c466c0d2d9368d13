//! How a driver ends: when it is told to, or by a fault.

use super::{Driver, SHUTDOWN_PATIENCE};
use crate::recorder::Note;

impl Driver {
    /// Whether a shutdown has nothing more to wait for.
    pub(super) fn may_close(&self) -> bool {
        let Some(since) = self.state.closing_since else { return false };
        self.state.running.is_empty() || self.tools.clock.now() >= since + SHUTDOWN_PATIENCE
    }

    pub(super) fn close(&mut self) {
        self.state.jobs.abort_all();
        self.send_note(Note::Close);
        if let Some(reply) = self.state.closing.take() {
            // Whoever asked may have stopped listening.
            let _ = reply.send(Ok(()));
        }
    }
}

/// However it ends, a panic of its own included, what it showed as working works no more.
impl Drop for Driver {
    fn drop(&mut self) {
        self.live.clear();
    }
}
