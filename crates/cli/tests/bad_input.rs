//! What makes no sense or cannot work: a clear sentence, the right exit code, and everything as it was.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::{MIB, World, bare_cli, finish};

/// Runs the program and demands an exit code, a sentence with these words, and that nothing was changed.
fn check(world: &World, words: &[&str], code: i32, expected: &[&str]) {
    let before = (world.transfers(), world.keys("first"), files(world));
    let said = world.run(words);
    assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
    for expected in expected {
        assert!(said.stderr.contains(expected), "{words:?} does not say “{expected}”: {}", said.stderr);
    }
    assert_eq!(said.stdout, "", "{words:?}");
    assert_eq!((world.transfers(), world.keys("first"), files(world)), before, "{words:?} changed something");
}

/// Names of the user's files: neither the server's objects nor our data folder.
fn files(world: &World) -> Vec<String> {
    let names = std::fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name != "objects" && name != "data");
    names.sort_unstable();
    names
}

#[test]
fn what_was_typed_wrongly_is_told_and_nothing_is_tried() {
    let world = World::new();
    world.file("source", 10, 1);
    world.file("other/source", 10, 1);
    let long_key = format!("tos://first/{}", "k".repeat(1025));
    for (words, expected) in [
        (vec!["cp", "source"], vec!["<TARGET>"]),
        (vec!["cp", "source", "target"], vec!["Both ends are on this computer"]),
        (vec!["cp", "source", "tos://first/key", "--part-size", "4MiB"], vec!["5MiB to 5GiB"]),
        (vec!["cp", "source", "tos://first/key", "--part-size", "6GiB"], vec!["5MiB to 5GiB"]),
        (vec!["cp", "source", "tos://first/key", "--part-size", "large"], vec!["20MiB"]),
        (vec!["cp", "source", "tos://first/key", "--parallel", "0"], vec!["1..=1000"]),
        (vec!["cp", "source", "tos://first/key", "--parallel", "1001"], vec!["1..=1000"]),
        (vec!["cp", "source", "tos://first/key", "--limit", "0"], vec!["pause"]),
        (vec!["cp", "source", "tos://first/key", "--conflict", "maybe"], vec!["overwrite", "keep-both"]),
        (vec!["cp", "source", "tos://first/key", "--meta", "word"], vec!["NAME=VALUE"]),
        (vec!["cp", "source", "tos://No_Bucket/key"], vec!["cannot be the name of a bucket", "lower-case"]),
        (vec!["cp", "source", "tos://ab/key"], vec!["3 to 63"]),
        (vec!["cp", "source", "tos://first/a/../b"], vec!["cannot be the key", "segment"]),
        (vec!["cp", "source", "tos://first/a\tb"], vec!["cannot be the key", "a\\tb"]),
        (vec!["cp", "source", &long_key], vec!["1024 bytes"]),
        (vec!["cp", "source", "other/source", "tos://first/name"], vec!["end it with a slash"]),
        (vec!["cp", "source", "other/source", "tos://first/"], vec!["would both become"]),
        (vec!["cp", "tos://first/key", "back", "--content-type", "text/plain"], vec!["describe objects"]),
        (vec!["cp", "tos://first", "back"], vec!["is a bucket"]),
        (vec!["ls", "first"], vec!["no address in TOS"]),
        (vec!["mb", "tos://first/key"], vec!["has no key"]),
        (vec!["rm", "tos://first"], vec!["--recursive --whole-bucket"]),
        (vec!["rm", "--recursive", "tos://first/"], vec!["every object", "--whole-bucket"]),
        (vec!["presign", "tos://first/key", "--expires", "8d"], vec!["7 days"]),
        (vec!["presign", "tos://first/"], vec!["may not be empty"]),
        (vec!["resume"], vec!["IDS"]),
        (vec!["cancel", "first"], vec!["invalid"]),
        (vec!["--proxy", "http://me:pass@host:1", "ls"], vec!["TOS_PROXY_PASSWORD"]),
        (vec!["--ca-file", "no-such-file", "ls"], vec!["no-such-file"]),
        (vec!["--secret-key-file", "no-such-file", "ls"], vec!["no-such-file"]),
        (vec!["--account", "nobody", "ls"], vec!["no account “nobody”"]),
        (vec!["fly"], vec!["fly"]),
    ] {
        check(&world, &words, 2, &expected);
    }
}

