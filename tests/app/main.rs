//! The app without a window: its commands, its permissions, its generated bindings, and the shape of the repository.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod bindings;
mod browser;
mod commands;
mod desktop;
mod edges;
mod failed;
mod faults;
mod folders;
mod harness;
mod limits;
mod lists;
mod objects;
mod permissions;
#[path = "../../crates/tos/tests/loopback/proxy.rs"]
mod proxy;
mod receipts;
mod renaming;
mod sdk_bugs;
mod secrets;
mod tidy;
mod uploads;
mod words;

use std::path::{Path, PathBuf};

/// A file or folder of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    let path = repository(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
