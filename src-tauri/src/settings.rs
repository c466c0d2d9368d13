//! What the window remembers between runs: one small file, replaced whole.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use accounts::{Lasting, Readers, replace_file};
use engine::{Circumstance, ErrorCode, RateLimits, TransferError};
use machine::Circumstances;
use serde::{Deserialize, Serialize};

use crate::dto::{AppError, Bookmark, Conflict, Settings};
use crate::speed::KeptSpeed;

const ZOOM_PERCENT: RangeInclusive<u32> = 80..=200;
const RAIL_WIDTH_PX: RangeInclusive<u32> = 180..=320;
const TRANSFERS_MAX: RangeInclusive<u32> = 1..=64;
const PARALLEL_PARTS: RangeInclusive<u16> = 1..=64;
/// What TOS takes as a part.
const PART_SIZE_BYTES: RangeInclusive<u64> = 5 << 20..=5 << 30;
const HISTORY_DAYS: RangeInclusive<u32> = 0..=3650;
/// Most bookmarks of all accounts; the file is written whole each time.
const BOOKMARKS_MAX: usize = 500;

/// A bookmark and the account whose bucket it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptBookmark {
    account: String,
    #[serde(flatten)]
    place: Bookmark,
}

/// What is in the file. Fields of other versions are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    language: Option<String>,
    theme: Option<String>,
    density: Option<String>,
    zoom_percent: Option<u32>,
    rail_width_px: Option<u32>,
    download_folder: Option<String>,
    conflict: Option<Conflict>,
    transfers_max: Option<u32>,
    parallel_parts: Option<u16>,
    part_size_bytes: Option<u64>,
    history_days: Option<u32>,
    wait_on_battery: Option<bool>,
    wait_on_metered: Option<bool>,
    notify_done: Option<bool>,
    notify_attention: Option<bool>,
    bookmarks: Vec<KeptBookmark>,
    #[serde(flatten)]
    speed: KeptSpeed,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// The settings and the file behind them.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    kept: Mutex<Kept>,
}

