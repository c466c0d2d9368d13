//! Receipts on disk: whole, or not at all.

use std::io;
use std::path::{Path, PathBuf};

use engine::Disk;

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {source}", path.display())]
pub struct WriteError {
    /// Which one.
    pub path: PathBuf,
    /// What the disk says; `AlreadyExists` if it is there and was not to be replaced.
    pub source: io::Error,
}

/// Writes all of the files or, as far as that can be, none: each whole under another name first, then renamed.
///
/// # Errors
/// What the disk says of the first that cannot be written.
pub fn write_files(disk: &dyn Disk, files: &[(&Path, &str)], replace: bool) -> Result<(), WriteError> {
    let failed = |path: &Path, source: io::Error| WriteError { path: path.to_owned(), source };
    if let Some((path, _)) = files.iter().find(|(path, _)| !replace && path.symlink_metadata().is_ok()) {
        return Err(failed(path, io::ErrorKind::AlreadyExists.into()));
    }
    let new_names: Vec<PathBuf> = files.iter().map(|(path, _)| new_name(path)).collect();
    let write = || {
        for ((path, text), new) in files.iter().zip(&new_names) {
            write_whole(disk, new, text).map_err(|error| failed(path, error))?;
        }
        for ((path, _), new) in files.iter().zip(&new_names) {
            disk.rename(new, path, replace).map_err(|error| failed(path, error))?;
        }
        Ok(())
    };
    let written = write();
    if written.is_err() {
        // What was renamed is not there any more under this name, and what was not is of no use.
        new_names.iter().for_each(|new| drop(disk.remove(new)));
    }
    written
}

fn new_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tern-new-{}", std::process::id()))
}

fn write_whole(disk: &dyn Disk, path: &Path, text: &str) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let file = disk.create_new(&path)?;
    file.write_all_at(text.as_bytes(), 0)?;
    file.sync()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests stand outside the seams")]
mod tests {
    use engine::LocalDisk;

    use super::*;

    #[test]
    fn a_file_that_appears_meanwhile_is_left_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("b"), "theirs").unwrap();
        write_files(&LocalDisk, &[(&at("a"), "ours"), (&at("b"), "ours")], false).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_files(&LocalDisk, &[(&at("a"), "ours"), (&at("b"), "ours")], true).unwrap();
        assert_eq!(std::fs::read_to_string(at("b")).unwrap(), "ours");
        std::fs::create_dir(at("c")).unwrap();
        write_files(&LocalDisk, &[(&at("d"), "ours"), (&at("c"), "ours")], true).unwrap_err();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort_unstable();
        assert!(!names.iter().any(|name| name.to_string_lossy().contains("tern-new")), "{names:?}");
    }
}
