//! Standard output and error: kept up to a limit, counted beyond it, never a trap.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::run::Captured;

/// The most that a guest may write at once; it splits what is longer.
const CHUNK: usize = 64 << 10;

/// A stream that keeps the beginning and counts the rest.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    most: usize,
    seen: Arc<Mutex<Captured>>,
}

impl Capture {
    pub(super) fn up_to(most: usize) -> Self {
        Self { most, seen: Arc::default() }
    }

    /// What was written so far.
    pub(super) fn captured(&self) -> Captured {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, bytes: &[u8]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = bytes.len().min(self.most - seen.bytes.len());
        seen.bytes.extend_from_slice(&bytes[..kept]);
        seen.truncated |= kept < bytes.len();
        seen.total += bytes.len() as u64;
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Capture {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
