//! The three loads of the bench, done with the official Rust SDK as its good user would.
//!
//! The SDK has no upload or download of a whole file in parts, so the loops here are what every user has to write:
//! a fixed number of parts in flight, parts read by the SDK from the file itself, ranges written in place.
//!
//! The SDK addresses buckets as BUCKET.DOMAIN. Its option for custom domains is used instead: `TOS_ENDPOINT` is a host
//! that stands for the bucket, so no name has to be resolved that does not exist.

mod moves;
mod runtime;

use std::error::Error;
use std::path::Path;

use ve_tos_rust_sdk::asynchronous::tos;

use crate::moves::Bench;
use crate::runtime::TokioRuntime;

const USAGE: &str = "usage: bench-rust-sdk upload FILE KEY PART_BYTES IN_FLIGHT
       bench-rust-sdk download KEY FILE PART_BYTES IN_FLIGHT
       bench-rust-sdk put-many FOLDER PREFIX IN_FLIGHT
Environment: TOS_ACCESS_KEY, TOS_SECRET_KEY, TOS_REGION, TOS_ENDPOINT (a custom domain), TOS_BUCKET";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = variable("TOS_ENDPOINT")?;
    let client = tos::builder::<TokioRuntime>()
        .ak(variable("TOS_ACCESS_KEY")?)
        .sk(variable("TOS_SECRET_KEY")?)
        .region(variable("TOS_REGION")?)
        // Not used; but the one that belongs to the region has another port, which the SDK refuses.
        .control_endpoint(&endpoint)
        .endpoint(&endpoint)
        .is_custom_domain(true)
        .build()?;
    let bench = Bench::new(client, variable("TOS_BUCKET")?);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["upload", file, key, part, in_flight] => {
            bench.upload(Path::new(file), key, part.parse()?, in_flight.parse()?).await
        }
        ["download", key, file, part, in_flight] => {
            bench.download(key, Path::new(file), part.parse()?, in_flight.parse()?).await
        }
        ["put-many", folder, prefix, in_flight] => bench.put_many(Path::new(folder), prefix, in_flight.parse()?).await,
        _ => Err(USAGE.into()),
    }
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|_| format!("{name} is not set\n{USAGE}").into())
}
