//! A panic is a fault of ours: it is logged with its place, and as little as possible ends with it.
//!
//! One in a job ends that attempt, and its transfer fails with `internal`; one in the driver or the recorder ends the
//! engine, since nothing could be believed any more. The ledger has what was durable, and the next start goes on from
//! there. This file only makes sure that somebody can find out why.

/// Logs every panic of this process from now on, with its place, before it does what a panic did until now.
///
/// The message is whatever the code at that place says of itself; a [`store::Secret`] in it is printed as `***`.
pub fn log_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(place, message, thread = thread.name(), "a panic, which is a fault in Tern");
        before(panic);
    }));
}
