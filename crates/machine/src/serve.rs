//! What an engine is told by the computer, and what it asks of it: the same for the window and the command line.

use engine::{Engine, Interruption};

use crate::{Change, Circumstances, Machine};

impl Machine {
    /// Begins to listen for an engine: tells it of sleep and network, and keeps the computer awake while its bytes move.
    /// `place` is where the computer is known to be.
    pub fn serve(engine: &Engine, place: Circumstances) -> Self {
        let machine = Self::listen_at(place);
        let told = engine.clone();
        machine.on_change(move |change| {
            let engine = told.clone();
            async move {
                let by = match change {
                    Change::GoingToSleep => return, // what is lost by it is known at the wake
                    Change::Woke => Interruption::Woke,
                    Change::NetworkChanged => Interruption::NetworkChanged,
                };
                if let Err(error) = engine.interrupted(by).await {
                    tracing::debug!(%error, "nothing is left to interrupt");
                }
            }
        });
        machine.keep_awake_while(engine.moves_bytes());
        machine
    }
}
