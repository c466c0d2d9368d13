//! ListObjects (the old form) and ListObjectsV2.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bucket_calls::owner;
use crate::bucket_index::Versions;
use crate::key_listing::{After, Entry, Page, PageQuery, page};
use crate::record::Version;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::shared::Shared;
use crate::times::iso;

pub(crate) fn list_v2(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let token = call.filled("continuation-token");
    let decoded = match token {
        "" => None,
        token => Some(Token::decode(token).ok_or_else(|| {
            Refusal::invalid_argument("The continuation-token is not one that this server gave out.")
        })?),
    };
    let after = match &decoded {
        Some(token) => token.after(),
        None if call.filled("start-after").is_empty() => After::Start,
        None => After::Key(call.filled("start-after")),
    };
    let mut body = listing(shared, call, after)?;
    let next = body.as_object_mut().and_then(|body| body.remove("Last")).unwrap_or_default();
    body["StartAfter"] = encoded(call, call.filled("start-after")).into();
    body["ContinuationToken"] = token.into();
    body["NextContinuationToken"] = next["Token"].as_str().unwrap_or_default().into();
    Ok(Answer::json(&body))
}

pub(crate) fn list_v1(shared: &Shared, call: &Call) -> Result<Answer, Refusal> {
    let marker = call.filled("marker");
    let delimiter = call.filled("delimiter");
    let after = match marker {
        "" => After::Start,
        marker if !delimiter.is_empty() && marker.ends_with(delimiter) => After::CommonPrefix(marker),
        marker => After::Key(marker),
    };
    let mut body = listing(shared, call, after)?;
    let last = body.as_object_mut().and_then(|body| body.remove("Last")).unwrap_or_default();
    body["Marker"] = encoded(call, marker).into();
    body["NextMarker"] = encoded(call, last["Name"].as_str().unwrap_or_default()).into();
    Ok(Answer::json(&body))
}

/// The body that both forms have in common; `Last` names the last entry of a page that is not the last.
fn listing(shared: &Shared, call: &Call, after: After<'_>) -> Result<Value, Refusal> {
    let bucket = shared.bucket(call.bucket_name())?;
    let max_keys = call.page_size("max-keys")?;
    let query =
        PageQuery { prefix: call.filled("prefix"), delimiter: call.filled("delimiter"), after, entries_max: max_keys };
    let keys = bucket.keys();
    let shown = |versions: &Versions| versions.first().is_some_and(|version| !version.facts.delete_marker);
    let Page { entries, truncated } = page(&keys, query, shown);
    let last = entries.last().filter(|_| truncated).map(|entry| match entry {
        Entry::Key(key, _) => json!({"Name": key, "Token": Token::Key((*key).to_owned()).encode()}),
        Entry::CommonPrefix(common) => json!({"Name": common, "Token": Token::CommonPrefix(common.clone()).encode()}),
    });
    let key_count = entries.len();
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Key(key, versions) => {
                contents.extend(versions.first().map(|version| content(shared, call, key, version)))
            }
            Entry::CommonPrefix(common) => common_prefixes.push(json!({"Prefix": encoded(call, &common)})),
        }
    }
    let mut body = json!({
        "Name": call.bucket_name(),
        "Prefix": encoded(call, query.prefix),
        "Delimiter": encoded(call, query.delimiter),
        "MaxKeys": max_keys,
        "KeyCount": key_count,
        "IsTruncated": truncated && last.is_some(),
        "CommonPrefixes": common_prefixes,
        "Contents": contents,
        "Last": last,
    });
    if wants_url_encoding(call) {
        body["EncodingType"] = "url".into();
    }
    Ok(body)
}

/// One object of a listing.
pub(crate) fn content(shared: &Shared, call: &Call, key: &str, version: &Version) -> Value {
    let facts = &version.facts;
    let mut content = json!({
        "Key": encoded(call, key),
        "LastModified": iso(facts.modified_ms),
        "ETag": version.quoted_etag(),
        "Size": facts.size_bytes,
        "StorageClass": facts.storage_class,
        "Type": "Normal",
    });
    if let Some(crc64) = facts.crc64.filter(|_| shared.options.behaviour.crc_headers) {
        content["HashCrc64ecma"] = crc64.to_string().into();
    }
    if says_true(call, "fetch-owner") {
        content["Owner"] = owner();
    }
    if says_true(call, "fetch-meta") {
        let meta = facts.attributes.iter().filter_map(|(name, value)| {
            name.strip_prefix("x-tos-meta-").map(|name| json!({"Key": name, "Value": value}))
        });
        content["UserMeta"] = meta.collect();
    }
    content
}

fn says_true(call: &Call, parameter: &str) -> bool {
    call.filled(parameter).eq_ignore_ascii_case("true")
}

pub(crate) fn wants_url_encoding(call: &Call) -> bool {
    call.filled("encoding-type") == "url"
}

/// A key as a listing shows it: form-encoded if `encoding-type=url` asks for it.
pub(crate) fn encoded(call: &Call, text: &str) -> String {
    if wants_url_encoding(call) { tos_sign::encode_component(text).replace("%20", "+") } else { text.to_owned() }
}

/// Where a listing goes on, opaque to the client.
enum Token {
    Key(String),
    CommonPrefix(String),
}

impl Token {
    fn encode(&self) -> String {
        match self {
            Self::Key(key) => format!("k{}", hex::encode(key)),
            Self::CommonPrefix(common) => format!("p{}", hex::encode(common)),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let name = |text| hex::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text.split_at_checked(1)? {
            ("k", key) => name(key).map(Self::Key),
            ("p", common) => name(common).map(Self::CommonPrefix),
            _ => None,
        }
    }

    fn after(&self) -> After<'_> {
        match self {
            Self::Key(key) => After::Key(key),
            Self::CommonPrefix(common) => After::CommonPrefix(common),
        }
    }
}
