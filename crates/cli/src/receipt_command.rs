//! `receipt`: what finished transfers have to show, in a file for programs and a page for people.
//!
//! Only reads the list of transfers, so it works while another program moves things.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use accounts::DataFolder;
use engine::ledger::{LedgerError, Records as _, SqliteLedger};
use engine::{End, EngineError, Filter, LocalDisk, StoreId, TransferDetail, TransferId};
use receipt::{Entry, Moment, NotDone, Receipt, ReceiptError, WriteError, write_files};

use crate::account::{self, Choice};
use crate::args::{AccountOptions, ReceiptOptions};
use crate::exit::{Ending, Failure};
use crate::output::{self, printable};
use crate::stores::CommandStores;
use crate::words;

/// Runs `receipt`.
pub(crate) async fn run(account: &AccountOptions, options: ReceiptOptions) -> Result<Ending, Failure> {
    let folder = account::data_folder(account)?;
    let details = if options.all { all_done(&folder)? } else { named(&folder, &options.ids)? };
    let endpoints = endpoints(&folder, &details).await;
    let entries: Result<Vec<Entry>, NotDone> =
        details.iter().map(|detail| Entry::of(detail, &|store| endpoints.get(store).cloned())).collect();
    let mut entries = entries.map_err(|error| not_done(&error))?;
    receipt::thin(&mut entries);
    let receipt = Receipt { product: concat!("Tern ", env!("CARGO_PKG_VERSION")).to_owned(), made: now()?, entries };
    let (json, page) = (receipt.to_json().map_err(|error| unwritable(&error))?, receipt::page(&receipt));
    let page = page.map_err(|error| unwritable(&error))?;
    let root = receipt.root().map_err(|error| unwritable(&error))?;
    let json_path = options.out.unwrap_or_else(|| PathBuf::from(format!("{}.json", receipt.usual_name())));
    let page_path = page_path(&json_path)?;
    let files = [(json_path.as_path(), json.as_str()), (page_path.as_path(), page.as_str())];
    write_files(&LocalDisk, &files, options.force).map_err(|error| unwritten(&error))?;
    let count = receipt.entries.len();
    output::line(&format!(
        "{} and {}: {count} transfer{}, root hash {root}",
        printable(&json_path.display().to_string()),
        printable(&page_path.display().to_string()),
        if count == 1 { "" } else { "s" }
    ));
    Ok(Ending::Done)
}

fn open(folder: &DataFolder) -> Result<Option<SqliteLedger>, Failure> {
    SqliteLedger::open_to_read(&folder.ledger()).map_err(|error| words::ledger_failure(&error, folder))
}

/// The transfers with these ids, in the order in which they were named, each once.
fn named(folder: &DataFolder, ids: &[u64]) -> Result<Vec<TransferDetail>, Failure> {
    let ledger = open(folder)?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids.iter().copied().map(TransferId).filter(|id| seen.insert(*id)) {
        let detail = ledger.as_ref().map(|ledger| ledger.detail(id)).transpose();
        let detail = detail.map_err(|error| words::ledger_failure(&error, folder))?.flatten();
        found.push(detail.ok_or_else(|| words::engine_failure(&EngineError::NoSuchTransfer(id)))?);
    }
    Ok(found)
}

/// Everything that is done, in the order in which it was added.
fn all_done(folder: &DataFolder) -> Result<Vec<TransferDetail>, Failure> {
    /// Rows that are read at a time.
    const PAGE: usize = 500;
    let told = |error: LedgerError| words::ledger_failure(&error, folder);
    let mut ids = Vec::new();
    let ledger = open(folder)?;
    if let Some(ledger) = &ledger {
        loop {
            let rows = ledger.page(Filter::Done, ids.last().copied(), PAGE).map_err(told)?;
            ids.extend(rows.iter().map(|view| view.id));
            if rows.len() < PAGE {
                break;
            }
        }
        ids.sort_unstable();
    }
    let details: Result<Vec<_>, LedgerError> =
        ledger.iter().flat_map(|ledger| ids.iter().filter_map(|id| ledger.detail(*id).transpose())).collect();
    let details = details.map_err(told)?;
    if details.is_empty() {
        return Err(Failure::new("No transfer is done, so there is nothing to write a receipt of."));
    }
    Ok(details)
}

/// Endpoints of all stores that are named, as far as they are known here.
async fn endpoints(folder: &DataFolder, details: &[TransferDetail]) -> BTreeMap<StoreId, String> {
    let stores = CommandStores::new(folder.clone(), Choice::Nobody);
    let ends = details.iter().flat_map(|detail| [&detail.view.spec.source, &detail.view.spec.target]);
    let named: BTreeSet<&StoreId> = ends
        .filter_map(|end| match end {
            End::Object { store, .. } => Some(store),
            End::File { .. } => None,
        })
        .collect();
    let mut found = BTreeMap::new();
    for id in named {
        found.extend(stores.endpoint(id).await.map(|endpoint| (id.clone(), endpoint)));
    }
    found
}

fn now() -> Result<Moment, Failure> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis())
        .ok()
        .and_then(Moment::from_ms)
        .ok_or_else(|| Failure::new("The clock of this computer is beyond the year 9999; set it right."))
}

fn not_done(error: &NotDone) -> Failure {
    let id = error.id;
    Failure::new(format!(
        "Transfer {id} is not done ({}), so there is nothing to show for it yet; finish it with `tern-cli resume {id}`, \
         or leave it out.",
        words::phase(error.phase)
    ))
}

fn unwritable(error: &ReceiptError) -> Failure {
    match error {
        ReceiptError::TooLarge => {
            Failure::new("That is too much for one receipt; write several, with the ids of fewer transfers each.")
        }
        other => Failure::new("The receipt cannot be written; please report it.").because(other),
    }
}

/// `x.html` beside `x.json`; beside a name with another ending that name with `.html`.
fn page_path(json_path: &Path) -> Result<PathBuf, Failure> {
    let is = |ending: &str| json_path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    if json_path.file_name().is_none() || is("html") || json_path.is_dir() {
        return Err(Failure::usage(format!(
            "“{}” cannot be the name of the JSON file; write one like receipt.json.",
            printable(&json_path.display().to_string())
        )));
    }
    if is("json") {
        return Ok(json_path.with_extension("html"));
    }
    let mut name = json_path.as_os_str().to_owned();
    name.push(".html");
    Ok(PathBuf::from(name))
}

fn unwritten(error: &WriteError) -> Failure {
    let shown = printable(&error.path.display().to_string());
    if error.source.kind() == io::ErrorKind::AlreadyExists {
        Failure::new(format!(
            "{shown} is there already and was left as it is; name another file with --out, or replace it with --force."
        ))
    } else {
        Failure::new(format!("{shown} cannot be written; check the folder, its permissions and its room."))
            .because(&error.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_beside_the_json() {
        let check = |json: &str, page: Option<&str>| {
            assert_eq!(page_path(Path::new(json)).ok(), page.map(PathBuf::from), "{json}");
        };
        check("a.json", Some("a.html"));
        check("b/a.b.JSON", Some("b/a.b.html"));
        check("receipt", Some("receipt.html"));
        check("receipt.txt", Some("receipt.txt.html"));
        check("receipt.html", None); // the page would take its place
        check("..", None);
    }
}
