//! What a store is opened with.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use store::{ErrorKind, Secret, StoreError};

use crate::Result;

/// Where TOS is, who asks, and how to get there. Start with [`TosConfig::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct TosConfig {
    /// Host, with or without scheme and port: `tos-cn-beijing.volces.com`, `http://127.0.0.1:9000`. Without a scheme
    /// it is https.
    pub endpoint: String,
    /// The region id that goes into signatures, such as `cn-beijing`.
    pub region: String,
    /// Where the bucket's name goes. An IP endpoint uses [`Addressing::Path`] instead of `VirtualHost` by itself.
    pub addressing: Addressing,
    /// Who asks.
    pub credentials: Credentials,
    /// How connections leave this computer. Never used for `localhost` and loopback addresses.
    pub proxy: ProxyChoice,
    /// Certificates (PEM, one or more) that are trusted besides those of the system.
    pub extra_ca_pem: Option<String>,
    /// Names that are not asked of DNS.
    pub host_routes: Vec<HostRoute>,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// When to give up on a connection that does nothing.
    pub timeouts: Timeouts,
    /// Where the date of signatures comes from.
    pub clock: Clock,
}

impl TosConfig {
    /// A configuration with the usual choices.
    pub fn new(endpoint: impl Into<String>, region: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            endpoint: endpoint.into(),
            region: region.into(),
            addressing: Addressing::default(),
            credentials,
            proxy: ProxyChoice::default(),
            extra_ca_pem: None,
            host_routes: Vec::new(),
            user_agent: concat!("tern/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            clock: Clock::default(),
        }
    }

    /// What can be checked without asking anybody; the endpoint is checked where it is taken apart.
    pub(crate) fn check(&self) -> Result<()> {
        let sendable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let region_ok =
            self.region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if self.region.is_empty() || !region_ok {
            let message = format!("“{}” is not a region id; one looks like cn-beijing", self.region);
            return Err(StoreError::new(ErrorKind::Refused, message));
        }
        let Credentials { access_key, secret_key, security_token } = &self.credentials;
        // A slash would end the key id in the signature's credential; spaces come from careless copying.
        if !sendable(access_key) || access_key.contains(['/', ',']) {
            return Err(unusable_key("the access key id is empty or has characters that no such key has"));
        }
        if !sendable(secret_key.expose()) {
            return Err(unusable_key("the secret key is empty or has a space or line end in it"));
        }
        if security_token.as_ref().is_some_and(|token| !sendable(token.expose())) {
            return Err(unusable_key("the security token is empty or has a space or line end in it"));
        }
        if reqwest::header::HeaderValue::from_str(&self.user_agent).is_err() {
            return Err(StoreError::new(
                ErrorKind::Refused,
                "the user agent has characters that a header cannot carry",
            ));
        }
        Ok(())
    }
}

fn unusable_key(message: &str) -> StoreError {
    StoreError::new(ErrorKind::Credentials, message)
}

/// Where the name of the bucket goes (protocol.md, section 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// `https://BUCKET.endpoint/key`: how TOS is normally used.
    #[default]
    VirtualHost,
    /// `https://endpoint/BUCKET/key`: for test servers and IP addresses.
    Path,
    /// `https://endpoint/key`: the endpoint is a domain that stands for one bucket. Verbs about buckets do not work.
    CustomDomain,
}

/// The keys of an account or of a temporary session.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id; it is sent.
    pub access_key: String,
    /// The secret key; it never leaves this computer.
    pub secret_key: Secret,
    /// The token of a temporary session.
    pub security_token: Option<Secret>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the key id: logs are sent to strangers.
        f.debug_struct("Credentials").field("temporary", &self.security_token.is_some()).finish_non_exhaustive()
    }
}

/// How connections leave this computer.
#[derive(Clone, Debug, Default)]
pub enum ProxyChoice {
    /// As the environment says (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    #[default]
    Environment,
    /// Straight.
    Direct,
    /// Through this one.
    Explicit(ProxyConfig),
}

/// A proxy.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// `http://`, `https://`, `socks5://` (names are looked up here) or `socks5h://` (names are looked up there), host
    /// and port, without user name and password.
    pub url: String,
    /// User name, if the proxy wants one.
    pub username: Option<String>,
    /// The password that belongs to it.
    pub password: Option<Secret>,
}

/// A name, and all names below it, that lead to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoute {
    /// `tos.test` stands for itself and for `BUCKET.tos.test`.
    pub domain: String,
    /// Where connections go. The port of the URL is kept if this one is 0.
    pub address: SocketAddr,
}

/// When to give up. A request as a whole may take as long as it likes: a part of 5 GiB on a slow line takes hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the last byte of the request to the head of the answer. Bytes count as sent when they are in the buffers
    /// of this computer, so this must be long enough to empty those.
    pub answer_head: Duration,
    /// The same for Complete and the two copies, whose answer comes when the server has moved all bytes: up to 5 GiB.
    /// Giving up sooner would begin the same work again, and never finish it.
    pub server_side_work: Duration,
    /// Without a byte moving in the middle of a body, in either direction. A body whose *source* is slow (a rate
    /// limit, a paused transfer) does not count.
    pub no_progress: Duration,
    /// Before an unused connection is closed; below what servers allow, so that they do not close it first.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer_head: Duration::from_secs(60),
            server_side_work: Duration::from_secs(600),
            no_progress: Duration::from_secs(30),
            idle: Duration::from_secs(25),
        }
    }
}

/// Tells the time, so that tests can freeze it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock of one's own.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time by this clock.
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl Default for Clock {
    /// The computer's clock.
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TosConfig {
        let secret_key = Secret::new("the-secret-words");
        let security_token = Some(Secret::new("the-token-words"));
        let credentials = Credentials { access_key: "AKLTtest".into(), secret_key, security_token };
        TosConfig::new("tos-cn-beijing.volces.com", "cn-beijing", credentials)
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before_anything_is() {
        let check = |change: fn(&mut TosConfig), expected: Option<ErrorKind>| {
            let mut config = config();
            change(&mut config);
            assert_eq!(config.check().err().map(|error| error.kind), expected, "{config:?}");
        };
        check(|_| (), None);
        check(|c| c.region = String::new(), Some(ErrorKind::Refused));
        check(|c| c.region = "cn/beijing".into(), Some(ErrorKind::Refused));
        check(|c| c.credentials.access_key = String::new(), Some(ErrorKind::Credentials));
        check(|c| c.credentials.access_key = "AKLT/x".into(), Some(ErrorKind::Credentials));
        check(|c| c.credentials.secret_key = Secret::new("ends in a line\n"), Some(ErrorKind::Credentials));
        check(|c| c.credentials.security_token = Some(Secret::new("")), Some(ErrorKind::Credentials));
        check(|c| c.user_agent = "a\nb".into(), Some(ErrorKind::Refused));
    }

    #[test]
    fn no_secret_is_printed() {
        let mut config = config();
        let password = Some(Secret::new("the-proxy-words"));
        config.proxy =
            ProxyChoice::Explicit(ProxyConfig { url: "http://p:1".into(), username: Some("u".into()), password });
        let printed = format!("{config:?}");
        assert!(!printed.contains("words"), "{printed}");
    }
}
