//! A server, a data folder and the program.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tos_local::{BucketSpec, Options, Server};

/// Longer than anything here takes; a program that hangs is ended and its test fails.
const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) const MIB: usize = 1 << 20;

/// Everything that one test works with.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    /// The server lives on it.
    _runtime: tokio::runtime::Runtime,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// A server as fast as it goes, with the buckets `first` and `second`.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A server that moves at most `megabytes` a second, in bodies and in copies.
    pub(crate) fn slow(megabytes: u64) -> Self {
        Self::with(|options| {
            options.bytes_per_second = Some(megabytes * 1_000_000);
            options.copy_bytes_per_second = Some(megabytes * 1_000_000);
        })
    }

    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let buckets = ["first", "second"].map(|name| BucketSpec { name: name.into(), region: None, versioning: false });
        let mut options =
            Options { root: folder.path().join("objects"), buckets: buckets.to_vec(), ..Options::default() };
        change(&mut options);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(options)).unwrap();
        Self { folder, server, _runtime: runtime }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data_folder(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file of `len` bytes that differ from place to place and from `seed` to `seed`.
    pub(crate) fn file(&self, name: &str, len: usize, seed: u64) -> PathBuf {
        let mut bytes = vec![0; len];
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program with the environment of an account at the server, and nothing else of ours.
    pub(crate) fn cli<S: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = bare_cli(words);
        command
            .env("TOS_ENDPOINT", self.server.endpoint())
            .env("TOS_REGION", tos_local::PRACTICE_REGION)
            .env("TOS_ACCESS_KEY", tos_local::PRACTICE_ACCESS_KEY)
            .env("TOS_SECRET_KEY", tos_local::PRACTICE_SECRET_KEY)
            .env("TERN_DATA_DIR", self.data_folder())
            .current_dir(self.folder.path());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Said {
        finish(self.cli(words))
    }

    /// Runs it and demands that it worked.
    pub(crate) fn done(&self, words: &[&str]) -> Said {
        let said = self.run(words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        said
    }

    /// Runs it with `--json` and demands that it worked; the last line is the summary.
    pub(crate) fn done_json(&self, words: &[&str]) -> Vec<Value> {
        json_lines(&self.done(&[words, &["--json"]].concat()).stdout)
    }

    /// What `transfers --json` lists.
    pub(crate) fn transfers(&self) -> Vec<Value> {
        json_lines(&self.done(&["transfers", "--json"]).stdout)
    }

    /// Keys and ids of the unfinished uploads of a bucket.
    pub(crate) fn uploads(&self, bucket: &str) -> Vec<Value> {
        json_lines(&self.done(&["uploads", "list", &format!("tos://{bucket}"), "--json"]).stdout)
    }

    /// Keys of a bucket.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let listed = self.done(&["ls", &format!("tos://{bucket}"), "--recursive", "--json"]).stdout;
        json_lines(&listed).iter().map(|line| line["key"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the server has been asked to do this.
    #[cfg(unix)]
    pub(crate) fn until_requested(&self, verb: &str) {
        self.until(|world| world.server.stats().requests.contains_key(verb));
    }

    /// Waits until the server has got there.
    #[cfg(unix)]
    pub(crate) fn until(&self, holds: impl Fn(&Self) -> bool) {
        let begun = std::time::Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < DEADLINE, "it never came to that: {:?}", self.server.stats());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Demands that an object has the bytes of a file.
    pub(crate) fn assert_object_is(&self, address: &str, file: &Path) {
        let back = self.path("back-to-compare");
        let _ = std::fs::remove_file(&back);
        self.done(&["cp", address, back.to_str().unwrap()]);
        assert_same_bytes(&back, file);
    }
}

/// The program with an empty environment, and no system bus, so that the computer of whoever tests is left alone.
pub(crate) fn bare_cli<S: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tern-cli"));
    command.args(words).env_clear().env("DBUS_SYSTEM_BUS_ADDRESS", "disabled:").stdin(Stdio::null());
    command
}

pub(crate) fn assert_same_bytes(one: &Path, other: &Path) {
    let (one_bytes, other_bytes) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    assert!(one_bytes == other_bytes, "{} and {} differ", one.display(), other.display());
}

/// Runs a command to its end, or ends it at the deadline.
pub(crate) fn finish(command: Command) -> Said {
    Running::start(command).finish()
}

pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// A program that is running; what it says is read as it comes.
pub(crate) struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Stream::read(child.stdout.take().unwrap());
        let stderr = Stream::read(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of standard output; `None` at its end.
    pub(crate) fn line(&mut self) -> Option<String> {
        self.stdout.line(&mut self.child)
    }

    /// Reads JSON lines until `count` of `kind` have come, and returns all that came.
    pub(crate) fn until(&mut self, kind: &str, count: usize) -> Vec<Value> {
        let mut seen = Vec::new();
        let mut found = 0;
        while found < count {
            let line = self.line().unwrap_or_else(|| panic!("it ended before {count} × {kind}: {seen:?}"));
            let value: Value = serde_json::from_str(&line).unwrap();
            found += usize::from(value["type"] == kind);
            seen.push(value);
        }
        seen
    }

    /// Reads standard error until a line has these words.
    #[cfg(unix)]
    pub(crate) fn until_told(&mut self, words: &str) {
        while !self.stderr.line(&mut self.child).expect("it ended before it said so").contains(words) {}
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) -> Said {
        self.child.kill().unwrap();
        self.finish()
    }

    pub(crate) fn finish(mut self) -> Said {
        while self.line().is_some() {}
        while self.stderr.line(&mut self.child).is_some() {}
        let status = self.child.wait().unwrap();
        Said { code: status.code(), stdout: self.stdout.text, stderr: self.stderr.text }
    }
}

/// Lines of one of its streams, and all of them so far.
struct Stream {
    lines: mpsc::Receiver<String>,
    text: String,
}

impl Stream {
    fn read(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                // A line that the kill has cut off is no line, and a test that has ended does not listen.
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines, text: String::new() }
    }

    fn line(&mut self, child: &mut Child) -> Option<String> {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => {
                self.text.push_str(&line);
                self.text.push('\n');
                Some(line)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                panic!("the program said nothing for {DEADLINE:?}");
            }
        }
    }
}
