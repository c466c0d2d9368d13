//! The wire types of the window: the only ones that reach TypeScript, as `ui/src/ipc/bindings.ts` (generated).
//!
//! They carry facts, never words: states and reasons are codes with parameters, and `ui/src/i18n` has the words.
//! Sizes are numbers (exact to 2^53 bytes), checksums are decimal strings, times are milliseconds since 1970.
//! A float is exported as `number`: JSON has no NaN, and none of these can be one.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use crate::dto_accounts::{AccountView, SecretsPlace};
pub use crate::dto_browser::*;
use crate::dto_limits::{LimitNow, LimitsNow, Priority};
use crate::dto_list::TransferOptionsView;
pub use crate::dto_push::Push;

/// An error of a command: what the window can say (`code` with words in i18n) and whether trying again makes sense.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct AppError {
    /// Key of the words, such as `forbidden`.
    pub code: String,
    /// Values for the words, by name.
    pub params: std::collections::BTreeMap<String, String>,
    /// Whether the same action may succeed later.
    pub retryable: bool,
}

/// What the window shows before anything else.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct AppStatus {
    /// Version of the app.
    pub version: String,
    /// `linux`, `macos` or `windows`.
    pub platform: String,
    /// The account in use, if any.
    pub account: Option<AccountView>,
    /// Where secrets are kept.
    pub secrets: SecretsPlace,
    /// Something the user must know at start (such as a ledger that was set aside), as an error with code and params.
    pub notice: Option<AppError>,
}

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct BucketView {
    /// Its name.
    pub name: String,
    /// Region id, if known.
    pub region: Option<String>,
    /// When it was made.
    pub created_ms: Option<i64>,
}

/// One object or one prefix in a listing.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct ObjectRow {
    /// The whole key, or the whole prefix ending in `/`.
    pub key: String,
    /// What to show: the key without the prefix that is listed.
    pub name: String,
    /// Whether this is a prefix.
    pub folder: bool,
    /// Size; 0 for a prefix.
    pub size_bytes: u64,
    /// Last change.
    pub modified_ms: Option<i64>,
    /// Such as `STANDARD`.
    pub storage_class: Option<String>,
}

/// A page of a listing.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct ObjectPage {
    /// Prefixes first, then objects.
    pub rows: Vec<ObjectRow>,
    /// Give this back for the next page.
    pub next: Option<String>,
}

/// Which way a copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CopyRoute {
    /// The store moves the bytes.
    Inside,
    /// They pass through this computer.
    Relay,
}

/// What to do where the target exists with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Replace it.
    Overwrite,
    /// Leave it.
    Skip,
    /// Write beside it, as `name (2).ext`.
    KeepBoth,
    /// Stop with an error.
    Fail,
}

/// Kind of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// File to object.
    Upload,
    /// Object to file.
    Download,
    /// Object to object.
    Copy,
}

/// The nine states of the design (and `done_unverified`, `cancelling`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ShownState {
    /// Looking at the source and the target.
    Scanning,
    /// In the queue.
    Waiting,
    /// Moving parts.
    Transferring,
    /// Assembling and comparing checksums.
    Verifying,
    /// Stopped by the user, or waiting for the user (`why` says).
    Paused,
    /// No connection; continues by itself.
    NoNetwork,
    /// Will try again (`retry_in_s`).
    Retrying,
    /// Ended with an error (`why`).
    Failed,
    /// Ended; both checksums are equal.
    DoneVerified,
    /// Ended; the store gave no checksum to compare with.
    DoneUnverified,
    /// Being removed from both ends.
    Cancelling,
}

/// What can be clicked now; computed by the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Actions {
    /// Pause keeps everything.
    pub pause: bool,
    /// Go on.
    pub resume: bool,
    /// Begin although no place is free.
    pub start: bool,
    /// Stop and delete what was sent.
    pub cancel: bool,
    /// Try again after a failure.
    pub retry: bool,
    /// Take out of the list.
    pub remove: bool,
    /// Show the local file in its folder.
    pub reveal: bool,
    /// Give it a limit of its own: bytes of it pass through here, or will.
    pub limit: bool,
    /// Read both ends and compare them: it was done without a checksum to compare with.
    pub verify: bool,
}

