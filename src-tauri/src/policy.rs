//! The policy that lets a key do what was refused to it, as text for whoever gives out rights.
//!
//! It allows what a transfer of that kind needs as a whole and not only what was refused first: a key that may begin
//! an upload and not look at it afterwards would come back to the same list. It reaches no further than the keys have
//! in common.

use std::collections::{BTreeMap, BTreeSet};

use engine::{End, ErrorCode, TransferError, TransferSpec};
use serde_json::json;
use store::ObjectRef;

use crate::dto_list::MissingRight;

/// To write an object and to prove it; names as of [`tos::permission_of`].
const WRITING: [&str; 4] =
    ["tos:AbortMultipartUpload", "tos:GetObject", "tos:ListMultipartUploadParts", "tos:PutObject"];
/// To read one.
const READING: [&str; 1] = ["tos:GetObject"];

/// The right that this failure is about, if it is about one whose name is known.
pub fn missing_right(error: &TransferError) -> Option<MissingRight> {
    if error.code != ErrorCode::Forbidden {
        return None;
    }
    let operation = error.answer.as_ref()?.operation.as_deref()?;
    // A copy reads here and writes there, and the answer does not say which of them was refused.
    if matches!(operation, "CopyObject" | "UploadPartCopy") {
        return None;
    }
    let action = tos::permission_of(operation)?;
    let (bucket, key) = (error.params.get("bucket")?, error.params.get("key")?);
    let resource = format!("{bucket}/{}*", beginning(folder_of(key)));
    Some(MissingRight { actions: vec![action.to_owned()], resource })
}

/// What is to be allowed: for each bucket and set of rights, what the keys have in common.
#[derive(Debug, Default)]
pub struct Policy(BTreeMap<(String, BTreeSet<&'static str>), String>);

impl Policy {
    /// Allows what this transfer needs.
    pub fn allow(&mut self, spec: &TransferSpec) {
        if let End::Object { object, .. } = &spec.source {
            self.allow_on(object, &READING);
        }
        if let End::Object { object, .. } = &spec.target {
            self.allow_on(object, &WRITING);
        }
    }

    fn allow_on(&mut self, object: &ObjectRef, rights: &[&'static str]) {
        let folder = folder_of(&object.key);
        let place = (object.bucket.clone(), rights.iter().copied().collect());
        self.0
            .entry(place)
            .and_modify(|prefix| prefix.truncate(folder_of(common(prefix, folder)).len()))
            .or_insert_with(|| folder.to_owned());
    }

    /// The policy as JSON, one statement for each bucket and set of rights.
    pub fn text(&self) -> String {
        let statements: Vec<_> = self
            .0
            .iter()
            .map(|((bucket, rights), prefix)| {
                let resource = format!("trn:tos:::{bucket}/{}*", beginning(prefix));
                json!({ "Effect": "Allow", "Action": rights, "Resource": [resource] })
            })
            .collect();
        format!("{:#}", json!({ "Statement": statements }))
    }
}

/// Up to and with the last slash.
fn folder_of(key: &str) -> &str {
    key.rfind('/').map_or("", |at| &key[..=at])
}

/// What both begin with.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    &one[..same]
}

/// In a policy `*` and `?` stand for anything: a key that has them is named up to there.
fn beginning(prefix: &str) -> &str {
    prefix.find(['*', '?']).map_or(prefix, |at| &prefix[..at])
}

#[cfg(test)]
mod tests {
    use engine::{Answer, StoreId, TransferOptions};

    use super::*;

    fn object(key: &str) -> End {
        End::object(StoreId("one".into()), ObjectRef::new("media", key))
    }

    fn upload(key: &str) -> TransferSpec {
        TransferSpec { source: End::file("/a"), target: object(key), options: TransferOptions::default() }
    }

    fn resources(policy: &Policy) -> Vec<String> {
        let told: serde_json::Value = serde_json::from_str(&policy.text()).unwrap();
        let statements = told["Statement"].as_array().unwrap();
        statements.iter().map(|one| one["Resource"][0].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn it_reaches_as_far_as_the_keys_have_folders_in_common() {
        let mut policy = Policy::default();
        policy.allow(&upload("photos/2026/a/1.jpg"));
        assert_eq!(resources(&policy), ["trn:tos:::media/photos/2026/a/*"]);
        policy.allow(&upload("photos/2026/ab/2.jpg"));
        assert_eq!(resources(&policy), ["trn:tos:::media/photos/2026/*"]);
        policy.allow(&upload("照片/3.jpg"));
        assert_eq!(resources(&policy), ["trn:tos:::media/*"]);
    }

    #[test]
    fn a_copy_reads_here_and_writes_there_and_a_star_in_a_key_is_no_pattern() {
        let mut policy = Policy::default();
        let spec = TransferSpec { source: object("from/x"), ..upload("to/*odd/x") };
        policy.allow(&spec);
        let told: serde_json::Value = serde_json::from_str(&policy.text()).unwrap();
        let rights = |of: &str| {
            let is_it = |one: &&serde_json::Value| one["Resource"][0] == format!("trn:tos:::media/{of}*");
            told["Statement"].as_array().unwrap().iter().find(is_it).unwrap()["Action"].clone()
        };
        assert_eq!(rights("from/"), json!(READING));
        assert_eq!(rights("to/"), json!(WRITING));
    }

    #[test]
    fn only_a_refusal_of_a_known_verb_names_a_right() {
        let mut error = TransferError::new(ErrorCode::Forbidden).with("bucket", "media").with("key", "in/a.jpg");
        assert_eq!(missing_right(&error), None);
        let operation = Some("CreateMultipartUpload".to_owned());
        error.answer = Some(Box::new(Answer { operation, ..Answer::default() }));
        let right = missing_right(&error).unwrap();
        assert_eq!((right.actions, right.resource.as_str()), (vec!["tos:PutObject".to_owned()], "media/in/*"));
        error.answer.as_mut().unwrap().operation = Some("UploadPartCopy".to_owned());
        assert_eq!(missing_right(&error), None, "it may be the source");
        error.code = ErrorCode::Network;
        assert_eq!(missing_right(&error), None);
    }
}
