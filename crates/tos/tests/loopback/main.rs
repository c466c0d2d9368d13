//! The TOS client against servers on loopback: what it puts on the wire, what it makes of answers, and the conformance
//! of stores against the practice server in every mode of addressing, over TLS and through proxies.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop")]

mod administration;
mod answers;
mod conformance;
mod connections;
mod connectivity;
mod practice;
mod proxies;
mod proxy;
mod recorder;
mod regions;
mod requests;
mod switches;