/// A transfer in the list.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct TransferRow {
    /// Id, stable over restarts.
    pub id: u64,
    /// Kind.
    pub direction: Direction,
    /// File name or last part of the key.
    pub name: String,
    /// Full source: a path or `tos://bucket/key`.
    pub from: String,
    /// Full target.
    pub to: String,
    /// State.
    pub state: ShownState,
    /// Why it waits, is paused or failed: code and params.
    pub why: Option<AppError>,
    /// Size; `None` until known.
    pub size_bytes: Option<u64>,
    /// Bytes that the far side has acknowledged, each counted once.
    pub done_bytes: u64,
    /// Bytes on the way beyond these.
    pub in_flight_bytes: u64,
    /// Bytes a second now; 0 when nothing moves.
    #[specta(type = Number)]
    pub speed_bytes_s: f64,
    /// Seconds left, if it can be told.
    #[specta(type = Option<Number>)]
    pub left_s: Option<f64>,
    /// Seconds until the next try.
    #[specta(type = Option<Number>)]
    pub retry_in_s: Option<f64>,
    /// Which try that is, counted since anything of it has succeeded.
    pub next_try: Option<u32>,
    /// After how many such tries it fails at the latest; `None` where no number bounds them.
    pub tries_max: Option<u32>,
    /// Seconds until it is expected to begin, for one that is next in line, if that can be told.
    #[specta(type = Option<Number>)]
    pub starts_in_s: Option<f64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Whether the target was there already with the same content, so that nothing was sent.
    pub identical: bool,
    /// The transfer's own limit in bytes a second, if it has one.
    #[specta(type = Option<Number>)]
    pub own_limit_bytes_s: Option<f64>,
    /// The limit that holds it now: the lowest of those in force and its own. `None` where no byte passes through here.
    pub limit: Option<LimitNow>,
    /// Its priority, which is its place in the queue.
    pub priority: Priority,
    /// What can be clicked.
    pub actions: Actions,
}

/// Which transfers to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TransferFilter {
    /// Running now, then what is next in line.
    Active,
    /// Not begun.
    Waiting,
    /// Paused.
    Paused,
    /// Failed.
    Failed,
    /// Done.
    Done,
}

/// How many transfers each filter has; exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Counts {
    /// Running.
    pub active: u64,
    /// Waiting.
    pub waiting: u64,
    /// Paused.
    pub paused: u64,
    /// Failed.
    pub failed: u64,
    /// Done.
    pub done: u64,
}

/// A page of transfers.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct TransferPage {
    /// Grows with every change; a page older than the one shown is dropped.
    pub revision: u64,
    /// How many rows the filter has in all.
    pub total: u64,
    /// The rows, in order.
    pub rows: Vec<TransferRow>,
    /// Ids of those of them that are selected.
    pub selected: Vec<u64>,
    /// Give this as `after` for the next page.
    pub next: Option<u64>,
}

/// The details drawer.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct TransferDetail {
    /// The row itself.
    pub row: TransferRow,
    /// Part size; `None` before the plan.
    pub part_size_bytes: Option<u64>,
    /// One character a part: `.` waiting, `~` in flight, `#` sent, `r` sent at a second try, `v` verified, `x` failed.
    pub parts: String,
    /// How much of each part in flight has moved, 0 to 1, in the order of the `~`.
    #[specta(type = Vec<Number>)]
    pub live: Vec<f64>,
    /// Multipart upload id, if there is one.
    pub upload_id: Option<String>,
    /// Temporary file, if there is one.
    pub temp_file: Option<String>,
    /// CRC64 of the source, decimal, once known.
    pub source_crc64: Option<String>,
    /// CRC64 of the target, decimal, once known.
    pub target_crc64: Option<String>,
    /// Parts whose checksum the store confirmed.
    pub parts_confirmed: u64,
    /// Parts moved by this or earlier runs, counting repeats.
    pub parts_sent: u64,
    /// Parts that were there already when it went on.
    pub parts_reused: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// The store's id of the last request.
    pub request_id: Option<String>,
    /// When the last finished part was written to the ledger.
    pub saved_ms: Option<i64>,
    /// How it is done.
    pub options: TransferOptionsView,
    /// The account that it needs, where it is held for new keys.
    pub needs_keys_of: Option<String>,
}

