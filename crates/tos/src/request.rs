//! One request: built, signed, sent, and its answer judged.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest, Md5};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Body, Method, Response, Url};
use store::{ErrorKind, ObjectRef, PutCondition, StoreError, UploadBody};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::endpoint::Place;
use crate::error::{Exchange, Subject};
use crate::homes::Home;
use crate::outgoing::Outgoing;
use crate::{Result, Timeouts, TosStore, buckets, incoming, operation};

/// A request before it is signed.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is being done, for messages and logs: `reading`, `listing`.
    pub(crate) doing: &'static str,
    /// The HTTP method.
    pub(crate) method: Method,
    pub(crate) subject: Subject,
    pub(crate) home: Arc<Home>,
    pub(crate) place: Place,
    /// Parameters before encoding.
    pub(crate) query: Vec<(String, String)>,
    /// Headers before signing; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// When the object may be written; decides what a failed condition means.
    pub(crate) condition: PutCondition,
    /// Whether the server moves bytes before it answers.
    pub(crate) is_server_side_work: bool,
    pub(crate) body: Option<UploadBody>,
}

impl TosStore {
    /// A call about no bucket.
    pub(crate) fn service_call(&self, doing: &'static str, method: Method) -> Result<Call> {
        let home = self.homes.own();
        let place = home.endpoint.service()?;
        Ok(Call::new(doing, method, Subject::Service, home, place))
    }

    /// A call about a bucket. The name is checked.
    pub(crate) fn bucket_call(&self, doing: &'static str, method: Method, bucket: &str) -> Result<Call> {
        let home = self.homes.of(bucket);
        Self::bucket_call_at(home, doing, method, bucket)
    }

    /// A call about a bucket that is to be in the region of the store, wherever one of its name was before.
    pub(crate) fn own_bucket_call(&self, doing: &'static str, method: Method, bucket: &str) -> Result<Call> {
        Self::bucket_call_at(self.homes.own(), doing, method, bucket)
    }

    fn bucket_call_at(home: Arc<Home>, doing: &'static str, method: Method, bucket: &str) -> Result<Call> {
        store::check_bucket_name(bucket)?;
        let place = home.endpoint.place(bucket, "");
        Ok(Call::new(doing, method, Subject::Bucket(bucket.to_owned()), home, place))
    }

    /// A call about an object. Bucket and key are checked.
    pub(crate) fn object_call(&self, doing: &'static str, method: Method, object: &ObjectRef) -> Result<Call> {
        store::check_bucket_name(&object.bucket)?;
        store::check_key(&object.key)?;
        check_version(object)?;
        let home = self.homes.of(&object.bucket);
        let place = home.endpoint.place(&object.bucket, &object.key);
        let mut call = Call::new(doing, method, Subject::Object(object.clone()), home, place);
        if let Some(version) = &object.version {
            call = call.param("versionId", &version.0);
        }
        Ok(call)
    }

    /// Sends a call; an answer other than 2xx is an error.
    pub(crate) async fn send(&self, mut call: Call) -> Result<Answer> {
        let (body, watch) = Outgoing::new(call.body.take().unwrap_or_else(|| UploadBody::from_bytes(Bytes::new())));
        let mut timeouts = *self.transport.timeouts();
        if call.is_server_side_work {
            timeouts.answer_head = timeouts.server_side_work;
        }
        let signed_at = self.now();
        let request = self.sign(&call, body, signed_at)?;
        let sent = self.transport.send(request, &watch, &timeouts).await;
        let mut response = sent.map_err(|error| call.failed(error))?;
        let status = response.status();
        let home = call.home.clone();
        let exchange = call.into_exchange(status.as_u16(), std::mem::take(response.headers_mut()));
        tracing::debug!(
            verb = exchange.doing,
            bucket = exchange.subject.bucket(),
            status = exchange.status,
            request_id = exchange.request_id().unwrap_or_default(),
            "answered"
        );
        let answer = Answer { exchange, response, timeouts };
        if status.is_success() {
            return Ok(answer);
        }
        Err(self.refused(answer, &home, signed_at).await)
    }

    async fn refused(&self, answer: Answer, home: &Arc<Home>, signed_at: SystemTime) -> StoreError {
        let date = answer.date();
        let Answer { exchange, response, timeouts } = answer;
        let bucket = exchange.subject.bucket().to_owned();
        let body = incoming::first_bytes(response, &timeouts).await;
        let mut error = exchange.into_error(&body, date.unwrap_or(signed_at));
        if error.kind == ErrorKind::ClockSkew && !self.learn_offset(signed_at, date) {
            error.retry = store::Retry::Never;
        }
        // A redirect, or the answer to a HEAD, has no code to tell by.
        let is_mute = error.code.is_none() && matches!(error.status, Some(300..=399 | 403 | 404));
        let may_be_away = is_mute || matches!(error.kind, ErrorKind::CrossRegion | ErrorKind::BucketNotFound);
        if may_be_away && !bucket.is_empty() && self.learn_home(&bucket, home).await {
            (error.kind, error.retry) = (ErrorKind::CrossRegion, store::Retry::Later);
        }
        error
    }

