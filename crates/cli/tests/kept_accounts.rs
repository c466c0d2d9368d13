//! Accounts of the app whose secrets are in its encrypted file.

use accounts::{Accounts, Addressing, DataFolder, Profile, Secrets};
use store::Secret;

use crate::support::{Said, World, bare_cli, finish};

const PASSPHRASE: &str = "eight terns over water";

fn keep_account(world: &World) {
    let keep = async {
        let (accounts, _) = Accounts::open(DataFolder::at(world.data_folder())).await.unwrap();
        accounts.keep_secrets_in_file(Secret::new(PASSPHRASE)).await.unwrap();
        let (endpoint, region) = (world.server.endpoint(), tos_local::PRACTICE_REGION);
        let mut profile = Profile::new("Work", endpoint, region, tos_local::PRACTICE_ACCESS_KEY, 1);
        profile.addressing = Addressing::Path;
        let secret_key = Secret::new(tos_local::PRACTICE_SECRET_KEY);
        accounts.save(profile, Secrets { secret_key, security_token: None, proxy_password: None }).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(keep);
}

fn list(world: &World, passphrase: Option<&str>) -> Said {
    let mut command = bare_cli(["--account", "Work", "ls"]);
    command.env("TERN_DATA_DIR", world.data_folder()).current_dir(world.folder.path());
    if let Some(passphrase) = passphrase {
        command.env("TERN_PASSPHRASE", passphrase);
    }
    finish(command)
}

#[test]
fn the_passphrase_opens_the_account_and_where_nobody_can_type_it_that_is_said() {
    let world = World::new();
    keep_account(&world);
    let said = list(&world, Some(PASSPHRASE));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.contains("tos://first\n"), "{said:?}");
    let said = list(&world, None);
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("encrypted file") && said.stderr.contains("TERN_PASSPHRASE"), "{said:?}");
    let said = list(&world, Some("another one"));
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("another passphrase than TERN_PASSPHRASE"), "{said:?}");
    assert!(!said.stderr.contains("another one"), "{said:?}");
}
