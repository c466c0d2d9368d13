//! Through proxies with user name and password, in clear and over TLS.

use store::conformance::{self, Expectations};
use store::{ErrorKind, ObjectStore, Secret, StoreError};
use tos::{Addressing, ProxyChoice, ProxyConfig, TosConfig, TosStore};

use crate::practice::{DOMAIN, Practice};
use crate::proxy::{Kind, PASSWORD, Proxy, USERNAME};

fn through(practice: &Practice, proxy: &Proxy, scheme: &str, password: &str) -> TosConfig {
    let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
    config.proxy = ProxyChoice::Explicit(ProxyConfig {
        url: format!("{scheme}://{}", proxy.address),
        username: Some(USERNAME.into()),
        password: Some(Secret::new(password)),
    });
    config
}

async fn check(kind: Kind, scheme: &str, tls: bool) {
    let practice = Practice::with(|options| options.tls = tls).await;
    let proxy = Proxy::start(kind, practice.address()).await;
    let store = TosStore::open(through(&practice, &proxy, scheme, PASSWORD)).unwrap();
    conformance::run_all(&store, "by-proxy", &Expectations::default()).await;
    assert!(proxy.passed() > 0, "the requests went through the proxy");
}

async fn refusal(kind: Kind, scheme: &str, tls: bool) -> StoreError {
    let practice = Practice::with(|options| options.tls = tls).await;
    let proxy = Proxy::start(kind, practice.address()).await;
    let store = TosStore::open(through(&practice, &proxy, scheme, "wrong")).unwrap();
    let error = store.list_buckets().await.unwrap_err();
    assert_eq!(proxy.passed(), 0);
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    error
}

#[tokio::test]
async fn an_http_proxy_forwards() {
    check(Kind::Http, "http", false).await;
}

#[tokio::test]
async fn an_http_proxy_tunnels_tls() {
    check(Kind::Http, "http", true).await;
}

#[tokio::test]
async fn a_socks5_proxy_that_looks_names_up_conforms() {
    check(Kind::Socks5, "socks5h", false).await;
}

#[tokio::test]
async fn a_socks5_proxy_conforms_over_tls() {
    check(Kind::Socks5, "socks5", true).await;
}

#[tokio::test]
async fn a_wrong_password_is_the_proxys_refusal() {
    let error = refusal(Kind::Http, "http", false).await;
    assert_eq!((error.kind, error.status), (ErrorKind::Refused, Some(407)), "{error}");
    assert!(error.message.contains("the proxy"), "{error}");
    for (kind, scheme, tls) in [(Kind::Http, "http", true), (Kind::Socks5, "socks5h", false)] {
        let error = refusal(kind, scheme, tls).await;
        assert!(matches!(error.kind, ErrorKind::Refused | ErrorKind::Network), "{kind:?}: {error:?}");
        assert!(error.message.contains("no connection"), "{error}");
    }
}

#[tokio::test]
async fn loopback_never_goes_through_a_proxy() {
    let practice = Practice::start().await;
    let proxy = Proxy::start(Kind::Http, practice.address()).await;
    for (host, addressing) in [("127.0.0.1", Addressing::Path), ("localhost", Addressing::Path)] {
        let mut config = practice.config(host, addressing);
        config.proxy = through(&practice, &proxy, "http", PASSWORD).proxy;
        TosStore::open(config).unwrap().list_buckets().await.unwrap();
    }
    assert_eq!(proxy.passed(), 0);
}

#[tokio::test]
async fn an_unusable_proxy_is_refused_with_a_reason() {
    let practice = Practice::start().await;
    for (url, reason) in [
        ("not a url", "is not a URL"),
        ("ftp://proxy:1", "must begin with"),
        ("http://me:secret@proxy:1", "do not belong into its address"),
    ] {
        let mut config = practice.config(DOMAIN, Addressing::VirtualHost);
        config.proxy = ProxyChoice::Explicit(ProxyConfig { url: url.into(), username: None, password: None });
        let error = TosStore::open(config).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{url}");
        assert!(error.message.contains(reason) && !error.message.contains("secret"), "{error}");
    }
}
