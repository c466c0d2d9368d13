//! Links and other people's files in the way of a download: it neither writes through one, nor leaves its folder, nor
//! takes for its own what is not.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{ConflictRule, Disk, End, EngineOptions, EngineParts, ErrorCode, FileFacts, LocalDisk, Phase, RandomFile};
use engine::{State, TransferId, TransferView};

use crate::world::{PART, World, object, slow, spec, spec_with};

const SIZE: usize = 40 * PART;
const THEIRS: &str = "somebody else's";

/// A file outside the folder of the download, which nothing may touch.
fn victim(world: &World) -> PathBuf {
    std::fs::create_dir_all(world.path("outside")).unwrap();
    let path = world.path("outside/victim");
    std::fs::write(&path, THEIRS).unwrap();
    path
}

fn assert_untouched(world: &World) {
    assert_eq!(std::fs::read_to_string(world.path("outside/victim")).unwrap(), THEIRS);
    assert_eq!(names(&world.path("outside")), ["victim"], "nothing else came to be there");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).unwrap().is_symlink()
}

/// The folder of the downloads.
fn downloads(world: &World) -> PathBuf {
    let folder = world.path("downloads");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Begins a download into `downloads/a` and ends it as a quit does, with some of its parts there.
fn begin(world: &World) -> TransferId {
    let target = downloads(world).join("a");
    world.run_with(slow(20 << 10), |run| async move {
        let id = run.add(spec(object("here", "source"), End::file(target))).await;
        run.until(id, |view| view.done_bytes > 5 * PART as u64).await;
        run.engine.shutdown().await;
        id
    })
}

#[test]
fn a_link_in_the_place_of_the_target_is_a_target_that_exists_and_never_written_through() {
    for leads_nowhere in [false, true] {
        for (rule, expected) in [
            (ConflictRule::Fail, ["a"].as_slice()),
            (ConflictRule::Skip, &["a"]),
            (ConflictRule::KeepBoth, &["a", "a (2)"]),
            (ConflictRule::Overwrite, &["a"]),
        ] {
            let world = &World::new();
            let victim = victim(world);
            let target = downloads(world).join("a");
            let link = if leads_nowhere { world.path("outside/nothing") } else { victim };
            symlink(link, &target).unwrap();
            let bytes = world.object("source", SIZE);
            let view = world.run(|run| async move {
                let id =
                    run.add(spec_with(object("here", "source"), End::file(downloads(world).join("a")), rule)).await;
                run.rest(id).await
            });
            assert_untouched(world);
            assert_eq!(names(&downloads(world)), expected, "{rule:?}");
            assert_eq!(is_link(&target), rule != ConflictRule::Overwrite, "{rule:?}");
            match rule {
                ConflictRule::Overwrite => assert_eq!(std::fs::read(&target).unwrap(), bytes),
                ConflictRule::KeepBoth => assert_eq!(std::fs::read(downloads(world).join("a (2)")).unwrap(), bytes),
                ConflictRule::Skip => assert_eq!(view.state, State::Done),
                ConflictRule::Fail => {
                    assert_eq!(view.error.unwrap().code, ErrorCode::TargetExists);
                    assert_eq!(view.stats.parts_sent, 0, "it is known before anything moves");
                }
            }
        }
    }
}

/// What somebody puts where the temporary file shall be.
type Plant = fn(&World, &Path);
/// What somebody does in the folder of a world.
type Act = fn(&Path);

const PLANTS: [(&str, Plant); 5] = [
    ("a link to a file", |world, path| symlink(victim(world), path).unwrap()),
    ("a link to nothing", |world, path| symlink(world.path("outside/nothing"), path).unwrap()),
    ("a link to a folder", |world, path| symlink(world.path("outside"), path).unwrap()),
    ("a folder", |_, path| std::fs::create_dir(path).unwrap()),
    ("a file", |_, path| std::fs::write(path, THEIRS).unwrap()),
];

#[test]
fn what_has_the_name_of_the_temporary_file_already_is_left_alone() {
    for (what, plant) in PLANTS {
        let world = &World::new();
        victim(world);
        let bytes = world.object("source", SIZE);
        let planted = downloads(world).join("a.tern-part");
        plant(world, &planted);
        let before = std::fs::symlink_metadata(&planted).unwrap();
        let view = world.run(|run| async move {
            let id = run.add(spec(object("here", "source"), End::file(downloads(world).join("a")))).await;
            run.rest(id).await
        });
        assert_eq!(view.phase(), Phase::DoneVerified, "{what}: {view:?}");
        check_left_alone(world, what, &before, &bytes);
    }
}

fn check_left_alone(world: &World, what: &str, before: &std::fs::Metadata, bytes: &[u8]) {
    use std::os::unix::fs::MetadataExt as _;
    assert_untouched(world);
    let after = std::fs::symlink_metadata(downloads(world).join("a.tern-part")).unwrap();
    assert_eq!((after.ino(), after.len(), after.mode()), (before.ino(), before.len(), before.mode()), "{what}");
    if after.is_file() {
        assert_eq!(std::fs::read_to_string(downloads(world).join("a.tern-part")).unwrap(), THEIRS, "{what}");
    }
    assert_eq!(names(&downloads(world)), ["a", "a.tern-part"], "{what}");
    assert_eq!(std::fs::read(downloads(world).join("a")).unwrap(), bytes, "{what}");
}

/// A disk on which somebody else is quick: just before a call he puts something in its way, once.
#[derive(Debug)]
struct Quick {
    before: Call,
    world: PathBuf,
    acts: Act,
    acted: AtomicBool,
}

#[derive(Debug, PartialEq, Eq)]
enum Call {
    Create,
    Rename,
}

impl Quick {
    fn act(&self, before: &Call) {
        if self.before == *before && !self.acted.swap(true, Ordering::SeqCst) {
            (self.acts)(&self.world);
        }
    }
}

impl Disk for Quick {
    fn facts(&self, path: &Path) -> io::Result<FileFacts> {
        LocalDisk.facts(path)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        LocalDisk.open(path)
    }
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        self.act(&Call::Create);
        LocalDisk.create_new(path)
    }
    fn reopen(&self, path: &Path) -> io::Result<Arc<dyn RandomFile>> {
        LocalDisk.reopen(path)
    }
    fn is_taken(&self, path: &Path) -> io::Result<bool> {
        LocalDisk.is_taken(path)
    }
    fn is_named(&self, file: &dyn RandomFile, path: &Path) -> io::Result<bool> {
        LocalDisk.is_named(file, path)
    }
    fn resolved(&self, folder: &Path) -> io::Result<PathBuf> {
        LocalDisk.resolved(folder)
    }
    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        self.act(&Call::Rename);
        LocalDisk.rename(from, to, replace)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        LocalDisk.remove(path)
    }
    fn blocks(&self) -> bool {
        true
    }
}

