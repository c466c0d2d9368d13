//! Connecting: the check with its steps, proxies and certificates that are obeyed, and where secrets are kept.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use tauri::async_runtime::block_on;
use tern_lib::connect;
use tern_lib::dto::AppError;
use tos_local::{AccessKey, BucketSpec, FaultPlan, Options, Server};

use crate::harness::{Ear, Harness, connect_form};
use crate::proxy::{Kind, PASSWORD, Proxy, USERNAME};

const TOKEN: &str = "token-of-a-session";
const PASSPHRASE: &str = "eight terns over water";

fn serve(folder: &Path, change: impl FnOnce(&mut Options)) -> Server {
    let bucket = |name: &str| BucketSpec { name: name.into(), region: None, versioning: false };
    let mut options = Options {
        root: folder.join("objects"),
        buckets: vec![bucket("photos"), bucket("music")],
        ..Options::default()
    };
    change(&mut options);
    block_on(Server::start(options)).unwrap()
}

fn keys(endpoint: &str) -> Value {
    json!({
        "access_key": tos_local::PRACTICE_ACCESS_KEY, "secret_key": tos_local::PRACTICE_SECRET_KEY, "endpoint": endpoint,
    })
}

fn with(mut fields: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    fields
}

/// The steps that were told, as JSON, and how it ended.
fn check(harness: &Harness, fields: Value) -> (Vec<Value>, Result<(), AppError>) {
    let form = serde_json::from_value(connect_form(fields)["form"].take()).unwrap();
    let told = Mutex::new(Vec::new());
    let end = block_on(async {
        let connection = connect::read_form(&harness.app.opened().await?.accounts, form).await?;
        let tell = |step| told.lock().unwrap().push(serde_json::to_value(step).unwrap());
        connect::try_out(&connection, tell).await.map(drop)
    });
    (told.into_inner().unwrap(), end)
}

/// Each step in one word: `address done`, and what was found at the last.
fn words(told: &[Value]) -> Vec<String> {
    told.iter().map(|step| format!("{} {}", step["step"].as_str().unwrap(), step["state"].as_str().unwrap())).collect()
}

/// Refuses these calls as TOS refuses a key that lacks a permission.
fn deny(server: &Server, verbs: &[&str]) {
    let fault = json!({ "status": { "code": 403, "tos_code": "AccessDenied" } });
    let rules: Vec<_> =
        verbs.iter().map(|verb| json!({ "verb": verb, "when": { "every": 1 }, "fault": fault })).collect();
    let plan = FaultPlan::from_json(json!({ "rules": rules }).to_string().as_bytes()).unwrap();
    server.set_faults(plan).unwrap();
}

#[test]
fn the_check_tells_five_steps_in_order_each_with_a_fact() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |options| options.clock_ahead_seconds = -41);
    let (told, end) = check(&harness, keys(&server.endpoint()));
    end.unwrap();
    assert_eq!(
        words(&told),
        [
            "address running",
            "address done",
            "secure running",
            "secure note",
            "clock note",
            "secret running",
            "secret done",
            "permission done"
        ]
    );
    assert_eq!((&told[1]["fact"]["host"], &told[1]["fact"]["proxy"]), (&json!("127.0.0.1"), &Value::Null));
    assert_eq!(told[3]["fact"]["fact"], "plain");
    let ahead = told[4]["fact"]["ahead_s"].as_i64().unwrap();
    assert!((38..=44).contains(&ahead), "{ahead}");
    assert_eq!(told[7]["fact"], json!({ "fact": "buckets", "count": 2 }));
    assert_eq!(harness.ok("accounts", json!({})), json!([]), "a check keeps nothing");
}

#[test]
fn a_failed_step_is_the_last_and_names_the_cause() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |_| ());
    let endpoint = server.endpoint();
    for (fields, step, code) in [
        (with(keys("https://nobody.invalid"), json!({})), "address failed", "address_not_found"),
        (with(keys("http://127.0.0.1:9"), json!({})), "secure failed", "network"),
        (with(keys(&endpoint.replace("http:", "https:")), json!({})), "secure failed", "tls"),
        (with(keys(&endpoint), json!({ "secret_key": "wrong" })), "secret failed", "credentials"),
        (with(keys(&endpoint), json!({ "bucket": "nobody-made-this" })), "permission failed", "bucket_not_found"),
    ] {
        let (told, end) = check(&harness, fields);
        assert_eq!((words(&told).pop().unwrap().as_str(), end.unwrap_err().code.as_str()), (step, code), "{told:?}");
        assert_eq!(told.last().unwrap()["error"]["code"], code);
    }
    let (told, end) = check(&harness, keys("http://host/with/a/path"));
    assert_eq!((told.len(), end.unwrap_err().code.as_str()), (0, "endpoint_invalid"));
}

