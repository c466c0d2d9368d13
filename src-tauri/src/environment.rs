//! What the environment of the process can change: how practice feels, and who answers the file dialogs.
//!
//! Tests and demonstrations drive the real window with these. Nobody else needs them, so they are no settings.

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
        let begin_with_practice = match std::env::args().nth(1).as_deref() {
            None => false,
            Some("--practice") => true,
            Some(other) => return Err(format!("“{other}” is not understood; the only option is --practice")),
        };
        let practice = match std::env::var("TERN_PRACTICE") {
            Ok(text) => Pace::parse(&text)?,
            Err(_) => Pace::default(),
        };
        let picks = std::env::var_os("TERN_PICK").filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self { practice, picks, begin_with_practice })
    }
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

    #[test]
    fn what_is_not_understood_is_named() {
        for text in ["mbps=0", "mbps=fast", "speed=3", "mbps"] {
            assert_eq!(Pace::parse(text), Err(format!("TERN_PRACTICE: “{text}” is not understood")));
        }
    }
}
