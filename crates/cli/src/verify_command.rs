//! `verify`: is everything that a receipt promises still there?
//!
//! The receipt is foreign: it may come from another computer, and from somebody who wants something. So it is read with
//! care, and it never decides where a request with our keys goes: stores are those that are known here.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Disk, LocalDisk, Outcome, StoreId, TransferError};
use futures_util::{StreamExt as _, stream};
use receipt::{
    Current, Difference, Entry, Expected, Found, Place, Proof, RECEIPT_BYTES_MAX, Receipt, ReceiptError, Side, compare,
    look_at_file, look_at_key, look_at_object,
};
use store::ErrorKind;

use crate::account::{self, Choice};
use crate::args::{AccountOptions, VerifyOptions};
use crate::attempts;
use crate::exit::{Ending, Failure};
use crate::json_lines::{Checked, Verification};
use crate::output::{self, printable};
use crate::stores::CommandStores;

/// Transfers that are looked at at a time.
const PARALLEL: usize = 8;

/// Looks in a row that a store may leave unanswered. Then it is not asked any more: a large receipt would otherwise wait
/// out every attempt for every object of a store that is not there.
const UNANSWERED_MAX: u32 = 3;

/// Runs `verify`. A signal ends it as it ends any program: it changes nothing.
pub(crate) async fn run(account: &AccountOptions, options: VerifyOptions) -> Result<Ending, Failure> {
    let receipt = receipt_at(&options.receipt)?;
    let choice = Choice::of(account)?;
    let there = choice.of_target(&options.to)?;
    let stores = CommandStores::new(account::data_folder(account)?, choice).with_target(there);
    let VerifyOptions { read, shares, .. } = options;
    let eyes = Eyes { stores, disk: Arc::new(LocalDisk), read, shares, unanswered: Mutex::default() };
    let mut tally = Tally { json: options.json, sources_count: options.source, ..Tally::default() };
    // Told in the order of the receipt, whichever comes first.
    let eyes = &eyes;
    let mut all = stream::iter(&receipt.entries)
        .map(|entry| async move { (entry, eyes.look(entry, Side::Target).await, eyes.look(entry, Side::Source).await) })
        .buffered(PARALLEL);
    while let Some((entry, target, source)) = all.next().await {
        tally.tell(entry, Side::Target, &target);
        tally.tell(entry, Side::Source, &source);
    }
    let root = receipt.root().map_err(|error| not_to_be_used(&options.receipt, &error))?;
    tally.close(root.to_string())
}

fn receipt_at(path: &Path) -> Result<Receipt, Failure> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(RECEIPT_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::new(format!("{} cannot be read; check the path.", shown(path))).because(error))?;
    Receipt::parse(&bytes).map_err(|error| not_to_be_used(path, &error))
}

