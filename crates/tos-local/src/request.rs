//! What a request asks for: where its bucket and key are written, and its parts decoded once.

use std::net::IpAddr;

use hyper::Method;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::Options;
use crate::refusal::Refusal;

/// A request without its body.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The `Host` header as it was sent and signed.
    pub(crate) host: String,
    /// Decoded, with the bucket in front in path style; this is what is signed.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) target: Target,
    /// The region of the signature; empty until the request is authenticated.
    pub(crate) region: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Service,
    Bucket(String),
    Object { bucket: String, key: String },
}

impl Call {
    pub(crate) fn parse(parts: &Parts, options: &Options) -> Result<Self, Refusal> {
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let host_header = headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.clone());
        let host = host_header
            .or_else(|| parts.uri.authority().map(ToString::to_string))
            .ok_or_else(|| Refusal::invalid_argument("The Host header is missing."))?;
        let invalid_path = |_| Refusal::new(400, "InvalidKey", "The path is not percent-encoded UTF-8.");
        let path = percent_decode_str(parts.uri.path()).decode_utf8().map_err(invalid_path)?.into_owned();
        let query = parse_query(parts.uri.query().unwrap_or_default())?;
        let target = address(&host, &path, options)?;
        Ok(Self { method: parts.method.clone(), host, path, query, headers, target, region: String::new() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A parameter, where missing and empty are the same.
    pub(crate) fn filled(&self, name: &str) -> &str {
        self.parameter(name).unwrap_or_default()
    }

    pub(crate) fn has(&self, parameter: &str) -> bool {
        self.parameter(parameter).is_some()
    }

    /// A page size: 1 to 1000, the default; larger ones are cut.
    pub(crate) fn page_size(&self, parameter: &str) -> Result<usize, Refusal> {
        match self.filled(parameter) {
            "" => Ok(1000),
            text => text
                .parse::<usize>()
                .map(|size| size.min(1000))
                .map_err(|_| Refusal::invalid_argument(format!("{parameter} is not a number."))),
        }
    }

    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header("content-length").and_then(|text| text.parse().ok())
    }

    pub(crate) fn bucket_name(&self) -> &str {
        match &self.target {
            Target::Service => "",
            Target::Bucket(bucket) | Target::Object { bucket, .. } => bucket,
        }
    }

    pub(crate) fn key(&self) -> &str {
        match &self.target {
            Target::Object { key, .. } => key,
            _ => "",
        }
    }
}

/// Decodes a query; a plus is a space here, unlike in a path.
fn parse_query(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let decoded = percent_decode_str(&text).decode_utf8().map(|text| text.into_owned());
        decoded.map_err(|_| Refusal::invalid_argument("The query is not percent-encoded UTF-8."))
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| Ok((decode(n)?, decode(v)?))).collect()
}

/// Finds bucket and key: in the host (virtual-host style, custom domain) or in the path (on an IP or `localhost`).
fn address(host: &str, path: &str, options: &Options) -> Result<Target, Refusal> {
    let name = host_without_port(host).to_ascii_lowercase();
    let rest = path.strip_prefix('/').unwrap_or(path);
    let in_host = |bucket: &str| {
        let bucket = bucket.to_owned();
        if rest.is_empty() { Ok(Target::Bucket(bucket)) } else { object(bucket, rest, options) }
    };
    if let Some(bucket) = options.custom_domains.get(&name) {
        return in_host(bucket);
    }
    if is_path_style(&name) {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() && key.is_empty() {
            return Ok(Target::Service);
        }
        check_bucket_name(bucket)?;
        return if key.is_empty() { Ok(Target::Bucket(bucket.into())) } else { object(bucket.into(), key, options) };
    }
    if name == options.domain {
        let message = "At the domain itself only buckets can be listed; address a bucket as BUCKET.domain.";
        return if rest.is_empty() {
            Ok(Target::Service)
        } else {
            Err(Refusal::new(400, "InvalidPathAccess", message))
        };
    }
    for domain in [options.domain.as_str(), "localhost"] {
        if let Some(bucket) = name.strip_suffix(domain).and_then(|front| front.strip_suffix('.')) {
            check_bucket_name(bucket)?;
            return in_host(bucket);
        }
    }
    let message = format!("The host {name} is neither an address, nor below {}, nor a custom domain.", options.domain);
    Err(Refusal::new(400, "InvalidHost", message))
}

