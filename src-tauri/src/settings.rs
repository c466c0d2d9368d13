//! What the window remembers between runs: one small file, replaced whole.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::dto::{AppError, Settings};
use crate::speed::KeptSpeed;

/// What is in the file. Fields of other versions are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    language: Option<String>,
    theme: Option<String>,
    download_folder: Option<String>,
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
        Settings {
            language: kept.language.unwrap_or(usual.language),
            theme: kept.theme.unwrap_or(usual.theme),
            download_folder: kept.download_folder.filter(|folder| !folder.is_empty()).unwrap_or_else(downloads),
        }
    }

    /// Keeps the settings.
    ///
    /// # Errors
    /// `internal` if the file cannot be written; nothing has changed then.
    pub fn set_settings(&self, settings: Settings) -> Result<(), AppError> {
        let Settings { language, theme, download_folder } = settings;
        self.change(|kept| {
            kept.language = Some(language);
            kept.theme = Some(theme);
            kept.download_folder = Some(download_folder);
        })
    }

    /// The speed limits of the last run. What could not have been set is left out: it must not keep the app from starting.
    pub fn speed(&self) -> KeptSpeed {
        self.held().speed.clone().possible()
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

/// Replaces the file, so that a crash leaves the old one or the new one.
fn replace(path: &Path, kept: &Kept) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("json.new-{}", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec_pretty(kept)?)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto_limits::Limits;

    #[test]
    fn settings_and_limits_are_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("settings.json");
        let chosen = Settings { language: "zh".into(), theme: "dark".into(), download_folder: "/data/in".into() };
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
    fn a_field_of_a_newer_version_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, r#"{"density":"compact"}"#).unwrap();
        SettingsFile::open(path.clone()).change_speed(|_| Ok(())).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("compact"));
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
            file.change_speed(|kept| Ok(*kept = speed)).unwrap();
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
