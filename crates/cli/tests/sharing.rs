//! Two programs on one data folder.

use crate::support::{MIB, Running, World};

#[test]
fn readers_work_while_something_moves_and_a_second_writer_says_who_holds_it() {
    let world = World::slow(15);
    world.file("source", 40 * MIB, 1);
    world.file("small", 10, 1);
    world.done(&["cp", "small", "tos://first/small"]);
    let words = ["cp", "source", "tos://first/large", "--part-size", "5MiB", "--parallel", "2", "--json"];
    let mut running = Running::start(world.cli(words));
    running.until("UploadPartSucceed", 1);

    let listed = world.transfers();
    assert!(listed.iter().any(|one| one["to"] == "tos://first/large" && one["state"] == "waiting"), "{listed:?}");
    assert!(world.done(&["transfers"]).stdout.contains("unfinished"));
    assert_eq!(world.keys("first"), ["small"]);
    world.done(&["stat", "tos://first/small"]);

    let holder = format!("tern-cli (process {})", running.id());
    for words in
        [vec!["cp", "small", "tos://first/second"], vec!["resume", "--all"], vec!["pause", "1"], vec!["cancel", "1"]]
    {
        let said = world.run(&words);
        assert_eq!(said.code, Some(1), "{words:?}: {said:?}");
        assert!(said.stderr.contains(&holder), "{words:?}: {said:?}");
    }
    // Another data folder is another queue.
    let mut command = world.cli(["cp", "small", "tos://first/second"]);
    command.env("TERN_DATA_DIR", world.path("other-data"));
    assert_eq!(crate::support::finish(command).code, Some(0));

    let said = running.finish();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(world.keys("first"), ["large", "second", "small"]);
}

#[test]
fn readers_work_after_the_writer_was_killed() {
    let world = World::slow(15);
    world.file("source", 40 * MIB, 1);
    let mut running = Running::start(world.cli(["cp", "source", "tos://first/large", "--part-size", "5MiB", "--json"]));
    running.until("UploadPartSucceed", 2);
    running.kill();
    let listed = world.transfers();
    assert_eq!(listed.len(), 1);
    assert!(listed[0]["parts_done"].as_u64().is_some_and(|done| done <= 8), "{listed:?}");
    world.done(&["uploads", "list", "tos://first"]);
}

#[test]
fn reading_makes_no_data_folder() {
    let world = World::new();
    assert!(world.done(&["transfers"]).stdout.contains("There are no transfers"));
    assert_eq!(world.transfers(), [] as [serde_json::Value; 0]);
    world.done(&["ls"]);
    assert!(!world.data_folder().exists());
}
