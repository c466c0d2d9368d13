//! What can be typed. The text of `--help` is here, as the comments on the fields.

mod uploads;

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::{ConflictRule, PARALLEL_PARTS_DEFAULT, PARALLEL_PARTS_MAX, RouteChoice};

pub(crate) use self::uploads::{AdoptOptions, UploadsCommand};
use crate::size;

/// Moves files to, from and between TOS buckets, resumes after anything, and proves that they arrived.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 paused. Set TERN_LOG (such as debug) for a log on standard error.
#[derive(Debug, Parser)]
#[command(name = "tern-cli", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) account: AccountOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tern-cli cp video.mp4 tos://bucket/videos/        upload; run it again to go on after an interruption
  tern-cli cp tos://bucket/videos/video.mp4 .       download
  tern-cli cp tos://bucket/a tos://other/b          copy inside TOS
  tern-cli cp tos://bucket/a tos://far/b --to-region cn-shanghai
                                                    copy to another region, through this computer
  tern-cli receipt 7 && tern-cli verify tern-receipt-7.json
                                                    what transfer 7 has done, and whether it is still there
  tern-cli --account practice ls                    the practice bucket, without an account";

/// Which account, and where Tern keeps its data. Secrets are never arguments: the secret key comes from TOS_SECRET_KEY
/// or --secret-key-file, a session token from TOS_SECURITY_TOKEN.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct AccountOptions {
    /// An account of the app by its id or name, or `practice`; without it, the keys of the environment
    #[arg(long, global = true, value_name = "ID", env = "TERN_ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Endpoint, such as tos-cn-beijing.volces.com; without it, that of the region
    #[arg(long, global = true, value_name = "HOST", env = "TOS_ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Region, such as cn-beijing; without it, the one that the endpoint names
    #[arg(long, global = true, value_name = "ID", env = "TOS_REGION")]
    pub(crate) region: Option<String>,
    /// Access key id
    #[arg(long, global = true, value_name = "ID", env = "TOS_ACCESS_KEY", hide_env_values = true)]
    pub(crate) access_key: Option<String>,
    /// File whose first line is the secret key; `-` reads it from standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_key_file: Option<PathBuf>,
    /// Puts the bucket into the path rather than the host name
    #[arg(long, global = true, conflicts_with = "custom_domain")]
    pub(crate) path_style: bool,
    /// The endpoint is a domain that stands for one bucket
    #[arg(long, global = true)]
    pub(crate) custom_domain: bool,
    /// File of certificates (PEM) that are trusted besides those of the system
    #[arg(long, global = true, value_name = "FILE", env = "TOS_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy, such as socks5://host:1080, or `none`; its password comes from TOS_PROXY_PASSWORD [env: TOS_PROXY=]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Folder of the list of transfers
    #[arg(long, global = true, value_name = "FOLDER", env = "TERN_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Copies files and objects: each end is a path or tos://bucket/key
    Cp(CopyOptions),
    /// Lists the transfers that are known
    Transfers {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Goes on with transfers that were interrupted, paused or failed
    Resume(ResumeOptions),
    /// Marks transfers as paused, so that nothing goes on with them by itself
    Pause {
        /// Ids, as `transfers` shows them
        #[arg(required = true)]
        ids: Vec<u64>,
    },
    /// Gives transfers up: removes what was sent, the temporary file and the record
    Cancel {
        /// Ids, as `transfers` shows them
        #[arg(required = true)]
        ids: Vec<u64>,
        #[command(flatten)]
        to: TargetOptions,
    },
    /// Lists buckets, or the objects in one
    Ls(ListOptions),
    /// Makes a bucket
    Mb {
        /// tos://bucket
        address: String,
    },
    /// Deletes objects
    Rm(RemoveOptions),
    /// Shows what is known of a bucket or an object
    Stat {
        /// tos://bucket or tos://bucket/key
        address: String,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Prints a URL that lets its holder do one thing for a while
    Presign(PresignOptions),
    /// Unfinished multipart uploads: they cost storage until they are aborted
    Uploads {
        #[command(subcommand)]
        command: UploadsCommand,
    },
    /// Writes a receipt of finished transfers: JSON for programs, with a page for people beside it
    Receipt(ReceiptOptions),
    /// Checks a receipt: is everything that it promises still there, byte for byte?
    ///
    /// Each target is looked at. A file is read again; an object is asked for its size and CRC64, in the version that was
    /// written where the bucket has versions; that its key stands for a later one by now is said. Where the store reports
    /// no CRC64, size and ETag are compared, and that is said. A source that is gone or has changed since is told as a
    /// note: it was promised of the target only.
    ///
    /// The accounts are those of the receipt, found as for every command: accounts of the app by their ids, and the keys
    /// of the environment at their endpoint; --to-endpoint, --to-region and --to-account name a second one.
    ///
    /// Exit codes: 0 if every target is equal (one that was skipped has no promise to keep), 1 if one differs, is gone or
    /// could not be checked, or if the receipt itself was altered, 2 wrong usage.
    Verify(VerifyOptions),
    /// Runs the practice server: TOS on this computer, with its objects in a folder
    LocalServer(Box<ServerOptions>),
}

#[derive(Debug, Args)]
pub(crate) struct CopyOptions {
    /// A path, or tos://bucket/key with the key as it is: nothing in it is decoded
    #[arg(required = true, value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// Where it goes. What ends in a slash, or is a folder or a bucket, keeps the names of the sources
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Size of a part, 5MiB to 5GiB; grows by itself where an object would need more than 10 000
    #[arg(long, value_name = "SIZE", default_value = "20MiB", value_parser = size::parse_part_size)]
    pub(crate) part_size: u64,
    /// Parts of a transfer that move at a time
    #[arg(long, value_name = "N", default_value_t = PARALLEL_PARTS_DEFAULT,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(PARALLEL_PARTS_MAX)))]
    pub(crate) parallel: u16,
    /// What to do where the target exists with other content; an identical target is always left as it is
    #[arg(long, value_enum, default_value_t = Conflict::Fail)]
    pub(crate) conflict: Conflict,
    /// Content type of the objects; guessed from the name without it
    #[arg(long, value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// Storage class of the objects, such as STANDARD or IA
    #[arg(long, value_name = "CLASS")]
    pub(crate) storage_class: Option<String>,
    /// Canned ACL of the objects, such as private or public-read
    #[arg(long, value_name = "ACL")]
    pub(crate) acl: Option<String>,
    /// Metadata of the objects; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_meta)]
    pub(crate) meta: Vec<(String, String)>,
    /// Which way a copy between objects goes
    #[arg(long, value_enum, default_value_t = Via::Auto)]
    pub(crate) via: Via,
    #[command(flatten)]
    pub(crate) run: RunOptions,
    // Last: its heading would stand over what follows, too.
    #[command(flatten)]
    pub(crate) to: TargetOptions,
}

/// Where the target is, if that is another region or account than the source's.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Another account or region for the target")]
pub(crate) struct TargetOptions {
    /// An account of the app by its id or name, or `practice`
    #[arg(long, value_name = "ID", conflicts_with_all = ["to_endpoint", "to_region"])]
    pub(crate) to_account: Option<String>,
    /// Endpoint of the target, with the same keys
    #[arg(long, value_name = "HOST")]
    pub(crate) to_endpoint: Option<String>,
    /// Region of the target, with the same keys
    #[arg(long, value_name = "ID")]
    pub(crate) to_region: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// Inside TOS where it can, through this computer where it cannot
    Auto,
    /// Inside TOS, or not at all
    Server,
    /// Through this computer
    Relay,
}

impl From<Via> for RouteChoice {
    fn from(via: Via) -> Self {
        match via {
            Via::Auto => Self::Auto,
            Via::Server => Self::Server,
            Via::Relay => Self::Relay,
        }
    }
}

/// How a running transfer is shown and held back.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RunOptions {
    /// Most bytes a second, for uploads and for downloads each
    #[arg(long, value_name = "RATE", value_parser = size::parse_rate)]
    pub(crate) limit: Option<NonZeroU64>,
    /// One JSON object a line on standard output: every event, and a summary at the end
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Conflict {
    /// Replaces it
    Overwrite,
    /// Leaves it
    Skip,
    /// Writes beside it, as `name (2).ext`
    KeepBoth,
    /// Stops with an error
    Fail,
}

impl From<Conflict> for ConflictRule {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Overwrite => Self::Overwrite,
            Conflict::Skip => Self::Skip,
            Conflict::KeepBoth => Self::KeepBoth,
            Conflict::Fail => Self::Fail,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    /// Ids, as `transfers` shows them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) ids: Vec<u64>,
    /// Everything that was interrupted or paused
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) run: RunOptions,
    // Last: its heading would stand over what follows, too.
    #[command(flatten)]
    pub(crate) to: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// tos://bucket or tos://bucket/prefix; without it, the buckets
    pub(crate) address: Option<String>,
    /// Everything below, not only the next level
    #[arg(long, short, requires = "address")]
    pub(crate) recursive: bool,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveOptions {
    /// tos://bucket/key; with --recursive the folder tos://bucket/folder/
    #[arg(required = true)]
    pub(crate) addresses: Vec<String>,
    /// Deletes every object whose key begins with the folder and a slash
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// Lets --recursive empty a whole bucket
    #[arg(long, requires = "recursive")]
    pub(crate) whole_bucket: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PresignOptions {
    /// tos://bucket/key
    pub(crate) address: String,
    /// What the URL allows
    #[arg(long, value_enum, default_value_t = Method::Get)]
    pub(crate) method: Method,
    /// For how long, such as 15m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = size::parse_expiry)]
    pub(crate) expires: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiptOptions {
    /// Ids of transfers that are done, as `transfers` shows them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) ids: Vec<u64>,
    /// Every transfer that is done and still in the list
    #[arg(long)]
    pub(crate) all: bool,
    /// Name of the JSON file; the page goes beside it, as .html. Without it, tern-receipt-ID.json in this folder
    #[arg(long, value_name = "FILE.json")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces files that are there already
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// The JSON file that `receipt` wrote
    pub(crate) receipt: PathBuf,
    /// Fetches each object whole and compares its bytes, rather than believing the CRC64 that the store reports
    #[arg(long)]
    pub(crate) read: bool,
    /// Demands of the sources, too, that they are what they were
    #[arg(long)]
    pub(crate) source: bool,
    /// Reads files on other computers, too. Windows sends your name there, so do it for receipts you trust
    #[arg(long, hide = cfg!(not(windows)))]
    pub(crate) shares: bool,
    /// One JSON object a line: each end, and a summary at the end
    #[arg(long)]
    pub(crate) json: bool,
    // Last: its heading would stand over what follows, too.
    #[command(flatten)]
    pub(crate) to: TargetOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    Get,
    Put,
    Head,
    Delete,
}

#[derive(Debug, Args)]
pub(crate) struct ServerOptions {
    /// Folder for buckets and objects; without it, that of the practice account
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Speaks TLS with a certificate of a CA that is made at every start
    #[arg(long)]
    pub(crate) tls: bool,
    /// Writes the CA's certificate (PEM) here
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) ca_out: Option<PathBuf>,
    /// A bucket to be made if it does not exist; may be repeated. Without one: those of the practice account
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Vec<String>,
    /// As --bucket, with versioning switched on
    #[arg(long, value_name = "NAME")]
    pub(crate) versioned_bucket: Vec<String>,
    /// Most that the folder may hold
    #[arg(long, value_name = "SIZE", default_value = "10GiB", value_parser = size::parse_size)]
    pub(crate) capacity: u64,
    /// Waits this long before each answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// Limits all bodies together, both ways, in megabytes (1 000 000 bytes) a second; such as 2.5
    #[arg(long, value_name = "MB/S", value_parser = parse_megabytes)]
    pub(crate) mbps: Option<u64>,
    /// Limits all server-side copies together, in megabytes a second
    #[arg(long, value_name = "MB/S", value_parser = parse_megabytes)]
    pub(crate) copy_mbps: Option<u64>,
}

fn parse_megabytes(text: &str) -> Result<u64, String> {
    match size::parse_size(&format!("{text}MB")) {
        Ok(bytes @ 1000..) => Ok(bytes),
        _ => Err("write megabytes a second, 0.001 or more".to_owned()),
    }
}

fn parse_meta(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
    if name.is_empty() || !name.bytes().all(fits) {
        return Err("a name of metadata has letters, digits, hyphens, dots and underscores".to_owned());
    }
    if value.chars().any(char::is_control) {
        return Err("a value of metadata has no control characters".to_owned());
    }
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_of_the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_secret() {
        fn names(command: &clap::Command, found: &mut Vec<String>) {
            found.extend(command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned)));
            command.get_subcommands().for_each(|command| names(command, found));
        }
        let mut found = Vec::new();
        names(&Arguments::command(), &mut found);
        assert!(found.contains(&"secret-key-file".to_owned()));
        for name in ["secret-key", "security-token", "proxy-password"] {
            assert!(!found.contains(&name.to_owned()), "{name}");
        }
    }

    #[test]
    fn metadata_is_a_name_and_a_value() {
        assert_eq!(parse_meta("Team=a=b"), Ok(("team".into(), "a=b".into())));
        assert_eq!(parse_meta("项目=x").ok(), None);
        assert_eq!(parse_meta("x=报告"), Ok(("x".into(), "报告".into())));
        assert!(parse_meta("novalue").is_err());
        assert!(parse_meta("a=b\r\nHost: x").is_err());
    }

    #[test]
    fn rates_of_the_server_are_megabytes() {
        assert_eq!(parse_megabytes("2.5"), Ok(2_500_000));
        assert!(parse_megabytes("0").is_err());
        assert!(parse_megabytes("fast").is_err());
    }
}