/// What the footer and the rail show; pushed at most four times a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Pulse {
    /// Grows with every change of any transfer.
    pub revision: u64,
    /// Exact counts.
    pub counts: Counts,
    /// Bytes a second towards stores, all transfers.
    #[specta(type = Number)]
    pub upload_bytes_s: f64,
    /// Bytes a second from stores, all transfers.
    #[specta(type = Number)]
    pub download_bytes_s: f64,
    /// The limits in force.
    pub limits: LimitsNow,
    /// Bytes that running and waiting transfers still have to move, as far as known.
    pub left_bytes: u64,
    /// Whether this computer is kept awake.
    pub awake: Awake,
    /// Whether it has a network, and an answer.
    pub network: Network,
    /// Whether it runs on its battery; `None` where the system does not tell.
    pub on_battery: Option<bool>,
    /// Whether its network costs by the byte; `None` where the system does not tell.
    pub metered: Option<bool>,
}

/// Whether this computer is kept awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Awake {
    /// Nothing moves.
    Idle,
    /// It is, because bytes move.
    Held,
    /// The user does not want it until Tern is closed.
    Off,
    /// This system has no way to it.
    Unavailable,
}

/// Whether this computer has a network, and whether it leads to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// It has an address; unless something wants to move, that says nothing about a server.
    Online,
    /// It has one, and nothing of what runs gets an answer.
    Unanswered,
    /// It has none.
    Offline,
}

/// What the window remembers between runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Settings {
    /// `en`, `zh`, or `system`.
    pub language: String,
    /// `light`, `dark`, or `system`.
    pub theme: String,
    /// `comfortable` or `compact`: how high rows are.
    pub density: String,
    /// Size of everything in the window, 80 to 200.
    pub zoom_percent: u32,
    /// Width of the rail, 180 to 320 CSS pixels.
    pub rail_width_px: u32,
    /// Where downloads go unless the user chooses.
    pub download_folder: String,
    /// What is chosen at first where a name is taken.
    pub conflict: Conflict,
    /// Transfers that work at a time, 1 to 64.
    pub transfers_max: u32,
    /// Parts of one transfer that move at a time, 1 to 64; of transfers that are added from now on.
    pub parallel_parts: u16,
    /// Size of a part, 5 MiB to 5 GiB; of transfers that are added from now on. It grows by itself where an object
    /// would need too many.
    pub part_size_bytes: u64,
    /// How long transfers that are done stay in the list, in days; 0 for ever.
    pub history_days: u32,
    /// Whether everything waits while the computer runs on its battery.
    pub wait_on_battery: bool,
    /// Whether everything waits on a network that costs by the byte.
    pub wait_on_metered: bool,
    /// Whether the system tells of a transfer that is done while the window is not in front.
    pub notify_done: bool,
    /// Whether the system tells that a transfer needs the user.
    pub notify_attention: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: "system".into(),
            theme: "system".into(),
            density: "comfortable".into(),
            zoom_percent: 100,
            rail_width_px: 208,
            download_folder: String::new(),
            conflict: Conflict::KeepBoth,
            transfers_max: 16,
            parallel_parts: 5,
            part_size_bytes: 20 << 20,
            history_days: 90,
            wait_on_battery: false,
            wait_on_metered: false,
            notify_done: true,
            notify_attention: true,
        }
    }
}
