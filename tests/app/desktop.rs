//! The window on its desktop, with a window that only writes down what it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tern_lib::closing::Close;
use tern_lib::environment::{Environment, Pace};
use tern_lib::front::{Front, Progress, Tone};
use tern_lib::instance::Wish;
use tern_lib::tray::TrayAct;

use crate::harness::{Ear, Harness};

#[derive(Debug, Default)]
struct Written {
    is_in_front: AtomicBool,
    /// How often it was asked for that.
    asked: AtomicUsize,
    is_hidden: AtomicBool,
    shown: AtomicUsize,
    quit: AtomicUsize,
    progress: std::sync::Mutex<Vec<Option<Progress>>>,
}

impl Front for Written {
    fn show(&self, _activation: Option<&str>) {
        self.is_hidden.store(false, Ordering::SeqCst);
        self.shown.fetch_add(1, Ordering::SeqCst);
    }

    fn hide(&self) {
        self.is_hidden.store(true, Ordering::SeqCst);
    }

    fn quit(&self) {
        self.quit.fetch_add(1, Ordering::SeqCst);
    }

    fn is_in_front(&self) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.is_in_front.load(Ordering::SeqCst)
    }

    fn is_hidden(&self) -> bool {
        self.is_hidden.load(Ordering::SeqCst)
    }

    fn set_progress(&self, progress: Option<Progress>) {
        self.progress.lock().unwrap().push(progress);
    }
}

/// An app on the practice bucket, with a window; so slow that what it moves goes on for the whole test.
fn slow() -> (Harness, Arc<Written>) {
    open(Pace { bytes_per_second: Some(200_000), ..Pace::default() })
}

fn open(practice: Pace) -> (Harness, Arc<Written>) {
    let harness = Harness::on(tempfile::tempdir().unwrap(), Environment { practice, ..Environment::default() });
    let written = Arc::new(Written::default());
    harness.app.surroundings.set_front(written.clone());
    harness.ok("connect_practice", json!({}));
    (harness, written)
}

fn upload(harness: &Harness, name: &str, size_bytes: usize) -> Value {
    let path = harness.file(name, size_bytes);
    let arguments = json!({ "bucket": "practice", "prefix": "", "paths": [path], "conflict": "fail" });
    harness.ok("add_uploads", arguments)[0].clone()
}

fn until(what_is_wrong: &str, look: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "{what_is_wrong}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn close_wanted(harness: &Harness) -> Close {
    tauri::async_runtime::block_on(harness.app.close_wanted())
}

#[test]
fn closing_asks_while_something_runs_and_not_otherwise() {
    let (harness, written) = slow();
    assert_eq!(close_wanted(&harness), Close::Now, "nothing runs");
    let id = upload(&harness, "film.bin", 4 << 20);
    harness.until(&id, &["transferring"]);
    assert_eq!(close_wanted(&harness), Close::Now, "nobody listens who could ask");
    let ear = Ear::of(&harness.app);
    assert_eq!(close_wanted(&harness), Close::Ask);
    ear.hear(|push| push["type"] == "quit_asked");
    assert_eq!(harness.ok("quit_question", json!({})), json!({ "running": 1, "tray": false }));
    harness.ok("keep_in_tray", json!({}));
    assert!(!written.is_hidden(), "without a tray nobody could bring it back");
    harness.ok("quit", json!({}));
    assert_eq!(written.quit.load(Ordering::SeqCst), 1);

    harness.ok("pause_all", json!({}));
    // Its wish is known at once; that it has come to rest is counted when the ledger has it.
    let paused = json!({ "filter": "paused", "after": null, "limit": 1 });
    until("it is not among what is paused", || harness.ok("transfers", paused.clone())["total"] == 1);
    harness.ok("quit_question", json!({}));
    assert_eq!(close_wanted(&harness), Close::Now, "what is paused does not run");
}

#[test]
fn the_tray_pauses_and_resumes_all_opens_and_quits() {
    let (harness, written) = slow();
    let id = upload(&harness, "film.bin", 4 << 20);
    harness.until(&id, &["transferring"]);
    let act = |act| tauri::async_runtime::block_on(harness.app.tray_act(act));
    act(TrayAct::PauseAll);
    harness.until(&id, &["paused"]);
    act(TrayAct::ResumeAll);
    harness.until(&id, &["transferring"]);
    act(TrayAct::Lost);
    assert_eq!(written.shown.load(Ordering::SeqCst), 0, "a window that is there is left alone");
    written.hide();
    act(TrayAct::Lost);
    assert!(!written.is_hidden(), "a window that nobody could bring back comes by itself");
    act(TrayAct::Open);
    assert_eq!(written.shown.load(Ordering::SeqCst), 2);
    act(TrayAct::Quit);
    assert_eq!(written.quit.load(Ordering::SeqCst), 1);
}

