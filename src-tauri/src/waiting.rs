//! Work that waits for a disk, the ledger or the thread of the window, where waiting keeps nobody else from working.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does work that blocks, in the middle of a task: the thread's other tasks are handed to another one meanwhile. Costs
/// little where nothing waits in the end, as most looks at the ledger do not.
///
/// Of a runtime with only one thread it does nothing better than to block it; the app has none.
pub fn wait_for<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_only_worker_goes_on_with_others_while_one_waits() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (tell, told) = mpsc::channel();
        let waits = runtime.spawn(async move { wait_for(|| told.recv_timeout(Duration::from_secs(60))) });
        let tells = runtime.spawn(async move { tell.send(()).unwrap() });
        assert!(runtime.block_on(async { (waits.await.unwrap(), tells.await.unwrap()) }).0.is_ok());
    }

    #[tokio::test]
    async fn it_works_on_a_single_thread_too() {
        assert_eq!(wait_for(|| 1), 1);
    }
}
