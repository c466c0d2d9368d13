//! Keeping the computer awake.
//!
//! A thread of its own does it: on Windows the wish belongs to the thread that has it, and on Linux the library waits
//! for answers of the system bus.

use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::watch;

/// How long it is held after it was wanted last.
const LINGER: Duration = Duration::from_secs(1);

/// Whether this computer is kept awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awake {
    /// Nothing asks for it.
    Idle,
    /// It is.
    Held,
    /// The user does not want it, whatever moves.
    Off,
    /// It was asked for, and this system has no way to it.
    Unavailable,
}

/// What the thread is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Hold,
    LetGo,
    Forbidden,
}

/// Holds it while it is wanted and allowed, and tells how that stands.
pub(crate) async fn follow(
    mut wanted: watch::Receiver<bool>,
    mut allowed: watch::Receiver<bool>,
    told: watch::Sender<Awake>,
) {
    let (say, said) = mpsc::channel();
    let thread = std::thread::Builder::new().name("keep-awake".to_owned());
    let obeys = told.clone();
    if let Err(error) = thread.spawn(move || obey(&said, &obeys)) {
        tracing::warn!(%error, "the computer cannot be kept awake");
        told.send_replace(Awake::Unavailable);
        return;
    }
    // The thread ends, and lets go, when `say` is dropped.
    let mut last = Wish::LetGo;
    loop {
        let wish = match (*allowed.borrow_and_update(), *wanted.borrow_and_update()) {
            (false, _) => Wish::Forbidden,
            (true, true) => Wish::Hold,
            (true, false) => Wish::LetGo,
        };
        if wish != last {
            let lingers = (last, wish) == (Wish::Hold, Wish::LetGo);
            if lingers && let Ok(goes_on) = tokio::time::timeout(LINGER, changed(&mut wanted, &mut allowed)).await {
                if !goes_on {
                    return;
                }
                continue;
            }
            last = wish;
            if say.send(wish).is_err() {
                return;
            }
        }
        if !changed(&mut wanted, &mut allowed).await {
            return;
        }
    }
}

/// Waits until either has changed; false when there is nobody left to change one.
async fn changed(wanted: &mut watch::Receiver<bool>, allowed: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        changed = wanted.changed() => changed.is_ok(),
        changed = allowed.changed() => changed.is_ok(),
    }
}

fn obey(said: &mpsc::Receiver<Wish>, told: &watch::Sender<Awake>) {
    let mut held = None;
    let mut was_told = false;
    while let Ok(wish) = said.recv() {
        held = None; // what was held is let go before anything else is asked for
        let awake = match wish {
            Wish::LetGo => Awake::Idle,
            Wish::Forbidden => Awake::Off,
            Wish::Hold => match hold() {
                Ok(awake) => {
                    held = Some(awake);
                    Awake::Held
                }
                Err(error) => {
                    if !std::mem::replace(&mut was_told, true) {
                        tracing::info!(%error, "the computer cannot be asked to stay awake");
                    }
                    Awake::Unavailable
                }
            },
        };
        told.send_replace(awake);
    }
    drop(held);
    told.send_replace(Awake::Idle);
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
