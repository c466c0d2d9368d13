//! Habits of the repository that no compiler checks.

use std::path::Path;
use std::process::Command;

use crate::{read, repository};

/// Files of text that are longer than anybody wants to read, and why they may be.
const LONG: &[(&str, &str)] = &[
    ("tests/sdk/python_suite.py", "one list of what the Python SDK is asked to do"),
    ("ui/src/i18n/en.ts", "one sentence a line, by key"),
    ("ui/src/i18n/zh.ts", "one sentence a line, by key"),
];

/// Lines that a file may have.
const LINES_MAX: usize = 500;

/// Committed files, and those that are about to be.
fn files() -> Vec<String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(repository("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all = String::from_utf8(output.stdout).unwrap();
    all.lines().filter(|path| repository(path).is_file()).map(str::to_owned).collect()
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

fn sources() -> impl Iterator<Item = String> {
    files()
        .into_iter()
        .filter(|path| has_extension(path, &["rs", "ts", "svelte", "css", "mjs", "py", "sh", "toml", "html"]))
}

#[test]
fn no_file_is_too_long_to_read() {
    let generated = ["ui/src/ipc/bindings.ts"];
    for path in sources().filter(|path| !generated.contains(&path.as_str())) {
        let lines = read(&path).lines().count();
        let allowed = LONG.iter().any(|(long, _)| *long == path);
        assert!(lines <= LINES_MAX || allowed, "{path} has {lines} lines");
        assert!(lines > LINES_MAX || !allowed, "{path} is no longer long; take it off the list");
    }
}

#[test]
fn nothing_is_named_after_nothing() {
    const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "core", "helpers", "helper", "shared", "misc"];
    const EMPTY_ENDINGS: &[&str] = &["Manager", "Service", "Helper", "Helpers", "Util", "Utils", "Processor"];
    for path in files() {
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part).to_lowercase();
            // `tos-local` keeps what all its connections share in a file that says just that.
            assert!(!EMPTY_NAMES.contains(&stem.as_str()) || path == "crates/tos-local/src/shared.rs", "{path}");
        }
    }
    for path in sources().filter(|path| has_extension(path, &["rs", "ts"])) {
        for line in read(&path).lines() {
            let declared = ["struct ", "enum ", "trait ", "class ", "interface "];
            let Some(rest) =
                declared.iter().find_map(|word| line.trim_start_matches("pub ").trim_start().strip_prefix(word))
            else {
                continue;
            };
            let name: String = rest.chars().take_while(|character| character.is_alphanumeric()).collect();
            assert!(!EMPTY_ENDINGS.iter().any(|ending| name.ends_with(ending)), "{path}: {name}");
        }
    }
}

#[test]
fn only_the_door_of_the_window_calls_rust() {
    for path in sources().filter(|path| path.starts_with("ui/src/") && !path.starts_with("ui/src/ipc/")) {
        let text = read(&path);
        for word in ["invoke(", "@tauri-apps/", "__TAURI"] {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let foreign = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/home/", "runner")];
    for path in files().into_iter().filter(|path| !path.ends_with(".png") && !path.ends_with(".ico")) {
        let Ok(text) = std::fs::read_to_string(repository(&path)) else { continue };
        for word in foreign {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn the_licence_and_the_two_commands_are_there() {
    assert!(read("LICENSE").contains("Apache License"));
    let makefile = read("Makefile");
    for target in ["run:", "test:", "demo:", "audit:"] {
        assert!(makefile.lines().any(|line| line == target), "{target}");
    }
}
