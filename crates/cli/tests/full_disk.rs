//! Disks without room: what fails says so, keeps what it has, and goes on once there is room.
//!
//! Each disk is a small tmpfs in a mount namespace of its own, which needs no rights and which nobody else sees.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::{MIB, Running, World, finish, json_lines};

/// A disk, for as long as this value lives.
struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    fn new(world: &World, size_bytes: usize) -> Self {
        let folder = world.path("disk");
        std::fs::create_dir(&folder).unwrap();
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !rustix::process::getuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        // It holds the namespace until its input ends.
        let script = "mount -t tmpfs -o size=$1 tmpfs \"$2\" && echo mounted && exec cat";
        command.args(["sh", "-c", script, "sh", &size_bytes.to_string()]).arg(&folder);
        let mut holder =
            command.current_dir(world.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "mounted\n");
        Self { holder, folder }
    }

    /// The program where this disk is there.
    fn cli<S: AsRef<OsStr>>(&self, world: &World, words: impl IntoIterator<Item = S>) -> Command {
        let like = world.cli(words);
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.holder.id().to_string()).args(["--mount", "--wd"]);
        if !rustix::process::getuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(like.get_program()).args(like.get_args());
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
        command
    }

    /// A file of this disk, as the test reaches it.
    fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.folder.strip_prefix("/").unwrap()).join(name)
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.path("filler")).unwrap();
        let error = loop {
            if let Err(error) = filler.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        self.holder.wait().unwrap();
    }
}

fn assert_same(one: &Path, other: &Path) {
    assert!(std::fs::read(one).unwrap() == std::fs::read(other).unwrap(), "bytes differ");
}

#[test]
fn a_download_that_has_no_room_says_so_leaves_nothing_and_works_once_there_is_room() {
    let world = World::new();
    let source = world.file("source", 20 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    let disk = SmallDisk::new(&world, 24 * MIB);
    disk.fill();
    let target = world.path("disk/target").display().to_string();
    let words = ["cp", "tos://first/key", &target, "--part-size", "5MiB"];
    let said = finish(disk.cli(&world, words));
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("There is no room on the disk"), "{said:?}");
    assert_eq!(disk.names(), ["filler"], "no temporary file stays");
    assert_eq!(world.transfers().iter().filter(|one| one["state"] != "done").count(), 0);
    disk.make_room();
    let said = finish(disk.cli(&world, words));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_same(&disk.path("target"), &source);
    assert_eq!(disk.names(), ["target"]);
}

#[test]
fn a_download_whose_room_was_taken_keeps_its_parts_and_goes_on_once_there_is_room() {
    let world = World::slow(25);
    let source = world.file("source", 20 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    let disk = SmallDisk::new(&world, 24 * MIB);
    let target = world.path("disk/target").display().to_string();
    let words = ["cp", "tos://first/key", &target, "--part-size", "5MiB", "--parallel", "1", "--json"];
    let mut running = Running::start(disk.cli(&world, words));
    running.until("DownloadPartSucceed", 1);
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    let open = || world.transfers().into_iter().find(|one| one["state"] != "done").unwrap();
    let (id, had) = (open()["id"].to_string(), open()["done_bytes"].as_u64().unwrap());
    assert!(had >= 5 * MIB as u64 && had <= 15 * MIB as u64, "{had}");

    // The room that it took at its start goes away, as when a backup puts a file back without its holes.
    let punched = Command::new("fallocate")
        .args(["--punch-hole", "--keep-size", "--offset", "15MiB", "--length", "5MiB"])
        .arg(disk.path("target.tern-part"))
        .status();
    assert!(punched.unwrap().success());
    disk.fill();
    let said = finish(disk.cli(&world, ["resume", &id, "--json"]));
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("There is no room on the disk"), "{said:?}");
    assert_eq!(disk.names(), ["filler", "target.tern-part"], "what arrived is kept");
    let now = open()["done_bytes"].as_u64().unwrap();
    assert!(now >= had, "{now} of {had}");

    disk.make_room();
    let said = finish(disk.cli(&world, ["resume", &id, "--json"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    let moved = json_lines(&said.stdout).iter().filter(|line| line["type"] == "DownloadPartSucceed").count();
    assert_eq!(moved as u64 * 5 * MIB as u64, 20 * MIB as u64 - now, "no part came twice");
    assert_same(&disk.path("target"), &source);
    assert_eq!(disk.names(), ["target"]);
}

#[test]
fn a_list_of_transfers_without_room_loses_nothing_and_goes_on_once_there_is_room() {
    let world = World::slow(10);
    let source = world.file("source", 20 * MIB, 1);
    let disk = SmallDisk::new(&world, MIB);
    let run = |words: &[&str]| {
        let mut command = disk.cli(&world, words);
        command.env("TERN_DATA_DIR", world.path("disk/data"));
        command
    };
    let words = ["cp", "source", "tos://first/key", "--part-size", "5MiB", "--parallel", "1", "--json"];
    let mut running = Running::start(run(&words));
    running.until("UploadPartSucceed", 1);
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    disk.fill();
    for refused in [words.as_slice(), &["cp", "source", "tos://first/other"]] {
        let said = finish(run(refused));
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains("check the room"), "{said:?}");
    }
    assert_eq!(world.uploads("first").len(), 1, "what was sent is kept");
    assert_eq!(world.keys("first"), [] as [String; 0], "what cannot be recorded is not begun");

    // The room goes away while it runs.
    disk.make_room();
    let mut running = Running::start(run(&words));
    running.until("UploadPartSucceed", 1);
    disk.fill();
    let said = running.finish();
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("could not be written") && said.stderr.contains("check the room"), "{said:?}");
    assert_eq!(world.keys("first"), [] as [String; 0], "what is not recorded is not published");

    disk.make_room();
    let said = finish(run(&words));
    assert_eq!(said.code, Some(0), "{said:?}");
    world.assert_object_is("tos://first/key", &source);
    assert_eq!(world.uploads("first").len(), 0);
    let sent = world.server.stats().requests["UploadPart"];
    assert!(sent <= 4 + 2, "{sent} requests for 4 parts and two interruptions");
    let listed = json_lines(&finish(run(&["transfers", "--json"])).stdout);
    assert_eq!((listed.len(), &listed[0]["state"]), (1, &serde_json::json!("done")), "{listed:?}");
}
