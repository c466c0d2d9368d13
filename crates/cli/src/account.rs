//! From flags and environment to what a store is opened with.

use std::io::{self, Read as _};
use std::path::Path;

use accounts::{DataFolder, Profile, Region, Secrets, environment_store, normal_endpoint, region_of_endpoint};
use engine::StoreId;
use store::Secret;
use tos::{Addressing, Credentials, ProxyChoice, ProxyConfig, TosConfig};

use crate::args::{AccountOptions, TargetOptions};
use crate::exit::Failure;

/// Which account the user means.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// One of the app's, by id or name, or the practice account.
    Named(String),
    /// The keys of the environment, at this store.
    Environment(StoreId, Box<TosConfig>),
    /// None: only transfers of accounts that are kept can go on.
    Nobody,
}

/// The data folder that is meant.
pub(crate) fn data_folder(options: &AccountOptions) -> Result<DataFolder, Failure> {
    match &options.data_dir {
        Some(path) => match std::path::absolute(path) {
            Ok(path) => Ok(DataFolder::at(path)),
            Err(error) => {
                Err(Failure::usage(format!("“{}” cannot be the data folder.", path.display())).because(error))
            }
        },
        None => DataFolder::usual().ok_or_else(|| {
            Failure::usage("This system has no folder for app data; name one with --data-dir or TERN_DATA_DIR.")
        }),
    }
}

impl Choice {
    /// What flags and environment say.
    pub(crate) fn of(options: &AccountOptions) -> Result<Self, Failure> {
        let options = &without_empty(options.clone());
        if let Some(name) = &options.account {
            return Ok(Self::Named(name.clone()));
        }
        if options.endpoint.is_none() && options.region.is_none() && options.access_key.is_none() {
            return Ok(Self::Nobody);
        }
        let (endpoint, region) = place(options)?;
        let mut config = TosConfig::new(normal_endpoint(&endpoint), region, credentials(options)?);
        config.addressing = match (options.path_style, options.custom_domain) {
            (true, _) => Addressing::Path,
            (_, true) => Addressing::CustomDomain,
            _ => Addressing::VirtualHost,
        };
        config.proxy = proxy(options)?;
        config.extra_ca_pem = options.ca_file.as_deref().map(read_ca).transpose()?;
        Ok(Self::Environment(StoreId(environment_store(&endpoint)), Box::new(config)))
    }
}

impl Choice {
    /// The account that the target of a copy has: this one too, unless the options say otherwise.
    pub(crate) fn of_target(&self, options: &TargetOptions) -> Result<Self, Failure> {
        if let Some(name) = &options.to_account {
            return Ok(Self::Named(name.clone()));
        }
        if options.to_endpoint.is_none() && options.to_region.is_none() {
            return Ok(self.clone());
        }
        let Self::Environment(_, config) = self else {
            return Err(Failure::usage(
                "--to-endpoint and --to-region go with the keys of the environment; name an account with \
                 --to-account instead.",
            ));
        };
        let there = AccountOptions {
            endpoint: options.to_endpoint.clone(),
            region: options.to_region.clone(),
            ..AccountOptions::default()
        };
        let (endpoint, region) = place(&there)?;
        let mut config = TosConfig { endpoint: normal_endpoint(&endpoint), region, ..config.as_ref().clone() };
        if config.addressing == Addressing::CustomDomain {
            config.addressing = Addressing::VirtualHost; // that domain stands for the source's bucket
        }
        Ok(Self::Environment(StoreId(environment_store(&endpoint)), Box::new(config)))
    }
}

/// A variable that is set to nothing is not set.
fn without_empty(mut options: AccountOptions) -> AccountOptions {
    for value in [&mut options.account, &mut options.endpoint, &mut options.region, &mut options.access_key] {
        value.take_if(|text| text.trim().is_empty());
    }
    options.ca_file.take_if(|path| path.as_os_str().is_empty());
    options
}

/// Endpoint and region: one says the other.
fn place(options: &AccountOptions) -> Result<(String, String), Failure> {
    match (&options.endpoint, &options.region) {
        (Some(endpoint), Some(region)) => Ok((endpoint.clone(), region.clone())),
        (None, Some(region)) => Ok((Region::endpoint(region), region.clone())),
        (Some(endpoint), None) => match region_of_endpoint(endpoint) {
            Some(region) => Ok((endpoint.clone(), region.to_owned())),
            None => Err(Failure::usage(format!(
                "The endpoint {endpoint} does not say its region; set TOS_REGION, such as cn-beijing."
            ))),
        },
        (None, None) => Err(Failure::usage(
            "It is not said where the account is; set TOS_REGION, such as cn-beijing, or TOS_ENDPOINT.",
        )),
    }
}

fn credentials(options: &AccountOptions) -> Result<Credentials, Failure> {
    let Some(access_key) = options.access_key.clone() else {
        return Err(Failure::usage("The access key id is missing; set TOS_ACCESS_KEY."));
    };
    let secret_key = match &options.secret_key_file {
        Some(file) => read_secret(file)?,
        None => environment_secret("TOS_SECRET_KEY").ok_or_else(|| {
            Failure::usage("The secret key is missing; set TOS_SECRET_KEY, or name a file with --secret-key-file.")
        })?,
    };
    Ok(Credentials { access_key, secret_key, security_token: environment_secret("TOS_SECURITY_TOKEN") })
}

fn environment_secret(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new)
}

