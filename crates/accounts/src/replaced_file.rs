//! A file that is replaced whole: a reader, or a crash, sees the old one or the new one, never half of either.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the system lets.
    Usual,
    /// Its owner alone, where the system knows that.
    OwnerOnly,
}

/// Writes the file beside itself, then puts it in its place.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // The process id keeps the window and the command line out of each other's unfinished file, the number two tasks.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}-{}", std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    let result = write_and_rename(&temporary, path, content, readers);
    if result.is_err() {
        // What is left of it helps nobody; the error that matters is the one above.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn write_and_rename(temporary: &Path, path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = create(temporary, readers)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(temporary, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent()
        && let Err(error) = File::open(folder).and_then(|folder| folder.sync_all())
    {
        // The new file is in its place: to say that it is not would be wrong.
        tracing::warn!(%error, "the folder of a file that was replaced could not be synced");
    }
    Ok(())
}

#[cfg(unix)]
fn create(path: &Path, readers: Readers) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mode = if readers == Readers::OwnerOnly { 0o600 } else { 0o666 };
    // One that another run left behind may have other permissions.
    let _ = std::fs::remove_file(path);
    File::options().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _readers: Readers) -> io::Result<File> {
    // The folder of app data belongs to the user alone there.
    File::create(path)
}
