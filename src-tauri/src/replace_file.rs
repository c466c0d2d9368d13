//! Replacing a small file of ours: after a crash the old one is there or the new one, and nobody else can read it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Whether the new file must survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// It is synced, which takes a moment.
    Synced,
    /// Losing it costs little.
    Unsynced,
}

/// Writes the bytes beside the path and renames them over it. The folder is made if it is missing. Blocks.
///
/// # Errors
/// If it cannot be written; the old file is as it was then.
pub fn replace_file(path: &Path, bytes: &[u8], lasting: Lasting) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let temporary = folder.join(name);
    let _ = std::fs::remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        if lasting == Lasting::Synced { file.sync_all() } else { Ok(()) }
    });
    if let Err(error) = written.and_then(|()| std::fs::rename(&temporary, path)) {
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    #[cfg(unix)]
    if lasting == Lasting::Synced {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_what_cannot_be_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.json");
        for (text, lasting) in [("one", Lasting::Synced), ("two", Lasting::Unsynced)] {
            replace_file(&path, text.as_bytes(), lasting).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert!(replace_file(&folder.path().join("new"), b"three", Lasting::Synced).is_err(), "it is a folder");
        let names =
            |path: &Path| std::fs::read_dir(path).unwrap().map(|one| one.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!(
            (names(folder.path()), names(&folder.path().join("new"))),
            (vec!["new".into()], vec!["a.json".into()])
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = tempfile::tempdir().unwrap().path().join("a");
        replace_file(&path, b"x", Lasting::Unsynced).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
