//! A server of one page of code: it records the raw bytes of each request and answers with what the test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use store::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tos::{Addressing, Clock, Credentials, HostRoute, TosConfig, TosStore};

/// 2026-01-02T03:04:05Z, the moment of the captures.
pub const CAPTURED_AT: Duration = Duration::from_secs(1_767_323_045);

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Everything before the empty line.
    pub head: String,
    /// Everything behind it.
    pub body: Vec<u8>,
}

impl Recorded {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Reads the request, answers with these bytes, keeps the connection.
    Send(String),
    /// Reads the head alone, answers and closes.
    Early(String),
    /// Answers with these bytes, then closes.
    Cut(String),
    /// Reads the request and never answers.
    Silence,
    /// Reads the head and never reads on.
    Deaf,
}

/// An answer with status, headers and body.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    Reply::Send(format!("HTTP/1.1 {status}\r\n{lines}content-length: {}\r\n\r\n{body}", body.len()))
}

pub struct Recorder {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Recorded>>>,
    connections: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Recorder {
    /// Gives the replies in turn, the last one for ever.
    pub async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let serving = tokio::spawn({
            let (seen, connections) = (Arc::clone(&seen), Arc::clone(&connections));
            async move {
                while let Ok((socket, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(socket, Arc::clone(&seen), replies.clone()));
                }
            }
        });
        Self { address, seen, connections, serving }
    }

    pub fn seen(&self) -> Vec<Recorded> {
        self.seen.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn last(&self) -> Recorded {
        self.seen().pop().expect("a request came")
    }

    /// A store in virtual-host style under the name of the real endpoint, led here.
    pub fn store(&self) -> TosStore {
        self.store_with(|_| ())
    }

    pub fn store_with(&self, change: impl FnOnce(&mut TosConfig)) -> TosStore {
        let mut config = TosConfig::new("http://tos-cn-beijing.volces.com", "cn-beijing", credentials(None));
        config.host_routes = vec![HostRoute { domain: "tos-cn-beijing.volces.com".into(), address: self.address }];
        config.clock = Clock::new(|| SystemTime::UNIX_EPOCH + CAPTURED_AT);
        config.proxy = tos::ProxyChoice::Direct;
        change(&mut config);
        TosStore::open(config).unwrap()
    }

    /// A store in path style at the server's own address.
    pub fn path_store(&self) -> TosStore {
        let endpoint = format!("http://{}", self.address);
        self.store_with(|config| {
            config.endpoint = endpoint;
            config.addressing = Addressing::VirtualHost; // an IP address turns it into path style
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub fn credentials(token: Option<&str>) -> Credentials {
    Credentials {
        access_key: "AKLTfakeAccessKeyForTests0001".into(),
        secret_key: Secret::new("fakeSecretKey+/=ForTests0001"),
        security_token: token.map(Secret::new),
    }
}

async fn serve(mut socket: TcpStream, seen: Arc<Mutex<Vec<Recorded>>>, replies: Vec<Reply>) {
    let mut buffer = Vec::new();
    loop {
        let head_end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
        let mut recorded = Recorded { head, body: Vec::new() };
        let length = recorded.header("content-length").map_or(0, |text| text.parse().unwrap());
        let reply = {
            let seen = seen.lock().unwrap();
            replies[seen.len().min(replies.len() - 1)].clone()
        };
        if matches!(reply, Reply::Early(_) | Reply::Deaf) {
            seen.lock().unwrap().push(recorded);
            if let Reply::Early(text) = reply {
                socket.write_all(text.as_bytes()).await.unwrap();
                socket.flush().await.unwrap();
                // Lingers until the other side has heard it, as servers do: a reset would destroy the answer.
                socket.shutdown().await.unwrap();
                while socket.read_buf(&mut buffer).await.unwrap_or(0) > 0 {
                    buffer.clear();
                }
            } else {
                std::future::pending::<()>().await;
            }
            return;
        }
        while buffer.len() < head_end + length {
            if socket.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        recorded.body = buffer[head_end..head_end + length].to_vec();
        buffer.drain(..head_end + length);
        seen.lock().unwrap().push(recorded);
        match reply {
            Reply::Send(text) => socket.write_all(text.as_bytes()).await.unwrap(),
            Reply::Cut(text) => {
                socket.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            _ => std::future::pending().await,
        }
    }
}
