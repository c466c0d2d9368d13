//! Whether the network is another one.
//!
//! A picture of it is taken whenever something may have happened, and compared with the one before. So it does not
//! matter how a system hints at changes, nor how many hints one change makes: Linux tells through netlink at once,
//! everything else is looked at every two seconds. What a picture leaves out is what comes and goes without any
//! connection noticing: loopback, link-local addresses, the temporary addresses of IPv6 within their network, and the
//! networks of containers and virtual machines on this computer.

mod hints;
mod picture;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::Change;
use crate::network::hints::Hints;
use crate::network::picture::Picture;
use crate::source::Source;

/// A picture is taken at least this often.
const LOOK: Duration = Duration::from_secs(2);
/// One change makes many hints; it is over when there was none for this long.
const QUIET: Duration = Duration::from_millis(500);
/// Where hints do not end, it is looked anyway.
const UNQUIET_MAX: Duration = Duration::from_secs(2);

/// Compares pictures.
pub(crate) struct Network {
    hints: Hints,
    known: Option<Picture>,
    online: watch::Sender<bool>,
}

impl Network {
    /// Takes the first picture: what changes from here on is told.
    pub(crate) fn begin(online: watch::Sender<bool>) -> Self {
        let hints = Hints::open();
        let network = Self { hints, known: Picture::take().ok(), online };
        if let Some(known) = &network.known {
            network.online.send_replace(known.has_address());
        }
        network
    }
}

#[async_trait]
impl Source for Network {
    async fn listen(self: Box<Self>, tell: mpsc::Sender<Change>) {
        let Self { mut hints, mut known, online } = *self;
        loop {
            if tokio::time::timeout(LOOK, hints.next()).await.is_ok() {
                let until = Instant::now() + UNQUIET_MAX;
                while Instant::now() < until && tokio::time::timeout(QUIET, hints.next()).await.is_ok() {}
            }
            let Some(now) = take().await else { continue };
            if known.as_ref() != Some(&now) {
                online.send_replace(now.has_address());
                tracing::debug!(before = ?known, ?now, "the network");
                // The first picture that there is says nothing about a change.
                if known.replace(now).is_some() && tell.send(Change::NetworkChanged).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A picture; `None` if the system does not give one now.
async fn take() -> Option<Picture> {
    match tokio::task::spawn_blocking(Picture::take).await {
        Ok(Ok(picture)) => Some(picture),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the addresses of this computer are not told");
            None
        }
        Err(_) => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
