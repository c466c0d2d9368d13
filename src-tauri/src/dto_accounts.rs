//! The wire types of accounts: who the user is to which store, and how connecting goes.
//!
//! What is secret comes in as [`SecretText`] and never goes out: a form that is filled with what is known of an account
//! has no field for it.

use serde::{Deserialize, Deserializer, Serialize};
use specta::Type;
use store::Secret;

use crate::dto::AppError;

/// A secret that was typed. It can be read, and not be printed or sent back.
#[derive(Clone, Debug, PartialEq, Eq, Type)]
#[specta(transparent)]
pub struct SecretText(#[specta(type = String)] pub Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Secret::new(text)))
    }
}

impl SecretText {
    /// The secret; `None` if nothing was typed.
    pub fn given(self) -> Option<Secret> {
        Some(self.0).filter(|secret| !secret.is_empty())
    }
}

/// Where secrets are kept, and whether they can be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SecretsPlace {
    /// In the system's keychain.
    Keychain,
    /// In memory until this run ends: there is no keychain.
    ThisRun,
    /// In an encrypted file, which is open.
    File,
    /// In an encrypted file, whose passphrase is still to be given.
    FileLocked,
}

/// An account as the window shows it; no secret is in it.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct AccountView {
    /// Id of the profile.
    pub id: String,
    /// Name that the user sees.
    pub name: String,
    /// Region id.
    pub region: String,
    /// Endpoint.
    pub endpoint: String,
    /// The last four characters of the access key id.
    pub key_tail: String,
    /// Whether this is the built-in practice account.
    pub practice: bool,
    /// Whether the secret will still be known after a restart.
    pub secret_kept: bool,
    /// Whether the secret is known now, as far as can be told without asking a keychain.
    pub secret_known: bool,
    /// A bucket to show even where buckets cannot be listed.
    pub bucket: Option<String>,
    /// Where in that bucket this account works, ending in `/`.
    pub prefix: Option<String>,
}

/// How connections leave this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProxyUse {
    /// As the system says.
    System,
    /// Straight.
    None,
    /// Through the one that is named.
    Explicit,
}

/// The connect form.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct ConnectForm {
    /// The account that is changed; `None` for a new one.
    pub id: Option<String>,
    /// Name for the account; the region is used if empty.
    pub name: String,
    /// Access key id.
    pub access_key: String,
    /// Secret key; empty for the one that is known, if an account is changed.
    pub secret_key: SecretText,
    /// Security token of temporary credentials; empty for none, or for the known one along with an empty secret.
    pub security_token: SecretText,
    /// Region id, such as `cn-beijing`.
    pub region: String,
    /// Endpoint; empty for the public endpoint of the region.
    pub endpoint: String,
    /// Bucket or path to use where listing buckets is denied: `bucket`, `bucket/prefix` or `tos://bucket/prefix`; empty
    /// for none.
    pub bucket: String,
    /// Address buckets in the path rather than in the host name.
    pub path_style: bool,
    /// How connections leave this computer.
    pub proxy_use: ProxyUse,
    /// Proxy URL (http, https, socks5, socks5h), with user and password if need be; used if `proxy_use` says so. Without
    /// a password, the known one is kept as long as proxy and user are the same.
    pub proxy: SecretText,
    /// Path of a PEM file with a further CA; empty for none.
    pub ca_file: String,
    /// Take the account although nothing that it may do could be tested.
    pub accept_untested: bool,
}

/// What is known of an account, to fill the form with.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct AccountForm {
    /// The account.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Access key id.
    pub access_key: String,
    /// Whether there is a token.
    pub temporary: bool,
    /// Region id.
    pub region: String,
    /// Endpoint, as it was typed.
    pub endpoint: String,
    /// `bucket` or `bucket/prefix/`; empty for none.
    pub bucket: String,
    /// Whether buckets are addressed in the path.
    pub path_style: bool,
    /// How connections leave this computer.
    pub proxy_use: ProxyUse,
    /// Proxy URL with its user, without its password.
    pub proxy: String,
    /// Path of a PEM file with a further CA; empty for none.
    pub ca_file: String,
}

/// New keys for an account that is known.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct KeysForm {
    /// Access key id; temporary credentials come with a new one.
    pub access_key: String,
    /// Secret key.
    pub secret_key: SecretText,
    /// Security token of temporary credentials; empty for none.
    pub security_token: SecretText,
}

/// What still needs an account.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Type)]
pub struct AccountUse {
    /// Transfers that are not over.
    pub transfers: u64,
    /// Whether there are more than that.
    pub more: bool,
}

/// An account whose transfers wait for keys.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct KeysNeeded {
    /// The account.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many wait; none if only looking at the account shows that keys are needed.
    pub transfers: u64,
}

/// The steps of a check, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CheckStep {
    /// Its name has an address.
    Address,
    /// TOS answers, over TLS.
    Secure,
    /// The clocks agree.
    Clock,
    /// A signature is accepted.
    Secret,
    /// Something can be listed.
    Permission,
}

/// How a step goes.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// It has begun.
    Running {},
    /// It went well.
    Done {
        /// What was found.
        fact: StepFact,
    },
    /// It went well, and there is something to know.
    Note {
        /// What was found.
        fact: StepFact,
    },
    /// The check stops here.
    Failed {
        /// Why.
        error: AppError,
    },
}

/// What a step found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum StepFact {
    /// A name has an address.
    Address {
        /// The host that was looked up.
        host: String,
        /// The first address that was found; empty where the host is one.
        address: String,
        /// How long that took.
        elapsed_ms: u32,
        /// The proxy that leads there, if one does.
        proxy: Option<String>,
    },
    /// The connection is in clear.
    Plain {},
    /// The connection is secure.
    Tls {
        /// Such as `1.3`.
        version: String,
        /// Whether an extra file of certificates is trusted besides those of the system.
        extra_ca: bool,
    },
    /// The clocks were compared.
    Clock {
        /// Seconds that this computer is ahead; `None` if the answer had no date.
        ahead_s: Option<i32>,
    },
    /// A signature was accepted.
    Signed {},
    /// Buckets can be listed.
    Buckets {
        /// How many there are.
        count: u32,
    },
    /// Listing buckets was refused, and none was named.
    NoList {},
    /// The bucket, or the place in it, can be listed.
    Place {
        /// The bucket, or bucket and prefix.
        path: String,
    },
    /// The bucket is there, and may not be listed.
    PlaceUnlisted {
        /// The bucket, or bucket and prefix.
        path: String,
    },
    /// Neither the bucket nor the place in it may be looked at.
    Untested {
        /// The bucket, or bucket and prefix.
        path: String,
    },
}

/// A push of the check: one step and how it goes.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct CheckProgress {
    /// Which step.
    pub step: CheckStep,
    /// How it goes.
    #[serde(flatten)]
    pub state: StepState,
}
