//! Interruptions: killed, told to stop, paused, cancelled.
#![cfg(unix)]

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{MIB, Running, World, assert_same_bytes};

const LEN: usize = 40 * MIB + 321;
const PARTS: u64 = 9;

/// What differs between the three kinds.
struct Case {
    kind: &'static str,
    source: &'static str,
    target: &'static str,
    part_event: &'static str,
    session_event: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        kind: "upload",
        source: "source",
        target: "tos://first/target",
        part_event: "UploadPartSucceed",
        session_event: "CreateMultipartUploadSucceed",
    },
    Case {
        kind: "download",
        source: "tos://first/source",
        target: "target",
        part_event: "DownloadPartSucceed",
        session_event: "CreateTempFileSucceed",
    },
    Case {
        kind: "copy",
        source: "tos://first/source",
        target: "tos://second/target",
        part_event: "UploadPartCopySucceed",
        session_event: "CreateMultipartUploadSucceed",
    },
];

/// A world in which the transfer takes seconds, with its source in place.
fn prepared() -> World {
    let world = World::slow(25);
    world.file("source", LEN, 7);
    world.done(&["cp", "source", "tos://first/source", "--part-size", "5MiB"]);
    world
}

fn words(case: &Case) -> [&'static str; 7] {
    ["cp", case.source, case.target, "--part-size", "5MiB", "--parallel=2", "--json"]
}

/// Starts the transfer and returns it after its second part, with the id of its session.
fn half_way(world: &World, case: &Case) -> (Running, String) {
    let mut running = Running::start(world.cli(words(case)));
    let events = running.until(case.part_event, 2);
    let begun = events.iter().find(|event| event["type"] == case.session_event).unwrap();
    let session = begun["upload_id"].as_str().or(begun["temp_file"].as_str()).unwrap().to_owned();
    (running, session)
}

fn summary(stdout: &str) -> Value {
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "summary");
    last
}

fn check_result(world: &World, case: &Case) {
    if case.kind == "download" {
        assert_same_bytes(&world.path("target"), &world.path("source"));
        assert!(!world.path("target.tern-part").exists());
    } else {
        world.assert_object_is(case.target, &world.path("source"));
    }
    assert_eq!(world.uploads("first"), [] as [Value; 0], "{}", case.kind);
    assert_eq!(world.uploads("second"), [] as [Value; 0], "{}", case.kind);
}

#[test]
fn a_killed_command_goes_on_when_it_is_run_again() {
    for case in &CASES {
        let world = prepared();
        let (running, session) = half_way(&world, case);
        let killed = running.kill();
        assert_eq!(killed.code, None, "{}: it ended by itself: {killed:?}", case.kind);

        let listed = world.transfers();
        let left = listed.iter().find(|one| one["state"] != "done").unwrap();
        assert_eq!(left["direction"], case.kind);
        assert_eq!(left["upload_id"].as_str().or(left["temp_file"].as_str()), Some(session.as_str()), "{}", case.kind);

        let said = world.done(&words(case));
        assert!(!said.stdout.contains(case.session_event), "{}: it began anew", case.kind);
        let summary = summary(&said.stdout);
        let (sent, reused) = (summary["parts_sent"].as_u64().unwrap(), summary["parts_reused"].as_u64().unwrap());
        assert_eq!(sent + reused, PARTS, "{}", case.kind);
        assert_eq!(summary["verified"], true, "{}", case.kind);
        if case.kind != "download" {
            assert!(reused >= 2, "{}: {reused} parts were reused", case.kind);
        }
        check_result(&world, case);
    }
}

#[test]
fn a_signal_pauses_and_the_same_command_goes_on() {
    for (case, signal) in CASES.iter().zip([Signal::INT, Signal::TERM, Signal::INT]) {
        let world = prepared();
        let (running, session) = half_way(&world, case);
        running.signal(signal);
        let said = running.finish();
        assert_eq!(said.code, Some(3), "{}: {said:?}", case.kind);
        assert_eq!(summary(&said.stdout)["paused"], 1, "{}", case.kind);
        let listed = world.transfers();
        let paused = listed.iter().find(|one| one["state"] == "paused").unwrap();
        assert!(said.stderr.contains(&format!("tern-cli resume {}", paused["id"])), "{said:?}");
        if case.kind != "download" {
            let bucket = if case.kind == "copy" { "second" } else { "first" };
            let uploads = world.uploads(bucket);
            assert_eq!(uploads.len(), 1, "{}", case.kind);
            assert_eq!(uploads[0]["upload_id"], session, "{}", case.kind);
            assert_eq!(uploads[0]["transfer"], paused["id"], "{}", case.kind);
        }

        let said = world.done(&words(case));
        assert!(!said.stdout.contains(case.session_event), "{}: it began anew", case.kind);
        assert!(summary(&said.stdout)["parts_reused"].as_u64().unwrap() >= 2, "{}", case.kind);
        check_result(&world, case);
    }
}

