//! When a short call for which a person waits is tried again: the one rule of listings, looks and the like.
//!
//! Transfers have the engine's own rule. This one is here because the command line, the check of a receipt and the choice
//! of a route all need it. Whoever calls brings the waiting, as this crate has no clock.

use std::time::Duration;

use crate::{Retry, StoreError};

/// Attempts that such a call gets.
const ATTEMPTS_MAX: u32 = 4;

/// The longest wait between two of them.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Calls until it works, or trying again makes no sense; `sleep` waits between two attempts.
///
/// # Errors
/// That of the last attempt.
///
/// # Cancellation
/// That of the call.
pub async fn try_call<T, S, F>(sleep: impl Fn(Duration) -> S, call: impl Fn() -> F) -> Result<T, StoreError>
where
    S: Future<Output = ()>,
    // Not `AsyncFn`: of its futures the compiler cannot tell that they are `Send`, which the window needs.
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 1;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(wait) = wait_before_next(&error, attempt) else { return Err(error) };
        sleep(wait).await;
        attempt += 1;
    }
}

/// How long to wait before attempt number `attempt + 1`; `None` if another one makes no sense.
fn wait_before_next(error: &StoreError, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS_MAX {
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
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn only_what_can_pass_is_waited_for_and_not_for_long() {
        let after = |retry, attempt| {
            let error = StoreError::new(ErrorKind::Server, "no").with_retry(retry);
            wait_before_next(&error, attempt).map(|wait| wait.as_millis())
        };
        assert_eq!([1, 2, 3, 4].map(|attempt| after(Retry::Later, attempt)), [Some(400), Some(800), Some(1600), None]);
        assert_eq!(after(Retry::Never, 1), None);
        assert_eq!(after(Retry::After(Duration::from_secs(2)), 1), Some(2000));
        assert_eq!(after(Retry::After(Duration::from_secs(6)), 1), None, "nobody waits for that");
    }

    async fn calls_until_given_up(kind: ErrorKind, works_at: u32) -> (u32, bool) {
        let calls = AtomicU32::new(0);
        let call = || async {
            let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
            if number == works_at { Ok(()) } else { Err(StoreError::new(kind, "no")) }
        };
        let result = try_call(tokio::time::sleep, call).await;
        (calls.load(Ordering::Relaxed), result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_can_pass_is_tried_again_and_not_for_ever() {
        assert_eq!(calls_until_given_up(ErrorKind::Forbidden, 2).await, (1, false));
        assert_eq!(calls_until_given_up(ErrorKind::Server, 3).await, (3, true));
        assert_eq!(calls_until_given_up(ErrorKind::Network, 9).await, (ATTEMPTS_MAX, false));
    }
}