#[test]
fn given_files_are_looked_at_and_handed_over_once() {
    let (harness, written) = slow();
    let ear = Ear::of(&harness.app);
    let (there, gone) = (harness.file("报告 2.txt", 3), harness.folder.path().join("gone").display().to_string());
    harness.app.wish(Wish { files: vec![there.clone(), gone.clone()], activation: None });
    ear.hear(|push| push["type"] == "files_given");
    assert_eq!(written.shown.load(Ordering::SeqCst), 1, "the window comes to the front");
    let given = harness.ok("take_given_files", json!({}));
    assert_eq!(given["paths"], json!([there]));
    assert_eq!(given["refused"][0]["params"]["path"], json!(gone));
    assert_eq!(harness.ok("take_given_files", json!({})), json!({ "paths": [], "refused": [], "refused_more": 0 }));
    harness.app.wish(Wish::default());
    assert_eq!(written.shown.load(Ordering::SeqCst), 2, "a start without files brings it too");
}

#[test]
fn what_ends_together_is_one_notice_while_the_window_is_not_in_front() {
    let (harness, _written) = open(Pace::default());
    let ear = Ear::of(&harness.app);
    let ids: Vec<Value> = (0..3).map(|n| upload(&harness, &format!("{n}.bin"), 1_000)).collect();
    ids.iter().for_each(|id| drop(harness.until(id, &["done_verified"])));
    let due = ear.hear(|push| push["type"] == "notice_due");
    assert_eq!(due["facts"], json!({ "done": 3, "attention": 0, "row": null }));

    let id = upload(&harness, "alone.bin", 1_000);
    harness.until(&id, &["done_verified"]);
    let due = ear.hear(|push| push["facts"]["done"] == 1);
    assert_eq!(due["facts"]["row"]["name"], "alone.bin");
}

#[test]
fn what_needs_the_user_is_told_with_its_reason_and_what_is_switched_off_is_not() {
    let (harness, _written) = open(Pace::default());
    let ear = Ear::of(&harness.app);
    let mut settings = harness.ok("get_settings", json!({}));
    settings["notify_done"] = json!(false);
    harness.ok("set_settings", json!({ "settings": settings }));
    let done = upload(&harness, "a.bin", 1_000);
    harness.until(&done, &["done_verified"]);
    std::fs::write(harness.folder.path().join("a.bin"), "something else").unwrap();
    let arguments = json!({ "bucket": "practice", "prefix": "", "conflict": "fail",
        "paths": [harness.folder.path().join("a.bin")] });
    let failed = harness.ok("add_uploads", arguments)[0].clone();
    harness.until(&failed, &["failed"]);
    let due = ear.hear(|push| push["type"] == "notice_due");
    assert_eq!((&due["facts"]["done"], &due["facts"]["attention"]), (&json!(0), &json!(1)));
    assert_eq!(due["facts"]["row"]["why"]["code"], "target_exists");
}

#[test]
fn whoever_looks_at_the_window_gets_no_notice_of_what_it_shows() {
    let (harness, written) = open(Pace::default());
    let ear = Ear::of(&harness.app);
    written.is_in_front.store(true, Ordering::SeqCst);
    let id = upload(&harness, "seen.bin", 1_000);
    harness.until(&id, &["done_verified"]);
    // Once it was to be told, and was not.
    until("the window is never asked for", || written.asked.load(Ordering::SeqCst) > 0);
    written.is_in_front.store(false, Ordering::SeqCst);
    let id = upload(&harness, "unseen.bin", 1_000);
    harness.until(&id, &["done_verified"]);
    ear.hear(|push| push["type"] == "notice_due");
    let names: Vec<Value> = ear
        .all()
        .iter()
        .filter(|push| push["type"] == "notice_due")
        .map(|push| push["facts"]["row"]["name"].clone())
        .collect();
    assert_eq!(names, [json!("unseen.bin")]);
}

#[test]
fn the_taskbar_has_a_bar_while_something_runs() {
    let (harness, written) = slow();
    let id = upload(&harness, "film.bin", 4 << 20);
    harness.until(&id, &["transferring"]);
    let last = || written.progress.lock().unwrap().last().copied();
    until("there is no bar", || last().flatten().is_some_and(|progress| progress.tone == Tone::Moves));
    harness.ok("pause_all", json!({}));
    until("the bar stays", || last() == Some(None));
}