fn download_on(world: &World, before: Call, acts: Act) -> TransferView {
    let disk = Quick { before, world: world.folder.path().to_owned(), acts, acted: false.into() };
    let parts = EngineParts { disk: Arc::new(disk), ..world.parts(Arc::new(world.ledger())) };
    let target = downloads(world).join("a");
    world.run_of(EngineOptions::default(), parts, |run| async move {
        let id = run.add(spec(object("here", "source"), End::file(target))).await;
        run.rest(id).await
    })
}

#[test]
fn what_takes_the_name_of_the_temporary_file_before_it_is_made_is_left_alone() {
    let acts: [(&str, Act); 3] = [
        ("a link to a file", |world| {
            symlink(world.join("outside/victim"), world.join("downloads/a.tern-part")).unwrap()
        }),
        ("a link to nothing", |world| symlink(world.join("outside/no"), world.join("downloads/a.tern-part")).unwrap()),
        ("a file", |world| std::fs::write(world.join("downloads/a.tern-part"), THEIRS).unwrap()),
    ];
    for (what, act) in acts {
        let world = &World::new();
        victim(world);
        let bytes = world.object("source", SIZE);
        let view = download_on(world, Call::Create, act);
        assert_eq!(view.phase(), Phase::DoneVerified, "{what}: {view:?}");
        let planted = std::fs::symlink_metadata(downloads(world).join("a.tern-part")).unwrap();
        check_left_alone(world, what, &planted, &bytes);
    }
}

#[test]
fn what_takes_the_place_of_the_bytes_at_the_last_moment_is_not_called_done() {
    let world = &World::new();
    world.object("source", SIZE);
    let view = download_on(world, Call::Rename, |world| {
        std::fs::remove_file(world.join("downloads/a.tern-part")).unwrap();
        std::fs::write(world.join("downloads/a.tern-part"), THEIRS).unwrap();
    });
    let error = view.error.unwrap();
    assert_eq!((view.state, error.code), (State::Failed, ErrorCode::TargetUnwritable), "{error:?}");
    assert!(error.answer.unwrap().message.contains("another file took the place"));
}

#[test]
fn a_temporary_file_that_became_a_link_between_two_runs_is_neither_followed_nor_removed() {
    for cancelled in [false, true] {
        let world = &World::new();
        let victim = victim(world);
        let bytes = world.object("source", SIZE);
        let id = begin(world);
        let temp = downloads(world).join("a.tern-part");
        std::fs::remove_file(&temp).unwrap();
        symlink(&victim, &temp).unwrap();
        world.run(|run| async move {
            if cancelled {
                run.engine.cancel(&[id]).await.unwrap();
            }
            let view = run.rest(id).await;
            let expected = if cancelled { State::Cancelled } else { State::Done };
            assert_eq!(view.state, expected, "{view:?}");
        });
        assert_untouched(world);
        assert!(is_link(&temp));
        if !cancelled {
            assert_eq!(std::fs::read(downloads(world).join("a")).unwrap(), bytes);
        }
    }
}

