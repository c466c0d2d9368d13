//! The engine over the store in memory, a real disk and a real ledger. One run of an engine is one runtime; dropping
//! the runtime is a crash: whatever the recorder had not yet written is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests stand outside the seams"
)]

mod adopt;
mod cancel;
mod conflicts;
mod credentials;
mod dismissals;
mod failed;
mod faults;
mod foreign_rows;
mod history;
mod interruptions;
mod ledger_rows;
mod ledgers;
mod limits;
#[cfg(unix)]
mod links;
mod local_disk;
mod options;
mod order;
mod panics;
mod piles;
mod proofs;
mod requests;
mod resume;
mod sdk_bugs;
mod sizes;
mod timelines;
mod transfers;
mod world;
mod written;
