//! The clock of guests: it moves the engine's epoch every millisecond while one of them runs, and sleeps when none has for a
//! while, so that a host at rest costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::EngineWeak;

use crate::diagnostic::Broken;

/// An epoch.
const EPOCH: Duration = Duration::from_millis(1);

/// So many epochs without a guest, and it sleeps. Waking it costs a short call more than the epochs cost the host.
const IDLE: u32 = 1_000;

#[derive(Default)]
struct State {
    running: AtomicUsize,
    asleep: AtomicBool,
    over: AtomicBool,
}

/// Ticks until it is dropped.
pub(super) struct Ticker {
    state: Arc<State>,
    thread: JoinHandle<()>,
}

/// While it is there, a guest runs.
pub(super) struct Running<'a>(&'a State);

impl Ticker {
    pub(super) fn start(engine: EngineWeak) -> Result<Self, Broken> {
        let state = Arc::new(State::default());
        let its = state.clone();
        let thread = std::thread::Builder::new().name("epoch".into()).spawn(move || tick(&engine, &its));
        let thread = thread.map_err(|e| Broken::while_doing("starting the epoch thread", e))?;
        Ok(Self { state, thread })
    }

    /// Says that a guest runs.
    pub(super) fn running(&self) -> Running<'_> {
        self.state.running.fetch_add(1, Ordering::SeqCst);
        // It looks whether anything runs after it has said that it sleeps: one of the two sees the other.
        if self.state.asleep.load(Ordering::SeqCst) {
            self.thread.thread().unpark();
        }
        Running(&self.state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
    }
}

fn tick(engine: &EngineWeak, state: &State) {
    let mut idle = 0;
    while !state.over.load(Ordering::SeqCst) {
        std::thread::park_timeout(EPOCH);
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
        idle = if state.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
        if idle < IDLE {
            continue;
        }
        drop(engine);
        state.asleep.store(true, Ordering::SeqCst);
        while state.running.load(Ordering::SeqCst) == 0 && !state.over.load(Ordering::SeqCst) {
            std::thread::park();
        }
        state.asleep.store(false, Ordering::SeqCst);
        idle = 0;
    }
}
