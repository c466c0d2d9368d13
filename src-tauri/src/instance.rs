//! One window for a data folder: a second start hands its files to the first, which comes to the front.
//!
//! The first holds a lock for as long as it lives, however it ends, listens on loopback and writes where, with a
//! secret, into a file that only this user can read. One way for all systems, also where there is no session bus, and
//! another data folder is another window. What it costs is a port; whoever finds it without the secret is not answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Lasting, Readers, replace_file};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

/// How long a start waits for one that is just beginning or just ending; an end takes up to five seconds.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the other side may take to say something.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Largest message: more than a command line can hold.
const MESSAGE_BYTES_MAX: u64 = 8 << 20;
/// Longest first line: a secret and its end.
const SECRET_BYTES_MAX: u64 = 64;
/// Most files of one wish.
const FILES_MAX: usize = 100_000;
/// Longest text that a desktop gives to bring a window to the front.
const ACTIVATION_BYTES_MAX: usize = 4096;
/// Callers that are heard at a time; the others wait to be accepted.
const CALLERS_MAX: usize = 8;
/// The answer to a message that was understood.
const TAKEN: &str = "taken\n";

/// What a start wants of the window that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Absolute paths to upload.
    pub files: Vec<String>,
    /// What the desktop gave this start so that it may bring a window to the front (Wayland: a token).
    pub activation: Option<String>,
}

/// Where the first one listens.
#[derive(Serialize, Deserialize)]
struct Address {
    port: u16,
    secret: String,
}

/// What a start has found.
#[derive(Debug)]
pub enum Claim {
    /// It is the first, and stays it until this is dropped.
    First(Instance),
    /// There is another, and it has taken the wish.
    Passed,
    /// There is another that does not answer.
    Unanswered,
}

/// The right to be the window of a data folder.
#[derive(Debug)]
pub struct Instance {
    _lock: File,
    listener: Option<TcpListener>,
    secret: String,
}

/// Becomes the window of this folder, or passes the wish to the one that there is.
///
/// # Errors
/// If the folder cannot be used.
pub fn claim(folder: &Path, wish: &Wish) -> io::Result<Claim> {
    claim_within(folder, wish, WAIT_MAX)
}

fn claim_within(folder: &Path, wish: &Wish, wait_max: Duration) -> io::Result<Claim> {
    std::fs::create_dir_all(folder)?;
    let deadline = Instant::now() + wait_max;
    loop {
        if let Some(instance) = Instance::take(folder)? {
            return Ok(Claim::First(instance));
        }
        if pass(folder, wish).is_ok() {
            return Ok(Claim::Passed);
        }
        if Instant::now() >= deadline {
            return Ok(Claim::Unanswered);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

impl Instance {
    fn take(folder: &Path) -> io::Result<Option<Self>> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("tern.window.lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // What one before has left behind leads nowhere, or to a stranger by now who must not be told a wish.
        let path = address_path(folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        listener.set_nonblocking(true)?;
        let secret = new_secret()?;
        let address = Address { port: listener.local_addr()?.port(), secret: secret.clone() };
        // Last, when the port is listened to: whoever reads it can call.
        replace_file(&path, &serde_json::to_vec(&address)?, Readers::OwnerOnly, Lasting::Unsynced)?;
        Ok(Some(Self { _lock: lock, listener: Some(listener), secret }))
    }

    /// Hands every wish that comes to `take`. Runs until it is aborted; nobody is answered from then on, and a start
    /// waits until this one is gone.
    ///
    /// # Errors
    /// If the port cannot be listened to.
    ///
    /// # Cancellation
    /// At any moment: a wish that was not answered is passed again.
    pub async fn serve(
        listener: TcpListener,
        secret: String,
        take: impl Fn(Wish) + Send + Sync + 'static,
    ) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let heard = Arc::new((secret, take));
        let mut callers = JoinSet::new();
        loop {
            // One who says nothing keeps only its own place for a while.
            while callers.try_join_next().is_some() {}
            if callers.len() >= CALLERS_MAX {
                callers.join_next().await;
            }
            // A caller that went away again, or too many files that are open: the next one may be luckier.
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let heard = heard.clone();
            callers.spawn(async move {
                match tokio::time::timeout(ANSWER_MAX, hear(stream, &heard.0, &heard.1)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::debug!(%error, "a caller was not understood"),
                    Err(_) => tracing::debug!("a caller said nothing"),
                }
            });
        }
    }

    /// What [`Self::serve`] listens to; once.
    pub fn listener(&mut self) -> Option<(TcpListener, String)> {
        self.listener.take().map(|listener| (listener, self.secret.clone()))
    }
}

/// Hears one caller: the secret first, and nothing of one who does not know it. A wish is taken before that is said:
/// whoever hears nothing passes it again, and twice is better than never.
async fn hear(mut stream: tokio::net::TcpStream, secret: &str, take: &impl Fn(Wish)) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = tokio::io::BufReader::new(read);
    let mut line = String::new();
    (&mut read).take(SECRET_BYTES_MAX).read_line(&mut line).await?;
    if line.strip_suffix('\n') != Some(secret) {
        return Err(io::Error::other("the secret is another"));
    }
    line.clear();
    (&mut read).take(MESSAGE_BYTES_MAX).read_line(&mut line).await?;
    let wish: Wish = serde_json::from_str(&line)?;
    if !wish.is_possible() {
        return Err(io::Error::other("no start wishes for that"));
    }
    take(wish);
    write.write_all(TAKEN.as_bytes()).await?;
    write.shutdown().await
}

impl Wish {
    /// Whether a start can have it: what comes over a wire is not believed only because its sender knew the secret.
    fn is_possible(&self) -> bool {
        let is_short = self.activation.as_ref().is_none_or(|token| token.len() <= ACTIVATION_BYTES_MAX);
        is_short && self.files.len() <= FILES_MAX && self.files.iter().all(|file| Path::new(file).is_absolute())
    }
}

/// Passes a wish to the window that there is.
fn pass(folder: &Path, wish: &Wish) -> io::Result<()> {
    let address: Address = serde_json::from_slice(&std::fs::read(address_path(folder))?)?;
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, address.port)), ANSWER_MAX)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    let message = format!("{}\n{}\n", address.secret, serde_json::to_string(wish)?);
    stream.write_all(message.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(TAKEN.len() as u64)).read_line(&mut answer)?;
    if answer == TAKEN { Ok(()) } else { Err(io::Error::other("it did not take the wish")) }
}

