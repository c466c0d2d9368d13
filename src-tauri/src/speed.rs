//! Speed limits between the window, the file of settings and the engine.

use std::num::NonZeroU64;
use std::sync::Arc;

use engine::{Engine, Limit, RateLimits, Timetable};
use machine::Condition;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::dto::AppError;
use crate::dto_limits::{LimitNow, LimitSettings, LimitSource, Limits, LimitsNow, Priority};
use crate::settings::SettingsFile;
use crate::waiting::wait_for;

/// How long "full speed for 1 hour" is.
pub const FULL_SPEED_MS: i64 = 60 * 60 * 1000;

/// What is remembered of speed limits between runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptSpeed {
    upload_bytes_s: Option<f64>,
    download_bytes_s: Option<f64>,
    timetable_on: bool,
    timetable: Option<String>,
    full_speed_until_ms: Option<i64>,
}

impl KeptSpeed {
    /// The same without what could not have been set: it must not keep the app from starting.
    pub fn possible(mut self) -> Self {
        self.upload_bytes_s = self.upload_bytes_s.filter(|bytes_s| limit(Some(*bytes_s)).is_ok());
        self.download_bytes_s = self.download_bytes_s.filter(|bytes_s| limit(Some(*bytes_s)).is_ok());
        self.timetable = self.timetable.filter(|letters| Timetable::of_letters(letters).is_some());
        self
    }

    /// Takes other limits. Whoever moves them wants to see them act, so full speed for an hour is over.
    pub fn set_limits(&mut self, limits: Limits) {
        self.upload_bytes_s = limits.upload_bytes_s;
        self.download_bytes_s = limits.download_bytes_s;
        self.full_speed_until_ms = None;
    }

    /// Takes another timetable.
    pub fn set_timetable(&mut self, on: bool, letters: String) {
        self.timetable_on = on;
        self.timetable = Some(letters);
    }

    /// Begins or ends an hour of full speed.
    pub fn set_full_speed_until(&mut self, until_ms: Option<i64>) {
        self.full_speed_until_ms = until_ms;
    }

    /// As the engine takes them.
    ///
    /// # Errors
    /// `invalid_option` for a limit between 0 and one byte a second, or letters that are no timetable.
    pub fn rates(&self) -> Result<RateLimits, AppError> {
        let timetable = match &self.timetable {
            Some(letters) => {
                Timetable::of_letters(letters).ok_or_else(|| invalid("a timetable is 168 letters of f, l and s"))?
            }
            None => Timetable::default(),
        };
        Ok(RateLimits {
            upload: limit(self.upload_bytes_s)?,
            download: limit(self.download_bytes_s)?,
            timetable: self.timetable_on.then_some(timetable),
            full_speed_until_ms: self.full_speed_until_ms,
            held_by: None,
        })
    }
}

/// Tells the engine whenever the computer is somewhere else than it was told at its start, until the machine is gone.
pub async fn follow_circumstances(engine: Engine, settings: Arc<SettingsFile>, mut condition: Condition) {
    loop {
        if !condition.moved().await {
            return;
        }
        let place = || condition.circumstances();
        if let Err(error) = wait_for(|| settings.with_rates(place, |rates| engine.set_rates(rates))) {
            tracing::error!(?error, "the limits are not obeyed");
        }
    }
}

fn invalid(reason: &str) -> AppError {
    AppError::from(engine::TransferError::new(engine::ErrorCode::InvalidOption)).with("reason", reason)
}

fn limit(bytes_s: Option<f64>) -> Result<Limit, AppError> {
    match bytes_s {
        None => Ok(Limit::None),
        Some(0.0) => Ok(Limit::Stop),
        // The largest is far beyond any line; the cast saturates there.
        Some(bytes_s) => NonZeroU64::new(bytes_s as u64)
            .map(Limit::Rate)
            .ok_or_else(|| invalid("a limit is 0, which stops, or at least one byte a second")),
    }
}

