//! Notices of Windows and macOS.

use std::sync::Arc;

use crate::dto_desktop::Notice;

/// The way to the notification service.
#[derive(Clone, Debug, Default)]
pub struct Notifier;

impl Notifier {
    /// Shows a notice. What a click on it does is the system's business here: it opens the app.
    ///
    /// # Errors
    /// If the system shows none.
    pub async fn show(
        &self,
        notice: &Notice,
        _open: &str,
        _clicked: impl Fn() + Send + Sync + 'static,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let notice = Arc::new(notice.clone());
        // macOS answers only once the notice is delivered.
        tokio::task::spawn_blocking(move || {
            let mut shown = notify_rust::Notification::new();
            shown.appname("Tern").summary(&notice.title).body(&notice.body);
            // Without an id of its own, Windows would show the notice as one of PowerShell's.
            #[cfg(windows)]
            shown.app_id("app.tern.transfer");
            shown.show().map(drop)
        })
        .await??;
        Ok(())
    }
}