    /// Asks where buckets live, if that was not asked yet; whether this one now has another home than the one asked.
    async fn learn_home(&self, bucket: &str, asked: &Home) -> bool {
        let fetch = || async {
            let Err(error) = Box::pin(buckets::list(self)).await else { return true };
            tracing::debug!(%error, "the regions of buckets are not known");
            error.retry == store::Retry::Never
        };
        self.homes.has_moved(bucket, asked, self.clock.now(), fetch).await
    }

    /// Remembers how far the server's clock is ahead; whether that changes anything for the next attempt.
    pub(crate) fn learn_offset(&self, signed_at: SystemTime, date: Option<SystemTime>) -> bool {
        let Some(date) = date else { return false };
        // The date header has whole seconds, and the answer took a while: less than this teaches nothing.
        const WORTH_CORRECTING_SECONDS: u64 = 30;
        let off = seconds_since_1970(date).saturating_sub(seconds_since_1970(signed_at));
        if off.unsigned_abs() < WORTH_CORRECTING_SECONDS {
            return false;
        }
        let offset = seconds_since_1970(date).saturating_sub(seconds_since_1970(self.clock.now()));
        self.clock_offset_seconds.store(offset, Ordering::Relaxed);
        tracing::warn!(offset_seconds = offset, "the clock of this computer is off; signatures are corrected");
        true
    }

    /// The time by the server's clock, as far as we know it.
    pub(crate) fn now(&self) -> SystemTime {
        let offset = self.clock_offset_seconds.load(Ordering::Relaxed);
        let now = self.clock.now();
        let by = Duration::from_secs(offset.unsigned_abs());
        let corrected = if offset < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        corrected.unwrap_or(now)
    }

    fn sign(&self, call: &Call, body: Outgoing, now: SystemTime) -> Result<reqwest::Request> {
        let date = signing_date(now);
        let mut headers = call.headers.clone();
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        add("x-tos-content-sha256", tos_sign::UNSIGNED_PAYLOAD);
        add("x-tos-date", &date);
        if let Some(token) = &self.credentials.security_token {
            add("x-tos-security-token", token.expose());
        }
        let request = tos_sign::Request {
            method: call.method.as_str(),
            host: &call.place.host,
            path: &call.place.path,
            query: &call.query,
            headers: &headers,
        };
        let scope = tos_sign::Scope { date: &date, region: &call.home.region };
        let authorization = tos_sign::authorization(&request, &self.signing_credentials(), &scope);
        let url = call.url(&tos_sign::canonical_query(&call.query))?;

        let mut built = reqwest::Request::new(call.method.clone(), url);
        let map = built.headers_mut();
        for (name, value) in &headers {
            insert(map, name, value)?;
        }
        insert(map, "authorization", &authorization)?;
        for name in ["authorization", "x-tos-security-token"] {
            if let Some(secret) = map.get_mut(name) {
                secret.set_sensitive(true);
            }
        }
        map.insert(USER_AGENT, header_value("user-agent", &self.user_agent)?);
        // Nothing may be compressed on the way: sizes, ranges and checksums are those of the object.
        map.insert("accept-encoding", HeaderValue::from_static("identity"));
        if matches!(call.method, Method::PUT | Method::POST) {
            let len_bytes = http_body::Body::size_hint(&body).exact().unwrap_or_default();
            map.insert(CONTENT_LENGTH, HeaderValue::from(len_bytes));
            *built.body_mut() = Some(Body::wrap(body));
        }
        Ok(built)
    }

    pub(crate) fn signing_credentials(&self) -> tos_sign::Credentials<'_> {
        tos_sign::Credentials {
            access_key: &self.credentials.access_key,
            secret_key: self.credentials.secret_key.expose(),
            security_token: self.credentials.security_token.as_ref().map(|token| token.expose()),
        }
    }
}

impl Call {
    fn new(doing: &'static str, method: Method, subject: Subject, home: Arc<Home>, place: Place) -> Self {
        Self {
            doing,
            method,
            subject,
            home,
            place,
            query: Vec::new(),
            headers: Vec::new(),
            condition: PutCondition::Always,
            is_server_side_work: false,
            body: None,
        }
    }

    /// The URL whose path on the wire is exactly the signed one.
    pub(crate) fn url(&self, query: &str) -> Result<Url> {
        let text = self.home.endpoint.url(&self.place);
        let mut url = Url::parse(&text).map_err(|error| {
            StoreError::new(ErrorKind::InvalidName, "the address cannot be made").with_source(error)
        })?;
        // URL libraries remove dot segments. Such keys are refused long before; this is the belt to those braces.
        if url.path() != tos_sign::encode_path(&self.place.path) {
            return Err(StoreError::new(ErrorKind::InvalidName, "the key cannot be sent unchanged"));
        }
        url.set_query((!query.is_empty()).then_some(query));
        Ok(url)
    }

