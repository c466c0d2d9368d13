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

/// The commands that the screens call, as Rust writes them: all calls go through these files.
fn called() -> BTreeSet<String> {
    let folder = crate::repository("ui/src/ipc");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = names.filter(|name| name.starts_with("tauri") && name.ends_with(".ts") && !name.contains(".test."));
    let snake = |camel: &str| -> String {
        let letters = camel.chars().take_while(|letter| letter.is_alphanumeric());
        let spelt = |letter: char| {
            let before = letter.is_uppercase().then_some('_');
            before.into_iter().chain(letter.to_lowercase())
        };
        letters.flat_map(spelt).collect()
    };
    let of_file = |name: String| -> Vec<String> {
        read(&format!("ui/src/ipc/{name}")).split("commands.").skip(1).map(snake).collect()
    };
    files.flat_map(of_file).collect()
}

fn allowed(file: &str) -> BTreeSet<String> {
    let permission = read(file);
    let list = permission.split("commands.allow").nth(1).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_permission_names_exactly_the_commands_that_the_screens_call() {
    let own = allowed("src-tauri/permissions/own.toml");
    assert!(own.len() > 20, "the list was read: {own:?}");
    assert_eq!(own, called());
}

#[test]
fn every_command_is_called_by_a_screen_or_said_to_be_called_by_none() {
    let (own, unused) = (allowed("src-tauri/permissions/own.toml"), allowed("src-tauri/permissions/unused.toml"));
    assert!(own.is_disjoint(&unused), "{unused:?}");
    assert_eq!(own.union(&unused).cloned().collect::<BTreeSet<_>>(), commands());
}

#[test]
fn the_window_may_not_call_what_no_screen_calls() {
    let harness = Harness::new();
    for command in allowed("src-tauri/permissions/unused.toml") {
        let error = harness.error(&command, json!({})).to_string();
        assert!(error.contains("not allowed"), "{command}: {error}");
    }
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
        "plugin:window|close",
        "plugin:window|hide",
        "plugin:notification|notify",
        "plugin:tray|new",
        "plugin:webview|internal_toggle_devtools",
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

#[test]
fn the_configuration_allows_as_little_as_the_page_needs() {
    let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let security = &config["app"]["security"];
    let own = json!([{
        "identifier": "main",
        "windows": ["main"],
        "permissions": ["core:event:allow-listen", "core:event:allow-unlisten", "allow-own-commands"],
    }]);
    assert_eq!(security["capabilities"], own);
    assert_eq!(security["freezePrototype"], true);
    let text = config.to_string().to_lowercase();
    for word in ["dangerous", "unsafe-", "withglobaltauri", "assetprotocol", "devtools"] {
        assert!(!text.contains(word), "tauri.conf.json has {word}");
    }
}

#[test]
fn the_policy_loads_nothing_from_elsewhere() {
    let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let policy = config["app"]["security"]["csp"].as_str().unwrap();
    // Calls to Rust go by the first two; `data:` pictures are drawn by the page itself.
    let known = ["'self'", "'none'", "ipc:", "http://ipc.localhost", "data:"];
    for directive in policy.split(';') {
        let mut words = directive.split_whitespace();
        let name = words.next().unwrap();
        for source in words {
            assert!(known.contains(&source), "{name} {source}");
            assert!(source != "data:" || name == "img-src", "{name} {source}");
        }
    }
    for name in ["default-src", "script-src", "style-src", "object-src", "base-uri", "frame-ancestors", "form-action"] {
        assert!(policy.split("; ").any(|directive| directive.starts_with(name)), "{name} is not said");
    }
}
