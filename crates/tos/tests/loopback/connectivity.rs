//! How TOS is reached, step by step: names, TLS with its problems, the clock, and proxies on the way.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use store::{ErrorKind, ObjectStore, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};
use tos::{
    Addressing, CaProblem, HostRoute, ProxyChoice, ProxyConfig, TlsProblem, TlsVersion, TosConfig, TosStore,
    check_certificates, tls_problem,
};

use crate::practice::{DOMAIN, Practice, practice_credentials};
use crate::proxy::{Kind, PASSWORD, Proxy, USERNAME};

/// A server that answers every request as TOS answers one without a signature, with a certificate as the test wants it.
struct Front {
    address: SocketAddr,
    ca_pem: String,
    serving: tokio::task::JoinHandle<()>,
}

struct Certificate {
    name: &'static str,
    years: (i32, i32),
    versions: &'static [&'static SupportedProtocolVersion],
}

const ONLY_OLDER: &[&SupportedProtocolVersion] = &[&TLS12];

const USUAL: Certificate = Certificate { name: DOMAIN, years: (2000, 4000), versions: &[&TLS12, &TLS13] };

impl Front {
    async fn start(wanted: Certificate) -> Self {
        let mut ca_params = CertificateParams::new(Vec::new()).unwrap();
        ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_key = KeyPair::generate().unwrap();
        let ca_pem = ca_params.self_signed(&ca_key).unwrap().pem();
        let mut params = CertificateParams::new(vec![wanted.name.to_owned()]).unwrap();
        (params.not_before, params.not_after) =
            (date_time_ymd(wanted.years.0, 1, 1), date_time_ymd(wanted.years.1, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::new(ca_params, ca_key)).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(wanted.versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that refuses the certificate leaves here.
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let mut buffer = [0; 4096];
                    let _ = stream.read(&mut buffer).await;
                    let answer = "HTTP/1.1 403 Forbidden\r\nx-tos-request-id: 1\r\ncontent-length: 0\r\n\
                                  connection: close\r\n\r\n";
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address, ca_pem, serving }
    }

    fn config(&self) -> TosConfig {
        let endpoint = format!("https://{DOMAIN}:{}", self.address.port());
        let mut config = TosConfig::new(endpoint, "cn-beijing", practice_credentials());
        config.proxy = ProxyChoice::Direct;
        config.host_routes = vec![HostRoute { domain: DOMAIN.into(), address: self.address }];
        config.extra_ca_pem = Some(self.ca_pem.clone());
        config
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test]
async fn a_name_is_looked_up_and_a_name_that_nobody_has_is_said() {
    let practice = Practice::start().await;
    let found = practice.virtual_host_store().resolve().await.unwrap();
    assert_eq!((found.host.as_str(), found.proxy), (DOMAIN, None));
    assert_eq!(found.addresses, [practice.address().ip()]);

    let found = practice.store().resolve().await.unwrap();
    assert_eq!((found.host.as_str(), found.addresses.len()), ("127.0.0.1", 1), "an address is not asked of anybody");

    let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
    config.endpoint = "https://nobody.invalid".into();
    let error = TosStore::open(config).unwrap().resolve().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("nobody.invalid"), "{error}");
}

#[tokio::test]
async fn the_version_of_tls_is_known() {
    let practice = Practice::with(|options| options.tls = true).await;
    assert_eq!(practice.virtual_host_store().greet().await.unwrap().tls, Some(TlsVersion::V1_3));
    let older = Front::start(Certificate { versions: ONLY_OLDER, ..USUAL }).await;
    assert_eq!(TosStore::open(older.config()).unwrap().greet().await.unwrap().tls, Some(TlsVersion::V1_2));
    let plain = Practice::start().await;
    assert_eq!(plain.virtual_host_store().greet().await.unwrap().tls, None);
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() {
    async fn problem(config: TosConfig) -> TlsProblem {
        let error = TosStore::open(config).unwrap().greet().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls, "{error:?}");
        tls_problem(&error).unwrap()
    }
    let front = Front::start(USUAL).await;
    let stranger = TosConfig { extra_ca_pem: None, ..front.config() };
    assert_eq!(problem(stranger).await, TlsProblem::UnknownIssuer);
    let old = Front::start(Certificate { years: (2001, 2002), ..USUAL }).await;
    assert_eq!(problem(old.config()).await, TlsProblem::Expired);
    let new = Front::start(Certificate { years: (3000, 3001), ..USUAL }).await;
    assert_eq!(problem(new.config()).await, TlsProblem::NotYetValid);
    let other = Front::start(Certificate { name: "another.test", ..USUAL }).await;
    assert_eq!(problem(other.config()).await, TlsProblem::WrongName(vec!["another.test".into()]));

    let plain = Practice::start().await;
    let mut config = plain.config(DOMAIN, Addressing::VirtualHost);
    config.endpoint = config.endpoint.replace("http://", "https://");
    assert_eq!(problem(config).await, TlsProblem::NoTls);
}

#[tokio::test]
async fn a_clock_that_is_off_is_learned_before_anything_is_signed() {
    const OFF_SECONDS: i64 = 3_600;
    let practice = Practice::with(|options| options.clock_ahead_seconds = OFF_SECONDS).await;
    let untold = practice.store();
    assert_eq!(untold.list_buckets().await.unwrap_err().kind, ErrorKind::ClockSkew);

    let store = practice.store();
    let ahead = store.greet().await.unwrap().clock_ahead_seconds.unwrap();
    assert!((ahead + OFF_SECONDS).abs() <= 3, "{ahead}");
    store.list_buckets().await.expect("the first signature has the server's time");

    let right = Practice::start().await.store().greet().await.unwrap().clock_ahead_seconds.unwrap();
    assert!(right.abs() <= 3, "{right}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_and_a_server_that_is_not_tos_are_told_apart() {
    let mut config = Practice::start().await.config("127.0.0.1", Addressing::Path);
    config.endpoint = "http://127.0.0.1:9".into();
    let error = TosStore::open(config.clone()).unwrap().greet().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    config.endpoint = format!("http://{}", listener.local_addr().unwrap());
    let portal = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = socket.read(&mut buffer).await;
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n<html>hi</html";
        let _ = socket.write_all(page.as_bytes()).await;
    });
    let error = TosStore::open(config).unwrap().greet().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotThisStore, "{error}");
    portal.await.unwrap();
}

