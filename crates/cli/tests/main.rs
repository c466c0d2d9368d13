//! The real program against a real server on loopback: what a person or a script meets.
//!
//! Each test has its own server, data folder and files. The server's speed makes transfers last where something has to
//! happen in the middle; what is waited for is always something that the program says, never a time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod adopt;
mod bad_files;
mod bad_input;
mod copies;
mod full_disk;
#[cfg(target_os = "linux")]
#[path = "../../machine/tests/inside.rs"]
mod inside;
mod interruptions;
mod kept_accounts;
mod lines;
#[cfg(target_os = "linux")]
#[path = "../../machine/tests/logind.rs"]
mod logind;
#[cfg(target_os = "linux")]
mod namespace;
mod objects;
mod practice;
mod receipts;
mod relay;
mod resume;
mod secrets;
mod sharing;
mod support;
mod wire;
