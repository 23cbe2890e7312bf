//! What a program that has this host in it puts behind the capabilities, in place of the host's own.

use std::sync::{Arc, OnceLock};

use crate::capability::forum::Elsewhere;

/// What stands behind the capabilities in place of the store's own. The default is nothing: then everything is the store's.
///
/// A program with a backend of its own is the whole command line over it:
///
/// ```no_run
/// # fn connect() -> std::sync::Arc<dyn tollgate::capability::forum::Elsewhere> { unimplemented!() }
/// use tollgate::setup::Embedding;
///
/// fn main() -> std::process::ExitCode {
///     let embedding = Embedding { forum: Some(connect()) };
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
}

/// Set at most once: a process has one set of backends as it has one command line.
static EMBEDDED: OnceLock<Embedding> = OnceLock::new();

/// Puts backends behind the capabilities of every workspace that this process opens from here on; false if that was done
/// before.
pub fn embed(embedding: Embedding) -> bool {
    EMBEDDED.set(embedding).is_ok()
}

pub(super) fn embedded() -> Embedding {
    EMBEDDED.get().cloned().unwrap_or_default()
}
