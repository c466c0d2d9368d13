//! `verify`: is everything that a receipt promises still there?
//!
//! The receipt is foreign: it may come from another computer, and from somebody who wants something. So it is read with
//! care, and it never decides where a request with our keys goes: stores are those that are known here.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use engine::{LocalDisk, StoreId, SystemClock};
use futures_util::StreamExt as _;
use receipt::{
    Current, Difference, Ends, Entry, Proof, RECEIPT_BYTES_MAX, Receipt, ReceiptError, Side, Tally, Verifier,
};
use store::ObjectStore;

use crate::account::{self, Choice};
use crate::args::{AccountOptions, VerifyOptions};
use crate::exit::{Ending, Failure};
use crate::json_lines::{Checked, Verification};
use crate::output::{self, printable};
use crate::stores::CommandStores;

/// Runs `verify`. A signal ends it as it ends any program: it changes nothing.
pub(crate) async fn run(account: &AccountOptions, options: VerifyOptions) -> Result<Ending, Failure> {
    let receipt = receipt_at(&options.receipt)?;
    let choice = Choice::of(account)?;
    let there = choice.of_target(&options.to)?;
    let stores = CommandStores::new(account::data_folder(account)?, choice).with_target(there);
    let VerifyOptions { read, shares, .. } = options;
    let ends = CommandEnds { stores, shares };
    let verifier = Verifier::new(ends, Arc::new(LocalDisk), Arc::new(SystemClock::new()), read);
    let mut told = Told { json: options.json, sources_count: options.source, counts: Tally::default() };
    let mut all = std::pin::pin!(verifier.findings(&receipt.entries));
    while let Some((entry, target, source)) = all.next().await {
        told.tell(entry, Side::Target, &target);
        told.tell(entry, Side::Source, &source);
    }
    let root = receipt.root().map_err(|error| not_to_be_used(&options.receipt, &error))?;
    told.close(root.to_string())
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

type Finding = receipt::Finding<Failure>;

/// What ends are looked at with.
#[derive(Debug)]
struct CommandEnds {
    stores: CommandStores,
    shares: bool,
}

impl Ends for CommandEnds {
    type Failure = Failure;

    async fn store(&self, id: &StoreId, endpoint: Option<&str>) -> Result<Arc<dyn ObjectStore>, Failure> {
        self.stores.at(id, endpoint).await
    }

    fn trusts_shares(&self) -> bool {
        self.shares
    }

    fn elsewhere(&self, path: &str) -> Failure {
        Failure::new(format!("{} is on another computer; if you trust this receipt, add --shares.", printable(path)))
    }
}

/// What is told of each end, and what it comes to.
#[derive(Debug)]
struct Told {
    json: bool,
    sources_count: bool,
    counts: Tally,
}

impl Told {
    fn tell(&mut self, entry: &Entry, side: Side, finding: &Finding) {
        let (end, place) = match side {
            Side::Source => ("source", &entry.source),
            Side::Target => ("target", &entry.target),
        };
        let counts = side == Side::Target || self.sources_count;
        self.counts.add(counts, finding);
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

    fn close(self, root_sha256: String) -> Result<Ending, Failure> {
        let counts = self.counts;
        let Tally { ends, equal, not_compared_by_content, different, gone, unchecked, skipped, notes } = counts;
        let (lost, verified) = (counts.lost(), counts.is_verified());
        if self.json {
            output::json(&Verification { root_sha256, verified, counts });
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
        Finding::Equal(_, _, Current::Unknown) => {
            "this version is there; whether its key still stands for it could not be asked".to_owned()
        }
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
