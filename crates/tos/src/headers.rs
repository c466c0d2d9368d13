//! Settings and facts of objects, to and from headers.
//!
//! Names and values of user metadata are percent-encoded, so that any text survives; they are form-decoded when read,
//! since some SDKs write a space as `+` (protocol.md, section 3). Of `Content-Disposition` only the value of `filename`
//! is encoded.

use std::collections::BTreeMap;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use reqwest::header::HeaderMap;
use store::{Crc64, ETag, ObjectDetails, ObjectSettings, VersionId};
use tos_sign::encode_component;

const META: &str = "x-tos-meta-";

/// What a file name may not have raw: `%` and `+` would be decoded, and what is not ASCII cannot be sent.
const FILE_NAME: &AsciiSet = &CONTROLS.add(b'%').add(b'+');

/// The headers that say what `settings` say.
pub(crate) fn of_settings(settings: &ObjectSettings) -> Vec<(String, String)> {
    let disposition = settings.content_disposition.as_deref().map(|text| map_file_name(text, encode_file_name));
    let plain = [
        ("content-type", settings.content_type.clone()),
        ("cache-control", settings.cache_control.clone()),
        ("content-disposition", disposition),
        ("content-encoding", settings.content_encoding.clone()),
        ("content-language", settings.content_language.clone()),
        ("expires", settings.expires.clone()),
        ("x-tos-storage-class", settings.storage_class.clone()),
        ("x-tos-acl", settings.acl.clone()),
    ];
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let metadata = settings.metadata.iter().map(|(name, value)| {
        (format!("{META}{}", encode_component(&name.to_ascii_lowercase())), encode_component(value))
    });
    plain.chain(metadata).collect()
}

/// The settings that headers tell.
pub(crate) fn settings(headers: &HeaderMap) -> ObjectSettings {
    let mut metadata = BTreeMap::new();
    for (name, value) in headers {
        if let Some(name) = name.as_str().strip_prefix(META) {
            metadata.insert(form_decode(name), form_decode(&String::from_utf8_lossy(value.as_bytes())));
        }
    }
    ObjectSettings {
        content_type: text(headers, "content-type"),
        cache_control: text(headers, "cache-control"),
        content_disposition: text(headers, "content-disposition").map(|text| map_file_name(&text, decode_file_name)),
        content_encoding: text(headers, "content-encoding"),
        content_language: text(headers, "content-language"),
        expires: text(headers, "expires"),
        storage_class: text(headers, "x-tos-storage-class"),
        acl: None,
        metadata,
    }
}

/// The facts of an object, but for its size; `None` without an ETag, which every object has.
pub(crate) fn details(headers: &HeaderMap, size_bytes: u64) -> Option<ObjectDetails> {
    Some(ObjectDetails {
        size_bytes,
        etag: etag(headers)?,
        crc64: crc64(headers),
        modified: text(headers, "last-modified").and_then(|text| httpdate::parse_http_date(&text).ok()),
        version: version(headers),
        settings: settings(headers),
        object_type: text(headers, "x-tos-object-type"),
        restore: text(headers, "x-tos-restore"),
        request_id: text(headers, "x-tos-request-id"),
    })
}

pub(crate) fn etag(headers: &HeaderMap) -> Option<ETag> {
    text(headers, "etag").map(ETag::new).filter(|etag| !etag.as_str().is_empty())
}

pub(crate) fn crc64(headers: &HeaderMap) -> Option<Crc64> {
    text(headers, "x-tos-hash-crc64ecma")?.parse().ok()
}

pub(crate) fn version(headers: &HeaderMap) -> Option<VersionId> {
    text(headers, "x-tos-version-id").map(VersionId)
}

/// A tag as `If-Match` and Complete write it.
pub(crate) fn quoted(etag: &ETag) -> String {
    format!("\"{etag}\"")
}

/// The moment of an ISO 8601 text in a listing; `None` before 1970, which not every system can count.
pub(crate) fn iso_time(text: &str) -> Option<SystemTime> {
    let parsed = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    (parsed.unix_timestamp() >= 0).then(|| parsed.into())
}

