//! Where what was read may go: everybody whom an act reaches must be cleared for every source of it.
//!
//! The gate asks this before an act, `explain` without one, and the recording transaction once more if the world has moved.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::directory::{Directory, Right};
use super::need::{Audience, Need, Standing};
use crate::clock::Instant;
use crate::label::{Label, Readers, Source, Under};
use crate::name::{FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};
use crate::refusal::{Code, Refusal};

/// So many forums, or things that were read, are named in a refusal.
const NAMED: usize = 3;

/// What reading this file brings: whatever object covers it says who may know.
#[must_use]
pub fn label_of(path: &FilePath, directory: &Directory) -> Source {
    let under = directory.object_of(path).map_or(Under::Unknown, |object| Under::Object(object.clone()));
    Source { under, what: path.shared().clone() }
}

/// The one wording of `clear.not-cleared`: it tells no more than `cover.not-yours` does.
#[must_use]
pub fn not_cleared() -> Refusal {
    Refusal::new(Code::NotCleared, "there is no such thing that the initiator is cleared for")
        .unless("ask somebody who owns it, or go on without it")
}

impl Directory {
    /// Who may know what a label holds: the people cleared for each of its sources.
    #[must_use]
    pub fn readers(&self, label: &Label) -> Readers {
        let mut readers = Readers::everybody(self.people.len());
        for under in label.under() {
            match self.cleared(under) {
                Some(cleared) => readers.keep(cleared),
                None => return Readers::nobody(self.people.len()),
            }
        }
        readers
    }

    /// Whether all of `people` may know what a label holds; the same as asking whether they are within its readers.
    fn may_all_know(&self, people: &Readers, label: &Label) -> bool {
        label.under().all(|under| match self.cleared(under) {
            Some(cleared) => people.within(cleared),
            None => people.is_empty(),
        })
    }

    /// Those of `people` who may not know what a label holds.
    fn outside(&self, people: &Readers, label: &Label) -> Readers {
        let mut outside = people.clone();
        outside.leave_out(&self.readers(label));
        outside
    }

    /// Who may release what a label holds to an audience: owners of what stands in the way, who are cleared for all of it.
    #[must_use]
    pub fn releasers(&self, label: &Label, audience: &Audience, now: Instant) -> BTreeSet<PersonName> {
        let Ok(people) = audience.within(self, now) else { return BTreeSet::new() };
        let readers = self.readers(label);
        let owners = label.under().filter(|under| !may_know(under, &people, self)).filter_map(|under| self.ceiling(under));
        let owners = owners.map(|(_, owner)| owner);
        owners.filter(|owner| self.has(&readers, owner)).cloned().collect()
    }

    /// Those whom an audience reaches and who may not know what a label holds.
    #[must_use]
    pub fn uncleared(&self, label: &Label, audience: &Audience, now: Instant) -> BTreeSet<PersonName> {
        audience.within(self, now).map(|people| self.names(&self.outside(&people, label))).unwrap_or_default()
    }

    /// The groups from a principal down to the smallest that all of `people` are reached through, as a refusal says them: a
    /// group that looks like three people and holds four hundred is seen for what it is.
    fn through(&self, principal: &Principal, people: &Readers) -> String {
        let chains = self.paths(principal, &self.names(people)).into_iter().map(|gain| gain.through);
        let common = chains.reduce(|mut common, chain| {
            let alike = common.iter().zip(&chain).take_while(|(one, other)| one == other).count();
            common.truncate(alike);
            common
        });
        match common {
            Some(groups) if groups.len() > 1 => {
                let names: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
                format!(" (through {})", names.join(" → "))
            }
            Some(_) | None => String::new(),
        }
    }

    fn knows(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Person(person) => self.people.contains_key(person),
            Principal::Group(group) => self.groups.contains_key(group),
        }
    }
}

impl Standing {
    /// Whether this person may ever be given what lies under a ceiling.
    #[must_use]
    pub fn is_cleared(&self, under: &Under) -> bool {
        let declared = self.directory.ceiling(under);
        declared.is_some_and(|(ceiling, owner)| self.is(owner) || self.is_among(&ceiling.cleared))
    }

