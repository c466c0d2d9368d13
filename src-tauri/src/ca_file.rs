//! Files of certificates that are trusted besides those of the system: read, and checked before they are relied on.

use std::path::Path;

use tokio::io::AsyncReadExt as _;
use tos::CaProblem;

use crate::dto::AppError;
use crate::error::OwnCode;

/// Longer than all certificates of a system together; a file that is none is not read whole.
const BYTES_MAX: u64 = 4 << 20;

/// The certificates of a file, as text.
///
/// # Errors
/// `ca_file` with the path and, as `reason`, what it is instead.
pub async fn read(path: &Path) -> Result<String, AppError> {
    let (content, _) = read_checked(path).await?;
    String::from_utf8(content).map_err(|_| refused(path, "no_certificate"))
}

/// How many certificates are in a file.
///
/// # Errors
/// As [`read`].
pub async fn count(path: &Path) -> Result<usize, AppError> {
    Ok(read_checked(path).await?.1)
}

async fn read_checked(path: &Path) -> Result<(Vec<u8>, usize), AppError> {
    let mut content = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(|_| refused(path, "unreadable"))?;
    file.take(BYTES_MAX).read_to_end(&mut content).await.map_err(|_| refused(path, "unreadable"))?;
    let found = tos::check_certificates(&content).map_err(|problem| {
        let reason = match problem {
            CaProblem::NoCertificate => "no_certificate",
            CaProblem::PrivateKey => "private_key",
            CaProblem::Binary => "binary",
            CaProblem::Damaged => "damaged",
        };
        refused(path, reason)
    })?;
    Ok((content, found))
}

fn refused(path: &Path, reason: &str) -> AppError {
    AppError::new(OwnCode::CaFile).with("path", path.display()).with("reason", reason)
}
