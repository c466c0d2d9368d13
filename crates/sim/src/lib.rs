//! Whole lives of Tern in a second: the real engine over a simulated clock, disk and network, driven by a seed.
//!
//! A [`Script`] is drawn from a seed: transfers, what their user does, and what the world does to them. [`run`] plays
//! it in one thread on a clock that jumps from wait to wait, restarting the engine wherever the script quits it, kills
//! it or cuts the power, and an oracle compares every durable fact and every request with what disk and store really
//! hold. The queue, the driver, the recorder, the jobs, the limiter and the ledger are the real ones; simulated are
//! time, files and the store with its network.
//!
//! One script gives one trace, to the last request. What is *not* simulated is written in `docs/resumability.md`.
#![warn(missing_docs)]

mod clock;
mod disk;
mod ledger;
mod oracle;
mod script;
mod shrink;
mod store;
mod transit;
mod weather;
mod world;

pub use script::{Act, Edit, PART, Planned, Rule, Script, Step, Tamper, Way};
pub use shrink::shrink;
pub use world::{Outcome, run};
