//! The plan: which requests are struck, and by what.
//!
//! Its JSON is the derived one, with unknown fields refused, so that a misspelt one cannot pass for a plan that
//! strikes nothing. Numbers are checked apart from the types, by [`FaultPlan::check`], as a plan may also be built in
//! Rust.

use std::fmt;

use serde::de::{Error, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::located;
use crate::Verb;

const RULES_MAX: usize = 1000;
/// An hour: longer than any client waits.
const MS_MAX: u64 = 3_600_000;
/// A day, as far ahead as a date is told.
const RETRY_AFTER_SECONDS_MAX: u64 = 86_400;

/// Faults for a server to commit.
///
/// For each request the rules are asked in order. The first that strikes is carried out, and those after it neither
/// see nor count that request: two rules for one call, `first 2: refuse` and `nth 1: lose_reply`, refuse two requests
/// and lose the reply to the third. Requests are judged before their signature is looked at.
///
/// One of each as JSON, with `any` in the last rule for what the others leave alone:
/// ```json
#[doc = include_str!("example.json")]
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Begins the random numbers of [`FaultWhen::Permille`]: the same seed strikes the same requests.
    #[serde(default)]
    pub seed: u64,
    /// Waited before each answer while the plan is set, in place of [`crate::Options::latency`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Megabytes (1 000 000 bytes) per second of all bodies together while the plan is set, 0.001 to 1 000 000, in
    /// place of [`crate::Options::bytes_per_second`]. Requests that are under way keep the rate they began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mbps: Option<f64>,
    /// Asked in order; at most 1000.
    #[serde(default)]
    pub rules: Vec<FaultRule>,
}

/// One rule: the requests that match it, which of those it strikes, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The call; `None` (in JSON left out, or `"any"`) for any request, even one that TOS has no call for. Only what
    /// cannot be read at all, such as a path with a bad name of a bucket, is never struck.
    #[serde(default, deserialize_with = "verb_or_any", skip_serializing_if = "Option::is_none")]
    pub verb: Option<Verb>,
    /// The key of the object, decoded and exact; `None` for any or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The `partNumber`, 1 to 10 000; `None` for any or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u16>,
    /// Which of the matching requests are struck.
    pub when: FaultWhen,
    /// What happens to them.
    pub fault: Fault,
}

/// Which of the requests that match a rule are struck. A request that an earlier rule struck is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultWhen {
    /// The one of this number, from 1.
    Nth(u64),
    /// The first so many.
    First(u64),
    /// Each whose number is a multiple; 1 strikes all.
    Every(u64),
    /// Each with a chance of so many in 1000, 1 to 1000, drawn from [`FaultPlan::seed`]: for one seed, whether the
    /// n-th matching request is struck is always the same.
    Permille(u16),
}

/// What happens to a request.
///
/// A *reset* is a TCP RST. It may overtake bytes that still wait for room at the client, so after a reset within a
/// response the client has *at most* what is told; after a close (FIN) it has exactly that. Times are in milliseconds,
/// an hour at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is reset before the body is read. No effect, no answer.
    Refuse,
    /// So many bytes of the request's body are read, or all of a shorter one; then the connection is reset. No effect,
    /// no answer.
    ResetWithinRequest {
        /// Bytes of the request's body that are read at least.
        after_bytes: u64,
    },
    /// The request is carried out, and its answer, whatever it is, is not sent: the connection is closed.
    LoseReply,
    /// The request is carried out; headers and so many bytes of the body are sent; then the connection is reset. The
    /// last byte of a body never comes, and an answer that has no body does not come at all.
    ResetWithinResponse {
        /// Bytes of the body that are sent.
        after_bytes: u64,
    },
    /// As [`Fault::ResetWithinResponse`], but the connection is closed in good order, too early.
    Truncate {
        /// Bytes of the body that are sent.
        after_bytes: u64,
    },
    /// Headers and so many bytes of the response's body are sent; then nothing for that time; then the rest. The last
    /// byte always waits. An answer that has no body waits before its headers.
    Stall {
        /// Bytes of the body that are sent before.
        after_bytes: u64,
        /// How long.
        ms: u64,
    },
    /// The request's body is read up to so many bytes at least; then not for that time; then to its end. A shorter
    /// body waits at its end, a request without one before it is carried out.
    StallRequest {
        /// Bytes of the body that are read before.
        after_bytes: u64,
        /// How long.
        ms: u64,
    },
    /// The body of the response comes at this rate, in pieces of a twentieth of a second, each when it is due.
    Trickle {
        /// The rate, at least 1.
        bytes_per_second: u64,
    },
    /// This error is the answer, and the request is not carried out.
    ///
    /// Codes of TOS for it: 429 `ExceedQPSLimit`, 503 `ServiceUnavailable` or `ExceedRateLimit`, 500 `InternalError`,
    /// 403 `AccessDenied`, `ExpiredToken`, `RequestTimeTooSkewed`, 404 `NoSuchUpload`.
    Status {
        /// The HTTP status, 400 to 599.
        code: u16,
        /// `Code` in the body of the error: 1 to 64 ASCII letters and digits.
        tos_code: String,
        /// The header `Retry-After`, if there is to be one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<RetryAfter>,
    },
    /// The lowest bit of one byte is changed: of the request's body if it has one, else of the response's.
    ///
    /// A request is handled with the changed bytes: they are stored, CRC and ETag are theirs, and a `Content-MD5` of
    /// the sent ones is refused. The headers of a response stay those of the true bytes. A body that ends before the
    /// byte is left as it is, though the rule has struck.
    FlipBit {
        /// The offset of the byte in the body, from 0.
        at_byte: u64,
    },
    /// The request waits so long before it is looked at, its signature included; its body is not read meanwhile.
    Latency {
        /// How long.
        ms: u64,
    },
}

