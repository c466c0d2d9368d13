//! The control call, and which requests the rules of a plan choose.

use serde_json::{Value, json};
use tos_local::{Fault, FaultPlan, FaultRule, FaultWhen, Options, RuleCount, Verb};

use crate::multipart::{create, upload};
use crate::wire::{Practice, Reply, practice, wire};

const PATH: &str = "/__tern/faults";

/// A server that lets clients set faults.
pub(crate) async fn faulty(change: impl FnOnce(&mut Options)) -> Practice {
    practice(|options| {
        options.faults = true;
        change(options);
    })
    .await
}

/// Sets a plan as a client does: unsigned.
pub(crate) async fn set(practice: &Practice, plan: Value) -> Reply {
    practice.request("PUT", PATH).body(plan.to_string()).send_unsigned().await.ok()
}

/// Sets a plan under which every request is struck.
pub(crate) async fn always(practice: &Practice, fault: Value) {
    set(practice, json!({"rules": [{"when": {"every": 1}, "fault": fault}]})).await;
}

pub(crate) async fn report(practice: &Practice) -> Value {
    practice.request("GET", PATH).send_unsigned().await.ok().json()
}

/// The numbers of the requests, from 1, that get a 503 among so many.
async fn struck(practice: &Practice, requests: usize) -> Vec<usize> {
    let mut struck = Vec::new();
    for number in 1..=requests {
        match practice.request("HEAD", "/first").send().await.status {
            503 => struck.push(number),
            status => assert_eq!(status, 200),
        }
    }
    struck
}

fn unavailable(when: Value) -> Value {
    json!({"verb": "HeadBucket", "when": when, "fault": {"status": {"code": 503, "tos_code": "ServiceUnavailable"}}})
}

#[tokio::test]
async fn a_plan_is_set_read_and_cleared_without_a_signature() {
    let practice = faulty(|_| {}).await;
    assert_eq!(report(&practice).await, json!({"plan": null, "rules": []}));
    let plan = json!({"seed": 7, "rules": [unavailable(json!({"first": 2}))]});
    let counts = |matched, struck| json!([{"matched": matched, "struck": struck}]);
    assert_eq!(set(&practice, plan.clone()).await.json(), json!({"plan": plan, "rules": counts(0, 0)}));
    assert_eq!(struck(&practice, 3).await, [1, 2]);
    assert_eq!(report(&practice).await["rules"], counts(3, 2));
    // Set again, it begins anew.
    set(&practice, plan).await;
    assert_eq!(struck(&practice, 3).await, [1, 2]);
    assert_eq!(practice.request("DELETE", PATH).send_unsigned().await.status, 204);
    assert_eq!(struck(&practice, 2).await, Vec::<usize>::new());
    assert_eq!(report(&practice).await["plan"], Value::Null);
    assert_eq!(practice.request("POST", PATH).send_unsigned().await.status, 405);
    // The control call is not a request to TOS.
    assert_eq!(practice.server.stats().requests.keys().collect::<Vec<_>>(), ["HeadBucket"]);
}

