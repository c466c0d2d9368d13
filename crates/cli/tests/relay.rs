//! Copies through this computer: to another endpoint with other rules, interrupted and resumed.

use crate::support::{MIB, World, json_lines};

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