#[test]
fn being_refused_the_list_of_buckets_asks_for_one_and_a_place_in_it_is_enough() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |_| ());
    deny(&server, &["ListBuckets"]);
    let fields = keys(&server.endpoint());
    let (told, end) = check(&harness, fields.clone());
    assert_eq!(words(&told)[6..], ["secret done", "permission note"]);
    assert_eq!((end.unwrap_err().code.as_str(), &told[7]["fact"]["fact"]), ("needs_bucket", &json!("no_list")));

    let place = with(fields, json!({ "bucket": "tos://photos/2026" }));
    let account = harness.ok("connect", connect_form(place.clone()));
    assert_eq!((&account["bucket"], &account["prefix"]), (&json!("photos"), &json!("2026/")));

    for (denied, fact, connects) in [
        (&["ListBuckets", "HeadBucket"][..], "place", true),
        (&["ListBuckets", "ListObjectsV2"], "place_unlisted", true),
        (&["ListBuckets", "HeadBucket", "ListObjectsV2"], "untested", false),
    ] {
        deny(&server, denied);
        let (told, end) = check(&harness, place.clone());
        assert_eq!((&told.last().unwrap()["fact"]["fact"], end.is_ok()), (&json!(fact), connects), "{denied:?}");
    }
    assert_eq!(harness.error("connect", connect_form(place.clone()))["code"], "bucket_untested");
    harness.ok("connect", connect_form(with(place, json!({ "accept_untested": true }))));
}

#[test]
fn proxy_and_extra_certificates_of_the_form_are_obeyed_and_remembered() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |options| options.tls = true);
    let proxy = block_on(Proxy::start(Kind::Http, ([127, 0, 0, 1], server.port()).into()));
    let ca_file = harness.folder.path().join("ca.pem");
    std::fs::write(&ca_file, server.ca_pem().unwrap()).unwrap();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let url = |password: &str| format!("http://{}:{}@{}", percent(USERNAME), percent(password), proxy.address);
    // The name is one that only the proxy can reach.
    let endpoint = format!("https://tos.test:{}", server.port());
    let fields = |password: &str, ca_file: &str| {
        with(
            keys(&endpoint),
            json!({ "path_style": false, "proxy_use": "explicit", "proxy": url(password), "ca_file": ca_file }),
        )
    };
    let ca_path = ca_file.to_str().unwrap();
    assert_eq!(harness.ok("check_ca_file", json!({ "path": ca_path })), 1);

    let (told, end) = check(&harness, fields("wrong", ca_path));
    assert_eq!(end.unwrap_err().code, "proxy_failed", "{told:?}");
    let (told, end) = check(&harness, fields(PASSWORD, ""));
    let error = end.unwrap_err();
    assert_eq!((error.code.as_str(), error.params["problem"].as_str()), ("tls", "unknown_issuer"), "{told:?}");
    let (_, end) = check(&harness, with(fields(PASSWORD, ca_path), json!({ "proxy_use": "none" })));
    assert_eq!(end.unwrap_err().code, "address_not_found", "straight, there is no such name");

    let (told, end) = check(&harness, fields(PASSWORD, ca_path));
    end.unwrap();
    assert_eq!(told[1]["fact"]["proxy"], format!("http://{}", proxy.address));
    assert_eq!(told[3]["fact"], json!({ "fact": "tls", "version": "1.3", "extra_ca": true }));

    // The same by the other kind.
    let socks = block_on(Proxy::start(Kind::Socks5, ([127, 0, 0, 1], server.port()).into()));
    let by_socks = format!("socks5h://{}:{}@{}", percent(USERNAME), percent(PASSWORD), socks.address);
    let (told, end) = check(&harness, with(fields(PASSWORD, ca_path), json!({ "proxy": by_socks })));
    end.unwrap();
    assert_eq!(told[1]["fact"]["proxy"], format!("socks5h://{}", socks.address));

    let account = harness.ok("connect", connect_form(fields(PASSWORD, ca_path)));
    let path = harness.file("a.bin", 1 << 20);
    let uploads = json!({ "bucket": "photos", "prefix": "", "paths": [path], "conflict": "fail" });
    let passed = proxy.passed();
    let id = harness.ok("add_uploads", uploads)[0].clone();
    assert_eq!(harness.until(&id, &["done_verified", "failed"])["row"]["state"], "done_verified");
    assert!(proxy.passed() > passed, "the transfer went through the proxy as well");

    // Changing it with nothing typed again keeps all of it.
    let known = harness.ok("account_form", json!({ "id": account["id"] }));
    assert!(!known.to_string().contains(&percent(PASSWORD)) && known.get("secret_key").is_none(), "{known}");
    let mut again = known.clone();
    again.as_object_mut().unwrap().remove("temporary");
    let changed = harness.ok("connect", connect_form(with(again, json!({ "name": "Renamed" }))));
    assert_eq!((&changed["id"], &changed["name"]), (&account["id"], &json!("Renamed")));
    std::fs::write(&ca_file, "my diary").unwrap();
    let error = harness.error("check_ca_file", json!({ "path": ca_path }));
    assert_eq!((&error["code"], &error["params"]["reason"]), (&json!("ca_file"), &json!("no_certificate")));
}

