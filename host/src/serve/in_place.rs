//! A call on the thread of whoever asks: going to another one and back costs more than most calls, and a guest that is not over
//! within its first epoch goes to the longer set by itself.

use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinError;

/// Something that guests are run by. Dropped before its end, it is told to stop and finished beside: what it has begun to change
/// is not cut off.
pub(super) struct InPlace<'a, F: Future<Output: Send + 'static> + Send + 'static> {
    running: Option<Pin<Box<F>>>,
    /// While it is there, somebody waits.
    waited_for: Option<oneshot::Sender<()>>,
    guests: &'a Handle,
}

impl<'a, F: Future<Output: Send + 'static> + Send + 'static> InPlace<'a, F> {
    /// What `run` makes; `guests` is where it goes on when it is dropped.
    pub(super) fn new(guests: &'a Handle, run: impl FnOnce(Stopped) -> F) -> Self {
        let (waited_for, stopped) = oneshot::channel();
        Self { running: Some(Box::pin(run(Stopped(stopped)))), waited_for: Some(waited_for), guests }
    }

    /// Runs it where guests begin, for whoever is elsewhere.
    pub(super) async fn elsewhere(mut self) -> Result<F::Output, JoinError> {
        match self.running.take() {
            Some(running) => self.guests.spawn(running).await,
            None => std::future::pending().await,
        }
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Future for InPlace<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(running) = &mut self.running else { return Poll::Pending };
        let polled = running.as_mut().poll(context);
        if polled.is_ready() {
            self.running = None;
        }
        polled
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Drop for InPlace<'_, F> {
    fn drop(&mut self) {
        drop(self.waited_for.take());
        if let Some(running) = self.running.take() {
            drop(self.guests.spawn(running));
        }
    }
}

/// Resolves when nobody waits for the outcome any more.
pub(super) struct Stopped(oneshot::Receiver<()>);

impl IntoFuture for Stopped {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            // Nobody sends: it is dropped, which says the same.
            let _ = self.0.await;
        })
    }
}
