//! The shell of the app.
/// Starts the app and returns when its window is closed.
pub fn run() {
    tauri::Builder::default().run(tauri::generate_context!()).ok();
}