#[test]
fn a_check_that_waits_can_be_given_up() {
    let harness = Harness::new();
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let app = harness.app.clone();
    let waiting = std::thread::spawn(move || {
        // Held open: a connection that closes would be an answer.
        let connection = silent.accept().unwrap();
        app.check.cancel();
        connection
    });
    let error = harness.error("check_account", connect_form(keys(&endpoint)));
    assert_eq!(error["code"], "check_cancelled");
    waiting.join().unwrap();
}

#[test]
fn an_account_is_renamed_and_says_what_needs_it_and_its_transfers_wait_for_new_keys() {
    let harness = Harness::new();
    let credentials = |token: &str| AccessKey {
        access_key: tos_local::PRACTICE_ACCESS_KEY.into(),
        secret_key: tos_local::PRACTICE_SECRET_KEY.into(),
        security_token: Some(token.into()),
    };
    let server = serve(harness.folder.path(), |options| options.credentials = vec![credentials(TOKEN)]);
    let fields = with(keys(&server.endpoint()), json!({ "security_token": TOKEN }));
    let account = harness.ok("connect", connect_form(fields));
    let id = account["id"].clone();
    assert_eq!(harness.ok("rename_account", json!({ "id": id, "name": " Studio " }))["name"], "Studio");
    assert_eq!(harness.error("rename_account", json!({ "id": id, "name": "  " }))["code"], "invalid_name");

    let expired = json!({ "rules": [{ "verb": "any", "when": { "every": 1 }, "fault": { "status": { "code": 403, "tos_code": "ExpiredToken" } } }] });
    server.set_faults(FaultPlan::from_json(expired.to_string().as_bytes()).unwrap()).unwrap();
    let ear = Ear::of(&harness.app);
    let path = harness.file("a.bin", 1 << 20);
    let uploads = json!({ "bucket": "photos", "prefix": "", "paths": [path], "conflict": "fail" });
    let transfer = harness.ok("add_uploads", uploads)[0].clone();
    assert_eq!(harness.until(&transfer, &["paused", "failed"])["row"]["why"]["code"], "credentials_expired");
    ear.hear(|push| push["type"] == "keys_needed");
    assert_eq!(harness.ok("keys_needed", json!({})), json!([{ "id": id, "name": "Studio", "transfers": 1 }]));
    assert_eq!(harness.ok("account_use", json!({ "id": id })), json!({ "transfers": 1, "more": false }));

    let renewed = json!({ "id": id, "progress": "__CHANNEL__:8", "keys": {
        "access_key": tos_local::PRACTICE_ACCESS_KEY, "secret_key": tos_local::PRACTICE_SECRET_KEY, "security_token": TOKEN,
    } });
    assert_eq!(harness.error("renew_keys", renewed.clone())["code"], "credentials_expired", "they are tried first");
    server.clear_faults();
    assert_eq!(harness.ok("renew_keys", renewed), 1);
    assert_eq!(harness.until(&transfer, &["done_verified", "failed"])["row"]["state"], "done_verified");
    assert_eq!(harness.ok("keys_needed", json!({})), json!([]));
}

