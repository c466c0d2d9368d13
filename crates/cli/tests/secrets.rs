//! Secrets: where they may come from, and where they never go.
#![cfg(unix)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use tos_local::FaultPlan;

use crate::support::{MIB, Running, World, finish, json_lines};

const SECRET_KEY: &str = "secret-key-that-nobody-may-see-01234567";
const WRONG_KEY: &str = "wrong-key-that-is-as-secret-as-a-right-one";
const TOKEN: &str = "token-that-nobody-may-see-0123456789";
const PROXY_PASSWORD: &str = "proxy-word-that-nobody-may-see";
/// `me` and the password, as they are sent to the proxy.
const PROXY_IN_BASE64: &str = "bWU6cHJveHktd29yZC10aGF0LW5vYm9keS1tYXktc2Vl";

/// A world whose keys are a temporary session.
fn world() -> World {
    World::with(|options| {
        options.credentials[0].secret_key = SECRET_KEY.to_owned();
        options.credentials[0].security_token = Some(TOKEN.to_owned());
        options.bytes_per_second = Some(25_000_000);
    })
}

fn secrets() -> [&'static str; 5] {
    [SECRET_KEY, WRONG_KEY, TOKEN, PROXY_PASSWORD, PROXY_IN_BASE64]
}

/// The program with the keys of that session, telling all that it can tell.
fn telling(world: &World, words: &[&str]) -> Command {
    let mut command = world.cli(words);
    command
        .env("TOS_SECRET_KEY", SECRET_KEY)
        .env("TOS_SECURITY_TOKEN", TOKEN)
        .env("TERN_LOG", "trace")
        .env("HOME", world.path("home"))
        .env("RUST_BACKTRACE", "full");
    command
}

/// Every byte of every file below a folder, but for those that are as large as what is moved here.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else if std::fs::metadata(&path).unwrap().len() < 4 * MIB as u64 {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(secret)
}

fn assert_none_in(what: &str, bytes: &[u8]) {
    for secret in secrets() {
        assert!(!holds(bytes, secret), "{secret} is in {what}");
    }
    // Whoever has a signed address has what it opens.
    assert!(!holds(bytes, "X-Tos-Signature") && !holds(bytes, "x-tos-signature"), "a signed address is in {what}");
}

/// What everybody on this computer can see of a process.
fn assert_none_in_the_process_list(running: &Running) {
    if cfg!(target_os = "linux") {
        let shown = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap();
        assert!(holds(&shown, "tos://first"), "this is what `ps` shows");
        assert_none_in("the list of processes", &shown);
    }
}

