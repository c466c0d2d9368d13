//! The server: a listener on 127.0.0.1, and a task per connection.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::connection::serve;
use crate::fault::{FaultPlan, FaultPlanError, FaultReport};
use crate::shared::Shared;
use crate::stats::Stats;
use crate::{Options, StartError, tls};

/// How long connections may take to finish their requests once the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

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

    /// Sets a fault plan in place of any other; its counts begin at 0. Works whether or not [`Options::faults`] lets
    /// clients do the same over HTTP.
    ///
    /// # Errors
    /// The first field that is out of its range; what was set before stays.
    pub fn set_faults(&self, plan: FaultPlan) -> Result<(), FaultPlanError> {
        self.shared.faults.set(plan)
    }

    /// Goes back to no faults. Requests that are under way keep theirs.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// The fault plan that is set, and how often each of its rules struck.
    pub fn fault_report(&self) -> FaultReport {
        self.shared.faults.report()
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
