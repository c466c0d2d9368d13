//! The history and receipts, as the page meets them: made, checked again, saved, read back, refused.

use serde_json::{Value, json};
use tern_lib::desktop::ScriptedDesktop;

use crate::harness::{Harness, call};

const PART: usize = 20 << 20;

/// An app in which these files have gone up to `tos://practice/in/`, one after the other; their ids.
fn uploaded(names: &[(&str, usize)]) -> (Harness, Vec<Value>) {
    let harness = Harness::new();
    // The desktop comes with the event loop, which no test runs.
    harness.app.set_desktop(Box::new(ScriptedDesktop { answers: harness.folder.path().join("picks") }));
    harness.ok("connect_practice", json!({}));
    let upload = |(name, size): &(&str, usize)| {
        let path = harness.file(name, *size);
        let add = json!({ "bucket": "practice", "prefix": "in/", "paths": [path], "conflict": "fail" });
        let id = harness.ok("add_uploads", add)[0].clone();
        assert_eq!(harness.until(&id, &["done_verified", "failed"])["row"]["state"], "done_verified");
        id
    };
    let ids = names.iter().map(upload).collect();
    (harness, ids)
}

fn ids_of(page: &Value) -> Vec<Value> {
    page["rows"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

fn rows(harness: &Harness, paper: &Value) -> Vec<Value> {
    let rows = harness.ok("receipt_rows", json!({ "paper": paper["paper"], "from": 0, "limit": 100 }));
    rows.as_array().unwrap().clone()
}

#[test]
fn the_history_comes_in_pages_and_a_search_knows_names_paths_and_request_ids() {
    let (harness, ids) = uploaded(&[("a.bin", 10), ("B 报告.bin", 11), ("c.bin", 12)]);
    let ask = |after: &Value, search: &str, limit: u32| {
        harness.ok("history", json!({ "after": after, "search": search, "limit": limit }))
    };
    let first = ask(&Value::Null, "", 2);
    assert_eq!(ids_of(&first), [ids[2].clone(), ids[1].clone()]);
    assert_eq!(first["kept_days"], 90);
    let rest = ask(&first["next"], "", 2);
    assert_eq!((ids_of(&rest), &rest["next"]), (vec![ids[0].clone()], &Value::Null));
    let found = |search: &str| ids_of(&ask(&Value::Null, search, 50));
    assert_eq!(found("b 报告"), [ids[1].clone()]);
    assert_eq!(found("tos://practice/IN/c"), [ids[2].clone()]);
    let request = harness.ok("transfer_detail", json!({ "id": ids[0] }))["request_id"].clone();
    assert_eq!(found(request.as_str().unwrap()), [ids[0].clone()]);
    assert!(found("nowhere").is_empty());
}

#[test]
fn a_receipt_is_shown_saved_in_both_forms_and_read_back() {
    let (harness, ids) = uploaded(&[("a.bin", PART + 1), ("b.bin", 5)]);
    let choice = json!({ "choice": { "of": "transfers", "ids": [ids[0], ids[1], ids[0]] } });
    let paper = harness.ok("open_receipt", choice);
    assert_eq!((&paper["entries"], &paper["verified"], &paper["direction"]), (&json!(2), &json!(2), &json!("upload")));
    assert_eq!((&paper["size_bytes"], &paper["to"]), (&json!(PART + 6), &json!("tos://practice/in/")));
    let shown = rows(&harness, &paper);
    assert_eq!((&shown[0]["name"], &shown[0]["parts"]), (&json!("a.bin"), &json!(2)));
    assert_eq!(shown[0]["source_crc64"], shown[0]["target_crc64"]);
    assert!(shown[0]["requests"].as_array().unwrap().iter().any(|request| request["purpose"] == "published"));
    assert_eq!(shown[0]["target_check"], Value::Null, "nothing was checked yet");

    for (format, name) in [("json", "r.json"), ("html", "r.html")] {
        let path = harness.folder.path().join(name);
        std::fs::write(harness.folder.path().join("picks"), path.display().to_string()).unwrap();
        let saved = harness.ok("save_receipt", json!({ "paper": paper["paper"], "format": format }));
        assert_eq!(saved, json!(path.display().to_string()));
    }
    let page = std::fs::read_to_string(harness.folder.path().join("r.html")).unwrap();
    assert!(page.contains("All 2 targets match their sources.") && !page.contains("secret"), "{page}");
    let json_path = harness.folder.path().join("r.json").display().to_string();
    let again = harness.ok("open_receipt_file", json!({ "path": json_path }));
    assert_eq!((&again["root_sha256"], &again["file"]), (&paper["root_sha256"], &json!(json_path)));
    assert_eq!(rows(&harness, &again)[1]["name"], "b.bin");

    // What was closed is gone, and a fifth lets go of the first.
    harness.ok("close_receipt", json!({ "paper": paper["paper"] }));
    let gone = |paper: &Value| harness.call("receipt_rows", json!({ "paper": paper["paper"], "from": 0, "limit": 1 }));
    assert_eq!(gone(&paper).unwrap_err()["code"], "receipt_closed");
    for _ in 0..4 {
        harness.ok("open_receipt_file", json!({ "path": json_path }));
    }
    assert_eq!(gone(&again).unwrap_err()["code"], "receipt_closed");
    std::fs::remove_file(harness.folder.path().join("picks")).unwrap();
    let last = harness.ok("open_receipt_file", json!({ "path": json_path }));
    let closed = harness.ok("save_receipt", json!({ "paper": last["paper"], "format": "json" }));
    assert_eq!(closed, Value::Null, "the dialog was closed");
}

#[test]
fn a_receipt_tells_how_it_went_and_nothing_of_what_was_over_in_a_moment() {
    let (harness, ids) = uploaded(&[("a.bin", 5)]);
    let open = |id: &Value| harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": [id] } }));
    assert_eq!(open(&ids[0])["timeline"], Value::Null);

    let limit = |bytes: Value| {
        harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": bytes, "download_bytes_s": null } }));
    };
    limit(json!(1 << 20));
    let path = harness.file("slow.bin", 8 << 20);
    let add = json!({ "bucket": "practice", "prefix": "in/", "paths": [path], "conflict": "fail" });
    let id = harness.ok("add_uploads", add)[0].clone();
    loop {
        let row = &harness.ok("transfer_detail", json!({ "id": id }))["row"];
        if row["done_bytes"].as_u64().unwrap() + row["in_flight_bytes"].as_u64().unwrap() > 3 << 20 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    limit(Value::Null);
    harness.until(&id, &["done_verified"]);
    let paper = open(&id);
    let timeline = &paper["timeline"];
    let speeds = timeline["speeds"].as_array().unwrap();
    assert_eq!((speeds.len(), timeline["limits"].as_array().unwrap().len()), (120, 120));
    assert!(speeds.iter().any(|speed| speed.as_u64().unwrap() > 0), "{timeline}");
    assert_eq!(timeline["limits"][10], 1 << 20, "{timeline}");
    assert!(timeline["began_ms"].as_i64() < timeline["ended_ms"].as_i64());
    let changes = timeline["marks"].as_array().unwrap().iter().filter(|mark| mark["what"]["kind"] == "limit");
    let changes: Vec<&Value> = changes.map(|mark| &mark["what"]).collect();
    assert_eq!(changes, [&json!({ "kind": "limit", "from": 1 << 20, "to": null })], "{timeline}");
}

#[test]
fn a_span_of_time_becomes_a_receipt_oldest_first_and_what_is_not_done_none() {
    let (harness, ids) = uploaded(&[("a.bin", 1), ("b.bin", 2), ("c.bin", 3)]);
    let ended = |id: &Value| harness.ok("transfer_detail", json!({ "id": id }))["row"]["ended_ms"].as_i64().unwrap();
    let open = |since: Value, until: Value, search: &str| {
        let choice = json!({ "of": "span", "since_ms": since, "until_ms": until, "search": search });
        let paper = harness.ok("open_receipt", json!({ "choice": choice }));
        rows(&harness, &paper).iter().map(|row| row["transfer"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(open(Value::Null, Value::Null, ""), ids);
    assert_eq!(open(Value::Null, Value::Null, "b.bin"), ids[1..2]);
    let (first, last) = (ended(&ids[0]), ended(&ids[2]));
    assert_eq!(open(json!(first), json!(last + 1), ""), ids);
    assert!(open(json!(last + 1), Value::Null, "").is_empty());
    assert!(open(Value::Null, json!(first), "").is_empty());

    harness.ok("set_limits", json!({ "limits": { "upload_bytes_s": 1 << 20, "download_bytes_s": null } }));
    let path = harness.file("big.bin", 3 * PART);
    let add = json!({ "bucket": "practice", "prefix": "", "paths": [path], "conflict": "fail" });
    let running = harness.ok("add_uploads", add)[0].clone();
    let choice = |ids: Value| json!({ "choice": { "of": "transfers", "ids": ids } });
    assert_eq!(harness.error("open_receipt", choice(json!([running])))["code"], "internal");
    assert_eq!(harness.error("open_receipt", choice(json!([4711])))["code"], "internal");
}

#[test]
fn a_check_reads_both_ends_again_and_finds_what_has_changed() {
    let (harness, ids) = uploaded(&[("a.bin", 100), ("b.bin", 200), ("c.bin", 300), ("d.bin", 400)]);
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let check = |read: bool| harness.ok("check_receipt", json!({ "paper": paper["paper"], "read": read }));
    let fine = check(false);
    assert_eq!((&fine["targets"], &fine["equal"], &fine["sources_changed"]), (&json!(4), &json!(4), &json!(0)));
    let progress = || harness.ok("check_progress", json!({ "paper": paper["paper"] }));
    assert_eq!(progress(), json!({ "looked": 4, "entries": 4, "read_bytes": 1000, "total_bytes": 1000 }));
    // With the bytes of the objects it is twice as much.
    assert_eq!(check(true)["equal"], 4);
    assert_eq!(progress()["read_bytes"], 2000);

    // b's object is another one, c's is gone; a's source was changed, rightly.
    harness.file("b.bin", 201);
    let path = harness.folder.path().join("b.bin").display().to_string();
    let again = json!({ "bucket": "practice", "prefix": "in/", "paths": [path], "conflict": "overwrite" });
    let again = harness.ok("add_uploads", again)[0].clone();
    harness.until(&again, &["done_verified"]);
    tauri::async_runtime::block_on(async {
        let store = harness.app.opened().await.unwrap().stores.of("practice").await.unwrap().store;
        store.delete_object(&store::ObjectRef::new("practice", "in/c.bin")).await.unwrap();
    });
    harness.file("a.bin", 99);
    let found = check(false);
    assert_eq!((&found["equal"], &found["different"], &found["gone"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(found["sources_changed"], 2, "a and b");
    let shown = rows(&harness, &paper);
    let finding = |row: usize, end: &str| shown[row][end]["finding"].as_str().unwrap().to_owned();
    assert_eq!((finding(0, "target_check"), finding(0, "source_check")), ("equal".into(), "size_differs".into()));
    assert_eq!(
        (finding(1, "target_check"), &shown[1]["target_check"]["found"]),
        ("size_differs".into(), &json!("201"))
    );
    assert_eq!((finding(2, "target_check"), finding(3, "target_check")), ("gone".into(), "equal".into()));
}

#[test]
fn a_check_is_stopped_and_what_was_found_by_then_stays() {
    let (harness, ids) = uploaded(&[("a.bin", 1)]);
    // A receipt that names a file which takes long to read.
    let big = harness.file("big.bin", 1);
    std::fs::OpenOptions::new().write(true).open(&big).unwrap().set_len(200 << 30).unwrap();
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let file = harness.folder.path().join("a.bin");
    std::fs::rename(&big, &file).unwrap();
    let (window, checked) = (harness.window.clone(), json!({ "paper": paper["paper"], "read": false }));
    let checking = std::thread::spawn(move || call(&window, "check_receipt", checked));
    let progress = || harness.ok("check_progress", json!({ "paper": paper["paper"] }));
    while progress()["read_bytes"] == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.ok("stop_check", json!({ "paper": paper["paper"] }));
    assert_eq!(checking.join().unwrap(), Ok(Value::Null));
    assert_eq!(progress()["looked"], 0);
}

#[test]
fn what_is_no_receipt_or_no_longer_the_same_is_refused_with_the_reason() {
    let (harness, ids) = uploaded(&[("a.bin", 1)]);
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let path = harness.folder.path().join("r.json");
    std::fs::write(harness.folder.path().join("picks"), path.display().to_string()).unwrap();
    harness.ok("save_receipt", json!({ "paper": paper["paper"], "format": "json" }));
    let whole = std::fs::read_to_string(&path).unwrap();
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        harness.error("open_receipt_file", json!({ "path": path }))["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&whole.replace("a.bin", "b.bin")), "receipt_altered");
    assert_eq!(refused(&whole.replace("\"version\": 1", "\"version\": 2")), "receipt_newer");
    assert_eq!(refused(&whole[..whole.len() / 2]), "not_a_receipt");
    assert_eq!(refused("{}"), "not_a_receipt");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(harness.error("open_receipt_file", json!({ "path": path }))["code"], "source_missing");
    // Where it cannot be written it is said.
    std::fs::write(harness.folder.path().join("picks"), harness.folder.path().display().to_string()).unwrap();
    let unwritten = harness.error("save_receipt", json!({ "paper": paper["paper"], "format": "html" }));
    assert_eq!(unwritten["code"], "target_unwritable", "{unwritten}");
}

/// A receipt as a later version of Tern may write it: with a field that this one does not know, and laid out otherwise.
fn from_a_later_version(text: &str) -> String {
    let mut receipt: Value = serde_json::from_str(text).unwrap();
    receipt["entries"][0]["weather"] = json!("rain");
    let fields = receipt.as_object_mut().unwrap();
    fields.remove("root_sha256");
    let entries = fields["entries"].as_array().unwrap().clone();
    let mut head = fields.clone();
    head.remove("entries");
    // What `Value` writes is sorted, has no spaces and nothing escaped that need not be: the canonical form.
    let sha256 = |text: &str| {
        let mut sum = std::process::Command::new("sha256sum");
        let mut sum = sum.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut sum.stdin.take().unwrap(), text.as_bytes()).unwrap();
        String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap()[..64].to_owned()
    };
    let leaves = std::iter::once(Value::Object(head)).chain(entries);
    let lines: String = leaves.map(|leaf| sha256(&leaf.to_string()) + "\n").collect();
    receipt["root_sha256"] = json!(sha256(&lines));
    format!("\n{receipt}\n\n")
}

#[test]
fn what_was_opened_from_a_file_is_shown_and_saved_with_the_root_that_was_verified_and_to_the_letter() {
    let (harness, ids) = uploaded(&[("a.bin", 1)]);
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let save = |paper: &Value, format: &str, name: &str| {
        let path = harness.folder.path().join(name);
        std::fs::write(harness.folder.path().join("picks"), path.display().to_string()).unwrap();
        harness.ok("save_receipt", json!({ "paper": paper["paper"], "format": format }));
        std::fs::read_to_string(path).unwrap()
    };
    let later = from_a_later_version(&save(&paper, "json", "ours.json"));
    let path = harness.folder.path().join("later.json");
    std::fs::write(&path, &later).unwrap();
    let opened = harness.ok("open_receipt_file", json!({ "path": path }));
    let root = opened["root_sha256"].as_str().unwrap();
    assert!(later.contains(root) && paper["root_sha256"] != root);
    assert_eq!(save(&opened, "json", "again.json"), later);
    let page = save(&opened, "html", "again.html");
    let understood = paper["root_sha256"].as_str().unwrap();
    assert!(page.contains(root) && !page.contains(understood), "{page}");
    assert!(page.contains(&format!("{}…{}", &root[..4], &root[60..])), "{page}");
}

#[test]
fn a_receipt_that_is_let_go_of_for_another_is_checked_no_longer() {
    let (harness, ids) = uploaded(&[("a.bin", 1)]);
    let big = harness.file("big.bin", 1);
    std::fs::OpenOptions::new().write(true).open(&big).unwrap().set_len(200 << 30).unwrap();
    let open = || harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let paper = open();
    let file = harness.folder.path().join("a.bin");
    std::fs::rename(&big, &file).unwrap();
    let (window, checked) = (harness.window.clone(), json!({ "paper": paper["paper"], "read": false }));
    let checking = std::thread::spawn(move || call(&window, "check_receipt", checked));
    while harness.ok("check_progress", json!({ "paper": paper["paper"] }))["read_bytes"] == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for _ in 0..4 {
        open();
    }
    assert_eq!(checking.join().unwrap(), Ok(Value::Null));
}

#[test]
fn an_account_that_is_known_and_cannot_be_opened_is_not_replaced_by_another_at_its_endpoint() {
    use crate::harness::connect_form;
    let harness = Harness::new();
    let options = tos_local::Options::practice(harness.folder.path().join("store"));
    let server = tauri::async_runtime::block_on(tos_local::Server::start(options)).unwrap();
    let connect = |key: &str, secret: &str| {
        let form = json!({
            "name": key, "access_key": key, "secret_key": secret, "endpoint": server.endpoint(), "bucket": "practice",
            "accept_untested": true,
        });
        harness.ok("connect", connect_form(form))["id"].clone()
    };
    let account = connect(tos_local::PRACTICE_ACCESS_KEY, tos_local::PRACTICE_SECRET_KEY);
    let path = harness.file("a.bin", 1);
    let add = json!({ "bucket": "practice", "prefix": "", "paths": [path], "conflict": "fail" });
    let id = harness.ok("add_uploads", add)[0].clone();
    harness.until(&id, &["done_verified"]);
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": [id] } }));
    let code = |harness: &Harness| {
        harness.ok("check_receipt", json!({ "paper": paper["paper"], "read": false }));
        rows(harness, &paper)[0]["target_check"]["why"]["code"].clone()
    };
    assert_eq!(code(&harness), Value::Null);
    // The file of certificates of the account is gone, so that it cannot be opened any more.
    tauri::async_runtime::block_on(async {
        let opened = harness.app.opened().await.unwrap();
        let id = account.as_str().unwrap();
        let profile = opened.accounts.profile(id).unwrap();
        let secrets = opened.accounts.secrets(id).await.unwrap().unwrap();
        let other = accounts::Profile::new("Other", &profile.endpoint, &profile.region, &profile.access_key, 0);
        opened.accounts.save(other, secrets.clone()).await.unwrap();
        let broken = accounts::Profile { ca_file: Some("/nowhere/ca.pem".into()), ..profile };
        opened.accounts.save(broken, secrets).await.unwrap();
        opened.stores.close(id);
    });
    assert_eq!(code(&harness), "ca_file");
}

/// An app that is connected to a server which tells no checksum, and the server.
fn without_checksums() -> (Harness, tos_local::Server) {
    let behaviour = tos_local::Behaviour { crc_headers: false, ..Default::default() };
    let bucket = tos_local::BucketSpec { name: "media".into(), region: None, versioning: false };
    Harness::with_server(behaviour, bucket)
}

fn moved(harness: &Harness, command: &str, arguments: Value) -> Value {
    let id = harness.ok(command, arguments)[0].clone();
    let detail = harness.until(&id, &["done_verified", "done_unverified", "failed"]);
    assert_eq!(detail["row"]["state"], "done_unverified", "{detail}");
    assert_eq!(detail["row"]["actions"]["verify"], true);
    id
}

#[test]
fn what_was_done_unverified_is_verified_once_both_ends_were_read_and_is_so_after_a_restart() {
    let (harness, _server) = without_checksums();
    let path = harness.file("a.bin", 3000);
    let add = json!({ "bucket": "media", "prefix": "", "paths": [path], "conflict": "fail" });
    let up = moved(&harness, "add_uploads", add);
    let folder = harness.folder.path().join("down");
    std::fs::create_dir(&folder).unwrap();
    let add = json!({ "bucket": "media", "objects": [{ "key": "a.bin" }], "folder": folder, "conflict": "fail" });
    let down = moved(&harness, "add_downloads", add);

    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": [up, down] } }));
    assert_eq!((&paper["verified"], &paper["unverified"]), (&json!(0), &json!(2)));
    let check = |read: bool| harness.ok("check_receipt", json!({ "paper": paper["paper"], "read": read }));
    let state =
        |harness: &Harness, id: &Value| harness.ok("transfer_detail", json!({ "id": id }))["row"]["state"].clone();
    // The store's word alone proves nothing, since it has none.
    let asked = check(false);
    assert_eq!((&asked["proved"], &asked["view"]), (&json!(0), &paper));
    assert_eq!(state(&harness, &up), "done_unverified");

    let read = check(true);
    assert_eq!((&read["proved"], &read["different"], &read["unchecked"]), (&json!(2), &json!(0), &json!(0)), "{read}");
    assert_eq!((&read["view"]["verified"], &read["view"]["unverified"]), (&json!(2), &json!(0)));
    assert_eq!(read["view"]["paper"], paper["paper"]);
    assert_ne!(read["view"]["root_sha256"], paper["root_sha256"]);
    let shown = rows(&harness, &paper);
    assert!(shown.iter().all(|row| row["verified"] == true && row["target_check"]["finding"] == "equal"), "{shown:?}");
    let is_verified = |harness: &Harness| {
        for id in [&up, &down] {
            let detail = harness.ok("transfer_detail", json!({ "id": id }));
            assert_eq!(
                (&detail["row"]["state"], &detail["row"]["actions"]["verify"]),
                (&json!("done_verified"), &json!(false))
            );
            assert!(detail["source_crc64"].is_string() && detail["source_crc64"] == detail["target_crc64"], "{detail}");
        }
    };
    is_verified(&harness);
    assert_eq!(check(true)["proved"], 0, "once is enough");
    is_verified(&Harness::on(harness.close(), Default::default()));
}

#[test]
fn what_differs_or_cannot_be_read_is_not_verified_by_reading_it() {
    let (harness, server) = without_checksums();
    let upload = |name: &str| {
        let path = harness.file(name, 3000);
        moved(&harness, "add_uploads", json!({ "bucket": "media", "prefix": "", "paths": [path], "conflict": "fail" }))
    };
    let ids = [upload("other.bin"), upload("gone.bin"), upload("local.bin")];
    // The first object has other bytes by now, as many; the second is gone; the third file was changed, rightly.
    let folder = harness.folder.path().join("others");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("other.bin"), [7; 3000]).unwrap();
    let paths = [folder.join("other.bin")];
    moved(&harness, "add_uploads", json!({ "bucket": "media", "prefix": "", "paths": paths, "conflict": "overwrite" }));
    tauri::async_runtime::block_on(async {
        let opened = harness.app.opened().await.unwrap();
        let account = opened.accounts.profiles().unwrap().remove(0);
        let store = opened.stores.of(&account.id).await.unwrap().store;
        store.delete_object(&store::ObjectRef::new("media", "gone.bin")).await.unwrap();
    });
    harness.file("local.bin", 10);
    let paper = harness.ok("open_receipt", json!({ "choice": { "of": "transfers", "ids": ids } }));
    let read = harness.ok("check_receipt", json!({ "paper": paper["paper"], "read": true }));
    assert_eq!((&read["different"], &read["gone"], &read["equal"]), (&json!(1), &json!(1), &json!(1)), "{read}");
    // What was read of the file when it went up is known, and the object has it.
    assert_eq!((&read["proved"], &read["sources_changed"]), (&json!(1), &json!(1)));
    let state = |id: &Value| harness.ok("transfer_detail", json!({ "id": id }))["row"]["state"].clone();
    assert_eq!(ids.each_ref().map(state), ["done_unverified", "done_unverified", "done_verified"]);
    drop(server);
}
