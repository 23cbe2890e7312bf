//! Who may answer a question, and when it is answered: the rules of a grant, in one version of the world.

use std::collections::BTreeSet;

use crate::clock::Instant;
use crate::grant::{Consent, Rule};
use crate::label::Label;
use crate::name::{PersonName, Principal};
use crate::people::{About, Audience, Directory};

/// The rules of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Who must agree.
    pub consent: Consent,
    /// On whose behalf it is asked.
    pub initiator: PersonName,
    /// What it is about: its owner may be asked, and who cannot read it is shown nothing.
    pub about: Option<About>,
    /// Whom the act reaches, to be worked out anew.
    pub audience: Audience,
    /// What was read before it was asked: who is not cleared for all of that is shown nothing.
    pub label: Label,
}

impl Rules {
    /// The people who meet a rule, readers or not.
    fn named(&self, rule: &Rule, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        match rule {
            Rule::Initiator => directory.members([&Principal::Person(self.initiator.clone())]),
            Rule::Owner => self.about.as_ref().and_then(|about| about.owner(directory)).into_iter().collect(),
            Rule::Group(group) | Rule::TwoOf(group) => directory.members([&Principal::Group(group.clone())]),
            Rule::Release => directory.releasers(&self.label, &self.audience, now),
            Rule::Another => {
                let mut cleared = directory.names(&directory.readers(&self.label));
                cleared.remove(&self.initiator);
                cleared
            }
        }
    }

    /// Who may see the question: the readers of what it is about, the initiator, whose own tool wrote it, and who may release
    /// what was read; all of them only as long as they are cleared for that.
    #[must_use]
    pub fn readers(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let mut readers = self.about.as_ref().map(|about| about.readers(directory, now)).unwrap_or_default();
        readers.extend(directory.members([&Principal::Person(self.initiator.clone())]));
        let releases = self.consent.rules().iter().filter(|rule| rule.releases());
        readers.extend(releases.flat_map(|rule| self.named(rule, directory, now)));
        if !self.label.is_empty() {
            let cleared = directory.readers(&self.label);
            readers.retain(|person| directory.has(&cleared, person));
        }
        readers
    }

    /// Everybody whose answer counts toward some rule, now or once others have answered.
    #[must_use]
    pub fn may_answer(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        self.answer(self.consent.rules().iter(), &self.readers(directory, now), (directory, now))
    }

    /// Everybody whose answer counts now: nobody is asked about what nobody has released yet.
    #[must_use]
    pub fn asked(&self, agreed: &BTreeSet<PersonName>, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let first = || self.consent.rules().iter().filter(|rule| rule.releases());
        let readers = self.readers(directory, now);
        match first().all(|rule| self.is_met(rule, agreed, &readers, (directory, now))) {
            true => self.answer(self.consent.rules().iter(), &readers, (directory, now)),
            false => self.answer(first(), &readers, (directory, now)),
        }
    }

    fn answer<'r>(
        &self,
        rules: impl Iterator<Item = &'r Rule>,
        readers: &BTreeSet<PersonName>,
        (directory, now): (&Directory, Instant),
    ) -> BTreeSet<PersonName> {
        let named = rules.flat_map(|rule| self.named(rule, directory, now));
        named.filter(|person| readers.contains(person)).collect()
    }

    /// Whether every rule is met once these have agreed. Nobody's yes counts who may not answer now.
    #[must_use]
    pub fn met(&self, agreed: &BTreeSet<PersonName>, directory: &Directory, now: Instant) -> bool {
        let readers = self.readers(directory, now);
        self.consent.rules().iter().all(|rule| self.is_met(rule, agreed, &readers, (directory, now)))
    }

    fn is_met(
        &self,
        rule: &Rule,
        agreed: &BTreeSet<PersonName>,
        readers: &BTreeSet<PersonName>,
        (directory, now): (&Directory, Instant),
    ) -> bool {
        let mut named = self.named(rule, directory, now);
        if *rule == Rule::Another {
            // Two people, one of whom owns it; an owner may be the initiator.
            named.extend(self.named(&Rule::Release, directory, now));
        }
        let count = agreed.iter().filter(|person| named.contains(*person) && readers.contains(*person)).count();
        match rule {
            Rule::Initiator | Rule::Owner | Rule::Group(_) | Rule::Release => count >= 1,
            Rule::TwoOf(_) | Rule::Another => count >= 2,
        }
    }
}
