//! The HTTP client: how connections are made, and one request over them.
//!
//! After a sleep or a change of network, connections may be dead without anybody saying so. [`Transport::reconnect`]
//! then begins with a new client, whose pool is empty, and a moment later ends what still waits for an answer: most
//! callers let go of it themselves by then, and have no failure to deal with.

use std::net::{IpAddr, SocketAddr};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, NoProxy, Proxy, Request, Response, Url, redirect, retry, tls};
use store::{ErrorKind, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;
use tos_sign::encode_component;

use crate::config::{HostRoute, ProxyChoice, ProxyConfig, TosConfig};
use crate::connectivity::find_tls;
use crate::endpoint::Endpoint;
use crate::outgoing::Watch;
use crate::{Result, Timeouts};

/// How long whoever has connections dropped may take to let go of the calls that wait on them.
const LET_GO: Duration = Duration::from_secs(1);

/// The same where the server moves bytes before it answers: to ask again in the middle of that helps nobody.
const LET_GO_OF_WORK: Duration = Duration::from_secs(30);

/// The connections that all requests of one store share.
pub(crate) struct Transport {
    client: RwLock<Client>,
    /// What the client was made of, to make another.
    config: TosConfig,
    endpoint: Endpoint,
    has_proxy: bool,
    /// Counts how often all connections were dropped.
    drops: watch::Sender<u64>,
    /// Stands for the next answer, so that any answer can be tried without a server.
    #[cfg(any(test, feature = "testing"))]
    next: std::sync::Mutex<Option<Response>>,
}

impl Transport {
    pub(crate) fn open(config: &TosConfig, endpoint: &Endpoint) -> Result<Self> {
        let has_proxy = matches!(config.proxy, ProxyChoice::Explicit(_)) && !endpoint.is_loopback();
        Ok(Self {
            client: RwLock::new(client(config, endpoint, None)?),
            config: config.clone(),
            endpoint: endpoint.clone(),
            has_proxy,
            drops: watch::Sender::new(0),
            #[cfg(any(test, feature = "testing"))]
            next: std::sync::Mutex::default(),
        })
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn answer_next(&self, answer: Response) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.config.timeouts
    }

    pub(crate) fn config(&self) -> &TosConfig {
        &self.config
    }

    pub(crate) fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for the addresses of a name, as connections do.
    pub(crate) async fn look_up(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let found = look_up(&self.config.host_routes, host).await?;
        Ok(found.into_iter().map(|address| address.ip()).collect())
    }

    /// Lets go of every connection; what still waits for an answer a second later ends with a network error.
    pub(crate) fn reconnect(&self) {
        match client(&self.config, &self.endpoint, None) {
            Ok(fresh) => *self.client.write().unwrap_or_else(PoisonError::into_inner) = fresh,
            Err(error) => tracing::warn!(%error, "the old connections are kept: no new client can be made"),
        }
        self.drops.send_modify(|drops| *drops += 1);
    }

    /// Sends one request and waits for the head of its answer, as long as something moves.
    pub(crate) async fn send(&self, request: Request, watch: &Watch, timeouts: &Timeouts) -> Result<Response> {
        #[cfg(any(test, feature = "testing"))]
        if let Some(answer) = self.next.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(answer);
        }
        let mut dropped = self.drops.subscribe();
        let client = self.client();
        let mut sending = std::pin::pin!(client.execute(request));
        let mut dropped_at = None;
        let works = timeouts.answer_head == timeouts.server_side_work;
        let let_go = if works { LET_GO_OF_WORK } else { LET_GO };
        loop {
            let deadline = watch.deadline(timeouts);
            let wake = dropped_at.map_or(deadline, |at: Instant| deadline.min(at + let_go));
            tokio::select! {
                biased;
                answer = &mut sending => return answer.map_err(|error| self.failed(error, watch)),
                _ = dropped.changed(), if dropped_at.is_none() => dropped_at = Some(Instant::now()),
                () = tokio::time::sleep_until(wake) => {}
            }
            if dropped_at.is_some_and(|at| at + let_go <= Instant::now()) {
                let message = "the connection was given up: the network has changed, or this computer has slept";
                return Err(StoreError::new(ErrorKind::Network, message));
            }
            if watch.deadline(timeouts) <= Instant::now() {
                let message = if watch.is_sent() {
                    format!("there was no answer within {} s", timeouts.answer_head.as_secs())
                } else {
                    format!("nothing could be sent for {} s", timeouts.no_progress.as_secs())
                };
                return Err(StoreError::new(ErrorKind::Network, message));
            }
        }
    }

    fn failed(&self, error: reqwest::Error, watch: &Watch) -> StoreError {
        if watch.body_failed() {
            let error = error.without_url();
            return StoreError::new(ErrorKind::Body, "the bytes to send could not be read").with_source(error);
        }
        self.not_answered(error)
    }

    /// Why there is no answer.
    pub(crate) fn not_answered(&self, error: reqwest::Error) -> StoreError {
        // The URL is left out of every error: a log is sent to strangers.
        let error = error.without_url();
        if error.is_connect() && find_tls(&error).is_some() {
            let message = "no secure connection is possible: the certificate is not trusted, or the other side does \
                           not speak TLS";
            return StoreError::new(ErrorKind::Tls, message).with_source(error);
        }
        let message = if error.is_dns() {
            "the address of the host could not be found"
        } else if error.is_connect() && self.has_proxy {
            // The proxy's own reason is in an error type that cannot be named, so that all of them are.
            "no connection could be made through the proxy; are its address, user name and password right?"
        } else if error.is_connect() {
            "no connection could be made"
        } else {
            "the connection broke"
        };
        StoreError::new(ErrorKind::Network, message).with_source(error)
    }
}