/// The two forms of `Retry-After`; a day at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// An HTTP date so many seconds ahead of the server's clock.
    DateInSeconds(u64),
}

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", Place(field))]
pub struct FaultPlanError {
    /// Where, such as `rules[0].fault.stall.ms`; empty for the plan as a whole.
    pub field: String,
    /// A sentence without the field.
    pub message: String,
}

struct Place<'a>(&'a str);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}

impl FaultPlan {
    /// Reads a plan from its JSON and checks it.
    ///
    /// # Errors
    /// The first field that is missing, unknown, of another type or out of its range.
    pub fn from_json(text: &[u8]) -> Result<Self, FaultPlanError> {
        let plan: Self = located::from_json(text)?;
        plan.check()?;
        Ok(plan)
    }

    /// Checks what the types do not say.
    ///
    /// # Errors
    /// The first number or text that is out of its range.
    pub fn check(&self) -> Result<(), FaultPlanError> {
        let at = |field: &str| field.to_owned();
        within(self.latency_ms.unwrap_or(0), 0, MS_MAX, || at("latency_ms"))?;
        if self.mbps.is_some_and(|mbps| !(0.001..=1e6).contains(&mbps)) {
            return Err(FaultPlanError { field: at("mbps"), message: "It is 0.001 to 1000000.".to_owned() });
        }
        if self.rules.len() > RULES_MAX {
            let message = format!("There are at most {RULES_MAX} rules.");
            return Err(FaultPlanError { field: at("rules"), message });
        }
        self.rules.iter().enumerate().try_for_each(|(index, rule)| rule.check(&format!("rules[{index}]")))
    }
}

impl FaultRule {
    fn check(&self, place: &str) -> Result<(), FaultPlanError> {
        within(self.part.unwrap_or(1), 1, 10_000, || format!("{place}.part"))?;
        match self.when {
            FaultWhen::Nth(number) => within(number, 1, u64::MAX, || format!("{place}.when.nth")),
            FaultWhen::First(count) => within(count, 1, u64::MAX, || format!("{place}.when.first")),
            FaultWhen::Every(step) => within(step, 1, u64::MAX, || format!("{place}.when.every")),
            FaultWhen::Permille(chance) => within(chance, 1, 1000, || format!("{place}.when.permille")),
        }?;
        self.fault.check(&format!("{place}.fault"))
    }
}

impl Fault {
    fn check(&self, place: &str) -> Result<(), FaultPlanError> {
        match self {
            Self::Refuse
            | Self::LoseReply
            | Self::ResetWithinRequest { .. }
            | Self::ResetWithinResponse { .. }
            | Self::Truncate { .. }
            | Self::FlipBit { .. } => Ok(()),
            Self::Stall { ms, .. } => within(*ms, 1, MS_MAX, || format!("{place}.stall.ms")),
            Self::StallRequest { ms, .. } => within(*ms, 1, MS_MAX, || format!("{place}.stall_request.ms")),
            Self::Latency { ms } => within(*ms, 1, MS_MAX, || format!("{place}.latency.ms")),
            Self::Trickle { bytes_per_second } => {
                within(*bytes_per_second, 1, u64::MAX, || format!("{place}.trickle.bytes_per_second"))
            }
            Self::Status { code, tos_code, retry_after } => {
                within(*code, 400, 599, || format!("{place}.status.code"))?;
                if !(1..=64).contains(&tos_code.len()) || !tos_code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    let message = "It is 1 to 64 ASCII letters and digits.".to_owned();
                    return Err(FaultPlanError { field: format!("{place}.status.tos_code"), message });
                }
                let (name, seconds) = match retry_after {
                    None => return Ok(()),
                    Some(RetryAfter::Seconds(seconds)) => ("seconds", *seconds),
                    Some(RetryAfter::DateInSeconds(seconds)) => ("date_in_seconds", *seconds),
                };
                within(seconds, 0, RETRY_AFTER_SECONDS_MAX, || format!("{place}.status.retry_after.{name}"))
            }
        }
    }
}

fn within<T: PartialOrd + fmt::Display>(
    value: T,
    min: T,
    max: T,
    field: impl FnOnce() -> String,
) -> Result<(), FaultPlanError> {
    if (&min..=&max).contains(&&value) {
        return Ok(());
    }
    Err(FaultPlanError { field: field(), message: format!("It is {min} to {max}, and not {value}.") })
}

