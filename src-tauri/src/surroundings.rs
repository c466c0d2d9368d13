//! What is around the page: the window itself, the tray, notices, and files given from outside.
//!
//! All of it works without a window too: then nothing is shown, nothing is asked, and closing is closing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::app::App;
use crate::closing::{Close, Closing};
use crate::dto::Push;
use crate::dto_desktop::Notice;
use crate::front::Front;
use crate::instance::Wish;
use crate::notices::Notifier;
use crate::tray::{Tray, TrayAct};

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
    /// Transfers that run or wait for their turn.
    pub fn running(&self) -> u64 {
        let counts = self.started_engine().and_then(|engine| engine.counts().ok());
        counts.map_or(0, |counts| counts.active + counts.waiting)
    }

    /// The user wants to close the window.
    pub fn close_wanted(&self) -> Close {
        let close = self.surroundings.closing.wanted(self.running(), self.pushes.is_heard(), Instant::now());
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
                if front.is_hidden() {
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
