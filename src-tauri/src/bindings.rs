//! The one list of commands: what the window may call, and the TypeScript it calls it with.

use tauri::Runtime;
use tauri_specta::{Builder, collect_commands};

use crate::commands::{accounts, app, browse, failed, limits, selected, transfers, uploads};

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
        accounts::connect,
        accounts::renew_keys,
        accounts::accounts,
        accounts::use_account,
        accounts::forget_account,
        browse::list_buckets,
        browse::create_bucket,
        browse::list_objects,
        transfers::add_uploads,
        transfers::add_downloads,
        transfers::add_copies,
        transfers::transfers,
        transfers::transfer_detail,
        transfers::transfer_log,
        transfers::set_transfer_options,
        transfers::pause,
        transfers::resume,
        transfers::cancel,
        transfers::retry,
        transfers::remove,
        transfers::pause_all,
        transfers::resume_all,
        transfers::reveal,
        failed::failed_groups,
        failed::failed_rows,
        failed::retry_failed,
        failed::dismiss_failed,
        failed::failed_paths,
        failed::export_failed,
        selected::select,
        selected::selected,
        selected::act_on_selection,
        selected::dismiss,
        selected::dismiss_list,
        selected::move_transfers,
        selected::move_selection,
        selected::undo,
        uploads::list_uploads,
        uploads::measure_upload,
        uploads::adopt_upload,
        uploads::abort_upload,
        limits::get_limits,
        limits::set_limits,
    ])
}