/// A transfer's own limit.
///
/// # Errors
/// `invalid_option` for less than one byte a second: a transfer is stopped by pausing it.
pub fn own_limit(bytes_s: Option<f64>) -> Result<Option<NonZeroU64>, AppError> {
    let refused = || invalid("a limit must be at least one byte a second; pause to stop");
    bytes_s.map(|bytes_s| NonZeroU64::new(bytes_s as u64).ok_or_else(refused)).transpose()
}

fn bytes_s(limit: Limit) -> Option<f64> {
    match limit {
        Limit::Stop => Some(0.0),
        Limit::Rate(rate) => Some(rate.get() as f64),
        Limit::None => None,
    }
}

/// A limit in force.
pub fn limit_now(now: engine::LimitNow) -> LimitNow {
    let source = match now.source {
        engine::LimitSource::General => LimitSource::General,
        engine::LimitSource::Timetable => LimitSource::Timetable,
        engine::LimitSource::FullSpeed => LimitSource::FullSpeed,
        engine::LimitSource::Battery => LimitSource::Battery,
        engine::LimitSource::Metered => LimitSource::Metered,
        engine::LimitSource::Own => LimitSource::Own,
    };
    LimitNow { bytes_s: bytes_s(now.limit), source, until_ms: now.until_ms }
}

/// The limits in force.
pub fn limits_now(engine: &Engine) -> LimitsNow {
    let now = engine.limits();
    let own: Vec<u64> =
        engine.working().iter().filter_map(|view| Some(view.spec.options.limit_bytes_per_second?.get())).collect();
    LimitsNow {
        upload_bytes_s: bytes_s(now.upload.limit),
        download_bytes_s: bytes_s(now.download.limit),
        upload: limit_now(now.upload),
        download: limit_now(now.download),
        own_count: own.len() as u64,
        own_lowest_bytes_s: own.iter().min().map(|bytes_s| *bytes_s as f64),
    }
}

/// A priority in the engine's words.
pub fn priority(asked: Priority) -> engine::Priority {
    match asked {
        Priority::High => engine::Priority::High,
        Priority::Normal => engine::Priority::Normal,
        Priority::Low => engine::Priority::Low,
    }
}

/// A priority in the window's words.
pub fn shown_priority(priority: engine::Priority) -> Priority {
    match priority {
        engine::Priority::High => Priority::High,
        engine::Priority::Normal => Priority::Normal,
        engine::Priority::Low => Priority::Low,
    }
}

impl App {
    /// Everything that the user has set about speed.
    pub fn limit_settings(&self) -> LimitSettings {
        use engine::Clock as _;
        let kept = self.settings.speed();
        let now_ms = self.clock.wall_ms();
        LimitSettings {
            upload_bytes_s: kept.upload_bytes_s,
            download_bytes_s: kept.download_bytes_s,
            timetable_on: kept.timetable_on,
            timetable: kept.timetable.unwrap_or_else(|| Timetable::default().letters()),
            full_speed_until_ms: kept.full_speed_until_ms.filter(|until_ms| *until_ms > now_ms),
            zone_name: self.clock.zone_name(),
            zone_offset_s: self.clock.local_offset_s(now_ms),
        }
    }

    /// Changes what the user has set: in force at once, and remembered for the next run.
    ///
    /// # Errors
    /// As [`KeptSpeed::rates`], and nothing has changed then; `internal` if it cannot be remembered.
    pub async fn change_speed(&self, change: impl FnOnce(&mut KeptSpeed)) -> Result<LimitSettings, AppError> {
        let engine = self.engine().await?;
        let change = |kept: &mut KeptSpeed| {
            change(kept);
            kept.rates().map(drop)
        };
        wait_for(|| {
            let kept = self.settings.change_speed(change);
            // In force also where the file cannot be written.
            self.settings.with_rates(|| self.circumstances(), |rates| engine.set_rates(rates))?;
            kept
        })?;
        Ok(self.limit_settings())
    }
}
