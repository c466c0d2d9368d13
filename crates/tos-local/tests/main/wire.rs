//! A server on a temporary folder, and requests to it written by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tos_local::{Behaviour, BucketSpec, Options, PRACTICE_ACCESS_KEY, PRACTICE_SECRET_KEY, Server};
use tos_sign::{Credentials, Scope};

pub(crate) struct Practice {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
}

/// A server with the buckets `first` and `second`.
pub(crate) async fn practice(change: impl FnOnce(&mut Options)) -> Practice {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&folder);
    change(&mut options);
    let server = Server::start(options).await.unwrap();
    Practice { folder, server }
}

pub(crate) async fn practice_with(change: impl FnOnce(&mut Behaviour)) -> Practice {
    practice(|options| change(&mut options.behaviour)).await
}

pub(crate) fn options(folder: &TempDir) -> Options {
    let bucket = |name: &str| BucketSpec { name: name.into(), region: None, versioning: false };
    Options { root: folder.path().join("root"), buckets: vec![bucket("first"), bucket("second")], ..Options::default() }
}

impl Practice {
    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Wire {
        wire(self.port(), method, path)
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.request("PUT", path).body(body).send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send().await
    }

    /// The number of files in the data folder of a bucket.
    pub(crate) fn data_files(&self, bucket: &str) -> usize {
        let data = self.folder.path().join("root/buckets").join(bucket).join("data");
        let Ok(shelves) = std::fs::read_dir(data) else { return 0 };
        shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum()
    }

    /// Waits until a condition of the server holds; it follows from a request that was sent, so it will.
    pub(crate) async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !holds(self) {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("the server gets there");
    }
}

pub(crate) fn wire(port: u16, method: &str, path: &str) -> Wire {
    Wire {
        port,
        method: method.into(),
        host: format!("127.0.0.1:{port}"),
        path: path.into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
        access_key: PRACTICE_ACCESS_KEY.into(),
        secret_key: PRACTICE_SECRET_KEY.into(),
        token: None,
        region: tos_local::PRACTICE_REGION.into(),
        date: compact(0),
    }
}

/// The moment `ahead_seconds` from now, as signatures write it.
pub(crate) fn compact(ahead_seconds: i64) -> String {
    let moment = OffsetDateTime::now_utc() + time::Duration::seconds(ahead_seconds);
    moment.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap()
}

/// A request; the path is written before encoding.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) port: u16,
    method: String,
    pub(crate) host: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    pub(crate) date: String,
}

impl Wire {
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn signing(&self) -> tos_sign::Request<'_> {
        tos_sign::Request {
            method: &self.method,
            host: &self.host,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }

