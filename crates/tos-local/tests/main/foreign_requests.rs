//! Requests that nobody would send, signed and put on the wire: the server answers each, and is there for the next.
//!
//! A target of the fuzzer too, so it uses nothing of the other tests.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use md5::{Digest as _, Md5};
use time::macros::format_description;
use tos_local::{BucketSpec, Options, PRACTICE_ACCESS_KEY, PRACTICE_REGION, PRACTICE_SECRET_KEY, Server};

/// A server that anything may be sent to.
pub struct Victim {
    folder: tempfile::TempDir,
    port: u16,
    // In this order: the server stops before its runtime.
    _server: Server,
    _runtime: tokio::runtime::Runtime,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Victim {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bucket = |name: &str| BucketSpec { name: name.into(), region: None, versioning: name == "second" };
        let root = folder.path().join("root");
        let options = Options {
            root,
            buckets: vec![bucket("first"), bucket("second")],
            capacity_bytes: 64 << 20,
            ..Options::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(options)).unwrap();
        let victim = Self { folder, port: server.port(), _server: server, _runtime: runtime };
        let put = victim.ask(b"PUT /first/a.txt\ncontent-type: text/plain\n\nhello world");
        assert_eq!(put.map(|answer| answer.status), Some(200));
        victim
    }

    /// `METHOD /path?query`, headers, an empty line and the body.
    pub fn check(&self, input: &[u8]) {
        let mut input = input.to_vec();
        if find(&input, b"UPLOADID").is_some() {
            let begun = self.ask(b"POST /first/k?uploads\n\n").expect("an answer");
            let text = String::from_utf8(begun.body).unwrap();
            let id =
                text.split_once("\"UploadId\":\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0.to_owned();
            while let Some(at) = find(&input, b"UPLOADID") {
                input.splice(at..at + 8, id.bytes());
            }
        }
        let Some(answer) = self.ask(&input) else { return };
        let Answer { status, headers, body } = answer;
        assert!((200..600).contains(&status) && status != 500, "{status}: {}", String::from_utf8_lossy(&body));
        for (name, value) in &headers {
            assert!(!value.chars().any(|c| c.is_control() && c != '\t'), "{name}: {value:?}");
        }
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let is_head = input.starts_with(b"HEAD ");
        if let Some(length) = header("content-length").filter(|_| !is_head && status != 304) {
            assert_eq!(length.parse(), Ok(body.len()), "{status}");
        }
        if status >= 400 && header("x-tos-request-id").is_some() && !body.is_empty() {
            let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert!(error["Code"].as_str().is_some_and(|code| !code.is_empty()), "{error}");
        }
        if status == 206 {
            let (range, size) =
                header("content-range").and_then(|text| text.strip_prefix("bytes ")?.split_once('/')).unwrap();
            let (first, last) = range.split_once('-').unwrap();
            let [first, last, size] = [first, last, size].map(|number| number.parse::<u64>().unwrap());
            assert!(first <= last && last < size, "{first}-{last}/{size}");
            assert!(is_head || body.len() as u64 == last - first + 1);
        }
        let beside: Vec<_> =
            std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(beside, ["root"], "a key leaves the folder");
    }

    /// Signs and sends; `None` if the server closes the connection without a word, as it may when it cannot even see
    /// where the request ends.
    fn ask(&self, input: &[u8]) -> Option<Answer> {
        let end = find(input, b"\n\n").unwrap_or(input.len());
        let (head, body) = (&input[..end], input.get(end + 2..).unwrap_or_default());
        let head = String::from_utf8_lossy(head).into_owned();
        let mut lines = head.lines();
        let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("GET", "/"));
        let host = format!("127.0.0.1:{}", self.port);
        let now = time::OffsetDateTime::now_utc();
        let date = now.format(&format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
        let mut headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .filter(|(name, _)| !["host", "connection", "expect"].contains(&name.as_str()))
            .collect();
        for (name, value) in &mut headers {
            if name == "content-md5" && value == "right" {
                *value = base64::engine::general_purpose::STANDARD.encode(Md5::digest(body));
            }
        }
        let has_length = headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
        if !has_length {
            headers.push(("content-length".into(), body.len().to_string()));
        }
        headers.push(("x-tos-date".into(), date.clone()));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decode = |text: &str| tos_sign::decode(text).unwrap_or_default();
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))))
            .collect();
        let path = decode(path);
        let request = tos_sign::Request { method, host: &host, path: &path, query: &query, headers: &headers };
        let credentials = tos_sign::Credentials {
            access_key: PRACTICE_ACCESS_KEY,
            secret_key: PRACTICE_SECRET_KEY,
            security_token: None,
        };
        let scope = tos_sign::Scope { date: &date, region: PRACTICE_REGION };
        let authorization = tos_sign::authorization(&request, &credentials, &scope);
        let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n").into_bytes();
        for (name, value) in headers.iter().chain([&("authorization".to_owned(), authorization)]) {
            text.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(body);
        // Where its end may be anywhere, the server must not wait for more. Otherwise this would look like a client that
        // has gone.
        exchange(self.port, &text, has_length)
    }
}

fn exchange(port: u16, text: &[u8], is_all: bool) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server is there");
    // Far longer than any answer takes: only a server that hangs meets it.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may answer and close before it has read everything.
    let _ = stream.write_all(text);
    if is_all {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "the server hangs");
    }
    let end = find(&answer, b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).expect("a head in UTF-8");
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let headers = lines
        .map(|line| line.split_once(':').expect("a header"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Answer { status, headers, body: answer.split_off(end + 4) })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
