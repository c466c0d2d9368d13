//! What the environment of the process can change: how practice feels, and who answers the file dialogs.
//!
//! Tests and demonstrations drive the real window with these. Nobody else needs them, so they are no settings.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// The changes that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `TERN_PRACTICE`: the pace of the practice server.
    pub practice: Pace,
    /// `TERN_PICK`: a file with a path on each line; file dialogs answer with these instead of opening. It is read
    /// anew for each dialog.
    pub picks: Option<PathBuf>,
    /// `--practice` on the command line: with no account in use, begin with the practice account.
    pub begin_with_practice: bool,
    /// Files on the command line, as a file manager gives them with *open with*: absolute paths, to upload.
    pub files: Vec<String>,
    /// What the desktop gave this start so that it may bring a window to the front. Wayland has no other way.
    pub activation: Option<String>,
}

/// How slow the practice server is, so that transfers last long enough to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Waited before each answer.
    pub latency: Duration,
    /// Bytes a second of all bodies.
    pub bytes_per_second: Option<u64>,
    /// Bytes a second of all server-side copies.
    pub copy_bytes_per_second: Option<u64>,
}

impl Environment {
    /// Reads the environment and the command line of this process.
    ///
    /// # Errors
    /// A sentence about what is not understood.
    pub fn read() -> Result<Self, String> {
        let (begin_with_practice, files) = arguments(std::env::args_os().skip(1))?;
        let practice = match std::env::var("TERN_PRACTICE") {
            Ok(text) => Pace::parse(&text)?,
            Err(_) => Pace::default(),
        };
        let picks = std::env::var_os("TERN_PICK").filter(|path| !path.is_empty()).map(PathBuf::from);
        let given = |name| std::env::var(name).ok().filter(|token| !token.is_empty());
        let activation = given("XDG_ACTIVATION_TOKEN").or_else(|| given("DESKTOP_STARTUP_ID"));
        Ok(Self { practice, picks, begin_with_practice, files, activation })
    }
}

/// Reads the command line: `--practice`, and files; what follows `--` is a file whatever it looks like.
fn arguments(given: impl Iterator<Item = OsString>) -> Result<(bool, Vec<String>), String> {
    let (mut begin_with_practice, mut files, mut only_files) = (false, Vec::new(), false);
    for argument in given {
        match argument.to_str() {
            Some("--") if !only_files => only_files = true,
            Some("--practice") if !only_files => begin_with_practice = true,
            Some(other) if !only_files && other.starts_with('-') => {
                return Err(format!("“{other}” is not understood; Tern takes --practice and files"));
            }
            // A name that is no Unicode is shown with a mark, and refused by name when it is added.
            _ => files.push(absolute(&argument).to_string_lossy().into_owned()),
        }
    }
    Ok((begin_with_practice, files))
}

/// The path of an argument, which may be a `file://` address: some desktops give those.
fn absolute(argument: &OsStr) -> PathBuf {
    let address = argument.to_str().and_then(|text| tauri::Url::parse(text).ok());
    let path = address.filter(|address| address.scheme() == "file").and_then(|address| address.to_file_path().ok());
    let path = path.unwrap_or_else(|| PathBuf::from(argument));
    std::path::absolute(&path).unwrap_or(path)
}

impl Pace {
    /// Reads `latency_ms=20,mbps=8,copy_mbps=8`, any of them. The names and units are those of `tos-local --help`: a
    /// rate is in megabytes (1,000,000 bytes) a second.
    fn parse(text: &str) -> Result<Self, String> {
        let mut pace = Self::default();
        for setting in text.split(',').map(str::trim).filter(|setting| !setting.is_empty()) {
            let parsed = setting
                .split_once('=')
                .and_then(|(name, number)| Some((name, number.parse::<u64>().ok().filter(|number| *number > 0)?)));
            match parsed {
                Some(("latency_ms", number)) => pace.latency = Duration::from_millis(number),
                Some(("mbps", number)) => pace.bytes_per_second = Some(number * 1_000_000),
                Some(("copy_mbps", number)) => pace.copy_bytes_per_second = Some(number * 1_000_000),
                _ => return Err(format!("TERN_PRACTICE: “{setting}” is not understood")),
            }
        }
        Ok(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_read_from_words() {
        assert_eq!(Pace::parse(""), Ok(Pace::default()));
        let pace = Pace {
            latency: Duration::from_millis(20),
            bytes_per_second: Some(8_000_000),
            copy_bytes_per_second: Some(16_000_000),
        };
        assert_eq!(Pace::parse("latency_ms=20, mbps=8,copy_mbps=16"), Ok(pace));
    }

    fn read(given: &[&str]) -> Result<(bool, Vec<String>), String> {
        arguments(given.iter().map(OsString::from))
    }

    #[test]
    fn files_of_the_command_line_are_absolute_whichever_way_they_are_named() {
        let here = std::env::current_dir().unwrap();
        let beside = here.join("a b.txt").display().to_string();
        assert_eq!(read(&["a b.txt", "--practice"]), Ok((true, vec![beside])));
        assert_eq!(read(&["--", "--practice"]), Ok((false, vec![here.join("--practice").display().to_string()])));
        assert_eq!(read(&["--fast"]), Err("“--fast” is not understood; Tern takes --practice and files".to_owned()));
        if cfg!(unix) {
            let files = vec!["/data/报告 2.txt".to_owned(), "/data/100%.txt".to_owned()];
            assert_eq!(read(&["file:///data/%E6%8A%A5%E5%91%8A%202.txt", "/data/100%.txt"]), Ok((false, files)));
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for text in ["mbps=0", "mbps=fast", "speed=3", "mbps"] {
            assert_eq!(Pace::parse(text), Err(format!("TERN_PRACTICE: “{text}” is not understood")));
        }
    }
}
