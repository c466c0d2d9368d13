//! The canonical request: the one text that client and server must both arrive at.

use crate::{EMPTY_SHA256, encode_component, encode_path};

/// A request as the signature sees it: everything decoded, nothing escaped.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method in capitals.
    pub method: &'a str,
    /// The value of the `Host` header, with the port if it is not the scheme's own.
    pub host: &'a str,
    /// The path before percent-encoding, with its leading `/`; with path-style addressing it starts with the bucket.
    pub path: &'a str,
    /// The parameters before percent-encoding, in any order; a bare name such as `uploads` has an empty value.
    pub query: &'a [(String, String)],
    /// All headers, names in any case. A `host` among them is ignored in favour of [`Request::host`].
    pub headers: &'a [(String, String)],
}

impl Request<'_> {
    /// The value of a header, if it is there; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }
}

/// How header values enter the canonical request. The SDKs differ, and a server has to take both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spaces {
    /// Trimmed at both ends; what this crate sends.
    Kept,
    /// Trimmed, and inner runs of white space made one space, as the Go SDK does.
    Collapsed,
}

/// Whether a header (lower-case name) takes part in the header signature: `host`, `content-type` and all `x-tos…`.
pub fn is_signed_header(name: &str) -> bool {
    name == "host" || name == "content-type" || name.starts_with("x-tos")
}

/// The sorted lower-case names of the headers that the header form signs.
pub fn signed_header_names(request: &Request<'_>) -> Vec<String> {
    names_where(request, is_signed_header)
}

pub(crate) fn names_where(request: &Request<'_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.retain(|name| name != "host" && wanted(name));
    names.push("host".to_owned());
    names.sort_unstable();
    names.dedup();
    names
}

/// The last line of the canonical request: the `x-tos-content-sha256` header, or the hash of nothing.
pub fn payload_hash<'a>(request: &'a Request<'_>) -> &'a str {
    request.header("x-tos-content-sha256").unwrap_or(EMPTY_SHA256)
}

/// The canonical query: sorted by name, both sides encoded, always with `=`; `X-Tos-Signature` in any case left out.
pub fn canonical_query(query: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> =
        query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("x-tos-signature")).collect();
    pairs.sort();
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode_component(name), encode_component(value))).collect();
    encoded.join("&")
}

/// The canonical request over the headers named in `signed_headers` (sorted, lower case) and `payload_hash`.
pub fn canonical_request(request: &Request<'_>, signed_headers: &[String], payload_hash: &str) -> String {
    canonical_request_with(request, signed_headers, payload_hash, Spaces::Kept)
}

pub(crate) fn canonical_request_with(
    request: &Request<'_>,
    signed_headers: &[String],
    payload_hash: &str,
    spaces: Spaces,
) -> String {
    let path = if request.path.is_empty() { "/" } else { request.path };
    let mut text = format!("{}\n{}\n{}\n", request.method, encode_path(path), canonical_query(request.query));
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        push_value(&mut text, request, name, spaces);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&signed_headers.join(";"));
    text.push('\n');
    text.push_str(payload_hash);
    text
}

/// A header that was sent several times counts as one with its values joined by commas, as HTTP has it.
fn push_value(text: &mut String, request: &Request<'_>, name: &str, spaces: Spaces) {
    if name == "host" {
        text.push_str(request.host);
        return;
    }
    let mut first = true;
    for (_, value) in request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
        if !first {
            text.push(',');
        }
        first = false;
        match spaces {
            Spaces::Kept => text.push_str(value.trim()),
            Spaces::Collapsed => text.push_str(&value.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}
