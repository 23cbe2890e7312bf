//! Labels: the sources something came from. Carried from the first read on and shown on the card.
//!
//! Who may know what a source holds (its ceiling) is not declared anywhere yet, so a label bounds no audience yet: `clear`
//! has its place in the gate's sentence and lets everything pass.

use std::collections::BTreeSet;

/// The sources of what an invocation holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label(BTreeSet<String>);

impl Label {
    /// Unites this label with one more source: `runbooks/deploy.md`, `forum eng-help`.
    pub fn join(&mut self, source: &str) {
        if !self.0.contains(source) {
            self.0.insert(source.to_owned());
        }
    }

    /// The sources, in order.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
