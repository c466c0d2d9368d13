//! Where the computer is, as far as its system tells: on its battery, on a network that costs by the byte.
//!
//! Linux tells both on the system bus (UPower, NetworkManager). What they last said is asked for again at each of their
//! signals, when their services come or go, and at least twice a minute. Other systems are not asked
//! yet: there nothing is known, and whoever shows it says so.

use tokio::sync::watch;

/// Where the computer is; `None` where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Whether it runs on its battery.
    pub on_battery: Option<bool>,
    /// Whether its network costs by the byte.
    pub metered: Option<bool>,
}

impl Circumstances {
    /// Asks once. What does not answer within a second or two is not known.
    ///
    /// # Cancellation
    /// Can be dropped at any time.
    #[cfg(target_os = "linux")]
    pub async fn look() -> Self {
        let (battery, network) = tokio::join!(linux::look(&linux::UPOWER), linux::look(&linux::NETWORK));
        Self { on_battery: battery.and_then(is_on_battery), metered: network.and_then(is_metered) }
    }

    /// Nothing is known here.
    #[cfg(not(target_os = "linux"))]
    pub async fn look() -> Self {
        Self::default()
    }
}

/// Keeps `now` true until it is dropped. What a service said last is believed until it says something else, or does not
/// answer twice in a row: one that is started again changes nothing.
#[cfg(target_os = "linux")]
pub(crate) async fn follow(now: watch::Sender<Circumstances>) {
    let battery = linux::follow(&linux::UPOWER, |value| {
        let on_battery = value.and_then(is_on_battery);
        now.send_if_modified(|now| std::mem::replace(&mut now.on_battery, on_battery) != on_battery);
    });
    let metered = linux::follow(&linux::NETWORK, |value| {
        let metered = value.and_then(is_metered);
        now.send_if_modified(|now| std::mem::replace(&mut now.metered, metered) != metered);
    });
    tokio::join!(battery, metered);
}

#[cfg(target_os = "linux")]
fn is_on_battery(value: u32) -> Option<bool> {
    Some(value == 1)
}

/// 0 is "unknown", 1 and 3 are "yes" and "probably", 2 and 4 "no" and "probably not" (NMMetered).
#[cfg(target_os = "linux")]
fn is_metered(value: u32) -> Option<bool> {
    (value != 0).then_some(value == 1 || value == 3)
}

/// Nothing is known here.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn follow(now: watch::Sender<Circumstances>) {
    // Who waits for news waits until the machine is gone.
    let _now = now;
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use futures_util::StreamExt as _;
    use zbus::zvariant::{OwnedValue, Value};
    use zbus::{Connection, Proxy};

    /// A property is asked for at least this often.
    const LOOK: Duration = Duration::from_secs(30);
    /// One change comes as several signals.
    const QUIET: Duration = Duration::from_millis(100);
    /// A service may have to be started first.
    const ANSWER_MAX: Duration = Duration::from_secs(2);
    const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

    /// A property of a service on the system bus.
    pub(super) struct Property {
        service: &'static str,
        path: &'static str,
        interface: &'static str,
        name: &'static str,
    }

    /// Whether the computer runs on its battery. A computer that has none never does.
    pub(super) const UPOWER: Property = Property {
        service: "org.freedesktop.UPower",
        path: "/org/freedesktop/UPower",
        interface: "org.freedesktop.UPower",
        name: "OnBattery",
    };

    /// Whether the network in use costs by the byte.
    pub(super) const NETWORK: Property = Property {
        service: "org.freedesktop.NetworkManager",
        path: "/org/freedesktop/NetworkManager",
        interface: "org.freedesktop.NetworkManager",
        name: "Metered",
    };

    /// What a property is; `None` if nobody says so in time.
    pub(super) async fn look(property: &Property) -> Option<u32> {
        let asked = async {
            let bus = Connection::system().await?;
            let proxy = Proxy::new(&bus, property.service, property.path, PROPERTIES).await?;
            ask(&proxy, property).await
        };
        tokio::time::timeout(ANSWER_MAX, asked).await.ok()?.ok()?
    }

    /// Tells what a property is, now and after each change; `None` where its service or the bus is away for good.
    pub(super) async fn follow(property: &Property, mut tell: impl FnMut(Option<u32>)) {
        loop {
            let ended = match Connection::system().await {
                Ok(bus) => follow_on(&bus, property, &mut tell).await,
                Err(error) => {
                    tell(None);
                    Err(error)
                }
            };
            tracing::trace!(?ended, name = property.name, "not told now");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The same until the bus goes away.
    async fn follow_on(bus: &Connection, property: &Property, tell: &mut impl FnMut(Option<u32>)) -> zbus::Result<()> {
        let proxy = Proxy::new(bus, property.service, property.path, PROPERTIES).await?;
        let mut changes = proxy.receive_signal("PropertiesChanged").await?;
        let mut owners = proxy.receive_owner_changed().await?;
        let mut was_away = false;
        loop {
            let answer = tokio::time::timeout(ANSWER_MAX, ask(&proxy, property)).await.unwrap_or(Ok(None))?;
            if answer.is_some() || was_away {
                tell(answer);
            }
            was_away = answer.is_none();
            let hint = async {
                tokio::select! {
                    change = changes.next() => change.is_some(),
                    owner = owners.next() => owner.is_some(),
                }
            };
            match tokio::time::timeout(LOOK, hint).await {
                Ok(true) => tokio::time::sleep(QUIET).await,
                Ok(false) => return Ok(()),
                Err(_) => {}
            }
        }
    }

    /// What a property is; `None` if its service is not installed, or does not run now.
    async fn ask(proxy: &Proxy<'_>, property: &Property) -> zbus::Result<Option<u32>> {
        let answer: zbus::Result<OwnedValue> = proxy.call("Get", &(property.interface, property.name)).await;
        match answer {
            Ok(value) => Ok(number(&value)),
            Err(zbus::Error::MethodError(..)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn number(value: &OwnedValue) -> Option<u32> {
        match &**value {
            Value::Bool(is_so) => Some(u32::from(*is_so)),
            Value::U32(number) => Some(*number),
            _ => None,
        }
    }
}
