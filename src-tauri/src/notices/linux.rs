//! Notices of Linux desktops: `org.freedesktop.Notifications` on the session bus.
//!
//! Spoken to by hand, in one method and one signal, over the D-Bus library that sleep and keychain use already; the
//! usual crate for it would bring a second one. A desktop without the service has no notices, and nothing else changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use tokio::sync::OnceCell;
use zbus::Connection;
use zbus::zvariant::Value;

use crate::dto_desktop::Notice;

/// Notices whose click is still known. Desktops keep no more of them for long.
const KNOWN_MAX: usize = 32;
/// The desktop decides how long a notice stays.
const USUAL_TIME: i32 = -1;

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait Notifications {
    #[expect(clippy::too_many_arguments, reason = "they are those of the interface")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
}

/// The way to the notification service.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    connection: Arc<OnceCell<Connection>>,
    known: Arc<Mutex<Vec<u32>>>,
}

impl Notifier {
    /// Shows a notice; `clicked` is called if the user clicks on it, and `open` names that click where it needs a
    /// button.
    ///
    /// # Errors
    /// If there is no session bus or nobody there who shows notices.
    pub async fn show(
        &self,
        notice: &Notice,
        open: &str,
        clicked: impl Fn() + Send + Sync + 'static,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let connection = self.connection.get_or_try_init(|| self.connect(clicked)).await?;
        let notifications = NotificationsProxy::new(connection).await?;
        let has_markup = notifications.get_capabilities().await?.iter().any(|capability| capability == "body-markup");
        let body = if has_markup { escaped(&notice.body) } else { notice.body.clone() };
        let hints = HashMap::from([("desktop-entry", Value::from("Tern")), ("category", Value::from("transfer"))]);
        let actions = ["default", open];
        let id = notifications.notify("Tern", 0, "tern", &notice.title, &body, &actions, hints, USUAL_TIME).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.remove(0);
        }
        known.push(id);
        Ok(())
    }

    /// The connection, and an ear for clicks on it.
    async fn connect(&self, clicked: impl Fn() + Send + Sync + 'static) -> zbus::Result<Connection> {
        let connection = Connection::session().await?;
        let mut clicks = NotificationsProxy::new(&connection).await?.receive_action_invoked().await?;
        let known = self.known.clone();
        tokio::spawn(async move {
            while let Some(click) = clicks.next().await {
                let is_ours = |id: &u32| known.lock().unwrap_or_else(PoisonError::into_inner).contains(id);
                if click.args().is_ok_and(|args| is_ours(&args.id)) {
                    clicked();
                }
            }
        });
        Ok(connection)
    }
}

/// Names of files as text, not as the markup that they may look like.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
