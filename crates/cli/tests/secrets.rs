//! Secrets: where they may come from, and where they never go.
#![cfg(unix)]

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{MIB, Running, World, finish};

const TOKEN: &str = "token-that-nobody-may-see-0123456789";

/// A world whose keys are a temporary session.
fn world() -> World {
    World::with(|options| {
        options.credentials[0].security_token = Some(TOKEN.to_owned());
        options.bytes_per_second = Some(25_000_000);
    })
}

fn secrets() -> [&'static str; 2] {
    [tos_local::PRACTICE_SECRET_KEY, TOKEN]
}

/// Every byte of every file below a folder.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { everything_in(&path) } else { std::fs::read(path).unwrap() });
    }
    bytes
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn no_secret_is_in_the_list_of_processes_the_data_folder_the_output_or_the_log() {
    let world = world();
    world.file("source", 20 * MIB, 1);
    let mut command = world.cli(["cp", "source", "tos://first/key", "--part-size", "5MiB", "--json"]);
    command.env("TOS_SECURITY_TOKEN", TOKEN).env("TERN_LOG", "trace");
    let mut running = Running::start(command);
    running.until("UploadPartSucceed", 1);
    #[cfg(target_os = "linux")]
    {
        let shown = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap();
        assert!(holds(&shown, "tos://first/key"), "this is what `ps` shows");
        assert!(!secrets().iter().any(|secret| holds(&shown, secret)));
    }
    let said = running.finish();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.lines().count() > 20, "the log says something at all: {}", said.stderr);
    let kept = everything_in(&world.data_folder());
    assert!(holds(&kept, "tos://first/key") || holds(&kept, "first"), "the ledger is among what is searched");
    for secret in secrets() {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "{secret} is shown");
        assert!(!holds(&kept, secret), "{secret} is kept");
    }
}

#[test]
fn the_secret_key_comes_from_a_file_or_standard_input() {
    let world = world();
    std::fs::write(world.path("key"), format!("  {}\r\nand more\n", tos_local::PRACTICE_SECRET_KEY)).unwrap();
    let with_file = |file: &str| {
        let mut command = world.cli(["ls", "--secret-key-file", file]);
        command.env_remove("TOS_SECRET_KEY").env("TOS_SECURITY_TOKEN", TOKEN);
        command
    };
    let said = finish(with_file("key"));
    assert_eq!(said.code, Some(0), "{said:?}");

    let (reader, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{}", tos_local::PRACTICE_SECRET_KEY).unwrap();
    drop(writer);
    let mut command = with_file("-");
    command.stdin(Stdio::from(reader));
    let said = finish(command);
    assert_eq!(said.code, Some(0), "{said:?}");

    std::fs::write(world.path("empty"), "\n").unwrap();
    for file in ["empty", "-"] {
        let said = finish(with_file(file));
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.stderr.contains("no secret key in the first line"), "{said:?}");
    }
}

#[test]
fn a_wrong_secret_is_not_repeated_in_the_error() {
    let world = world();
    let mut command = world.cli(["ls"]);
    command.env("TOS_SECRET_KEY", "wrong-but-still-secret").env("TOS_SECURITY_TOKEN", TOKEN).env("TERN_LOG", "trace");
    let said = finish(command);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("TOS does not accept the keys"), "{said:?}");
    assert!(!said.stderr.contains("wrong-but-still-secret") && !said.stderr.contains(TOKEN), "{said:?}");
}
