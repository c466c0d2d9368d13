//! The connect form becomes a profile and its secrets, and is tried before anything is kept.

use std::time::{SystemTime, UNIX_EPOCH};

use accounts::{Accounts, Addressing, Profile, Proxy, Region, Secrets, normal_endpoint};
use store::{ErrorKind, ListRequest, ObjectStore, Secret, StoreError};

use crate::dto::{AppError, ConnectForm, KeysForm};
use crate::error::OwnCode;
use crate::stores;

/// A profile and what is secret about it.
#[derive(Debug)]
pub struct Connection {
    /// What is written to the file of profiles.
    pub profile: Profile,
    /// What goes to the keychain.
    pub secrets: Secrets,
}

/// Reads the form. The same key at the same endpoint is the same account as before: transfers that wait for it go on.
///
/// # Errors
/// `s3_endpoint` for an endpoint of S3 programs, `invalid_name` for a proxy that is no URL, or if the profiles cannot
/// be read.
pub fn read_form(accounts: &Accounts, form: ConnectForm) -> Result<Connection, AppError> {
    let endpoint = if form.endpoint.is_empty() { Region::endpoint(&form.region) } else { form.endpoint };
    if host(&endpoint).starts_with("tos-s3-") {
        return Err(AppError::new(OwnCode::S3Endpoint).with("endpoint", endpoint));
    }
    let (proxy, proxy_password) = read_proxy(&form.proxy)?;
    let name = if form.name.is_empty() { form.region.clone() } else { form.name };
    let mut profile = Profile::new(name, endpoint, form.region, form.access_key, now_ms());
    let same = |known: &Profile| {
        known.access_key == profile.access_key && normal_endpoint(&known.endpoint) == normal_endpoint(&profile.endpoint)
    };
    if let Some(known) = accounts.profiles()?.into_iter().find(same) {
        profile.id = known.id;
        profile.other = known.other;
    }
    profile.addressing = if form.path_style { Addressing::Path } else { Addressing::VirtualHost };
    profile.proxy = proxy;
    profile.ca_file = given(form.ca_file).map(Into::into);
    profile.bucket = given(form.bucket);
    let secrets = Secrets {
        secret_key: Secret::new(form.secret_key),
        security_token: given(form.security_token).map(Secret::new),
        proxy_password,
    };
    Ok(Connection { profile, secrets })
}

/// The account `id` with new keys; all else stays.
///
/// # Errors
/// `account_missing` if it is not known.
pub async fn with_new_keys(accounts: &Accounts, id: &str, keys: KeysForm) -> Result<Connection, AppError> {
    let profile = Profile { access_key: keys.access_key, ..accounts.profile(id)? };
    let old = accounts.secrets(id).await?;
    let secrets = Secrets {
        secret_key: Secret::new(keys.secret_key),
        security_token: given(keys.security_token).map(Secret::new),
        proxy_password: old.and_then(|old| old.proxy_password),
    };
    Ok(Connection { profile, secrets })
}

/// Asks the store one harmless thing: its buckets, or about the one bucket that was named.
///
/// # Errors
/// Whatever the store answers.
pub async fn check(connection: &Connection) -> Result<(), AppError> {
    let config = stores::config(&connection.profile, &connection.secrets).await?;
    let open = stores::open_store(config)?;
    let bucket = connection.profile.bucket.as_deref().unwrap_or_default();
    let answer = match bucket {
        "" => open.store.list_buckets().await.map(drop),
        bucket => check_bucket(open.store.as_ref(), bucket).await,
    };
    answer.map_err(|error| AppError::store(&error, bucket, "", &open.endpoint))
}

/// The answer to HEAD has no body, so a refusal does not say whether the key is wrong or only not enough. A listing
/// does; being denied that one as well proves nothing more.
async fn check_bucket(store: &dyn ObjectStore, bucket: &str) -> Result<(), StoreError> {
    let Err(refusal) = store.head_bucket(bucket).await else { return Ok(()) };
    if refusal.kind != ErrorKind::Forbidden {
        return Err(refusal);
    }
    let request = ListRequest { max_keys: Some(1), ..ListRequest::default() };
    match store.list_objects(bucket, &request).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::Forbidden => Err(refusal),
        Err(error) => Err(error),
    }
}

fn given(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

fn host(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest)
}

/// Takes a proxy URL apart, since its password belongs in the keychain and the rest in the profile.
fn read_proxy(text: &str) -> Result<(Proxy, Option<Secret>), AppError> {
    if text.is_empty() {
        return Ok((Proxy::System, None));
    }
    let url = tauri::Url::parse(text).map_err(|error| AppError::invalid_name(format!("the proxy: {error}")))?;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let username = given(decoded(url.username()));
    let password = url.password().map(|password| Secret::new(decoded(password)));
    let Some(host) = url.host_str() else {
        return Err(AppError::invalid_name("the proxy: it has no host; one looks like http://proxy:3128"));
    };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    Ok((Proxy::Explicit { url: format!("{}://{host}{port}", url.scheme()), username }, password))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use accounts::DataFolder;

    use super::*;

    fn form() -> ConnectForm {
        ConnectForm {
            name: String::new(),
            access_key: "AKLTexample".into(),
            secret_key: "the secret words".into(),
            security_token: String::new(),
            region: "cn-beijing".into(),
            endpoint: String::new(),
            bucket: String::new(),
            path_style: false,
            proxy: String::new(),
            ca_file: String::new(),
        }
    }

    async fn no_accounts(folder: &tempfile::TempDir) -> Accounts {
        Accounts::open(DataFolder::at(folder.path())).await.unwrap().0
    }

    #[tokio::test]
    async fn a_region_alone_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let Connection { profile, secrets } = read_form(&no_accounts(&folder).await, form()).unwrap();
        assert_eq!((profile.name.as_str(), profile.endpoint.as_str()), ("cn-beijing", "tos-cn-beijing.volces.com"));
        assert_eq!((profile.proxy, profile.bucket, profile.ca_file), (Proxy::System, None, None));
        assert_eq!((secrets.security_token, secrets.proxy_password), (None, None));
    }

    #[tokio::test]
    async fn the_endpoint_of_s3_programs_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = "https://tos-s3-cn-beijing.volces.com".to_owned();
        let error = read_form(&no_accounts(&folder).await, ConnectForm { endpoint: endpoint.clone(), ..form() });
        let error = error.unwrap_err();
        assert_eq!((error.code.as_str(), &error.params["endpoint"]), ("s3_endpoint", &endpoint));
    }

    #[test]
    fn the_password_of_a_proxy_leaves_its_url() {
        let (proxy, password) = read_proxy("http://lin:p%40ss@proxy.example:3128").unwrap();
        let url = "http://proxy.example:3128".to_owned();
        assert_eq!(proxy, Proxy::Explicit { url, username: Some("lin".into()) });
        assert_eq!(password, Some(Secret::new("p@ss")));
        assert_eq!(read_proxy("no url").unwrap_err().code, "invalid_name");
    }
}
