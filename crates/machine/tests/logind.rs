//! A system bus of the test's own, with a logind on it that does as it is told.
//!
//! The tests of the command line use it too.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zbus::blocking::Connection;
use zbus::zvariant::Value;

const DEADLINE: Duration = Duration::from_secs(60);
const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// What somebody holds: what, who, why, mode, user, process.
pub(crate) type Inhibitor = (String, String, String, String, u32, u32);

/// The bus and its logind. Both end with it.
pub(crate) struct Bus {
    folder: TempDir,
    pub(crate) daemon: Child,
    pub(crate) logind: Child,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("bus");
        let daemon = start_daemon(&socket);
        let logind = start_logind(&address(&socket));
        Self { folder, daemon, logind }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }

    /// For `DBUS_SYSTEM_BUS_ADDRESS`.
    pub(crate) fn address(&self) -> String {
        address(&self.socket())
    }

    /// Waits until somebody wants to hear of sleep.
    pub(crate) fn until_subscribed(&self) {
        let bus = connect(&self.address()).unwrap();
        until("nobody listens to PrepareForSleep", || {
            let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
            let interface = "org.freedesktop.DBus.Debug.Stats";
            let rules = bus.call_method(Some(name), path, Some(interface), "GetAllMatchRules", &()).unwrap();
            format!("{:?}", rules.body().deserialize::<zbus::zvariant::Structure<'_>>().unwrap())
                .contains("PrepareForSleep")
                .then_some(())
        });
    }

    /// Says that the computer is about to sleep, or has woken.
    pub(crate) fn prepare_for_sleep(&self, is_before: bool) {
        let arguments = (MANAGER, "PrepareForSleep", "b", vec![Value::from(is_before)]);
        let bus = connect(&self.address()).unwrap();
        bus.call_method(Some(NAME), PATH, Some("org.freedesktop.DBus.Mock"), "EmitSignal", &arguments).unwrap();
    }

    /// What is held now.
    pub(crate) fn inhibitors(&self) -> Vec<Inhibitor> {
        let bus = connect(&self.address()).unwrap();
        bus.call_method(Some(NAME), PATH, Some(MANAGER), "ListInhibitors", &()).unwrap().body().deserialize().unwrap()
    }

    /// Waits until so many are held.
    pub(crate) fn until_held(&self, count: usize) -> Vec<Inhibitor> {
        until(&format!("there never are {count} inhibitors"), || {
            let held = self.inhibitors();
            (held.len() == count).then_some(held)
        })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        end(&mut self.logind);
        end(&mut self.daemon);
    }
}

fn address(socket: &std::path::Path) -> String {
    format!("unix:path={}", socket.display())
}

pub(crate) fn connect(address: &str) -> zbus::Result<Connection> {
    zbus::blocking::connection::Builder::address(address)?.build()
}

pub(crate) fn start_daemon(socket: &std::path::Path) -> Child {
    let _ = std::fs::remove_file(socket);
    let daemon = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nopidfile", "--nosyslog", "--address"])
        .arg(address(socket))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _answers = until("the bus does not answer", || connect(&address(socket)).ok());
    daemon
}

pub(crate) fn start_logind(address: &str) -> Child {
    // The system's Python has the module of the package python3-dbusmock, which another one in the PATH may not have.
    let logind = Command::new("/usr/bin/python3")
        .args(["-m", "dbusmock", "--system", "--template", "logind"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let bus = connect(address).unwrap();
    until("logind does not come up (is python3-dbusmock installed?)", || {
        let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let asked = bus.call_method(Some(name), path, Some(name), "NameHasOwner", &NAME).unwrap();
        asked.body().deserialize::<bool>().unwrap().then_some(())
    });
    logind
}

pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

pub(crate) fn until<T>(otherwise: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "{otherwise}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
