//! Who may depend on whom: the picture in docs/architecture.md, as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each package of ours and those of ours that it may use. Nothing below the app and the command line knows Tauri.
const ALLOWED: &[(&str, &[&str])] = &[
    ("tos-sign", &[]),
    ("store", &[]),
    ("tos", &["store", "tos-sign"]),
    ("tos-local", &["tos-sign"]),
    ("engine", &["store"]),
    ("receipt", &["engine", "store"]),
    ("sim", &["engine", "store"]),
    ("mangle", &[]),
    ("accounts", &["store"]),
    ("machine", &["engine"]),
    ("cli", &["accounts", "engine", "machine", "receipt", "store", "tos", "tos-local"]),
    ("tern", &["accounts", "engine", "machine", "receipt", "store", "tos", "tos-local"]),
];

/// The names of the dependencies that are linked into a package (tests and build scripts may use more).
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"];
    let output = Command::new(cargo).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let linked = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"].is_null()).map(name).collect()
    };
    metadata["packages"].as_array().unwrap().iter().map(|package| (name(package), linked(package))).collect()
}

#[test]
fn every_edge_between_our_crates_is_in_the_picture() {
    let found = dependencies();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(found.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "a crate is new or gone");
    for (name, allowed) in ALLOWED {
        for used in found[*name].iter().filter(|used| known.contains(used.as_str())) {
            assert!(allowed.contains(&used.as_str()), "{name} must not know {used}");
        }
    }
}

#[test]
fn only_the_app_knows_tauri() {
    for (name, used) in dependencies() {
        let tauri: Vec<_> = used.iter().filter(|used| used.starts_with("tauri")).collect();
        assert!(name == "tern" || tauri.is_empty(), "{name} uses {tauri:?}");
    }
}
