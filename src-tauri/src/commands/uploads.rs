//! Unfinished uploads at the store, of whomever: whose they are, what they hold, aborting them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use engine::ledger::Owner;
use engine::{End, Engine, Fingerprint, TransferDetail, TransferId};
use store::{ErrorKind, ListedPart, ObjectRef, StoreError, UploadId, UploadListRequest, UploadRef};

use super::{Answer, Shared};
use crate::copying::asked;
use crate::dto::AppError;
use crate::dto_uploads::{CleanOutcome, CleanedUpload, HeldView, SourceState, UploadCursor, UploadPage, UploadRow};
use crate::error::OwnCode;
use crate::stores::OpenStore;
use crate::times::milliseconds;
use crate::view;
use crate::waiting::wait_for;

/// A part that arrived, or an upload that was begun, within this time says that somebody is probably still sending.
const IN_USE: Duration = Duration::from_secs(10 * 60);
/// The same where only the clock of this computer is known, which may be off.
const IN_USE_BY_OUR_CLOCK: Duration = Duration::from_secs(60 * 60);

/// A page of the unfinished uploads of a bucket. What they hold is asked for one by one, when it is shown.
#[tauri::command]
#[specta::specta]
pub async fn list_uploads(
    app: Shared<'_>,
    bucket: String,
    prefix: String,
    after: Option<UploadCursor>,
) -> Answer<UploadPage> {
    let (_, open) = app.current_store().await?;
    let after = after.map(|cursor| (cursor.key, UploadId(cursor.upload_id)));
    let request = UploadListRequest { prefix: prefix.clone(), after };
    let page = open.store.list_uploads(&bucket, &request).await;
    let page = page.map_err(|error| open.refusal(&error, &ObjectRef::new(&bucket, &prefix)))?;
    let ids: Vec<UploadId> = page.uploads.iter().map(|upload| upload.upload_id.clone()).collect();
    let engine = app.engine().await?;
    let owners = wait_for(|| engine.owners(&ids))?;
    let needed: Vec<TransferId> = owners.iter().flatten().filter_map(needed_by).collect();
    let (transfers, limits) = (wait_for(|| engine.views(&needed))?, engine.limits());
    let rows = page.uploads.into_iter().zip(owners).map(|(upload, owner)| {
        let needed_by = owner.as_ref().and_then(needed_by);
        let transfer = transfers.iter().find(|view| Some(view.id) == needed_by);
        UploadRow {
            key: upload.key,
            upload_id: upload.upload_id.0,
            initiated_ms: upload.initiated.map(milliseconds),
            storage_class: upload.storage_class,
            needed_by: needed_by.map(|id| id.0),
            transfer: transfer.map(|one| view::row(one, &limits)),
            left_behind_by: if let Some(Owner::LeftBehind(id)) = owner { Some(id.0) } else { None },
        }
    });
    let next = page.next.map(|(key, id)| UploadCursor { key, upload_id: id.0 });
    Ok(UploadPage { rows: rows.collect(), next })
}

fn needed_by(owner: &Owner) -> Option<TransferId> {
    if let Owner::Needs(id) = owner { Some(*id) } else { None }
}

/// What an upload holds, and how the file of our transfer looks that goes on with it; nothing if it has gone meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn measure_upload(
    app: Shared<'_>,
    bucket: String,
    key: String,
    upload_id: String,
) -> Answer<Option<HeldView>> {
    let (_, open) = app.current_store().await?;
    let upload = UploadRef { object: ObjectRef::new(bucket, key), upload_id: UploadId(upload_id) };
    let Some(parts) = parts(&open, &upload).await? else { return Ok(None) };
    let engine = app.engine().await?;
    let detail = match owner(engine, &upload.upload_id)?.as_ref().and_then(needed_by) {
        Some(id) => engine.detail(id).await?,
        None => None,
    };
    let source = match &detail {
        Some(detail) => source_state(detail).await,
        None => None,
    };
    Ok(Some(HeldView {
        parts: parts.len() as u64,
        size_bytes: parts.iter().map(|part| part.size_bytes).sum(),
        last_part_ms: newest(&parts).map(milliseconds),
        in_use: is_in_use(&open, &upload, &parts, &Now::of(&open).await).await?,
        parts_planned: detail.and_then(|detail| detail.checkpoint).map(|plan| plan.plan().part_count().into()),
        source,
    }))
}

/// The parts of an upload; nothing if it has gone meanwhile.
async fn parts(open: &OpenStore, upload: &UploadRef) -> Answer<Option<Vec<ListedPart>>> {
    match store::all_parts(open.store.as_ref(), upload).await {
        Ok(parts) => Ok(Some(parts)),
        Err(error) if error.kind == ErrorKind::UploadNotFound => Ok(None),
        Err(error) => Err(open.refusal(&error, &upload.object)),
    }
}

fn newest(parts: &[ListedPart]) -> Option<SystemTime> {
    parts.iter().filter_map(|part| part.modified).max()
}

/// Whether somebody is probably still sending, or about to. When it was begun is asked only where no part tells.
async fn is_in_use(open: &OpenStore, upload: &UploadRef, parts: &[ListedPart], now: &Now) -> Answer<bool> {
    match newest(parts) {
        // What has parts that are old was begun before them.
        Some(newest) => Ok(now.is_just_after(newest)),
        None => Ok(initiated(open, upload).await?.is_some_and(|at| now.is_just_after(at))),
    }
}

