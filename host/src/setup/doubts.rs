//! What became of acts that are in doubt: whatever can be asked is asked, and the rest is left to people.

use std::sync::Arc;

use super::workspace::Workspace;
use crate::capability::{self, Backends};
use crate::diagnostic::Broken;
use crate::journal::{Doubt, Learnt};
use crate::store::{Finder, Store};

/// An act that stays in doubt, and what a person can do.
pub type Left = (Doubt, String);

impl Workspace {
    /// Finds out what can be found out, puts it on record, and returns what is left. Several processes may do this at once.
    ///
    /// # Errors
    /// When the store cannot be read, or what was found out cannot be recorded.
    pub fn doubts(&self, store: &Arc<Store>) -> Result<Vec<Left>, Broken> {
        self.find_out(store, &self.backends(store)?)
    }

    pub(super) fn find_out(&self, store: &Store, backends: &Backends) -> Result<Vec<Left>, Broken> {
        let mut left = Vec::new();
        for doubt in store.doubts()? {
            if store.unaccepted().is_some() {
                left.push((
                    doubt,
                    "the store is behind its checkpoints: what is found out cannot be put on record".to_owned(),
                ));
                continue;
            }
            let done = match capability::find_out(&doubt, backends) {
                Learnt::Done => true,
                Learnt::NotDone => false,
                Learnt::Unknown(advice) => {
                    left.push((doubt, advice));
                    continue;
                }
            };
            store.settle((doubt.invocation, doubt.seq), done, Finder::Host)?;
        }
        Ok(left)
    }
}
