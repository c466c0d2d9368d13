//! The lines of `--json`: what scripts rely on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{MIB, World};

fn kinds(lines: &[Value]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for line in lines {
        *counted.entry(line["type"].as_str().expect("every line has a type").to_owned()).or_default() += 1;
    }
    counted
}

fn is_decimal(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn every_event_is_a_line_and_the_summary_is_the_last() {
    let world = World::new();
    world.file("source", 11 * MIB, 1);
    for (words, begun, part, published) in [
        (
            ["cp", "source", "tos://first/key"],
            "CreateMultipartUploadSucceed",
            "UploadPartSucceed",
            "CompleteMultipartUploadSucceed",
        ),
        (["cp", "tos://first/key", "back"], "CreateTempFileSucceed", "DownloadPartSucceed", "RenameTempFileSucceed"),
        (
            ["cp", "tos://first/key", "tos://second/key"],
            "CreateMultipartUploadSucceed",
            "UploadPartCopySucceed",
            "CompleteMultipartUploadSucceed",
        ),
    ] {
        let lines = world.done_json(&[&words[..], &["--part-size", "5MiB"]].concat());
        let counted = kinds(&lines);
        for (kind, count) in
            [(begun, 1), (part, 3), (published, 1), ("DataTransferStarted", 1), ("DataTransferSucceed", 1)]
        {
            assert_eq!(counted.get(kind), Some(&count), "{words:?}: {kind} in {counted:?}");
        }
        let mut before = 0;
        for line in lines.iter().filter(|line| line["type"].as_str().unwrap().starts_with("DataTransfer")) {
            let consumed = line["consumed_bytes"].as_u64().unwrap();
            assert!((before..=11 * MIB as u64).contains(&consumed), "{words:?}: {consumed} after {before}");
            assert_eq!(line["total_bytes"], 11 * MIB);
            before = consumed;
        }
        for line in &lines[..lines.len() - 1] {
            assert!(line["from"].is_string() && line["to"].is_string(), "{line}");
            assert!(line["transfer"].is_u64(), "{line}");
        }
        for line in lines.iter().filter(|line| line["type"] == "UploadPartSucceed") {
            assert!(is_decimal(&line["part"]["crc64"]), "{line}");
        }
        let summary = lines.last().unwrap();
        assert_eq!(summary["type"], "summary");
        assert_eq!(summary["bytes"], 11 * MIB);
        assert_eq!((&summary["parts_sent"], &summary["parts_reused"]), (&3.into(), &0.into()));
        assert_eq!(summary["retries"], 0);
        assert!(summary["seconds"].as_f64().unwrap() > 0.0);
        assert!(is_decimal(&summary["crc64"]), "{summary}");
        assert_eq!(summary["transfers"][0]["to"], words[2].replace("back", world.path("back").to_str().unwrap()));
    }
}

#[test]
fn a_failure_is_a_line_too() {
    let world = World::new();
    let said = world.run(&["cp", "tos://first/nothing", "back", "--json"]);
    assert_eq!(said.code, Some(1));
    let lines = crate::support::json_lines(&said.stdout);
    let failed = lines.iter().find(|line| line["phase"] == "failed").unwrap();
    assert_eq!(failed["error"]["code"], "object_not_found");
    let summary = lines.last().unwrap();
    assert_eq!(summary["failed"], 1);
    assert_eq!(summary["verified"], false);
    assert_eq!(summary["transfers"][0]["error"]["answer"]["status"], 404);
    assert!(said.stderr.contains("There is no object tos://first/nothing"), "{said:?}");
    assert!(said.stderr.contains("request id:"), "{said:?}");
}
