//! What is around the page: the window itself, the tray, notices, and files given from outside.
//!
//! All of it works without a window too: then nothing is shown, nothing is asked, and closing is closing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::closing::{Close, Closing};
use crate::dto::Push;
use crate::dto_desktop::Notice;
use crate::front::Front;
use crate::instance::Wish;
use crate::notices::Notifier;
use crate::tray::{Tray, TrayAct};
use crate::waiting::wait_for;

/// A click on the close button waits no longer for the ledger.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);

/// The window and what the desktop shows of it.
#[derive(Debug, Default)]
pub struct Surroundings {
    front: OnceLock<Arc<dyn Front>>,
    /// The place in the tray.
    pub tray: Tray,
    /// The question before closing.
    pub closing: Closing,
    notifier: Notifier,
    given: Mutex<Vec<PathBuf>>,
}

impl Surroundings {
    /// Gives the app its window; the first one stays.
    pub fn set_front(&self, front: Arc<dyn Front>) {
        let _ = self.front.set(front);
    }

    /// The window, once there is one.
    pub fn front(&self) -> Option<&Arc<dyn Front>> {
        self.front.get()
    }

    /// Shows a notice; a click on it brings the window.
    pub async fn show_notice(&self, notice: &Notice) {
        let front = self.front.get().cloned();
        let clicked = move || {
            if let Some(front) = &front {
                front.show(None);
            }
        };
        if let Err(error) = self.notifier.show(notice, &self.tray.words().open, clicked).await {
            tracing::debug!(error, "a notice was not shown");
        }
    }

    /// Files that were given since this was last asked.
    pub fn take_given(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Transfers that run or wait for their turn; 0 if that is not known in time.
    pub async fn running(&self) -> u64 {
        let Some(engine) = self.started_engine().cloned() else { return 0 };
        let counting = tokio::task::spawn_blocking(move || engine.counts());
        match tokio::time::timeout(COUNTED_WITHIN, counting).await {
            Ok(Ok(Ok(counts))) => counts.active + counts.waiting,
            _ => 0,
        }
    }

    /// The user wants to close the window. A ledger that does not answer cannot keep it open: nothing is lost by closing.
    pub async fn close_wanted(&self) -> Close {
        let running = self.running().await;
        let close = self.surroundings.closing.wanted(running, self.pushes.is_heard(), Instant::now());
        if close == Close::Ask {
            self.pushes.send(Push::QuitAsked {});
        }
        close
    }

    /// Somebody started Tern again, or opened files with it: they go to the page, and the window comes to the front.
    pub fn wish(&self, wish: Wish) {
        if !wish.files.is_empty() {
            let mut given = self.surroundings.given.lock().unwrap_or_else(PoisonError::into_inner);
            given.extend(wish.files.into_iter().map(PathBuf::from));
            drop(given);
            self.pushes.send(Push::FilesGiven {});
        }
        if let Some(front) = self.surroundings.front() {
            front.show(wish.activation.as_deref());
        }
    }

    /// Does what was chosen in the tray.
    pub async fn tray_act(&self, act: TrayAct) {
        let Some(front) = self.surroundings.front() else { return };
        let done = match act {
            TrayAct::Open => {
                front.show(None);
                Ok(())
            }
            TrayAct::Lost => {
                if wait_for(|| front.is_hidden()) {
                    front.show(None);
                }
                Ok(())
            }
            TrayAct::Quit => {
                front.quit();
                Ok(())
            }
            TrayAct::PauseAll => match self.started_engine() {
                Some(engine) => engine.pause_all().await,
                None => Ok(()),
            },
            TrayAct::ResumeAll => match self.started_engine() {
                Some(engine) => engine.resume_all().await,
                None => Ok(()),
            },
        };
        if let Err(error) = done {
            tracing::warn!(%error, ?act, "the tray was asked in vain");
        }
    }
}