#[test]
fn in_an_encrypted_file_the_secret_outlives_the_run_and_what_waited_for_it_goes_on() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |_| ());
    let account = harness.ok("connect", connect_form(keys(&server.endpoint())));
    assert_eq!((&account["secret_kept"], &account["secret_known"]), (&json!(false), &json!(true)));
    assert_eq!(harness.ok("app_status", json!({}))["secrets"], "this_run");
    assert_eq!(harness.error("keep_secrets_in_file", json!({ "passphrase": "short" }))["code"], "passphrase_too_short");
    assert_eq!(harness.ok("keep_secrets_in_file", json!({ "passphrase": PASSPHRASE })), "file");

    let harness = Harness::on(harness.close(), Default::default());
    let status = harness.ok("app_status", json!({}));
    assert_eq!((&status["secrets"], &status["account"]["secret_known"]), (&json!("file_locked"), &json!(false)));
    assert_eq!(harness.error("list_buckets", json!({}))["code"], "secrets_locked");
    let path = harness.file("a.bin", 1 << 20);
    let uploads = json!({ "bucket": "photos", "prefix": "", "paths": [path], "conflict": "fail" });
    let transfer = harness.ok("add_uploads", uploads)[0].clone();
    assert_eq!(harness.until(&transfer, &["paused", "failed"])["row"]["why"]["code"], "secret_missing");
    assert_eq!(harness.error("unlock_secrets", json!({ "passphrase": "another one" }))["code"], "wrong_passphrase");
    assert_eq!(harness.ok("unlock_secrets", json!({ "passphrase": PASSPHRASE })), "file");
    assert_eq!(harness.until(&transfer, &["done_verified", "failed"])["row"]["state"], "done_verified");

    let change = |old: &str| json!({ "old": old, "next": "nine terns over water" });
    assert_eq!(harness.error("change_passphrase", change("another one"))["code"], "wrong_passphrase");
    harness.ok("change_passphrase", change(PASSPHRASE));
    let harness = Harness::on(harness.close(), Default::default());
    assert_eq!(harness.error("unlock_secrets", json!({ "passphrase": PASSPHRASE }))["code"], "wrong_passphrase");
    assert_eq!(harness.ok("unlock_secrets", json!({ "passphrase": "nine terns over water" })), "file");
    assert_eq!(harness.ok("end_secrets_file", json!({})), "this_run");
    harness.ok("list_buckets", json!({}));
    harness.ok("keep_secrets_in_file", json!({ "passphrase": PASSPHRASE }));
    assert_eq!(harness.ok("discard_secrets_file", json!({})), "this_run");
    let data = harness.folder.path().join("data");
    assert!(!data.join("secrets.age").exists());
}

#[test]
fn an_account_that_is_forgotten_works_no_more_though_its_secret_cannot_be_removed() {
    let harness = Harness::new();
    let server = serve(harness.folder.path(), |_| ());
    let account = harness.ok("connect", connect_form(keys(&server.endpoint())));
    let id = account["id"].as_str().unwrap();
    harness.ok("keep_secrets_in_file", json!({ "passphrase": PASSPHRASE }));
    harness.ok("list_buckets", json!({}));
    // Nothing can be read or put in the place of a folder that is not empty.
    let file = harness.folder.path().join("data").join("secrets.age");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir_all(file.join("something")).unwrap();
    harness.error("forget_account", json!({ "id": id }));
    let left = block_on(async { harness.app.opened().await.unwrap().stores.of(id).await.map(drop) });
    assert_eq!(left.unwrap_err().code, "account_missing");
}

#[cfg(unix)]
#[test]
fn an_account_that_takes_long_to_open_holds_up_no_other() {
    let harness = Harness::new();
    // Whoever opens a pipe waits for somebody who writes to it, as for a disk that does not answer.
    let pipe = harness.folder.path().join("ca.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let profile = ::accounts::Profile {
        ca_file: Some(pipe.clone()),
        ..::accounts::Profile::new("Slow", "http://127.0.0.1:9", "cn-beijing", "AKLTexample", 1)
    };
    let secrets =
        ::accounts::Secrets { secret_key: store::Secret::new("a secret"), security_token: None, proxy_password: None };
    let id = profile.id.clone();
    block_on(async {
        let opened = harness.app.opened().await.unwrap();
        opened.accounts.save(profile, secrets).await.unwrap();
        let other = tokio::time::timeout(std::time::Duration::from_secs(30), async {
            tokio::select! {
                biased;
                _ = opened.stores.of(&id) => panic!("nobody has written to the pipe"),
                other = opened.stores.of(::accounts::PRACTICE_ACCOUNT) => other.map(drop),
            }
        });
        other.await.expect("it waits for the pipe of another one").unwrap();
    });
    // The thread that waits is let go.
    std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
}
