//! What is secret is nowhere in what the app writes or says: not in its folder, its log, its answers, nor in what is
//! left of a panic.

use std::path::Path;

use serde_json::{Value, json};
use store::Secret;
use tos_local::{AccessKey, BucketSpec, Options, Server};

use crate::harness::{Harness, connect_form};

const ACCESS_KEY: &str = "AKLTofTheAppForItsTests";
const SECRET_KEY: &str = "secret-key-that-nobody-may-see-01234567";
const TOKEN: &str = "token-that-nobody-may-see-0123456789";
const PROXY_PASSWORD: &str = "proxy-word-that-nobody-may-see";

fn server(folder: &Path) -> Server {
    let options = Options {
        root: folder.join("objects"),
        credentials: vec![AccessKey {
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
            security_token: Some(TOKEN.into()),
        }],
        buckets: vec![BucketSpec { name: "bucket".into(), region: None, versioning: false }],
        ..Options::default()
    };
    tauri::async_runtime::block_on(Server::start(options)).unwrap()
}

fn form(endpoint: &str, secret_key: &str, proxy: &str) -> Value {
    connect_form(json!({
        "access_key": ACCESS_KEY, "secret_key": secret_key, "security_token": TOKEN, "endpoint": endpoint,
        "bucket": "bucket", "proxy": proxy, "proxy_use": if proxy.is_empty() { "system" } else { "explicit" },
    }))
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn assert_none_in(what: &str, bytes: &[u8]) {
    for secret in [SECRET_KEY, TOKEN, PROXY_PASSWORD] {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {what}");
    }
}

#[test]
fn no_secret_is_in_the_folder_the_log_the_answers_or_the_remains_of_a_panic() {
    let harness = Harness::new();
    let data = harness.folder.path().join("data");
    // The log of a process goes to one place, so whatever the other tests make the app log is searched as well.
    tern_lib::logs::start(&accounts::DataFolder::at(&data));
    let server = server(harness.folder.path());
    let endpoint = server.endpoint();
    let proxy = format!("http://me:{PROXY_PASSWORD}@127.0.0.1:1");
    let mut said = Vec::new();
    said.push(harness.error("connect", form(&endpoint, "not-the-key", "")));
    said.push(harness.error("connect", form("http://tos.invalid", SECRET_KEY, &proxy)));
    said.push(harness.ok("connect", form(&endpoint, SECRET_KEY, "")));
    let path = harness.file("a.bin", 21 << 20);
    let uploads = json!({ "bucket": "bucket", "prefix": "", "paths": [path], "conflict": "fail" });
    let id = harness.ok("add_uploads", uploads)[0].clone();
    said.push(harness.until(&id, &["done_verified", "failed"]));
    assert_eq!(said.last().unwrap()["row"]["state"], "done_verified", "{said:?}");
    said.push(harness.ok("app_status", json!({})));
    said.push(harness.ok("accounts", json!({})));

    let credentials = tos::Credentials {
        access_key: ACCESS_KEY.into(),
        secret_key: Secret::new(SECRET_KEY),
        security_token: Some(Secret::new(TOKEN)),
    };
    let form: tern_lib::dto_accounts::ConnectForm =
        serde_json::from_value(form(&endpoint, SECRET_KEY, &proxy)["form"].take()).unwrap();
    let line = line!() + 1;
    let panicked = std::thread::spawn(move || panic!("a fault while it held {credentials:?} and {form:?}")).join();
    panicked.unwrap_err();

    let data_files = files(&data);
    let find =
        |end: &str| data_files.iter().find(|(path, _)| path.ends_with(end)).unwrap_or_else(|| panic!("no {end}"));
    let log = String::from_utf8(find("logs/tern.log").1.clone()).unwrap();
    let place = format!("{}:{line}:", file!());
    assert!(log.contains(&place) && log.contains("a fault while it held Credentials"), "{place} in {log}");
    let ledger = [find("ledger.db").1.as_slice(), &find("ledger.db-wal").1].concat();
    assert!(
        String::from_utf8_lossy(&ledger).contains("tos://bucket") || String::from_utf8_lossy(&ledger).contains("a.bin")
    );
    assert!(String::from_utf8_lossy(&find("profiles.json").1).contains(ACCESS_KEY));
    for (path, bytes) in &data_files {
        assert_none_in(path, bytes);
    }
    for answer in said {
        assert_none_in(&answer.to_string(), answer.to_string().as_bytes());
    }
}
