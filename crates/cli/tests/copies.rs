//! `cp` in all directions.

use serde_json::{Value, json};

use crate::support::{MIB, World, assert_same_bytes};

fn summary(lines: &[Value]) -> &Value {
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "summary");
    last
}

#[test]
fn files_go_up_across_and_down_byte_equal() {
    let world = World::new();
    let part = 5 * MIB;
    for (name, len, parts) in [
        ("empty", 0, 1),
        ("one-byte", 1, 1),
        ("one-less-than-a-part", part - 1, 1),
        ("exactly-a-part", part, 1),
        ("one-more-than-a-part", part + 1, 2),
        ("many-parts", 4 * part + 12_345, 5),
    ] {
        let file = world.file(name, len, len as u64);
        let (up, across) = (format!("tos://first/{name}"), format!("tos://second/copy of {name}"));
        let lines = world.done_json(&["cp", name, &up, "--part-size", "5MiB"]);
        assert_eq!(summary(&lines)["parts_sent"], parts, "{name}");
        assert_eq!(summary(&lines)["bytes"], len, "{name}");
        assert_eq!(summary(&lines)["verified"], true, "{name}");
        let crc64 = summary(&lines)["crc64"].as_str().unwrap().to_owned();

        let lines = world.done_json(&["cp", &up, &across, "--part-size", "5MiB"]);
        assert_eq!(summary(&lines)["verified"], true, "{name}");
        assert_eq!(summary(&lines)["crc64"], crc64, "{name}");

        let back = format!("{name}.back");
        let lines = world.done_json(&["cp", &across, &back, "--part-size", "5MiB"]);
        assert_eq!(summary(&lines)["verified"], true, "{name}");
        assert_eq!(summary(&lines)["crc64"], crc64, "{name}");
        assert_same_bytes(&file, &world.path(&back));
    }
    assert_eq!(world.uploads("first"), [] as [Value; 0]);
    assert_eq!(world.uploads("second"), [] as [Value; 0]);
}

#[test]
fn a_key_is_what_was_typed_letter_by_letter() {
    let world = World::new();
    let long = format!("{}/{}", "长".repeat(200), "k".repeat(399));
    assert_eq!(long.len(), 1000);
    let keys = [
        "a b",
        "报告/年度 2.txt",
        "😀.txt",
        "a+b",
        "a%2Fb",
        "100%",
        "~x",
        "x//y",
        "/lead",
        "q?x=1#y&z",
        "semi;colon:at@",
        "...",
        "a'\"b",
        &long,
    ];
    for (seed, key) in keys.iter().enumerate() {
        let file = world.file("source", 1000 + seed, seed as u64);
        let address = format!("tos://first/{key}");
        world.done(&["cp", "source", &address]);
        world.assert_object_is(&address, &file);
        world.done(&["cp", &address, &format!("tos://second/{key}")]);
    }
    let mut expected: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    expected.sort_unstable();
    assert_eq!(world.keys("first"), expected);
    assert_eq!(world.keys("second"), expected);
}

#[test]
fn several_sources_keep_their_names_in_a_folder() {
    let world = World::new();
    let (one, two) = (world.file("one.txt", 10, 1), world.file("deeper/two.txt", 20, 2));
    world.done(&["cp", "one.txt", "deeper/two.txt", "tos://first/folder/"]);
    assert_eq!(world.keys("first"), ["folder/one.txt", "folder/two.txt"]);
    std::fs::create_dir(world.path("down")).unwrap();
    world.done(&["cp", "tos://first/folder/one.txt", "tos://first/folder/two.txt", "down"]);
    assert_same_bytes(&world.path("down/one.txt"), &one);
    assert_same_bytes(&world.path("down/two.txt"), &two);
    world.done(&["cp", "tos://first/folder/one.txt", "new/folder/"]);
    assert_same_bytes(&world.path("new/folder/one.txt"), &one);
}

#[test]
fn b18_what_describes_an_object_travels_with_it() {
    let world = World::new();
    world.file("source", 6 * MIB, 1);
    world.done(&[
        "cp",
        "source",
        "tos://first/object",
        "--part-size",
        "5MiB",
        "--content-type",
        "text/x-tern",
        "--storage-class",
        "IA",
        "--meta",
        "Team=报告 a=b",
        "--meta",
        "n=1",
    ]);
    world.done(&["cp", "tos://first/object", "tos://second/object", "--part-size", "5MiB"]);
    for address in ["tos://first/object", "tos://second/object"] {
        let stat: Value = serde_json::from_str(&world.done(&["stat", address, "--json"]).stdout).unwrap();
        assert_eq!(stat["content_type"], "text/x-tern", "{address}");
        assert_eq!(stat["storage_class"], "IA", "{address}");
        assert_eq!(stat["metadata"], json!({"team": "报告 a=b", "n": "1"}), "{address}");
    }
    world.file("page.html", 3, 1);
    world.done(&["cp", "page.html", "tos://first/"]);
    let stat: Value = serde_json::from_str(&world.done(&["stat", "tos://first/page.html", "--json"]).stdout).unwrap();
    assert_eq!(stat["content_type"], "text/html");
}

