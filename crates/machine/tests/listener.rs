//! A process that listens to the computer: the test binary once more, as its environment is that of the bus it uses.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use machine::{Circumstances, Machine};
use tokio::io::AsyncBufReadExt as _;

const ASKED: &str = "TERN_LISTENS";

/// If this process is the listener, listens until its input ends, and says so.
pub(crate) fn listens() -> bool {
    if std::env::var_os(ASKED).is_none() {
        return false;
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(listen());
    true
}

/// Says what it hears, and wants to stay awake when it is told `awake`, until it is told `rest`. After `off` it may not
/// until `on`. With `is X` it waits until its own word for that is X, and says so; with `in X Y` until it is told to be in
/// these circumstances: on its battery, on a metered network.
async fn listen() {
    let machine = Machine::listen();
    machine.on_change(async |change| println!("heard {change:?}"));
    let (want, wanted) = tokio::sync::watch::channel(false);
    machine.keep_awake_while(wanted);
    println!("heard nothing yet");
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        match line.as_str() {
            "off" | "on" => machine.allow_awake(line == "on"),
            "awake" | "rest" => drop(want.send_replace(line == "awake")),
            "look" => println!("heard {}", words(Circumstances::look().await)),
            asked if asked.starts_with("in ") => {
                let mut condition = machine.condition();
                while words(condition.circumstances()) != asked {
                    assert!(condition.moved().await);
                }
                println!("heard {asked}");
            }
            asked => {
                while format!("is {:?}", machine.condition().awake()) != asked {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                println!("heard {asked}");
            }
        }
    }
}

fn words(circumstances: Circumstances) -> String {
    let word = |told: Option<bool>| told.map_or("unknown".to_owned(), |is_so| is_so.to_string());
    format!("in {} {}", word(circumstances.on_battery), word(circumstances.metered))
}

/// A listener on the bus at an address.
pub(crate) struct Listener {
    child: Child,
    input: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Listener {
    /// Starts the calling test, by its full name, again as a listener.
    pub(crate) fn start(test: &str, bus: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test])
            .env(ASKED, "1")
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut listener = Self { child, input, lines };
        assert_eq!(listener.hears(), "nothing yet");
        listener
    }

    /// The next thing that it hears; waits for it.
    pub(crate) fn hears(&mut self) -> String {
        loop {
            let line = self.lines.next().expect("the listener has ended").unwrap();
            // The first one may stand in the line in which the test runner names the test.
            if let Some((_, heard)) = line.split_once("heard ") {
                return heard.to_owned();
            }
        }
    }

    pub(crate) fn tell(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
