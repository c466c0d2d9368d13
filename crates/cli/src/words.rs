//! The English sentences: what happened, why, and what to do now.
//!
//! One for each code of the engine; a test fails if one has none. What the store or the system said is shown below the
//! sentence as its cause, so it is not repeated here.

use std::path::Path;

use accounts::DataFolder;
use engine::ledger::{DataFolderBusy, LedgerError};
use engine::{EngineError, ErrorCode, Phase, TransferError};

use crate::exit::Failure;
use crate::output::printable;

/// The sentence for an error of a transfer or of a call to the store.
pub(crate) fn sentence(error: &TransferError) -> String {
    let value = |name: &str| error.params.get(name).map(|value| printable(value)).filter(|value| !value.is_empty());
    let named = |names: &[&str], otherwise: &str| {
        names.iter().find_map(|name| value(name)).unwrap_or_else(|| otherwise.to_owned())
    };
    let path = || named(&["path", "name"], "the file");
    let object = || match value("key") {
        Some(_) => named(&["name"], "the object"),
        None => {
            value("bucket").map_or_else(|| named(&["name", "path"], "the store"), |bucket| format!("tos://{bucket}"))
        }
    };
    let bucket = || named(&["bucket"], "that name");
    let reason = || named(&["reason", "message"], "it gave no reason");
    match error.code {
        ErrorCode::Network => format!(
            "The connection for {} failed; check the network and the endpoint, then run the command again.",
            object()
        ),
        ErrorCode::Tls => "The certificate of the endpoint is not trusted; check the endpoint, or name the \
                           certificate authority of your network with --ca-file."
            .to_owned(),
        ErrorCode::Throttled => format!(
            "TOS asked to slow down on {} and did not recover in time; try again later, or with a smaller --parallel.",
            object()
        ),
        ErrorCode::Server => format!("TOS failed while working on {}; try again later.", object()),
        ErrorCode::Corrupted => format!(
            "The bytes of {} arrived changed each time they were sent; something between here and TOS alters them. \
             Try another network or proxy.",
            object()
        ),
        ErrorCode::Credentials => {
            "TOS does not accept the keys; check TOS_ACCESS_KEY, TOS_SECRET_KEY and TOS_SECURITY_TOKEN.".to_owned()
        }
        ErrorCode::CredentialsExpired => {
            "The security token has expired; get a new one, set it, and run the command again to go on.".to_owned()
        }
        ErrorCode::ClockSkew => {
            "The clock of this computer is too far off for TOS; set it right, then run the command again.".to_owned()
        }
        ErrorCode::Forbidden => format!(
            "These keys may not do this with {}; ask whoever owns it for the permission, or use other keys.",
            object()
        ),
        ErrorCode::BucketNotFound => format!(
            "There is no bucket {} at this endpoint; check its name and its region, or make it with `tern-cli mb`.",
            bucket()
        ),
        ErrorCode::ObjectNotFound => {
            format!("There is no object {}; check the key, letter by letter.", object())
        }
        ErrorCode::UploadNotFound => format!(
            "The unfinished upload of {} is gone, aborted or completed by somebody else; run the command again to \
             begin anew.",
            object()
        ),
        ErrorCode::PartsMismatch => format!(
            "TOS does not have the parts of {} that were sent; run the command again to send what is missing.",
            object()
        ),
        ErrorCode::SourceChanged => format!(
            "{} kept changing while it was read; run the command again when nothing writes to it.",
            named(&["path", "name"], "The source")
        ),
        ErrorCode::Archived => {
            format!("{} is archived; restore it first, wait until that is done, then run the command again.", object())
        }
        ErrorCode::CrossRegion => match (value("from"), value("to")) {
            (Some(from), Some(to)) => format!(
                "TOS copies only inside one region and account, and this would go from {from} to {to}; leave out \
                 `--via server` to copy through this computer."
            ),
            _ => "TOS copies only inside one region; copy through this computer with `--via relay`.".to_owned(),
        },
        ErrorCode::InvalidName => {
            format!("{} cannot be used as a name: {}. Choose another.", object(), reason())
        }
        ErrorCode::UploadMismatch => format!(
            "The unfinished upload of {} does not fit {}: {}. Name the file that it was begun with; nothing was changed.",
            object(),
            named(&["path"], "the file"),
            reason()
        ),
        ErrorCode::InvalidOption => match (value("name"), value("value"), value("min"), value("max")) {
            (Some(name), Some(value), Some(min), Some(max)) => {
                format!("The {name} is {value} bytes, but TOS allows {min} to {max}; choose another.")
            }
            (Some(name), Some(value), ..) => format!("{value} cannot be the {name}; choose another."),
            _ => "An option is out of its range; choose another value.".to_owned(),
        },
        ErrorCode::Unsupported => format!("TOS cannot do this here: {}.", reason()),
        ErrorCode::NotTos => format!(
            "The endpoint does not answer as TOS does: {}. An endpoint looks like tos-cn-beijing.volces.com.",
            reason().trim_end_matches('.')
        ),
        ErrorCode::StoreFull => "The store has no room left; delete something or choose another bucket, then run the \
                                 command again to go on."
            .to_owned(),
        ErrorCode::Refused => format!("TOS refused: {}. Change what it names and try again.", reason()),
        ErrorCode::SourceMissing => format!("{} is not there; check the path.", path()),
        ErrorCode::SourceUnreadable => format!("{} cannot be read; check its permissions and what it is.", path()),
        ErrorCode::SourceIsFolder => format!("{} is a folder; name the files in it, such as {}/*.", path(), path()),
        ErrorCode::TargetIsFolder => {
            format!("{} is a folder, so no file can be written there; write another name.", path())
        }
        ErrorCode::TargetExists => format!(
            "{} exists with other content and was left as it is; say what to do with --conflict overwrite, skip or \
             keep-both.",
            named(&["name"], "The target")
        ),
        ErrorCode::TargetUnwritable => {
            format!("{} cannot be written; check the permissions of its folder.", path())
        }
        ErrorCode::DiskFull => {
            format!("There is no room on the disk for {}; make some, then run the command again to go on.", path())
        }
        ErrorCode::Mismatch => format!(
            "{} has another checksum than its source (here {}, there {}) after everything was moved again; do not \
             use it. Try again, and report it if it happens twice.",
            named(&["name"], "The target"),
            named(&["ours"], "unknown"),
            named(&["theirs"], "unknown")
        ),
        ErrorCode::SecretMissing => format!(
            "The secret key of {} is not known here; enter it again in the app, or use the keys of the environment.",
            value("account").map_or_else(|| "the account".to_owned(), |account| format!("the account {account}"))
        ),
        ErrorCode::AccountMissing => match (value("endpoint"), value("account")) {
            (Some(endpoint), _) => format!(
                "It was begun with the endpoint {endpoint}; set TOS_ENDPOINT={endpoint} and the keys for it, then \
                 try again."
            ),
            (None, Some(account)) => format!(
                "It belongs to the account {account}, which is not known here; add the account in the app again, or \
                 cancel the transfer."
            ),
            (None, None) => "The account is not known here; add it in the app again.".to_owned(),
        },
        ErrorCode::Ledger => "The list of transfers could not be written, so nothing goes on; check the room and \
                              the permissions of the data folder, then run the command again."
            .to_owned(),
        ErrorCode::Internal => {
            format!("Tern made a mistake: {}. Please report it; running the command again may help.", reason())
        }
    }
}

