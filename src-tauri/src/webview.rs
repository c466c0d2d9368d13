//! The webview shows Tern's own page and no other, and opens no further window.
//!
//! The page has no link that leads elsewhere and a policy that loads nothing from elsewhere; this holds even if both
//! were to fail, say for a link in the clipboard that is dropped on the window.

use tauri::Url;
use tauri::webview::NewWindowResponse;
use tauri::{App, Runtime, WebviewWindow, WebviewWindowBuilder};

/// Makes the window of the configuration, not shown yet.
///
/// # Errors
/// If the configuration has no window or the system cannot open one.
pub fn open<R: Runtime>(app: &App<R>) -> Result<WebviewWindow<R>, Box<dyn std::error::Error>> {
    let config = app.config().app.windows.first().ok_or("the configuration has no window")?;
    let window = WebviewWindowBuilder::from_config(app, config)?
        .visible(false)
        .on_navigation(|url| {
            let own = is_own_page(url);
            if !own {
                tracing::warn!(scheme = url.scheme(), "the page wanted to go elsewhere");
            }
            own
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    Ok(window)
}

/// Whether this is where Tern's page lives: in the app, or on the development server in a build for development.
fn is_own_page(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) => url.port().is_none(),
        // Windows has no schemes of one's own.
        ("http" | "https", Some("tauri.localhost")) => url.port().is_none(),
        ("http", Some("localhost")) => tauri::is_dev() && url.port() == Some(1420),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_where_it_is() {
        for (url, own) in [
            ("tauri://localhost", true),
            ("tauri://localhost/index.html#x", true),
            ("http://tauri.localhost/", true),
            ("http://localhost:1420/", tauri::is_dev()),
            ("http://localhost:8080/", false),
            ("https://tauri.localhost.example.com/", false),
            ("http://tauri.localhost:81/", false),
            ("tauri://elsewhere/", false),
            ("https://example.com/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,hello", false),
            ("javascript:alert(1)", false),
            ("about:blank", false),
        ] {
            assert_eq!(is_own_page(&url.parse().unwrap()), own, "{url}");
        }
    }
}
