//! PutObjectTagging, GetObjectTagging, DeleteObjectTagging.
//!
//! Tags are kept as the header that they can also come in at an upload.

use std::collections::BTreeSet;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::json_body::{BodyMd5, receive_json};
use crate::object_calls::{find, position, shown_version};
use crate::record::{Attributes, Version};
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route::blocking;
use crate::shared::Shared;

/// The attribute that holds them.
pub(crate) const TAGGING: &str = "x-tos-tagging";

type Tags = Vec<(String, String)>;

/// The tags of an object.
pub(crate) fn tags(attributes: &Attributes) -> Tags {
    attributes.get(TAGGING).map(|text| parse(text)).unwrap_or_default()
}

/// `k1=v1&k2=v2&k3`, each part URL-encoded.
fn parse(text: &str) -> Tags {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect()
}

/// Checks the header of an upload.
pub(crate) fn check_header(call: &Call) -> Result<(), Refusal> {
    call.header(TAGGING).map_or(Ok(()), |text| check(&parse(text)))
}

/// The published rules (protocol notes, section 11.5).
fn check(tags: &Tags) -> Result<(), Refusal> {
    let invalid = |message: &str| Err(Refusal::new(400, "InvalidTag", message));
    let is_allowed = |c: char| c.is_alphanumeric() || " :+-=._/".contains(c);
    if tags.len() > 10 {
        return invalid("An object has at most 10 tags.");
    }
    if tags.iter().map(|(key, _)| key).collect::<BTreeSet<_>>().len() < tags.len() {
        return invalid("Two tags have the same key.");
    }
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            return invalid("A key has 1 to 128 characters, a value at most 256.");
        }
        if !key.chars().chain(value.chars()).all(is_allowed) {
            return invalid("A tag has letters, digits, spaces and : + - = . _ /.");
        }
    }
    Ok(())
}

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let version = find(shared, call).map_err(marker_is_missing)?;
    let tags = tags(&version.facts.attributes);
    if tags.is_empty() && shared.options.behaviour.untagged_status == 404 {
        return Err(Refusal::new(404, "NoSuchTagSet", "The object has no tags."));
    }
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let answer = Answer::json(&json!({"TagSet": {"Tags": tags}}));
    Ok(answer.header_if("x-tos-version-id", shown_version(&bucket, &version)))
}

pub(crate) async fn put(
    shared: &Arc<Shared>,
    call: &Arc<Call>,
    body: &mut Option<RequestBody>,
) -> Result<Answer, Refusal> {
    let body = receive_json(shared, call, body, BodyMd5::Welcome).await?;
    let listed = body["TagSet"]["Tags"].as_array().ok_or_else(|| Refusal::malformed_body("Tags is missing."))?;
    let text = |tag: &Value, name: &str| tag[name].as_str().map(str::to_owned);
    let tags: Option<Tags> =
        listed.iter().map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default()))).collect();
    let tags = tags.ok_or_else(|| Refusal::malformed_body("A tag has no Key."))?;
    check(&tags)?;
    let encode = |(key, value): &(String, String)| {
        format!("{}={}", tos_sign::encode_component(key), tos_sign::encode_component(value))
    };
    set(shared, call, tags.iter().map(encode).collect::<Vec<_>>().join("&"), Answer::ok()).await
}

pub(crate) async fn delete(shared: &Arc<Shared>, call: &Arc<Call>) -> Result<Answer, Refusal> {
    set(shared, call, String::new(), Answer::no_content()).await
}

async fn set(shared: &Arc<Shared>, call: &Arc<Call>, header: String, answer: Answer) -> Result<Answer, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let (shared, call) = (shared.clone(), call.clone());
    blocking(move || {
        let choose = |versions: &[Arc<Version>]| {
            position(&shared, versions, call.filled("versionId")).map_err(marker_is_missing)
        };
        let ((), version) = bucket.change_version(call.key(), choose, |facts| {
            facts.attributes.remove(TAGGING);
            if !header.is_empty() {
                facts.attributes.insert(TAGGING.to_owned(), header);
            }
            Ok(())
        })?;
        Ok(answer.header_if("x-tos-version-id", shown_version(&bucket, &version)))
    })
    .await
}

/// A delete marker has no tags and takes none, and says 404 where other calls say 405.
fn marker_is_missing(refusal: Refusal) -> Refusal {
    if refusal.code == "MethodNotAllowed" { Refusal::no_such_key() } else { refusal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_the_sdks_write_it() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = vec![pair("k 1", "a+b=c"), pair("项目", ""), pair("k3", "")];
        assert_eq!(parse("k+1=a%2Bb%3Dc&%E9%A1%B9%E7%9B%AE=&k3"), expected);
        assert_eq!(parse(""), []);
    }
}
