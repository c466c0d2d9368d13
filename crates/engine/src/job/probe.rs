//! Probe: what the source is, what is at the target, and so what has to be done.

use std::path::{Path, PathBuf};

use store::{Capabilities, Crc64, ErrorKind, GetOptions, ObjectDetails, ObjectRef, ObjectSettings};

use super::route::route;
use super::{Attempt, Work, about, misfit};
use crate::checkpoint::{Checkpoint, Fingerprint};
use crate::conflict::beside;
use crate::disk::{FileFacts, hash_range, off_thread, temp_name};
use crate::error::{ErrorCode, TransferError};
use crate::plan::PartPlan;
use crate::queue::Report;
use crate::rules::Rule;
use crate::transfer::{ConflictRule, End, Route};
use crate::view::{Outcome, RequestId, RequestPurpose, Transferred};

/// Names beside a taken name that are tried.
const NAMES_MAX: u32 = 1000;

/// The source as it is now.
pub(super) struct Source {
    pub(super) fingerprint: Fingerprint,
    crc64: Option<Crc64>,
    settings: ObjectSettings,
    request_id: Option<String>,
}

impl Source {
    fn look(&self) -> Option<RequestId> {
        RequestId::of(RequestPurpose::LookedAtSource, self.request_id.as_ref())
    }
}

/// What is at the place where the target shall be.
enum There {
    Nothing,
    /// The same content, by size and CRC64.
    Same(Box<Transferred>),
    Other,
}

impl Work {
    pub(super) async fn probe(&self, known: Option<&Checkpoint>) -> Attempt {
        let source = self.probe_source().await?;
        if let Some(known) = known {
            // The decision about the target was made when the plan was; a session keeps its part size.
            return Ok(if known.source == source.fingerprint || !self.tools.rules.hold(Rule::SourceIsCompared) {
                Report::Planned(Box::new(known.clone()))
            } else {
                Report::SourceChanged
            });
        }
        let (limits, settings, route) = self.limits_and_settings(&source).await?;
        let plan = PartPlan::new(source.fingerprint.size_bytes(), self.spec.options.part_size_bytes, &limits)?;
        let mut checkpoint = Checkpoint {
            source: source.fingerprint.clone(),
            source_crc64: source.crc64,
            source_request_id: source.request_id.clone(),
            part_size_bytes: plan.part_size_bytes,
            target: self.spec.target.clone(),
            route,
            settings,
            overwrite: self.spec.options.conflict == ConflictRule::Overwrite,
            temp_path: None,
            planned_ms: self.tools.clock.wall_ms(),
            begin_attempts: 0,
            adopted: false,
            session: None,
        };
        if let Some(result) = self.settle_target(&source, &mut checkpoint).await? {
            return Ok(Report::NothingToDo(Box::new(result), Box::new(checkpoint)));
        }
        if let End::File { path } = &checkpoint.target {
            checkpoint.temp_path = Some(self.free_temp_path(path).await?);
        }
        Ok(Report::Planned(Box::new(checkpoint)))
    }

    pub(super) async fn probe_source(&self) -> Result<Source, TransferError> {
        match &self.spec.source {
            End::File { path } => {
                let owned = path.clone();
                let looked = off_thread(&self.tools.disk, move |disk| {
                    let facts = disk.facts(&owned)?;
                    // What is no file is not opened: a pipe would wait for its other end.
                    let file = if facts.is_file { Some(disk.open(&owned)?) } else { None };
                    std::io::Result::Ok((facts, file))
                });
                let (facts, file) = looked.await.map_err(|error| TransferError::source(path, &error))?;
                if facts.is_dir {
                    return Err(TransferError::new(ErrorCode::SourceIsFolder).with("path", path.display()));
                }
                let Some(file) = file else {
                    return Err(TransferError::new(ErrorCode::SourceUnreadable)
                        .with("path", path.display())
                        .because("it is not a plain file"));
                };
                self.keep_source(file); // what was opened before may be another file now
                let settings = ObjectSettings::default();
                Ok(Source { fingerprint: facts.fingerprint(), crc64: None, settings, request_id: None })
            }
            End::Object { store, object } => {
                let store = self.store(store).await?;
                let details = match store.head_object(object).await {
                    Ok(details) => details,
                    // The answer to a HEAD has no body and so no cause; a GET tells wrong keys from missing rights.
                    Err(error) if error.kind == ErrorKind::Forbidden => {
                        store.get_object(object, &GetOptions::default()).await.map_err(about(object))?.details
                    }
                    Err(error) => return Err(about(object)(error)),
                };
                Ok(Source {
                    fingerprint: Fingerprint::Object {
                        size_bytes: details.size_bytes,
                        etag: details.etag,
                        version: details.version,
                    },
                    crc64: details.crc64,
                    settings: details.settings,
                    request_id: details.request_id,
                })
            }
        }
    }

