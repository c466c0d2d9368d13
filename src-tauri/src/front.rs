//! The window as the rest of the desktop sees it: in front or not, shown or in the tray, with a bar in the taskbar.
//!
//! A seam, so that what decides about it runs under a test without a window.

use std::fmt;

use tauri::window::{ProgressBarState, ProgressBarStatus};
use tauri::{AppHandle, Manager as _, Runtime, WebviewWindow};

/// How the work as a whole stands, for the taskbar or the dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u64,
    /// What it looks like.
    pub tone: Tone,
}

/// Whether the work goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It moves.
    Moves,
    /// It waits for the network or a store, and goes on by itself.
    Retries,
    /// Something of it needs the user.
    NeedsUser,
}

/// What can be done with the window.
pub trait Front: Send + Sync + fmt::Debug {
    /// Shows it and brings it to the front. `activation` is what the desktop gave whoever asks, where it gave something.
    fn show(&self, activation: Option<&str>);

    /// Takes it off the screen; everything goes on.
    fn hide(&self);

    /// Ends the app in order: everything goes on at the next start.
    fn quit(&self);

    /// Whether the user looks at it: shown, not minimized, and with the keyboard.
    fn is_in_front(&self) -> bool;

    /// Whether it is taken off the screen.
    fn is_hidden(&self) -> bool;

    /// Shows how the work stands in the taskbar or the dock; `None` takes the bar away.
    fn set_progress(&self, progress: Option<Progress>);
}

/// The window of the person who sits there.
pub struct NativeFront<R: Runtime>(pub AppHandle<R>);

impl<R: Runtime> fmt::Debug for NativeFront<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeFront")
    }
}

impl<R: Runtime> NativeFront<R> {
    fn window(&self) -> Option<WebviewWindow<R>> {
        self.0.get_webview_window("main")
    }

    fn on_window(&self, act: impl FnOnce(&WebviewWindow<R>) -> tauri::Result<()>) {
        if let Some(window) = self.window()
            && let Err(error) = act(&window)
        {
            tracing::debug!(%error, "the window did not do as it was told");
        }
    }
}

impl<R: Runtime> Front for NativeFront<R> {
    fn show(&self, activation: Option<&str>) {
        self.on_window(|window| {
            #[cfg(target_os = "linux")]
            if let Some(token) = activation.map(str::to_owned) {
                // Under Wayland only who was given a token may come to the front; GTK hands it on as a startup id.
                let activated = window.clone();
                window.run_on_main_thread(move || {
                    if let Ok(native) = activated.gtk_window() {
                        gtk::prelude::GtkWindowExt::set_startup_id(&native, &token);
                    }
                })?;
            }
            #[cfg(not(target_os = "linux"))]
            let _ = activation;
            window.show()?;
            window.unminimize()?;
            window.set_focus()
        });
    }

    fn hide(&self) {
        self.on_window(WebviewWindow::hide);
    }

    fn quit(&self) {
        self.0.exit(0);
    }

    fn is_in_front(&self) -> bool {
        let looks = |window: WebviewWindow<R>| -> tauri::Result<bool> {
            Ok(window.is_visible()? && !window.is_minimized()? && window.is_focused()?)
        };
        self.window().is_some_and(|window| looks(window).unwrap_or(false))
    }

    fn is_hidden(&self) -> bool {
        self.window().is_some_and(|window| !window.is_visible().unwrap_or(true))
    }

    fn set_progress(&self, progress: Option<Progress>) {
        let status = match progress.map(|progress| progress.tone) {
            None => ProgressBarStatus::None,
            Some(Tone::Moves) => ProgressBarStatus::Normal,
            Some(Tone::Retries) => ProgressBarStatus::Paused,
            Some(Tone::NeedsUser) => ProgressBarStatus::Error,
        };
        let bar = ProgressBarState { status: Some(status), progress: progress.map(|progress| progress.percent) };
        self.on_window(|window| window.set_progress_bar(bar));
    }
}
