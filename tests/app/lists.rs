//! The lists of transfers as the page meets them: failures by cause, a selection, the queue's order, undo, logs, options.

use serde_json::{Value, json};
use tern_lib::desktop::ScriptedDesktop;

use crate::harness::Harness;

const PART_BYTES: usize = 20 << 20;

fn connected() -> Harness {
    let harness = Harness::new();
    harness.ok("connect_practice", json!({}));
    harness
}

fn limit(harness: &Harness, upload_bytes_s: Value) {
    let limits = json!({ "upload_bytes_s": upload_bytes_s, "download_bytes_s": null });
    harness.ok("set_limits", json!({ "limits": limits }));
}

fn upload(harness: &Harness, paths: &[String]) -> Vec<Value> {
    let arguments = json!({ "bucket": "practice", "prefix": "in/", "paths": paths, "conflict": "fail" });
    harness.ok("add_uploads", arguments).as_array().unwrap().clone()
}

fn gone(harness: &Harness, names: &[&str]) -> Vec<Value> {
    let path = |name: &&str| harness.folder.path().join(name).display().to_string();
    let ids = upload(harness, &names.iter().map(path).collect::<Vec<_>>());
    ids.iter().for_each(|id| drop(harness.until(id, &["failed"])));
    ids
}

fn page(harness: &Harness, filter: &str) -> Value {
    harness.ok("transfers", json!({ "filter": filter, "after": null, "limit": 50 }))
}

