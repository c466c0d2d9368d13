//! What can be typed after `uploads`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use engine::{ConflictRule, PARALLEL_PARTS_DEFAULT, PARALLEL_PARTS_MAX};

use super::RunOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum UploadsCommand {
    /// Lists them with their age, their parts and their size, and whose they are
    List {
        /// tos://bucket or tos://bucket/prefix
        address: String,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Goes on with one that another tool or computer has begun
    ///
    /// Its parts are compared with the file, by their checksums or by tags that are an MD5; those that are parts of the
    /// file stay, and the rest is sent. Nothing is changed if none is.
    Adopt(AdoptOptions),
    /// Aborts one and frees its storage
    ///
    /// It may be in use by another program: `uploads list` says whose it is, as far as it was begun here.
    Abort {
        /// tos://bucket/key, or with --left-behind tos://bucket or tos://bucket/prefix
        address: String,
        /// Its id, as `uploads list` shows it
        #[arg(required_unless_present = "left_behind", value_parser = clap::builder::NonEmptyStringValueParser::new())]
        upload_id: Option<String>,
        /// Aborts all that a transfer of this computer has left behind, and none of anybody else
        #[arg(long, conflicts_with = "upload_id")]
        left_behind: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AdoptOptions {
    /// The file that it was begun with
    #[arg(required_unless_present = "checkpoint")]
    pub(crate) file: Option<PathBuf>,
    /// tos://bucket/key
    #[arg(required_unless_present = "checkpoint", conflicts_with = "checkpoint")]
    pub(crate) address: Option<String>,
    /// Its id, as `uploads list` shows it; needed only if the key has more than one
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) upload_id: Option<String>,
    /// Checkpoint file of a TOS SDK (Go, Python, JS or C++), which says file, key and upload; name the file only if it
    /// was moved
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Parts that move at a time
    #[arg(long, value_name = "N", default_value_t = PARALLEL_PARTS_DEFAULT,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(PARALLEL_PARTS_MAX)))]
    pub(crate) parallel: u16,
    /// What to do where the object exists already
    #[arg(long, value_enum, default_value_t = AdoptConflict::Fail)]
    pub(crate) conflict: AdoptConflict,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AdoptConflict {
    /// Replaces it
    Overwrite,
    /// Stops with an error
    Fail,
}

impl From<AdoptConflict> for ConflictRule {
    fn from(conflict: AdoptConflict) -> Self {
        match conflict {
            AdoptConflict::Overwrite => Self::Overwrite,
            AdoptConflict::Fail => Self::Fail,
        }
    }
}
