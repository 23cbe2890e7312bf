//! Breaking the glass: one act goes on without the people who should agree, on a person's word, and stands marked until
//! somebody else has looked at it.

use std::collections::BTreeSet;

use super::question::{Current, Question};
use super::visible::{is_hidden, show};
use crate::clock::Instant;
use crate::name::{PersonName, Principal};
use crate::people::{Audience, Directory};
use crate::unit::Duration;

/// How long access that was opened so lasts at most.
pub const GLASS: Duration = Duration(60 * 60 * 1000);

/// The characters of a statement, at least and at most.
const LENGTH: (usize, usize) = (10, 500);

/// What a person says for the record: one line, with nothing hidden in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement(String);

impl Statement {
    /// Makes one out of what was typed; hidden characters are written out.
    ///
    /// # Errors
    /// When it has fewer than 10 characters that can be seen, or more than 500 in all.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let (typed, (least, most)) = (typed.trim(), LENGTH);
        let seen = typed.chars().filter(|c| !is_hidden(*c) && *c != ' ').count();
        if seen < least || typed.chars().count() > most {
            return Err(format!("it takes {least} to {most} characters"));
        }
        Ok(Self(show(typed).text.replace('\n', " ")))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody breaks the glass, his credential already seen.
#[derive(Debug, Clone)]
pub struct Breaking {
    /// Over which question.
    pub question: u64,
    /// Who.
    pub person: PersonName,
    /// Why.
    pub reason: Statement,
    /// What is so where he does it.
    pub now: Current,
}

/// Somebody closes a review, his credential already seen.
#[derive(Debug, Clone)]
pub struct Closing {
    /// Of which question.
    pub question: u64,
    /// Who.
    pub person: PersonName,
    /// What he found.
    pub finding: Statement,
}

/// What is owed for a broken glass: that somebody else looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who broke the glass.
    pub person: PersonName,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Instant,
    /// Who looked at it; nobody yet where it is open.
    pub closed: Option<Closed>,
}

/// How a review ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// By whom.
    pub person: PersonName,
    /// When.
    pub at: Instant,
    /// What was found.
    pub finding: String,
}

impl Question {
    /// Who may close its review: readers of what it is about, but neither who broke the glass nor who gained by it.
    #[must_use]
    pub fn reviewers(&self, directory: &Directory, now: Instant) -> BTreeSet<PersonName> {
        let mut reviewers = self.rules.readers(directory, now);
        if let Some(review) = &self.review {
            reviewers.remove(&review.person);
        }
        let gained = self.gained(directory);
        reviewers.retain(|person| !gained.contains(person));
        reviewers
    }

    /// Whether it is about opening access, which closes by itself.
    #[must_use]
    pub const fn opens(&self) -> bool {
        matches!(self.rules.audience, Audience::Gains(..))
    }

    /// Whom it let in; where its card was erased, all whom it could have.
    fn gained(&self, directory: &Directory) -> BTreeSet<PersonName> {
        match (&self.rules.audience, &self.card) {
            (Audience::Gains(..), Some(card)) => card.act.audience.clone(),
            (Audience::Gains(_, principal, _), None) => directory.members([principal as &Principal]),
            (Audience::Nobody | Audience::Forum(_) | Audience::Readers(_), _) => BTreeSet::new(),
        }
    }
}
