//! The file of profiles: read whole, written whole, beside itself first.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::replaced_file::{Lasting, Readers, replace_file};
use crate::{AccountsError, Profile};

/// A file of profiles that could not be understood was put aside; an empty one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Book {
    #[serde(default)]
    pub(crate) profiles: Vec<Profile>,
    /// The account that was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// Reads the file. No file is an empty book; what is no book is renamed, never deleted.
pub(crate) fn read(path: &Path) -> Result<(Book, Option<SetAside>), AccountsError> {
    let trouble = |source| AccountsError::File { path: path.to_owned(), source };
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Book::default(), None)),
        Err(error) => return Err(trouble(error)),
    };
    match serde_json::from_slice(&text) {
        Ok(book) => Ok((book, None)),
        Err(reason) => {
            let aside = name_aside(path);
            std::fs::rename(path, &aside).map_err(trouble)?;
            tracing::warn!(aside = %aside.display(), %reason, "the file of profiles was set aside");
            Ok((Book::default(), Some(SetAside { path: aside })))
        }
    }
}

/// Replaces the file.
pub(crate) fn write(path: &Path, book: &Book) -> Result<(), AccountsError> {
    let written = serde_json::to_vec_pretty(book).map_err(io::Error::other).and_then(|mut text| {
        text.push(b'\n');
        replace_file(path, &text, Readers::Usual, Lasting::Synced)
    });
    written.map_err(|source| AccountsError::File { path: path.to_owned(), source })
}

fn name_aside(path: &Path) -> PathBuf {
    let now_ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis());
    path.with_extension(format!("set-aside-{now_ms}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_wrote_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        let text = r#"{"profiles":[{"id":"a-1","name":"A","endpoint":"e","region":"r","access_key":"k","colour":"blue"}],"theme":7}"#;
        std::fs::write(&path, text).unwrap();
        let (mut book, aside) = read(&path).unwrap();
        assert_eq!(aside, None);
        book.profiles[0].name = "B".into();
        write(&path, &book).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(written["theme"], 7);
        assert_eq!(written["profiles"][0]["colour"], "blue");
        assert_eq!(written["profiles"][0]["name"], "B");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_broken_file_is_put_aside_with_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        std::fs::write(&path, "{\"profiles\": [").unwrap();
        let (book, aside) = read(&path).unwrap();
        assert_eq!(book, Book::default());
        assert_eq!(std::fs::read_to_string(aside.unwrap().path).unwrap(), "{\"profiles\": [");
        assert!(!path.exists());
        assert_eq!(read(&path).unwrap(), (Book::default(), None));
    }
}