impl SettingsFile {
    /// Reads the file. None, or one that is not understood, gives the usual settings; the latter is renamed first.
    pub fn open(path: PathBuf) -> Self {
        let kept = match std::fs::read(&path).map(|text| serde_json::from_slice(&text)) {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => {
                let aside = path.with_extension("not-understood.json");
                tracing::warn!(%error, aside = %aside.display(), "the settings were set aside");
                let _ = std::fs::rename(&path, aside);
                Kept::default()
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, "the settings cannot be read");
                }
                Kept::default()
            }
        };
        Self { path, kept: Mutex::new(kept) }
    }

    /// The settings, with the system's own where the user has chosen none.
    pub fn settings(&self) -> Settings {
        let kept = self.held().clone();
        let usual = Settings::default();
        let downloads = || dirs::download_dir().map_or_else(String::new, |path| path.display().to_string());
        // A value that could not have been set, such as of another version, must not keep the app from starting.
        Settings {
            language: kept.language.unwrap_or(usual.language),
            theme: kept.theme.unwrap_or(usual.theme),
            density: kept.density.unwrap_or(usual.density),
            zoom_percent: possible(kept.zoom_percent, ZOOM_PERCENT).unwrap_or(usual.zoom_percent),
            rail_width_px: possible(kept.rail_width_px, RAIL_WIDTH_PX).unwrap_or(usual.rail_width_px),
            download_folder: kept.download_folder.filter(|folder| !folder.is_empty()).unwrap_or_else(downloads),
            conflict: kept.conflict.unwrap_or(usual.conflict),
            transfers_max: possible(kept.transfers_max, TRANSFERS_MAX).unwrap_or(usual.transfers_max),
            parallel_parts: possible(kept.parallel_parts, PARALLEL_PARTS).unwrap_or(usual.parallel_parts),
            part_size_bytes: possible(kept.part_size_bytes, PART_SIZE_BYTES).unwrap_or(usual.part_size_bytes),
            history_days: possible(kept.history_days, HISTORY_DAYS).unwrap_or(usual.history_days),
            wait_on_battery: kept.wait_on_battery.unwrap_or(usual.wait_on_battery),
            wait_on_metered: kept.wait_on_metered.unwrap_or(usual.wait_on_metered),
            notify_done: kept.notify_done.unwrap_or(usual.notify_done),
            notify_attention: kept.notify_attention.unwrap_or(usual.notify_attention),
        }
    }

    /// Keeps the settings.
    ///
    /// # Errors
    /// `invalid_option` for a value out of its bounds, `internal` if the file cannot be written; nothing has changed
    /// then.
    pub fn set_settings(&self, settings: Settings) -> Result<(), AppError> {
        let Settings {
            language,
            theme,
            density,
            zoom_percent,
            rail_width_px,
            download_folder,
            conflict,
            transfers_max,
            parallel_parts,
            part_size_bytes,
            history_days,
            wait_on_battery,
            wait_on_metered,
            notify_done,
            notify_attention,
        } = settings;
        within("zoom_percent", zoom_percent, ZOOM_PERCENT)?;
        within("rail_width_px", rail_width_px, RAIL_WIDTH_PX)?;
        within("transfers_max", transfers_max, TRANSFERS_MAX)?;
        within("parallel_parts", parallel_parts, PARALLEL_PARTS)?;
        within("part_size_bytes", part_size_bytes, PART_SIZE_BYTES)?;
        within("history_days", history_days, HISTORY_DAYS)?;
        self.change(|kept| {
            kept.language = Some(language);
            kept.theme = Some(theme);
            kept.density = Some(density);
            kept.zoom_percent = Some(zoom_percent);
            kept.rail_width_px = Some(rail_width_px);
            kept.download_folder = Some(download_folder);
            kept.conflict = Some(conflict);
            kept.transfers_max = Some(transfers_max);
            kept.parallel_parts = Some(parallel_parts);
            kept.part_size_bytes = Some(part_size_bytes);
            kept.history_days = Some(history_days);
            kept.wait_on_battery = Some(wait_on_battery);
            kept.wait_on_metered = Some(wait_on_metered);
            kept.notify_done = Some(notify_done);
            kept.notify_attention = Some(notify_attention);
        })
    }

    /// The speed limits of the last run. What could not have been set is left out: it must not keep the app from starting.
    pub fn speed(&self) -> KeptSpeed {
        self.held().speed.clone().possible()
    }

    /// Does this with the limits that hold where the computer is, and lets nobody change them meanwhile: so what was
    /// changed last is told last. Where it is is asked for by `place` then, and not before.
    ///
    /// # Errors
    /// None that a file could cause, see [`KeptSpeed::possible`].
    pub fn with_rates<T>(
        &self,
        place: impl FnOnce() -> Circumstances,
        act: impl FnOnce(RateLimits) -> T,
    ) -> Result<T, AppError> {
        let held = self.held();
        let place = place();
        let waits = |wanted: Option<bool>, told: Option<bool>| wanted == Some(true) && told == Some(true);
        let held_by = if waits(held.wait_on_battery, place.on_battery) {
            Some(Circumstance::Battery)
        } else {
            waits(held.wait_on_metered, place.metered).then_some(Circumstance::Metered)
        };
        Ok(act(RateLimits { held_by, ..held.speed.clone().possible().rates()? }))
    }

    /// Changes the speed limits, and keeps them. One change is over before the next begins.
    ///
    /// # Errors
    /// That of the change, and nothing has changed then; `internal` if the file cannot be written.
    pub fn change_speed(&self, change: impl FnOnce(&mut KeptSpeed) -> Result<(), AppError>) -> Result<(), AppError> {
        let mut held = self.held();
        let mut speed = held.speed.clone().possible();
        change(&mut speed)?;
        // It is in force; that it could not be written down does not undo it.
        held.speed = speed;
        replace(&self.path, &held).map_err(AppError::internal)
    }

    /// The places that an account's user wants to come back to, oldest first.
    pub fn bookmarks(&self, account: &str) -> Vec<Bookmark> {
        let kept = self.held();
        kept.bookmarks.iter().filter(|kept| kept.account == account).map(|kept| kept.place.clone()).collect()
    }

    /// Keeps a place, once.
    ///
    /// # Errors
    /// `invalid_name` for a prefix that is none, `internal` if there are too many or the file cannot be written.
    pub fn add_bookmark(&self, account: &str, place: Bookmark) -> Result<(), AppError> {
        store::check_bucket_name(&place.bucket).map_err(AppError::invalid_name)?;
        if !place.prefix.is_empty() {
            store::check_key(&place.prefix).map_err(AppError::invalid_name)?;
        }
        let new = KeptBookmark { account: account.to_owned(), place };
        let held = self.held();
        if held.bookmarks.contains(&new) {
            return Ok(());
        }
        if held.bookmarks.len() >= BOOKMARKS_MAX {
            return Err(AppError::internal("there are 500 bookmarks; remove one first"));
        }
        drop(held);
        self.change(|kept| kept.bookmarks.push(new))
    }

    /// Forgets a place; one that is not kept is forgotten already.
    ///
    /// # Errors
    /// `internal` if the file cannot be written.
    pub fn remove_bookmark(&self, account: &str, place: &Bookmark) -> Result<(), AppError> {
        self.change(|kept| kept.bookmarks.retain(|one| one.account != account || one.place != *place))
    }

    fn held(&self) -> MutexGuard<'_, Kept> {
        // It is replaced whole, so it is never half-changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), AppError> {
        let mut held = self.held();
        let mut kept = held.clone();
        change(&mut kept);
        replace(&self.path, &kept).map_err(AppError::internal)?;
        *held = kept;
        Ok(())
    }
}

