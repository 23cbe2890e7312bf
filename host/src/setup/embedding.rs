//! What a program that has this host in it puts in place of the host's own: backends behind the capabilities, and the clock.

use std::sync::{Arc, OnceLock};

use super::SystemClock;
use crate::capability::forum::Elsewhere;
use crate::clock::Clock;

/// What stands in place of the host's own. The default is nothing: then backends are the store's, and the time is the machine's.
///
/// A program with a backend of its own is the whole command line over it:
///
/// ```no_run
/// # fn connect() -> std::sync::Arc<dyn tollgate::capability::forum::Elsewhere> { unimplemented!() }
/// use tollgate::setup::Embedding;
///
/// fn main() -> std::process::ExitCode {
///     let embedding = Embedding { forum: Some(connect()), ..Embedding::default() };
///     tollgate::cli::main_with(std::env::args_os().collect(), embedding)
/// }
/// ```
///
/// Every program that opens one workspace should embed the same: what one of them left in doubt, one without its backend
/// cannot find out, and leaves in doubt.
#[derive(Clone, Default)]
pub struct Embedding {
    /// Forums in another system.
    pub forum: Option<Arc<dyn Elsewhere>>,
    /// What the time is for everything that has an end: tokens, questions, yeses, leases, quotas. For a replay.
    pub clock: Option<Arc<dyn Clock>>,
}

impl Embedding {
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock))
    }
}

/// Set at most once: a process has one set of backends, and one time, as it has one command line.
static EMBEDDED: OnceLock<Embedding> = OnceLock::new();

/// Puts these in place of the host's own in every workspace that this process opens from here on; false if that was done
/// before.
pub fn embed(embedding: Embedding) -> bool {
    EMBEDDED.set(embedding).is_ok()
}

pub(super) fn embedded() -> Embedding {
    EMBEDDED.get().cloned().unwrap_or_default()
}
