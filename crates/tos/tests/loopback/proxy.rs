//! A proxy for the tests: HTTP (forwarding and CONNECT) and SOCKS5, both with user name and password. Wherever a client
//! wants to go, it is led to one target.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

pub const USERNAME: &str = "me@work";
/// With everything that a URL would misread.
pub const PASSWORD: &str = "p:ss/w@rd %20+?#密";

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Http,
    Socks5,
}

pub struct Proxy {
    pub address: SocketAddr,
    passed: Arc<AtomicU64>,
    serving: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub async fn start(kind: Kind, target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let passed = Arc::new(AtomicU64::new(0));
        let serving = tokio::spawn({
            let passed = Arc::clone(&passed);
            async move {
                while let Ok((socket, _)) = listener.accept().await {
                    let passed = Arc::clone(&passed);
                    tokio::spawn(async move {
                        // A client may leave at any time; that is no failure of the test.
                        let _ = match kind {
                            Kind::Http => http(socket, target, &passed).await,
                            Kind::Socks5 => socks5(socket, target, &passed).await,
                        };
                    });
                }
            }
        });
        Self { address, passed, serving }
    }

    /// How many connections were let through.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn http(mut client: TcpStream, target: SocketAddr, passed: &AtomicU64) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let expected = format!("Basic {}", STANDARD.encode(format!("{USERNAME}:{PASSWORD}")));
    let authorized = head.lines().any(|line| {
        line.split_once(':')
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization") && value.trim() == expected)
    });
    if !authorized {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\
                       connection: close\r\ncontent-length: 0\r\n\r\n";
        client.write_all(refusal.as_bytes()).await?;
        return client.shutdown().await;
    }
    let mut server = TcpStream::connect(target).await?;
    passed.fetch_add(1, Ordering::SeqCst);
    if head.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        server.write_all(origin_form(&head).as_bytes()).await?;
    }
    server.write_all(&buffer[head_end..]).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// The request as the origin server wants it, and as the last one of its connection.
fn origin_form(head: &str) -> String {
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.split(' ');
    let (method, url) = (words.next().unwrap(), words.next().unwrap());
    let path = url.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap();
    let kept: String = headers
        .lines()
        .filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("proxy-"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{kept}\r\n")
}

/// RFC 1928 with the user name and password of RFC 1929.
async fn socks5(mut client: TcpStream, target: SocketAddr, passed: &AtomicU64) -> std::io::Result<()> {
    let greeting = [client.read_u8().await?, client.read_u8().await?];
    read_exactly(&mut client, greeting[1].into()).await?;
    client.write_all(&[5, 2]).await?;

    let _version = client.read_u8().await?;
    let username_len = client.read_u8().await?;
    let username = read_exactly(&mut client, username_len.into()).await?;
    let password_len = client.read_u8().await?;
    let password = read_exactly(&mut client, password_len.into()).await?;
    let authorized = username == USERNAME.as_bytes() && password == PASSWORD.as_bytes();
    client.write_all(&[1, u8::from(!authorized)]).await?;
    if !authorized {
        return client.shutdown().await;
    }

    let request = read_exactly(&mut client, 4).await?;
    let address_len = match request[3] {
        1 => 4,
        3 => client.read_u8().await?.into(),
        _ => 16,
    };
    read_exactly(&mut client, address_len + 2).await?;
    let mut server = TcpStream::connect(target).await?;
    passed.fetch_add(1, Ordering::SeqCst);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

async fn read_exactly(stream: &mut TcpStream, len: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
