//! Who may end a lease or let it go on, and what an extension must meet: asked before a person is, and again when it is
//! recorded.

use std::collections::BTreeSet;

use super::{Lease, State};
use crate::clock::Instant;
use crate::freeze::{self, Subject};
use crate::name::{AgentName, PersonName};
use crate::people::{Directory, Right};
use crate::refusal::{Code, Refusal};
use crate::unit::Duration;

/// Who ends a lease early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ender {
    /// A person whose own business it has to be.
    Person(PersonName),
    /// An operator, as whoever knows the configuration has found out: any lease is.
    Operator(PersonName),
}

impl Ender {
    /// The person.
    #[must_use]
    pub const fn person(&self) -> &PersonName {
        let (Self::Person(person) | Self::Operator(person)) = self;
        person
    }
}

/// Whether a person may end a lease early. It only takes access away, so its initiator may too.
///
/// # Errors
/// `agree.expired` where it is over, `cover.not-yours` where it is none of his business.
pub fn may_end(lease: &Lease, directory: &Directory, ender: &Ender, now: Instant) -> Result<(), Refusal> {
    is_open(lease, now)?;
    let person = ender.person();
    let known = directory.people.contains_key(person);
    let administers = || directory.holders(&lease.object, Right::Administer, now).contains(person);
    if known && (matches!(ender, Ender::Operator(_)) || *person == lease.initiator || administers()) {
        return Ok(());
    }
    let why = format!("{person} neither opened lease {} nor administers {}", lease.id, lease.object);
    Err(Refusal::new(Code::NotYours, why).unless("ask its owner to end it"))
}

fn is_open(lease: &Lease, now: Instant) -> Result<(), Refusal> {
    if lease.state(now) == State::Open {
        return Ok(());
    }
    let over = lease.reverted.map_or(lease.ends, |(at, _)| at);
    Err(Refusal::new(Code::Expired, format!("lease {} is over since {over}", lease.id)).unless("ask for a new one"))
}

/// A longer life for a lease, as a person is shown it and agrees to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The lease as it was shown.
    pub lease: Lease,
    /// The person who extends it.
    pub by: PersonName,
    /// Through what it is asked for.
    pub agent: AgentName,
    /// The newest freeze when it was shown: a yes given before or during a later one is void.
    pub freezes: u64,
    /// The new end.
    pub ends: Instant,
    /// The longest that a lease of this kind may be, counted from when it is extended.
    pub longest: Duration,
}

impl Extension {
    /// Judges it against the lease and the people as they are at `now`. Returns who keeps the right through it.
    ///
    /// Who administers the object only because of a lease cannot extend one: he could extend his own for ever.
    ///
    /// # Errors
    /// `agree.expired`, `agree.changed`, `cover.not-yours`, `cover.not-granted`, `freeze.frozen`.
    pub fn judge(&self, lease: &Lease, directory: &Directory, now: Instant) -> Result<BTreeSet<PersonName>, Refusal> {
        is_open(lease, now)?;
        if *lease != self.lease {
            let why = format!("lease {} is not the one that was shown: it ends at {}", lease.id, lease.ends);
            return Err(Refusal::new(Code::Changed, why).unless("look at it again"));
        }
        let administers = directory.objects.get(&lease.object).is_some_and(|object| {
            let entries = object.entries.iter().filter(|it| it.lease.is_none() && it.right == Right::Administer);
            let principals = entries.filter(|entry| entry.holds(now)).map(|entry| &entry.principal);
            directory.members(principals).contains(&self.by) || object.owner == self.by
        });
        if !administers || !directory.people.contains_key(&self.by) {
            let why = format!("{} does not administer {} for good", self.by, lease.object);
            return Err(Refusal::new(Code::NotYours, why).unless("ask its owner to extend it"));
        }
        if self.ends <= lease.ends {
            let why = format!("lease {} holds until {} as it is", lease.id, lease.ends);
            return Err(Refusal::new(Code::NotGranted, why).unless("ask for longer, or end it"));
        }
        if self.ends > now.after(self.longest) {
            let why = format!("access may be opened for at most {} from now", self.longest);
            return Err(Refusal::new(Code::NotGranted, why).unless("ask for less"));
        }
        if let Some(latest) = lease.latest.filter(|latest| self.ends > *latest) {
            let why = format!("somebody broke the glass for lease {}, so it ends at {latest} at the latest", lease.id);
            return Err(Refusal::new(Code::NotGranted, why).unless("ask for a new one, with the consent it needs"));
        }
        self.thawed(lease, directory, now)?;
        Ok(directory.members([&lease.principal]))
    }

    /// Whether nobody has stopped the lease's tool, the person it was opened for, or the one who extends it.
    fn thawed(&self, lease: &Lease, directory: &Directory, now: Instant) -> Result<(), Refusal> {
        [&lease.initiator, &self.by].into_iter().try_for_each(|person| {
            let (tool, actors, initiator) = (lease.tool.clone(), self.agent.clone().into(), person.clone());
            let subject = Subject { tool, actors, initiator, function: Some("acl.widen".into()) };
            freeze::judge_since(&directory.freezes, self.freezes, &subject, now)
        })
    }
}
