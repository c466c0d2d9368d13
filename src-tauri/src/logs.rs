//! Where the app writes what happened, for whoever has to find out why it did.
//!
//! A window has no terminal, so there is a file, `logs/tern.log` in the data folder. It holds warnings, faults and what
//! frames them, and never a secret: those are of a type that cannot be printed. It has a bound, as everything has: a
//! full file takes the place of the one before, of which a few are kept.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use accounts::DataFolder;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Name of the file that is written now.
pub const LOG_FILE: &str = "tern.log";
/// A file that would grow beyond this is begun anew.
const FILE_BYTES_MAX: u64 = 2 << 20;
/// Full files that are kept beside the present one.
const FULL_FILES_MAX: u32 = 2;

/// From now on this process logs: to the file, and to standard error what `TERN_LOG` asks for. Panics, too.
///
/// Without a file that can be written the app works all the same; standard error says so.
pub fn start(folder: &DataFolder) {
    let file = LogFile::open(&folder.logs(), FILE_BYTES_MAX);
    let error = file.as_ref().err().map(ToString::to_string);
    let to_file = file.ok().map(|file| {
        tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(file)).with_filter(LevelFilter::INFO)
    });
    let to_terminal =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_filter(EnvFilter::from_env("TERN_LOG"));
    // A process has one log; a second start, which only tests can come to, changes nothing.
    if tracing_subscriber::registry().with(to_file).with(to_terminal).try_init().is_ok() {
        engine::log_panics();
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "Tern has started");
    }
    if let Some(error) = error {
        tracing::error!(error, "there is no log file");
    }
}

/// A log of at most so many bytes, in a folder of its own.
struct LogFile {
    path: PathBuf,
    file: File,
    len_bytes: u64,
    bytes_max: u64,
}

impl LogFile {
    fn open(folder: &Path, bytes_max: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(LOG_FILE);
        let file = open_to_append(&path)?;
        let len_bytes = file.metadata()?.len();
        Ok(Self { path, file, len_bytes, bytes_max })
    }

    /// Puts the full file aside and begins a new one.
    fn begin_anew(&mut self) -> io::Result<()> {
        let nth = |n: u32| self.path.with_extension(format!("{n}.log"));
        for n in (1..FULL_FILES_MAX).rev() {
            // There are fewer in the first days.
            let _ = std::fs::rename(nth(n), nth(n + 1));
        }
        std::fs::rename(&self.path, nth(1))?;
        self.file = open_to_append(&self.path)?;
        self.len_bytes = 0;
        Ok(())
    }
}

/// One event is one write.
impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.len_bytes > 0 && self.len_bytes + line.len() as u64 > self.bytes_max {
            self.begin_anew()?;
        }
        let written = self.file.write(line)?;
        self.len_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Paths and keys are nobody else's business.
fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_stays_within_its_bound_and_has_the_newest_lines() {
        let folder = tempfile::tempdir().unwrap();
        for half in [0..500, 500..1000] {
            // As after a restart: it goes on in the same file.
            let mut log = LogFile::open(folder.path(), 1000).unwrap();
            half.for_each(|n| writeln!(log, "this is line {n:06}").unwrap());
        }
        let mut kept: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        kept.sort();
        let names: Vec<_> = kept.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["tern.1.log", "tern.2.log", "tern.log"]);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let lines = [read("tern.2.log"), read("tern.1.log"), read("tern.log")].concat();
        assert!(kept.iter().all(|path| std::fs::metadata(path).unwrap().len() <= 1000));
        let first = 1000 - lines.lines().count();
        assert!(first < 910, "two full files are kept");
        let expected: Vec<String> = (first..1000).map(|n| format!("this is line {n:06}")).collect();
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "no line is lost or cut between them");
    }
}