#[test]
fn no_secret_is_in_anything_that_a_whole_session_writes_or_says() {
    let world = world();
    std::fs::create_dir(world.path("home")).unwrap();
    world.file("source", 20 * MIB, 1);
    let up = ["cp", "source", "tos://first/key", "--part-size", "5MiB", "--json"];
    let mut all_said = Vec::new();

    // It is killed in the middle, goes on until its token expires, and ends with a new one. The last part waits at the
    // server, so that the middle is not over before the kill.
    let waits = json!({"rules": [{"verb": "UploadPart", "part": 4, "when": {"every": 1}, "fault": {"stall_request": {"after_bytes": 0, "ms": 60_000}}}]});
    world.server.set_faults(serde_json::from_value(waits).unwrap()).unwrap();
    let mut running = Running::start(telling(&world, &up));
    running.until("UploadPartSucceed", 1);
    assert_none_in_the_process_list(&running);
    all_said.push(running.kill());
    let expired = json!({"rules": [{"verb": "UploadPart", "when": {"every": 1}, "fault": {"status": {"code": 403, "tos_code": "ExpiredToken"}}}]});
    world.server.set_faults(serde_json::from_value(expired).unwrap()).unwrap();
    let said = finish(telling(&world, &up));
    assert_eq!(said.code, Some(3), "it waits for a new one: {said:?}");
    assert!(said.stdout.contains("credentials_expired"), "{said:?}");
    all_said.push(said);
    world.server.set_faults(FaultPlan::default()).unwrap();
    let id = json_lines(&finish(telling(&world, &["transfers", "--json"])).stdout)[0]["id"].to_string();
    let mut running = Running::start(telling(&world, &["resume", &id, "--json"]));
    running.until("UploadPartSucceed", 1);
    running.signal(rustix::process::Signal::INT);
    all_said.push(running.finish());
    let said = finish(telling(&world, &up));
    assert_eq!(said.code, Some(0), "{said:?}");
    all_said.push(said);

    // Every other way that a command may take, also wrong ones.
    let proxy = format!("http://me:{PROXY_PASSWORD}@{}", world.server.endpoint().trim_start_matches("http://"));
    let behind_proxy = |words: &[&str], proxy: &str| {
        let mut command = telling(&world, words);
        command.env("TOS_ENDPOINT", "http://tos.test").env("TOS_PROXY", proxy);
        finish(command)
    };
    let through = behind_proxy(&["stat", "tos://first/key"], &proxy);
    assert_eq!(through.code, Some(0), "the server takes requests as a proxy gets them: {through:?}");
    let refused = behind_proxy(&["ls"], &format!("http://me:{PROXY_PASSWORD}@127.0.0.1:1"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let as_argument = finish(telling(&world, &["ls", "--proxy", "http://me:x@127.0.0.1:1"]));
    assert_eq!(as_argument.code, Some(2), "{as_argument:?}");
    let mut wrong = telling(&world, &["cp", "source", "tos://first/other"]);
    wrong.env("TOS_SECRET_KEY", WRONG_KEY);
    let wrong = finish(wrong);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    all_said.extend([through, refused, as_argument, wrong]);
    for words in [
        ["cp", "tos://first/key", "back"].as_slice(),
        &["cp", "tos://first/key", "tos://second/"],
        &["cp", "tos://first/key", "tos://second/relayed", "--via", "relay", "--json"],
        &["transfers"],
        &["ls", "tos://second"],
        &["uploads", "list", "tos://first"],
        &["rm", "tos://second/key"],
        &["cp", "nothing", "tos://first/"],
    ] {
        let said = finish(telling(&world, words));
        assert_eq!(said.code, Some(i32::from(words.contains(&"nothing"))), "{words:?}: {said:?}");
        all_said.push(said);
    }
    // A signed address is what was asked for here, so it is on standard output and nowhere else.
    let presigned = finish(telling(&world, &["presign", "tos://first/key"]));
    assert!(presigned.stdout.contains("X-Tos-Signature="), "{presigned:?}");
    assert_none_in("standard error of presign", presigned.stderr.as_bytes());

    let logged: usize = all_said.iter().map(|said| said.stderr.lines().count()).sum();
    assert!(logged > 20 * all_said.len(), "the log says something at all: {logged} lines");
    for said in &all_said {
        assert_none_in("standard output", said.stdout.as_bytes());
        assert_none_in("standard error", said.stderr.as_bytes());
    }
    let kept = everything_in(world.folder.path());
    assert!(holds(&everything_in(&world.data_folder()), "first"), "the ledger is among what is searched");
    assert_none_in("a file", &kept);
}

#[test]
fn the_secret_key_comes_from_a_file_or_standard_input() {
    let world = world();
    std::fs::write(world.path("key"), format!("  {SECRET_KEY}\r\nand more\n")).unwrap();
    let with_file = |file: &str| {
        let mut command = world.cli(["ls", "--secret-key-file", file]);
        command.env_remove("TOS_SECRET_KEY").env("TOS_SECURITY_TOKEN", TOKEN);
        command
    };
    let said = finish(with_file("key"));
    assert_eq!(said.code, Some(0), "{said:?}");

    let (reader, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{SECRET_KEY}").unwrap();
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
    command.env("TOS_SECRET_KEY", WRONG_KEY).env("TOS_SECURITY_TOKEN", TOKEN).env("TERN_LOG", "trace");
    let said = finish(command);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("TOS does not accept the keys"), "{said:?}");
    assert!(!said.stderr.contains(WRONG_KEY) && !said.stderr.contains(TOKEN), "{said:?}");
}
