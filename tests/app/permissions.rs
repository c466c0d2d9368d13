//! The page may call Tern's own commands and nothing else: not Tauri's, and not from another window.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Harness, call};
use crate::read;

/// The commands that the bindings give to the page.
fn commands() -> BTreeSet<String> {
    let bindings = read("ui/src/ipc/bindings.ts");
    let after = |text: &str, mark: &str| text.split(mark).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let names = after(&bindings, "__TAURI_INVOKE(\"").into_iter().chain(after(&bindings, "__TAURI_INVOKE<"));
    names.filter_map(|rest| rest.split('"').next().map(str::to_owned)).filter(|name| !name.contains('<')).collect()
}

#[test]
fn the_permission_names_exactly_the_commands_that_there_are() {
    let permission = read("src-tauri/permissions/own.toml");
    let list = permission.split("commands.allow").nth(1).unwrap();
    let allowed: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(allowed.len() > 20, "the list was read: {allowed:?}");
    assert_eq!(allowed, commands());
}

#[test]
fn the_page_calls_own_commands_and_none_of_tauris() {
    let harness = Harness::new();
    assert_eq!(harness.ok("app_status", json!({}))["version"], env!("CARGO_PKG_VERSION"));
    for foreign in [
        "plugin:dialog|open",
        "plugin:opener|open_url",
        "plugin:opener|reveal_item_in_dir",
        "plugin:window|set_title",
        "plugin:webview|create_webview_window",
        "plugin:event|emit",
        "plugin:app|version",
        "plugin:path|resolve_directory",
        "plugin:shell|execute",
        "plugin:fs|read_text_file",
    ] {
        let error = harness.error(foreign, json!({})).to_string();
        assert!(error.contains("not allowed"), "{foreign}: {error}");
    }
}

#[test]
fn another_window_may_not_even_call_own_commands() {
    let harness = Harness::new();
    let error = call(&harness.window("other"), "app_status", json!({})).unwrap_err().to_string();
    assert!(error.contains("not allowed"), "{error}");
}
