//! What a server is started with, and why it did not start.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::Behaviour;

/// The well-known access key id of the practice server. It guards nothing.
pub const PRACTICE_ACCESS_KEY: &str = "AKLTpracticeOnlyNotSecret0001";
/// The well-known secret key that belongs to [`PRACTICE_ACCESS_KEY`].
pub const PRACTICE_SECRET_KEY: &str = "practice-only-this-key-is-public-0001";
/// The region that a practice server plays if none is named.
pub const PRACTICE_REGION: &str = "cn-beijing";

/// The region of the practice bucket that is far away.
const PRACTICE_FAR_REGION: &str = "cn-shanghai";

/// How to run a server. Start from [`Options::default`], which has the practice key, and set the root.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that holds everything; made if missing, and used by one server at a time.
    pub root: PathBuf,
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Speaks TLS with a certificate signed by a CA that is made at every start; see [`crate::Server::ca_pem`].
    pub tls: bool,
    /// The keys that may sign.
    pub credentials: Vec<AccessKey>,
    /// The region that this server plays.
    pub region: String,
    /// Further regions that it plays. A bucket belongs to the region that signed its creation.
    pub other_regions: Vec<String>,
    /// Most bytes of objects and unfinished parts together; beyond it writes are refused with `QuotaExceeded`.
    pub capacity_bytes: u64,
    /// Waited before each answer.
    pub latency: Duration,
    /// A connection is reset when the client neither sends what it owes nor takes what is sent for this long, and
    /// closed when it sends no request for this long; `None` for 60 s between requests and no limit within them.
    pub idle_timeout: Option<Duration>,
    /// Bytes of bodies per second, all connections and both directions together; `None` for as fast as it goes.
    pub bytes_per_second: Option<u64>,
    /// Bytes per second of all server-side copies together.
    pub copy_bytes_per_second: Option<u64>,
    /// How long it takes until an archived object that is being restored can be read.
    pub restore_takes: Duration,
    /// Hosts (lower case, without port) that stand for a bucket.
    pub custom_domains: BTreeMap<String, String>,
    /// The domain of virtual-host addressing: `BUCKET.domain`. `BUCKET.localhost` works always, but not over
    /// TLS, as no client takes a certificate for `*.localhost`.
    pub domain: String,
    /// Buckets that are made at the start if they do not exist.
    pub buckets: Vec<BucketSpec>,
    /// Answers where those of real TOS are not known.
    pub behaviour: Behaviour,
    /// Seconds by which this server's clock runs ahead of the computer's, for trying a client with a wrong clock.
    pub clock_ahead_seconds: i64,
    /// Lets clients set faults with `PUT`, `GET` and `DELETE` of `/__tern/faults`, unsigned, at an address or at
    /// `localhost`: the body of a PUT is the JSON of a [`crate::FaultPlan`], the answer to it and to GET that of a
    /// [`crate::FaultReport`]. Off, that path is an ordinary request. [`crate::Server::set_faults`] works always.
    pub faults: bool,
}

impl Options {
    /// A server with the buckets of the practice account: one to upload to, one to copy to inside the store, and one in
    /// another region, to which copies pass through the client's computer.
    pub fn practice(root: PathBuf) -> Self {
        let bucket = |name: &str, region: Option<&str>| BucketSpec {
            name: name.to_owned(),
            region: region.map(str::to_owned),
            versioning: false,
        };
        Self {
            root,
            other_regions: vec![PRACTICE_FAR_REGION.to_owned()],
            buckets: vec![
                bucket("practice", None),
                bucket("practice-copy", None),
                bucket("practice-far", Some(PRACTICE_FAR_REGION)),
            ],
            ..Self::default()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            root: PathBuf::from("tos-local-data"),
            port: 0,
            tls: false,
            credentials: vec![AccessKey {
                access_key: PRACTICE_ACCESS_KEY.to_owned(),
                secret_key: PRACTICE_SECRET_KEY.to_owned(),
                security_token: None,
            }],
            region: PRACTICE_REGION.to_owned(),
            other_regions: Vec::new(),
            capacity_bytes: 10 << 30,
            latency: Duration::ZERO,
            idle_timeout: None,
            bytes_per_second: None,
            copy_bytes_per_second: None,
            restore_takes: Duration::from_secs(3),
            custom_domains: BTreeMap::new(),
            domain: "tos.test".to_owned(),
            buckets: Vec::new(),
            behaviour: Behaviour::default(),
            clock_ahead_seconds: 0,
            faults: false,
        }
    }
}

/// A key that may sign.
#[derive(Clone)]
pub struct AccessKey {
    /// The access key id.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The session token that must come with this key; `None` if it is a permanent key, which must come without.
    pub security_token: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// A bucket to be made at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name.
    pub name: String,
    /// Its region; `None` for [`Options::region`].
    pub region: Option<String>,
    /// Whether versioning is switched on.
    pub versioning: bool,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder could not be made or read.
    #[error("the folder {path} cannot be used")]
    Root {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another server uses the folder.
    #[error("another server is using the folder {0}")]
    RootInUse(PathBuf),
    /// A file in the folder is not one of ours.
    #[error("{path} is not what this server wrote")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The port is taken or may not be used.
    #[error("port {port} on 127.0.0.1 cannot be used")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Certificate(String),
    /// A bucket to be made at the start has a name that no bucket may have.
    #[error("{0:?} cannot be the name of a bucket")]
    BucketName(String),
}