    pub(crate) fn param(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a parameter that is left out when empty, as the SDKs do.
    pub(crate) fn param_unless_empty(self, name: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.param(name, value) }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Lets the answer take as long as copying inside the store may take.
    pub(crate) fn server_side_work(self) -> Self {
        Self { is_server_side_work: true, ..self }
    }

    pub(crate) fn body(self, body: UploadBody) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Writes only if allowed: sends the header, and lets a failed condition be understood.
    pub(crate) fn condition(self, condition: PutCondition) -> Self {
        let call = Self { condition, ..self };
        match condition {
            PutCondition::Always => call,
            // Lower case: the SDKs differ, and the server's taste is not known (protocol.md, section 3).
            PutCondition::IfAbsent => call.header("x-tos-forbid-overwrite", "true"),
        }
    }

    fn failed(&self, error: StoreError) -> StoreError {
        tracing::debug!(verb = self.doing, bucket = self.subject.bucket(), kind = ?error.kind, "not answered");
        let message = format!("{} {} failed: {}", self.doing, self.subject, error.message);
        StoreError { message, operation: operation::of(self), ..error }
    }

    fn into_exchange(self, status: u16, headers: HeaderMap) -> Exchange {
        let operation = operation::of(&self);
        let Self { doing, subject, condition, .. } = self;
        Exchange { doing, operation, subject, condition, status, headers }
    }
}

/// An answer with status 2xx, its body unread.
pub(crate) struct Answer {
    response: Response,
    exchange: Exchange,
    timeouts: Timeouts,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.exchange.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.exchange.headers
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.exchange.request_id()
    }

    fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers().get("date")?.to_str().ok()?).ok()
    }

    /// The answer is not one that TOS gives; `why` completes “the answer …”.
    pub(crate) fn not_tos(&self, why: &str) -> StoreError {
        self.exchange.not_tos(why)
    }

    /// An error unless a header shows that TOS answered: a verb without an answer of its own succeeds at any web server.
    pub(crate) fn looks_like_tos(&self) -> Result<()> {
        if self.exchange.looks_like_tos() { Ok(()) } else { Err(self.not_tos("is not from TOS")) }
    }

    /// The answer is right, but not to be used; `why` is a sentence.
    pub(crate) fn refused(&self, why: &str) -> StoreError {
        self.exchange.error(ErrorKind::Refused, store::Retry::Never, why)
    }

    /// The body as a stream of exactly `len_bytes` bytes.
    pub(crate) fn into_stream(self, len_bytes: u64) -> store::ByteStream {
        incoming::exactly(self.response, len_bytes, self.timeouts)
    }

    /// The body as JSON, if `complete` finds in it what makes it a success. An error body behind a 200 is the error
    /// that it names; anything that is not JSON does not come from TOS.
    pub(crate) async fn json_if<T: serde::de::DeserializeOwned>(self, complete: impl Fn(&T) -> bool) -> Result<T> {
        let Self { response, exchange, timeouts } = self;
        let body = incoming::whole(response, &timeouts).await.map_err(|error| StoreError {
            message: format!("{} {} failed: {}", exchange.doing, exchange.subject, error.message),
            request_id: exchange.request_id(),
            operation: exchange.operation,
            ..error
        })?;
        match serde_json::from_slice::<T>(&body) {
            Ok(value) if complete(&value) => Ok(value),
            _ => Err(exchange.into_error(&body, SystemTime::UNIX_EPOCH)),
        }
    }
}

/// Whole seconds since 1970.
pub(crate) fn seconds_since_1970(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(_) => 0,
    }
}

/// `YYYYMMDDTHHMMSSZ`.
pub(crate) fn signing_date(now: SystemTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(now).format(format).unwrap_or_default()
}

/// Refuses an empty version: the request would be one about the newest, and a deletion without an id that of the object.
pub(crate) fn check_version(object: &ObjectRef) -> Result<()> {
    match &object.version {
        Some(version) if version.0.is_empty() => {
            Err(StoreError::new(ErrorKind::ObjectNotFound, "a version has an id, and this one is empty"))
        }
        _ => Ok(()),
    }
}

/// Gives a call a JSON body, and the MD5 that TOS demands with some of them.
pub(crate) fn json_body(call: Call, body: &impl serde::Serialize) -> Result<Call> {
    let body = serde_json::to_vec(body).map_err(|error| {
        StoreError::new(ErrorKind::Refused, "the request cannot be written as JSON").with_source(error)
    })?;
    let call = call.header("content-md5", STANDARD.encode(Md5::digest(&body)));
    Ok(call.body(UploadBody::from_bytes(body)))
}

fn insert(map: &mut HeaderMap, name: &str, value: &str) -> Result<()> {
    let name_ok = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(name))?;
    map.insert(name_ok, header_value(name, value)?);
    Ok(())
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(value.trim()).map_err(|_| unsendable(name))
}

fn unsendable(name: &str) -> StoreError {
    StoreError::new(ErrorKind::Refused, format!("{name} has characters that cannot be sent"))
}