fn possible<T: PartialOrd>(value: Option<T>, bounds: RangeInclusive<T>) -> Option<T> {
    value.filter(|value| bounds.contains(value))
}

fn within<T: PartialOrd + ToString>(name: &str, value: T, bounds: RangeInclusive<T>) -> Result<(), AppError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let error = AppError::from(TransferError::new(ErrorCode::InvalidOption));
    Err(error.with("name", name).with("value", value.to_string()))
}

fn replace(path: &Path, kept: &Kept) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(kept)?;
    text.push(b'\n');
    replace_file(path, &text, Readers::OwnerOnly, Lasting::Synced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto_limits::Limits;

    #[test]
    fn settings_and_limits_are_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("settings.json");
        let chosen = Settings {
            language: "zh".into(),
            theme: "dark".into(),
            density: "compact".into(),
            zoom_percent: 150,
            rail_width_px: 260,
            download_folder: "/data/in".into(),
            conflict: Conflict::Skip,
            transfers_max: 3,
            parallel_parts: 9,
            part_size_bytes: 64 << 20,
            history_days: 0,
            wait_on_battery: true,
            wait_on_metered: true,
            notify_done: false,
            notify_attention: false,
        };
        let file = SettingsFile::open(path.clone());
        file.set_settings(chosen.clone()).unwrap();
        file.change_speed(|speed| {
            speed.set_limits(Limits { upload_bytes_s: Some(1e6), download_bytes_s: Some(0.0) });
            speed.set_timetable(true, "l".repeat(168));
            speed.set_full_speed_until(Some(7));
            Ok(())
        })
        .unwrap();
        let speed = file.speed();
        assert_ne!(speed, KeptSpeed::default());
        let file = SettingsFile::open(path);
        assert_eq!((file.settings(), file.speed()), (chosen, speed));
    }

    #[test]
    fn a_place_holds_only_what_its_user_wants_to_wait_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::open(folder.path().join("settings.json"));
        let held = |on_battery, metered| {
            let mut held_by = None;
            file.with_rates(|| Circumstances { on_battery, metered }, |rates| held_by = rates.held_by).unwrap();
            held_by
        };
        assert_eq!(held(Some(true), Some(true)), None);
        file.set_settings(Settings { wait_on_metered: true, ..file.settings() }).unwrap();
        assert_eq!(held(Some(true), Some(true)), Some(Circumstance::Metered));
        assert_eq!((held(Some(true), None), held(None, Some(false))), (None, None), "what is not told holds nothing");
        file.set_settings(Settings { wait_on_battery: true, ..file.settings() }).unwrap();
        assert_eq!(held(Some(true), Some(true)), Some(Circumstance::Battery));
        assert_eq!(held(Some(false), Some(true)), Some(Circumstance::Metered));
    }

    #[test]
    fn a_value_out_of_its_bounds_is_refused_and_one_in_the_file_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, r#"{"transfers_max":0,"zoom_percent":1000,"part_size_bytes":1,"parallel_parts":7}"#)
            .unwrap();
        let file = SettingsFile::open(path);
        let usual = Settings { parallel_parts: 7, ..file.settings() };
        assert_eq!((usual.transfers_max, usual.zoom_percent, usual.part_size_bytes), (16, 100, 20 << 20));
        assert_eq!(file.settings(), usual);
        let wrong = [
            Settings { transfers_max: 0, ..usual.clone() },
            Settings { parallel_parts: 65, ..usual.clone() },
            Settings { part_size_bytes: (5 << 20) - 1, ..usual.clone() },
            Settings { zoom_percent: 79, ..usual.clone() },
            Settings { rail_width_px: 321, ..usual.clone() },
            Settings { history_days: 3651, ..usual.clone() },
        ];
        for settings in wrong {
            assert_eq!(file.set_settings(settings).unwrap_err().code, "invalid_option");
        }
        assert_eq!(file.settings(), usual);
    }

    #[test]
    fn what_is_usual_here_is_what_is_usual_in_the_engine() {
        let (ours, engines) = (Settings::default(), engine::EngineOptions::default());
        let options = engine::TransferOptions::default();
        assert_eq!(usize::try_from(ours.transfers_max).unwrap(), engines.limits.active_max);
        assert_eq!(ours.history_days, engines.history_days);
        assert_eq!((ours.parallel_parts, ours.part_size_bytes), (options.parallel_parts, options.part_size_bytes));
    }

    #[test]
    fn bookmarks_belong_to_an_account_are_kept_once_and_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let place = |prefix: &str| Bookmark { bucket: "media".into(), prefix: prefix.into() };
        let file = SettingsFile::open(path.clone());
        for (account, prefix) in [("a", "raw/"), ("a", ""), ("b", "raw/"), ("a", "raw/")] {
            file.add_bookmark(account, place(prefix)).unwrap();
        }
        file.remove_bookmark("b", &place("raw/")).unwrap();
        let file = SettingsFile::open(path);
        assert_eq!(file.bookmarks("a"), [place("raw/"), place("")]);
        assert_eq!(file.bookmarks("b"), []);
        let bad = Bookmark { bucket: "No".into(), prefix: String::new() };
        assert_eq!(file.add_bookmark("a", bad).unwrap_err().code, "invalid_name");
    }

    #[test]
    fn a_field_of_a_newer_version_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, r#"{"stars":"bright"}"#).unwrap();
        SettingsFile::open(path.clone()).change_speed(|_| Ok(())).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("bright"));
    }

    #[test]
    fn any_file_is_understood_or_set_aside_and_can_be_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        mangle::check_all("settings", 1_000, |input| {
            std::fs::write(&path, input).unwrap();
            let file = SettingsFile::open(path.clone());
            let (settings, speed) = (file.settings(), file.speed());
            speed.rates().expect("the app can start with it");
            file.change_speed(|kept| {
                *kept = speed;
                Ok(())
            })
            .unwrap();
            assert_eq!(SettingsFile::open(path.clone()).settings(), settings);
        });
    }

    #[test]
    fn a_file_that_is_not_understood_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, "{\"theme\": ").unwrap();
        assert_eq!(SettingsFile::open(path.clone()).settings().theme, "system");
        assert_eq!(std::fs::read_to_string(path.with_extension("not-understood.json")).unwrap(), "{\"theme\": ");
    }
}
