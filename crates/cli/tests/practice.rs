//! The practice account and `local-server`.
#![cfg(unix)]

use std::collections::BTreeMap;

use rustix::process::Signal;

use crate::support::{Running, Said, World, assert_same_bytes, bare_cli, finish};

/// Runs the program with nothing but a data folder.
fn run(world: &World, words: &[&str]) -> Said {
    let mut command = bare_cli(words);
    command.env("TERN_DATA_DIR", world.data_folder()).current_dir(world.folder.path());
    finish(command)
}

#[test]
fn the_practice_account_needs_no_account_and_keeps_its_objects() {
    let world = World::new();
    let file = world.file("source", 6 << 20, 1);
    for words in [
        vec!["--account", "practice", "cp", "source", "tos://practice/key"],
        vec!["--account", "practice", "cp", "tos://practice/key", "tos://practice-copy/"],
        vec!["cp", "tos://practice-copy/key", "back", "--account", "practice"],
    ] {
        let said = run(&world, &words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        assert!(said.stdout.contains("verified"), "{words:?}: {said:?}");
    }
    assert_same_bytes(&file, &world.path("back"));
    let said = run(&world, &["--account", "practice", "ls"]);
    assert!(said.stdout.contains("tos://practice\n") && said.stdout.contains("tos://practice-copy\n"), "{said:?}");
}

#[test]
fn a_transfer_knows_its_account_when_it_goes_on() {
    let world = World::new();
    let file = world.file("source", 6 << 20, 1);
    let words = ["--account", "practice", "cp", "source", "tos://practice/key", "--limit", "64KiB/s", "--json"];
    let mut command = bare_cli(words);
    command.env("TERN_DATA_DIR", world.data_folder()).current_dir(world.folder.path());
    let mut running = Running::start(command);
    running.until("DataTransferRw", 1);
    running.signal(Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    let said = run(&world, &["resume", "--all"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    run(&world, &["--account", "practice", "cp", "tos://practice/key", "back"]);
    assert_same_bytes(&file, &world.path("back"));
}

/// Starts `local-server` and reads what it exports.
fn start(world: &World, words: &[&str]) -> (Running, BTreeMap<String, String>) {
    let mut command = bare_cli([&["local-server"], words].concat());
    command.env("TERN_DATA_DIR", world.data_folder()).current_dir(world.folder.path());
    let mut running = Running::start(command);
    let mut exports = BTreeMap::new();
    while !exports.contains_key("TOS_SECRET_KEY") {
        let line = running.line().expect("it ended before it answered");
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        exports.insert(name.to_owned(), value.trim_matches('\'').to_owned());
    }
    (running, exports)
}

#[test]
fn what_the_server_exports_is_all_that_is_needed() {
    let world = World::new();
    world.file("source", 100, 1);
    let (server, exports) = start(&world, &["--root", "a folder's objects", "--bucket", "mine"]);
    let mut command = bare_cli(["cp", "source", "tos://mine/key"]);
    command.envs(&exports).env("TERN_DATA_DIR", world.path("other data")).current_dir(world.folder.path());
    let said = finish(command);
    assert_eq!(said.code, Some(0), "{said:?}");

    let said = run(&world, &["local-server", "--root", "a folder's objects"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("Another program serves"), "{said:?}");

    server.signal(Signal::TERM);
    assert_eq!(server.finish().code, Some(0));

    // It keeps what it was given.
    let (server, exports) = start(&world, &["--root", "a folder's objects"]);
    let mut command = bare_cli(["ls", "tos://mine"]);
    command.envs(&exports).env("TERN_DATA_DIR", world.path("other data"));
    assert!(finish(command).stdout.contains("key"));
    server.signal(Signal::INT);
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_certificate_of_ones_own_is_trusted_only_if_that_is_said() {
    let world = World::new();
    world.file("source", 100, 1);
    let (server, mut exports) = start(&world, &["--tls", "--ca-out", "ca.pem", "--bucket", "mine"]);
    assert!(exports["TOS_ENDPOINT"].starts_with("https://"), "{exports:?}");
    let run_with = |exports: &BTreeMap<String, String>, words: &[&str]| {
        let mut command = bare_cli([words, &["--path-style"]].concat());
        command.envs(exports).env("TERN_DATA_DIR", world.path("other data")).current_dir(world.folder.path());
        finish(command)
    };
    let said = run_with(&exports, &["cp", "source", "tos://mine/key"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    exports.remove("TOS_CA_FILE").unwrap();
    for words in [vec!["ls"], vec!["cp", "source", "tos://mine/other"]] {
        let said = run_with(&exports, &words);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains("certificate") && said.stderr.contains("--ca-file"), "{said:?}");
    }
    server.signal(Signal::TERM);
    server.finish();
}

/// The addresses that a process listens on, as the kernel writes them.
#[cfg(target_os = "linux")]
fn listens_on(id: u32) -> Vec<String> {
    let fds = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap();
    let links = fds.filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok());
    let sockets: Vec<String> = links.map(|link| link.display().to_string()).collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let Ok(rows) = std::fs::read_to_string(format!("/proc/{id}/net/{table}")) else { continue };
        for row in rows.lines().skip(1) {
            let words: Vec<&str> = row.split_whitespace().collect();
            // Local address, state and inode; 0A is LISTEN, and a bound UDP socket has no such state.
            let (local, state, inode) = (words[1], words[3], words[9]);
            let is_ours = sockets.contains(&format!("socket:[{inode}]"));
            if is_ours && (state == "0A" || table.starts_with("udp")) {
                found.push(local.split(':').next().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
#[cfg(target_os = "linux")]
fn whatever_serves_the_practice_account_listens_on_loopback_only() {
    const LOOPBACK: &str = "0100007F";
    let world = World::new();
    world.file("source", 6 << 20, 1);
    for words in [&["--bucket", "mine"][..], &["--tls", "--ca-out", "ca.pem"]] {
        let (server, _) = start(&world, words);
        assert_eq!(listens_on(server.id()), [LOOPBACK], "{words:?}");
        server.signal(Signal::TERM);
        server.finish();
    }
    let words = ["--account", "practice", "cp", "source", "tos://practice/key", "--limit", "64KiB/s", "--json"];
    let mut command = bare_cli(words);
    command.env("TERN_DATA_DIR", world.data_folder()).current_dir(world.folder.path());
    let mut running = Running::start(command);
    running.until("DataTransferRw", 1);
    assert_eq!(listens_on(running.id()), [LOOPBACK]);
    running.kill();
}
