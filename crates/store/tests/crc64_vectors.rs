//! CRC-64 values, combinations and continuations as the official SDKs compute them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is how a test fails")]

use serde_json::Value;
use store::{Crc64, Crc64Combiner, Crc64Hasher};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/crc64.json")).unwrap()
}

fn crc(value: &Value) -> Crc64 {
    value.as_str().unwrap().parse().unwrap()
}

fn bytes(hex_text: &str) -> Vec<u8> {
    hex::decode(hex_text).unwrap()
}

#[test]
fn every_value_is_that_of_the_sdks() {
    let vectors = vectors();
    let values = vectors["values"].as_array().unwrap();
    assert!(!values.is_empty());
    for value in values {
        let bytes = bytes(value["bytes_hex"].as_str().unwrap());
        assert_eq!(bytes.len() as u64, value["len"].as_u64().unwrap());
        let ours = Crc64::of(&bytes);
        assert_eq!(ours, crc(&value["crc64"]));
        assert_eq!(ours.to_string(), value["crc64"].as_str().unwrap());
        assert_eq!(format!("{:016x}", ours.0), value["crc64_hex"].as_str().unwrap());
    }
}

#[test]
fn every_chain_of_parts_combines_to_the_value_of_the_whole() {
    let vectors = vectors();
    let chains = vectors["combine"].as_array().unwrap();
    assert!(!chains.is_empty());
    for chain in chains {
        let mut combiner = Crc64Combiner::default();
        let mut total = Crc64::EMPTY;
        for part in chain["parts"].as_array().unwrap() {
            let (part_crc, len) = (crc(&part["crc64"]), part["len"].as_u64().unwrap());
            assert_eq!(total.combine(part_crc, len), crc(&part["acc_after"]), "{}", chain["name"]);
            total = combiner.combine(total, part_crc, len);
            assert_eq!(total, crc(&part["acc_after"]), "{}", chain["name"]);
        }
        assert_eq!(total, crc(&chain["whole"]), "{}", chain["name"]);
    }
}

#[test]
fn a_checksum_goes_on_over_more_bytes() {
    let vectors = vectors();
    let case = &vectors["continuing"];
    let mut hasher = Crc64Hasher::new();
    hasher.update(case["first"].as_str().unwrap().as_bytes());
    let _ = hasher.finish();
    hasher.update(case["second"].as_str().unwrap().as_bytes());
    assert_eq!(hasher.finish(), crc(&case["whole"]));
    assert_eq!(crc(&case["result"]), crc(&case["whole"]));
}
