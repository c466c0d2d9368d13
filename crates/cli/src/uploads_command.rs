//! `uploads`: unfinished multipart uploads at the store, those of anybody.

use std::time::SystemTime;

use engine::ledger::{Owner, Records as _, SqliteLedger};
use futures_util::StreamExt as _;
use store::{ListedUpload, ObjectRef, ObjectStore, UploadId, UploadList, UploadListRequest, UploadRef};

use crate::address::Remote;
use crate::args::{AccountOptions, UploadsCommand};
use crate::attempts::{self, ask};
use crate::exit::{Ending, Failure};
use crate::json_lines::{self, time_text};
use crate::object_commands::connect;
use crate::output::{self, printable};
use crate::{account, adopt_command, size, words};

/// Uploads whose parts are asked for at a time.
const ASKED_AT_A_TIME: usize = 8;

/// Runs a command about uploads.
pub(crate) async fn run(account: &AccountOptions, command: UploadsCommand) -> Result<Ending, Failure> {
    match command {
        UploadsCommand::List { address, json } => list(account, &Remote::parse(&address)?, json).await,
        UploadsCommand::Adopt(options) => adopt_command::run(account, options).await,
        UploadsCommand::Abort { address, upload_id: Some(id), .. } => {
            abort(account, Remote::parse(&address)?.object()?, id).await
        }
        UploadsCommand::Abort { address, .. } => abort_left_behind(account, &Remote::parse(&address)?).await,
    }
}