#[test]
fn resume_goes_on_by_id_or_with_all_that_is_left() {
    let world = prepared();
    for case in &CASES[..2] {
        let (running, _) = half_way(&world, case);
        running.signal(Signal::INT);
        assert_eq!(running.finish().code, Some(3));
    }
    let ids: Vec<String> =
        world.transfers().iter().filter(|one| one["state"] == "paused").map(|one| one["id"].to_string()).collect();
    assert_eq!(ids.len(), 2);
    world.done(&["resume", &ids[1]]);
    assert_same_bytes(&world.path("target"), &world.path("source"));
    assert_eq!(world.transfers().iter().filter(|one| one["state"] == "paused").count(), 1);

    let said = world.done(&["resume", "--all", "--json"]);
    assert_eq!(summary(&said.stdout)["done"], 1);
    check_result(&world, &CASES[0]);

    let said = world.done(&["resume", "--all"]);
    assert!(said.stderr.contains("nothing to go on with"), "{said:?}");
    let said = world.run(&["resume", &ids[0]]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("is over"), "{said:?}");
    let said = world.run(&["resume", "999"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("no transfer 999"), "{said:?}");
}

#[test]
fn a_cancelled_transfer_leaves_nothing_behind() {
    for case in &CASES {
        let world = prepared();
        let (running, session) = half_way(&world, case);
        running.kill();
        let id = world.transfers().iter().find(|one| one["state"] != "done").unwrap()["id"].to_string();

        if case.kind != "download" {
            // Aborting behind the back of a transfer that will go on is refused.
            let said = world.run(&["uploads", "abort", case.target, &session]);
            assert_eq!(said.code, Some(1));
            assert!(said.stderr.contains(&format!("tern-cli cancel {id}")), "{said:?}");
        }
        let said = world.done(&["cancel", &id]);
        assert!(said.stdout.contains("nothing is left of it"), "{said:?}");
        assert_eq!(world.uploads("first"), [] as [Value; 0], "{}", case.kind);
        assert_eq!(world.uploads("second"), [] as [Value; 0], "{}", case.kind);
        assert!(!world.path("target").exists() && !world.path("target.tern-part").exists(), "{}", case.kind);
        assert_eq!(world.transfers().iter().filter(|one| one["state"] != "done").count(), 0, "{}", case.kind);
        assert_eq!(world.run(&["cancel", &id]).code, Some(1), "there is nothing more to cancel");
    }
}

#[test]
fn a_killed_transfer_can_be_marked_as_paused() {
    let world = prepared();
    let (running, _) = half_way(&world, &CASES[0]);
    running.kill();
    let id = world.transfers().iter().find(|one| one["state"] == "waiting").unwrap()["id"].to_string();
    world.done(&["pause", &id]);
    let listed = world.transfers();
    let paused = listed.iter().find(|one| one["state"] == "paused").unwrap();
    assert_eq!(paused["id"].to_string(), id);
    world.done(&words(&CASES[0]));
    check_result(&world, &CASES[0]);
}

#[test]
fn a_transfer_of_another_endpoint_stays_as_it_is_and_says_what_to_set() {
    let world = prepared();
    let (running, _) = half_way(&world, &CASES[0]);
    running.signal(Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    let id = world.transfers().iter().find(|one| one["state"] == "paused").unwrap()["id"].to_string();
    for words in [vec!["resume", &id], vec!["cancel", &id], vec!["resume", "--all"]] {
        let mut command = world.cli(&words);
        command.env("TOS_ENDPOINT", "http://127.0.0.1:1");
        let said = crate::support::finish(command);
        assert!(said.stderr.contains(&format!("TOS_ENDPOINT={}", world.server.endpoint())), "{words:?}: {said:?}");
        assert_eq!(said.code, Some(if words.contains(&"--all") { 0 } else { 1 }), "{words:?}");
        assert_eq!(world.transfers().iter().filter(|one| one["state"] == "paused").count(), 1, "{words:?}");
    }
}

#[test]
fn b14_other_options_do_not_take_over_what_was_begun() {
    let world = prepared();
    let (running, session) = half_way(&world, &CASES[0]);
    running.signal(Signal::INT);
    assert_eq!(running.finish().code, Some(3));
    let said = world.run(&["cp", "source", "tos://first/target", "--meta", "a=b"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("begun with other options"), "{said:?}");
    // Another part size is no other purpose: what was begun keeps its own.
    let said = world.done(&["cp", "source", "tos://first/target", "--part-size", "20MiB", "--json"]);
    let summary = summary(&said.stdout);
    assert_eq!(summary["parts_sent"].as_u64().unwrap() + summary["parts_reused"].as_u64().unwrap(), PARTS);
    assert!(!said.stdout.contains(&session) && !said.stdout.contains("CreateMultipartUploadSucceed"));
    check_result(&world, &CASES[0]);
}

#[test]
fn a_second_signal_leaves_at_once_and_still_nothing_is_lost() {
    // Assembling cannot be paused, and this server takes its time to answer.
    let world = World::with(|options| options.latency = std::time::Duration::from_secs(2));
    world.file("source", 6 * MIB, 7);
    let words = ["cp", "source", "tos://first/target", "--part-size", "5MiB", "--json"];
    let mut running = Running::start(world.cli(words));
    running.until("UploadPartSucceed", 2);
    world.until_requested("CompleteMultipartUpload");
    running.signal(Signal::INT);
    running.until_told("Pausing");
    running.signal(Signal::INT);
    let said = running.finish();
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(!said.stdout.contains("\"summary\""), "it did not wait for the answer: {said:?}");
    let said = world.done(&words);
    assert_eq!(summary(&said.stdout)["verified"], true);
    check_result(&world, &CASES[0]);
}

#[test]
fn a_limit_holds_back_uploads_and_downloads() {
    // The server is as fast as it goes, so without the limit all of it would be there by the first news of progress.
    let world = World::new();
    world.file("source", LEN, 7);
    world.done(&["cp", "source", "tos://first/source"]);
    for case in &CASES[..2] {
        let mut running = Running::start(world.cli([&words(case)[..], &["--limit", "64KiB/s"]].concat()));
        let events = running.until("DataTransferRw", 1);
        let moved = events.last().unwrap()["consumed_bytes"].as_u64().unwrap();
        assert!(moved <= MIB as u64, "{}: {moved} bytes", case.kind);
        running.signal(Signal::INT);
        assert_eq!(running.finish().code, Some(3), "{}", case.kind);
        world.done(&words(case));
        check_result(&world, case);
    }
}
