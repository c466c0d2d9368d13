//! The connect form becomes a profile and its secrets, and is tried before anything is kept.

use std::time::{SystemTime, UNIX_EPOCH};

use accounts::{Accounts, Addressing, Profile, Proxy, Region, Secrets, normal_endpoint};
use store::Secret;

use crate::check::{self, Place};
use crate::dto::AppError;
use crate::dto_accounts::{AccountForm, CheckProgress, ConnectForm, KeysForm, ProxyUse};
use crate::error::OwnCode;
use crate::stores::{self, OpenStore};

/// A profile and what is secret about it.
#[derive(Debug)]
pub struct Connection {
    /// What is written to the file of profiles.
    pub profile: Profile,
    /// What goes to where secrets are kept.
    pub secrets: Secrets,
    /// Whether it is taken although nothing could be tested.
    pub accept_untested: bool,
}

/// Reads the form. The same key at the same endpoint is the same account as before: transfers that wait for it go on.
///
/// # Errors
/// `s3_endpoint`, `region_invalid` or `proxy_invalid` for what cannot be used; `account_missing` or `secret_missing` if
/// the account that is changed, or the secret that is to stay, is not known; or if the profiles cannot be read.
pub async fn read_form(accounts: &Accounts, form: ConnectForm) -> Result<Connection, AppError> {
    let region_ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if form.region.is_empty() || !form.region.bytes().all(region_ok) {
        return Err(AppError::new(OwnCode::RegionInvalid).with("region", form.region));
    }
    let endpoint = if form.endpoint.is_empty() { Region::endpoint(&form.region) } else { form.endpoint };
    if host(&endpoint).starts_with("tos-s3-") {
        return Err(AppError::new(OwnCode::S3Endpoint).with("endpoint", endpoint));
    }
    let name = if form.name.is_empty() { form.region.clone() } else { form.name };
    let mut profile = Profile::new(name, endpoint, form.region, form.access_key, now_ms());
    let known = match &form.id {
        Some(id) => Some(accounts.profile(id)?),
        None => same_account(accounts, &profile)?,
    };
    let secrets = match &known {
        Some(known) => accounts.secrets(&known.id).await?,
        None => None,
    };
    let (proxy, proxy_password) = match form.proxy_use {
        ProxyUse::System => (Proxy::System, None),
        ProxyUse::None => (Proxy::None, None),
        ProxyUse::Explicit => read_proxy(form.proxy.0.expose())?,
    };
    let same_proxy = known.as_ref().is_some_and(|known| known.proxy == proxy);
    let known_password = secrets.as_ref().filter(|_| same_proxy).and_then(|known| known.proxy_password.clone());
    if let Some(known) = known {
        profile.id = known.id;
        profile.other = known.other;
        // The form does not offer this one, and so does not take it away either.
        profile.addressing = known.addressing;
    }
    match form.path_style {
        true => profile.addressing = Addressing::Path,
        false if profile.addressing == Addressing::Path => profile.addressing = Addressing::VirtualHost,
        false => {}
    }
    profile.proxy = proxy;
    profile.ca_file = given(form.ca_file).map(Into::into);
    (profile.bucket, profile.prefix) = read_place(&form.bucket);
    let (secret_key, security_token) = match (form.secret_key.given(), secrets) {
        (Some(secret_key), _) => (secret_key, form.security_token.given()),
        (None, Some(known)) if form.id.is_some() => {
            (known.secret_key, form.security_token.given().or(known.security_token))
        }
        // An empty one cannot be sent; that is for the client to say.
        (None, _) => (Secret::new(""), form.security_token.given()),
    };
    let secrets = Secrets { secret_key, security_token, proxy_password: proxy_password.or(known_password) };
    Ok(Connection { profile, secrets, accept_untested: form.accept_untested })
}

fn same_account(accounts: &Accounts, profile: &Profile) -> Result<Option<Profile>, AppError> {
    let same = |known: &Profile| {
        known.access_key == profile.access_key && normal_endpoint(&known.endpoint) == normal_endpoint(&profile.endpoint)
    };
    Ok(accounts.profiles()?.into_iter().find(same))
}

