//! Whether and how TOS is reached: what can be found out, step by step, before anything is asked of it.
//!
//! For somebody who connects an account and wants to know which step fails. Both steps go the way that every other
//! request of this store goes: the same client, proxy and certificates. [`TosStore::resolve`] looks names up,
//! [`TosStore::greet`] makes a connection and sends one request without a signature, whose refusal says all that is
//! wanted: that TOS is there, over which version of TLS, and what time it is there.
//!
//! What that costs: the library does not say which version of TLS a connection has, so 1.3 is tried alone first, and a
//! server that has only 1.2 is greeted twice.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use reqwest::{Client, Method, Url, tls};
use rustls::CertificateError;
use store::{ErrorKind, PutCondition, StoreError};

use crate::error::{Exchange, Subject};
use crate::request::seconds_since_1970;
use crate::transport::{client, proxy_of};
use crate::{Addressing, Result, TosStore, incoming};

/// Where connections go, and what the names on the way stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The host that was looked up: that of the endpoint, or the proxy's if that one looks names up.
    pub host: String,
    /// What was found; one address where the host is an address already.
    pub addresses: Vec<IpAddr>,
    /// The proxy that connections go through: scheme, host and port.
    pub proxy: Option<String>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// What an unsigned request showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// `None` for a connection in clear.
    pub tls: Option<TlsVersion>,
    /// Seconds that this computer's clock is ahead of the server's (negative: behind), give or take two; `None` if the
    /// answer has no date.
    pub clock_ahead_seconds: Option<i64>,
}

/// Why a secure connection is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsProblem {
    /// Nobody whom this computer trusts has signed the certificate.
    UnknownIssuer,
    /// The certificate is no longer valid, by this computer's clock.
    Expired,
    /// The certificate is not valid yet, by this computer's clock.
    NotYetValid,
    /// The certificate is for other names; these.
    WrongName(Vec<String>),
    /// The certificate was taken back.
    Revoked,
    /// The other side does not speak TLS, or no version of it that can be used.
    NoTls,
    /// Something else is wrong with the certificate.
    Other,
}

impl TosStore {
    /// Looks up the names that a connection needs: the endpoint's, or the proxy's, or both where the proxy wants an
    /// address. Nothing is sent to TOS.
    ///
    /// # Errors
    /// `Network` if a name is not found, or not in the time that a connection may take.
    ///
    /// # Cancellation
    /// Nothing is left behind.
    pub async fn resolve(&self) -> Result<Resolved> {
        let url = self.front_door()?;
        let proxy = proxy_of(self.transport.config(), &self.homes.own().endpoint, &url);
        let host = bare_host(&url);
        let Some(proxy) = proxy else {
            let addresses = self.look_up(&host).await?;
            return Ok(Resolved { host, addresses, proxy: None });
        };
        let through = bare_host(&proxy);
        let mut addresses = self.look_up(&through).await?;
        // This kind is told an address, so that the name is looked up here as well.
        let looks_up_itself = proxy.scheme() != "socks5";
        if !looks_up_itself {
            addresses = self.look_up(&host).await?;
        }
        let shown = format!(
            "{}://{through}{}",
            proxy.scheme(),
            proxy.port().map_or_else(String::new, |port| format!(":{port}"))
        );
        Ok(Resolved { host: if looks_up_itself { through } else { host }, addresses, proxy: Some(shown) })
    }

    /// Connects and sends one request without a signature. A clock that is off is learned: what is signed from now on
    /// has the server's time.
    ///
    /// # Errors
    /// `Network`, `Tls` (see [`tls_problem`]), `NotThisStore` for what is not TOS, `Refused` by a proxy that wants
    /// another password.
    ///
    /// # Cancellation
    /// The request may or may not have been sent; it changes nothing.
    pub async fn greet(&self) -> Result<Greeting> {
        let url = self.front_door()?;
        if url.scheme() != "https" {
            let clock_ahead_seconds = self.greet_with(&self.transport.client(), &url).await?;
            return Ok(Greeting { tls: None, clock_ahead_seconds });
        }
        let newest = client(self.transport.config(), &self.homes.own().endpoint, Some(tls::Version::TLS_1_3))?;
        let (tls, greeted) = match self.greet_with(&newest, &url).await {
            Err(error) if tls_problem(&error) == Some(TlsProblem::NoTls) => {
                (TlsVersion::V1_2, self.greet_with(&self.transport.client(), &url).await)
            }
            greeted => (TlsVersion::V1_3, greeted),
        };
        Ok(Greeting { tls: Some(tls), clock_ahead_seconds: greeted? })
    }

