//! The computer as logind of python3-dbusmock plays it on a bus of the test's own.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the listener says what it hears")]

mod circumstances;
mod listener;
mod logind;
mod sleep;
