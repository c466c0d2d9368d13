//! One connection: an answer for each request, and the ways in which it ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use crate::answer::respond;
use crate::auth::authenticate;
use crate::fault::cut::{CutStream, Cutter, End, OverTcp, reset};
use crate::fault::{Strike, control};
use crate::outgoing_body::OutgoingBody;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::request_body::RequestBody;
use crate::route;
use crate::shared::Shared;
use crate::verb::Verb;

/// How long a client may take to its next request if nothing else is said.
const BETWEEN_REQUESTS: Duration = Duration::from_secs(60);
/// How long, and for how many bytes, a client may go on sending after its request was refused.
const LINGER: Duration = Duration::from_secs(10);
const LINGER_BYTES_MAX: u64 = 1 << 30;

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + OverTcp + Unpin + 'static,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let cutter = Cutter::default();
    let idle_max = shared.options.idle_timeout;
    let stream = CutStream::new(stream, cutter.clone(), idle_max);
    // Boxed, as only then can the connection be driven without being pinned, and taken apart at its end.
    let service = {
        let (shared, cutter) = (shared.clone(), cutter.clone());
        service_fn(move |request| {
            let (shared, cutter) = (shared.clone(), cutter.clone());
            Box::pin(async move { Ok::<_, Infallible>(handle(&shared, cutter, request).await) })
        })
    };
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle_max.unwrap_or(BETWEEN_REQUESTS))
        .serve_connection(TokioIo::new(stream), service);
    let result = tokio::select! {
        result = std::future::poll_fn(|context| connection.poll_without_shutdown(context)) => result,
        _ = stopping.changed() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    let stream = connection.into_parts().io.into_inner().into_inner();
    let stopping = *stopping.borrow();
    match (cutter.end(), result) {
        (Some(End::Reset), _) => reset(stream),
        (Some(End::Idle), _) => {
            shared.counters.idle_connection();
            reset(stream);
        }
        (Some(End::Close), _) | (None, Ok(())) if !stopping => linger(stream).await,
        (Some(End::Close), _) | (None, Ok(())) => {}
        (None, Err(error)) if error.is_timeout() => shared.counters.idle_connection(),
        (None, Err(error)) => tracing::debug!(%error, "a connection broke off"),
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

async fn handle(shared: &Arc<Shared>, cutter: Cutter, request: Request<Incoming>) -> Response<OutgoingBody> {
    let (parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    if control::is_control(shared, &parts) {
        let answer = control::answer(shared, &parts.method, body).await;
        return respond(shared, None, is_head, Ok(answer)).map(|body| OutgoingBody::new(body, None));
    }
    let expects_continue = parts.headers.contains_key("expect");
    let mut body = Some(RequestBody::new(body, shared.options.idle_timeout.map(|idle_max| (idle_max, cutter.clone()))));
    let mut strike = Strike::none(cutter);
    let (call, reply) = match Call::parse(&parts, &shared.options) {
        Err(refusal) => (None, Err(refusal)),
        Ok(mut call) => match prepare(shared, &mut call, &mut strike, &mut body).await {
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
        body.drain(LINGER).await;
    }
    let latency = shared.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    strike.after(respond(shared, call.as_deref(), is_head, reply)).await
}

/// Names a call, lets it suffer what comes before it is looked at, and authenticates it.
async fn prepare(
    shared: &Shared,
    call: &mut Call,
    strike: &mut Strike,
    body: &mut Option<RequestBody>,
) -> Result<Verb, Refusal> {
    let verb = Verb::of(call);
    let known = verb.as_ref().ok().copied();
    shared.counters.request(known.map_or("Unknown", Verb::name));
    strike.befall(shared.faults.choose(call, known));
    strike.before(shared, body).await?;
    call.region = authenticate(shared, call)?;
    verb
}