    pub(crate) fn credentials(&self) -> Credentials<'_> {
        Credentials {
            access_key: &self.access_key,
            secret_key: &self.secret_key,
            security_token: self.token.as_deref(),
        }
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope { date: &self.date, region: &self.region }
    }

    fn sign(&mut self) {
        self.headers.push(("x-tos-date".into(), self.date.clone()));
        if let Some(token) = self.token.clone() {
            self.headers.push(("x-tos-security-token".into(), token));
        }
        let authorization = tos_sign::authorization(&self.signing(), &self.credentials(), &self.scope());
        self.headers.push(("authorization".into(), authorization));
    }

    /// The request up to its body, signed unless it already has a signature or is to have none.
    pub(crate) fn head(&self, query: Option<&str>, content_length: Option<usize>) -> Vec<u8> {
        let encode = |(name, value): &(String, String)| {
            format!("{}={}", tos_sign::encode_component(name), tos_sign::encode_component(value))
        };
        let query = query.map_or_else(|| self.query.iter().map(encode).collect::<Vec<_>>().join("&"), str::to_owned);
        let target = format!("{}{}{query}", tos_sign::encode_path(&self.path), if query.is_empty() { "" } else { "?" });
        let mut head = format!("{} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.method, self.host);
        if let Some(length) = content_length {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    pub(crate) fn signed(mut self) -> Self {
        self.sign();
        self
    }

    pub(crate) async fn send(self) -> Reply {
        let signed = self.signed();
        let head = signed.head(None, Some(signed.body.len()));
        let stream = TcpStream::connect(("127.0.0.1", signed.port)).await.unwrap();
        exchange(stream, &[&head, &signed.body]).await
    }

    pub(crate) async fn send_unsigned(self) -> Reply {
        let head = self.head(None, Some(self.body.len()));
        exchange(TcpStream::connect(("127.0.0.1", self.port)).await.unwrap(), &[&head, &self.body]).await
    }

    /// Sends and takes whatever comes, up to the end of the connection.
    pub(crate) async fn observe(self) -> Seen {
        let signed = self.signed();
        let head = signed.head(None, Some(signed.body.len()));
        let stream = TcpStream::connect(("127.0.0.1", signed.port)).await.unwrap();
        observe(stream, &[&head, &signed.body]).await
    }

    /// Sends with a ready query string, such as that of a presigned URL.
    pub(crate) async fn send_presigned(self, query: &str) -> Reply {
        let head = self.head(Some(query), Some(self.body.len()));
        exchange(TcpStream::connect(("127.0.0.1", self.port)).await.unwrap(), &[&head, &self.body]).await
    }

    pub(crate) async fn send_over_tls(self, ca_pem: &str, name: &str) -> Result<Reply, std::io::Error> {
        Ok(Reply::parse(&self.observe_over_tls(ca_pem, name).await?.bytes))
    }

    pub(crate) async fn observe_over_tls(self, ca_pem: &str, name: &str) -> Result<Seen, std::io::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let signed = self.signed();
        let stream = TcpStream::connect(("127.0.0.1", signed.port)).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let head = signed.head(None, Some(signed.body.len()));
        Ok(observe(stream, &[&head, &signed.body]).await)
    }
}

/// What came over a connection, and how it ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    /// With a reset; `false`: in good order.
    pub(crate) reset: bool,
}

/// Sends pieces and reads to the end of the connection, whatever it is. A reset shows wherever it is met first.
pub(crate) async fn observe(mut stream: impl AsyncRead + AsyncWrite + Unpin, pieces: &[&[u8]]) -> Seen {
    use std::io::ErrorKind;
    let is_reset = |error: std::io::Error| match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => true,
        _ => panic!("neither a reset nor an end: {error}"),
    };
    let mut reset = false;
    for piece in pieces {
        // A server that has already refused may stop reading; what it said is what counts.
        if let Err(error) = stream.write_all(piece).await {
            reset = is_reset(error);
            break;
        }
    }
    if let Err(error) = stream.flush().await {
        reset |= is_reset(error);
    }
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes).await {
        reset |= is_reset(error);
    }
    Seen { bytes, reset }
}

/// Sends pieces and reads the answer to its end.
pub(crate) async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin, pieces: &[&[u8]]) -> Reply {
    Reply::parse(&observe(stream, pieces).await.bytes)
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn parse(mut bytes: &[u8]) -> Self {
        if let Some(rest) = bytes.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n") {
            bytes = rest;
        }
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let (status_line, headers) = head.split_once("\r\n").unwrap();
        let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = headers.lines().map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        self
    }

    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let body = self.json();
        assert_eq!((self.status, body["Code"].as_str().unwrap()), (status, code), "{body}");
        assert_eq!(body["RequestId"].as_str().unwrap(), self.header("x-tos-request-id"));
        for field in ["Message", "HostId", "Resource"] {
            assert!(body[field].is_string(), "{field} of {body}");
        }
        self
    }
}

pub(crate) fn crc64(bytes: &[u8]) -> String {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, bytes).to_string()
}

pub(crate) fn quoted_md5(bytes: &[u8]) -> String {
    use md5::Digest;
    format!("\"{}\"", hex::encode(md5::Md5::digest(bytes)))
}

pub(crate) fn some_bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}
