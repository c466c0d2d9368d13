//! The JSON: what goes in comes out, and what was changed on the way is noticed.

use proptest::prelude::*;
use receipt::{Receipt, ReceiptError};
use serde_json::Value;

use crate::made::{example, receipt};

fn parse(value: &Value) -> Result<Receipt, ReceiptError> {
    Receipt::parse(&serde_json::to_vec(value).unwrap())
}

/// Every path to a value that is no container, and to every container, but not to the whole.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let path = format!("{at}/{name}");
        places(child, &path, found);
        found.push(path);
    }
}

/// Something else of the same kind.
fn changed(value: &Value) -> Value {
    match value {
        Value::Null => Value::from("x"),
        Value::Bool(value) => Value::from(!value),
        Value::Number(number) => Value::from(number.as_u64().unwrap() + 1),
        Value::String(text) if text.ends_with('7') => Value::from(format!("{}8", &text[..text.len() - 1])),
        Value::String(text) => Value::from(format!("{text}7")),
        Value::Array(values) => Value::from(values[1..].to_vec()),
        Value::Object(_) => Value::Null,
    }
}

#[test]
fn a_change_of_any_single_field_is_noticed() {
    let whole: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    assert_eq!(parse(&whole).unwrap(), example());
    let mut paths = Vec::new();
    places(&whole, "", &mut paths);
    assert!(paths.len() > 80, "both ends of both entries are among them: {paths:?}");
    for path in paths {
        let mut altered = whole.clone();
        let place = altered.pointer_mut(&path).unwrap();
        *place = changed(place);
        let error = parse(&altered).expect_err(&path);
        let by_its_words = matches!(path.as_str(), "/format" | "/version");
        assert!(matches!(error, ReceiptError::RootDiffers { .. }) != by_its_words, "{path}: {error}");

        let mut without = whole.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        match without.pointer_mut(parent).unwrap() {
            Value::Object(fields) => drop(fields.remove(name)),
            Value::Array(values) => drop(values.remove(name.parse().unwrap())),
            _ => unreachable!(),
        }
        parse(&without).expect_err(&path);
    }
}

#[test]
fn what_is_added_or_exchanged_is_noticed() {
    let whole: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    let check = |change: &dyn Fn(&mut Value)| {
        let mut altered = whole.clone();
        change(&mut altered);
        assert!(matches!(parse(&altered), Err(ReceiptError::RootDiffers { .. })), "{altered}");
    };
    check(&|receipt| receipt["note"] = "x".into());
    check(&|receipt| receipt["entries"][0]["note"] = "x".into());
    check(&|receipt| receipt["entries"].as_array_mut().unwrap().swap(0, 1));
    check(&|receipt| {
        let first = receipt["entries"][0].clone();
        receipt["entries"].as_array_mut().unwrap().push(first);
    });
    check(&|receipt| receipt["entries"][0]["retries"] = 2.5.into());
}

#[test]
fn what_is_no_receipt_is_told_apart_from_what_was_changed() {
    let json = example().to_json().unwrap();
    let cut = &json.as_bytes()[..json.len() / 2];
    assert!(matches!(Receipt::parse(cut), Err(ReceiptError::NotJson(_))));
    for other in ["{}", "[]", "7", r#"{"format":"tern-receipt"}"#, r#"{"format":"x","version":1}"#] {
        assert!(matches!(Receipt::parse(other.as_bytes()), Err(ReceiptError::NotAReceipt)), "{other}");
    }
    let newer = json.replace("\"version\": 1,", "\"version\": 2,");
    assert!(matches!(Receipt::parse(newer.as_bytes()), Err(ReceiptError::Newer { found: 2 })));
    let deep = format!(r#"{{"format":"tern-receipt","version":1,"entries":{}"#, "[".repeat(100_000));
    assert!(matches!(Receipt::parse(deep.as_bytes()), Err(ReceiptError::NotJson(_))));
}

#[test]
fn what_a_later_tern_adds_to_this_version_is_let_be() {
    let mut later: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    later["note"] = "x".into();
    let Err(ReceiptError::RootDiffers { computed, .. }) = parse(&later) else { panic!("it was taken as it is") };
    later["root_sha256"] = computed.into();
    assert_eq!(parse(&later).unwrap(), example());
}

#[test]
fn large_numbers_survive_other_languages() {
    let whole: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    let entry = &whole["entries"][0];
    assert_eq!(entry["source_crc64"], "18446744073709551615", "a checksum is a decimal string, as TOS writes it");
    assert_eq!(entry["size_bytes"], 55_000_000, "a size is a number");
    assert_eq!(entry["times"]["added"], "2026-11-22T05:08:19.007Z");
    assert_eq!(whole["format"], "tern-receipt");
    assert_eq!(whole["version"], 1);
}

/// The program in the documentation, run as a stranger would.
#[cfg(unix)]
fn by_python(json: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    std::fs::write(&file, json).unwrap();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/root.py");
    let output = std::process::Command::new("python3").arg(program).arg(&file).output().expect("python3 is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[cfg(unix)]
#[test]
fn a_stranger_computes_the_same_root() {
    let mut odd = example();
    odd.product = (0..0x300_u32).chain([0xd7ff, 0xfffe, 0x1f600]).filter_map(char::from_u32).collect();
    for receipt in [example(), odd, Receipt { entries: Vec::new(), ..example() }] {
        let expected = format!("{} as recorded", receipt.root().unwrap());
        assert_eq!(by_python(&receipt.to_json().unwrap()), expected);
    }
    let altered = example().to_json().unwrap().replace("55000000", "55000001");
    assert!(by_python(&altered).contains("but recorded is"));
}

proptest! {
    #[test]
    fn any_receipt_is_read_as_it_was_written(receipt in receipt()) {
        let json = receipt.to_json().unwrap();
        prop_assert_eq!(Receipt::parse(json.as_bytes()).unwrap(), receipt.clone());
        let root = receipt.root().unwrap().to_string();
        let end = format!("\"root_sha256\": \"{root}\"\n}}\n");
        prop_assert!(json.ends_with(&end));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
        prop_assert!(Receipt::parse(&bytes).is_err());
    }

    #[test]
    fn a_receipt_with_a_byte_changed_is_read_as_it_was_or_not_at_all(at in 0_usize..4000, byte: u8) {
        let json = example().to_json().unwrap();
        let mut bytes = json.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        // White space between values is no part of what is said.
        if let Ok(receipt) = Receipt::parse(&bytes) {
            prop_assert_eq!(receipt, example());
        }
    }
}