async fn list(account: &AccountOptions, place: &Remote, json: bool) -> Result<Ending, Failure> {
    let ledger = ledger(account)?;
    let connection = connect(account).await?;
    let mut any = false;
    let mut after = None;
    loop {
        let page = page(connection.store.as_ref(), place, after).await?;
        let owners = owners(ledger.as_ref(), &page.uploads, account)?;
        let store = connection.store.as_ref();
        let sizes = page.uploads.iter().map(|upload| async move { held(store, &reference(place, upload)).await });
        let sizes: Vec<Option<Held>> = futures_util::stream::iter(sizes)
            .buffered(ASKED_AT_A_TIME)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .collect::<Result<_, _>>()?;
        for ((upload, owner), held) in page.uploads.into_iter().zip(owners).zip(sizes) {
            any = true;
            if json {
                output::json(&line(upload, owner, held));
            } else {
                output::line(&row(&upload, owner, held));
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if !any && !json {
        output::line("There are no unfinished uploads.");
    }
    Ok(Ending::Done)
}

fn line(upload: ListedUpload, owner: Option<Owner>, held: Option<Held>) -> json_lines::Upload {
    json_lines::Upload {
        key: upload.key,
        upload_id: upload.upload_id.to_string(),
        initiated: upload.initiated.and_then(time_text),
        storage_class: upload.storage_class,
        parts: held.map(|held| held.parts),
        size_bytes: held.map(|held| held.size_bytes),
        transfer: if let Some(Owner::Needs(id)) = owner { Some(id.0) } else { None },
        left_behind_by: if let Some(Owner::LeftBehind(id)) = owner { Some(id.0) } else { None },
    }
}

fn row(upload: &ListedUpload, owner: Option<Owner>, held: Option<Held>) -> String {
    let age = upload.initiated.map_or_else(|| "?".to_owned(), |since| age(since, SystemTime::now()));
    let held = match held {
        Some(Held { parts: 1, size_bytes }) => format!("1 part, {}", size::size(size_bytes)),
        Some(Held { parts, size_bytes }) => format!("{parts} parts, {}", size::size(size_bytes)),
        None => "gone by now".to_owned(),
    };
    let whose = match owner {
        Some(Owner::Needs(id)) => format!("  (transfer {id})"),
        Some(Owner::LeftBehind(id)) => format!("  (left behind by transfer {id}, which needs it no more)"),
        None => String::new(),
    };
    format!("{age:>6}  {held:>22}  {}  {}{whose}", upload.upload_id, printable(&upload.key))
}

/// How old something is, in the unit that a person would use.
fn age(since: SystemTime, now: SystemTime) -> String {
    let seconds = now.duration_since(since).unwrap_or_default().as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// What an upload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    parts: u64,
    size_bytes: u64,
}

/// What an upload holds; `None` if it is gone.
async fn held(store: &dyn ObjectStore, upload: &UploadRef) -> Result<Option<Held>, Failure> {
    match attempts::try_call(async || store::all_parts(store, upload).await).await {
        Ok(parts) => {
            Ok(Some(Held { parts: parts.len() as u64, size_bytes: parts.iter().map(|part| part.size_bytes).sum() }))
        }
        Err(error) if error.kind == store::ErrorKind::UploadNotFound => Ok(None),
        Err(error) => Err(engine::TransferError::store(&error, &upload.object).into()),
    }
}

async fn abort(account: &AccountOptions, object: ObjectRef, id: String) -> Result<Ending, Failure> {
    let upload = UploadRef { object, upload_id: UploadId(id) };
    let owner = match ledger(account)? {
        Some(ledger) => owner_of(&ledger, &upload.upload_id, account)?,
        None => None,
    };
    if let Some(Owner::Needs(id)) = owner {
        return Err(Failure::new(format!(
            "Transfer {id} will go on with this upload; give it up with `tern-cli cancel {id}` instead."
        )));
    }
    let connection = connect(account).await?;
    ask(&upload.object, async || connection.store.abort_upload(&upload).await).await?;
    output::line(&format!("The upload of {} is aborted.", printable(&upload.object.to_string())));
    Ok(Ending::Done)
}

async fn abort_left_behind(account: &AccountOptions, place: &Remote) -> Result<Ending, Failure> {
    let ledger = ledger(account)?;
    let connection = connect(account).await?;
    let mut count = 0_u64;
    let mut after = None;
    loop {
        let page = page(connection.store.as_ref(), place, after).await?;
        let owners = owners(ledger.as_ref(), &page.uploads, account)?;
        for (upload, owner) in page.uploads.iter().zip(owners) {
            if !matches!(owner, Some(Owner::LeftBehind(_))) {
                continue;
            }
            let upload = reference(place, upload);
            ask(&upload.object, async || connection.store.abort_upload(&upload).await).await?;
            output::line(&format!("The upload of {} is aborted.", printable(&upload.object.to_string())));
            count += 1;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if count == 0 {
        output::line("No transfer of this computer has left an upload behind there.");
    }
    Ok(Ending::Done)
}

type Cursor = (String, UploadId);

async fn page(store: &dyn ObjectStore, place: &Remote, after: Option<Cursor>) -> Result<UploadList, Failure> {
    let request = UploadListRequest { prefix: place.key.clone(), after };
    let about = attempts::bucket(&place.bucket);
    ask(&about, async || store.list_uploads(&place.bucket, &request).await).await
}

fn reference(place: &Remote, upload: &ListedUpload) -> UploadRef {
    UploadRef { object: ObjectRef::new(place.bucket.clone(), upload.key.clone()), upload_id: upload.upload_id.clone() }
}

/// The ledger of this computer, if there is one; it is only read.
fn ledger(account: &AccountOptions) -> Result<Option<SqliteLedger>, Failure> {
    let folder = account::data_folder(account)?;
    SqliteLedger::open_to_read(&folder.ledger()).map_err(|error| words::ledger_failure(&error, &folder))
}

fn owners(
    ledger: Option<&SqliteLedger>,
    uploads: &[ListedUpload],
    account: &AccountOptions,
) -> Result<Vec<Option<Owner>>, Failure> {
    let Some(ledger) = ledger else { return Ok(vec![None; uploads.len()]) };
    let folder = account::data_folder(account)?;
    let ids: Vec<UploadId> = uploads.iter().map(|upload| upload.upload_id.clone()).collect();
    ledger.owners(&ids).map_err(|error| words::ledger_failure(&error, &folder))
}

fn owner_of(ledger: &SqliteLedger, id: &UploadId, account: &AccountOptions) -> Result<Option<Owner>, Failure> {
    let folder = account::data_folder(account)?;
    let mut owners = ledger.owners(std::slice::from_ref(id)).map_err(|error| words::ledger_failure(&error, &folder))?;
    Ok(owners.pop().flatten())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ages_are_told_in_the_unit_that_a_person_would_use() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (seconds, expected) in
            [(5, "5 s"), (90, "1 min"), (7_200, "2 h"), (100_000, "27 h"), (900_000, "10 d"), (0, "0 s")]
        {
            assert_eq!(age(now - Duration::from_secs(seconds), now), expected);
        }
        assert_eq!(age(now + Duration::from_secs(9), now), "0 s", "clocks differ");
    }
}
