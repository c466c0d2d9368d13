//! Receipts from the outside: what others read, and what they may do to one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests stand outside the seams"
)]

mod chart;
mod ends;
mod format;
mod made;
mod paper;