fn address_path(folder: &Path) -> PathBuf {
    folder.join("tern.window.json")
}

fn new_secret() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn wish(files: &[&str]) -> Wish {
        Wish { files: files.iter().map(|file| (*file).to_owned()).collect(), activation: Some("token".into()) }
    }

    fn first(folder: &Path) -> Instance {
        match claim(folder, &Wish::default()).unwrap() {
            Claim::First(instance) => instance,
            other => panic!("{other:?}"),
        }
    }

    /// The first one listens; what it takes comes out of the channel.
    fn listening(instance: &mut Instance) -> (tokio::runtime::Runtime, mpsc::Receiver<Wish>) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (taken, takes) = mpsc::channel();
        let (listener, secret) = instance.listener().unwrap();
        runtime.spawn(Instance::serve(listener, secret, move |wish| taken.send(wish).unwrap()));
        (runtime, takes)
    }

    #[test]
    fn a_second_start_passes_its_files_to_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(folder.path());
        let (_runtime, takes) = listening(&mut instance);
        for files in [&["/data/a b.txt", "/data/报告\n2.txt"][..], &[]] {
            assert!(matches!(claim(folder.path(), &wish(files)).unwrap(), Claim::Passed));
            assert_eq!(takes.recv().unwrap(), wish(files));
        }
    }

    #[test]
    fn another_data_folder_is_another_window() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _one = first(one.path());
        let _other = first(other.path());
    }

    #[test]
    fn what_a_killed_window_has_left_behind_is_no_window() {
        let folder = tempfile::tempdir().unwrap();
        drop(first(folder.path()));
        assert!(address_path(folder.path()).exists());
        first(folder.path());
    }

    #[test]
    fn a_window_that_does_not_answer_is_told_apart_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(folder.path());
        // It has stopped to listen, as one does that is just ending.
        drop(instance.listener());
        let claimed = claim_within(folder.path(), &wish(&["/data/a"]), Duration::ZERO).unwrap();
        assert!(matches!(claimed, Claim::Unanswered));
    }

    #[test]
    fn a_start_waits_for_one_that_is_just_ending() {
        let folder = tempfile::tempdir().unwrap();
        let instance = first(folder.path());
        let path = folder.path().to_owned();
        let waiting = std::thread::spawn(move || claim(&path, &wish(&["/data/a"])).unwrap());
        drop(instance);
        assert!(matches!(waiting.join().unwrap(), Claim::First(_)));
    }

    #[test]
    fn who_does_not_know_the_secret_is_not_answered() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(folder.path());
        let (_runtime, takes) = listening(&mut instance);
        let text = std::fs::read(address_path(folder.path())).unwrap();
        let address: Address = serde_json::from_slice(&text).unwrap();
        let long = Wish { files: vec![], activation: Some("t".repeat(ACTIVATION_BYTES_MAX + 1)) };
        for said in [
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            format!("guessed\n{}\n", serde_json::to_string(&wish(&["/etc/passwd"])).unwrap()),
            "x".repeat(1 << 16),
            format!("{}\n{}\n", address.secret, serde_json::to_string(&wish(&["relative"])).unwrap()),
            format!("{}\n{}\n", address.secret, serde_json::to_string(&long).unwrap()),
        ] {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, address.port)).unwrap();
            // It may be closed before all of it is said.
            let _ = stream.write_all(said.as_bytes());
            let mut answer = Vec::new();
            // It is closed, perhaps by a reset, since not all was read.
            let _ = stream.read_to_end(&mut answer);
            assert_eq!(answer, b"", "{}", &said[..said.len().min(100)]);
        }
        claim(folder.path(), &wish(&[])).unwrap();
        assert_eq!(takes.recv().unwrap(), wish(&[]), "the others were taken for nothing");
    }

    #[test]
    fn one_who_says_nothing_keeps_no_other_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let mut instance = first(folder.path());
        let (_runtime, takes) = listening(&mut instance);
        let text = std::fs::read(address_path(folder.path())).unwrap();
        let address: Address = serde_json::from_slice(&text).unwrap();
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, address.port)).unwrap();
        let _silent: Vec<TcpStream> = (1..CALLERS_MAX).map(|_| connect()).collect();
        // One attempt, shorter than the silence of the others is borne.
        pass(folder.path(), &wish(&["/data/a"])).unwrap();
        assert_eq!(takes.recv().unwrap(), wish(&["/data/a"]));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_where_the_window_listens() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let _instance = first(folder.path());
        let mode = std::fs::metadata(address_path(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