/// The sentence for what the engine refused as a whole.
pub(crate) fn engine_failure(error: &EngineError) -> Failure {
    match error {
        EngineError::NoSuchTransfer(id) => {
            Failure::new(format!("There is no transfer {id}; `tern-cli transfers` lists them."))
        }
        EngineError::NotOver(id) => Failure::new(format!("Transfer {id} is not over; cancel it first.")),
        EngineError::AlreadyBegun(id) => {
            Failure::new(format!("Transfer {id} has begun; it is too late for this change."))
        }
        EngineError::InvalidSpec(reason) => Failure::usage(format!("This cannot be done: {reason}.")),
        EngineError::Stopped => Failure::new(
            "Tern had a fault inside and has stopped; run the command again to go on. TERN_LOG=error tells more.",
        ),
        EngineError::Adoption(error) => Failure::from(error),
        EngineError::LedgerWrite(reason) => {
            Failure::new(sentence(&TransferError::new(ErrorCode::Ledger))).because(reason)
        }
        EngineError::Ledger(error) => Failure::new("The list of transfers cannot be read.").because(error),
    }
}

/// The sentence for a list of transfers that cannot be opened.
pub(crate) fn ledger_failure(error: &LedgerError, folder: &DataFolder) -> Failure {
    let shown = folder.ledger().display().to_string();
    match error {
        LedgerError::Newer { .. } => Failure::new(format!(
            "The list of transfers in {shown} was made by a newer version of Tern; use that version, or another data \
             folder. Nothing was changed."
        ))
        .because(error),
        _ if error.is_of_the_disk() => Failure::new(format!(
            "The list of transfers in {shown} cannot be used now; check the room and the permissions of its folder, \
             then run the command again. Nothing was changed."
        ))
        .because(error),
        LedgerError::Database(_) | LedgerError::Row(_) | LedgerError::Io(_) => Failure::new(format!(
            "The list of transfers in {shown} cannot be read. Nothing was changed; the next command that moves \
             something keeps a damaged one under another name and begins a new one."
        ))
        .because(error),
    }
}

