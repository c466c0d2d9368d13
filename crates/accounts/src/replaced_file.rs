//! A file that is replaced whole: a reader, or a crash, sees the old one or the new one, never half of either.
//!
//! It is written beside its path under a name that nobody has, so that two writers never meet in one unfinished file,
//! and what was not finished is deleted.

#[cfg(unix)]
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the system lets.
    Usual,
    /// Its owner alone, where the system knows that.
    OwnerOnly,
}

/// Whether a file must survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// It is synced, which takes a moment.
    Synced,
    /// Losing it costs little.
    Unsynced,
}

/// Writes the content beside the path, then puts it in its place. The folder is made if it is missing. Blocks.
///
/// # Errors
/// If it cannot be written; the old file is as it was then.
pub fn replace_file(path: &Path, content: &[u8], readers: Readers, lasting: Lasting) -> io::Result<()> {
    std::fs::create_dir_all(folder_of(path))?;
    let mut file = new_file_beside(path, readers)?;
    file.write_all(content)?;
    if lasting == Lasting::Synced {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    #[cfg(unix)]
    if lasting == Lasting::Synced
        && let Err(error) = File::open(folder_of(path)).and_then(|folder| folder.sync_all())
    {
        // The new file is in its place: to say that it is not would be wrong.
        tracing::warn!(%error, "the folder of a file that was replaced could not be synced");
    }
    Ok(())
}

/// An empty file beside a path, under a name that nobody has: whatever else is there is somebody's. `persist` puts it in
/// the place of the path; dropped without that it is deleted.
///
/// # Errors
/// If it cannot be made.
pub fn new_file_beside(path: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(".new-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(match readers {
        Readers::Usual => 0o666,
        Readers::OwnerOnly => 0o600,
    }));
    // The folder of app data belongs to the user alone elsewhere.
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_what_cannot_be_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.json");
        for (text, lasting) in [("one", Lasting::Synced), ("two", Lasting::Unsynced)] {
            replace_file(&path, text.as_bytes(), Readers::Usual, lasting).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let is_a_folder = folder.path().join("new");
        assert!(replace_file(&is_a_folder, b"three", Readers::OwnerOnly, Lasting::Synced).is_err());
        assert_eq!(names(folder.path()), ["new"]);
        assert_eq!(names(&is_a_folder), ["a.json"]);
    }

    #[test]
    fn what_is_written_beside_a_path_takes_no_name_that_is_in_use_and_goes_if_it_is_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("failed.csv");
        let first = new_file_beside(&path, Readers::Usual).unwrap();
        let second = new_file_beside(&path, Readers::Usual).unwrap();
        assert_ne!(first.path(), second.path());
        drop((first, second));
        assert_eq!(names(folder.path()), [] as [&str; 0]);
        assert!(new_file_beside(&folder.path().join("gone").join("failed.csv"), Readers::Usual).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_is_for_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        replace_file(&path, b"x", Readers::OwnerOnly, Lasting::Unsynced).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
