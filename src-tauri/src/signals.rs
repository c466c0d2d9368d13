//! Who ends Tern from outside ends it in order, as a click on *Quit* does: the end of a session, `kill`, Ctrl-C.

use crate::front::Front;

/// Waits for a signal that asks for an end, once, and quits.
#[cfg(unix)]
pub async fn quit_when_asked(front: impl Front) {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = async || -> std::io::Result<&'static str> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        Ok(tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = hangup.recv() => "SIGHUP",
        })
    };
    match heard().await {
        Ok(signal) => {
            tracing::info!(signal, "Tern is asked to end");
            front.quit();
        }
        Err(error) => tracing::warn!(%error, "signals cannot be heard"),
    }
}

/// Waits for Ctrl-C, once, and quits. The end of a session closes the window, which is heard elsewhere.
#[cfg(not(unix))]
pub async fn quit_when_asked(front: impl Front) {
    if tokio::signal::ctrl_c().await.is_ok() {
        front.quit();
    }
}