/// What is known of an account, to fill the form with; nothing secret is in it.
///
/// # Errors
/// `account_missing`, or if its secrets cannot be read.
pub async fn form_of(accounts: &Accounts, id: &str) -> Result<AccountForm, AppError> {
    let profile = accounts.profile(id)?;
    let secrets = accounts.secrets(id).await?;
    let (proxy_use, proxy) = match &profile.proxy {
        Proxy::System => (ProxyUse::System, String::new()),
        Proxy::None => (ProxyUse::None, String::new()),
        Proxy::Explicit { url, username } => (ProxyUse::Explicit, proxy_with_user(url, username.as_deref())),
    };
    let bucket = match (&profile.bucket, &profile.prefix) {
        (Some(bucket), Some(prefix)) => format!("{bucket}/{prefix}"),
        (bucket, _) => bucket.clone().unwrap_or_default(),
    };
    Ok(AccountForm {
        id: profile.id,
        name: profile.name,
        access_key: profile.access_key,
        temporary: secrets.is_some_and(|secrets| secrets.security_token.is_some()),
        region: profile.region,
        endpoint: profile.endpoint,
        bucket,
        path_style: profile.addressing == Addressing::Path,
        proxy_use,
        proxy,
        ca_file: profile.ca_file.map(|path| path.display().to_string()).unwrap_or_default(),
    })
}

/// The account `id` with new keys; all else stays.
///
/// # Errors
/// `account_missing` if it is not known.
pub async fn with_new_keys(accounts: &Accounts, id: &str, keys: KeysForm) -> Result<Connection, AppError> {
    let profile = Profile { access_key: keys.access_key, ..accounts.profile(id)? };
    let old = accounts.secrets(id).await?;
    let secrets = Secrets {
        secret_key: keys.secret_key.0,
        security_token: keys.security_token.given(),
        proxy_password: old.and_then(|old| old.proxy_password),
    };
    // What the account may do was accepted when it was made.
    Ok(Connection { profile, secrets, accept_untested: true })
}

/// Tries an account, and returns the store that was tried.
///
/// # Errors
/// Those of [`check::check`].
pub async fn try_out(connection: &Connection, tell: impl Fn(CheckProgress)) -> Result<OpenStore, AppError> {
    let Connection { profile, secrets, accept_untested } = connection;
    let config = stores::config(profile, secrets).await?;
    let place = Place {
        bucket: profile.bucket.as_deref().unwrap_or_default(),
        prefix: profile.prefix.as_deref().unwrap_or_default(),
    };
    check::check(config, place, *accept_untested, tell).await
}

fn given(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

fn host(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest)
}

/// Bucket and prefix of a path. A prefix is a folder: whoever leaves out its last slash means the same one.
fn read_place(text: &str) -> (Option<String>, Option<String>) {
    let text = text.trim();
    let path = text.strip_prefix("tos://").unwrap_or(text);
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    let prefix = match prefix {
        "" => None,
        folder if folder.ends_with('/') => Some(folder.to_owned()),
        folder => Some(format!("{folder}/")),
    };
    match given(bucket.to_owned()) {
        Some(bucket) => (Some(bucket), prefix),
        None => (None, None),
    }
}

/// Takes a proxy URL apart, since its password belongs with the secrets and the rest in the profile.
fn read_proxy(text: &str) -> Result<(Proxy, Option<Secret>), AppError> {
    const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
    let invalid = || AppError::new(OwnCode::ProxyInvalid);
    // People write `proxy:3128`, which as a URL would have the scheme `proxy`.
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = tauri::Url::parse(with_scheme.trim()).map_err(|_| invalid())?;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let username = given(decoded(url.username()));
    let password = url.password().map(|password| Secret::new(decoded(password)));
    let Some(host) = url.host_str().filter(|host| !host.is_empty() && SCHEMES.contains(&url.scheme())) else {
        return Err(invalid());
    };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    Ok((Proxy::Explicit { url: format!("{}://{host}{port}", url.scheme()), username }, password))
}

