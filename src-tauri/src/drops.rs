//! What was dropped on the window, looked at before the page hears of it: what can be read, and what cannot and why.
//!
//! A drop is the one way in that no dialog has looked at: a file may be gone, belong to somebody else, be a device, or
//! be no file at all, such as a picture out of a browser.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use engine::{ErrorCode, TransferError};

use crate::dto::AppError;
use crate::error::OwnCode;

/// Refusals that are named; the rest is counted.
const REFUSED_MAX: usize = 1_000;

/// Paths that can be read, and a sentence for each that cannot.
#[derive(Debug, Default)]
pub struct Looked {
    /// Absolute paths.
    pub paths: Vec<PathBuf>,
    /// With the path in the parameters.
    pub refused: Vec<AppError>,
    /// How many more there are.
    pub refused_more: u64,
}

/// Looks at each path. Blocks: a path may be on a slow disk.
pub fn look(dropped: Vec<PathBuf>) -> Looked {
    let mut looked = Looked::default();
    // What came out of a browser or an editor has no path.
    if !dropped.iter().any(|path| path.is_absolute()) {
        looked.refused.push(AppError::new(OwnCode::NoFileDropped));
        return looked;
    }
    for path in dropped {
        match refusal(&path) {
            None => looked.paths.push(path),
            Some(error) if looked.refused.len() < REFUSED_MAX => looked.refused.push(error),
            Some(_) => looked.refused_more += 1,
        }
    }
    looked
}

/// Why this cannot be uploaded, as far as a look can tell. Folders are the business of whoever adds them.
fn refusal(path: &Path) -> Option<AppError> {
    let of_code = |code: ErrorCode, reason: &str| {
        let error = AppError::from(TransferError::new(code));
        Some(error.with("path", path.display()).with("reason", reason))
    };
    if path.to_str().is_none() {
        return Some(AppError::invalid_name(path.display()).with("path", path.display()));
    }
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return of_code(ErrorCode::SourceMissing, ""),
        Err(error) => return of_code(ErrorCode::SourceUnreadable, &error.to_string()),
    };
    if metadata.is_dir() {
        return fs::read_dir(path).err().and_then(|error| of_code(ErrorCode::SourceUnreadable, &error.to_string()));
    }
    // Opening a pipe would wait for somebody who writes to it.
    if !metadata.is_file() {
        return Some(AppError::new(OwnCode::NotAFile).with("path", path.display()));
    }
    File::open(path).err().and_then(|error| of_code(ErrorCode::SourceUnreadable, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(looked: &Looked) -> Vec<&str> {
        looked.refused.iter().map(|error| error.code.as_str()).collect()
    }

    #[test]
    fn what_can_be_read_goes_on_and_what_is_gone_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("报告 2.txt");
        fs::write(&file, "x").unwrap();
        let gone = folder.path().join("gone.txt");
        let looked = look(vec![gone.clone(), file.clone(), folder.path().to_owned()]);
        assert_eq!(looked.paths, [file, folder.path().to_owned()]);
        assert_eq!(codes(&looked), ["source_missing"]);
        assert_eq!(looked.refused[0].params["path"], gone.display().to_string());
    }

    #[test]
    fn refusals_beyond_those_that_are_named_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let looked = look((0..REFUSED_MAX + 7).map(|n| folder.path().join(n.to_string())).collect());
        assert_eq!((looked.paths.len(), looked.refused.len(), looked.refused_more), (0, REFUSED_MAX, 7));
    }

    #[test]
    fn a_drop_without_any_file_says_so() {
        for dropped in [vec![], vec![PathBuf::new()], vec![PathBuf::from("https://example.com/a.png")]] {
            let looked = look(dropped);
            assert_eq!((looked.paths.len(), codes(&looked)), (0, vec!["no_file_dropped"]));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_and_a_name_that_is_no_text_are_refused_and_nobody_waits() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let no_text = folder.path().join(OsStr::from_bytes(b"caf\xe9.txt"));
        fs::write(&no_text, "x").unwrap();
        let looked = look(vec![pipe, no_text]);
        assert_eq!((looked.paths.len(), codes(&looked)), (0, vec!["not_a_file", "invalid_name"]));
    }
}
