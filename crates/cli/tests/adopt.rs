//! `uploads adopt`: what another computer, or another program, has begun is gone on with.

use serde_json::{Value, json};

use crate::support::{Running, World};

const PART: usize = 5 << 20;

/// A world in which somebody else has begun an upload of six parts to this key and sent some of them; his id of it.
fn begun_elsewhere(key: &str) -> (World, String) {
    let world = World::slow(40);
    world.file("source", 6 * PART - 9, 1);
    let address = format!("tos://first/{key}");
    let words = ["cp", "source", &address, "--part-size", "5MiB", "--parallel", "2", "--json"];
    let mut running = Running::start(world.cli(words));
    running.until("UploadPartSucceed", 2);
    running.kill();
    std::fs::remove_dir_all(world.data_folder()).unwrap();
    let uploads = world.uploads("first");
    let id = uploads[0]["upload_id"].as_str().unwrap().to_owned();
    assert!(uploads[0]["parts"].as_u64().unwrap() >= 2, "{uploads:?}");
    assert_eq!(uploads[0]["size_bytes"].as_u64().unwrap() % PART as u64, 0, "{uploads:?}");
    (world, id)
}

fn is_adopted(world: &World, lines: &[Value], address: &str) {
    let adopted = lines.iter().find(|line| line["type"] == "Adopted").expect("it says so");
    let held = adopted["parts_held"].as_u64().unwrap();
    assert!(held >= 2 && adopted["parts_listed"] == held, "{adopted}");
    let summary = lines.last().unwrap();
    assert_eq!((&summary["verified"], &summary["done"]), (&json!(true), &json!(1)), "{summary}");
    assert_eq!(summary["parts_reused"], held);
    assert_eq!(summary["parts_sent"].as_u64().unwrap() + held, 6, "what was there was not sent again: {summary}");
    world.assert_object_is(address, &world.path("source"));
    assert_eq!(world.uploads("first"), [] as [Value; 0]);
}

#[test]
fn an_upload_of_another_computer_is_gone_on_with() {
    let (world, _) = begun_elsewhere("film.mp4");
    // Its id need not be typed where the key has no other.
    let lines = world.done_json(&["uploads", "adopt", "source", "tos://first/film.mp4"]);
    is_adopted(&world, &lines, "tos://first/film.mp4");
}

#[test]
fn a_person_is_told_what_is_there_and_what_follows() {
    let (world, id) = begun_elsewhere("film.mp4");
    let said = world.done(&["uploads", "adopt", "source", "tos://first/film.mp4", &id]);
    assert!(
        said.stderr.contains("parts are parts of the file (1") && said.stderr.contains("MiB of 30.0 MiB)"),
        "{said:?}"
    );
    assert!(said.stderr.contains("tern-cli cancel 1` aborts it"), "{said:?}");
    assert!(said.stdout.contains("verified"), "{said:?}");
}

#[test]
fn checkpoint_files_of_the_go_and_the_cpp_sdk_are_gone_on_with() {
    let go = include_str!("../../tos/tests/sdk_checkpoints/go_upload_checkpoint.json");
    let cpp = include_str!("../../tos/tests/sdk_checkpoints/cpp_upload_checkpoint.json");
    for (name, genuine, knows_file) in [("go", go, true), ("cpp", cpp, false)] {
        let (world, id) = begun_elsewhere("up/film.mp4");
        let mut checkpoint: Value = serde_json::from_str(genuine).unwrap();
        checkpoint["Bucket"] = json!("first");
        checkpoint["Key"] = json!("up/film.mp4");
        checkpoint["UploadID"] = json!(id);
        checkpoint["PartsInfo"] = json!([]);
        let size = 6 * PART - 9;
        if knows_file {
            checkpoint["FilePath"] = json!(world.path("source"));
            checkpoint["FileInfo"]["Size"] = json!(size);
        } else {
            checkpoint["FileInfo"] = json!(json!({ "FileSize": size, "LastModified": 1_760_000_000 }).to_string());
        }
        let path = world.path("checkpoint");
        std::fs::write(&path, checkpoint.to_string()).unwrap();
        let mut words = vec!["uploads", "adopt", "--checkpoint", "checkpoint"];
        if !knows_file {
            let said = world.run(&words);
            assert!(said.code == Some(1) && said.stderr.contains("does not say which file"), "{name}: {said:?}");
            words.push("source");
        }
        is_adopted(&world, &world.done_json(&words), "tos://first/up/film.mp4");
    }
}

