//! A question to people as it is kept: what it is bound to, who may answer it, and what became of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Act;
use super::card::Card;
use super::glass::Review;
use super::rule::Rules;
use super::visible::show_name;
use crate::clock::Instant;
use crate::name::{Digest, InvocationId, PersonName};
use crate::people::Directory;
use crate::quota::{self, Rate};
use crate::unit::Duration;

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not yet enough answers.
    Open,
    /// Everybody who must has said yes; nothing was done with it yet.
    Agreed,
    /// Somebody said no.
    Declined,
    /// Something that it was bound to has changed.
    Void,
    /// The one act that it was worth is on record.
    Used,
    /// Its time was over first.
    Expired,
    /// Who asked has gone.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Agreed, Self::Declined, Self::Void, Self::Used, Self::Expired, Self::Cancelled];

    /// The state's stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Void => "void",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether something can still come of it.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Agreed)
    }
}

/// How often one initiator, one agent and one tool may each have people asked, and how long questions and answers live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    /// How long a call waits in place before it is set down.
    pub hold: Duration,
    /// How long a question stands.
    pub expires: Duration,
    /// How long a no stands for the same act.
    pub declined: Duration,
    /// Questions for each initiator, agent and tool.
    pub asks: Rate,
    /// How many people may be reached by what one person releases; beyond that it takes two.
    pub two_beyond: u64,
}

/// A question about to be asked.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// What it is bound to.
    pub act: Act,
    /// Who must agree.
    pub rules: Rules,
    /// The manners of asking.
    pub manners: Manners,
    /// Who asks.
    pub asker: InvocationId,
}

/// A question as it is kept.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its number, from 1.
    pub id: u64,
    /// What became of it.
    pub state: State,
    /// Why, where somebody or something ended it.
    pub why: Option<String>,
    /// The act's digest.
    pub act: Digest,
    /// Who must agree.
    pub rules: Rules,
    /// Until when it stands.
    pub expires: Instant,
    /// Who has said yes so far.
    pub agreed: BTreeSet<PersonName>,
    /// The invocation that asks.
    pub asker: InvocationId,
    /// The card; none where its payload was erased.
    pub card: Option<Card>,
    /// The review of it, where somebody broke the glass.
    pub review: Option<Review>,
}

impl Question {
    /// The question without its text, which is only for readers of what it is about.
    #[must_use]
    pub fn row(&self) -> Value {
        let act = self.card.as_ref().map(|card| &card.act);
        json!({
            "question": self.id, "state": self.state.as_str(), "why": self.why,
            "function": act.map(|act| act.function.clone()), "tool": act.map(|act| act.tool.to_string()),
            "agent": act.map(|act| act.actors.first().to_string()), "via": act.map(|act| act.actors.via()), "initiator": self.rules.initiator.as_str(),
            "about": self.rules.about.as_ref().map(|about| show_name(&about.to_string())),
            "consent": self.rules.consent.to_string(),
            "agreed": self.agreed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "expires": self.expires.to_string(), "invocation": self.asker.to_string(),
            "glass": self.review.as_ref().map(|review| if review.closed.is_some() { "reviewed" } else { "unreviewed" }),
        })
    }

    /// Why this person's answer does not count now; none where it does.
    #[must_use]
    pub fn turns_away(&self, person: &PersonName, directory: &Directory, now: Instant) -> Option<String> {
        let (id, rules) = (self.id, &self.rules);
        if rules.asked(&self.agreed, directory, now).contains(person) {
            return None;
        }
        Some(match rules.may_answer(directory, now).contains(person) {
            true => format!("{person} is asked question {id} once what was read has been released ({} must)", rules.consent),
            false => format!("{person} is not among those who may answer question {id} ({} must)", rules.consent),
        })
    }

    /// Whether it is still agreed to: by people who may answer, or by one who broke the glass and still may.
    #[must_use]
    pub fn holds(&self, directory: &Directory, now: Instant) -> bool {
        let readers = || self.rules.readers(directory, now);
        let glass = self.review.as_ref().is_some_and(|review| readers().contains(&review.person));
        glass || self.rules.met(&self.agreed, directory, now)
    }
}

/// A yes that is about to be used.
#[derive(Debug, Clone)]
pub struct Use {
    /// The question.
    pub question: u64,
    /// The act, as its digest was agreed to.
    pub act: Digest,
    /// The version of the world in which its rules were found to be met; none where they have to be judged again.
    pub stamp: Option<u64>,
    /// Whether somebody broke the glass instead of asking for it.
    pub glass: bool,
}

/// What the recording transaction consumes.
#[derive(Debug, Clone, Default)]
pub struct Spends {
    /// The yes.
    pub approval: Option<Use>,
    /// What it costs of quotas.
    pub quotas: Vec<quota::Charge>,
}

/// The cards of earlier acts of one kind: the last one that was done, and the last one that was refused or taken back.
pub type Earlier = (Option<Card>, Option<Card>);

/// What a question is bound to, as it is where somebody answers.
#[derive(Debug, Clone)]
pub struct Current {
    /// The component's digest; none where it cannot be found out.
    pub component: Option<Digest>,
    /// The digest of the manifest's meaning; none where there is no such manifest any more.
    pub manifest: Option<Digest>,
    /// The digest of what the configuration says about people and consent.
    pub rules: Digest,
}

impl Current {
    /// What is not as the act was bound to it.
    #[must_use]
    pub fn differs(&self, act: &Act) -> Option<String> {
        if self.component != Some(act.component) {
            return Some("the tool's component has changed".to_owned());
        }
        if self.manifest != Some(act.manifest) {
            return Some("the tool's manifest has changed".to_owned());
        }
        (self.rules != act.rules).then(|| "what the configuration says about consent has changed".to_owned())
    }
}

/// A person's answer, his credential already seen.
#[derive(Debug, Clone)]
pub struct Reply {
    /// To which question.
    pub question: u64,
    /// Whose.
    pub person: PersonName,
    /// Yes or no.
    pub yes: bool,
    /// What is so where it is given.
    pub now: Current,
}

/// What an answer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It counts, and the question is now in this state.
    Counted(State),
    /// The question has ended by it, or had ended before.
    Ended(State, String),
    /// It does not count; nothing has changed.
    Turned(String),
}

impl Answered {
    /// The word of the question's state after it, for the journal.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Counted(state) | Self::Ended(state, _) => state.as_str(),
            Self::Turned(_) => "turned-away",
        }
    }
}
