//! What the desktop around the window does for it: dialogs, and showing a file in its folder.
//!
//! A seam, so that commands know no window and run under a test. Dialogs are opened from Rust: the web page has no
//! permission to open any.

use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tauri::{AppHandle, Manager as _, Runtime};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::dto::AppError;

/// What the desktop can be asked.
#[async_trait]
pub trait Desktop: Send + Sync + fmt::Debug {
    /// Lets the user choose files; none if the dialog was closed.
    async fn pick_files(&self) -> Vec<PathBuf>;

    /// Lets the user choose a folder.
    async fn pick_folder(&self) -> Option<PathBuf>;

    /// Lets the user choose where to write a file that would be called `name`, which ends in `.` and one of
    /// `extensions`. The dialog has asked already whether what is there may be replaced.
    async fn save_file(&self, name: &str, extensions: &[&str]) -> Option<PathBuf>;

    /// Shows a file in its folder.
    ///
    /// # Errors
    /// `internal` if the desktop has no program for it.
    fn reveal(&self, path: &Path) -> Result<(), AppError> {
        tauri_plugin_opener::reveal_item_in_dir(path).map_err(AppError::internal)
    }
}

/// The desktop of the person who sits there.
pub struct NativeDesktop<R: Runtime>(pub AppHandle<R>);

impl<R: Runtime> fmt::Debug for NativeDesktop<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeDesktop")
    }
}

impl<R: Runtime> NativeDesktop<R> {
    fn dialog(&self) -> FileDialogBuilder<R> {
        let dialog = self.0.dialog().file();
        match self.0.get_webview_window("main") {
            Some(window) => dialog.set_parent(&window),
            None => dialog,
        }
    }
}

#[async_trait]
impl<R: Runtime> Desktop for NativeDesktop<R> {
    async fn pick_files(&self) -> Vec<PathBuf> {
        let (answer, answered) = oneshot::channel();
        self.dialog().pick_files(|paths| {
            // Nobody waits any more if the window is gone.
            let _ = answer.send(paths);
        });
        let paths = answered.await.ok().flatten().unwrap_or_default();
        paths.into_iter().filter_map(|path| path.into_path().ok()).collect()
    }

    async fn pick_folder(&self) -> Option<PathBuf> {
        let (answer, answered) = oneshot::channel();
        self.dialog().pick_folder(|path| {
            let _ = answer.send(path);
        });
        answered.await.ok().flatten().map(FilePath::into_path)?.ok()
    }

    async fn save_file(&self, name: &str, extensions: &[&str]) -> Option<PathBuf> {
        let (answer, answered) = oneshot::channel();
        let dialog = extensions.iter().fold(self.dialog().set_file_name(name), |dialog, extension| {
            dialog.add_filter(extension.to_uppercase(), &[*extension])
        });
        dialog.save_file(|path| {
            let _ = answer.send(path);
        });
        answered.await.ok().flatten().map(FilePath::into_path)?.ok()
    }
}

/// A desktop whose dialogs answer by themselves, from a file with a path on each line.
#[derive(Debug)]
pub struct ScriptedDesktop {
    /// The file; read anew for each dialog. A missing one is a dialog that was closed.
    pub answers: PathBuf,
}

#[async_trait]
impl Desktop for ScriptedDesktop {
    async fn pick_files(&self) -> Vec<PathBuf> {
        let answers = tokio::fs::read_to_string(&self.answers).await.unwrap_or_default();
        answers.lines().filter(|line| !line.is_empty()).map(PathBuf::from).collect()
    }

    async fn pick_folder(&self) -> Option<PathBuf> {
        self.pick_files().await.into_iter().next()
    }

    async fn save_file(&self, _name: &str, _extensions: &[&str]) -> Option<PathBuf> {
        self.pick_files().await.into_iter().next()
    }
}
