//! A profile: all that is needed to reach an account, except what is secret.
//!
//! The proxy and the extra certificates belong to the account and not to the app: one account may be on the public side
//! of a company's proxy and another inside its network, and both at once. What is general is the system's own setting,
//! which every account follows until it is told otherwise.

use serde::{Deserialize, Serialize};

/// An account as it is written in the file of profiles.
///
/// Fields that this version does not know are kept as they are, so that an older version does not lose what a newer
/// one wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id: unique, never used again, and what transfers in the ledger name.
    pub id: String,
    /// The name that the user gave it.
    #[serde(default)]
    pub name: String,
    /// Host, with or without scheme and port.
    pub endpoint: String,
    /// The region id that goes into signatures.
    pub region: String,
    /// Where the bucket's name goes.
    #[serde(default)]
    pub addressing: Addressing,
    /// How connections leave this computer.
    #[serde(default)]
    pub proxy: Proxy,
    /// A file of certificates (PEM) that are trusted besides those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<std::path::PathBuf>,
    /// A bucket to show even where buckets cannot be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Where in that bucket this account works, ending in `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The access key id. It is no secret: it travels with every request.
    pub access_key: String,
    /// What another version wrote.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// Where the bucket's name goes (protocol.md, section 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// In the host name.
    #[default]
    VirtualHost,
    /// In the path.
    Path,
    /// Nowhere: the endpoint stands for one bucket.
    CustomDomain,
}

/// How connections leave this computer. The password is a secret and not here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "use")]
pub enum Proxy {
    /// As the system says.
    #[default]
    System,
    /// Straight.
    None,
    /// Through this one.
    Explicit {
        /// `http://`, `https://`, `socks5://` or `socks5h://` with host and port.
        url: String,
        /// User name, if the proxy wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
    },
}

impl Profile {
    /// A profile with the usual choices and an id that was never used: the name in plain letters and the time.
    pub fn new(
        name: impl Into<String>,
        endpoint: impl Into<String>,
        region: impl Into<String>,
        access_key: impl Into<String>,
        now_ms: u64,
    ) -> Self {
        let name = name.into();
        Self {
            id: fresh_id(&name, now_ms),
            name,
            endpoint: endpoint.into(),
            region: region.into(),
            addressing: Addressing::default(),
            proxy: Proxy::default(),
            ca_file: None,
            bucket: None,
            prefix: None,
            access_key: access_key.into(),
            other: serde_json::Map::new(),
        }
    }
}

/// The time makes it unique, also against accounts that are forgotten by now: a transfer in the ledger must never be
/// taken over by another account that happens to have the same name.
fn fresh_id(name: &str, now_ms: u64) -> String {
    let mut id = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            id.push(character);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
        if id.len() >= 24 {
            break;
        }
    }
    let word = id.trim_end_matches('-');
    format!("{}-{now_ms:x}", if word.is_empty() { "account" } else { word })
}

/// How a store id begins that stands for the keys in the environment.
const ENVIRONMENT: &str = "env:";

/// The id of the store at `endpoint` with the keys of the environment: a transfer that was begun with it can be
/// resumed wherever the environment names the same endpoint.
pub fn environment_store(endpoint: &str) -> String {
    format!("{ENVIRONMENT}{}", normal_endpoint(endpoint))
}

/// The endpoint of such an id; `None` for the id of a profile.
pub fn environment_store_endpoint(id: &str) -> Option<&str> {
    id.strip_prefix(ENVIRONMENT)
}

/// An endpoint in one way of writing: with its scheme, in lower case, without the port that the scheme implies and
/// without trailing slashes.
pub fn normal_endpoint(endpoint: &str) -> String {
    let text = endpoint.trim().to_ascii_lowercase();
    let (scheme, mut rest) = text.split_once("://").unwrap_or(("https", &text));
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => "/",
    };
    // Until nothing changes, so that a normal form is its own normal form.
    loop {
        let shorter = rest.trim_end().trim_end_matches('/');
        let shorter = shorter.strip_suffix(port).unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return format!("{scheme}://{rest}");
        }
        rest = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_plain_letters_and_the_time() {
        for (name, expected) in [
            ("Beijing", "beijing-ff"),
            ("My Work (TOS)", "my-work-tos-ff"),
            ("北京", "account-ff"),
            ("", "account-ff"),
            ("a very long name for an account indeed", "a-very-long-name-for-an-ff"),
        ] {
            assert_eq!(fresh_id(name, 255), expected, "{name}");
        }
    }

    #[test]
    fn one_endpoint_has_one_store_id() {
        for endpoint in [
            "tos-cn-beijing.volces.com",
            "https://TOS-cn-beijing.volces.com/",
            " https://tos-cn-beijing.volces.com :443/ ",
        ] {
            let id = environment_store(endpoint);
            assert_eq!(id, "env:https://tos-cn-beijing.volces.com", "{endpoint}");
            assert_eq!(environment_store_endpoint(&id), Some("https://tos-cn-beijing.volces.com"));
        }
        assert_eq!(environment_store("http://127.0.0.1:9000"), "env:http://127.0.0.1:9000");
        assert_ne!(environment_store("http://tos.test"), environment_store("https://tos.test"));
        assert_eq!(environment_store_endpoint("beijing-ff"), None);
    }
}
