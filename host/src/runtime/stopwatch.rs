//! Whose time it is: the tool's own, a backend's, or a person's, which counts toward nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Toward what a stretch of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// The host works for the guest: `[limits] backend-time`.
    Backend,
    /// A person is asked: nothing.
    Person,
}

#[derive(Debug)]
struct State {
    since: Instant,
    stack: Vec<Counts>,
    own: Duration,
    backend: Duration,
}

/// Shared by the sandbox and the host functions of one run.
#[derive(Debug, Clone)]
pub struct Stopwatch(Arc<Mutex<State>>);

#[expect(clippy::disallowed_methods, reason = "measures how long, never when: no decision but a limit hangs on it")]
fn now() -> Instant {
    Instant::now()
}

impl State {
    fn settle(&mut self) {
        let now = now();
        let span = now.saturating_duration_since(self.since);
        self.since = now;
        match self.stack.last() {
            None => self.own += span,
            Some(Counts::Backend) => self.backend += span,
            Some(Counts::Person) => {}
        }
    }
}

impl Default for Stopwatch {
    fn default() -> Self {
        let state = State { since: now(), stack: Vec::new(), own: Duration::ZERO, backend: Duration::ZERO };
        Self(Arc::new(Mutex::new(state)))
    }
}

impl Stopwatch {
    fn settled<R>(&self, then: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle();
        then(&mut state)
    }

    /// Sets both times to nothing and begins.
    pub fn start(&self) {
        self.settled(|state| (state.own, state.backend) = (Duration::ZERO, Duration::ZERO));
    }

    /// Marks that a host call begins (`true`) or ends.
    pub fn host_call(&self, inside: bool) {
        self.mark(Counts::Backend, inside);
    }

    /// Marks that waiting for a person begins (`true`) or ends.
    pub fn person(&self, waiting: bool) {
        self.mark(Counts::Person, waiting);
    }

    fn mark(&self, what: Counts, begins: bool) {
        self.settled(|state| {
            if begins {
                state.stack.push(what);
            } else if let Some(at) = state.stack.iter().rposition(|one| *one == what) {
                state.stack.remove(at);
            }
        });
    }

    /// The tool's own time and the backends' time so far.
    #[must_use]
    pub fn read(&self) -> (Duration, Duration) {
        self.settled(|state| (state.own, state.backend))
    }
}
