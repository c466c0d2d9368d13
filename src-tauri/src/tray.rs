//! Tern in the tray: open, pause all, resume all, quit, while the window is closed and work goes on.
//!
//! Not every desktop has a tray, and one that has may lose it. So the window asks [`Tray::is_shown`] before it offers
//! to go there, and comes back by itself when the tray goes away. The words come from the page, which has them all.

#[cfg(target_os = "linux")]
#[path = "tray/linux.rs"]
mod native;
#[cfg(not(target_os = "linux"))]
#[path = "tray/other.rs"]
mod native;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tauri::{AppHandle, Runtime};

use crate::app::App;
use crate::dto_desktop::DesktopWords;

/// What the tray can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayAct {
    /// Show the window.
    Open,
    /// Pause everything.
    PauseAll,
    /// Let everything go on.
    ResumeAll,
    /// End Tern; everything goes on at the next start.
    Quit,
    /// The tray is gone: a window that was closed into it comes back.
    Lost,
}

/// Does what was asked for, whatever thread asks.
type Act = Arc<dyn Fn(TrayAct) + Send + Sync>;

/// What of the menu makes sense now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Something runs or waits.
    pub pause_all: bool,
    /// Something is paused.
    pub resume_all: bool,
}

/// The menu as it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    words: DesktopWords,
    offers: Offers,
}

/// The place in the tray. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tray {
    state: Arc<TrayState>,
}

#[derive(Debug, Default)]
struct TrayState {
    is_shown: AtomicBool,
    shown: Mutex<Shown>,
    changed: tokio::sync::Notify,
}

impl Tray {
    /// Whether there is a tray and Tern is in it.
    pub fn is_shown(&self) -> bool {
        self.state.is_shown.load(Ordering::Relaxed)
    }

    fn set_shown(&self, is_shown: bool) {
        self.state.is_shown.store(is_shown, Ordering::Relaxed);
    }

    /// The words of the window's language.
    pub fn set_words(&self, words: DesktopWords) {
        self.change(|shown| shown.words = words);
    }

    /// The words that were given last.
    pub fn words(&self) -> DesktopWords {
        self.shown().words
    }

    /// What of the menu makes sense from now on.
    pub fn set_offers(&self, offers: Offers) {
        self.change(|shown| shown.offers = offers);
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut held = self.state.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.clone();
        change(&mut held);
        if *held != before {
            self.state.changed.notify_one();
        }
    }

    fn shown(&self) -> Shown {
        self.state.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the page has given its words: a menu without words helps nobody.
    async fn worded(&self) -> Shown {
        loop {
            let shown = self.shown();
            if !shown.words.open.is_empty() {
                return shown;
            }
            self.state.changed.notified().await;
        }
    }
}

/// Puts Tern into the tray and keeps its menu as it should be, until the app ends.
pub async fn show<R: Runtime>(app: Arc<App>, handle: AppHandle<R>) {
    let tray = app.surroundings.tray.clone();
    let act: Act = Arc::new(move |act| {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { app.tray_act(act).await });
    });
    native::show(tray, handle, act).await;
}

/// The menu: act, label, whether it can be chosen. `None` is a line between two.
fn entries(shown: &Shown) -> [Option<(TrayAct, &str, bool)>; 6] {
    let Shown { words, offers } = shown;
    [
        Some((TrayAct::Open, words.open.as_str(), true)),
        None,
        Some((TrayAct::PauseAll, words.pause_all.as_str(), offers.pause_all)),
        Some((TrayAct::ResumeAll, words.resume_all.as_str(), offers.resume_all)),
        None,
        Some((TrayAct::Quit, words.quit.as_str(), true)),
    ]
}
