//! Sleep, a stop, and a network that goes away: the transfer goes on, and never fails.
#![cfg(target_os = "linux")]

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tos_local::FaultPlan;

use crate::inside;
use crate::logind::Bus;
use crate::namespace::Far;
use crate::support::{MIB, Running, World, assert_same_bytes, json_lines};

const PART: usize = 5 * MIB;
const PARTS: u64 = 8;
const SIZE: usize = 8 * PART - 4_321;
const PARALLEL: u64 = 2;
/// Longer than any test, and than the program waits.
const FOR_EVER_MS: u64 = 3_600_000;

const UPLOAD: [&str; 6] = ["cp", "source", "tos://first/target", "--part-size=5MiB", "--parallel=2", "--json"];
const DOWNLOAD: [&str; 6] = ["cp", "tos://first/source", "target", "--part-size=5MiB", "--parallel=2", "--json"];

fn requests(world: &World, call: &str) -> u64 {
    world.server.stats().requests.get(call).copied().unwrap_or(0)
}

/// The last line, if everything that was said before allows it.
fn summary(stdout: &str) -> Value {
    let mut said = json_lines(stdout);
    assert!(!said.iter().any(|line| line["phase"] == "failed"), "{stdout}");
    let summary = said.pop().unwrap();
    assert_eq!((&summary["done"], &summary["verified"]), (&json!(1), &json!(true)), "{stdout}");
    summary
}

/// Two parts of a transfer hang for ever, each at its first attempt: what ends that is no time-out of anybody.
fn hang_two(world: &World, call: &str, fault: &str) {
    let rule = json!({"verb": call, "when": {"nth": 2}, "fault": {fault: {"after_bytes": 100_000, "ms": FOR_EVER_MS}}});
    let plan = json!({"rules": [rule, rule]}).to_string();
    world.server.set_faults(FaultPlan::from_json(plan.as_bytes()).unwrap()).unwrap();
}

#[test]
fn after_a_wake_hanging_parts_are_sent_again_at_once_on_new_connections() {
    let bus = Bus::start();
    for (words, call, fault, part_event) in [
        (UPLOAD, "UploadPart", "stall_request", "UploadPartSucceed"),
        (DOWNLOAD, "GetObject", "stall", "DownloadPartSucceed"),
    ] {
        let world = World::new();
        let source = world.file("source", SIZE, 7);
        world.done(&["cp", "source", "tos://first/source"]);
        let (moved, begun) = (requests(&world, call), requests(&world, "CreateMultipartUpload"));
        hang_two(&world, call, fault);
        let mut command = world.cli(words);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
        let mut running = Running::start(command);
        running.until(part_event, 1);
        world.until(|world| world.server.fault_report().rules.iter().all(|rule| rule.struck == 1));
        bus.until_subscribed();
        bus.until_held(2);
        let connections = world.server.stats().connections;
        assert_eq!(requests(&world, call) - moved, 3, "{call}: one is done, two hang");

        bus.prepare_for_sleep(true);
        bus.prepare_for_sleep(false);
        let said = running.finish();
        summary(&said.stdout);
        assert!(!said.stdout.contains("PartFailed"), "{call}: a wake is no failure: {said:?}");
        assert_eq!(requests(&world, call) - moved, PARTS + 2, "{call}: only what hung was sent again");
        assert!(world.server.stats().connections >= connections + 2, "{call}: on new connections");
        assert_eq!(bus.until_held(0), [], "{call}");
        if call == "GetObject" {
            assert_same_bytes(&world.path("target"), &source);
        } else {
            assert_eq!(requests(&world, "CreateMultipartUpload") - begun, 1);
            world.assert_object_is("tos://first/target", &source);
        }
    }
}

#[test]
fn a_program_that_was_stopped_for_longer_than_the_server_waits_goes_on() {
    let world = World::with(|options| {
        options.idle_timeout = Some(Duration::from_secs(1));
        options.bytes_per_second = Some(10_000_000);
    });
    let source = world.file("source", SIZE, 7);
    // Once too short to be taken for sleep: the broken connections have to be noticed; once longer.
    for (seconds, is_a_sleep) in [(3, false), (13, true)] {
        world.run(&["rm", "tos://first/target"]);
        let before = world.server.stats();
        let mut command = world.cli(UPLOAD);
        command.env("TERN_LOG", "info");
        let mut running = Running::start(command);
        running.until("UploadPartSucceed", 2);
        running.signal(Signal::STOP);
        std::thread::sleep(Duration::from_secs(seconds)); // that it is stopped for so long is the case to be tried
        let after = world.server.stats();
        assert!(after.idle_connections > before.idle_connections, "the server has dropped connections: {after:?}");
        running.signal(Signal::CONT);
        let said = running.finish();
        summary(&said.stdout);
        assert_eq!(said.stderr.contains("connections are dropped"), is_a_sleep, "{seconds} s: {}", said.stderr);
        let now = world.server.stats();
        let sent = now.requests["UploadPart"] - before.requests.get("UploadPart").copied().unwrap_or(0);
        assert!(sent <= PARTS + PARALLEL, "{sent} parts were sent after {seconds} s");
        let begun = before.requests.get("CreateMultipartUpload").copied().unwrap_or(0);
        assert_eq!(now.requests["CreateMultipartUpload"] - begun, 1, "the same upload went on");
        world.assert_object_is("tos://first/target", &source);
    }
}

#[test]
fn without_network_a_transfer_waits_and_goes_on_with_it() {
    if !inside::is_inside("interruptions::without_network_a_transfer_waits_and_goes_on_with_it") {
        return;
    }
    let (bus, world) = (Bus::start(), World::slow(8));
    let parts = 12; // at that rate it takes eight seconds: long enough to be cut off twice
    let source = world.file("source", parts as usize * PART, 7);
    let far = Far::connect();
    let endpoint = far.forward_to(world.server.port());
    let mut command = far.inside(&world.cli(UPLOAD));
    command.env("TOS_ENDPOINT", endpoint).env("TERN_LOG", "info").env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    let mut running = Running::start(command);
    // Once its own link goes down, once what is behind it: then it has an address and a route, but nobody answers.
    for link in [Far::own_link, Far::other_link] {
        running.until("UploadPartSucceed", 1);
        bus.until_held(2);
        link(&far, false);
        running.until_told("connections are dropped");
        let mut waits = 0;
        while waits < 3 {
            let said = running.until("StateChanged", 1).pop().unwrap();
            assert_ne!(said["phase"], "failed", "{said}");
            waits += u64::from(said["phase"] == "no_network");
        }
        bus.until_held(0); // nothing moves, so the computer may sleep
        let sent = requests(&world, "UploadPart");
        link(&far, true);
        running.until_told("connections are dropped");
        let said = running.until("UploadPartSucceed", 1);
        assert!(requests(&world, "UploadPart") > sent, "{said:?}");
    }
    let said = running.finish();
    summary(&said.stdout);
    assert_eq!(requests(&world, "CreateMultipartUpload"), 1, "the same upload went on");
    let sent = requests(&world, "UploadPart");
    // What was under way when a link went down is sent again, and what was under way when it was up again may be.
    assert!(sent <= parts + 4 * PARALLEL, "{sent} parts were sent");
    world.assert_object_is("tos://first/target", &source);
}