    /// Whether this person may know what a label holds.
    #[must_use]
    pub fn may_know(&self, label: &Label) -> bool {
        label.under().all(|under| self.is_cleared(under))
    }
}

impl Audience {
    /// Whether what a label holds may go to whom this reaches, on behalf of `standing`.
    ///
    /// # Errors
    /// `clear.too-wide`, with the number of people who may not know it, and what would change that.
    pub fn clear(&self, label: &Label, standing: &Standing, now: Instant) -> Result<(), Refusal> {
        #[cfg(tollgate_ablation)]
        if crate::ablation::without(crate::ablation::Control::Labels) {
            return Ok(());
        }
        match self {
            // What came from nowhere may go anywhere.
            Self::Forum(_) | Self::Readers(_) if label.is_empty() => Ok(()),
            _ => send(label, &*self.reach(standing, now)?, standing),
        }
    }

    /// Whom this reaches on behalf of `standing`, as far as no yes of anybody could change that.
    ///
    /// # Errors
    /// `clear.too-wide` where that is not known, an object would be opened to people who are not cleared for it, or to the
    /// initiator himself.
    pub fn reach<'d>(&self, standing: &'d Standing, now: Instant) -> Result<Cow<'d, Readers>, Refusal> {
        if let Self::Gains(object, principal, right) = self
            && standing.directory.knows(principal)
        {
            not_for_himself(object, principal, *right, standing)?;
        }
        self.within(&standing.directory, now)
    }

    fn within<'d>(&self, directory: &'d Directory, now: Instant) -> Result<Cow<'d, Readers>, Refusal> {
        match self {
            Self::Nobody => Ok(Cow::Owned(Readers::nobody(directory.people.len()))),
            // Who reads what is not there is not known, and counts as everybody.
            Self::Forum(forum) => match directory.listeners(forum) {
                Some(people) => Ok(Cow::Borrowed(people)),
                None => Err(unknown(&format!("who reads forum {forum} is not known"))),
            },
            Self::Readers(path) => match directory.object_of(path) {
                Some(object) => Ok(Cow::Owned(directory.holding(object, Right::Read, now))),
                None => Err(unknown("who reads this file is not known")),
            },
            Self::Gains(object, principal, right) => {
                if !directory.knows(principal) {
                    return Err(unknown(&format!("there is no `{principal}`")));
                }
                let mut people = gaining(directory, (object, principal, *right), now);
                open((object, principal), &people, directory)?;
                // Whoever reads it reads the line that it adds to the access list.
                people.unite(&directory.holding(object, Right::Read, now));
                Ok(Cow::Owned(people))
            }
        }
    }
}

/// What a tool opens is never for the person it works for. Whoever may open an object has the right already, but perhaps only
/// until a lease of his ends, which another would outlast.
fn not_for_himself(object: &ObjectName, to: &Principal, right: Right, standing: &Standing) -> Result<(), Refusal> {
    if !standing.is_among([to]) || standing.keeps(object, right) {
        return Ok(());
    }
    let why = format!("{} would gain this, and what a tool opens is never for the person it works for", standing.person);
    Err(Refusal::new(Code::TooWide, why).unless(format!("ask somebody else who administers {object}")))
}

impl Audience {
    /// Whether those who gain what this opens may know what `there` says of what lies there. Whoever reads it now, does so anyhow.
    ///
    /// # Errors
    /// `clear.too-wide`, which no yes of anybody changes.
    pub fn opens(&self, there: &Label, standing: &Standing, now: Instant) -> Result<(), Refusal> {
        let directory = &*standing.directory;
        let Self::Gains(object, principal, right) = self else { return Ok(()) };
        let people = gaining(directory, (object, principal, *right), now);
        if directory.may_all_know(&people, there) {
            return Ok(());
        }
        let outside = directory.outside(&people, there);
        let (count, verb) = (of(&outside, &people), verb(&outside));
        let why =
            format!("{count} who would gain this {verb} not cleared for what tools wrote there, after they had read more");
        let read: Vec<_> = there.sources().take(NAMED).map(|source| source.what.to_string()).collect();
        let change = format!("take out what came from {}, or name somebody who is cleared for that", read.join(", "));
        Err(Refusal::new(Code::TooWide, why).unless(change))
    }
}