#[tokio::test]
async fn with_a_proxy_its_name_is_the_one_that_is_looked_up_here() {
    let practice = Practice::with(|options| options.tls = true).await;
    for (kind, scheme, host) in
        [(Kind::Http, "http", "127.0.0.1"), (Kind::Socks5, "socks5h", "127.0.0.1"), (Kind::Socks5, "socks5", DOMAIN)]
    {
        let proxy = Proxy::start(kind, practice.address()).await;
        let url = format!("{scheme}://{}", proxy.address);
        let open = |password: &str| {
            let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
            let password = Some(Secret::new(password));
            let explicit = ProxyConfig { url: url.clone(), username: Some(USERNAME.into()), password };
            config.proxy = ProxyChoice::Explicit(explicit);
            TosStore::open(config).unwrap()
        };
        let store = open(PASSWORD);
        let found = store.resolve().await.unwrap();
        assert_eq!((found.host.as_str(), found.proxy.as_deref()), (host, Some(url.as_str())), "{scheme}");
        assert_eq!(store.greet().await.unwrap().tls, Some(TlsVersion::V1_3), "{scheme}");
        assert!(proxy.passed() > 0, "{scheme}");
        let error = open("wrong").greet().await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Network | ErrorKind::Refused), "{scheme}: {error:?}");
    }
}

/// The environment belongs to the whole process, so the test starts itself again with the one that it wants.
#[tokio::test]
async fn the_proxy_of_the_system_is_used_and_named_unless_it_says_no() {
    const WANTED: &str = "TOS_TEST_PROXY_EXPECTED";
    if let Ok(wanted) = std::env::var(WANTED) {
        let mut config = TosConfig::new("http://tos.test", "cn-beijing", practice_credentials());
        config.host_routes = vec![HostRoute { domain: DOMAIN.into(), address: ([127, 0, 0, 1], 9).into() }];
        let store = TosStore::open(config).unwrap();
        assert_eq!(store.resolve().await.unwrap().proxy.unwrap_or_default(), wanted);
        // Only the proxy leads anywhere: nobody listens where the name leads.
        assert_eq!(store.greet().await.is_ok(), !wanted.is_empty());
        return;
    }
    let practice = Practice::start().await;
    let proxy = Proxy::start(Kind::Http, practice.address()).await;
    let with_password = format!("http://me%40work:{}@{}", percent(PASSWORD), proxy.address);
    for (no_proxy, wanted) in [("", format!("http://{}", proxy.address)), ("tos.test", String::new())] {
        let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
        // These first: Windows takes both spellings for one.
        for other in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "no_proxy"] {
            command.env_remove(other);
        }
        command
            .args(["--exact", "connectivity::the_proxy_of_the_system_is_used_and_named_unless_it_says_no"])
            .env("HTTP_PROXY", &with_password)
            .env("NO_PROXY", no_proxy)
            .env(WANTED, &wanted)
            .env_remove("REQUEST_METHOD");
        let output = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "NO_PROXY={no_proxy}: {said}");
    }
    assert_eq!(proxy.passed(), 1);
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_file_of_certificates_is_known_from_what_is_not_one() {
    let front = Front::start(USUAL).await;
    let pem = front.ca_pem.as_bytes();
    let key = KeyPair::generate().unwrap().serialize_pem();
    let params = CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
    let binary = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    let middle = pem.len() / 2;
    for (content, expected) in [
        (pem.to_vec(), Ok(1)),
        ([b"a comment\n".as_slice(), pem, pem].concat(), Ok(2)),
        ([key.as_bytes(), pem].concat(), Ok(1)),
        (b"my diary".to_vec(), Err(CaProblem::NoCertificate)),
        (Vec::new(), Err(CaProblem::NoCertificate)),
        (key.into_bytes(), Err(CaProblem::PrivateKey)),
        (binary, Err(CaProblem::Binary)),
        (pem[..middle].to_vec(), Err(CaProblem::Damaged)),
        ([&pem[..middle], &pem[middle + 4..]].concat(), Err(CaProblem::Damaged)),
    ] {
        let text = String::from_utf8_lossy(&content).into_owned();
        assert_eq!(check_certificates(&content), expected, "{text}");
    }
}
