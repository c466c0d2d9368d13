//! The server over real sockets, spoken to in raw HTTP that `tos-sign` signs: no client that could share a mistake.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is how a test fails")]

mod addressing;
mod copies;
mod fault_control;
mod faults_in_requests;
mod faults_in_responses;
mod foreign;
mod foreign_requests;
mod limits;
mod listing;
mod loopback;
mod multipart;
mod objects;
mod properties;
mod restart;
mod restoring;
mod signatures;
mod versions;
mod wire;
