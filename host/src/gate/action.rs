//! What the gate must know of an action to judge it.

use crate::grant::{Class, Reached, Spec};
use crate::label::{Label, Source};
use crate::meter::Want;
use crate::name::FilePath;
use crate::people::{About, Audience, Directory, Need};
use crate::refusal::Refusal;
use crate::unit::Duration;
use std::pin::Pin;

/// What [`Action::look`] returns.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// One request of a guest: parsed, canonical, bounded. Capabilities make these; the gate judges them.
pub trait Action: Send + Sync + 'static {
    /// What it is a use of.
    fn spec(&self) -> &'static Spec;

    /// The WIT function: `files.read`.
    fn function(&self) -> &'static str;

    /// The bytes of its arguments, as the guest handed them in.
    fn weight(&self) -> u64;

    /// What it asks of each dimension of its spec, in that order.
    fn reach(&self) -> Vec<Reached<'_>>;

    /// For how long, where it opens a lease.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// How it is found out whether it happened. A change whose capability does not say is a person's to look at.
    fn class(&self) -> Class {
        self.spec().class.unwrap_or(Class::Blind)
    }

    /// The right its initiator needs.
    fn need(&self) -> Need;

    /// The right its initiator needs where its owner must agree, if that is less.
    fn need_beside_owner(&self) -> Option<Need> {
        None
    }

    /// The bytes it wants set aside.
    fn want(&self) -> Want;

    /// Looks at the world, once it is covered and paid for and before anybody is asked: is the thing there at all?
    fn look(&self) -> Looking<'_> {
        Box::pin(async { Ok(()) })
    }

    /// Whether it only takes access away, which needs nobody's yes.
    fn narrows(&self) -> bool {
        false
    }

    /// Whom it reaches.
    fn audience(&self) -> Audience {
        Audience::Nobody
    }

    /// What it is about: its owner may have to agree, and only its readers are shown the question.
    fn about(&self) -> Option<About> {
        None
    }

    /// Where what an observation brings comes from: its initiator must be cleared for that, and it joins the label.
    fn source(&self, _directory: &Directory) -> Option<Source> {
        None
    }

    /// The file that it replaces, where it does: that carries what was read before.
    fn writes(&self) -> Option<&FilePath> {
        None
    }

    /// The request in canonical form ([`texts`](crate::journal::canonical::texts)): what is journaled and what a yes is bound to.
    fn canonical(&self) -> String;

    /// What it found when it looked, and changes: journaled with the intent, so that a later look can compare.
    fn found(&self) -> Option<String> {
        None
    }

    /// What it would do, for the card: a line each, names made visible.
    fn does(&self) -> Vec<String> {
        Vec::new()
    }

    /// The text it would send, for the card.
    fn payload(&self) -> Option<&str> {
        None
    }

    /// What it would send, text or not: what is looked at before it goes out.
    fn sends(&self) -> Option<&[u8]> {
        self.payload().map(str::as_bytes)
    }
}

/// What an observation brought.
#[derive(Debug)]
pub struct Brought<T> {
    /// What it is.
    pub value: T,
    /// The bytes of it that count.
    pub bytes: u64,
    /// What it came from beside the action's own source: whoever is told may know all of it.
    pub from: Label,
}

impl<T> Brought<T> {
    /// What came from the action's own source alone.
    pub fn here(value: T, bytes: u64) -> Self {
        Self { value, bytes, from: Label::default() }
    }
}

/// What an observation brings: journaled as it was told, and told again from the journal.
pub trait Retold: Sized {
    /// The bytes that are journaled.
    fn tell(&self) -> Vec<u8>;

    /// What the bytes say; none where they are no such thing.
    fn recall(told: &[u8]) -> Option<Self>;
}

impl Retold for Vec<u8> {
    fn tell(&self) -> Vec<u8> {
        self.clone()
    }

    fn recall(told: &[u8]) -> Option<Self> {
        Some(told.to_vec())
    }
}