#[test]
fn an_identical_target_is_left_as_it_is() {
    let world = World::new();
    world.file("source", 6 * MIB, 1);
    world.done(&["cp", "source", "tos://first/key", "--part-size", "5MiB"]);
    world.done(&["cp", "tos://first/key", "back"]);
    world.done(&["cp", "tos://first/key", "tos://second/key"]);
    for (source, target) in
        [("source", "tos://first/key"), ("tos://first/key", "back"), ("tos://first/key", "tos://second/key")]
    {
        for rule in ["fail", "overwrite", "skip", "keep-both"] {
            let lines = world.done_json(&["cp", source, target, "--conflict", rule]);
            let summary = summary(&lines);
            assert_eq!(summary["transfers"][0]["outcome"], "identical", "{source} → {target}, {rule}");
            assert_eq!(summary["parts_sent"], 0, "{source} → {target}, {rule}");
            assert_eq!(summary["verified"], true, "{source} → {target}, {rule}");
        }
        assert!(world.done(&["cp", source, target]).stdout.contains("identical already"));
    }
}

#[test]
fn a_different_target_is_touched_only_as_the_rule_says() {
    let world = World::new();
    let (new, old) = (world.file("new", 3000, 1), world.file("old.txt", 3000, 2));
    world.done(&["cp", "new", "tos://second/new"]);
    // From a file or an object, to an object or a file: a rule means the same everywhere.
    for (source, target, beside) in [
        ("new", "tos://first/up.txt", "tos://first/up (2).txt"),
        ("tos://second/new", "tos://first/across.txt", "tos://first/across (2).txt"),
        ("tos://second/new", "down.txt", "down (2).txt"),
    ] {
        let compare = |address: &str, file: &std::path::Path| match address.strip_prefix("tos://") {
            Some(_) => world.assert_object_is(address, file),
            None => assert_same_bytes(&world.path(address), file),
        };
        if target.starts_with("tos://") {
            world.done(&["cp", "old.txt", target]);
        } else {
            std::fs::copy(&old, world.path(target)).unwrap();
        }

        let said = world.run(&["cp", source, target]);
        assert_eq!(said.code, Some(1), "{target}: {said:?}");
        assert!(said.stderr.contains("exists with other content") && said.stderr.contains("--conflict"), "{said:?}");
        compare(target, &old);
        assert_eq!(world.transfers().iter().filter(|one| one["state"] != "done").count(), 0, "nothing is left behind");

        let lines = world.done_json(&["cp", source, target, "--conflict", "skip"]);
        assert_eq!(summary(&lines)["transfers"][0]["outcome"], "skipped", "{target}");
        compare(target, &old);

        world.done(&["cp", source, target, "--conflict", "keep-both"]);
        compare(target, &old);
        compare(beside, &new);

        world.done(&["cp", source, target, "--conflict", "overwrite"]);
        compare(target, &new);
    }
}

#[test]
fn b21_where_the_store_reports_no_checksum_it_is_said() {
    let world = World::with(|options| options.behaviour.crc_headers = false);
    world.file("source", 10, 1);
    let said = world.done(&["cp", "source", "tos://first/key"]);
    assert!(said.stdout.contains("not verified"), "{said:?}");
    assert!(said.stderr.contains("complete but not verified"), "{said:?}");
    let lines = world.done_json(&["cp", "source", "tos://first/key2"]);
    assert_eq!(summary(&lines)["verified"], false);
}

#[test]
fn a_key_that_reads_like_an_escape_comes_down_under_another_name_and_goes_up_under_its_own() {
    let world = World::new();
    let file = world.file("source", 100, 1);
    world.done(&["cp", "source", "tos://first/in/a%00"]);
    std::fs::create_dir(world.path("down")).unwrap();
    world.done(&["cp", "tos://first/in/a%00", "down/"]);
    assert_same_bytes(&world.path("down/a%2500"), &file);
    world.done(&["cp", "down/a%2500", "tos://second/back/"]);
    assert_eq!(world.keys("second"), ["back/a%00"]);
}
