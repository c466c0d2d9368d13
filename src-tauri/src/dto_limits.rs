//! The wire types of speed limits and priority. Rates are bytes a second: `None` is no limit, 0 is a stop.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// The limits of all transfers together, as the user has set them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Limits {
    /// Towards the store.
    #[specta(type = Option<Number>)]
    pub upload_bytes_s: Option<f64>,
    /// From the store.
    #[specta(type = Option<Number>)]
    pub download_bytes_s: Option<f64>,
}

/// Everything that the user has set, and the place whose hours the timetable means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct LimitSettings {
    /// Towards the store.
    #[specta(type = Option<Number>)]
    pub upload_bytes_s: Option<f64>,
    /// From the store.
    #[specta(type = Option<Number>)]
    pub download_bytes_s: Option<f64>,
    /// Whether the timetable is in use.
    pub timetable_on: bool,
    /// 168 letters from Monday 00:00: `f` full speed, `l` limited, `s` stop.
    pub timetable: String,
    /// When full speed for an hour ends, if it has been asked for.
    pub full_speed_until_ms: Option<i64>,
    /// Name of the time zone, such as `Asia/Shanghai`, if the system tells.
    pub zone_name: Option<String>,
    /// How far local time is ahead of UTC now, in seconds.
    pub zone_offset_s: i32,
}

/// What a limit comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// Set for all transfers.
    #[default]
    General,
    /// The hour of the timetable.
    Timetable,
    /// Full speed for an hour.
    FullSpeed,
    /// The computer runs on its battery.
    Battery,
    /// The network costs by the byte.
    Metered,
    /// The transfer's own.
    Own,
}

/// A limit in force: how much, why, until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct LimitNow {
    /// How much.
    #[specta(type = Option<Number>)]
    pub bytes_s: Option<f64>,
    /// Why.
    pub source: LimitSource,
    /// When another takes its place by itself; `None` if none will.
    pub until_ms: Option<i64>,
}

/// The limits in force for all transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct LimitsNow {
    /// Towards the store.
    #[specta(type = Option<Number>)]
    pub upload_bytes_s: Option<f64>,
    /// From the store.
    #[specta(type = Option<Number>)]
    pub download_bytes_s: Option<f64>,
    /// Why, and until when, towards the store.
    pub upload: LimitNow,
    /// Why, and until when, from the store.
    pub download: LimitNow,
    /// Transfers that work now and have a limit of their own.
    pub own_count: u64,
    /// The lowest of these.
    #[specta(type = Option<Number>)]
    pub own_lowest_bytes_s: Option<f64>,
}

/// Who comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all normal ones.
    High,
    /// In the order of adding.
    Normal,
    /// When nothing else waits.
    Low,
}
