//! The end that a fault makes to a connection.
//!
//! A request cannot end its own connection through `hyper`: an error of a body throws away what is written but not
//! sent, and a service always has to answer. So it says how the connection is to end, and waits for ever; the stream
//! under `hyper` fails at the next flush. `hyper` flushes once it has written everything that it was given: what was
//! sent before the cut is on the wire, no more and no less, and the task of the connection then ends the socket as it
//! was told.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In good order (FIN, over TLS after its own farewell), with nothing more said.
    Close,
    /// With a reset (RST), and over TLS without a farewell.
    Reset,
    /// The same, because nothing moved for too long.
    Idle,
}

/// The means to cut one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<OnceLock<End>>);

impl Cutter {
    /// The end that was asked for.
    pub(crate) fn end(&self) -> Option<End> {
        self.0.get().copied()
    }

    /// Asks for an end; the first one counts. The task is woken, as `hyper` may just have flushed.
    pub(crate) fn arm(&self, end: End, context: &Context<'_>) {
        let _ = self.0.set(end);
        context.waker().wake_by_ref();
    }

    /// Ends the connection, and with it the caller.
    ///
    /// # Cancellation
    /// The only way out: the future is dropped with its connection.
    pub(crate) async fn cut(&self, end: End) -> Infallible {
        std::future::poll_fn(|context| {
            self.arm(end, context);
            Poll::<()>::Ready(())
        })
        .await;
        std::future::pending().await
    }
}

/// A stream that fails at the flush after it was cut, and cuts itself when nobody takes what is written.
#[derive(Debug)]
pub(crate) struct CutStream<S> {
    inner: S,
    cutter: Cutter,
    idle_max: Option<Duration>,
    /// Runs while a write waits.
    idle: Option<Pin<Box<Sleep>>>,
}

impl<S> CutStream<S> {
    pub(crate) fn new(inner: S, cutter: Cutter, idle_max: Option<Duration>) -> Self {
        Self { inner, cutter, idle_max, idle: None }
    }

    /// What has become of a write.
    fn written(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match (self.idle_max, &polled) {
            (Some(idle_max), Poll::Pending) => {
                let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle_max)));
                ready!(idle.as_mut().poll(context));
                self.cutter.arm(End::Idle, context);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            _ => {
                self.idle = None;
                polled
            }
        }
    }

    pub(crate) fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CutStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.written(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        match self.cutter.end() {
            None => Poll::Ready(Ok(())),
            Some(_) => Poll::Ready(Err(io::Error::other("cut by a fault"))),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.written(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// A stream with a TCP socket below it.
pub(crate) trait OverTcp {
    fn socket(&self) -> &TcpStream;
}

impl OverTcp for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl OverTcp for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Ends a stream with a reset.
pub(crate) fn reset(stream: impl OverTcp) {
    // Without it the end is a reset all the same if bytes are unread, and else a close: the client is cut off anyway.
    if let Err(error) = stream.socket().set_zero_linger() {
        tracing::warn!(%error, "a connection is closed rather than reset");
    }
}