#[test]
fn what_cannot_be_gone_on_with_is_said_and_left_as_it_is() {
    let (world, id) = begun_elsewhere("film.mp4");
    world.file("other", 6 * PART - 9, 2);
    world.file("empty", 0, 3);
    std::fs::write(world.path("notes.json"), "{\"a\": 1}").unwrap();
    let download = include_str!("../../tos/tests/sdk_checkpoints/go_download_checkpoint.json");
    std::fs::write(world.path("download.json"), download).unwrap();
    let upload = include_str!("../../tos/tests/sdk_checkpoints/go_upload_checkpoint.json");
    let mut changed: Value = serde_json::from_str(upload).unwrap();
    changed["FilePath"] = json!(world.path("source"));
    std::fs::write(world.path("changed.json"), changed.to_string()).unwrap();
    let film = "tos://first/film.mp4";
    for (words, code, told) in [
        (vec!["other", film], 1, "none of its"),
        (vec!["empty", film], 1, "do not fit"),
        (vec!["missing", film], 1, "is not there"),
        (vec!["source", "tos://first/none"], 1, "no unfinished upload"),
        (vec!["source", film, "no-such-upload"], 1, "is gone"),
        (vec!["source", "film.mp4"], 2, "tos://"),
        (vec!["source"], 2, "ADDRESS"),
        (vec!["--checkpoint", "missing"], 1, "cannot be read"),
        (vec!["--checkpoint", "notes.json"], 1, "no checkpoint of a TOS SDK"),
        (vec!["--checkpoint", "download.json"], 1, "it is of a download"),
        (vec!["--checkpoint", "changed.json"], 1, "upload it anew"),
    ] {
        let said = world.run(&[&["uploads", "adopt"], &words[..]].concat());
        assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
        assert!(said.stderr.contains(told), "{words:?}: {said:?}");
        assert_eq!(world.transfers(), [] as [Value; 0], "{words:?}");
    }
    let uploads = world.uploads("first");
    assert_eq!((uploads.len(), uploads[0]["upload_id"].as_str()), (1, Some(id.as_str())), "nothing was aborted");
}

#[test]
fn two_uploads_of_one_key_have_to_be_told_apart() {
    let (world, id) = begun_elsewhere("film.mp4");
    let mut running =
        Running::start(world.cli(["cp", "source", "tos://first/film.mp4", "--part-size", "5MiB", "--json"]));
    running.until("CreateMultipartUploadSucceed", 1);
    running.kill();
    let said = world.run(&["uploads", "adopt", "source", "tos://first/film.mp4"]);
    assert!(
        said.code == Some(1) && said.stderr.contains("There are 2 unfinished uploads") && said.stderr.contains(&id),
        "{said:?}"
    );
    // One of them is our own; it is known to be.
    let ours = world.uploads("first").into_iter().find(|upload| upload["transfer"] == 1).expect("it is known");
    let ours = ours["upload_id"].as_str().unwrap().to_owned();
    let said = world.run(&["uploads", "adopt", "source", "tos://first/film.mp4", &ours]);
    assert!(said.code != Some(0) && said.stderr.contains("transfer 1 goes on with this upload"), "{said:?}");
    // None of them was left behind, so this leaves both.
    let said = world.done(&["uploads", "abort", "--left-behind", "tos://first"]);
    assert!(said.stdout.contains("No transfer of this computer"), "{said:?}");
    assert_eq!(world.uploads("first").len(), 2);
}
