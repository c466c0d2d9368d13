//! What the user chose becomes specs for the engine: which key a file gets, which file a key gets.
//!
//! A selection is taken whole or not at all: one folder or one impossible name in it, and nothing is added.

use std::fs::Metadata;
use std::path::Path;

use engine::{ConflictRule, End, Naming, NewTransfer, StoreId, TransferOptions, TransferSpec};
use store::{ObjectRef, VersionId};

use crate::app::App;
use crate::dto::{AppError, Conflict, Settings};
use crate::dto_browser::ChosenObject;
use crate::error::OwnCode;

/// Uploads of files into a prefix; each key is the prefix and the file's name, without the escapes of a download.
///
/// # Errors
/// `folder_not_yet` for a folder, `invalid_name` for a path without a name.
pub fn uploads(
    store: &StoreId,
    bucket: &str,
    prefix: &str,
    paths: &[String],
    how: &How,
) -> Result<Vec<NewTransfer>, AppError> {
    let of_path = |path: &String| {
        let file = Path::new(path);
        // What cannot be looked at says why when its turn comes.
        let facts = file.metadata().ok();
        if facts.as_ref().is_some_and(Metadata::is_dir) {
            return Err(folder_not_yet(path));
        }
        let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(|| AppError::invalid_name(path))?;
        let object = ObjectRef::new(bucket, Naming::here().key_beneath(prefix, name));
        let expected_bytes = facts.map(|facts| facts.len());
        Ok(NewTransfer { spec: spec(End::file(file), End::object(store.clone(), object), how), expected_bytes })
    };
    paths.iter().map(of_path).collect()
}

/// Downloads of objects into a folder; each file is named by the last part of its key, escaped where no file here can
/// be called so.
///
/// # Errors
/// `folder_not_yet` for a prefix, `invalid_name` for a key whose last part is too long for a name.
pub fn downloads(
    store: &StoreId,
    bucket: &str,
    objects: &[ChosenObject],
    folder: &str,
    how: &How,
) -> Result<Vec<NewTransfer>, AppError> {
    let of_object = |ChosenObject { key, size_bytes }: &ChosenObject| {
        let path = Path::new(folder).join(file_name(key)?);
        let spec = spec(End::object(store.clone(), ObjectRef::new(bucket, key)), End::file(path), how);
        Ok(NewTransfer { spec, expected_bytes: *size_bytes })
    };
    objects.iter().map(of_object).collect()
}

/// The download of one version of an object, which is named as the object is.
///
/// # Errors
/// As of [`downloads`].
pub fn version_download(
    store: &StoreId,
    bucket: &str,
    key: &str,
    version: VersionId,
    folder: &str,
    how: &How,
) -> Result<TransferSpec, AppError> {
    let object = ObjectRef { version: Some(version), ..ObjectRef::new(bucket, key) };
    let path = Path::new(folder).join(file_name(key)?);
    Ok(spec(End::object(store.clone(), object), End::file(path), how))
}

/// Copies of objects into a prefix of a bucket.
///
/// # Errors
/// `folder_not_yet` for a prefix among the objects.
pub fn copies(
    store: &StoreId,
    bucket: &str,
    objects: &[ChosenObject],
    to_bucket: &str,
    to_prefix: &str,
    how: &How,
) -> Result<Vec<NewTransfer>, AppError> {
    let of_object = |ChosenObject { key, size_bytes }: &ChosenObject| {
        let target = ObjectRef::new(to_bucket, format!("{to_prefix}{}", last_part(key)?));
        let source = End::object(store.clone(), ObjectRef::new(bucket, key));
        let spec = spec(source, End::object(store.clone(), target), how);
        Ok(NewTransfer { spec, expected_bytes: *size_bytes })
    };
    objects.iter().map(of_object).collect()
}

/// What the user chose for transfers that are added now: the answer to the one question, and the settings.
#[derive(Clone, Copy, Debug)]
pub struct How {
    conflict: Conflict,
    parallel_parts: u16,
    part_size_bytes: u64,
}

impl How {
    /// With these settings, and this answer where a name is taken.
    fn new(settings: &Settings, conflict: Conflict) -> Self {
        Self { conflict, parallel_parts: settings.parallel_parts, part_size_bytes: settings.part_size_bytes }
    }
}

impl App {
    /// How what is added now is moved, with this answer where a name is taken.
    pub fn how(&self, conflict: Conflict) -> How {
        How::new(&self.settings.settings(), conflict)
    }
}

/// A transfer with the options that the window does not ask for at their defaults.
pub fn spec(source: End, target: End, how: &How) -> TransferSpec {
    let How { conflict, parallel_parts, part_size_bytes } = *how;
    let conflict = conflict_rule(conflict);
    TransferSpec {
        source,
        target,
        options: TransferOptions { conflict, parallel_parts, part_size_bytes, ..TransferOptions::default() },
    }
}

