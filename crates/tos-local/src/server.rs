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
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
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
/// How long, and for how many bytes, a client may go on sending after its request was refused.
const LINGER: Duration = Duration::from_secs(10);
const LINGER_BYTES_MAX: u64 = 1 << 30;

/// A running server. Dropping it ends it at once, as a kill would; [`Server::stop`] lets requests finish.
///
/// A dropped server lets go of its folder when the runtime gets to its tasks; starting another one waits for that a
/// little while.
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
    // What is left is ended and waited for, so that the folder is free when `stop` returns.
    connections.shutdown().await;
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    // Boxed, as only then can the connection be driven without being pinned, and taken apart at its end.
    let service = service_fn(move |request| {
        let shared = shared.clone();
        Box::pin(async move { Ok::<_, Infallible>(handle(&shared, request).await) })
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60))
        .serve_connection(TokioIo::new(stream), service);
    let result = tokio::select! {
        result = std::future::poll_fn(|context| connection.poll_without_shutdown(context)) => result,
        _ = stopping.changed() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    match result {
        Ok(()) if !*stopping.borrow() => linger(connection.into_parts().io.into_inner()).await,
        Ok(()) => {}
        Err(error) => tracing::debug!(%error, "a connection broke off"),
    }
}

/// Closes one direction and reads on until the client has closed the other.
///
/// A request may be refused while its body is still coming, and a client may not look at the answer before it has sent
/// all. Closing on unread bytes would reset the connection and take the answer with it.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let reading = async {
        let mut discarded = vec![0; 64 << 10];
        let mut left = LINGER_BYTES_MAX;
        stream.shutdown().await?;
        while left > 0 {
            match stream.read(&mut discarded).await? {
                0 => break,
                count => left = left.saturating_sub(count as u64),
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(LINGER, reading).await;
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

/// Reads the rest of a small body that was refused, so that the connection can go on; a large one is left to
/// [`linger`].
async fn drain(mut body: Incoming) {
    const DRAINED_BYTES_MAX: u64 = 1 << 20;
    if body.size_hint().upper().is_some_and(|len| len <= DRAINED_BYTES_MAX) {
        let reading = async { while let Some(Ok(_)) = body.frame().await {} };
        let _ = tokio::time::timeout(LINGER, reading).await;
    }
}
