//! A practice server with a folder of its own, and stores that reach it in every way.

use std::net::{Ipv4Addr, SocketAddr};

use store::Secret;
use tempfile::TempDir;
use tos::{Addressing, Credentials, HostRoute, ProxyChoice, TosConfig, TosStore};
use tos_local::{Behaviour, Options, PRACTICE_ACCESS_KEY, PRACTICE_REGION, PRACTICE_SECRET_KEY, Server};

pub const DOMAIN: &str = "tos.test";

pub struct Practice {
    pub server: Server,
    _folder: TempDir,
}

impl Practice {
    pub async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn behaving(change: impl FnOnce(&mut Behaviour)) -> Self {
        Self::with(|options| change(&mut options.behaviour)).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options { root: folder.path().join("objects"), domain: DOMAIN.into(), ..Options::default() };
        change(&mut options);
        Self { server: Server::start(options).await.unwrap(), _folder: folder }
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.server.port()).into()
    }

    fn scheme(&self) -> &'static str {
        if self.server.ca_pem().is_some() { "https" } else { "http" }
    }

    /// A configuration for a host that leads to the server, which trusts the server's CA.
    pub fn config(&self, host: &str, addressing: Addressing) -> TosConfig {
        let endpoint = format!("{}://{host}:{}", self.scheme(), self.server.port());
        let mut config = TosConfig::new(endpoint, PRACTICE_REGION, practice_credentials());
        config.addressing = addressing;
        config.proxy = ProxyChoice::Direct;
        config.host_routes = vec![HostRoute { domain: host.into(), address: self.address() }];
        config.extra_ca_pem = self.server.ca_pem().map(str::to_owned);
        config
    }

    /// Path style at `127.0.0.1`.
    pub fn store(&self) -> TosStore {
        TosStore::open(self.config("127.0.0.1", Addressing::VirtualHost)).unwrap()
    }

    pub fn store_with(&self, change: impl FnOnce(&mut TosConfig)) -> TosStore {
        let mut config = self.config("127.0.0.1", Addressing::VirtualHost);
        change(&mut config);
        TosStore::open(config).unwrap()
    }

    /// `BUCKET.tos.test`.
    pub fn virtual_host_store(&self) -> TosStore {
        TosStore::open(self.config(DOMAIN, Addressing::VirtualHost)).unwrap()
    }
}

pub fn practice_credentials() -> Credentials {
    Credentials {
        access_key: PRACTICE_ACCESS_KEY.into(),
        secret_key: Secret::new(PRACTICE_SECRET_KEY),
        security_token: None,
    }
}