/// Who gains a right on an object through a principal.
fn gaining(directory: &Directory, (object, principal, right): (&ObjectName, &Principal, Right), now: Instant) -> Readers {
    let mut people = directory.among([principal]);
    // Who reads it through a hole gains it all the same: what is added would outlast the hole.
    let mut held = directory.holding(object, right, now);
    match directory.cleared(&Under::Object(object.clone())) {
        Some(cleared) => held.keep(cleared),
        None => held = Readers::nobody(directory.people.len()),
    }
    people.leave_out(&held);
    people
}

/// An object may only be opened to people who are cleared for it.
fn open((object, to): (&ObjectName, &Principal), people: &Readers, directory: &Directory) -> Result<(), Refusal> {
    let under = Under::Object(object.clone());
    let cleared = directory.cleared(&under);
    if cleared.is_some_and(|cleared| people.within(cleared)) || people.is_empty() {
        return Ok(());
    }
    let mut outside = people.clone();
    cleared.into_iter().for_each(|cleared| outside.leave_out(cleared));
    let through = directory.through(to, &outside);
    let why = format!("{} who would gain this {} not cleared for {object}{through}", of(&outside, people), verb(&outside));
    Err(Refusal::new(Code::TooWide, why)
        .unless(format!("name somebody who is cleared for it, or ask its owner to clear them (`cleared` of {object})")))
}

/// What was read may only go to people who are cleared for all of it.
fn send(label: &Label, people: &Readers, standing: &Standing) -> Result<(), Refusal> {
    let directory = &*standing.directory;
    if directory.may_all_know(people, label) {
        return Ok(());
    }
    let outside = directory.outside(people, label);
    let (count, verb) = (of(&outside, people), verb(&outside));
    let why = format!("what was read before may not go there: {count} whom this reaches {verb} not cleared for it");
    Err(Refusal::new(Code::TooWide, why).unless(changes(label, people, standing)))
}

fn of(some: &Readers, all: &Readers) -> String {
    format!("{} of {}", some.len(), all.len())
}

fn verb(some: &Readers) -> &'static str {
    if some.len() == 1 { "is" } else { "are" }
}

/// What would let it pass: another forum that the initiator reads, or doing it without what was read.
fn changes(label: &Label, people: &Readers, standing: &Standing) -> String {
    let directory = &*standing.directory;
    let fits = |forum: &&ForumName| {
        Need::Member((*forum).clone()).holds(standing, Instant(0))
            && directory.listeners(forum).is_some_and(|people| directory.may_all_know(people, label))
    };
    let forums: Vec<_> = directory.forums.keys().filter(fits).take(NAMED).map(|forum| format!("forum {forum}")).collect();
    let mut ways = Vec::new();
    if !forums.is_empty() {
        ways.push(format!("post where only people read who are cleared for it ({})", forums.join(", ")));
    }
    let alone = label.under().find(|under| directory.may_all_know(people, &label.without(under)));
    let barred =
        |source: &&Source| alone.is_none_or(|under| source.under == *under) && !may_know(&source.under, people, directory);
    let read: Vec<_> = label.sources().filter(barred).map(|source| source.what.to_string()).collect();
    let rest = if read.len() > NAMED { format!(" and {} more", read.len() - NAMED) } else { String::new() };
    ways.push(format!("do it in a session that has not read {}{rest}", read[..read.len().min(NAMED)].join(", ")));
    ways.join(", or ")
}

fn may_know(under: &Under, people: &Readers, directory: &Directory) -> bool {
    directory.cleared(under).is_some_and(|cleared| people.within(cleared))
}

/// Unknown counts as everybody.
fn unknown(what: &str) -> Refusal {
    Refusal::new(Code::TooWide, format!("{what}, which counts as everybody")).unless("name somebody who is known")
}