#[test]
fn a_folder_that_became_a_link_between_two_runs_is_not_followed() {
    let world = &World::new();
    victim(world);
    let bytes = world.object("source", SIZE);
    let id = begin(world);
    let (folder, moved) = (downloads(world), world.path("moved"));
    std::fs::rename(&folder, &moved).unwrap();
    symlink(world.path("outside"), &folder).unwrap();
    world.run(|run| async move {
        let view = run.rest(id).await;
        let error = view.error.clone().unwrap();
        assert_eq!((view.state, error.code), (State::Failed, ErrorCode::TargetUnwritable), "{error:?}");
        let message = error.answer.unwrap().message;
        assert!(message.contains("downloads was moved, or a link took its place"), "{message}");
    });
    assert_untouched(world);

    // Put back, it goes on where it was.
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&moved, &folder).unwrap();
    world.run(|run| async move {
        run.engine.resume(&[id]).await.unwrap();
        let view = run.rest(id).await;
        assert_eq!(view.phase(), Phase::DoneVerified, "{view:?}");
        assert!(view.stats.parts_reused > 0);
    });
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), bytes);
}

#[test]
fn a_cancel_removes_nothing_behind_a_link_that_took_the_place_of_the_folder() {
    let world = &World::new();
    world.object("source", SIZE);
    let id = begin(world);
    let folder = downloads(world);
    std::fs::rename(&folder, world.path("moved")).unwrap();
    std::fs::create_dir(world.path("outside")).unwrap();
    std::fs::write(world.path("outside/a.tern-part"), THEIRS).unwrap();
    symlink(world.path("outside"), &folder).unwrap();
    world.run(|run| async move {
        run.engine.cancel(&[id]).await.unwrap();
        assert_eq!(run.rest(id).await.state, State::Cancelled);
    });
    assert_eq!(std::fs::read_to_string(world.path("outside/a.tern-part")).unwrap(), THEIRS);
}

#[test]
fn a_folder_that_the_user_reaches_through_a_link_is_used_where_it_is() {
    let world = &World::new();
    let bytes = world.object("source", SIZE);
    std::fs::create_dir(world.path("real")).unwrap();
    symlink(world.path("real"), world.path("downloads")).unwrap();
    let id = begin(world);
    assert_eq!(names(&world.path("real")), ["a.tern-part"]);
    world.run(|run| async move {
        let view = run.rest(id).await;
        assert_eq!((view.phase(), view.stats.parts_reused > 0), (Phase::DoneVerified, true), "{view:?}");
    });
    assert_eq!(std::fs::read(world.path("real/a")).unwrap(), bytes);
    // A folder that is made on the way is made there, too.
    world.run(|run| async move {
        let id = run.add(spec(object("here", "source"), End::file(world.path("downloads/new/deep/b")))).await;
        assert_eq!(run.rest(id).await.phase(), Phase::DoneVerified);
    });
    assert_eq!(std::fs::read(world.path("real/new/deep/b")).unwrap(), bytes);
}

#[test]
fn a_disk_takes_a_name_for_what_it_is() {
    let world = World::new();
    let victim = victim(&world);
    let [to_file, to_nothing, folder, file] = ["to-file", "to-nothing", "folder", "file"].map(|name| world.path(name));
    symlink(&victim, &to_file).unwrap();
    symlink(world.path("outside/nothing"), &to_nothing).unwrap();
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&file, "ours").unwrap();
    for path in [&to_file, &to_nothing, &folder, &file] {
        assert!(LocalDisk.is_taken(path).unwrap());
        let error = LocalDisk.create_new(path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{}", path.display());
    }
    for path in [&to_file, &to_nothing] {
        assert_eq!(LocalDisk.reopen(path).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
    LocalDisk.reopen(&folder).unwrap_err();
    let opened = LocalDisk.reopen(&file).unwrap();
    assert!(LocalDisk.is_named(opened.as_ref(), &file).unwrap());
    symlink(&file, world.path("to-ours")).unwrap();
    assert!(!LocalDisk.is_named(opened.as_ref(), &world.path("to-ours")).unwrap());
    LocalDisk.rename(&file, &to_nothing, false).unwrap_err();
    LocalDisk.rename(&file, &to_file, true).unwrap();
    assert!(!is_link(&to_file) && is_link(&to_nothing));
    assert_untouched(&world);
}