    async fn file_facts(&self, path: &Path) -> std::io::Result<FileFacts> {
        let path = path.to_owned();
        off_thread(&self.tools.disk, move |disk| disk.facts(&path)).await
    }

    /// Limits of the store that the parts go to or come from, what the target object will carry and, for a copy, which
    /// way it goes.
    pub(super) async fn limits_and_settings(
        &self,
        source: &Source,
    ) -> Result<(Capabilities, ObjectSettings, Route), TransferError> {
        let wanted = self.spec.options.settings.clone();
        match (&self.spec.source, &self.spec.target) {
            (End::File { path }, End::Object { store, .. }) => {
                let limits = self.store(store).await?.capabilities().clone();
                let guess = || mime_guess::from_path(path).first_raw().map(str::to_owned);
                let content_type = wanted.content_type.clone().or_else(guess);
                Ok((limits, ObjectSettings { content_type, ..wanted }, Route::Server))
            }
            (End::Object { store, .. }, End::File { .. }) => {
                Ok((self.store(store).await?.capabilities().clone(), wanted, Route::Server))
            }
            (End::Object { store: from, object: old }, End::Object { store: to, object: new }) => {
                let store = self.store(to).await?;
                if from == to && old == new {
                    return Err(TransferError::new(ErrorCode::InvalidOption)
                        .with("name", "target")
                        .with("value", new)
                        .because("source and target are the same object"));
                }
                let route =
                    route(self.spec.options.route, (from, old), (to, new), store.as_ref(), &self.workspace.regions)
                        .await?;
                Ok((store.capabilities().clone(), merged(wanted, &source.settings), route))
            }
            (End::File { .. }, End::File { .. }) => Err(misfit("file to file")),
        }
    }

    /// Applies the conflict rule. A result means that nothing has to be moved.
    async fn settle_target(
        &self,
        source: &Source,
        checkpoint: &mut Checkpoint,
    ) -> Result<Option<Transferred>, TransferError> {
        let rule = self.spec.options.conflict;
        for n in 1..=NAMES_MAX {
            let target = if n == 1 { self.spec.target.clone() } else { renamed(&self.spec.target, n) };
            match self.look_at(&target, source).await? {
                There::Nothing => {
                    checkpoint.target = target;
                    return Ok(None);
                }
                There::Same(result) => {
                    checkpoint.target = target;
                    return Ok(Some(*result));
                }
                There::Other => match rule {
                    ConflictRule::Overwrite => return Ok(None),
                    ConflictRule::Fail => {
                        return Err(TransferError::new(ErrorCode::TargetExists).with("name", &target));
                    }
                    ConflictRule::Skip => {
                        return Ok(Some(Transferred {
                            outcome: Outcome::Skipped,
                            verified: false,
                            source_crc64: source.crc64,
                            target_crc64: None,
                            etag: None,
                            version: None,
                            request_id: None,
                            looks: source.look().into_iter().collect(),
                            verified_ms: None,
                        }));
                    }
                    ConflictRule::KeepBoth => {}
                },
            }
        }
        Err(TransferError::new(ErrorCode::TargetExists).with("name", &self.spec.target))
    }

    /// Whether the target is free.
    pub(super) async fn nothing_there(&self, source: &Source) -> Result<bool, TransferError> {
        Ok(matches!(self.look_at(&self.spec.target, source).await?, There::Nothing))
    }

    async fn look_at(&self, target: &End, source: &Source) -> Result<There, TransferError> {
        match target {
            End::Object { store, object } => {
                store::check_key(&object.key).map_err(|error| about(object)(error.into()))?;
                let details = match self.store(store).await?.head_object(object).await {
                    Ok(details) => details,
                    Err(error) if error.kind == ErrorKind::ObjectNotFound => return Ok(There::Nothing),
                    // Keys that may write need not be allowed to read; commit forbids to overwrite where it must.
                    Err(error) if error.kind == ErrorKind::Forbidden => return Ok(There::Nothing),
                    Err(error) => return Err(about(object)(error)),
                };
                self.compare_object(&details, source).await
            }
            End::File { path } => self.compare_file(path, source).await,
        }
    }

    async fn compare_object(&self, there: &ObjectDetails, source: &Source) -> Result<There, TransferError> {
        let Some(crc64) = there.crc64.filter(|_| there.size_bytes == source.fingerprint.size_bytes()) else {
            return Ok(There::Other);
        };
        let ours = match &self.spec.source {
            End::File { path } => Some(self.crc64_of_source(path, there.size_bytes).await?),
            End::Object { .. } => source.crc64,
        };
        Ok(if ours == Some(crc64) { There::Same(same(crc64, source, Some(there))) } else { There::Other })
    }

