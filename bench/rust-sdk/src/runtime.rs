//! tokio, as the SDK wants to see it.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use futures_core::future::BoxFuture;
use tokio::runtime::Handle;
use ve_tos_rust_sdk::asynchronous::tos::AsyncRuntime;

#[derive(Debug, Default)]
pub struct TokioRuntime;

#[async_trait]
impl AsyncRuntime for TokioRuntime {
    type JoinError = tokio::task::JoinError;

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn spawn<'a, F>(&self, future: F) -> BoxFuture<'a, Result<F::Output, Self::JoinError>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Box::pin(Handle::current().spawn(future))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        Handle::current().block_on(future)
    }
}
