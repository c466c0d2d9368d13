//! `tos-local`, the practice server as a program.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tos_local::{AccessKey, Behaviour, BucketSpec, Options, Server, WrongRegion};

/// A TOS-compatible practice server on 127.0.0.1, with its objects in a folder.
///
/// Prints `export TOS_…` lines on standard output as soon as it answers, and runs until SIGINT or SIGTERM. Everything
/// it holds is in the folder and survives a restart. The default keys are public: nothing here is secret or safe.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder for buckets and objects; made if missing.
    #[arg(long, value_name = "FOLDER")]
    root: PathBuf,
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Speaks TLS with a certificate of a CA that is made at every start.
    #[arg(long)]
    tls: bool,
    /// Writes the CA's certificate (PEM) here.
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    /// Access key id.
    #[arg(long, default_value = tos_local::PRACTICE_ACCESS_KEY)]
    access_key: String,
    /// File whose first line is the secret key; without it the public practice key.
    #[arg(long, value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
    /// File whose first line is the session token that every request has to carry.
    #[arg(long, value_name = "FILE")]
    security_token_file: Option<PathBuf>,
    /// Region that the server plays.
    #[arg(long, default_value = tos_local::PRACTICE_REGION)]
    region: String,
    /// A further region that it plays, for trying copies across regions; may be repeated.
    #[arg(long, value_name = "REGION")]
    other_region: Vec<String>,
    /// Base domain of virtual-host addressing.
    #[arg(long, default_value = "tos.test")]
    domain: String,
    /// A host that stands for a bucket; may be repeated.
    #[arg(long, value_name = "HOST=BUCKET", value_parser = parse_pair)]
    custom_domain: Vec<(String, String)>,
    /// A bucket to be made if it does not exist, perhaps in one of the other regions; may be repeated.
    #[arg(long, value_name = "NAME[@REGION]")]
    bucket: Vec<String>,
    /// As --bucket, with versioning switched on.
    #[arg(long, value_name = "NAME[@REGION]")]
    versioned_bucket: Vec<String>,
    /// Most that the folder may hold: bytes, or with KiB, MiB, GiB.
    #[arg(long, default_value = "10GiB", value_parser = parse_size)]
    capacity: u64,
    /// Waits this long before each answer.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    latency_ms: u64,
    /// Drops a connection when nothing comes from its client, or is taken by it, for this long.
    #[arg(long, value_name = "MILLISECONDS")]
    idle_timeout_ms: Option<u64>,
    /// Limits all bodies together, both ways, in megabytes (1 000 000 bytes) per second; such as 2.5.
    #[arg(long, value_name = "MB/S", value_parser = parse_rate)]
    mbps: Option<u64>,
    /// Limits all server-side copies together, in megabytes (1 000 000 bytes) per second.
    #[arg(long, value_name = "MB/S", value_parser = parse_rate)]
    copy_mbps: Option<u64>,
    /// How long restoring an archived object takes.
    #[arg(long, default_value_t = 3000, value_name = "MILLISECONDS")]
    restore_ms: u64,
    /// Runs the server's clock ahead of the computer's (behind, if negative).
    #[arg(long, default_value_t = 0, value_name = "SECONDS", allow_negative_numbers = true)]
    clock_ahead: i64,
    /// Lets clients set faults: PUT, GET and DELETE of /__tern/faults, unsigned.
    ///
    /// The body of a PUT is a plan as JSON; GET shows it and how often each of its rules struck. This loses the reply
    /// to the second part with the key `big`, and refuses one request in ten otherwise:
    ///
    /// {"seed": 1, "rules": [
    ///   {"verb": "UploadPart", "key": "big", "when": {"nth": 2}, "fault": "lose_reply"},
    ///   {"verb": "any", "when": {"permille": 100}, "fault": "refuse"}]}
    ///
    /// Which: `verb`, `key` and `part` of the request; `nth`, `first`, `every` or `permille` of those that match. What:
    /// `refuse`, `reset_within_request`, `lose_reply`, `reset_within_response`, `truncate`, `stall`, `stall_request`,
    /// `trickle`, `status`, `flip_bit`, `latency`. `latency_ms` and `mbps` of a plan stand in for the options of the
    /// same names. See `tos_local::FaultPlan` for each.
    #[arg(long, verbatim_doc_comment)]
    control: bool,
    #[command(flatten)]
    switches: Switches,
}

