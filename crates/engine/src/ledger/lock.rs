//! One writer to a data folder.

#![expect(clippy::disallowed_methods, reason = "the lock is taken before there is an engine with a disk")]

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Another program writes to this data folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{holder} is using this data folder")]
pub struct DataFolderBusy {
    /// Who, as it called itself, with its process id.
    pub holder: String,
}

/// Held while this process is the writer; released when it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct DataFolderLock {
    _file: File,
}

impl DataFolderLock {
    /// Takes the lock, naming ourselves for others.
    ///
    /// # Errors
    /// The outer error if the folder cannot be used; the inner one if somebody else holds it.
    pub fn take(folder: &Path, our_name: &str) -> io::Result<Result<Self, DataFolderBusy>> {
        std::fs::create_dir_all(folder)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("tern.lock"))?;
        // The name lives beside the lock: on Windows a locked file cannot be read by others.
        let name_path = folder.join("tern.holder");
        match file.try_lock() {
            Ok(()) => {
                let mut name = File::create(name_path)?;
                write!(name, "{our_name} (process {})", std::process::id())?;
                Ok(Ok(Self { _file: file }))
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(name_path).unwrap_or_else(|_| "another program".to_owned());
                Ok(Err(DataFolderBusy { holder }))
            }
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_learns_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolderLock::take(folder.path(), "tern").unwrap().unwrap();
        let busy = DataFolderLock::take(folder.path(), "tern-cli").unwrap().unwrap_err();
        assert_eq!(busy.holder, format!("tern (process {})", std::process::id()));
        drop(first);
        DataFolderLock::take(folder.path(), "tern-cli").unwrap().unwrap();
    }
}
