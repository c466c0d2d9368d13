//! Sleep and wake as logind tells them, on the system bus.
//!
//! The bus is where `DBUS_SYSTEM_BUS_ADDRESS` says, else where it always is. A system without one (a container, another
//! init) is no error. A logind that restarts is followed by the proxy; a bus that restarts is connected to again.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use zbus::proxy::SignalStream;
use zbus::{Connection, Proxy};

use crate::Change;
use crate::source::Source;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Listens to `PrepareForSleep`.
pub(crate) struct Sleep;

#[async_trait]
impl Source for Sleep {
    async fn listen(self: Box<Self>, tell: mpsc::Sender<Change>) {
        let mut was_there = false;
        let mut pause = FIRST_PAUSE;
        loop {
            match subscribe().await {
                Ok(signals) => {
                    (was_there, pause) = (true, FIRST_PAUSE);
                    if pass_on(signals, &tell).await.is_err() {
                        return;
                    }
                    tracing::debug!("the system bus has gone");
                }
                Err(error) if !was_there => {
                    tracing::info!(%error, "no system bus: a wake is known by the gap in the time alone");
                    return;
                }
                Err(error) => tracing::debug!(%error, "the system bus is not back yet"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn subscribe() -> zbus::Result<SignalStream<'static>> {
    let bus = Connection::system().await?;
    let (name, path, interface) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    Proxy::new(&bus, name, path, interface).await?.receive_signal("PrepareForSleep").await
}

/// Tells what the signals say until they end; fails when nobody is told any more.
async fn pass_on(
    mut signals: SignalStream<'static>,
    tell: &mpsc::Sender<Change>,
) -> Result<(), mpsc::error::SendError<Change>> {
    while let Some(signal) = signals.next().await {
        match signal.body().deserialize::<bool>() {
            Ok(true) => tell.send(Change::GoingToSleep).await?,
            Ok(false) => tell.send(Change::Woke).await?,
            Err(error) => tracing::warn!(%error, "logind says something else than documented"),
        }
    }
    Ok(())
}
