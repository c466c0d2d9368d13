//! Battery and metered network, as services of python3-dbusmock tell them.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};

use zbus::zvariant::Value;

use crate::listener::{Listener, listens};
use crate::logind::{Bus, connect, end, until};

const UPOWER: &str = "org.freedesktop.UPower";
const NETWORK: &str = "org.freedesktop.NetworkManager";
const MOCK: &str = "org.freedesktop.DBus.Mock";

/// A service with one property. It ends with this.
struct OnTheBus {
    child: Child,
    address: String,
    name: &'static str,
    property: &'static str,
}

impl OnTheBus {
    fn start(bus: &Bus, name: &'static str, property: &'static str, value: Value<'_>) -> Self {
        let address = bus.address();
        let child = Command::new("/usr/bin/python3")
            .args(["-m", "dbusmock", "--system", name, &path(name), name])
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let service = Self { child, address, name, property };
        let bus = connect(&service.address).unwrap();
        until("the service does not come up (is python3-dbusmock installed?)", || {
            let added = (name, property, &value);
            bus.call_method(Some(name), path(name).as_str(), Some(MOCK), "AddProperty", &added).ok()
        });
        // Now it is announced as well.
        service.set(value);
        service
    }

    fn set(&self, value: Value<'_>) {
        let bus = connect(&self.address).unwrap();
        let changed = (self.name, HashMap::from([(self.property, value)]));
        bus.call_method(Some(self.name), path(self.name).as_str(), Some(MOCK), "UpdateProperties", &changed).unwrap();
    }
}

impl Drop for OnTheBus {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn path(name: &str) -> String {
    format!("/{}", name.replace('.', "/"))
}

#[test]
fn battery_and_metered_network_are_told_as_they_change_and_unknown_where_nobody_tells() {
    if listens() {
        return;
    }
    let bus = Bus::start();
    let mut listener = Listener::start(
        "circumstances::battery_and_metered_network_are_told_as_they_change_and_unknown_where_nobody_tells",
        &bus.address(),
    );
    fn is_told(listener: &mut Listener, words: &str) {
        listener.tell(words);
        assert_eq!(listener.hears(), words);
    }
    is_told(&mut listener, "in unknown unknown");
    let power = OnTheBus::start(&bus, UPOWER, "OnBattery", Value::Bool(true));
    is_told(&mut listener, "in true unknown");
    power.set(Value::Bool(false));
    is_told(&mut listener, "in false unknown");
    let network = OnTheBus::start(&bus, NETWORK, "Metered", Value::U32(1));
    is_told(&mut listener, "in false true");
    // Unknown, probably so, probably not, not.
    for (number, words) in [(0, "unknown"), (3, "true"), (4, "false"), (1, "true"), (2, "false")] {
        network.set(Value::U32(number));
        is_told(&mut listener, &format!("in false {words}"));
        listener.tell("look");
        assert_eq!(listener.hears(), format!("in false {words}"));
    }
}
