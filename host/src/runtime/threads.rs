//! Where guests run: their first epoch on the thread that asks, everything longer on a bounded set of threads that are nicer.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::diagnostic::Broken;

/// What a guest's run is while it moves between threads.
pub(super) type Running<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// Where a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// On the thread that asks.
    Here,
    /// On the longer set.
    Longer,
}

/// The set. `None` only while it is being dropped.
pub(super) struct Threads {
    longer: Option<Runtime>,
}

/// How much nicer the threads of longer guests are (`setpriority`, 0 to 19).
const NICE: i32 = 10;

fn set(threads: usize) -> Result<Runtime, Broken> {
    Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .thread_name("guest-longer")
        .enable_time()
        .on_thread_start(move || {
            // On Linux niceness is a thread's own. Without the right to it guests run, only less fairly.
            if let Err(e) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
                tracing::warn!("could not make a guest thread nicer: {e}");
            }
        })
        .build()
        .map_err(|e| Broken::while_doing("starting the threads of longer guests", e))
}

/// Aborts its task when the caller goes.
struct Abort<O>(JoinHandle<O>);

impl<O> Drop for Abort<O> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<O> Abort<O> {
    async fn join(mut self) -> O {
        match (&mut self.0).await {
            Ok(value) => value,
            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            Err(_) => std::future::pending().await, // only the end of the sandbox cancels it while we wait
        }
    }
}

impl Threads {
    pub(super) fn new(threads: usize) -> Result<Self, Broken> {
        Ok(Self { longer: Some(set(threads)?) })
    }

    /// Runs to the end: if it `begins` here, the first epoch here, on the thread that polls this, everything after it on the longer set.
    /// Dropping the future ends the guest.
    pub(super) async fn drive<O: Send + 'static>(&self, running: Running<O>, yielded: Arc<AtomicBool>, begins: Begins) -> O {
        let Some(longer) = &self.longer else { return running.await };
        if begins == Begins::Longer {
            return Abort(longer.spawn(running)).join().await;
        }
        let mut kept = Some(running);
        let begun = poll_fn(move |context| {
            let Some(mut running) = kept.take() else { return Poll::Pending };
            match running.as_mut().poll(context) {
                Poll::Ready(value) => Poll::Ready(Ok(value)),
                Poll::Pending if yielded.load(Ordering::SeqCst) => Poll::Ready(Err(running)),
                Poll::Pending => {
                    kept = Some(running);
                    Poll::Pending
                }
            }
        });
        match begun.await {
            Ok(value) => value,
            Err(running) => Abort(longer.spawn(running)).join().await,
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A runtime must not be waited for inside another one.
        self.longer.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