/// The client of a store; with `tls_min`, one that refuses anything older.
pub(crate) fn client(config: &TosConfig, endpoint: &Endpoint, tls_min: Option<tls::Version>) -> Result<Client> {
    let mut builder = Client::builder()
        // Parts are bound by bandwidth; HTTP/2 would put all of them into one TCP window.
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(config.timeouts.connect)
        .pool_idle_timeout(config.timeouts.idle);
    if let Some(version) = tls_min {
        builder = builder.tls_version_min(version);
    }
    #[cfg(target_os = "linux")]
    {
        // The kernel sees unacknowledged bytes that are already out of our hands.
        builder = builder.tcp_user_timeout(config.timeouts.no_progress);
    }
    builder = match &config.proxy {
        _ if endpoint.is_loopback() => builder.no_proxy(),
        ProxyChoice::Environment => builder,
        ProxyChoice::Direct => builder.no_proxy(),
        ProxyChoice::Explicit(proxy) => builder.proxy(explicit_proxy(proxy)?),
    };
    if let Some(pem) = &config.extra_ca_pem {
        let unreadable = "the extra certificate is not a certificate in PEM form";
        let certificates = Certificate::from_pem_bundle(pem.as_bytes())
            .map_err(|error| StoreError::new(ErrorKind::Tls, unreadable).with_source(error))?;
        if certificates.is_empty() {
            return Err(StoreError::new(ErrorKind::Tls, unreadable));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if !config.host_routes.is_empty() {
        builder = builder.dns_resolver(Routes(config.host_routes.clone()));
    }
    builder.build().map_err(|error| {
        let message = "no secure connections are possible: the certificates of this system or the extra ones cannot be \
                       used";
        StoreError::new(ErrorKind::Tls, message).with_source(error)
    })
}

fn explicit_proxy(config: &ProxyConfig) -> Result<Proxy> {
    let unusable = |why: &str| StoreError::new(ErrorKind::Refused, format!("the proxy cannot be used: {why}"));
    let url = reqwest::Url::parse(&config.url).map_err(|_| unusable("its address is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return Err(unusable("its address must begin with http://, https://, socks5:// or socks5h://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("user name and password do not belong into its address"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(unusable("its address has no host name"));
    }
    let proxy = Proxy::all(url).map_err(|_| unusable("its address is not understood"))?;
    let proxy = match &config.username {
        Some(username) => {
            let password = config.password.as_ref().map_or("", |password| password.expose());
            // They travel inside a URL on the way to the connector, which decodes them: `%` must not pass as it is.
            proxy.basic_auth(&encode_component(username), &encode_component(password))
        }
        None => proxy,
    };
    Ok(proxy.no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1")))
}

/// The proxy that a request to `url` goes through, by the rules of the client.
pub(crate) fn proxy_of(config: &TosConfig, endpoint: &Endpoint, url: &Url) -> Option<Url> {
    match &config.proxy {
        _ if endpoint.is_loopback() => None,
        ProxyChoice::Direct => None,
        ProxyChoice::Explicit(proxy) => Url::parse(&proxy.url).ok(),
        // The library has no way to ask its client; this is what that one asks.
        ProxyChoice::Environment => {
            let uri: http::Uri = url.as_str().parse().ok()?;
            Url::parse(&Matcher::from_system().intercept(&uri)?.uri().to_string()).ok()
        }
    }
}

/// Names that are not asked of DNS; all others are.
struct Routes(Vec<HostRoute>);

impl Resolve for Routes {
    fn resolve(&self, name: Name) -> Resolving {
        let routes = self.0.clone();
        Box::pin(async move {
            let found = look_up(&routes, name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

async fn look_up(routes: &[HostRoute], host: &str) -> std::io::Result<Vec<SocketAddr>> {
    let route = routes.iter().find(|route| {
        let above = host.strip_suffix(&route.domain);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    });
    match route {
        Some(route) => Ok(vec![route.address]),
        None => Ok(tokio::net::lookup_host((host, 0)).await?.collect()),
    }
}