/// The time that what a store lists is compared with.
struct Now {
    time: SystemTime,
    in_use: Duration,
}

impl Now {
    /// By the clock of the store, which has dated what it lists.
    async fn of(open: &OpenStore) -> Self {
        match open.time().await {
            Some(time) => Self { time, in_use: IN_USE },
            None => Self { time: SystemTime::now(), in_use: IN_USE_BY_OUR_CLOCK },
        }
    }

    /// Whether that was just before now. A moment in the future was, too: the clocks differ.
    fn is_just_after(&self, at: SystemTime) -> bool {
        self.time.duration_since(at).unwrap_or_default() < self.in_use
    }
}

/// When an upload was begun, as far as the store tells: only its list does.
async fn initiated(open: &OpenStore, upload: &UploadRef) -> Answer<Option<SystemTime>> {
    let UploadRef { object, upload_id } = upload;
    let mut request = UploadListRequest { prefix: object.key.clone(), after: None };
    loop {
        let page = asked(|| open.store.list_uploads(&object.bucket, &request)).await;
        let page = page.map_err(|error| open.refusal(&error, object))?;
        if let Some(found) = page.uploads.iter().find(|one| one.upload_id == *upload_id) {
            return Ok(found.initiated);
        }
        // Keys that begin with this one and go on come behind it.
        match page.next {
            Some(next) if next.0 == object.key => request.after = Some(next),
            _ => return Ok(None),
        }
    }
}

fn owner(engine: &Engine, upload_id: &UploadId) -> Answer<Option<Owner>> {
    Ok(wait_for(|| engine.owners(std::slice::from_ref(upload_id)))?.pop().flatten())
}

/// The file of an upload of ours, against what it was when that was planned.
async fn source_state(detail: &TransferDetail) -> Option<SourceState> {
    let (End::File { path }, Some(plan)) = (&detail.view.spec.source, &detail.checkpoint) else { return None };
    let Fingerprint::File { size_bytes, modified_ns, .. } = plan.source else { return None };
    let Ok(there) = tokio::fs::metadata(Path::new(path)).await else { return Some(SourceState::Missing) };
    let since_1970 = there.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let same = there.len() == size_bytes && since_1970.as_nanos() == modified_ns.max(0).unsigned_abs().into();
    Some(if same { SourceState::There } else { SourceState::Changed })
}

/// Aborts an upload that no transfer of ours needs. Whoever asks has been shown whose it is.
#[tauri::command]
#[specta::specta]
pub async fn abort_upload(app: Shared<'_>, bucket: String, key: String, upload_id: String) -> Answer<()> {
    let (_, open) = app.current_store().await?;
    let upload = UploadRef { object: ObjectRef::new(bucket, key), upload_id: UploadId(upload_id) };
    if let Some(Owner::Needs(id)) = owner(app.engine().await?, &upload.upload_id)? {
        return Err(AppError::new(OwnCode::UploadNeeded).with("id", id));
    }
    aborted(&open, &upload).await.map_err(|error| open.refusal(&error, &upload.object))
}

/// What is gone already is what was wanted.
async fn aborted(open: &OpenStore, upload: &UploadRef) -> Result<(), StoreError> {
    match open.store.abort_upload(upload).await {
        Err(error) if error.kind != ErrorKind::UploadNotFound => Err(error),
        _ => Ok(()),
    }
}

/// Aborts many uploads of a bucket, except those that one of our transfers needs and those that somebody still sends
/// to, or has only just begun: both are looked at again for each, just before it is aborted. Told of each, in order.
#[tauri::command]
#[specta::specta]
pub async fn clean_up_uploads(
    app: Shared<'_>,
    bucket: String,
    uploads: Vec<UploadCursor>,
) -> Answer<Vec<CleanedUpload>> {
    let (_, open) = app.current_store().await?;
    let engine = app.engine().await?;
    let now = Now::of(&open).await;
    let mut cleaned = Vec::with_capacity(uploads.len());
    for UploadCursor { key, upload_id } in uploads {
        let upload = UploadRef { object: ObjectRef::new(&bucket, key), upload_id: UploadId(upload_id) };
        let (outcome, why) = match clean_up(engine, &open, &upload, &now).await {
            Ok(outcome) => (outcome, None),
            Err(error) => (CleanOutcome::Failed, Some(error)),
        };
        cleaned.push(CleanedUpload { upload_id: upload.upload_id.0, outcome, why });
    }
    Ok(cleaned)
}

async fn clean_up(engine: &Engine, open: &OpenStore, upload: &UploadRef, now: &Now) -> Answer<CleanOutcome> {
    if let Some(Owner::Needs(_)) = owner(engine, &upload.upload_id)? {
        return Ok(CleanOutcome::Needed);
    }
    match parts(open, upload).await? {
        Some(parts) if is_in_use(open, upload, &parts, now).await? => Ok(CleanOutcome::InUse),
        _ => {
            aborted(open, upload).await.map_err(|error| open.refusal(&error, &upload.object))?;
            Ok(CleanOutcome::Aborted)
        }
    }
}