fn not_to_be_used(path: &Path, error: &ReceiptError) -> Failure {
    let path = shown(path);
    match error {
        ReceiptError::RootDiffers { .. } => Failure::new(format!(
            "{path} was altered or damaged after it was made, so nothing was checked; use the original, or write a new \
             one with `tern-cli receipt`."
        )),
        ReceiptError::NotJson(_) => Failure::new(format!(
            "{path} is damaged or no receipt, so nothing was checked; name the JSON file that `tern-cli receipt` wrote."
        )),
        ReceiptError::Newer { .. } => {
            Failure::new(format!("{path} was made by a newer version of Tern; check it with that version."))
        }
        ReceiptError::NotAReceipt | ReceiptError::Malformed(_) | ReceiptError::TooLarge => {
            Failure::new(format!("{path} is no receipt of Tern; name the JSON file that `tern-cli receipt` wrote."))
        }
    }
    .because(error)
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// What was found at one end.
#[derive(Debug)]
enum Finding {
    Equal(Proof, Expected, Current),
    Different(Difference),
    Gone,
    /// Why nothing is known of it.
    Unchecked(Failure),
    /// The transfer left the target as it was.
    Skipped,
}

/// Whether Windows would ask another computer or a device for this path. It would greet that computer with the user's
/// name and a proof of the password, and a receipt may name any.
fn is_elsewhere(path: &str) -> bool {
    let mut first = path.chars();
    let mut is_separator = || matches!(first.next(), Some('\\' | '/'));
    is_separator() && is_separator()
}

/// What ends are looked at with.
#[derive(Debug)]
struct Eyes {
    stores: CommandStores,
    disk: Arc<dyn Disk>,
    read: bool,
    shares: bool,
    /// Stores that did not answer the last looks: how many, and how the last one failed.
    unanswered: Mutex<BTreeMap<StoreId, (u32, Failure)>>,
}

impl Eyes {
    async fn look(&self, entry: &Entry, side: Side) -> Finding {
        if entry.outcome == Outcome::Skipped {
            return Finding::Skipped;
        }
        let expected = Expected::of(entry, side);
        let found = match side {
            Side::Source => self.found(&entry.source).await,
            Side::Target => self.found(&entry.target).await,
        };
        match found {
            Ok(Some((found, current))) => match compare(&expected, &found) {
                Ok(proof) => Finding::Equal(proof, expected, current),
                Err(difference) => Finding::Different(difference),
            },
            Ok(None) => Finding::Gone,
            Err(failure) => Finding::Unchecked(failure),
        }
    }

    /// What is there, if anything is, and whether its key still stands for it.
    async fn found(&self, place: &Place) -> Result<Option<(Found, Current)>, Failure> {
        match place {
            Place::File { path } => {
                if cfg!(windows) && !self.shares && is_elsewhere(path) {
                    return Err(Failure::new(format!(
                        "{} is on another computer; if you trust this receipt, add --shares.",
                        printable(path)
                    )));
                }
                let path = Path::new(path);
                match look_at_file(&self.disk, path).await {
                    Ok(found) => Ok(Some((found, Current::This))),
                    Err(error) => match error.kind() {
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Ok(None),
                        _ => Err(TransferError::source(path, &error).into()),
                    },
                }
            }
            Place::Object { store, endpoint, .. } => {
                let Some(object) = place.object() else { return Ok(None) };
                if let Some((UNANSWERED_MAX.., failure)) = self.unanswered().get(store) {
                    return Err(failure.clone());
                }
                let opened = self.stores.at(store, endpoint.as_deref()).await?;
                let looked = attempts::try_call(async || {
                    let found = look_at_object(opened.as_ref(), &object, self.read).await?;
                    Ok((found, look_at_key(opened.as_ref(), &object).await?))
                })
                .await;
                let (result, answered) = match looked {
                    Ok(found) => (Ok(Some(found)), true),
                    Err(error) => match error.kind {
                        ErrorKind::ObjectNotFound | ErrorKind::BucketNotFound => (Ok(None), true),
                        kind => (Err(TransferError::store(&error, &object).into()), kind != ErrorKind::Network),
                    },
                };
                self.note_answer(store, answered, result.as_ref().err());
                result
            }
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, BTreeMap<StoreId, (u32, Failure)>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_answer(&self, store: &StoreId, answered: bool, failure: Option<&Failure>) {
        match failure.filter(|_| !answered) {
            Some(failure) => {
                let mut all = self.unanswered();
                let before = all.get(store).map_or(0, |(times, _)| *times);
                all.insert(store.clone(), (before + 1, failure.clone()));
            }
            None => drop(self.unanswered().remove(store)),
        }
    }
}

/// What is told of each end, and what it comes to.
#[derive(Debug, Default)]
struct Tally {
    json: bool,
    sources_count: bool,
    counts: Verification,
}

impl Tally {
    fn tell(&mut self, entry: &Entry, side: Side, finding: &Finding) {
        let (end, place) = match side {
            Side::Source => ("source", &entry.source),
            Side::Target => ("target", &entry.target),
        };
        let counts = side == Side::Target || self.sources_count;
        if counts {
            self.count(finding);
        } else if !matches!(finding, Finding::Equal(_, _, Current::This) | Finding::Skipped) {
            self.counts.notes += 1;
        }
        let (word, reason, name) = (word(finding), reason(finding, side), place.to_string());
        if self.json {
            let compared = match finding {
                Finding::Equal(Proof::Content { .. }, ..) | Finding::Different(Difference::Content { .. }) => "content",
                Finding::Equal(Proof::Tag, ..) | Finding::Different(Difference::Tag { .. }) => "etag",
                Finding::Equal(Proof::Size, ..) | Finding::Different(Difference::Size { .. }) => "size",
                Finding::Gone | Finding::Unchecked(_) | Finding::Skipped => "",
            };
            output::json(&Checked {
                transfer: entry.transfer.0,
                end,
                name: &name,
                finding: word,
                compared: Some(compared).filter(|by| !by.is_empty()),
                counts,
                reason: reason.as_deref(),
            });
            return;
        }
        let name = printable(&name);
        match (counts, finding) {
            // Nothing has to be known of a source that is as it was, or was never taken.
            (false, Finding::Equal(_, _, Current::This) | Finding::Skipped) => {}
            (false, _) => output::line(&format!("note       {name}: {}", reason.unwrap_or_default())),
            (true, _) => {
                output::line(&format!(
                    "{word:<10} {name}{}",
                    reason.map_or_else(String::new, |why| format!(": {why}"))
                ));
            }
        }
        if let (true, Finding::Unchecked(failure)) = (counts, finding) {
            failure.tell_cause();
        }
    }

    fn count(&mut self, finding: &Finding) {
        let counts = &mut self.counts;
        counts.ends += 1;
        match finding {
            Finding::Equal(proof, ..) => {
                counts.equal += 1;
                counts.not_compared_by_content += usize::from(!matches!(proof, Proof::Content { .. }));
            }
            Finding::Different(_) => counts.different += 1,
            Finding::Gone => counts.gone += 1,
            Finding::Unchecked(_) => counts.unchecked += 1,
            Finding::Skipped => counts.skipped += 1,
        }
    }

    fn close(self, root_sha256: String) -> Result<Ending, Failure> {
        let Verification { ends, equal, not_compared_by_content, different, gone, unchecked, skipped, notes, .. } =
            self.counts;
        let (lost, verified) =
            (different + gone, different + gone + unchecked + self.counts.not_compared_by_content == 0);
        if self.json {
            output::json(&Verification { root_sha256, verified, ..self.counts });
        } else {
            let by_tag = match not_compared_by_content {
                0 => String::new(),
                some => format!(" ({some} not compared by content)"),
            };
            let rest = [(different, "different"), (gone, "gone"), (unchecked, "not checked"), (skipped, "skipped")];
            let rest = rest.iter().filter(|(count, _)| *count > 0);
            let rest: String = rest.map(|(count, word)| format!(", {count} {word}")).collect();
            let noted = if notes == 0 { String::new() } else { format!("; {}", plural(notes, "note")) };
            let what = if self.sources_count { "end" } else { "target" };
            output::line(&format!("{}: {equal} equal{by_tag}{rest}{noted}.", plural(ends, what)));
        }
        let differ = format!("{lost} of {ends} are not what the receipt says: they differ, or are gone.");
        let unknown = format!(
            "{unchecked} of {ends} could not be checked, so nothing is known of them; mend the cause and run the command \
             again."
        );
        match (lost, unchecked) {
            (0, 0) => Ok(Ending::Done),
            (_, 0) => Err(Failure::new(differ)),
            (0, _) => Err(Failure::new(unknown)),
            _ => Err(Failure::new(format!("{differ} {unknown}"))),
        }
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn word(finding: &Finding) -> &'static str {
    match finding {
        Finding::Equal(..) => "equal",
        Finding::Different(_) => "different",
        Finding::Gone => "gone",
        Finding::Unchecked(_) => "unchecked",
        Finding::Skipped => "skipped",
    }
}

/// What else there is to say.
fn reason(finding: &Finding, side: Side) -> Option<String> {
    let who = match side {
        Side::Source => "the source",
        Side::Target => "the target",
    };
    Some(match finding {
        Finding::Equal(_, _, Current::Another) => {
            "this version is there, but its key stands for a later one by now".to_owned()
        }
        Finding::Equal(_, _, Current::Deleted) => "this version is there, but its object is deleted by now".to_owned(),
        Finding::Equal(Proof::Content { rewritten: false }, ..) => return None,
        Finding::Equal(Proof::Content { rewritten: true }, ..) => {
            "written anew since, with the same content".to_owned()
        }
        Finding::Equal(proof, expected, _) => {
            let by = if *proof == Proof::Tag { "size and ETag" } else { "size" };
            let why = match expected.crc64 {
                Some(_) => "the store reports no CRC64; --read fetches and compares it",
                None => "the receipt has no CRC64",
            };
            format!("{by} only, not compared by content: {why}")
        }
        Finding::Different(Difference::Size { found, expected }) => {
            format!("{who} has {found} bytes, the receipt says {expected}")
        }
        Finding::Different(Difference::Content { found, expected }) => {
            format!("{who} has CRC64 {found}, the receipt says {expected}")
        }
        Finding::Different(Difference::Tag { found, expected }) => format!(
            "{who} has ETag {}, the receipt says {}; the store reports no CRC64 that could tell whether the content is \
             the same, --read fetches and compares it",
            printable(found.as_str()),
            printable(expected.as_str())
        ),
        Finding::Gone => format!("{who} is not there any more"),
        Finding::Unchecked(failure) => format!("could not be checked. {}", failure.sentence()),
        Finding::Skipped => "left as it was by the transfer, so nothing was promised of it".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::is_elsewhere;

    #[test]
    fn what_windows_would_ask_another_computer_for_is_known_by_its_first_two_characters() {
        for path in [r"\\server\share\x", "//server/share/x", r"/\server\x", r"\\?\UNC\server\x", r"\\.\pipe\x"] {
            assert!(is_elsewhere(path), "{path}");
        }
        for path in [r"C:\x", "C:/x", r"\x", "/x/y", "x", ""] {
            assert!(!is_elsewhere(path), "{path}");
        }
    }
}