/// The name of a call, or `any`. Looked up while the word is read, so that an error is placed at it.
fn verb_or_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Verb>, D::Error> {
    struct Name;
    impl Visitor<'_> for Name {
        type Value = Option<Verb>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a call, or any")
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
            if name == "any" { Ok(None) } else { Verb::deserialize(name.into_deserializer()).map(Some) }
        }
    }
    deserializer.deserialize_str(Name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn check(json: &str, expected: Result<(), (&str, &str)>) {
        let got = FaultPlan::from_json(json.as_bytes()).map(drop);
        let got = got.as_ref().map_err(|error| (error.field.as_str(), error.message.as_str()));
        match (got, expected) {
            (Ok(()), Ok(())) => {}
            (Err((field, message)), Err((wanted_field, word))) => {
                assert_eq!(field, wanted_field, "{json}: {message}");
                assert!(message.contains(word), "{json}: {message}");
            }
            (got, _) => panic!("{json}: {got:?}"),
        }
    }

    /// A plan of one rule, behind another that is right.
    fn check_rule(rule: &str, expected: Result<(), (&str, &str)>) {
        check(&format!(r#"{{"rules":[{{"when":{{"every":9}},"fault":"refuse"}},{rule}]}}"#), expected);
    }

    #[test]
    fn a_bad_plan_is_told_by_the_field() {
        check("{}", Ok(()));
        check("", Err(("", "JSON")));
        check("[]", Err(("", "not a JSON object")));
        check(r#"{"sede":1}"#, Err(("sede", "unknown field")));
        check(r#"{"seed":-1}"#, Err(("seed", "expected u64")));
        check(r#"{"mbps":0}"#, Err(("mbps", "0.001 to 1000000")));
        check(r#"{"latency_ms":3600001}"#, Err(("latency_ms", "0 to 3600000")));
        check(r#"{"latency_ms":"long"}"#, Err(("latency_ms", "expected u64")));
        check(r#"{"rules":{}}"#, Err(("rules", "expected a sequence")));
        check_rule(r#"{"verb":"any","when":{"nth":1},"fault":"refuse"}"#, Ok(()));
        check_rule(r#"{"when":{"nth":1}}"#, Err(("rules[1]", "missing field `fault`")));
        check_rule(r#"{"when":{"nth":1},"fault":"refuse","verb":"Get"}"#, Err(("rules[1].verb", "`GetObject`")));
        check_rule(r#"{"verb":7,"when":{"nth":1},"fault":"refuse"}"#, Err(("rules[1].verb", "name of a call")));
        check_rule(r#"{"part":10001,"when":{"nth":1},"fault":"refuse"}"#, Err(("rules[1].part", "1 to 10000")));
        check_rule(r#"{"when":{"nth":0},"fault":"refuse"}"#, Err(("rules[1].when.nth", "1 to")));
        check_rule(r#"{"when":{"permille":1001},"fault":"refuse"}"#, Err(("rules[1].when.permille", "1 to 1000")));
        check_rule(r#"{"when":{"often":1},"fault":"refuse"}"#, Err(("rules[1].when.often", "unknown variant")));
        check_rule(r#"{"when":{"nth":1},"fault":"explode"}"#, Err(("rules[1].fault", "unknown variant")));
        check_rule(r#"{"when":{"nth":1},"fault":"stall"}"#, Err(("rules[1].fault", "struct variant")));
        check_rule(
            r#"{"when":{"nth":1},"fault":{"stall":{"after_bytes":1}}}"#,
            Err(("rules[1].fault.stall", "missing field `ms`")),
        );
        check_rule(
            r#"{"when":{"nth":1},"fault":{"stall":{"after_bytes":"1","ms":5}}}"#,
            Err(("rules[1].fault.stall.after_bytes", "expected u64")),
        );
        check_rule(
            r#"{"when":{"nth":1},"fault":{"status":{"code":200,"tos_code":"OK"}}}"#,
            Err(("rules[1].fault.status.code", "400 to 599")),
        );
        check_rule(
            r#"{"when":{"nth":1},"fault":{"status":{"code":503,"tos_code":"a b"}}}"#,
            Err(("rules[1].fault.status.tos_code", "letters")),
        );
        check_rule(
            r#"{"when":{"nth":1},"fault":{"status":{"code":503,"tos_code":"X","retry_after":{"seconds":86401}}}}"#,
            Err(("rules[1].fault.status.retry_after.seconds", "0 to 86400")),
        );
    }

    #[test]
    fn a_plan_survives_its_own_json() {
        let plan = FaultPlan::from_json(include_bytes!("example.json")).unwrap();
        let json = serde_json::to_vec(&plan).unwrap();
        assert_eq!(FaultPlan::from_json(&json).unwrap(), plan);
        let kinds: BTreeSet<String> =
            plan.rules.iter().map(|rule| format!("{:?}", std::mem::discriminant(&rule.fault))).collect();
        assert_eq!(kinds.len(), 11, "the example has one of each fault");
    }
}