fn proxy_with_user(url: &str, username: Option<&str>) -> String {
    match (url.split_once("://"), username) {
        (Some((scheme, host)), Some(name)) => {
            let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
            format!("{scheme}://{name}@{host}")
        }
        _ => url.to_owned(),
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use accounts::DataFolder;

    use super::*;
    use crate::dto_accounts::SecretText;

    fn typed(text: &str) -> SecretText {
        SecretText(Secret::new(text))
    }

    fn form() -> ConnectForm {
        ConnectForm {
            id: None,
            name: String::new(),
            access_key: "AKLTexample".into(),
            secret_key: typed("the secret words"),
            security_token: typed(""),
            region: "cn-beijing".into(),
            endpoint: String::new(),
            bucket: String::new(),
            path_style: false,
            proxy_use: ProxyUse::System,
            proxy: typed(""),
            ca_file: String::new(),
            accept_untested: false,
        }
    }

    async fn no_accounts(folder: &tempfile::TempDir) -> Accounts {
        Accounts::open(DataFolder::at(folder.path())).await.unwrap().0
    }

    #[tokio::test]
    async fn a_region_alone_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let Connection { profile, secrets, .. } = read_form(&no_accounts(&folder).await, form()).await.unwrap();
        assert_eq!((profile.name.as_str(), profile.endpoint.as_str()), ("cn-beijing", "tos-cn-beijing.volces.com"));
        assert_eq!((profile.proxy, profile.bucket, profile.ca_file), (Proxy::System, None, None));
        assert_eq!((secrets.security_token, secrets.proxy_password), (None, None));
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_refused_by_its_field() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = no_accounts(&folder).await;
        let s3 = "https://tos-s3-cn-beijing.volces.com".to_owned();
        for (form, code) in [
            (ConnectForm { endpoint: s3, ..form() }, "s3_endpoint"),
            (ConnectForm { region: "Beijing".into(), ..form() }, "region_invalid"),
            (ConnectForm { region: String::new(), ..form() }, "region_invalid"),
            (ConnectForm { proxy_use: ProxyUse::Explicit, proxy: typed("no url"), ..form() }, "proxy_invalid"),
            (ConnectForm { proxy_use: ProxyUse::Explicit, proxy: typed(""), ..form() }, "proxy_invalid"),
            (ConnectForm { proxy_use: ProxyUse::Explicit, proxy: typed("ftp://p:1"), ..form() }, "proxy_invalid"),
            (ConnectForm { id: Some("gone-1".into()), ..form() }, "account_missing"),
        ] {
            let shown = format!("{form:?}");
            assert_eq!(read_form(&accounts, form).await.unwrap_err().code, code, "{shown}");
            assert!(!shown.contains("words"), "{shown}");
        }
    }

    #[tokio::test]
    async fn a_changed_account_keeps_what_was_not_typed_again() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = no_accounts(&folder).await;
        let first = ConnectForm {
            security_token: typed("the token"),
            proxy_use: ProxyUse::Explicit,
            proxy: typed("http://lin:words@proxy.example:3128"),
            bucket: "tos://photos/2026".into(),
            ..form()
        };
        let made = read_form(&accounts, first).await.unwrap();
        accounts.save(made.profile.clone(), made.secrets.clone()).await.unwrap();

        let shown = form_of(&accounts, &made.profile.id).await.unwrap();
        assert_eq!((shown.proxy.as_str(), shown.bucket.as_str()), ("http://lin@proxy.example:3128", "photos/2026/"));
        assert!(shown.temporary);
        let again = |proxy: &str| ConnectForm {
            id: Some(shown.id.clone()),
            secret_key: typed(""),
            region: "cn-shanghai".into(),
            proxy_use: ProxyUse::Explicit,
            proxy: typed(proxy),
            bucket: shown.bucket.clone(),
            ..form()
        };
        let changed = read_form(&accounts, again(&shown.proxy)).await.unwrap();
        assert_eq!((&changed.profile.id, &changed.profile.region), (&made.profile.id, &"cn-shanghai".to_owned()));
        assert_eq!(changed.secrets, made.secrets, "the secret, the token and the proxy's password stay");
        let elsewhere = read_form(&accounts, again("http://lin@another.example:3128")).await.unwrap();
        assert_eq!(elsewhere.secrets.proxy_password, None, "another proxy is not told the password of this one");
        let new_keys = ConnectForm { secret_key: typed("new"), ..again(&shown.proxy) };
        assert_eq!(read_form(&accounts, new_keys).await.unwrap().secrets.security_token, None);
    }

    #[test]
    fn a_place_is_a_bucket_with_or_without_a_folder() {
        let place = |bucket: &str, prefix: Option<&str>| (Some(bucket.to_owned()), prefix.map(str::to_owned));
        assert_eq!(read_place(" tos://photos/a/b "), place("photos", Some("a/b/")));
        assert_eq!(read_place("photos/"), place("photos", None));
        assert_eq!(read_place("photos"), place("photos", None));
        assert_eq!(read_place("tos://"), (None, None));
    }

    #[test]
    fn the_password_of_a_proxy_leaves_its_url() {
        let (proxy, password) = read_proxy("http://lin:p%40ss@proxy.example:3128").unwrap();
        let url = "http://proxy.example:3128".to_owned();
        assert_eq!(proxy, Proxy::Explicit { url: url.clone(), username: Some("lin".into()) });
        assert_eq!(password, Some(Secret::new("p@ss")));
        assert_eq!(read_proxy("proxy.example:3128").unwrap().0, Proxy::Explicit { url, username: None });
    }
}