/// A header's text; `None` if it is missing or empty. A value that is not UTF-8 is read as far as it goes.
pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes()).trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn form_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn encode_file_name(name: &str) -> String {
    utf8_percent_encode(name, FILE_NAME).to_string()
}

fn decode_file_name(name: &str) -> String {
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// Applies `change` to the value of `filename=` (not of `filename*=`, which has an encoding of its own).
fn map_file_name(disposition: &str, change: fn(&str) -> String) -> String {
    const NAME: &str = "filename=";
    let Some(start) = disposition.to_ascii_lowercase().find(NAME).map(|at| at + NAME.len()) else {
        return disposition.to_owned();
    };
    let (before, value) = disposition.split_at(start);
    let (open, value) = value.strip_prefix('"').map_or(("", value), |inner| ("\"", inner));
    let end = if open.is_empty() { value.find(';') } else { closing_quote(value) }.unwrap_or(value.len());
    let (name, after) = value.split_at(end);
    format!("{before}{open}{}{after}", change(name))
}

/// Where the quote ends; a backslash protects the character behind it.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(String, String)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn settings_survive_the_way_there_and_back() {
        let settings_in = ObjectSettings {
            content_type: Some("text/plain".into()),
            content_disposition: Some("attachment; filename=\"中文 50% a+b.txt\"; size=3".into()),
            storage_class: Some("IA".into()),
            metadata: [("名", "值 x"), ("k1", "a  b:+%"), ("Upper", "v")]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .into(),
            ..ObjectSettings::default()
        };
        let sent = of_settings(&settings_in);
        let find = |name: &str| sent.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        // As in the capture 08_put_object_all_headers of the Python SDK.
        assert_eq!(find("x-tos-meta-%E5%90%8D"), Some("%E5%80%BC%20x"));
        assert_eq!(
            find("content-disposition"),
            Some("attachment; filename=\"%E4%B8%AD%E6%96%87 50%25 a%2Bb.txt\"; size=3")
        );

        let mut expected = settings_in;
        let value = expected.metadata.remove("Upper").unwrap();
        expected.metadata.insert("upper".into(), value);
        assert_eq!(settings(&headers(&sent)), expected);
    }

    #[test]
    fn what_other_programs_wrote_is_understood() {
        let pairs = [
            ("x-tos-meta-a", "one+two%2Bthree"),
            ("content-disposition", "attachment; filename=%E4%B8%AD.txt; x=1"),
            ("x-tos-hash-crc64ecma", "18446744073709551615"),
            ("etag", "\"abc\""),
            ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("x-tos-object-type", ""),
        ];
        let map = headers(&pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
        let found = details(&map, 5).unwrap();
        assert_eq!(found.settings.metadata["a"], "one two+three");
        assert_eq!(found.settings.content_disposition.as_deref(), Some("attachment; filename=中.txt; x=1"));
        assert_eq!(found.crc64, Some(Crc64(u64::MAX)));
        assert_eq!(found.etag.as_str(), "abc");
        assert!(found.modified.is_some());
        assert_eq!(found.object_type, None);
        assert_eq!(details(&HeaderMap::new(), 5), None);
    }

    #[test]
    fn only_the_file_name_of_a_disposition_is_touched() {
        for (plain, encoded) in [
            ("inline", "inline"),
            ("attachment; filename=a b", "attachment; filename=a b"),
            ("attachment; filename=\"a\\\"+b\"; y", "attachment; filename=\"a\\\"%2Bb\"; y"),
            ("attachment; FILENAME=\"é", "attachment; FILENAME=\"%C3%A9"),
            ("attachment; filename*=UTF-8''%E4", "attachment; filename*=UTF-8''%E4"),
        ] {
            assert_eq!(map_file_name(plain, encode_file_name), encoded);
            assert_eq!(map_file_name(encoded, decode_file_name), plain);
        }
    }

    #[test]
    fn times_of_listings_are_read() {
        let expected = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_767_323_045_250);
        assert_eq!(iso_time("2026-01-02T03:04:05.250Z"), Some(expected));
        assert_eq!(iso_time("yesterday"), None);
        assert_eq!(iso_time("0001-01-01T00:00:00Z"), None);
    }
}