/// The engine's word for a rule.
pub fn conflict_rule(conflict: Conflict) -> ConflictRule {
    match conflict {
        Conflict::Overwrite => ConflictRule::Overwrite,
        Conflict::Skip => ConflictRule::Skip,
        Conflict::KeepBoth => ConflictRule::KeepBoth,
        Conflict::Fail => ConflictRule::Fail,
    }
}

fn folder_not_yet(path: &str) -> AppError {
    AppError { retryable: false, ..AppError::new(OwnCode::FolderNotYet).with("path", path) }
}

fn last_part(key: &str) -> Result<&str, AppError> {
    match key.rsplit('/').next() {
        Some(part) if !part.is_empty() => Ok(part),
        _ => Err(folder_not_yet(key)),
    }
}

/// The name that a key's file gets. One that is too long is refused rather than cut, since what is left could be
/// another object's.
fn file_name(key: &str) -> Result<String, AppError> {
    let part = last_part(key)?;
    Naming::here().file_name(part).map_err(|error| AppError::invalid_name(format!("“{part}”: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(conflict: Conflict) -> How {
        How::new(&Settings::default(), conflict)
    }

    fn here() -> StoreId {
        StoreId("practice".into())
    }

    fn object(key: impl Into<String>) -> ChosenObject {
        ChosenObject { key: key.into(), size_bytes: Some(7) }
    }

    fn ends(all: Vec<NewTransfer>) -> Vec<(String, String)> {
        all.iter().map(|one| (one.spec.source.to_string(), one.spec.target.to_string())).collect()
    }

    #[test]
    fn a_file_goes_into_the_prefix_under_its_name() {
        let specs = uploads(&here(), "photos", "2026/", &["/data/报告 2.txt".into()], &how(Conflict::Fail)).unwrap();
        assert_eq!(ends(specs), [("/data/报告 2.txt".into(), "tos://photos/2026/报告 2.txt".into())]);
    }

    #[test]
    fn the_size_of_a_file_is_known_before_its_turn_and_what_cannot_be_looked_at_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, [0; 12]).unwrap();
        let paths = [path.display().to_string(), "/nowhere/at all".into()];
        let new = uploads(&here(), "photos", "", &paths, &how(Conflict::Fail)).unwrap();
        assert_eq!(new.iter().map(|one| one.expected_bytes).collect::<Vec<_>>(), [Some(12), None]);
    }

    #[test]
    fn one_folder_among_the_files_stops_all_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let error =
            uploads(&here(), "photos", "", &["/data/a".into(), path.clone()], &how(Conflict::Fail)).unwrap_err();
        assert_eq!((error.code.as_str(), error.params["path"].as_str()), ("folder_not_yet", path.as_str()));
        let error = downloads(&here(), "photos", &[object("a/")], "/data", &how(Conflict::Fail)).unwrap_err();
        assert_eq!((error.code.as_str(), error.params["path"].as_str()), ("folder_not_yet", "a/"));
    }

    #[test]
    fn an_object_becomes_a_file_named_by_the_end_of_its_key() {
        let specs = downloads(&here(), "photos", &[object("a/b c.jpg")], "/data", &how(Conflict::KeepBoth)).unwrap();
        assert_eq!((specs[0].spec.options.conflict, specs[0].expected_bytes), (ConflictRule::KeepBoth, Some(7)));
        assert_eq!(ends(specs), [("tos://photos/a/b c.jpg".into(), "/data/b c.jpg".into())]);
    }

    #[test]
    fn no_key_leads_out_of_the_folder() {
        for (key, file) in
            [("..", "/data/.%2E"), ("a/..", "/data/.%2E"), ("a/.", "/data/%2E"), ("a/b\0c", "/data/b%00c")]
        {
            let specs = downloads(&here(), "photos", &[object(key)], "/data", &how(Conflict::Fail)).unwrap();
            assert_eq!(ends(specs)[0].1, file, "{key:?}");
        }
        let error =
            downloads(&here(), "photos", &[object("k".repeat(256))], "/data", &how(Conflict::Fail)).unwrap_err();
        assert_eq!(error.code, "invalid_name");
        assert!(error.params["reason"].contains("255"), "{error:?}");
    }

    #[test]
    fn a_file_that_came_down_under_an_escaped_name_goes_up_under_its_key() {
        let specs = uploads(&here(), "photos", "in/", &["/data/b%00c".into()], &how(Conflict::Fail)).unwrap();
        assert_eq!(ends(specs), [("/data/b%00c".into(), "tos://photos/in/b\0c".into())]);
    }

    #[test]
    fn a_copy_keeps_the_name_and_takes_the_new_prefix() {
        let specs = copies(&here(), "photos", &[object("a/b.jpg")], "archive", "old/", &how(Conflict::Skip)).unwrap();
        assert_eq!(ends(specs), [("tos://photos/a/b.jpg".into(), "tos://archive/old/b.jpg".into())]);
    }
}
