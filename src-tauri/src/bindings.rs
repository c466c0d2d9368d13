//! The one list of commands: what the window may call, and the TypeScript it calls it with.

use tauri::Runtime;
use tauri_specta::{Builder, collect_commands};

use crate::commands::{accounts, app, browse, limits, secrets, transfers, uploads};

/// All commands with their types. Byte counts and ids are exported as `number`: they stay below 2^53. Types have one
/// form for both ways: no field is left out of what Rust sends, and the window leaves out none either.
pub fn builder<R: Runtime>() -> Builder<R> {
    Builder::new().disable_serde_phases().dangerously_cast_bigints_to_number().commands(collect_commands![
        app::app_status,
        app::get_settings,
        app::set_settings,
        app::subscribe,
        app::pick_files,
        app::pick_folder,
        accounts::connect_practice,
        accounts::check_account,
        accounts::cancel_check,
        accounts::connect,
        accounts::renew_keys,
        accounts::accounts,
        accounts::use_account,
        accounts::rename_account,
        accounts::account_form,
        accounts::account_use,
        accounts::keys_needed,
        accounts::forget_account,
        accounts::check_ca_file,
        secrets::keep_secrets_in_file,
        secrets::unlock_secrets,
        secrets::change_passphrase,
        secrets::end_secrets_file,
        secrets::discard_secrets_file,
        browse::list_buckets,
        browse::create_bucket,
        browse::list_objects,
        transfers::add_uploads,
        transfers::add_downloads,
        transfers::add_copies,
        transfers::transfers,
        transfers::transfer_detail,
        transfers::pause,
        transfers::resume,
        transfers::cancel,
        transfers::retry,
        transfers::remove,
        transfers::pause_all,
        transfers::resume_all,
        transfers::reveal,
        uploads::list_uploads,
        uploads::measure_upload,
        uploads::adopt_upload,
        uploads::abort_upload,
        limits::get_limits,
        limits::set_limits,
    ])
}
