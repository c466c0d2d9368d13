//! The server: a listener on 127.0.0.1, a task per connection, and one answer per request.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::answer::{AnswerBody, respond};
use crate::auth::authenticate;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::route::{self, Verb};
use crate::shared::Shared;
use crate::stats::Stats;
use crate::{Options, StartError, tls};

/// How long connections may take to finish their requests once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A running server. Dropping it ends it at once, as a kill would; [`Server::stop`] lets requests finish.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    ca_pem: Option<String>,
    stopping: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Reads the folder, binds the port and begins to answer.
    ///
    /// The server lives on the tokio runtime that calls this, and works on a single-threaded one too.
    ///
    /// # Errors
    /// Every variant of [`StartError`].
    ///
    /// # Cancellation
    /// Dropping the future leaves nothing running; buckets of [`Options::buckets`] may have been made.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (acceptor, ca_pem) = match options.tls.then(|| tls::make(&options)).transpose()? {
            Some(tls) => (Some(tls.acceptor), Some(tls.ca_pem)),
            None => (None, None),
        };
        let port = options.port;
        let in_use = |source| StartError::Port { port, source };
        let root = options.root.clone();
        let shared = tokio::task::spawn_blocking(move || Shared::load(options)).await;
        let shared =
            shared.map_err(|error| StartError::Root { path: root, source: std::io::Error::other(error) })??;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(in_use)?;
        let address = listener.local_addr().map_err(in_use)?;
        let shared = Arc::new(shared);
        let (stopping, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, acceptor, shared.clone(), stopped));
        Ok(Self { shared, address, ca_pem, stopping, accepting })
    }

    /// The service endpoint, path style: `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    pub fn endpoint(&self) -> String {
        match self.ca_pem {
            None => format!("http://127.0.0.1:{}", self.port()),
            Some(_) => format!("https://localhost:{}", self.port()),
        }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate of the CA that a client has to trust, as PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// What the server has done so far and what it holds.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Takes no more connections, lets running requests finish for two seconds, and ends.
    ///
    /// # Cancellation
    /// Dropping the future ends the server at once.
    pub async fn stop(mut self) {
        let _ = self.stopping.send(true);
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Owns the connections: they end with this future.
async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = stopping.changed() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: others are released meanwhile.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        shared.counters.connection();
        let _ = stream.set_nodelay(true);
        let (acceptor, shared, stopping) = (acceptor.clone(), shared.clone(), stopping.clone());
        connections.spawn(async move {
            match acceptor {
                None => serve(stream, shared, stopping).await,
                Some(acceptor) => match tokio::time::timeout(Duration::from_secs(10), acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => serve(stream, shared, stopping).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS with this client"),
                    Err(_) => tracing::debug!("the client did not begin TLS"),
                },
            }
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, all).await;
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(handle(&shared, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn handle(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<AnswerBody> {
    let (parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let expects_continue = parts.headers.contains_key("expect");
    let mut body = Some(body);
    let (call, reply) = match Call::parse(&parts, &shared.options) {
        Err(refusal) => (None, Err(refusal)),
        Ok(mut call) => match prepare(shared, &mut call) {
            Err(refusal) => (Some(Arc::new(call)), Err(refusal)),
            Ok(verb) => {
                let call = Arc::new(call);
                let reply = route::answer(shared, &call, verb, &mut body).await;
                (Some(call), reply)
            }
        },
    };
    if reply.is_err()
        && !expects_continue
        && let Some(body) = body
    {
        drain(body).await;
    }
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    respond(shared, call.as_deref(), is_head, reply)
}

/// Names and authenticates a call.
fn prepare(shared: &Shared, call: &mut Call) -> Result<Verb, Refusal> {
    let verb = Verb::of(call);
    shared.counters.request(verb.as_ref().map_or("Unknown", |verb| verb.name()));
    call.region = authenticate(shared, call)?;
    verb
}

/// Reads what a client is sending to a request that is refused already. If the connection were closed on unread bytes
/// the client would see a reset instead of the answer.
async fn drain(mut body: Incoming) {
    const DRAINED_BYTES_MAX: u64 = 64 << 20;
    if body.size_hint().exact().is_some_and(|len| len > DRAINED_BYTES_MAX) {
        return;
    }
    let reading = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, |data| data.len() as u64);
            if drained > DRAINED_BYTES_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
}
