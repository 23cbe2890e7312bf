//! Who may answer a question, and when it is answered: the rules of a grant, in one version of the world.

use std::collections::BTreeSet;

use crate::clock::Instant;
use crate::grant::{Consent, Rule};
use crate::name::{PersonName, Principal};
use crate::people::{About, Directory};

/// The rules of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Who must agree.
    pub consent: Consent,
    /// On whose behalf it is asked.
    pub initiator: PersonName,
    /// What it is about: its owner may be asked, and who cannot read it is shown nothing.
    pub about: Option<About>,
}

impl Rules {
    /// The people who meet a rule, readers or not.
    fn named(&self, rule: &Rule, directory: &Directory) -> BTreeSet<PersonName> {
        match rule {
            Rule::Initiator => directory.members([&Principal::Person(self.initiator.clone())]),
            Rule::Owner => self.about.as_ref().and_then(|about| about.owner(directory)).into_iter().collect(),
            Rule::Group(group) | Rule::TwoOf(group) => directory.members([&Principal::Group(group.clone())]),
        }
    }

    /// Who may see the question: the readers of what it is about. The initiator's own tool wrote it, so he may.
    #[must_use]
    pub fn readers(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let mut readers = self.about.as_ref().map(|about| about.readers(directory, now)).unwrap_or_default();
        readers.extend(directory.members([&Principal::Person(self.initiator.clone())]));
        readers
    }

    /// Everybody whose answer counts toward some rule.
    #[must_use]
    pub fn may_answer(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let readers = self.readers(directory, now);
        let named = self.consent.rules().iter().flat_map(|rule| self.named(rule, directory));
        named.filter(|person| readers.contains(person)).collect()
    }

    /// Whether every rule is met once these have agreed. Nobody's yes counts who may not answer now.
    #[must_use]
    pub fn met(&self, agreed: &BTreeSet<PersonName>, directory: &Directory, now: Instant) -> bool {
        let readers = self.readers(directory, now);
        let count = |rule: &Rule| {
            let named = self.named(rule, directory);
            agreed.iter().filter(|person| named.contains(*person) && readers.contains(*person)).count()
        };
        self.consent.rules().iter().all(|rule| match rule {
            Rule::Initiator | Rule::Owner | Rule::Group(_) => count(rule) >= 1,
            Rule::TwoOf(_) => count(rule) >= 2,
        })
    }
}
