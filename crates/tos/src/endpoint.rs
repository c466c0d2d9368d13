//! The endpoint, taken apart, and where a bucket or key is under it.

use std::net::IpAddr;

use reqwest::Url;
use store::{ErrorKind, StoreError};

use crate::{Addressing, Result};

/// An endpoint that can be one of TOS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    scheme: String,
    /// Without port; an IPv6 address in brackets.
    host: String,
    /// Only if it is not the scheme's own.
    port: Option<u16>,
    addressing: Addressing,
}

/// Where a request goes: what the signature covers and the URL is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The value of the `Host` header.
    pub(crate) host: String,
    /// The path before percent-encoding.
    pub(crate) path: String,
}

impl Endpoint {
    pub(crate) fn parse(text: &str, addressing: Addressing) -> Result<Self> {
        let typed = text.trim();
        // What comes before the sign is a name and a password, if anything, and not repeated in an error.
        let text = typed.rsplit_once('@').map_or(typed, |(_, host)| host);
        let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let url = Url::parse(&with_scheme).map_err(|_| unusable(text, "it is not a host name"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable(text, "it must begin with https:// or http://"));
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(unusable(text, "it has no host name"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable(text, "it must not contain a user name"));
        }
        if !url.path().trim_matches('/').is_empty() || url.query().is_some() || url.fragment().is_some() {
            return Err(unusable(text, "it must be a host name alone, without a path"));
        }
        if let Some(rest) = host.strip_prefix("tos-s3-") {
            let message = format!(
                "{host} is the endpoint for S3 programs, which speaks another protocol; remove “s3-”: tos-{rest}"
            );
            return Err(StoreError::new(ErrorKind::NotThisStore, message));
        }
        let is_ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        let addressing = match addressing {
            // BUCKET.127.0.0.1 is no host name (the Go SDK does the same; protocol.md, section 1.2).
            Addressing::VirtualHost if is_ip => Addressing::Path,
            chosen => chosen,
        };
        Ok(Self { scheme: url.scheme().to_owned(), host: host.to_owned(), port: url.port(), addressing })
    }

    /// Where calls go that are about no bucket.
    pub(crate) fn service(&self) -> Result<Place> {
        if self.addressing == Addressing::CustomDomain {
            let message =
                format!("{} stands for one bucket, so buckets cannot be listed or made through it", self.host);
            return Err(StoreError::new(ErrorKind::Unsupported, message));
        }
        Ok(Place { host: self.with_port(&self.host), path: "/".to_owned() })
    }

    /// Where a bucket is, or with a key an object. Names have been checked.
    pub(crate) fn place(&self, bucket: &str, key: &str) -> Place {
        let (host, path) = match self.addressing {
            Addressing::VirtualHost => (format!("{bucket}.{}", self.host), format!("/{key}")),
            Addressing::Path if key.is_empty() => (self.host.clone(), format!("/{bucket}")),
            Addressing::Path => (self.host.clone(), format!("/{bucket}/{key}")),
            Addressing::CustomDomain => (self.host.clone(), format!("/{key}")),
        };
        Place { host: self.with_port(&host), path }
    }

    /// The URL without its query.
    pub(crate) fn url(&self, place: &Place) -> String {
        format!("{}://{}{}", self.scheme, place.host, tos_sign::encode_path(&place.path))
    }

    /// Whether connections stay on this computer.
    pub(crate) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The endpoint of another region, where ours names its own in its host name.
    pub(crate) fn of_region(&self, own: &str, other: &str) -> Option<Self> {
        let host = self.host.replacen(&format!("tos-{own}."), &format!("tos-{other}."), 1);
        let changes = self.addressing != Addressing::CustomDomain && host != self.host;
        changes.then(|| Self { host, ..self.clone() })
    }

    /// Another host, reached in the same way: the scheme is ours, so that nobody can take us from https to http.
    pub(crate) fn alike(&self, host: &str) -> Option<Self> {
        let bare = ["https://", "http://"].iter().find_map(|scheme| host.strip_prefix(scheme)).unwrap_or(host);
        if self.addressing == Addressing::CustomDomain || bare.contains('@') || bare.contains("//") {
            return None;
        }
        Self::parse(&format!("{}://{bare}", self.scheme), self.addressing).ok()
    }

    fn with_port(&self, host: &str) -> String {
        self.port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn unusable(text: &str, why: &str) -> StoreError {
    StoreError::new(ErrorKind::NotThisStore, format!("“{text}” cannot be an endpoint: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_where_the_addressing_says() {
        use Addressing::{CustomDomain, Path, VirtualHost};
        for (text, addressing, expected) in [
            ("tos-cn-beijing.volces.com", VirtualHost, "https://bkt.tos-cn-beijing.volces.com/a%20b"),
            (" https://tos-cn-beijing.volces.com// ", VirtualHost, "https://bkt.tos-cn-beijing.volces.com/a%20b"),
            ("https://tos-cn-beijing.volces.com:443", VirtualHost, "https://bkt.tos-cn-beijing.volces.com/a%20b"),
            ("http://TOS.test:8080", VirtualHost, "http://bkt.tos.test:8080/a%20b"),
            ("http://tos.test", Path, "http://tos.test/bkt/a%20b"),
            ("http://10.1.2.3:8080", VirtualHost, "http://10.1.2.3:8080/bkt/a%20b"),
            ("http://[::1]:8080", VirtualHost, "http://[::1]:8080/bkt/a%20b"),
            ("files.example.com", CustomDomain, "https://files.example.com/a%20b"),
            ("http://10.1.2.3", CustomDomain, "http://10.1.2.3/a%20b"),
        ] {
            let endpoint = Endpoint::parse(text, addressing).unwrap();
            assert_eq!(endpoint.url(&endpoint.place("bkt", "a b")), expected, "{text} {addressing:?}");
        }
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "it is not a host name"),
            ("https://", "it is not a host name"),
            ("ftp://tos.test", "it must begin with https:// or http://"),
            ("https://tos.test/bucket", "without a path"),
            ("https://tos.test?x=1", "without a path"),
            ("https://me:secret@tos.test", "must not contain a user name"),
            ("https://me:a@secret/b@tos.test", "must not contain a user name"),
            ("a b", "it is not a host name"),
            ("ftp://me:secret@tos.test", "it must begin with https:// or http://"),
            ("https://me:secret@tos test", "it is not a host name"),
            ("tos-s3-cn-beijing.volces.com", "remove “s3-”: tos-cn-beijing.volces.com"),
            ("https://tos-s3-cn-beijing.ivolces.com", "remove “s3-”: tos-cn-beijing.ivolces.com"),
        ] {
            let error = Endpoint::parse(text, Addressing::VirtualHost).unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotThisStore, "{text}");
            assert!(error.message.contains(reason), "{text}: {}", error.message);
            assert!(!error.message.contains("secret"), "{text}: {}", error.message);
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for (text, expected) in [
            ("http://localhost:1", true),
            ("http://x.localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://10.0.0.1", false),
            ("tos.test", false),
        ] {
            assert_eq!(Endpoint::parse(text, Addressing::Path).unwrap().is_loopback(), expected, "{text}");
        }
    }
}
