//! The one list of commands: what the window may call, and the TypeScript it calls it with.

use tauri::Runtime;
use tauri_specta::{Builder, collect_commands};

use crate::commands::{accounts, app, browse, buckets, limits, properties, renaming, transfers, uploads, versions};

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
        versions::bucket_versioning,
        versions::set_bucket_versioning,
        versions::list_versions,
        versions::restore_version,
        versions::delete_version,
        properties::get_object_properties,
        properties::set_object_properties,
        properties::get_object_acl,
        properties::set_object_acl,
        properties::get_object_tags,
        properties::set_object_tags,
        properties::restore_archived,
        renaming::rename_object,
        buckets::delete_bucket,
        buckets::lifecycle_abort_rule,
        buckets::set_lifecycle_abort_rule,
        transfers::add_uploads,
        transfers::add_downloads,
        transfers::add_copies,
        transfers::copy_route,
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
        limits::set_timetable,
        limits::set_full_speed,
        limits::set_transfer_limit,
        limits::set_priority,
    ])
}