    async fn greet_with(&self, client: &Client, url: &Url) -> Result<Option<i64>> {
        let timeouts = *self.transport.timeouts();
        let mut request = reqwest::Request::new(Method::GET, url.clone());
        *request.timeout_mut() = Some(timeouts.connect + timeouts.answer_head);
        let before = self.clock.now();
        let mut response = client.execute(request).await.map_err(|error| self.transport.not_answered(error))?;
        let took = self.clock.now().duration_since(before).unwrap_or_default();
        let exchange = Exchange {
            doing: "greeting",
            operation: None,
            subject: Subject::Service,
            condition: PutCondition::Always,
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
        };
        if !exchange.looks_like_tos() {
            let body = incoming::first_bytes(response, &timeouts).await;
            let error = exchange.clone().into_error(&body, before);
            if matches!(error.kind, ErrorKind::NotThisStore | ErrorKind::Server | ErrorKind::Throttled)
                || exchange.status == 407
            {
                return Err(error);
            }
        }
        let date = exchange.header("date").and_then(|date| httpdate::parse_http_date(&date).ok());
        Ok(date.map(|date| self.compare_clocks(before + took / 2, date)))
    }

    /// Seconds that we are ahead; from now on signatures have the server's time.
    fn compare_clocks(&self, ours: SystemTime, theirs: SystemTime) -> i64 {
        // The header has whole seconds: half of one is the best guess at the rest.
        let theirs_ms = seconds_since_1970(theirs).saturating_mul(1000).saturating_add(500);
        let ours_ms = ours.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let ahead_ms = i64::try_from(ours_ms).unwrap_or(i64::MAX).saturating_sub(theirs_ms);
        self.learn_offset(ours, Some(theirs));
        (ahead_ms as f64 / 1000.0).round() as i64
    }

    /// The address that stands for the account, or for its bucket.
    fn front_door(&self) -> Result<Url> {
        let own = self.homes.own();
        let place = match self.transport.config().addressing {
            Addressing::CustomDomain => own.endpoint.place("", ""),
            _ => own.endpoint.service()?,
        };
        Url::parse(&own.endpoint.url(&place))
            .map_err(|error| StoreError::new(ErrorKind::InvalidName, "the address cannot be made").with_source(error))
    }

    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let within: Duration = self.transport.timeouts().connect;
        let found = tokio::time::timeout(within, self.transport.look_up(host)).await;
        let missing = |why: &str| StoreError::new(ErrorKind::Network, format!("the address of {host} {why}"));
        match found {
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(Ok(_)) => Err(missing("could not be found")),
            Ok(Err(error)) => Err(missing("could not be found").with_source(error)),
            Err(_) => Err(missing(&format!("was not found within {} s", within.as_secs()))),
        }
    }
}

/// The host of a URL as it is looked up: an IPv6 address without its brackets.
fn bare_host(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// Why there was no secure connection; `None` if that is not what failed.
pub fn tls_problem(error: &StoreError) -> Option<TlsProblem> {
    let cause = find_tls(error)?;
    let rustls::Error::InvalidCertificate(certificate) = cause else { return Some(TlsProblem::NoTls) };
    Some(match certificate {
        CertificateError::UnknownIssuer => TlsProblem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsProblem::NotYetValid,
        CertificateError::NotValidForName => TlsProblem::WrongName(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsProblem::WrongName(presented.iter().map(|name| plain_name(name)).collect())
        }
        CertificateError::Revoked => TlsProblem::Revoked,
        _ => TlsProblem::Other,
    })
}

/// `DnsName("x.test")` is how the library writes a name.
fn plain_name(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).to_owned()
}

/// The error of TLS in a chain of causes. An `io::Error` hides its content from `source`, so it is asked separately.
pub(crate) fn find_tls<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref::<rustls::Error>() {
        return Some(found);
    }
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.and_then(|inner| find_tls(inner)).or_else(|| error.source().and_then(find_tls))
}

/// Why a file is no file of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaProblem {
    /// There is no certificate in it.
    NoCertificate,
    /// It holds a private key and no certificate.
    PrivateKey,
    /// It is a certificate in binary form (DER).
    Binary,
    /// It looks like a certificate and is not one.
    Damaged,
}

/// How many certificates there are in the content of a file (PEM), each of which could be trusted.
///
/// # Errors
/// What the file is instead.
pub fn check_certificates(content: &[u8]) -> std::result::Result<usize, CaProblem> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let has = |words: &[u8]| content.windows(words.len()).any(|window| window == words);
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(content) {
        let certificate = certificate.map_err(|_| CaProblem::Damaged)?;
        roots.add(certificate).map_err(|_| CaProblem::Damaged)?;
    }
    match roots.len() {
        0 if has(b"PRIVATE KEY-----") => Err(CaProblem::PrivateKey),
        0 if has(b"-----BEGIN CERTIFICATE-----") => Err(CaProblem::Damaged),
        0 if rustls::RootCertStore::empty().add(CertificateDer::from(content)).is_ok() => Err(CaProblem::Binary),
        0 => Err(CaProblem::NoCertificate),
        found => Ok(found),
    }
}
