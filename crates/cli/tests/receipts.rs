//! `receipt` and `verify`: what was done can be shown, and what has changed since is told.

use std::path::Path;

use serde_json::Value;
use tos_local::{FaultPlan, PRACTICE_REGION};

use crate::support::{MIB, Running, Said, World, finish, json_lines};

/// Runs `verify` and demands an exit code and these words among its own.
fn verify(world: &World, words: &[&str], code: i32, expected: &[&str]) -> Said {
    let said = world.run(&[&["verify"][..], words].concat());
    let all = format!("{}{}", said.stdout, said.stderr);
    assert_eq!(said.code, Some(code), "{words:?}: {all}");
    for expected in expected {
        assert!(all.contains(expected), "{words:?} does not say “{expected}”: {all}");
    }
    said
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A world in which transfer 1 has uploaded `source` in three parts to `tos://first/key`, with its receipt.
fn uploaded() -> World {
    let world = World::new();
    world.file("source", 11 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key", "--part-size", "5MiB"]);
    world.done(&["receipt", "1"]);
    world
}

const RECEIPT: &str = "tern-receipt-1.json";

#[test]
fn every_kind_of_transfer_has_a_receipt_that_holds() {
    let (here, there) = (World::new(), World::new());
    here.file("source", 11 * MIB, 1);
    here.done(&["cp", "source", "tos://first/up", "--part-size", "5MiB"]);
    here.done(&["cp", "tos://first/up", "down", "--part-size", "5MiB"]);
    here.done(&["cp", "tos://first/up", "tos://second/copy", "--part-size", "5MiB"]);
    let endpoint = there.server.endpoint();
    let far = ["--to-endpoint", endpoint.as_str(), "--to-region", PRACTICE_REGION];
    here.done(&[&["cp", "tos://first/up", "tos://second/relayed", "--part-size", "5MiB"][..], &far[..]].concat());
    here.done(&["cp", "source", "tos://first/up"]); // is there already
    here.file("small", 0, 1);
    here.done(&["cp", "small", "tos://first/small"]);

    let said = here.done(&["receipt", "--all"]);
    let receipt = read(&here.path("tern-receipt-1-6.json"));
    assert_eq!((&receipt["format"], &receipt["version"]), (&"tern-receipt".into(), &1.into()));
    assert!(said.stdout.contains(receipt["root_sha256"].as_str().unwrap()), "{said:?}");
    let page = std::fs::read_to_string(here.path("tern-receipt-1-6.html")).unwrap();
    assert!(page.contains("All 6 targets match their sources."), "{page}");

    let entries = receipt["entries"].as_array().unwrap();
    let column = |name: &str| entries.iter().map(|entry| entry[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("kind"), ["upload", "download", "copy", "copy", "upload", "upload"]);
    assert_eq!(column("outcome"), ["moved", "moved", "moved", "moved", "identical", "moved"]);
    assert_eq!(column("route"), [Value::Null, Value::Null, "server".into(), "relay".into(), Value::Null, Value::Null]);
    let own = here.server.endpoint();
    for (entry, (source, target)) in entries.iter().zip([
        (None, Some(&own)),
        (Some(&own), None),
        (Some(&own), Some(&own)),
        (Some(&own), Some(&endpoint)),
        (None, Some(&own)),
        (None, Some(&own)),
    ]) {
        assert_eq!(entry["verified"], true, "{entry}");
        assert_eq!(entry["source_crc64"], entry["target_crc64"], "{entry}");
        assert!(entry["source_crc64"].is_string(), "{entry}");
        for (end, endpoint) in [(&entry["source"], source), (&entry["target"], target)] {
            assert_eq!(end["endpoint"].as_str(), endpoint.map(String::as_str), "{entry}");
            assert_eq!(end["etag"].is_string(), endpoint.is_some(), "{entry}");
            let absolute = end["path"].as_str().is_some_and(|path| Path::new(path).is_absolute());
            assert_eq!(absolute, endpoint.is_none(), "{entry}");
        }
        let times = ["added", "planned", "ended"].map(|name| entry["times"][name].as_str().unwrap().to_owned());
        assert!(times.is_sorted() && times.iter().all(|time| time.ends_with('Z')), "{entry}");
    }
    assert_eq!(entries[0]["size_bytes"], 11 * MIB);
    assert_eq!(entries[0]["parts"]["count"], 3);
    assert_eq!(entries[0]["parts"]["sent"], 3);
    assert_eq!(entries[0]["parts"]["confirmed"], 3);
    let purposes = |n: usize| {
        let requests = entries[n]["requests"].as_array().unwrap();
        assert!(requests.iter().all(|request| request["id"].as_str().unwrap().len() > 8), "{requests:?}");
        requests.iter().map(|request| request["purpose"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(purposes(0), ["published"]);
    assert_eq!(purposes(1), ["looked_at_source"]);
    assert_eq!(purposes(2), ["looked_at_source", "published"]);
    assert_eq!(purposes(3), ["looked_at_source", "published"]);
    assert_eq!(purposes(4), ["verified"]);

    let said =
        verify(&here, &[&["tern-receipt-1-6.json", "--source"][..], &far[..]].concat(), 0, &["12 ends: 12 equal."]);
    assert_eq!(said.stdout.lines().filter(|line| line.starts_with("equal ")).count(), 12, "{said:?}");
    let reads = there.server.stats().requests.get("GetObject").copied();
    verify(&here, &[&["tern-receipt-1-6.json", "--read"][..], &far[..]].concat(), 0, &["6 targets: 6 equal."]);
    assert!(there.server.stats().requests.get("GetObject").copied() > reads, "it was fetched");
    // The target's endpoint is not known without a word about it.
    let said = verify(&here, &["tern-receipt-1-6.json"], 1, &["unchecked  tos://second/relayed", "set TOS_ENDPOINT="]);
    assert!(said.stderr.contains("1 of 6 could not be checked"), "{said:?}");
}

#[test]
fn an_object_that_was_changed_or_removed_is_told() {
    let world = uploaded();
    verify(&world, &[RECEIPT], 0, &["equal      tos://first/key", "1 target: 1 equal."]);

    // One byte is another one; the size is the same.
    let mut bytes = std::fs::read(world.path("source")).unwrap();
    bytes[5 * MIB] ^= 1;
    std::fs::write(world.path("other"), bytes).unwrap();
    world.done(&["cp", "other", "tos://first/key", "--conflict", "overwrite"]);
    let was = read(&world.path(RECEIPT))["entries"][0]["target_crc64"].as_str().unwrap().to_owned();
    let said =
        verify(&world, &[RECEIPT], 1, &["different  tos://first/key: the target has CRC64", &was, "1 of 1 are not"]);
    assert!(said.stdout.contains("1 target: 0 equal, 1 different."), "{said:?}");

    world.file("shorter", 10, 1);
    world.done(&["cp", "shorter", "tos://first/key", "--conflict", "overwrite"]);
    verify(&world, &[RECEIPT], 1, &["different  tos://first/key: the target has 10 bytes, the receipt says 11534336"]);

    world.done(&["rm", "tos://first/key"]);
    verify(&world, &[RECEIPT], 1, &["gone       tos://first/key", "1 target: 0 equal, 1 gone."]);

    // The same content in other parts has another tag, and is what was promised all the same.
    world.done(&["cp", "source", "tos://first/key", "--part-size", "20MiB"]);
    verify(&world, &[RECEIPT], 0, &["equal      tos://first/key: written anew since, with the same content"]);
}

#[test]
fn a_source_that_changed_is_a_note_unless_the_sources_are_asked_for() {
    let world = uploaded();
    std::fs::write(world.path("source"), "something else").unwrap();
    verify(&world, &[RECEIPT], 0, &["note ", "the source has 14 bytes, the receipt says 11534336", "1 equal; 1 note."]);
    verify(&world, &[RECEIPT, "--source"], 1, &["different  ", "2 ends: 1 equal, 1 different."]);
    std::fs::remove_file(world.path("source")).unwrap();
    verify(&world, &[RECEIPT], 0, &["note ", "the source is not there any more"]);
    verify(&world, &[RECEIPT, "--source"], 1, &["gone ", "2 ends: 1 equal, 1 gone."]);
}

#[test]
fn a_downloaded_file_that_was_changed_is_told() {
    let world = World::new();
    world.file("source", 6 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    world.done(&["cp", "tos://first/key", "back"]);
    world.done(&["receipt", "2", "--out", "down.json"]);
    verify(&world, &["down.json"], 0, &["1 target: 1 equal."]);
    let mut bytes = std::fs::read(world.path("back")).unwrap();
    *bytes.last_mut().unwrap() ^= 0x80;
    std::fs::write(world.path("back"), &bytes).unwrap();
    let back = format!("{}: the target has CRC64", world.path("back").display());
    verify(&world, &["down.json"], 1, &["different  ", &back]);
    std::fs::remove_file(world.path("back")).unwrap();
    verify(&world, &["down.json"], 1, &["gone       "]);
    std::fs::create_dir(world.path("back")).unwrap();
    verify(&world, &["down.json"], 1, &["unchecked  ", "cannot be read", "could not be checked"]);
}

#[test]
fn a_receipt_that_was_altered_cut_or_is_none_is_not_followed() {
    let world = uploaded();
    let whole = std::fs::read_to_string(world.path(RECEIPT)).unwrap();
    let check = |text: &str, words: &str| {
        std::fs::write(world.path("altered.json"), text).unwrap();
        let said = verify(&world, &["altered.json"], 1, &[words]);
        assert_eq!(said.stdout, "", "nothing is checked");
    };
    check(&whole.replace("\"retries\": 0", "\"retries\": 1"), "was altered or damaged");
    check(&whole.replace("\"bucket\": \"first\"", "\"bucket\": \"second\""), "was altered or damaged");
    check(&whole[..whole.len() / 2], "is damaged or no receipt");
    check("{}", "is no receipt of Tern");
    check(&whole.replace("\"version\": 1", "\"version\": 2"), "newer version of Tern");
    verify(&world, &["nowhere.json"], 1, &["cannot be read; check the path"]);
    verify(&world, &[], 2, &["<RECEIPT>"]);
    verify(&world, &[RECEIPT, "--to-endpoint", "x", "--to-account", "y"], 2, &["cannot be used with"]);
}

#[test]
fn a_version_is_what_is_checked_where_the_bucket_keeps_versions() {
    let world = World::with(|options| options.buckets[0].versioning = true);
    world.file("source", 6 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    world.done(&["receipt", "1"]);
    assert!(read(&world.path(RECEIPT))["entries"][0]["target"]["version"].is_string());
    world.file("other", 6 * MIB, 2);
    world.done(&["cp", "other", "tos://first/key", "--conflict", "overwrite"]);
    let later = "equal      tos://first/key: this version is there, but its key stands for a later one by now";
    verify(&world, &[RECEIPT], 0, &[later, "1 target: 1 equal."]);
    verify(&world, &[RECEIPT, "--read"], 0, &["1 target: 1 equal."]);
    world.done(&["rm", "tos://first/key"]);
    verify(&world, &[RECEIPT], 0, &["but its object is deleted by now", "1 target: 1 equal."]);
}

#[test]
fn where_the_store_reports_no_checksum_it_is_said_unless_the_bytes_are_fetched() {
    let world = World::with(|options| options.behaviour.crc_headers = false);
    world.file("source", 6 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    world.done(&["receipt", "1"]);
    let receipt = read(&world.path(RECEIPT));
    assert_eq!(
        (&receipt["entries"][0]["verified"], &receipt["entries"][0]["target_crc64"]),
        (&false.into(), &Value::Null)
    );
    verify(
        &world,
        &[RECEIPT],
        0,
        &["size and ETag only, not compared by content", "1 equal (1 not compared by content)."],
    );
    verify(&world, &[RECEIPT, "--read"], 0, &["1 target: 1 equal."]);
    world.file("other", 6 * MIB, 2);
    world.done(&["cp", "other", "tos://first/key", "--conflict", "overwrite"]);
    verify(&world, &[RECEIPT], 1, &["different  tos://first/key: the target has ETag"]);
    verify(&world, &[RECEIPT, "--read"], 1, &["different  tos://first/key: the target has CRC64"]);
}

#[test]
fn what_cannot_be_reached_is_neither_equal_nor_different() {
    let world = uploaded();
    let check = |name: &str, value: &str, words: &str| {
        let mut command = world.cli(["verify", RECEIPT]);
        let said = finish({
            command.env(name, value);
            command
        });
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stdout.contains("unchecked  tos://first/key: could not be checked."), "{said:?}");
        assert!(said.stdout.contains(words) && said.stdout.contains("1 target: 0 equal, 1 not checked."), "{said:?}");
        assert!(said.stderr.contains("1 of 1 could not be checked, so nothing is known of them"), "{said:?}");
    };
    check("TOS_SECRET_KEY", "wrong", "These keys may not do this");
    check("TOS_ENDPOINT", "http://127.0.0.1:1", "set TOS_ENDPOINT=");
    let plan = serde_json::json!({"rules": [{"verb": "HeadObject", "when": {"first": 100}, "fault": "refuse"}]});
    world.server.set_faults(FaultPlan::from_json(plan.to_string().as_bytes()).unwrap()).unwrap();
    check("TOS_REGION", PRACTICE_REGION, "The connection for");
}

#[test]
fn a_store_that_does_not_answer_is_not_waited_for_with_every_object() {
    const OBJECTS: usize = 24;
    let world = World::new();
    let names: Vec<String> = (0..OBJECTS).map(|n| format!("file-{n}")).collect();
    names.iter().for_each(|name| drop(world.file(name, 10, 1)));
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    world.done(&[&["cp"], &words[..], &["tos://first/"]].concat());
    world.done(&["receipt", "--all", "--out", "all.json"]);
    let plan = serde_json::json!({"rules": [{"verb": "HeadObject", "when": {"first": 1000}, "fault": "refuse"}]});
    world.server.set_faults(FaultPlan::from_json(plan.to_string().as_bytes()).unwrap()).unwrap();
    verify(&world, &["all.json"], 1, &["24 targets: 0 equal, 24 not checked.", "24 of 24 could not be checked"]);
    let struck = world.server.fault_report().rules[0].struck;
    assert!(struck > 0 && struck < 4 * OBJECTS as u64 * 2 / 3, "each of the first looks is tried 4 times: {struck}");
    world.server.clear_faults();
    verify(&world, &["all.json"], 0, &["24 targets: 24 equal."]);
}

#[test]
fn a_skipped_transfer_promises_nothing() {
    let world = World::new();
    world.file("source", 10, 1);
    world.file("other", 10, 2);
    world.done(&["cp", "source", "tos://first/key"]);
    world.done(&["cp", "other", "tos://first/key", "--conflict", "skip"]);
    world.done(&["receipt", "2", "--out", "skipped.json"]);
    let page = std::fs::read_to_string(world.path("skipped.html")).unwrap();
    assert!(page.contains("0 of 1 targets match their sources.") && page.contains("1 was left alone"), "{page}");
    verify(&world, &["skipped.json", "--source"], 0, &["skipped    tos://first/key: left as it was", "2 skipped."]);
}

#[test]
fn json_lines_say_what_the_words_say() {
    let world = uploaded();
    std::fs::write(world.path("source"), "something else").unwrap();
    let lines = json_lines(&verify(&world, &[RECEIPT, "--json"], 0, &[]).stdout);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!((&lines[0]["type"], &lines[0]["end"]), (&"checked".into(), &"target".into()));
    assert_eq!((&lines[0]["finding"], &lines[0]["compared"]), (&"equal".into(), &"content".into()));
    assert_eq!((&lines[0]["counts"], &lines[0]["reason"]), (&true.into(), &Value::Null));
    assert_eq!((&lines[1]["end"], &lines[1]["finding"]), (&"source".into(), &"different".into()));
    assert_eq!((&lines[1]["counts"], &lines[1]["compared"]), (&false.into(), &"size".into()));
    assert_eq!((&lines[2]["type"], &lines[2]["verified"]), (&"verification".into(), &true.into()));
    assert_eq!((&lines[2]["ends"], &lines[2]["equal"], &lines[2]["notes"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(lines[2]["root_sha256"], read(&world.path(RECEIPT))["root_sha256"]);
    let lines = json_lines(&verify(&world, &[RECEIPT, "--json", "--source"], 1, &["1 of 2 are not"]).stdout);
    assert_eq!((&lines[2]["verified"], &lines[2]["different"]), (&false.into(), &1.into()));
}

#[test]
fn files_that_are_there_are_left_unless_they_may_be_replaced() {
    let world = uploaded();
    let before = std::fs::read(world.path(RECEIPT)).unwrap();
    let said = world.run(&["receipt", "1"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("tern-receipt-1.json is there already and was left as it is"), "{said:?}");
    assert_eq!(std::fs::read(world.path(RECEIPT)).unwrap(), before);
    world.done(&["receipt", "1", "--force"]);
    assert_ne!(std::fs::read(world.path(RECEIPT)).unwrap(), before, "it was made at another moment");

    // The page alone is in the way, too.
    world.file("mine.html", 10, 1);
    let said = world.run(&["receipt", "1", "--out", "mine.json"]);
    assert!(said.stderr.contains("mine.html is there already"), "{said:?}");
    assert!(!world.path("mine.json").exists());
    let left = std::fs::read_dir(world.folder.path()).unwrap();
    let left =
        left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).find(|name| name.contains("tern-new"));
    assert_eq!(left, None);
}

#[test]
fn only_what_is_done_has_a_receipt_also_while_something_moves() {
    let world = World::slow(15);
    let nothing = world.run(&["receipt", "--all"]);
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    assert!(nothing.stderr.contains("No transfer is done"), "{nothing:?}");
    world.file("small", 10, 1);
    world.done(&["cp", "small", "tos://first/small"]);
    world.file("source", 40 * MIB, 1);
    let words = ["cp", "source", "tos://first/large", "--part-size", "5MiB", "--parallel", "2", "--json"];
    let mut running = Running::start(world.cli(words));
    running.until("UploadPartSucceed", 1);

    for (words, expected) in [
        (&["receipt", "2"][..], "Transfer 2 is not done (unfinished)"),
        (&["receipt", "1", "2"], "Transfer 2 is not done"),
        (&["receipt", "9"], "There is no transfer 9"),
    ] {
        let said = world.run(words);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains(expected), "{said:?}");
    }
    assert_eq!(world.run(&["receipt"]).code, Some(2));
    assert_eq!(world.run(&["receipt", "1", "--out", "page.html"]).code, Some(2));
    world.done(&["receipt", "--all"]);
    verify(&world, &[RECEIPT], 0, &["1 target: 1 equal."]);
    running.kill();
}

#[test]
fn no_secret_is_in_a_receipt() {
    const TOKEN: &str = "token-that-nobody-may-see-0123456789";
    let world = World::with(|options| options.credentials[0].security_token = Some(TOKEN.to_owned()));
    world.file("source", 10, 1);
    let with_token = |words: &[&str]| {
        let mut command = world.cli(words);
        command.env("TOS_SECURITY_TOKEN", TOKEN);
        let said = finish(command);
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    };
    with_token(&["cp", "source", "tos://first/key"]);
    with_token(&["cp", "tos://first/key", "back"]);
    with_token(&["receipt", "--all"]);
    let said = with_token(&["verify", "tern-receipt-1-2.json", "--json"]);
    let json = std::fs::read_to_string(world.path("tern-receipt-1-2.json")).unwrap();
    let page = std::fs::read_to_string(world.path("tern-receipt-1-2.html")).unwrap();
    for text in [&json, &page, &said.stdout] {
        assert!(
            text.contains("tos://first/key") || text.contains("\"key\": \"key\""),
            "this is what is searched: {text}"
        );
        let signed = ["Signature", "X-Tos-", "x-tos-security-token", "Authorization", "TOS4-HMAC"];
        let secrets = [tos_local::PRACTICE_SECRET_KEY, tos_local::PRACTICE_ACCESS_KEY, TOKEN];
        for secret in secrets.iter().chain(&signed) {
            assert!(!text.contains(secret), "{secret} is in it");
        }
    }
}

#[test]
fn a_receipt_of_an_account_can_be_checked_with_the_keys_of_the_environment_at_the_same_endpoint() {
    let world = uploaded();
    // As if an account of the app had done it, which is not known here.
    let program = r#"
import hashlib, json, sys
r = json.load(open(sys.argv[1]))
r["entries"][0]["target"]["store"] = "beijing-19a2b3"
digest = lambda v: hashlib.sha256(json.dumps(v, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest() + "\n"
head = {k: v for k, v in r.items() if k not in ("entries", "root_sha256")}
r["root_sha256"] = hashlib.sha256("".join(map(digest, [head, *r["entries"]])).encode()).hexdigest()
json.dump(r, open("other.json", "w"))
"#;
    let mut python = std::process::Command::new("python3");
    python.args(["-c", program, RECEIPT]).current_dir(world.folder.path());
    assert!(python.status().unwrap().success());
    verify(&world, &["other.json"], 0, &["1 target: 1 equal."]);
    let mut elsewhere = world.cli(["verify", "other.json"]);
    elsewhere.env("TOS_ENDPOINT", "http://127.0.0.1:1");
    let said = finish(elsewhere);
    assert!(said.stdout.contains(&format!("set TOS_ENDPOINT={}", world.server.endpoint())), "{said:?}");
}
