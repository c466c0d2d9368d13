//! Sources that cannot work are refused before anything is recorded: a wrong path leaves everything as it was.
//!
//! The engine looks again when the transfer runs, for the file can go away in between.

use std::fs::File;

use engine::{End, ErrorCode, TransferError};

use crate::address::Pair;
use crate::exit::Failure;

/// Looks at every local end. The first that cannot work is told.
pub(crate) fn check(pairs: &[Pair]) -> Result<(), Failure> {
    for pair in pairs {
        if let End::File { path } = &pair.source {
            let facts = std::fs::metadata(path).map_err(|error| TransferError::source(path, &error))?;
            if facts.is_dir() {
                return Err(TransferError::new(ErrorCode::SourceIsFolder).with("path", path.display()).into());
            }
            // A pipe would block here for ever, and a device may have no end.
            if !facts.is_file() {
                let error = TransferError::new(ErrorCode::SourceUnreadable).with("path", path.display());
                return Err(error.because("it is not a plain file").into());
            }
            File::open(path).map_err(|error| TransferError::source(path, &error))?;
        }
        for end in [&pair.source, &pair.target] {
            if let End::File { path } = end
                && path.to_str().is_none()
            {
                return Err(Failure::usage(format!(
                    "The path {} is not written in Unicode, so it cannot be remembered; rename it first.",
                    path.display()
                )));
            }
        }
        if let End::File { path } = &pair.target
            && path.is_dir()
        {
            return Err(TransferError::new(ErrorCode::TargetIsFolder).with("path", path.display()).into());
        }
    }
    Ok(())
}
