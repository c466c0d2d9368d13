//! Files, as a seam.
//!
//! Synchronous and positioned: reads and writes of the byte path are issued inline from a job (a page-cached read
//! costs less than a hop to another thread), while whatever may take long (sync, reserve, hashing a range, rename)
//! goes through [`off_thread`]. The cost: a read from a dead network mount can hold a worker thread of the runtime.

#![expect(clippy::disallowed_methods, reason = "the real disk, and the one way off the runtime's threads")]

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{ByteRange, Crc64, Crc64Hasher};

use crate::checkpoint::Fingerprint;

/// What is known of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Whether it is a folder.
    pub is_dir: bool,
    /// Whether it is a plain file (not a folder, socket, pipe or device).
    pub is_file: bool,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Modification time in nanoseconds since 1970.
    pub modified_ns: i64,
    /// Inode, or index of a file of Windows, where the disk has them. Without the device, whose number may change when
    /// it is mounted again.
    pub file_id: Option<u64>,
}

impl FileFacts {
    /// What identifies its content.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::File { size_bytes: self.size_bytes, modified_ns: self.modified_ns, file_id: self.file_id }
    }
}

/// An open file, read and written at positions by many at once.
pub trait RandomFile: Send + Sync + fmt::Debug {
    /// Its facts now.
    fn facts(&self) -> io::Result<FileFacts>;
    /// Fills `bytes` from `offset_bytes`; `UnexpectedEof` if the file ends before.
    fn read_exact_at(&self, bytes: &mut [u8], offset_bytes: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset_bytes`.
    fn write_all_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()>;
    /// Makes the file `len_bytes` long and takes the room on the disk at once where the file system can.
    fn reserve(&self, len_bytes: u64) -> io::Result<()>;
    /// Returns when everything written so far would survive a power cut.
    fn sync(&self) -> io::Result<()>;
}

/// A disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Facts of what is at `path`, symbolic links followed.
    fn facts(&self, path: &Path) -> io::Result<FileFacts>;
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>>;
    /// Makes a file that was not there (`AlreadyExists` otherwise), with the folders above it.
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>>;
    /// Opens a plain file that is there for reading and writing, `NotFound` if something else is; never through a
    /// symbolic link.
    fn reopen(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>>;
    /// Whether anything has this name, be it a symbolic link that leads nowhere.
    fn is_taken(&self, path: &Path) -> io::Result<bool> {
        match self.facts(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            other => other.map(|_| true),
        }
    }
    /// Whether this is the name of that open file, and no symbolic link to it.
    fn is_named(&self, file: &dyn RandomFile, path: &Path) -> io::Result<bool> {
        Ok(self.facts(path)?.file_id == file.facts()?.file_id)
    }
    /// The path of a folder with no symbolic link on the way. What is not there yet stays as it is named. A disk
    /// without links has nothing to do.
    fn resolved(&self, folder: &Path) -> io::Result<PathBuf> {
        Ok(folder.to_owned())
    }
    /// Moves a file within its folder and syncs the folder. Without `replace`, `AlreadyExists` if the target is there;
    /// with it, a symbolic link is replaced and not what it leads to.
    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()>;
    /// Deletes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Whether calls can take long, so that they go to another thread. A simulated disk says no.
    fn blocks(&self) -> bool;
}

/// Runs `work` where it may block.
///
/// # Cancellation
/// Dropping the future does not stop work that has begun: keep each piece small.
pub(crate) async fn off_thread<T: Send + 'static>(
    disk: &Arc<dyn Disk>,
    work: impl FnOnce(&dyn Disk) -> T + Send + 'static,
) -> T {
    if !disk.blocks() {
        return work(disk.as_ref());
    }
    let disk = disk.clone();
    match tokio::task::spawn_blocking(move || work(disk.as_ref())).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down; nobody waits for this any more.
            Err(_) => std::future::pending().await,
        },
    }
}

/// CRC64 of a range of a file, and each piece of it shown to `also`. Can be dropped between pieces of 8 MiB.
pub(crate) async fn hash_range<S: Send + 'static>(
    disk: &Arc<dyn Disk>,
    file: &Arc<dyn RandomFile>,
    range: ByteRange,
    mut seen: S,
    also: fn(&mut S, &[u8]),
) -> io::Result<(Crc64, S)> {
    const PIECE_BYTES: u64 = 8 << 20;
    let mut hasher = Crc64Hasher::new();
    let mut at = range.start;
    while at < range.end {
        let piece = ByteRange { start: at, end: range.end.min(at + PIECE_BYTES) };
        let file = file.clone();
        (hasher, seen) = off_thread(disk, move |_| {
            let mut buffer = vec![0; 256 << 10];
            let mut offset = piece.start;
            while offset < piece.end {
                let len = usize::try_from(piece.end - offset).map_or(buffer.len(), |left| left.min(buffer.len()));
                file.read_exact_at(&mut buffer[..len], offset)?;
                hasher.update(&buffer[..len]);
                also(&mut seen, &buffer[..len]);
                offset += len as u64;
            }
            io::Result::Ok((hasher, seen))
        })
        .await?;
        at = piece.end;
    }
    Ok((hasher.finish(), seen))
}

/// Size and CRC64 of the plain file at `path`, whose bytes are all read for it and added to `read_bytes` on the way.
///
/// # Errors
/// What the disk says, `InvalidInput` for what is no plain file, `UnexpectedEof` if it shrinks meanwhile.
///
/// # Cancellation
/// Can be dropped at any time; at most 8 MiB more are read.
pub async fn read_again(disk: &Arc<dyn Disk>, path: &Path, read_bytes: &Arc<AtomicU64>) -> io::Result<(u64, Crc64)> {
    let path = path.to_owned();
    let (file, size_bytes) = off_thread(disk, move |disk| {
        // What is no file is not opened: a pipe would wait for its other end.
        if !disk.facts(&path)?.is_file {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
        }
        let file = disk.open(&path)?;
        let size_bytes = file.facts()?.size_bytes;
        Ok((file, size_bytes))
    })
    .await?;
    let count = |read_bytes: &mut Arc<AtomicU64>, piece: &[u8]| {
        read_bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
    };
    let (crc64, _) = hash_range(disk, &file, ByteRange::at(0, size_bytes), read_bytes.clone(), count).await?;
    Ok((size_bytes, crc64))
}

/// The disks of this computer.
#[derive(Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn facts(&self, path: &Path) -> io::Result<FileFacts> {
        facts_at(path, Links::Followed)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        let file = File::open(path)?;
        #[cfg(target_os = "linux")]
        // Only a hint; a file system without it is as good.
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Sequential);
        Ok(Arc::new(LocalFile(file)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| match error.kind() {
                // Not the file's name is taken, but that of a folder above it.
                io::ErrorKind::AlreadyExists => io::Error::new(io::ErrorKind::NotADirectory, error),
                _ => error,
            })?;
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        sync_folder_of(path)?;
        Ok(Arc::new(LocalFile(file)))
    }

    fn reopen(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        let file = open_no_link(path)?;
        if !file.metadata()?.is_file() {
            return Err(not_the_file());
        }
        Ok(Arc::new(LocalFile(file)))
    }

    fn is_taken(&self, path: &Path) -> io::Result<bool> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            other => other.map(|_| true),
        }
    }

    fn is_named(&self, file: &dyn RandomFile, path: &Path) -> io::Result<bool> {
        let there = facts_at(path, Links::Themselves)?;
        Ok(there.is_file && there.file_id == file.facts()?.file_id)
    }

    fn resolved(&self, folder: &Path) -> io::Result<PathBuf> {
        let mut there = folder;
        let mut missing = Vec::new();
        loop {
            match (std::fs::canonicalize(there), there.parent(), there.file_name()) {
                (Ok(path), _, _) => return Ok(missing.iter().rev().fold(path, |path, name| path.join(name))),
                (Err(error), Some(above), Some(name))
                    if error.kind() == io::ErrorKind::NotFound && !self.is_taken(there)? =>
                {
                    missing.push(name);
                    there = above;
                }
                (Err(error), _, _) => return Err(error),
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        if replace {
            std::fs::rename(from, to)?;
        } else {
            rename_if_absent(from, to)?;
        }
        sync_folder_of(to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn blocks(&self) -> bool {
        true
    }
}

/// Opens what has this name itself; the system refuses a symbolic link in the same step.
#[cfg(unix)]
fn open_no_link(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).map_err(|error| {
        let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
        if is_link { not_the_file() } else { error }
    })
}

/// What is opened is the symbolic link and not where it leads to.
#[cfg(windows)]
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// Opens what has this name itself; a symbolic link is opened as such and known by its facts.
#[cfg(windows)]
fn open_no_link(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    OpenOptions::new().read(true).write(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)
}

fn not_the_file() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "something else is in its place")
}

/// Whether the folder of a temp file is the one that was planned for: `path` was written down with no symbolic link on
/// the way, so one that is there now was put there since.
pub(crate) fn is_the_place(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    path.parent().map_or(Ok(true), |folder| Ok(disk.resolved(folder)? == folder))
}

/// Refuses to go on in another folder than the one that was planned for.
pub(crate) fn check_place(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if is_the_place(disk, path)? {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path).display();
    Err(io::Error::other(format!("{folder} was moved, or a link took its place, since this download began")))
}

/// A rename that never replaces, atomic where the system and the file system can.
fn rename_if_absent(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, rustix::fs::RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
        result => return Ok(result?),
    }
    // A hard link fails if the name is taken; FAT and some network mounts have none, so look and rename there.
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if std::fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(from, to),
    }
}

/// Makes a new or renamed name in a folder durable. Windows has no such call and needs none.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match File::open(folder)?.sync_all() {
            // Some network file systems cannot sync a folder; the data itself is synced.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
            result => return result,
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What of a name is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    /// Symbolic links lead on.
    Followed,
    /// A symbolic link is one, and neither file nor folder.
    Themselves,
}

#[cfg(unix)]
fn facts_at(path: &Path, links: Links) -> io::Result<FileFacts> {
    let metadata = match links {
        Links::Followed => std::fs::metadata(path),
        Links::Themselves => std::fs::symlink_metadata(path),
    }?;
    Ok(facts_of(&metadata, Some(inode_of(&metadata))))
}

/// Windows tells the id only of what is open. To open it for that alone needs no right to read it, and disturbs nobody.
#[cfg(windows)]
fn facts_at(path: &Path, links: Links) -> io::Result<FileFacts> {
    use std::os::windows::fs::OpenOptionsExt as _;
    /// Folders can be opened, too.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let flags = match links {
        Links::Followed => FILE_FLAG_BACKUP_SEMANTICS,
        Links::Themselves => FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
    };
    facts_of_open(&OpenOptions::new().access_mode(0).custom_flags(flags).open(path)?)
}

#[cfg(unix)]
fn facts_of_open(file: &File) -> io::Result<FileFacts> {
    let metadata = file.metadata()?;
    Ok(facts_of(&metadata, Some(inode_of(&metadata))))
}

#[cfg(windows)]
fn facts_of_open(file: &File) -> io::Result<FileFacts> {
    let told = winapi_util::file::information(file).ok().map(|information| information.file_index());
    // Some network drives have no ids, and say 0.
    Ok(facts_of(&file.metadata()?, told.filter(|id| *id != 0)))
}

#[cfg(unix)]
fn inode_of(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

fn facts_of(metadata: &Metadata, file_id: Option<u64>) -> FileFacts {
    let modified_ns = metadata.modified().ok().map_or(0, |time| match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    });
    FileFacts {
        is_dir: metadata.is_dir(),
        is_file: metadata.is_file(),
        size_bytes: metadata.len(),
        modified_ns,
        file_id,
    }
}

#[derive(Debug)]
struct LocalFile(File);

impl RandomFile for LocalFile {
    fn facts(&self) -> io::Result<FileFacts> {
        facts_of_open(&self.0)
    }

    #[cfg(unix)]
    fn read_exact_at(&self, bytes: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, bytes, offset_bytes)
    }

    #[cfg(unix)]
    fn write_all_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, bytes, offset_bytes)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut bytes: &mut [u8], mut offset_bytes: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.0, bytes, offset_bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    bytes = &mut bytes[read..];
                    offset_bytes += read as u64;
                }
            }
        }
        Ok(())
    }

    #[cfg(windows)]
    fn write_all_at(&self, mut bytes: &[u8], mut offset_bytes: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = std::os::windows::fs::FileExt::seek_write(&self.0, bytes, offset_bytes)?;
            bytes = &bytes[written..];
            offset_bytes += written as u64;
        }
        Ok(())
    }

    fn reserve(&self, len_bytes: u64) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if len_bytes > 0 {
            match rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, len_bytes) {
                Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.0.set_len(len_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// A name beside `target` for its bytes until they are complete: `NAME.tern-part`, then `NAME.tern-part2` and so on.
/// A name too long for the file system is cut at a character.
pub(crate) fn temp_name(target: &Path, n: u32) -> PathBuf {
    /// Most file systems allow 255 bytes; the suffix needs up to 16.
    const NAME_BYTES_MAX: usize = 239;
    let name = target.file_name().map_or_else(|| "download".into(), |name| name.to_string_lossy());
    let mut cut = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    let number = if n > 1 { n.to_string() } else { String::new() };
    target.with_file_name(format!("{}.tern-part{number}", &name[..cut]))
}
