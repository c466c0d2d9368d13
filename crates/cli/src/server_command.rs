//! `local-server`: the practice server in the foreground.

use tos_local::{BucketSpec, Options, Server, StartError};

use crate::account;
use crate::args::{AccountOptions, ServerOptions};
use crate::copy_command::listen;
use crate::exit::{Ending, Failure};
use crate::output;

/// Runs the server until a signal. Prints `export TOS_…` lines as soon as it answers.
pub(crate) async fn run(account: &AccountOptions, options: Box<ServerOptions>) -> Result<Ending, Failure> {
    let root = match options.root {
        Some(root) => root,
        None => account::data_folder(account)?.practice(),
    };
    let named = |names: &[String], versioning| {
        names.iter().map(|name| BucketSpec { name: name.clone(), region: None, versioning }).collect::<Vec<_>>()
    };
    let mut buckets = [named(&options.bucket, false), named(&options.versioned_bucket, true)].concat();
    let practice = Options::practice(root);
    if buckets.is_empty() {
        buckets.clone_from(&practice.buckets);
    }
    let mut signals = listen()?;
    let server = Server::start(Options {
        port: options.port,
        tls: options.tls,
        buckets,
        capacity_bytes: options.capacity,
        latency: std::time::Duration::from_millis(options.latency_ms),
        bytes_per_second: options.mbps,
        copy_bytes_per_second: options.copy_mbps,
        ..practice
    })
    .await
    .map_err(|error| start_failure(&error))?;
    if let (Some(file), Some(pem)) = (&options.ca_out, server.ca_pem()) {
        std::fs::write(file, pem).map_err(|error| {
            Failure::new(format!("The certificate cannot be written to {}.", file.display())).because(error)
        })?;
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        export("TOS_CA_FILE", &file.display().to_string());
    }
    export("TOS_ENDPOINT", &server.endpoint());
    export("TOS_REGION", tos_local::PRACTICE_REGION);
    export("TOS_ACCESS_KEY", tos_local::PRACTICE_ACCESS_KEY);
    export("TOS_SECRET_KEY", tos_local::PRACTICE_SECRET_KEY);
    output::error("The practice server answers; press Ctrl+C to end it.");
    signals.next().await;
    server.stop().await;
    Ok(Ending::Done)
}

/// One line for a shell; quoted, for paths have spaces.
fn export(name: &str, value: &str) {
    output::line(&format!("export {name}='{}'", value.replace('\'', r"'\''")));
}

/// Why the practice server did not start.
pub(crate) fn start_failure(error: &StartError) -> Failure {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let sentence = match error {
        StartError::RootInUse(root) => format!(
            "Another program serves the practice objects in {} already; close it (perhaps the app) and try again.",
            root.display()
        ),
        StartError::BucketName(_) => return Failure::usage(format!("{error}.")),
        StartError::Damaged { .. } => format!("The practice server did not start: {error}. Move the folder away."),
        StartError::Root { .. } | StartError::Port { .. } | StartError::Certificate(_) => {
            format!("The practice server did not start: {error}.")
        }
    };
    Failure::new(sentence).because(cause)
}
