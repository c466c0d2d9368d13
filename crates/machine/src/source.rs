//! What hears something of the computer, by system.

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};

use crate::Change;

/// Hears changes of one kind. A new system gets its own here.
#[async_trait]
pub(crate) trait Source: Send {
    /// Tells what it hears until it is dropped, or ends where there is nothing to hear: that is no error, as others
    /// hear the same in other ways.
    async fn listen(self: Box<Self>, tell: mpsc::Sender<Change>);
}

/// Those that this system has. `online` is kept as it is with the network.
pub(crate) fn all(online: watch::Sender<bool>) -> Vec<Box<dyn Source>> {
    vec![
        Box::new(crate::gap::WallGap::begin()),
        Box::new(crate::network::Network::begin(online)),
        #[cfg(target_os = "linux")]
        Box::new(crate::logind::Sleep),
    ]
}
