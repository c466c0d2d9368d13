//! When a short call for which a person waits is tried again: the one rule of listings, looks and the like.
//!
//! Transfers have the engine's own rule. This one is here because the command line and the check of a receipt both need
//! it; it decides and does not wait, as this crate has no clock.

use std::time::Duration;

use crate::{Retry, StoreError};

/// Attempts that such a call gets.
pub const SHORT_CALL_ATTEMPTS_MAX: u32 = 4;

/// The longest wait between two of them.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How long to wait before attempt number `attempt + 1`; `None` if another one makes no sense.
pub fn wait_before_next(error: &StoreError, attempt: u32) -> Option<Duration> {
    if attempt >= SHORT_CALL_ATTEMPTS_MAX {
        return None;
    }
    let back_off = Duration::from_millis(200) * 2_u32.pow(attempt);
    let wait = match error.retry {
        Retry::Never => return None,
        Retry::Later => back_off,
        Retry::After(named) => named.max(back_off),
    };
    (wait <= WAIT_MAX).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn only_what_can_pass_is_tried_again_and_not_for_ever() {
        let after = |retry, attempt| {
            let error = StoreError::new(ErrorKind::Server, "no").with_retry(retry);
            wait_before_next(&error, attempt).map(|wait| wait.as_millis())
        };
        assert_eq!([1, 2, 3, 4].map(|attempt| after(Retry::Later, attempt)), [Some(400), Some(800), Some(1600), None]);
        assert_eq!(after(Retry::Never, 1), None);
        assert_eq!(after(Retry::After(Duration::from_secs(2)), 1), Some(2000));
        assert_eq!(after(Retry::After(Duration::from_secs(6)), 1), None, "nobody waits for that");
    }
}