#[test]
fn what_cannot_work_is_told_and_leaves_everything_as_it_was() {
    let world = World::new();
    world.file("source", 10, 1);
    std::fs::create_dir_all(world.path("folder/key")).unwrap();
    world.done(&["cp", "source", "tos://first/key"]);
    for (words, expected) in [
        (vec!["cp", "missing", "tos://first/new"], vec!["missing is not there", "cause:"]),
        (vec!["cp", "folder", "tos://first/new"], vec!["is a folder"]),
        (vec!["cp", "source/below", "tos://first/new"], vec!["is not there"]),
        (vec!["cp", "tos://first/key", "folder"], vec!["is a folder", "another name"]),
        (vec!["cp", "tos://first/key", "source/below"], vec!["cannot be written"]),
        (vec!["cp", "tos://first/nothing", "new"], vec!["no object tos://first/nothing", "HTTP 404"]),
        (vec!["cp", "source", "tos://no-such-bucket/new"], vec!["no bucket no-such-bucket", "HTTP 404"]),
        (vec!["cp", "tos://no-such-bucket/key", "new"], vec!["no bucket no-such-bucket", "request id:"]),
        (vec!["cp", "tos://first/key", "tos://no-such-bucket/key"], vec!["no bucket no-such-bucket"]),
        (vec!["cp", "source", "tos://first/new", "--storage-class", "GOLDEN"], vec!["TOS refused", "code:"]),
        (vec!["ls", "tos://no-such-bucket"], vec!["no bucket no-such-bucket"]),
        (vec!["stat", "tos://first/nothing"], vec!["no object"]),
        (vec!["rm", "tos://first/nothing"], vec!["no object"]),
        (vec!["mb", "tos://first"], vec!["bucket first already"]),
        (vec!["uploads", "abort", "tos://first/key", "no-such-upload"], vec!["is gone"]),
        (vec!["cancel", "999"], vec!["no transfer 999"]),
        (vec!["pause", "999"], vec!["no transfer 999"]),
    ] {
        check(&world, &words, 1, &expected);
    }
}

#[test]
fn keys_that_are_wrong_are_told() {
    let world = World::new();
    world.file("source", 10, 1);
    for (name, value, code, expected) in [
        ("TOS_SECRET_KEY", "wrong", 1, "TOS does not accept the keys"),
        ("TOS_ACCESS_KEY", "AKLTsomebodyElse", 1, "TOS does not accept the keys"),
        ("TOS_SECRET_KEY", "", 2, "set TOS_SECRET_KEY"),
        ("TOS_SECRET_KEY", "with a space", 2, "TOS does not accept the keys"),
        ("TOS_ACCESS_KEY", "", 2, "set TOS_ACCESS_KEY"),
        ("TOS_REGION", "", 2, "set TOS_REGION"),
        ("TOS_REGION", "no/region", 2, "is not a region id"),
        ("TOS_ENDPOINT", "tos-s3-cn-beijing.volces.com", 2, "remove “s3-”"),
        ("TOS_ENDPOINT", "ftp://host", 2, "must begin with https://"),
        ("TOS_ENDPOINT", "https://host/path", 2, "without a path"),
    ] {
        for words in [vec!["cp", "source", "tos://first/new"], vec!["ls", "tos://first"]] {
            let mut command = world.cli(&words);
            command.env(name, value);
            let said = finish(command);
            assert_eq!(said.code, Some(code), "{name}={value} {words:?}: {said:?}");
            assert!(said.stderr.contains(expected), "{name}={value} {words:?}: {}", said.stderr);
        }
    }
    assert_eq!(world.transfers(), [] as [serde_json::Value; 0]);
    assert_eq!(world.keys("first"), [] as [String; 0]);
}

