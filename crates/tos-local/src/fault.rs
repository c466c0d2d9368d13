//! Faults on demand: what a client meets on a bad line or at a server in trouble, struck exactly where a test wants it.
//!
//! A [`FaultPlan`] is an ordered list of rules. For each request the rules are asked in order, and the first that
//! strikes is carried out; the rules after it do not see that request. So rules that name the same call make a script:
//! `first 2: refuse`, then `nth 1: lose_reply` refuses two requests and loses the reply to the third. A request is
//! judged once it is known which call it is, and before its signature is looked at, as a line breaks whoever signed.
//!
//! The faults are made at the socket and in the two bodies, around the calls and not in them: no call knows that
//! there are faults, and whatever is tried is the code that serves every other request. The cost without a plan is
//! one uncontended lock per request and one atomic load per flush. What is not injected: a connection that is never
//! accepted, packets out of order, and damage to headers.
//!
//! * `plan`: the plan, its JSON and what is wrong with it.
//! * `active`: which request is struck, and how often each rule did.
//! * `strike`: one fault carried out around one request.
//! * `cut`: how a connection is reset or closed with nothing said any more.
//! * `control`: the plan over HTTP.

mod active;
pub(crate) mod control;
pub(crate) mod cut;
mod located;
mod plan;
mod strike;

pub(crate) use active::Faults;
pub use active::{FaultReport, RuleCount};
pub use plan::{Fault, FaultPlan, FaultPlanError, FaultRule, FaultWhen, RetryAfter};
pub(crate) use strike::Strike;
