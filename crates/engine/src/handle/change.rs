//! A change of how a transfer is done: what of it is still possible once the transfer has begun.

use super::EngineError;
use crate::transfer::{ConflictRule, PARALLEL_PARTS_MAX, TransferOptions};

/// A change of how a transfer is done; `None` leaves what is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionsChange {
    /// Parts that move at a time, 1 to [`PARALLEL_PARTS_MAX`].
    pub parallel_parts: Option<u16>,
    /// Size of a part in bytes.
    pub part_size_bytes: Option<u64>,
    /// What to do where the target exists with other content.
    pub conflict: Option<ConflictRule>,
}

impl OptionsChange {
    /// The options with this change. `Err(None)`: it is too late for it.
    pub(crate) fn apply(self, options: TransferOptions, begun: bool) -> Result<TransferOptions, Option<EngineError>> {
        let refuse = |reason: &str| Err(Some(EngineError::InvalidSpec(reason.to_owned())));
        if self.parallel_parts.is_some_and(|parts| !(1..=PARALLEL_PARTS_MAX).contains(&parts)) {
            return refuse("parallel parts must be between 1 and 1000");
        }
        if self.part_size_bytes == Some(0) {
            return refuse("a part has at least one byte");
        }
        let later = self.part_size_bytes.is_some_and(|size| size != options.part_size_bytes)
            || self.conflict.is_some_and(|rule| rule != options.conflict);
        if begun && later {
            return Err(None);
        }
        Ok(TransferOptions {
            parallel_parts: self.parallel_parts.unwrap_or(options.parallel_parts),
            part_size_bytes: self.part_size_bytes.unwrap_or(options.part_size_bytes),
            conflict: self.conflict.unwrap_or(options.conflict),
            ..options
        })
    }
}