#[test]
fn without_an_account_it_is_said_how_to_get_one() {
    let world = World::new();
    for words in [vec!["ls"], vec!["cp", "/etc/hostname", "tos://first/"]] {
        let mut command = bare_cli(&words);
        command.env("TERN_DATA_DIR", world.data_folder());
        let said = finish(command);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.stderr.contains("TOS_ACCESS_KEY") && said.stderr.contains("--account practice"), "{said:?}");
    }
}

/// Answers every request on loopback with the same bytes.
fn endpoint_that_answers(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 16 << 10];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    endpoint
}

#[test]
fn an_endpoint_that_is_not_tos_is_told() {
    let world = World::new();
    world.file("source", 10, 1);
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 21\r\n\r\n<html>Welcome!</html>";
    let s3 = "HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nx-amz-request-id: 1\r\nConnection: close\r\nContent-Length: 61\r\n\r\n<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    let moved =
        "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    for answer in [html, s3, moved] {
        let endpoint = endpoint_that_answers(answer);
        for words in [vec!["cp", "source", "tos://first/new"], vec!["cp", "tos://first/key", "new"], vec!["ls"]] {
            let mut command = world.cli(&words);
            command.env("TOS_ENDPOINT", &endpoint);
            let said = finish(command);
            assert_eq!(said.code, Some(1), "{words:?} {answer}: {said:?}");
            assert!(said.stderr.contains("does not answer as TOS does"), "{words:?} {answer}: {}", said.stderr);
        }
    }
    assert_eq!(world.transfers(), [] as [serde_json::Value; 0]);
    assert!(!world.path("new").exists());
}

#[test]
fn an_endpoint_that_is_not_there_is_told_after_a_few_attempts() {
    let world = World::new();
    world.file("source", 10, 1);
    let mut command = world.cli(["cp", "source", "tos://first/new", "--json"]);
    command.env("TOS_ENDPOINT", "http://127.0.0.1:1");
    let said = finish(command);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("check the network and the endpoint"), "{said:?}");
    let lines = crate::support::json_lines(&said.stdout);
    assert!(lines.last().unwrap()["retries"].as_u64().unwrap() >= 2, "{said:?}");
}

#[test]
fn a_store_that_is_full_is_told() {
    let world = World::with(|options| options.capacity_bytes = 8 * MIB as u64);
    world.file("source", 12 * MIB, 1);
    let said = world.run(&["cp", "source", "tos://first/key", "--part-size", "5MiB"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("no room left"), "{said:?}");
    assert!(said.stderr.contains("QuotaExceeded"), "{said:?}");
    // What was sent is kept for when there is room; giving it up frees it.
    let id = world.transfers()[0]["id"].to_string();
    world.done(&["cancel", &id]);
    assert_eq!(world.uploads("first"), [] as [serde_json::Value; 0]);
}

#[test]
fn a_copy_into_another_region_inside_the_store_is_refused_with_a_sentence() {
    let world = World::with(|options| {
        options.other_regions = vec!["cn-shanghai".into()];
        options.buckets.push(tos_local::BucketSpec {
            name: "far-away".into(),
            region: Some("cn-shanghai".into()),
            versioning: false,
        });
        options.behaviour.wrong_region = tos_local::WrongRegion::Denied;
    });
    world.file("source", 10, 1);
    world.done(&["cp", "source", "tos://first/key"]);
    let said = world.run(&["cp", "tos://first/key", "tos://far-away/key", "--via", "server"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("region"), "{said:?}");
    let said = world.run(&["--account", "practice", "cp", "tos://a/b", "tos://a/c", "--to-region", "cn-shanghai"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("--to-account"), "{said:?}");
}