#[tokio::test]
async fn a_bad_plan_is_refused_by_the_field_and_changes_nothing() {
    let practice = faulty(|_| {}).await;
    set(&practice, json!({"rules": [unavailable(json!({"every": 2}))]})).await;
    assert_eq!(struck(&practice, 1).await, Vec::<usize>::new());
    for (plan, field) in [
        (r#"{"rules":[{"when":{"every":0},"fault":"refuse"}]}"#, "rules[0].when.every"),
        (r#"{"rules":[{"when":{"nth":1},"fault":{"stall":{"ms":1}}}]}"#, "rules[0].fault.stall"),
        (r#"{"rules":[{"verb":"Fly","when":{"nth":1},"fault":"refuse"}]}"#, "rules[0].verb"),
        (r#"{"speed":1}"#, "speed"),
        ("{", ""),
    ] {
        let reply = practice.request("PUT", PATH).body(plan).send_unsigned().await;
        assert_eq!((reply.status, reply.header("content-type")), (400, "application/json"));
        assert_eq!(reply.json()["field"], field);
        assert!(reply.json()["message"].as_str().unwrap().ends_with('.'), "{}", reply.json());
    }
    let long = practice.request("PUT", PATH).body(vec![b' '; (1 << 20) + 1]).send_unsigned().await;
    assert_eq!(long.status, 400);
    // The next one is the second, as before.
    assert_eq!(struck(&practice, 1).await, [1]);
    assert_eq!(report(&practice).await["rules"], json!([{"matched": 2, "struck": 1}]));
}

#[tokio::test]
async fn without_the_option_the_path_is_an_ordinary_request() {
    let practice = practice(|_| {}).await;
    let plan = json!({"rules": [unavailable(json!({"every": 1}))]}).to_string();
    for method in ["PUT", "GET", "DELETE"] {
        // No bucket has such a name, so at an address this is refused even before its signature is missed.
        let reply = practice.request(method, PATH).body(plan.clone()).send_unsigned().await;
        reply.refused(400, "InvalidBucketName");
        let in_bucket = wire(practice.port(), method, PATH).with(|wire| wire.host = "first.tos.test".into());
        in_bucket.body(plan.clone()).send_unsigned().await.refused(403, "AccessDenied");
    }
    assert_eq!(practice.server.fault_report().plan, None);
    assert_eq!(struck(&practice, 1).await, Vec::<usize>::new());
}

#[tokio::test]
async fn in_a_bucket_the_path_is_a_key_even_with_the_option() {
    let practice = faulty(|_| {}).await;
    let at_bucket = |method| wire(practice.port(), method, PATH).with(|wire| wire.host = "first.tos.test".into());
    at_bucket("PUT").body("an object").send().await.ok();
    assert_eq!(at_bucket("GET").send().await.ok().body, b"an object");
    at_bucket("GET").send_unsigned().await.refused(403, "AccessDenied");
}

#[tokio::test]
async fn rules_choose_by_number() {
    let practice = faulty(|_| {}).await;
    for (when, expected) in [
        (json!({"nth": 3}), vec![3]),
        (json!({"first": 2}), vec![1, 2]),
        (json!({"every": 3}), vec![3, 6]),
        (json!({"permille": 1000}), vec![1, 2, 3, 4, 5, 6, 7]),
    ] {
        set(&practice, json!({"rules": [unavailable(when.clone())]})).await;
        assert_eq!(struck(&practice, 7).await, expected, "{when}");
    }
}

#[tokio::test]
async fn one_seed_strikes_the_same_requests_again_and_another_seed_others() {
    let practice = faulty(|_| {}).await;
    let drawn = async |seed: u64| {
        set(&practice, json!({"seed": seed, "rules": [unavailable(json!({"permille": 400}))]})).await;
        struck(&practice, 50).await
    };
    let once = drawn(1).await;
    assert!(!once.is_empty() && once.len() < 50, "{once:?}");
    assert_eq!(drawn(1).await, once);
    assert_ne!(drawn(2).await, once);
}

#[tokio::test]
async fn the_first_rule_that_strikes_has_the_request_for_itself() {
    let practice = faulty(|_| {}).await;
    let status = |code| json!({"status": {"code": code, "tos_code": "Struck"}});
    let plan = json!({"rules": [
        {"when": {"first": 2}, "fault": status(500)},
        {"verb": "any", "when": {"nth": 1}, "fault": status(501)},
        {"verb": "HeadObject", "when": {"every": 1}, "fault": status(502)},
        {"verb": "HeadBucket", "when": {"every": 2}, "fault": status(503)},
    ]});
    set(&practice, plan).await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(practice.request("HEAD", "/first").send().await.status);
    }
    assert_eq!(seen, [500, 500, 501, 200, 503, 200]);
    let counts: Vec<_> = practice.server.fault_report().rules.iter().map(|rule| (rule.matched, rule.struck)).collect();
    assert_eq!(counts, [(6, 2), (4, 1), (0, 0), (3, 1)]);
}

#[tokio::test]
async fn a_rule_may_want_one_call_one_key_and_one_part() {
    let practice = faulty(|_| {}).await;
    let fault = Fault::Status { code: 500, tos_code: "InternalError".into(), retry_after: None };
    let rule = FaultRule {
        verb: Some(Verb::UploadPart),
        key: Some("a +é".into()),
        part: Some(2),
        when: FaultWhen::Every(1),
        fault,
    };
    let plan = FaultPlan { rules: vec![rule], ..FaultPlan::default() };
    practice.server.set_faults(plan.clone()).unwrap();
    for (path, number, status) in
        [("/first/a +é", 1, 200), ("/first/a +é", 2, 500), ("/first/b", 2, 200), ("/second/a +é", 2, 500)]
    {
        let id = create(&practice, path).await;
        assert_eq!(upload(&practice, path, &id, number, b"x").await.status, status, "{path} {number}");
    }
    let report = practice.server.fault_report();
    assert_eq!((report.plan, report.rules), (Some(plan.clone()), vec![RuleCount { matched: 2, struck: 2 }]));
    let mut bad = plan;
    bad.rules[0].part = Some(0);
    let error = practice.server.set_faults(bad).unwrap_err();
    assert_eq!(error.to_string(), "rules[0].part: It is 1 to 10000, and not 0.");
}
