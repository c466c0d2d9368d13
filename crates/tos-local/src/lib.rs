//! A TOS-compatible server on the loopback interface, with its objects in a folder.
//!
//! It is the practice bucket of the app, the server under the tests, and a program of its own. It shares no wire
//! structure with the client crate: a mistake made once must not cancel itself out, so the two meet only in
//! `tos-sign` (of which the server uses the verifying half) and in the official SDKs that prove this server.
//!
//! Where the behaviour of real TOS is not known, [`Behaviour`] has a switch, so that a client can be tried with
//! either answer. What goes wrong on the way, from a reset in the middle of a part to a reply that is lost, is made on
//! demand: a [`FaultPlan`] is set with [`Server::set_faults`], or over HTTP where [`Options::faults`] allows it.
//!
//! Bodies stream: an object or a part is never held in memory, its CRC-64 and MD5 are computed while
//! it is written, and a body that breaks off leaves nothing behind. Completing a multipart upload moves no bytes, as
//! an object is a list of files. The index of each bucket is kept in memory (about 0.5 KB per object) and read from
//! the folder at the start; writes are atomic but not synced, for this is practice and not an archive.

mod acl_calls;
mod answer;
mod auth;
mod behaviour;
mod blob;
mod bucket_calls;
mod bucket_index;
mod condition;
mod connection;
mod copy_calls;
mod delete_calls;
mod disk;
mod fault;
mod intake;
mod json_body;
mod key_listing;
mod lifecycle_calls;
mod list_calls;
mod meta_calls;
mod multipart_calls;
mod multipart_lists;
mod object_calls;
mod options;
mod outgoing_body;
mod outlet;
mod part_calls;
mod record;
mod refusal;
mod rename_calls;
mod request;
mod request_body;
mod restore_calls;
mod route;
mod server;
mod shared;
mod stats;
mod tagging_calls;
mod throttle;
mod times;
mod tls;
mod upload;
mod verb;
mod version_calls;

pub use behaviour::{Behaviour, WrongRegion};
pub use fault::{Fault, FaultPlan, FaultPlanError, FaultReport, FaultRule, FaultWhen, RetryAfter, RuleCount};
pub use options::{
    AccessKey, BucketSpec, Options, PRACTICE_ACCESS_KEY, PRACTICE_REGION, PRACTICE_SECRET_KEY, StartError,
};
pub use server::Server;
pub use stats::Stats;
pub use verb::Verb;
