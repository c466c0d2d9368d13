//! What hears something of the computer, by system.

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::Change;

/// Hears changes of one kind. A new system gets its own here.
#[async_trait]
pub(crate) trait Source: Send {
    /// Tells what it hears until it is dropped, or ends where there is nothing to hear: that is no error, as others
    /// hear the same in other ways.
    async fn listen(self: Box<Self>, tell: mpsc::Sender<Change>);
}

/// Those that this system has.
pub(crate) fn all() -> Vec<Box<dyn Source>> {
    vec![
        Box::new(crate::gap::WallGap::begin()),
        Box::new(crate::network::Network::begin()),
        #[cfg(target_os = "linux")]
        Box::new(crate::logind::Sleep),
    ]
}
