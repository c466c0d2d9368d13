//! Copies through this computer: to another endpoint with other rules, interrupted and resumed.

use crate::support::{MIB, Running, World, json_lines};

/// A second server is another region to the first: nothing can be copied between them by themselves.
fn two_worlds() -> (World, World) {
    (World::new(), World::new())
}

#[test]
fn an_object_goes_to_another_endpoint_with_its_metadata_and_is_verified() {
    let (here, there) = two_worlds();
    for (name, len, parts) in [("empty", 0, 1), ("small", 1000, 1), ("parts", 11 * MIB + 7, 3)] {
        let file = here.file(name, len, len as u64);
        let from = format!("tos://first/{name}");
        here.done(&["cp", name, &from, "--content-type", "text/x-test", "--meta", "who=we", "--part-size", "5MiB"]);
        let to = format!("tos://second/{name}");
        let said = here.done(&[
            "cp",
            &from,
            &to,
            "--to-endpoint",
            &there.server.endpoint(),
            "--to-region",
            tos_local::PRACTICE_REGION,
            "--part-size",
            "5MiB",
        ]);
        assert!(said.stderr.contains("goes through this computer"), "{said:?}");
        assert!(said.stdout.contains("verified (CRC64"), "{said:?}");
        there.assert_object_is(&to, &file);
        let stat = json_lines(&there.done(&["stat", &to, "--json"]).stdout);
        assert_eq!(stat[0]["content_type"], "text/x-test", "{name}");
        assert_eq!(stat[0]["metadata"]["who"], "we", "{name}");
        let lines = here.done_json(&["transfers"]);
        assert_eq!(lines.last().unwrap()["state"], "done", "{name}: {parts} parts");
    }
    assert_eq!(there.uploads("second"), [] as [serde_json::Value; 0]);
}

#[test]
fn within_one_endpoint_it_can_be_asked_for() {
    let world = World::new();
    let file = world.file("source", 6 * MIB, 3);
    world.done(&["cp", "source", "tos://first/a"]);
    let lines = world.done_json(&["cp", "tos://first/a", "tos://second/b", "--via", "relay", "--part-size", "5MiB"]);
    let route = lines.iter().find(|line| line["type"] == "RouteChosen").unwrap();
    assert_eq!(route["route"], "relay");
    assert_eq!(lines.last().unwrap()["verified"], true);
    world.assert_object_is("tos://second/b", &file);
}

#[test]
fn one_that_was_cut_off_can_be_resumed_and_another_given_up_by_its_id() {
    let (here, there) = two_worlds();
    let file = here.file("source", 30 * MIB, 5);
    here.done(&["cp", "source", "tos://first/a"]);
    let endpoint = there.server.endpoint();
    let far = ["--to-endpoint", endpoint.as_str(), "--to-region", tos_local::PRACTICE_REGION];
    let cut_off = |target: &str| {
        let words = ["cp", "tos://first/a", target, "--part-size", "5MiB", "--parallel", "1", "--limit", "40MiB/s"];
        let mut running = Running::start(here.cli([&words[..], &far[..], &["--json"]].concat()));
        running.until("UploadPartCopySucceed", 2);
        running.kill();
    };
    cut_off("tos://second/resumed");
    cut_off("tos://second/given-up");
    // Without a word about the target, its store is not known.
    let said = here.run(&["resume", "2"]);
    assert_eq!(said.code, Some(1), "{said:?}");

    let lines = here.done_json(&[&["resume", "2"][..], &far[..]].concat());
    let summary = lines.last().unwrap();
    assert_eq!(summary["verified"], true);
    assert!(summary["parts_reused"].as_u64().unwrap() > 0, "{summary}");
    there.assert_object_is("tos://second/resumed", &file);

    assert_eq!(there.uploads("second").len(), 1);
    here.done(&[&["cancel", "3"][..], &far[..]].concat());
    assert_eq!(there.uploads("second"), [] as [serde_json::Value; 0]);
}