/// The first line of a file, or of standard input.
fn read_secret(file: &Path) -> Result<Secret, Failure> {
    /// Longer than any key; a file that is no key file is not read whole.
    const SECRET_BYTES_MAX: u64 = 16 << 10;
    let read = |reader: &mut dyn io::Read| {
        let mut text = String::new();
        reader.take(SECRET_BYTES_MAX).read_to_string(&mut text).map(|_| text)
    };
    let (name, text) = if file == Path::new("-") {
        ("standard input".to_owned(), read(&mut io::stdin().lock()))
    } else {
        (file.display().to_string(), std::fs::File::open(file).and_then(|mut file| read(&mut file)))
    };
    let text =
        text.map_err(|error| Failure::usage(format!("The secret key cannot be read from {name}.")).because(error))?;
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(Secret::new(line)),
        None => Err(Failure::usage(format!("There is no secret key in the first line of {name}."))),
    }
}

fn read_ca(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("The certificates cannot be read from {}.", file.display())).because(error)
    })
}

/// The proxy of the flag, else of TOS_PROXY, else what the system says. A password is taken from the environment
/// only: the list of processes shows arguments to everybody.
fn proxy(options: &AccountOptions) -> Result<ProxyChoice, Failure> {
    let (text, from_flag) = match (&options.proxy, std::env::var("TOS_PROXY")) {
        (Some(text), _) => (text.clone(), true),
        (None, Ok(text)) if !text.is_empty() => (text, false),
        _ => return Ok(ProxyChoice::Environment),
    };
    if text == "none" {
        return Ok(ProxyChoice::Direct);
    }
    let (url, username, mut password) = split_proxy(&text);
    if from_flag && password.is_some() {
        return Err(Failure::usage(
            "The password of a proxy must not be an argument, where everybody on this computer can see it; set \
             TOS_PROXY_PASSWORD instead.",
        ));
    }
    password = environment_secret("TOS_PROXY_PASSWORD").or(password);
    Ok(ProxyChoice::Explicit(ProxyConfig { url, username, password }))
}

/// `scheme://user:password@host:port` taken apart. Values are taken as they are written.
fn split_proxy(text: &str) -> (String, Option<String>, Option<Secret>) {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    // A password may hold an `@`, a host may not.
    let Some((who, host)) = rest.rsplit_once('@') else { return (format!("{scheme}://{rest}"), None, None) };
    let (user, password) = match who.split_once(':') {
        Some((user, password)) => (user, Some(Secret::new(password))),
        None => (who, None),
    };
    (format!("{scheme}://{host}"), Some(user.to_owned()), password)
}

/// What a kept profile is opened with.
pub(crate) fn profile_config(profile: &Profile, secrets: Secrets) -> Result<TosConfig, Failure> {
    let Secrets { secret_key, security_token, proxy_password } = secrets;
    let credentials = Credentials { access_key: profile.access_key.clone(), secret_key, security_token };
    let mut config = TosConfig::new(normal_endpoint(&profile.endpoint), profile.region.clone(), credentials);
    config.addressing = match profile.addressing {
        accounts::Addressing::VirtualHost => Addressing::VirtualHost,
        accounts::Addressing::Path => Addressing::Path,
        accounts::Addressing::CustomDomain => Addressing::CustomDomain,
    };
    config.proxy = match &profile.proxy {
        accounts::Proxy::System => ProxyChoice::Environment,
        accounts::Proxy::None => ProxyChoice::Direct,
        accounts::Proxy::Explicit { url, username } => ProxyChoice::Explicit(ProxyConfig {
            url: url.clone(),
            username: username.clone(),
            password: proxy_password,
        }),
    };
    config.extra_ca_pem = profile.ca_file.as_deref().map(read_ca).transpose()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_and_region_say_each_other() {
        let check = |endpoint: Option<&str>, region: Option<&str>, expected: Option<(&str, &str)>| {
            let options = AccountOptions {
                endpoint: endpoint.map(str::to_owned),
                region: region.map(str::to_owned),
                ..AccountOptions::default()
            };
            let found = place(&options).ok();
            assert_eq!(found.as_ref().map(|(endpoint, region)| (endpoint.as_str(), region.as_str())), expected);
        };
        check(None, Some("cn-beijing"), Some(("tos-cn-beijing.volces.com", "cn-beijing")));
        check(Some("tos-cn-beijing.ivolces.com"), None, Some(("tos-cn-beijing.ivolces.com", "cn-beijing")));
        check(Some("http://127.0.0.1:1"), Some("x"), Some(("http://127.0.0.1:1", "x")));
        check(Some("http://127.0.0.1:1"), None, None);
        check(None, None, None);
    }

    #[test]
    fn a_proxy_is_taken_apart() {
        let check = |text: &str, url: &str, username: Option<&str>, password: Option<&str>| {
            let (found_url, found_name, found_password) = split_proxy(text);
            assert_eq!(found_url, url, "{text}");
            assert_eq!(found_name.as_deref(), username, "{text}");
            assert_eq!(found_password.as_ref().map(Secret::expose), password, "{text}");
        };
        check("host:3128", "http://host:3128", None, None);
        check("socks5://host:1080", "socks5://host:1080", None, None);
        check("http://me@host:1", "http://host:1", Some("me"), None);
        check("http://me:p@ss:w@host:1", "http://host:1", Some("me"), Some("p@ss:w"));
    }
}