fn object(bucket: String, key: &str, options: &Options) -> Result<Target, Refusal> {
    check_key(key, options.behaviour.key_bytes_max)?;
    Ok(Target::Object { bucket, key: key.to_owned() })
}

/// Whether buckets are in the path at this host (lower case, without port): an IP address or `localhost`.
pub(crate) fn is_path_style(name: &str) -> bool {
    name == "localhost" || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

pub(crate) fn host_without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

fn check_bucket_name(name: &str) -> Result<(), Refusal> {
    if is_bucket_name(name) {
        return Ok(());
    }
    let message = "A bucket name has 3 to 63 of a-z, 0-9 and -, and neither begins nor ends with -.";
    Err(Refusal::new(400, "InvalidBucketName", message))
}

/// The published rule for names of buckets (protocol notes, section 7).
pub(crate) fn is_bucket_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The published rule for keys (protocol notes, section 7).
pub(crate) fn check_key(key: &str, key_bytes_max: usize) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::new(400, "InvalidKey", "The key is empty."));
    }
    if key.len() > key_bytes_max {
        return Err(Refusal::new(400, "KeyTooLong", format!("A key has at most {key_bytes_max} bytes.")));
    }
    if key.starts_with('\\') || key.bytes().any(|byte| (0x07..=0x0d).contains(&byte)) {
        return Err(Refusal::new(400, "InvalidKey", "A key neither begins with \\ nor holds control characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, path: &str, expected: Result<(&str, &str), &str>) {
        let options =
            Options { custom_domains: [("files.example".into(), "mine".into())].into(), ..Options::default() };
        let got = address(host, path, &options).map_err(|refusal| refusal.code.into_owned());
        let expected = expected.map(|target| match target {
            ("", "") => Target::Service,
            (bucket, "") => Target::Bucket(bucket.into()),
            (bucket, key) => Target::Object { bucket: bucket.into(), key: key.into() },
        });
        let expected = expected.map_err(str::to_owned);
        assert_eq!(got, expected, "{host} {path}");
    }

    #[test]
    fn bucket_and_key_come_from_the_host_or_from_the_path() {
        check("127.0.0.1:80", "/", Ok(("", "")));
        check("[::1]:80", "/bkt/a//b/../c", Ok(("bkt", "a//b/../c")));
        check("localhost", "/bkt", Ok(("bkt", "")));
        check("localhost", "/bkt//lead", Ok(("bkt", "/lead")));
        check("tos.test:99", "/", Ok(("", "")));
        check("tos.test", "/bkt/key", Err("InvalidPathAccess"));
        check("bkt.tos.test", "/", Ok(("bkt", "")));
        check("BKT.tos.test:1", "//lead", Ok(("bkt", "/lead")));
        check("bkt.localhost", "/k", Ok(("bkt", "k")));
        check("files.example", "/k", Ok(("mine", "k")));
        check("other.example", "/k", Err("InvalidHost"));
        check("127.0.0.1", "/Bad_Name/k", Err("InvalidBucketName"));
    }

    #[test]
    fn a_plus_in_the_query_is_a_space_and_an_escaped_one_a_plus() {
        let query = parse_query("a=1+2%2B3&uploads&b=").unwrap();
        let expected = [("a", "1 2+3"), ("uploads", ""), ("b", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(query, expected);
    }

    #[test]
    fn keys_have_a_length_and_no_control_characters() {
        assert!(check_key(&"k".repeat(1024), 1024).is_ok());
        assert_eq!(check_key(&"k".repeat(1025), 1024).unwrap_err().code, "KeyTooLong");
        assert_eq!(check_key("a\nb", 1024).unwrap_err().code, "InvalidKey");
        assert_eq!(check_key("\\a", 1024).unwrap_err().code, "InvalidKey");
    }
}
