//! Permissions, disks and ledgers that are not as they should be.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{MIB, Said, World, finish, json_lines};

/// A user without rights. Root reads and writes everything, so a test about permissions is not run as root.
const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Runs the program as somebody who is not root, with a data folder of his own.
fn run_unprivileged(world: &World, words: &[&str]) -> Said {
    let data = world.path("data-of-nobody");
    std::fs::create_dir_all(&data).unwrap();
    // The program itself may lie where only its builder can go. Another process copies it: a file that this one had
    // open for writing could not be started while a test beside us starts something (ETXTBSY).
    let program = world.path("tern-cli");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_tern-cli")).arg(&program).status().unwrap();
    assert!(copied.success());
    let mut command = Command::new(&program);
    let like = world.cli(words);
    command.args(words).env_clear().current_dir(world.folder.path());
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERN_DATA_DIR", &data);
    std::fs::set_permissions(world.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    finish(command)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let world = World::new();
    let file = world.file("secret", 10, 1);
    set_mode(&file, 0o000);
    let said = run_unprivileged(&world, &["cp", "secret", "tos://first/key"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("secret cannot be read"), "{said:?}");
    assert!(said.stderr.contains("cause: Permission denied"), "{said:?}");
    assert_eq!(world.keys("first"), [] as [String; 0]);
}

#[test]
fn a_folder_that_may_not_be_written_is_told_and_stays_as_it_was() {
    let world = World::new();
    world.file("source", 10, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    std::fs::create_dir(world.path("read-only")).unwrap();
    set_mode(&world.path("read-only"), 0o555);
    let said = run_unprivileged(&world, &["cp", "tos://first/key", "read-only/"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("cannot be written"), "{said:?}");
    assert_eq!(std::fs::read_dir(world.path("read-only")).unwrap().count(), 0);
    let said = run_unprivileged(&world, &["transfers", "--json"]);
    assert_eq!(said.stdout, "", "nothing is left to go on with");
}

#[test]
fn a_data_folder_that_may_not_be_written_is_told() {
    let world = World::new();
    world.file("source", 10, 1);
    std::fs::create_dir(world.path("read-only")).unwrap();
    set_mode(&world.path("read-only"), 0o555);
    let said = run_unprivileged(&world, &["cp", "source", "tos://first/key", "--data-dir", "read-only/data"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("data folder") && said.stderr.contains("--data-dir"), "{said:?}");
    assert_eq!(world.keys("first"), [] as [String; 0]);
}

#[test]
fn something_that_is_no_plain_file_is_refused() {
    let world = World::new();
    let said = world.run(&["cp", "/dev/zero", "tos://first/key"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("/dev/zero cannot be read") && said.stderr.contains("not a plain file"), "{said:?}");
}

#[test]
fn a_ledger_that_is_none_is_kept_under_another_name() {
    for (what, bytes) in
        [("text", b"these are my notes, not a database\n".repeat(200)), ("nothing that makes sense", vec![0xA5; 9000])]
    {
        let world = World::new();
        world.file("source", 10, 1);
        std::fs::create_dir(world.data_folder()).unwrap();
        let ledger = world.data_folder().join("ledger.db");
        std::fs::write(&ledger, &bytes).unwrap();

        let said = world.run(&["transfers"]);
        assert_eq!(said.code, Some(1), "{what}: {said:?}");
        assert!(said.stderr.contains("Nothing was changed"), "{what}: {said:?}");
        assert_eq!(std::fs::read(&ledger).unwrap(), bytes, "{what}: a reader changes nothing");

        let said = world.done(&["cp", "source", "tos://first/key"]);
        assert!(said.stderr.contains("was kept as"), "{what}: {said:?}");
        let kept: Vec<_> = std::fs::read_dir(world.data_folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_str().unwrap().contains("set-aside"))
            .collect();
        assert_eq!(kept.len(), 1, "{what}");
        assert!(said.stderr.contains(kept[0].to_str().unwrap()), "{what}: {said:?}");
        assert_eq!(std::fs::read(&kept[0]).unwrap(), bytes, "{what}");
        assert_eq!(world.transfers().len(), 1, "{what}: the new list has the new transfer");
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let world = World::new();
    world.file("source", 10, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    let ledger = world.data_folder().join("ledger.db");
    let mut bytes = std::fs::read(&ledger).unwrap();
    // `user_version` of the file format of SQLite: four bytes, big endian, at offset 60.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&ledger, &bytes).unwrap();
    let said = world.run(&["cp", "source", "tos://first/other"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("newer version of Tern"), "{said:?}");
    assert_eq!(std::fs::read(&ledger).unwrap(), bytes);
    assert_eq!(world.keys("first"), ["key"]);
}

#[test]
fn a_source_that_goes_away_while_it_is_paused_is_told() {
    let world = World::slow(25);
    let file = world.file("source", 30 * MIB, 1);
    let words = ["cp", "source", "tos://first/key", "--part-size", "5MiB", "--json"];
    let mut running = crate::support::Running::start(world.cli(words));
    running.until("UploadPartSucceed", 1);
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    std::fs::remove_file(&file).unwrap();
    let id = world.transfers()[0]["id"].to_string();
    let said = world.run(&["resume", &id, "--json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("is not there"), "{said:?}");
    assert_eq!(json_lines(&said.stdout).last().unwrap()["failed"], 1);
    assert_eq!(world.uploads("first").len(), 1, "what was sent is kept");
    world.done(&["cancel", &id]);
    assert_eq!(world.uploads("first").len(), 0);
}
