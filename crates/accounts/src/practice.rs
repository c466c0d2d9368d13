//! The practice account: a server inside the program, so that a person without an account sees the main job.
//!
//! This crate says only what it is called. Whoever uses it (the window, the command line) starts the server, on the
//! folder [`crate::DataFolder::practice`] and with the server's own, public, keys and buckets. The port differs each time; the id
//! does not, so transfers with the practice account go on after a restart like all others.

/// Id of the practice account, in ledgers and on the command line.
pub const PRACTICE_ACCOUNT: &str = "practice";
