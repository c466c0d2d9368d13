//! Two computers and a cable: network namespaces that the test may do as it likes with, without being root.
//!
//! The test starts itself again in a namespace of its own, where the server is, which listens on loopback only. The
//! program runs in another one; between them are a pair of linked interfaces and a forwarder.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(30);

/// The other computer. It is gone when this is dropped.
pub(crate) struct Far {
    /// Holds its namespace.
    holder: Child,
}

impl Far {
    /// Brings it up, with a cable to this one.
    pub(crate) fn connect() -> Self {
        let holder = Command::new("unshare").args(["--net", "sleep", "600"]).stdin(Stdio::null()).spawn().unwrap();
        let far = Self { holder };
        let network = |id: &str| std::fs::read_link(format!("/proc/{id}/ns/net")).unwrap();
        let begun = Instant::now();
        while network(&far.holder.id().to_string()) == network("self") {
            assert!(begun.elapsed() < DEADLINE, "there is no other namespace");
            std::thread::sleep(Duration::from_millis(5));
        }
        ip(&mut Command::new("ip"), "link set lo up");
        ip(&mut Command::new("ip"), "link add near type veth peer name far");
        ip(&mut Command::new("ip"), &format!("link set far netns {}", far.holder.id()));
        ip(&mut Command::new("ip"), "addr add 10.77.0.1/24 dev near");
        ip(&mut Command::new("ip"), "link set near up");
        far.ip("link set lo up");
        far.ip("addr add 10.77.0.2/24 dev far");
        far.ip("link set far up");
        far
    }

    /// Its own link, up or down.
    pub(crate) fn own_link(&self, is_up: bool) {
        self.ip(if is_up { "link set far up" } else { "link set far down" });
    }

    /// The link at the other end of the cable.
    pub(crate) fn other_link(&self, is_up: bool) {
        ip(&mut Command::new("ip"), if is_up { "link set near up" } else { "link set near down" });
    }

    fn ip(&self, words: &str) {
        ip(&mut self.entered("ip"), words);
    }

    fn entered(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.holder.id())).arg(program);
        command
    }

    /// The same command, there. (`nsenter` becomes it, so that its id is that of the program.)
    pub(crate) fn inside(&self, command: &Command) -> Command {
        let mut inside = self.entered(command.get_program());
        inside.args(command.get_args()).env_clear().stdin(Stdio::null());
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        inside.env("PATH", std::env::var_os("PATH").unwrap());
        inside.current_dir(command.get_current_dir().unwrap());
        inside
    }

    /// Makes a port of loopback here reachable from there, and returns the endpoint.
    pub(crate) fn forward_to(&self, port: u16) -> String {
        let listener = TcpListener::bind(("10.77.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for there in listener.incoming() {
                let (there, here) = (there.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                let (there_too, here_too) = (there.try_clone().unwrap(), here.try_clone().unwrap());
                std::thread::spawn(move || pass_on(there, here));
                std::thread::spawn(move || pass_on(here_too, there_too));
            }
        });
        endpoint
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn ip(command: &mut Command, words: &str) {
    let output = command.args(words.split(' ')).output().expect("ip of iproute2 and nsenter are needed");
    assert!(output.status.success(), "ip {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// One direction of a connection, to its end.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}
