//! Where everything is that Tern keeps on this computer.

use std::path::{Path, PathBuf};

/// The folder with the ledger, the profiles and the practice objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// The folder at `path`. Nothing is made.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder that is meant when nobody names one: `TERN_DATA_DIR`, or the user's own folder for app data (Linux:
    /// `~/.local/share/tern`). `None` where the system has no such folder.
    pub fn usual() -> Option<Self> {
        match std::env::var_os("TERN_DATA_DIR").filter(|value| !value.is_empty()) {
            Some(path) => Some(Self::at(path)),
            None => dirs::data_dir().map(|folder| Self::at(folder.join(FOLDER_NAME))),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database of transfers.
    pub fn ledger(&self) -> PathBuf {
        self.path.join("ledger.db")
    }

    /// The file of profiles.
    pub fn profiles(&self) -> PathBuf {
        self.path.join("profiles.json")
    }

    /// The secrets, encrypted, where the user has chosen that.
    pub fn secrets(&self) -> PathBuf {
        self.path.join("secrets.age")
    }

    /// Where the app writes its log.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Where the practice server keeps its objects.
    pub fn practice(&self) -> PathBuf {
        self.path.join("practice")
    }
}

/// Names of folders are written in lower case on Linux, and as the app is called elsewhere.
const FOLDER_NAME: &str = if cfg!(any(target_os = "macos", windows)) { "Tern" } else { "tern" };
