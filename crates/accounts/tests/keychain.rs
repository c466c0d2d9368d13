//! The real keychain: gnome-keyring on a D-Bus of its own, with a home of its own, so that nobody's secrets are touched.
//!
//! The test starts itself again inside that session, once for each thing that another run of Tern would do.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use accounts::{Accounts, AccountsError, DataFolder, Profile, SecretKeeping, Secrets};
use store::Secret;

const STEP: &str = "TERN_KEYCHAIN_STEP";
const SECRET: &str = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA==";
const TOKEN: &str = "token-of-the-test-0123456789";

/// The keychain is unlocked with a password, as a login does it, and each step runs as a process of its own.
const SESSION: &str = r#"
set -eu
owned() {
  dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.secrets | grep -q true
}
unlock() {
  gnome-keyring-daemon --foreground --unlock --components=secrets >>keyring.log 2>&1 <<<practice &
  keyring=$!
  for _ in $(seq 100); do
    if owned; then return; fi
    sleep 0.1
  done
  echo "the keychain does not answer"; exit 1
}
step() { TERN_KEYCHAIN_STEP=$1 "$TEST" --exact --nocapture the_systems_keychain_keeps_secrets_and_no_file_does; }

trap 'kill $keyring 2>/dev/null || true' EXIT
unlock
step keep
step find
kill $keyring
wait $keyring || true
unlock
step find
step forget
step missing
echo all steps done
"#;

fn profile() -> Profile {
    serde_json::from_value(serde_json::json!({
        "id": "a-1", "name": "Test", "endpoint": "tos-cn-beijing.volces.com", "region": "cn-beijing",
        "access_key": "AKLTtest",
    }))
    .unwrap()
}

fn secrets() -> Secrets {
    Secrets { secret_key: Secret::new(SECRET), security_token: Some(Secret::new(TOKEN)), proxy_password: None }
}

async fn take(step: &str) -> Result<(), AccountsError> {
    let (accounts, aside) = Accounts::open(DataFolder::at(Path::new("data"))).await?;
    assert_eq!(aside, None);
    assert_eq!(accounts.keeping(), SecretKeeping::Keychain, "the keychain of the session is found");
    match step {
        "keep" => assert_eq!(accounts.save(profile(), secrets()).await?, SecretKeeping::Keychain),
        "find" => {
            assert_eq!(accounts.profiles()?, [profile()]);
            assert_eq!(accounts.secrets("a-1").await?, Some(secrets()));
        }
        "forget" => accounts.forget("a-1").await?,
        "missing" => {
            assert_eq!(accounts.profiles()?, []);
            assert_eq!(accounts.secrets("a-1").await?, None);
        }
        other => panic!("no step is called {other}"),
    }
    Ok(())
}

/// Whether any file under `folder` has these bytes.
fn written_in_clear(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return written_in_clear(&path, bytes);
        }
        // Sockets cannot be read, and hold nothing.
        std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes))
    })
}

fn run_session(home: &Path) -> Output {
    Command::new("dbus-run-session")
        .args(["--", "bash", "-c", SESSION])
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("TEST", std::env::current_exe().unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_systems_keychain_keeps_secrets_and_no_file_does() {
    if let Ok(step) = std::env::var(STEP) {
        take(&step).await.unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let output = run_session(home.path());
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all steps done"), "{said}");
    assert!(home.path().join("data").is_dir(), "the profile was written beside the keychain");
    for secret in [SECRET, TOKEN] {
        assert!(!written_in_clear(home.path(), secret.as_bytes()), "a secret is in a file, in clear");
    }
}
