//! `uploads`: unfinished multipart uploads at the store, those of anybody.

use accounts::DataFolder;
use engine::ledger::{Ledger, SqliteLedger};
use engine::{End, Filter, Session, TransferId};
use store::{ObjectRef, UploadId, UploadListRequest, UploadRef};

use crate::account;
use crate::address::Remote;
use crate::args::{AccountOptions, UploadsCommand};
use crate::attempts::{self, ask};
use crate::exit::{Ending, Failure};
use crate::json_lines::{self, time_text};
use crate::object_commands::connect;
use crate::output::{self, printable};
use crate::words;

/// Runs `uploads list` and `uploads abort`.
pub(crate) async fn run(account: &AccountOptions, command: UploadsCommand) -> Result<Ending, Failure> {
    let ours = Ours::read(&account::data_folder(account)?)?;
    match command {
        UploadsCommand::List { address, json } => list(account, &Remote::parse(&address)?, json, &ours).await,
        UploadsCommand::Abort { address, upload_id } => {
            abort(account, Remote::parse(&address)?.object()?, upload_id, &ours).await
        }
    }
}

async fn list(account: &AccountOptions, place: &Remote, json: bool, ours: &Ours) -> Result<Ending, Failure> {
    let connection = connect(account).await?;
    let mut request = UploadListRequest { prefix: place.key.clone(), after: None };
    let mut any = false;
    loop {
        let about = attempts::bucket(&place.bucket);
        let page = ask(&about, async || connection.store.list_uploads(&place.bucket, &request).await).await?;
        for upload in page.uploads {
            any = true;
            let transfer = ours.transfer(&upload.upload_id);
            let left_by = ours.left_by(&upload.upload_id);
            if json {
                output::json(&json_lines::Upload {
                    key: upload.key,
                    upload_id: upload.upload_id.to_string(),
                    initiated: upload.initiated.and_then(time_text),
                    storage_class: upload.storage_class,
                    transfer: transfer.map(|id| id.0),
                    left_behind_by: left_by.map(|id| id.0),
                });
            } else {
                let since = upload.initiated.and_then(time_text).unwrap_or_default();
                let whose = match (transfer, left_by) {
                    (Some(id), _) => format!("  (transfer {id})"),
                    (None, Some(id)) => format!("  (left behind by transfer {id}, which needs it no more)"),
                    (None, None) => String::new(),
                };
                output::line(&format!("{since:20}  {}  {}{whose}", upload.upload_id, printable(&upload.key)));
            }
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => break,
        }
    }
    if !any && !json {
        output::line("There are no unfinished uploads.");
    }
    Ok(Ending::Done)
}

async fn abort(account: &AccountOptions, object: ObjectRef, id: String, ours: &Ours) -> Result<Ending, Failure> {
    let upload = UploadRef { object, upload_id: UploadId(id) };
    if let Some(id) = ours.transfer(&upload.upload_id) {
        return Err(Failure::new(format!(
            "Transfer {id} will go on with this upload; give it up with `tern-cli cancel {id}` instead."
        )));
    }
    let connection = connect(account).await?;
    ask(&upload.object, async || connection.store.abort_upload(&upload).await).await?;
    output::line(&format!("The upload of {} is aborted.", printable(&upload.object.to_string())));
    Ok(Ending::Done)
}

/// Uploads that our ledger knows.
#[derive(Debug, Default)]
struct Ours {
    /// Those that transfers will go on with.
    needed: Vec<(UploadId, TransferId)>,
    /// Those that the store would not let go of when they were of no use any more.
    left_behind: Vec<(UploadId, TransferId)>,
}

impl Ours {
    fn read(folder: &DataFolder) -> Result<Self, Failure> {
        /// Rows that are read at a time.
        const PAGE: usize = 500;
        let told = |error| words::ledger_failure(&error, folder);
        let Some(ledger) = SqliteLedger::open_to_read(&folder.ledger()).map_err(told)? else {
            return Ok(Self::default());
        };
        let mut found = Vec::new();
        for filter in [Filter::Waiting, Filter::Paused, Filter::Failed] {
            let mut after = None;
            loop {
                let rows = ledger.page(filter, after, PAGE).map_err(told)?;
                for view in rows.iter().filter(|view| matches!(view.spec.target, End::Object { .. })) {
                    let checkpoint = ledger.load(view.id).map_err(told)?.and_then(|loaded| loaded.checkpoint);
                    if let Some(Session::Upload { upload_id }) = checkpoint.and_then(|plan| plan.session) {
                        found.push((upload_id, view.id));
                    }
                }
                after = rows.last().map(|view| view.id);
                if rows.len() < PAGE {
                    break;
                }
            }
        }
        let left_behind = ledger.leftovers().map_err(told)?;
        let left_behind = left_behind.into_iter().map(|one| (one.upload.upload_id, one.transfer)).collect();
        Ok(Self { needed: found, left_behind })
    }

    fn left_by(&self, upload: &UploadId) -> Option<TransferId> {
        self.left_behind.iter().find(|(known, _)| known == upload).map(|(_, id)| *id)
    }

    fn transfer(&self, upload: &UploadId) -> Option<TransferId> {
        self.needed.iter().find(|(known, _)| known == upload).map(|(_, id)| *id)
    }
}