/// Answers that are not known of real TOS; see `tos_local::Behaviour` for each.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Switches for answers that are not known of real TOS")]
struct Switches {
    /// Status when x-tos-forbid-overwrite meets an existing object.
    #[arg(long, default_value_t = 409, value_parser = parse_one_of::<409, 412>, value_name = "409|412")]
    forbid_overwrite_status: u16,
    /// Ignores `True` in x-tos-forbid-overwrite, takes only `true`.
    #[arg(long)]
    forbid_overwrite_exact_case: bool,
    /// Answers of CopyObject and UploadPartCopy carry a CRC.
    #[arg(long)]
    crc_in_copy_answers: bool,
    /// Objects made by server-side copies have no CRC anywhere.
    #[arg(long)]
    no_crc_on_copy: bool,
    /// No answer carries a CRC.
    #[arg(long)]
    no_crc: bool,
    /// ListParts shows the CRC of each part.
    #[arg(long)]
    crc_in_list_parts: bool,
    /// ETags are words and no MD5.
    #[arg(long)]
    opaque_etags: bool,
    /// Complete refuses parts that are not in ascending order.
    #[arg(long)]
    strict_part_order: bool,
    /// A second Complete of one upload answers as the first did.
    #[arg(long)]
    second_complete_succeeds: bool,
    /// An upload that is aborted while parts are on their way has to be aborted again.
    #[arg(long)]
    abort_misses_running_parts: bool,
    /// Status of deleting a key that does not exist.
    #[arg(long, default_value_t = 204, value_parser = parse_one_of::<204, 404>, value_name = "204|404")]
    delete_missing_status: u16,
    /// Status of reading an archived object.
    #[arg(long, default_value_t = 403, value_parser = parse_one_of::<403, 409>, value_name = "403|409")]
    archived_status: u16,
    /// Status of asking again while an object is being restored.
    #[arg(long, default_value_t = 409, value_parser = parse_one_of::<403, 409>, value_name = "403|409")]
    restore_in_progress_status: u16,
    /// Status of asking for the tags of an object without any.
    #[arg(long, default_value_t = 200, value_parser = parse_one_of::<200, 404>, value_name = "200|404")]
    untagged_status: u16,
    /// Answer to a request that is signed for another region.
    #[arg(long, value_enum, default_value_t = WrongRegionArgument::Denied)]
    wrong_region: WrongRegionArgument,
    /// ListBuckets shows only the buckets of the region that signed.
    #[arg(long)]
    list_buckets_of_one_region: bool,
    /// Longest key.
    #[arg(long, default_value_t = 1024, value_name = "BYTES")]
    key_bytes_max: usize,
    /// How far the date of a signature may be off.
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    clock_skew: u64,
    /// Largest single put, part or copy: bytes, or with KiB, MiB, GiB.
    #[arg(long, default_value = "5GiB", value_parser = parse_size)]
    put_bytes_max: u64,
    /// Most keys of one DeleteMultiObjects.
    #[arg(long, default_value_t = 1000)]
    delete_keys_max: usize,
    /// A 404 because of a delete marker does not say so.
    #[arg(long)]
    silent_delete_markers: bool,
    /// GetBucketVersioning of a bucket that never had it answers {"Status":""}.
    #[arg(long)]
    empty_versioning_status: bool,
    /// Errors carry no EC.
    #[arg(long)]
    no_error_ec: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WrongRegionArgument {
    /// 403 CrossRegionAccessError
    Denied,
    /// 307 with a Location
    Redirect,
    /// 404 NoSuchBucket
    NoSuchBucket,
}

impl Switches {
    fn behaviour(&self) -> Behaviour {
        Behaviour {
            forbid_overwrite_status: self.forbid_overwrite_status,
            forbid_overwrite_exact_case: self.forbid_overwrite_exact_case,
            crc_in_copy_answers: self.crc_in_copy_answers,
            crc_of_copies: !self.no_crc_on_copy,
            crc_headers: !self.no_crc,
            crc_in_list_parts: self.crc_in_list_parts,
            md5_etags: !self.opaque_etags,
            strict_part_order: self.strict_part_order,
            second_complete_succeeds: self.second_complete_succeeds,
            abort_misses_running_parts: self.abort_misses_running_parts,
            delete_missing_status: self.delete_missing_status,
            archived_status: self.archived_status,
            restore_in_progress_status: self.restore_in_progress_status,
            untagged_status: self.untagged_status,
            wrong_region: match self.wrong_region {
                WrongRegionArgument::Denied => WrongRegion::Denied,
                WrongRegionArgument::Redirect => WrongRegion::Redirect,
                WrongRegionArgument::NoSuchBucket => WrongRegion::NoSuchBucket,
            },
            list_buckets_of_all_regions: !self.list_buckets_of_one_region,
            key_bytes_max: self.key_bytes_max,
            clock_skew_seconds_max: self.clock_skew,
            put_bytes_max: self.put_bytes_max,
            delete_keys_max: self.delete_keys_max,
            delete_marker_header_on_404: !self.silent_delete_markers,
            empty_versioning_status: self.empty_versioning_status,
            error_ec: !self.no_error_ec,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "tos-local: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let ca_out = arguments.ca_out.clone();
    let options = options(arguments)?;
    let key = options.credentials.first().cloned().ok_or("no credentials")?;
    let region = options.region.clone();
    let server = Server::start(options).await.map_err(|error| with_sources(&error))?;
    if let (Some(path), Some(pem)) = (&ca_out, server.ca_pem()) {
        std::fs::write(path, pem).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut lines = format!(
        "export TOS_ENDPOINT={}\nexport TOS_REGION={region}\nexport TOS_ACCESS_KEY={}\nexport TOS_SECRET_KEY={}\n",
        server.endpoint(),
        key.access_key,
        key.secret_key
    );
    if let Some(token) = &key.security_token {
        lines.push_str(&format!("export TOS_SECURITY_TOKEN={token}\n"));
    }
    let mut stdout = std::io::stdout().lock();
    let printed = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
    drop(stdout);
    printed.map_err(|error| format!("standard output: {error}"))?;
    until_told_to_stop().await.map_err(|error| format!("signals: {error}"))?;
    server.stop().await;
    Ok(())
}

fn options(arguments: Arguments) -> Result<Options, String> {
    let first_line = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok::<_, String>(text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let secret_key = arguments.secret_key_file.as_ref().map(first_line).transpose()?;
    let security_token = arguments.security_token_file.as_ref().map(first_line).transpose()?;
    let specs = |names: &[String], versioning: bool| {
        let spec = |name: &String| match name.split_once('@') {
            Some((name, region)) => BucketSpec { name: name.into(), region: Some(region.into()), versioning },
            None => BucketSpec { name: name.clone(), region: None, versioning },
        };
        names.iter().map(spec).collect::<Vec<_>>()
    };
    let behaviour = arguments.switches.behaviour();
    let buckets = [specs(&arguments.bucket, false), specs(&arguments.versioned_bucket, true)].concat();
    Ok(Options {
        root: arguments.root,
        port: arguments.port,
        tls: arguments.tls,
        credentials: vec![AccessKey {
            access_key: arguments.access_key,
            secret_key: secret_key.unwrap_or_else(|| tos_local::PRACTICE_SECRET_KEY.to_owned()),
            security_token,
        }],
        region: arguments.region,
        other_regions: arguments.other_region,
        capacity_bytes: arguments.capacity,
        latency: Duration::from_millis(arguments.latency_ms),
        idle_timeout: arguments.idle_timeout_ms.map(Duration::from_millis),
        bytes_per_second: arguments.mbps,
        copy_bytes_per_second: arguments.copy_mbps,
        restore_takes: Duration::from_millis(arguments.restore_ms),
        custom_domains: arguments.custom_domain.into_iter().collect::<BTreeMap<_, _>>(),
        domain: arguments.domain,
        buckets,
        behaviour,
        clock_ahead_seconds: arguments.clock_ahead,
        faults: arguments.control,
    })
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(unix)]
async fn until_told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn until_told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (host, bucket) = text.split_once('=').ok_or("not HOST=BUCKET")?;
    Ok((host.to_ascii_lowercase(), bucket.to_owned()))
}

fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, shift) = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        .iter()
        .find_map(|(unit, shift)| text.strip_suffix(unit).map(|digits| (digits, *shift)))
        .unwrap_or((text, 0));
    let number: u64 = digits.trim().parse().map_err(|_| "not a number of bytes, KiB, MiB or GiB")?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

fn parse_rate(text: &str) -> Result<u64, String> {
    let megabytes: f64 = text.parse().map_err(|_| "not a number of megabytes per second")?;
    if !(0.001..=1e6).contains(&megabytes) {
        return Err("0.001 to 1000000 megabytes per second".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 1e3 to 1e12 just now")]
    let bytes = (megabytes * 1e6) as u64;
    Ok(bytes)
}

fn parse_one_of<const A: u16, const B: u16>(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|status| [A, B].contains(status)).ok_or_else(|| format!("{A} or {B}"))
}
