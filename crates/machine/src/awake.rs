//! Keeping the computer awake.
//!
//! A thread of its own does it: on Windows the wish belongs to the thread that has it, and on Linux the library waits
//! for answers of the system bus.

use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::watch;

/// How long it is held after it was wanted last.
const LINGER: Duration = Duration::from_secs(1);

/// Holds it while it is wanted.
pub(crate) async fn follow(mut wanted: watch::Receiver<bool>) {
    let (say, said) = mpsc::channel();
    let thread = std::thread::Builder::new().name("keep-awake".to_owned());
    if let Err(error) = thread.spawn(move || obey(&said)) {
        tracing::warn!(%error, "the computer cannot be kept awake");
        return;
    }
    // The thread ends, and lets go, when `say` is dropped.
    let mut is_held = false;
    loop {
        let want = *wanted.borrow_and_update();
        if want != is_held {
            if !want && let Ok(changed) = tokio::time::timeout(LINGER, wanted.changed()).await {
                if changed.is_err() {
                    return;
                }
                continue;
            }
            is_held = want;
            if say.send(want).is_err() {
                return;
            }
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

fn obey(said: &mpsc::Receiver<bool>) {
    let mut held = None;
    let mut was_told = false;
    while let Ok(want) = said.recv() {
        held = None; // what was held is let go before anything else is asked for
        if !want {
            continue;
        }
        match hold() {
            Ok(awake) => held = Some(awake),
            Err(error) if !was_told => {
                was_told = true;
                tracing::info!(%error, "the computer cannot be asked to stay awake");
            }
            Err(_) => {}
        }
    }
    drop(held);
}

fn hold() -> keepawake::Result<keepawake::KeepAwake> {
    keepawake::Builder::default()
        .idle(true)
        // Elsewhere than on Windows, where it means "away mode", for media servers.
        .sleep(cfg!(not(windows)))
        .app_name("Tern")
        .app_reverse_domain("app.tern.transfer")
        .reason("Files are being transferred")
        .create()
}