/// The sentence for a data folder that another program writes to.
pub(crate) fn busy(busy: &DataFolderBusy, folder: &DataFolder) -> Failure {
    Failure::new(format!(
        "{} is using the data folder {}; wait until it is done, or name another folder with --data-dir.",
        busy.holder,
        folder.path().display()
    ))
}

/// Said when the list of transfers could not be understood.
pub(crate) fn ledger_set_aside(aside: &Path) -> String {
    format!(
        "tern-cli: The list of transfers could not be understood, so it was kept as {} and a new one was begun. \
         Nothing was deleted. What was unfinished has to be started again; its uploads are still at the store: \
         `tern-cli uploads list tos://BUCKET` shows them, and `tern-cli uploads adopt` goes on with one.",
        aside.display()
    )
}

/// Said when the file of profiles could not be understood.
pub(crate) fn profiles_set_aside(aside: &Path) -> String {
    format!(
        "tern-cli: The file of accounts could not be understood, so it was kept as {}; add the accounts in the app \
         again.",
        aside.display()
    )
}

/// The word for where a transfer stands.
pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Scanning => "scanning",
        Phase::Waiting => "unfinished",
        Phase::Transferring => "moving",
        Phase::Verifying => "verifying",
        Phase::Paused => "paused",
        Phase::NoNetwork => "waiting for network",
        Phase::Retrying => "retrying",
        Phase::Failed => "failed",
        Phase::DoneVerified => "verified",
        Phase::DoneUnverified => "done, not verified",
        Phase::Cancelling => "cancelling",
        Phase::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_with_and_without_its_values() {
        let full = |code| {
            [
                "path", "bucket", "key", "name", "reason", "from", "to", "value", "min", "max", "ours", "theirs",
                "account",
            ]
            .iter()
            .fold(TransferError::new(code), |error, name| error.with(name, format!("‹{name}›")))
        };
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            for text in [sentence(&TransferError::new(code)), sentence(&full(code))] {
                assert!(text.len() > 25 && text.ends_with('.'), "{code:?}: {text}");
                assert!(!text.contains("  ") && !text.contains(".."), "{code:?}: {text}");
            }
            assert!(seen.insert(sentence(&TransferError::new(code))), "{code:?} has the words of another");
        }
    }

    #[test]
    fn a_transfer_of_another_endpoint_says_which_to_set() {
        let error = TransferError::new(ErrorCode::AccountMissing)
            .with("account", "env:http://127.0.0.1:9")
            .with("endpoint", "http://127.0.0.1:9");
        assert!(sentence(&error).contains("TOS_ENDPOINT=http://127.0.0.1:9"));
    }

    #[test]
    fn a_key_in_a_sentence_cannot_drive_the_terminal() {
        let error = TransferError::new(ErrorCode::TargetExists).with("name", "tos://b/\u{1b}[2J");
        assert!(!sentence(&error).contains('\u{1b}'));
    }
}