    async fn crc64_of_source(&self, path: &Path, size_bytes: u64) -> Result<Crc64, TransferError> {
        let file = self.source_file(path).await?;
        let range = store::ByteRange::at(0, size_bytes);
        let (crc64, ()) = hash_range(&self.tools.disk, &file, range, (), |(), _| {})
            .await
            .map_err(|error| TransferError::source(path, &error))?;
        Ok(crc64)
    }

    async fn compare_file(&self, path: &Path, source: &Source) -> Result<There, TransferError> {
        let facts = match self.file_facts(path).await {
            Ok(facts) => facts,
            // A link that leads nowhere is there, too.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let taken = self.is_taken(path).await.map_err(|error| TransferError::target(path, &error))?;
                return Ok(if taken { There::Other } else { There::Nothing });
            }
            Err(error) => return Err(TransferError::target(path, &error)),
        };
        if facts.is_dir {
            return Err(TransferError::new(ErrorCode::TargetIsFolder).with("path", path.display()));
        }
        let Some(expected) = source.crc64.filter(|_| facts.size_bytes == source.fingerprint.size_bytes()) else {
            return Ok(There::Other);
        };
        let owned = path.to_owned();
        let Ok(file) = off_thread(&self.tools.disk, move |disk| disk.open(&owned)).await else {
            return Ok(There::Other); // not readable: certainly not to be taken for identical
        };
        let range = store::ByteRange::at(0, facts.size_bytes);
        match hash_range(&self.tools.disk, &file, range, (), |(), _| {}).await {
            Ok((crc64, ())) if crc64 == expected => Ok(There::Same(same(crc64, source, None))),
            _ => Ok(There::Other),
        }
    }

    async fn is_taken(&self, path: &Path) -> std::io::Result<bool> {
        let path = path.to_owned();
        off_thread(&self.tools.disk, move |disk| disk.is_taken(&path)).await
    }

    /// A name for the temp file that nobody uses, in the folder of the target with no symbolic link on the way. It is
    /// recorded before the file is made.
    async fn free_temp_path(&self, target: &Path) -> Result<PathBuf, TransferError> {
        let owned = target.to_owned();
        let resolved = off_thread(&self.tools.disk, move |disk| match (owned.parent(), owned.file_name()) {
            (Some(folder), Some(name)) => Ok(disk.resolved(folder)?.join(name)),
            _ => Ok(owned),
        });
        let beside = resolved.await.map_err(|error| TransferError::target(target, &error))?;
        for n in 1..=NAMES_MAX {
            let path = temp_name(&beside, n);
            let taken = self.is_taken(&path).await.map_err(|error| TransferError::target(&path, &error))?;
            if !taken && self.tools.claims.take(&path, self.id) {
                return Ok(path);
            }
        }
        Err(TransferError::new(ErrorCode::TargetUnwritable)
            .with("path", target.display())
            .because("every name for the temporary file is taken"))
    }
}

fn same(crc64: Crc64, source: &Source, details: Option<&ObjectDetails>) -> Box<Transferred> {
    let verified = details.and_then(|details| RequestId::of(RequestPurpose::Verified, details.request_id.as_ref()));
    Box::new(Transferred {
        outcome: Outcome::Identical,
        verified: true,
        source_crc64: Some(crc64),
        target_crc64: Some(crc64),
        etag: details.map(|details| details.etag.clone()),
        version: details.and_then(|details| details.version.clone()),
        request_id: None,
        looks: source.look().into_iter().chain(verified).collect(),
        verified_ms: None,
    })
}

fn renamed(target: &End, n: u32) -> End {
    match target {
        End::Object { store, object } => {
            End::object(store.clone(), ObjectRef::new(object.bucket.clone(), beside(&object.key, n)))
        }
        End::File { path } => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            End::file(path.with_file_name(beside(&name, n)))
        }
    }
}

/// What the user asked for, and what the source carries where he did not.
fn merged(wanted: ObjectSettings, source: &ObjectSettings) -> ObjectSettings {
    ObjectSettings {
        content_type: wanted.content_type.or_else(|| source.content_type.clone()),
        cache_control: wanted.cache_control.or_else(|| source.cache_control.clone()),
        content_disposition: wanted.content_disposition.or_else(|| source.content_disposition.clone()),
        content_encoding: wanted.content_encoding.or_else(|| source.content_encoding.clone()),
        content_language: wanted.content_language.or_else(|| source.content_language.clone()),
        expires: wanted.expires.or_else(|| source.expires.clone()),
        storage_class: wanted.storage_class.or_else(|| source.storage_class.clone()),
        acl: wanted.acl,
        metadata: if wanted.metadata.is_empty() { source.metadata.clone() } else { wanted.metadata },
    }
}
