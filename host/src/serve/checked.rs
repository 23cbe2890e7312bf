//! Agents' tokens that were checked: a signature is worked out once in a token's life, not with every request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Caller;
use crate::name::Digest;

/// So many tokens are remembered; those that have ended are let go first.
const MOST: usize = 4_096;

/// Between which times a token holds, in seconds since the Unix epoch, with what clocks may be apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) until: u64,
}

/// By the digest of a token, whose it is: the tokens themselves are not kept.
#[derive(Default)]
pub(super) struct Checked(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// How often the keys have been replaced.
    keys: u64,
    callers: HashMap<Digest, (Caller, Span)>,
}

impl Checked {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is one call of the map's.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose a token is, if it was checked and holds at `now`; else which keys it is to be checked with.
    pub(super) fn caller(&self, token: &Digest, now: u64) -> Result<Caller, u64> {
        let kept = self.kept();
        let held = kept.callers.get(token).filter(|(_, span)| (span.from..=span.until).contains(&now));
        held.map(|(caller, _)| caller.clone()).ok_or(kept.keys)
    }

    /// Remembers a token that was checked with these keys, if they are still the keys.
    pub(super) fn keep(&self, token: Digest, keys: u64, (caller, span): (Caller, Span)) {
        let mut kept = self.kept();
        if kept.keys != keys {
            return;
        }
        if kept.callers.len() >= MOST {
            kept.callers.retain(|_, (_, held)| held.until >= span.from);
        }
        if kept.callers.len() >= MOST {
            kept.callers.clear();
        }
        kept.callers.insert(token, (caller, span));
    }

    /// The keys were replaced: what was checked with the old ones says nothing any more.
    pub(super) fn forget(&self) {
        let mut kept = self.kept();
        kept.keys += 1;
        kept.callers.clear();
    }
}
