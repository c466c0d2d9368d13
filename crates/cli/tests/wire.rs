//! Every fault on the wire, for every kind of transfer: the program against a server that misbehaves by a plan.
//!
//! Each transfer has to end well by itself: byte-equal and verified, with nothing left open and no part sent more often
//! than it was struck. Then a random mix, for as long as `TERN_WIRE_SECONDS` says.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tos_local::{FaultPlan, FaultReport};

use crate::support::{MIB, World, assert_same_bytes, finish, json_lines};

const PART: usize = 5 * MIB;
const SIZE: usize = 2 * PART + 12_345;
const PARTS: u64 = 3;

/// A direction, with the calls that it makes and those among them that move a part.
struct Kind {
    name: &'static str,
    calls: &'static [&'static str],
    moves: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "upload",
        calls: &["HeadObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"],
        moves: "UploadPart",
    },
    Kind { name: "download", calls: &["HeadObject", "GetObject"], moves: "GetObject" },
    Kind {
        name: "copy",
        calls: &["HeadObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"],
        moves: "UploadPartCopy",
    },
    Kind {
        name: "relay",
        calls: &["HeadObject", "CreateMultipartUpload", "GetObject", "UploadPart", "CompleteMultipartUpload"],
        moves: "UploadPart",
    },
];

/// Every fault, as the plan words it.
fn faults() -> Vec<Value> {
    vec![
        json!("refuse"),
        json!("lose_reply"),
        json!({"reset_within_request": {"after_bytes": 100_000}}),
        json!({"reset_within_response": {"after_bytes": 100_000}}),
        json!({"truncate": {"after_bytes": 100_000}}),
        json!({"stall": {"after_bytes": 100_000, "ms": 300}}),
        json!({"stall_request": {"after_bytes": 100_000, "ms": 300}}),
        json!({"trickle": {"bytes_per_second": 4_000_000}}),
        json!({"status": {"code": 503, "tos_code": "ExceedRateLimit", "retry_after": {"seconds": 1}}}),
        json!({"status": {"code": 429, "tos_code": "ExceedQPSLimit", "retry_after": {"date_in_seconds": 1}}}),
        json!({"status": {"code": 500, "tos_code": "InternalError"}}),
        json!({"status": {"code": 403, "tos_code": "RequestTimeTooSkewed"}}),
        json!({"flip_bit": {"at_byte": 77}}),
        json!({"latency": {"ms": 100}}),
    ]
}

/// A world with a source at both ends.
struct Stage {
    world: World,
    file: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let file = world.file("source", SIZE, 7);
        world.done(&["cp", "source", "tos://first/source", "--part-size", "5MiB"]);
        Self { world, file }
    }

    fn words(kind: &str) -> Vec<&'static str> {
        let ends: &[&str] = match kind {
            "upload" => &["source", "tos://second/target"],
            "download" => &["tos://first/source", "target"],
            "copy" => &["tos://first/source", "tos://second/target"],
            _ => &["tos://first/source", "tos://second/target", "--via", "relay"],
        };
        [&["cp"], ends, &["--part-size", "5MiB", "--parallel", "2", "--json"]].concat()
    }

    /// Runs the transfer under a plan; returns its summary, and how often each rule has struck.
    fn play(&self, kind: &Kind, plan: &Value) -> (Value, FaultReport) {
        let plan = FaultPlan::from_json(plan.to_string().as_bytes()).unwrap();
        self.world.server.set_faults(plan.clone()).unwrap();
        let mut said = finish(self.world.cli(Self::words(kind.name)));
        // The program gives up after some failures in a row; whoever runs it again goes on.
        for _ in 0..5 {
            if said.code == Some(0) {
                break;
            }
            said = finish(self.world.cli(Self::words(kind.name)));
        }
        let report = self.world.server.fault_report();
        self.world.server.clear_faults();
        assert_eq!(said.code, Some(0), "{} under {plan:?}: {said:?}", kind.name);
        (json_lines(&said.stdout).pop().unwrap(), report)
    }

    /// Byte-equal, and nothing left anywhere.
    fn assert_well(&self, kind: &Kind, what: &str) {
        if kind.name == "download" {
            assert_same_bytes(&self.world.path("target"), &self.file);
            assert!(!self.world.path("target.tern-part").exists(), "{what}");
            std::fs::remove_file(self.world.path("target")).unwrap();
        } else {
            self.world.assert_object_is("tos://second/target", &self.file);
            // What the server would not let go of, by its plan, is at least known; the server's own abort clears it away.
            for upload in self.world.uploads("second") {
                assert!(upload["left_behind_by"].is_number(), "{what}: {upload}");
                let id = upload["upload_id"].as_str().unwrap();
                self.world.done(&["uploads", "abort", "tos://second/target", id]);
            }
            self.world.done(&["rm", "tos://second/target"]);
        }
    }

    fn every_fault(&self, kind: &Kind) {
        for call in kind.calls {
            for fault in faults() {
                let flips = fault.get("flip_bit").is_some();
                if flips && !["UploadPart", "GetObject"].contains(call) {
                    continue; // an answer without a body of the object has no checksum; TLS is what protects it
                }
                let what = format!("{}: {call} struck by {fault}", kind.name);
                let plan = json!({"rules": [{"verb": call, "when": {"first": 2}, "fault": fault}]});
                let (summary, report) = self.play(kind, &plan);
                assert_eq!(summary["verified"], true, "{what}");
                let struck = report.rules[0].struck;
                assert!(struck > 0, "{what}: it never was");
                // A range has no checksum: that a bit of it flipped shows only in the whole, and then all is moved again.
                let again = match *call {
                    "GetObject" if flips => struck * PARTS,
                    call if call == kind.moves || call == "GetObject" => struck,
                    _ => 0,
                };
                let sent = summary["parts_sent"].as_u64().unwrap();
                assert!(sent <= PARTS + again, "{what}: {sent} parts were sent");
                self.assert_well(kind, &what);
            }
        }
    }

    fn random_mix(&self, kind: &Kind) {
        let seconds = std::env::var("TERN_WIRE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
        let until = Instant::now() + Duration::from_secs(seconds);
        let first = std::env::var("TERN_WIRE_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        let mut seed: u64 = first;
        while seed == first || Instant::now() < until {
            let rule = |fault: Value| match fault.get("flip_bit") {
                Some(_) if kind.name == "copy" => None, // no bytes of the object pass
                Some(_) => Some(json!({"verb": kind.moves, "when": {"permille": 25}, "fault": fault})),
                None => Some(json!({"when": {"permille": 25}, "fault": fault})),
            };
            let rules: Vec<Value> = faults().into_iter().filter_map(rule).collect();
            let plan = json!({"seed": seed, "rules": rules});
            let (summary, _) = self.play(kind, &plan);
            assert_eq!(summary["verified"], true, "{} under the mix of seed {seed}", kind.name);
            self.assert_well(kind, &format!("{} under the mix of seed {seed}", kind.name));
            seed += 1;
        }
    }
}

fn check(kind: &Kind) {
    let stage = Stage::new();
    stage.every_fault(kind);
    stage.random_mix(kind);
}

#[test]
fn an_upload_survives_every_fault_on_the_wire() {
    check(&KINDS[0]);
}

#[test]
fn a_download_survives_every_fault_on_the_wire() {
    check(&KINDS[1]);
}

#[test]
fn a_copy_survives_every_fault_on_the_wire() {
    check(&KINDS[2]);
}

#[test]
fn a_relayed_copy_survives_every_fault_on_the_wire() {
    check(&KINDS[3]);
}
