//! `ls`, `mb`, `rm`, `stat`, `presign` and `uploads`.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::support::{World, json_lines};

#[test]
fn buckets_are_made_and_listed() {
    let world = World::new();
    assert!(world.done(&["mb", "tos://third-bucket"]).stdout.contains("is made"));
    let listed = json_lines(&world.done(&["ls", "--json"]).stdout);
    let names: Vec<&str> = listed.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["first", "second", "third-bucket"]);
    assert!(listed.iter().all(|line| line["type"] == "bucket" && line["region"] == "cn-beijing"));
    assert!(world.done(&["ls"]).stdout.contains("tos://third-bucket"));
    let stat: Value = serde_json::from_str(&world.done(&["stat", "tos://first", "--json"]).stdout).unwrap();
    assert_eq!((&stat["name"], &stat["region"]), (&json!("first"), &json!("cn-beijing")));
}

#[test]
fn objects_are_listed_a_level_at_a_time_or_all() {
    let world = World::new();
    world.file("source", 1234, 1);
    for key in ["a.txt", "folder/b.txt", "folder/deeper/c.txt", "folder-not/d.txt", "escape\u{1b}[2J"] {
        world.done(&["cp", "source", &format!("tos://first/{key}")]);
    }
    let list = |words: &[&str]| -> Vec<String> {
        let lines = json_lines(&world.done(&[&["ls", "--json"], words].concat()).stdout);
        lines.iter().map(|line| line["key"].as_str().or(line["prefix"].as_str()).unwrap().to_owned()).collect()
    };
    assert_eq!(list(&["tos://first"]), ["folder-not/", "folder/", "a.txt", "escape\u{1b}[2J"]);
    assert_eq!(list(&["tos://first/folder/"]), ["folder/deeper/", "folder/b.txt"]);
    assert_eq!(list(&["tos://first/folder/", "--recursive"]), ["folder/b.txt", "folder/deeper/c.txt"]);
    let shown = world.done(&["ls", "tos://first"]).stdout;
    assert!(shown.contains("1234  a.txt") && shown.contains("escape\\u{1b}[2J"), "{shown}");
    let stat = world.done(&["stat", "tos://first/a.txt"]).stdout;
    assert!(stat.contains("1.2 KiB (1234 bytes)") && stat.contains("CRC64"), "{stat}");
}

#[test]
fn more_objects_than_a_page_are_listed_and_deleted() {
    let world = World::new();
    // 1000 is what one page and one call to delete hold.
    let names: Vec<String> = (0..1003).map(|number| format!("many/{number:04}")).collect();
    for name in &names {
        world.file(name, 1, 1);
    }
    let mut words = vec!["cp", "--no-progress"];
    words.extend(names.iter().map(String::as_str));
    words.push("tos://first/many/");
    let said = world.done(&words);
    assert!(said.stdout.contains("1003 done, 0 failed, 0 paused."), "{}", said.stdout.lines().last().unwrap());
    world.done(&["cp", "many/0000", "tos://first/many-more"]);
    assert_eq!(world.keys("first").len(), 1004);
    let said = world.done(&["rm", "--recursive", "tos://first/many"]);
    assert!(said.stdout.contains("1003 objects"), "{said:?}");
    assert_eq!(world.keys("first"), ["many-more"], "a folder ends at its slash");
    world.done(&["rm", "tos://first/many-more"]);
    assert_eq!(world.keys("first"), [] as [String; 0]);
}

#[test]
fn a_whole_bucket_is_emptied_only_if_that_is_said() {
    let world = World::new();
    world.file("source", 1, 1);
    world.done(&["cp", "source", "tos://first/a"]);
    assert_eq!(world.run(&["rm", "--recursive", "tos://first"]).code, Some(2));
    assert_eq!(world.keys("first"), ["a"]);
    world.done(&["rm", "--recursive", "--whole-bucket", "tos://first"]);
    assert_eq!(world.keys("first"), [] as [String; 0]);
}

/// One HTTP request with nothing but what the URL says.
fn fetch(method: &str, url: &str, body: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_presigned_url_lets_a_stranger_do_that_one_thing() {
    let world = World::new();
    std::fs::write(world.path("source"), "hello from here").unwrap();
    let address = "tos://first/报告 1+1?.txt";
    world.done(&["cp", "source", address]);
    let get = world.done(&["presign", address]).stdout;
    let answer = fetch("GET", get.trim(), "");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello from here"), "{answer}");
    assert!(fetch("DELETE", get.trim(), "").starts_with("HTTP/1.1 403"));

    let put = world.done(&["presign", "tos://first/new", "--method", "put", "--expires", "15m"]).stdout;
    assert!(fetch("PUT", put.trim(), "from a stranger").starts_with("HTTP/1.1 200"));
    world.done(&["cp", "tos://first/new", "back"]);
    assert_eq!(std::fs::read_to_string(world.path("back")).unwrap(), "from a stranger");
    assert!(!put.contains(tos_local::PRACTICE_SECRET_KEY));
}

#[test]
fn an_upload_that_nobody_will_finish_is_listed_and_aborted() {
    let world = World::slow(25);
    world.file("source", 30 << 20, 1);
    let words = ["cp", "source", "tos://first/left over", "--part-size", "5MiB", "--json"];
    let mut running = crate::support::Running::start(world.cli(words));
    running.until("UploadPartSucceed", 1);
    running.kill();
    // Another computer, or one whose list of transfers is lost.
    std::fs::remove_dir_all(world.data_folder()).unwrap();
    let uploads = world.uploads("first");
    assert_eq!(uploads.len(), 1);
    assert_eq!((&uploads[0]["key"], &uploads[0]["transfer"]), (&json!("left over"), &Value::Null));
    let id = uploads[0]["upload_id"].as_str().unwrap();
    assert!(world.done(&["uploads", "list", "tos://first"]).stdout.contains(id));
    assert!(world.done(&["uploads", "list", "tos://first/other"]).stdout.contains("no unfinished uploads"));
    world.done(&["uploads", "abort", "tos://first/left over", id]);
    assert_eq!(world.uploads("first"), [] as [Value; 0]);
}