fn ids(page: &Value) -> Vec<Value> {
    page["rows"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

/// One that works slowly, and so many that wait behind it.
fn queue(harness: &Harness, waiting: usize) -> (Vec<Value>, Vec<Value>) {
    limit(harness, json!(1.0));
    let paths: Vec<String> = (0..16 + waiting).map(|n| harness.file(&format!("{n}.bin"), 30)).collect();
    let mut all = upload(harness, &paths);
    let behind = all.split_off(16);
    all.iter().for_each(|id| drop(harness.until(id, &["transferring", "scanning"])));
    (all, behind)
}

#[test]
fn failures_are_grouped_retried_copied_exported_and_cleared_away_with_undo() {
    let harness = connected();
    let failed = gone(&harness, &["a.bin", "=b, \"c\".bin"]);
    let folder = harness.folder.path().join("taken");
    std::fs::write(&folder, "x").unwrap();
    let taken = upload(&harness, &[folder.display().to_string()]);
    harness.until(&taken[0], &["done_verified"]);
    std::fs::write(&folder, "yy").unwrap();
    let taken = upload(&harness, &[folder.display().to_string()]);
    harness.until(&taken[0], &["failed"]);

    let groups = harness.ok("failed_groups", json!({}));
    assert_eq!(groups["total"], 3);
    let told: Vec<(&str, u64)> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["code"].as_str().unwrap(), group["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("source_missing", 2), ("target_exists", 1)]);
    let rows = harness.ok("failed_rows", json!({ "code": "source_missing", "after": null, "limit": 1 }));
    assert_eq!((&rows["total"], rows["rows"].as_array().unwrap().len()), (&json!(2), 1));
    let rest = harness.ok("failed_rows", json!({ "code": "source_missing", "after": rows["next"], "limit": 9 }));
    assert_eq!((rest["rows"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert!(!rows["rows"][0]["answer"]["message"].as_str().unwrap().is_empty(), "{rows}");
    assert_eq!(
        harness.error("failed_rows", json!({ "code": "nonsense", "after": null, "limit": 1 }))["code"],
        "internal"
    );

    let paths = harness.ok("failed_paths", json!({ "code": "source_missing" }));
    assert_eq!((&paths["count"], &paths["left_out"]), (&json!(2), &json!(0)));
    assert_eq!(paths["text"].as_str().unwrap().lines().count(), 2);

    let answers = harness.folder.path().join("answers");
    harness.app.set_desktop(Box::new(ScriptedDesktop { answers: answers.clone() }));
    assert_eq!(harness.ok("export_failed", json!({})), Value::Null, "the dialog was closed");
    let csv = harness.folder.path().join("failed.csv");
    std::fs::write(&answers, csv.display().to_string()).unwrap();
    let of_the_user = harness.folder.path().join("failed.csv.part");
    std::fs::write(&of_the_user, "a film").unwrap();
    assert_eq!(harness.ok("export_failed", json!({}))["count"], 3);
    assert_eq!(std::fs::read_to_string(&of_the_user).unwrap(), "a film");
    let text = std::fs::read_to_string(&csv).unwrap();
    assert!(text.starts_with("\u{feff}name,from,to,direction,size_bytes,cause"), "{text}");
    assert_eq!(text.lines().count(), 4);
    assert!(text.contains(r#""=b, ""c"".bin""#) && text.contains("source_missing"), "{text}");
    let jsonl = harness.folder.path().join("failed.jsonl");
    std::fs::write(&answers, jsonl.display().to_string()).unwrap();
    assert_eq!(harness.ok("export_failed", json!({}))["count"], 3);
    let lines = std::fs::read_to_string(&jsonl).unwrap();
    let names: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].clone()).collect();
    assert_eq!(names.len(), 3);
    std::fs::write(&answers, "/nowhere/at/all.csv").unwrap();
    assert_eq!(harness.error("export_failed", json!({}))["code"], "target_unwritable");

    // The file is back: a retry of that cause sends it, the other one fails again.
    harness.file("a.bin", 10);
    assert_eq!(harness.ok("retry_failed", json!({ "code": "source_missing" })), 2);
    harness.until(&failed[0], &["done_verified"]);
    harness.until(&failed[1], &["failed"]);
    assert_eq!(harness.ok("failed_groups", json!({}))["total"], 2);
    assert_eq!(harness.ok("retry_failed", json!({ "code": null })), 2);
    for id in [&failed[1], &taken[0]] {
        harness.until(id, &["failed"]);
    }

    let cleared = harness.ok("dismiss_failed", json!({ "code": null }));
    assert_eq!(cleared["count"], 2);
    assert_eq!(harness.ok("failed_groups", json!({}))["total"], 0);
    assert_eq!(harness.ok("undo", json!({ "number": cleared["undo"] })), true);
    assert_eq!(harness.ok("failed_groups", json!({}))["total"], 2);
    assert_eq!(harness.ok("undo", json!({ "number": cleared["undo"] })), false, "only once");
}

#[test]
fn what_is_next_in_line_stands_below_what_works_and_can_be_moved_and_put_back() {
    let harness = connected();
    let (_, behind) = queue(&harness, 4);
    let order = |harness: &Harness| ids(&page(harness, "active")).split_off(16);
    let shown = page(&harness, "active");
    assert_eq!((&shown["total"], order(&harness)), (&json!(20), behind.clone()));
    let first = harness.ok("transfers", json!({ "filter": "active", "after": null, "limit": 34 }));
    assert_eq!((ids(&first).len(), &first["next"]), (20, &Value::Null));

    let [a, b, c, d] = [0, 1, 2, 3].map(|at| behind[at].clone());
    let to = |ids: &[&Value], to: Value| harness.ok("move_transfers", json!({ "ids": ids, "to": to }));
    let moved = to(&[&c], json!({ "to": "up" }));
    assert_eq!(order(&harness), [&a, &c, &b, &d].map(Clone::clone));
    assert_eq!(harness.ok("undo", json!({ "number": moved["undo"] })), true);
    assert_eq!(order(&harness), behind);
    let moved = to(&[&a, &b], json!({ "to": "down" }));
    assert_eq!(order(&harness), [&c, &a, &b, &d].map(Clone::clone));
    harness.ok("undo", json!({ "number": moved["undo"] }));
    assert_eq!(order(&harness), behind);
    let moved = to(&[&a, &c], json!({ "to": "last" }));
    assert_eq!(order(&harness), [&b, &d, &a, &c].map(Clone::clone));
    harness.ok("undo", json!({ "number": moved["undo"] }));
    assert_eq!(order(&harness), behind);
    to(&[&d], json!({ "to": "first" }));
    assert_eq!(order(&harness), [&d, &a, &b, &c].map(Clone::clone));
    to(&[&d], json!({ "to": "before", "id": c }));
    assert_eq!(order(&harness), [&a, &b, &d, &c].map(Clone::clone));
    assert_eq!(to(&[&a], json!({ "to": "up" })), json!({ "count": 0, "undo": null }), "it is the first");
    assert_eq!(to(&[&c], json!({ "to": "down" }))["count"], 0, "it is the last");

    let very_many: Vec<&Value> = std::iter::repeat_n(&a, 1001).collect();
    let refused = harness.error("move_transfers", json!({ "ids": very_many, "to": { "to": "first" } }));
    assert_eq!((&refused["code"], &refused["params"]["max"]), (&json!("too_many_to_move"), &json!("1000")));

    // The same for what is selected.
    harness.ok("select", json!({ "filter": "active", "change": { "do": "only", "id": c } }));
    assert_eq!(harness.ok("move_selection", json!({ "to": { "to": "first" } }))["count"], 1);
    assert_eq!(order(&harness), [&c, &a, &b, &d].map(Clone::clone));
}

#[test]
fn pages_of_what_works_and_waits_have_each_row_once_however_small_they_are() {
    let harness = connected();
    let (working, waiting) = queue(&harness, 6);
    let all: Vec<Value> = working.iter().chain(&waiting).cloned().collect();
    for limit in [1, 5, 16, 50] {
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        for _ in 0..=all.len() {
            let page = harness.ok("transfers", json!({ "filter": "active", "after": after, "limit": limit }));
            assert_eq!(page["total"], all.len());
            seen.extend(ids(&page));
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(seen, all, "in pages of {limit}");
    }
}

#[test]
fn several_looks_are_answered_in_one_call_each_by_itself() {
    let harness = connected();
    let (working, _) = queue(&harness, 1);
    let seen = harness.ok(
        "look",
        json!({ "at": [
            { "at": "detail", "id": working[0] },
            { "at": "detail", "id": 4711 },
            { "at": "selected", "filter": "active" },
            { "at": "transfers", "filter": "active", "after": null, "limit": 5 },
        ] }),
    );
    let of: Vec<&Value> = seen.as_array().unwrap().iter().map(|one| &one["of"]).collect();
    assert_eq!(of, ["detail", "refused", "selected", "transfers"]);
    assert_eq!(seen[0]["what"]["row"]["id"], working[0]);
    assert_eq!(seen[2]["what"]["count"], 0);
    assert_eq!(seen[3]["what"]["rows"].as_array().unwrap().len(), 5);
}

#[test]
fn one_that_waits_is_started_by_hand() {
    let harness = connected();
    let (_, waiting) = queue(&harness, 3);
    let line = page(&harness, "waiting");
    assert!(line["rows"].as_array().unwrap().iter().all(|row| row["actions"]["start"] == true));
    harness.ok("start_now", json!({ "ids": [waiting[1]] }));
    let row = harness.until(&waiting[1], &["transferring", "scanning"]);
    assert_eq!(row["row"]["actions"]["start"], false);
    assert_eq!(ids(&page(&harness, "waiting")), [waiting[0].clone(), waiting[2].clone()]);
    // Where nothing may move there is nothing to start.
    limit(&harness, json!(0.0));
    let stopped = |line: &Value| line["rows"].as_array().unwrap().iter().all(|row| row["actions"]["start"] == false);
    assert!(stopped(&page(&harness, "waiting")));
}

#[test]
fn a_selection_is_held_here_and_told_as_figures() {
    let harness = connected();
    let (working, behind) = queue(&harness, 3);
    let select = |change: Value| harness.ok("select", json!({ "filter": "active", "change": change }));
    let one = select(json!({ "do": "only", "id": behind[0] }));
    assert_eq!((&one["count"], &one["actions"]["pause"], &one["exact"]), (&json!(1), &json!(true), &json!(true)));
    assert_eq!(page(&harness, "active")["selected"], json!([behind[0]]));
    assert_eq!(page(&harness, "waiting")["selected"], json!([]), "another list has another selection");
    assert_eq!(select(json!({ "do": "range", "from": behind[2], "to": behind[0] }))["count"], 3);
    assert_eq!(select(json!({ "do": "toggle", "id": behind[1] }))["count"], 2);
    assert_eq!(page(&harness, "active")["selected"], json!([behind[0], behind[2]]));
    let across = select(json!({ "do": "range", "from": working[15], "to": behind[0] }));
    assert_eq!(across["count"], 2, "a range goes over from what works to what waits");
    assert_eq!(select(json!({ "do": "all" }))["count"], 19);
    let most = select(json!({ "do": "toggle", "id": behind[1] }));
    assert_eq!((&most["count"], &most["direction"]), (&json!(18), &json!("upload")));
    assert_eq!(harness.ok("act_on_selection", json!({ "act": "pause" }))["count"], 18);
    harness.until(&behind[0], &["paused"]);
    assert_eq!(harness.until(&behind[1], &["waiting", "scanning", "transferring"])["row"]["actions"]["pause"], true);

    harness.ok("select", json!({ "filter": "paused", "change": { "do": "all" } }));
    for id in working.iter().chain([&behind[0], &behind[2]]) {
        harness.until(id, &["paused"]);
    }
    // Each was seen at rest; the counters follow with the next record.
    harness.until_answer("selected", json!({ "filter": "paused" }), |selected| selected["count"] == 18);
    let given_up = harness.ok("act_on_selection", json!({ "act": "cancel" }));
    assert_eq!(given_up["count"], 18);
    assert_eq!(page(&harness, "paused")["total"], 0);
    assert_eq!(harness.ok("selected", json!({ "filter": "paused" }))["count"], 0, "nothing is left to be selected");
    assert_eq!(harness.ok("undo", json!({ "number": given_up["undo"] })), true);
    assert_eq!(page(&harness, "paused")["total"], 18);
    harness.ok("select", json!({ "filter": "paused", "change": { "do": "only", "id": behind[0] } }));
    assert_eq!(harness.ok("act_on_selection", json!({ "act": "retry" }))["count"], 0, "it has not failed");
    assert_eq!(harness.ok("act_on_selection", json!({ "act": "resume" }))["count"], 1);
    assert_eq!(harness.ok("select", json!({ "filter": "paused", "change": { "do": "none" } }))["count"], 0);
}

#[test]
fn of_what_runs_and_what_is_over_each_wish_takes_only_its_own() {
    let harness = connected();
    let small = harness.file("small.bin", 3);
    let done = upload(&harness, &[small])[0].clone();
    harness.until(&done, &["done_verified"]);
    limit(&harness, json!(1.0));
    let large = harness.file("large.bin", 30);
    let running = upload(&harness, &[large])[0].clone();
    harness.until(&running, &["transferring"]);
    let totals = || (page(&harness, "active")["total"].clone(), page(&harness, "done")["total"].clone());
    let both = || {
        for change in [json!({ "do": "only", "id": done }), json!({ "do": "toggle", "id": running })] {
            harness.ok("select", json!({ "filter": "active", "change": change }));
        }
    };
    both();
    let removed = harness.ok("act_on_selection", json!({ "act": "remove" }));
    assert_eq!((&removed["count"], totals()), (&json!(1), (json!(1), json!(0))));
    assert_eq!(harness.ok("undo", json!({ "number": removed["undo"] })), true);
    assert_eq!(totals(), (json!(1), json!(1)));
    both();
    let cancelled = harness.ok("act_on_selection", json!({ "act": "cancel" }));
    assert_eq!((&cancelled["count"], totals()), (&json!(1), (json!(0), json!(1))));
    assert_eq!(harness.ok("undo", json!({ "number": cancelled["undo"] })), true);

    // The same for rows, and for a whole list there is one that may go without a question.
    let dismiss = |ids: Value, how: &str| harness.ok("dismiss", json!({ "ids": ids, "how": how }));
    assert_eq!(dismiss(json!([running]), "remove"), json!({ "count": 0, "undo": null }), "it runs");
    assert_eq!(dismiss(json!([done]), "cancel"), json!({ "count": 0, "undo": null }), "it is done");
    assert_eq!(harness.error("dismiss_list", json!({ "filter": "active" }))["code"], "invalid_option");
    assert_eq!(totals(), (json!(1), json!(1)));
    assert_eq!(dismiss(json!([running, done]), "remove")["count"], 1);
    assert_eq!(totals(), (json!(1), json!(0)));
    let failed = gone(&harness, &["gone.bin"])[0].clone();
    assert_eq!(dismiss(json!([failed]), "remove")["count"], 1, "what has failed can be taken out");
}

#[test]
fn what_is_added_behind_a_question_is_not_what_it_was_asked_about() {
    let harness = connected();
    let (_, behind) = queue(&harness, 1);
    let select = |change: &str| harness.ok("select", json!({ "filter": "active", "change": { "do": change } }));
    let selected = || harness.ok("selected", json!({ "filter": "active" }))["count"].clone();
    assert_eq!(select("all")["count"], 17);
    let asked = select("pinned");
    assert_eq!((&asked["count"], &asked["actions"]["cancel"]), (&json!(17), &json!(true)));
    let path = harness.file("later.bin", 30);
    let later = upload(&harness, &[path]);
    assert_eq!((ids(&page(&harness, "active")).len(), selected()), (18, json!(17)));
    assert_eq!(harness.ok("act_on_selection", json!({ "act": "cancel" }))["count"], 17);
    assert_eq!(ids(&page(&harness, "active")), later);
    assert_ne!(later, behind);
    // Of another list nothing was shown, so nothing is pinned.
    let other = harness.ok("select", json!({ "filter": "paused", "change": { "do": "pinned" } }));
    assert_eq!(other["count"], 0);
}

#[test]
fn what_is_dismissed_survives_a_restart_and_is_gone_in_the_end() {
    let harness = connected();
    limit(&harness, json!(2e6));
    let path = harness.file("a.bin", 3 * PART_BYTES);
    let id = upload(&harness, &[path])[0].clone();
    harness.until(&id, &["transferring"]);
    let small = harness.file("b.bin", 3);
    let done = upload(&harness, &[small])[0].clone();
    harness.until(&done, &["done_verified"]);
    assert_eq!(harness.ok("dismiss", json!({ "ids": [id], "how": "cancel" }))["count"], 1);
    assert_eq!(harness.ok("dismiss_list", json!({ "filter": "done" }))["count"], 1);
    assert_eq!(
        (page(&harness, "active")["total"].clone(), page(&harness, "done")["total"].clone()),
        (json!(0), json!(0))
    );
    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(page(&harness, "active")["total"], 0);
    let uploads = |harness: &Harness| {
        let page = harness.ok("list_uploads", json!({ "bucket": "practice", "prefix": "", "after": null }));
        page["rows"].as_array().unwrap().len()
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while uploads(&harness) > 0 {
        assert!(std::time::Instant::now() < deadline, "its upload is never removed");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // The abort has been answered; that it is over is written a moment later.
    for filter in ["active", "waiting", "paused", "failed", "done"] {
        while page(&harness, filter)["total"] != 0 {
            assert!(std::time::Instant::now() < deadline, "something stays under {filter}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
fn a_log_tells_what_happened_and_after_a_restart_what_was_recorded() {
    let harness = connected();
    let path = harness.file("a.bin", PART_BYTES + 1);
    let id = upload(&harness, &[path])[0].clone();
    harness.until(&id, &["done_verified"]);
    let log = |harness: &Harness, before: Value, limit: u32| {
        harness.ok("transfer_log", json!({ "id": id, "before": before, "limit": limit }))
    };
    let whats = |page: &Value| -> Vec<String> {
        page["rows"].as_array().unwrap().iter().map(|row| row["what"].as_str().unwrap().to_owned()).collect()
    };
    let all = log(&harness, Value::Null, 100);
    let told = whats(&all);
    for what in ["done_verified", "assembled", "part_accepted", "upload_opened", "published", "planned", "added"] {
        assert!(told.iter().any(|one| one == what), "{what} is not in {told:?}");
    }
    assert_eq!(told.iter().filter(|what| *what == "part_accepted").count(), 2);
    assert!(all["rows"].as_array().unwrap().iter().any(|row| row["request_id"].is_string()), "{all}");
    let first = log(&harness, Value::Null, 3);
    assert_eq!((whats(&first), &first["total"]), (told[..3].to_vec(), &json!(told.len())));
    let second = log(&harness, first["next"].clone(), 3);
    assert_eq!(whats(&second), told[3..6]);

    let harness = Harness::on(harness.close(), Default::default());
    let kept = whats(&log(&harness, Value::Null, 100));
    for what in ["done_verified", "published", "planned", "added"] {
        assert!(kept.iter().any(|one| one == what), "{what} is not in {kept:?}");
    }
    assert_eq!(harness.error("transfer_log", json!({ "id": 99, "before": null, "limit": 1 }))["code"], "internal");
}

#[test]
fn options_of_what_waits_can_be_changed_and_those_of_what_has_begun_only_in_part() {
    let harness = connected();
    let (working, behind) = queue(&harness, 1);
    let set = |id: &Value, form: Value| json!({ "id": id, "form": form });
    let all = json!({ "parallel_parts": 2, "part_size_bytes": 8 << 20, "conflict": "overwrite" });
    harness.ok("set_transfer_options", set(&behind[0], all));
    let options = harness.until(&behind[0], &["waiting"])["options"].clone();
    assert_eq!(
        options,
        json!({ "parallel_parts": 2, "part_size_bytes": 8 << 20, "conflict": "overwrite", "parallel_open": true, "plan_open": true })
    );
    let form = json!({ "parallel_parts": null, "part_size_bytes": 1, "conflict": null });
    assert_eq!(harness.error("set_transfer_options", set(&working[0], form))["code"], "invalid_option");
    let form = json!({ "parallel_parts": 9, "part_size_bytes": null, "conflict": null });
    harness.ok("set_transfer_options", set(&working[0], form));
    let options = harness.ok("transfer_detail", json!({ "id": working[0] }))["options"].clone();
    assert_eq!((&options["parallel_parts"], &options["plan_open"]), (&json!(9), &json!(false)));
}
