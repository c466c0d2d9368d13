//! The practice account: a server inside the program, so that a person without an account sees the main job.
//!
//! This crate says only what it is called. Whoever uses it (the window, the command line) starts the server, on the
//! folder [`crate::DataFolder::practice`] and with the server's own, public, keys. The port differs each time; the id
//! does not, so transfers with the practice account go on after a restart like all others.

/// Id of the practice account, in ledgers and on the command line.
pub const PRACTICE_ACCOUNT: &str = "practice";

/// A bucket of the practice account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PracticeBucket {
    /// Its name.
    pub name: &'static str,
    /// Its region, if that is another than the account's.
    pub region: Option<&'static str>,
}

/// Buckets that the practice account always has: one to upload to, one to copy to inside the store, and one in another
/// region, to which copies pass through this computer.
pub const PRACTICE_BUCKETS: [PracticeBucket; 3] = [
    PracticeBucket { name: "practice", region: None },
    PracticeBucket { name: "practice-copy", region: None },
    PracticeBucket { name: "practice-far", region: Some("cn-shanghai") },
];
