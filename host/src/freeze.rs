//! The switch: whom and what somebody has stopped. Pure: a store keeps freezes, `people` carries those of a version of
//! the world, and the gate asks them at every decision.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value, json};

use crate::clock::Instant;
use crate::name::{Actors, AgentName, BadName, CapabilityName, PersonName, ToolName};
use crate::refusal::{Code, Refusal};
use crate::unit::Duration;

/// The longest reason, in characters: it stands in every refusal.
pub const REASON: usize = 200;

/// What a freeze stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everything,
    /// Whatever this tool does.
    Tool(ToolName),
    /// Whatever comes through this agent, or through another one on its behalf.
    Agent(AgentName),
    /// Whatever is done on behalf of this person.
    Person(PersonName),
    /// A capability (`forum`) or one of its functions (`forum.post`), whoever uses it.
    Capability(CapabilityName),
}

impl Scope {
    /// Parses the word of a scope and the name it is about; `everything` has no name.
    ///
    /// # Errors
    /// When there is no such scope, or the name is outside its grammar.
    pub fn parse(word: &str, name: &str) -> Result<Self, BadName> {
        match word {
            "everything" => Ok(Self::Everything),
            "tool" => ToolName::parse(name).map(Self::Tool),
            "agent" => AgentName::parse(name).map(Self::Agent),
            "person" => PersonName::parse(name).map(Self::Person),
            "capability" => CapabilityName::parse(name).map(Self::Capability),
            other => Err(BadName(format!("`{}` is nothing that can be frozen", other.escape_debug()))),
        }
    }

    /// The scope's stable word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Tool(_) => "tool",
            Self::Agent(_) => "agent",
            Self::Person(_) => "person",
            Self::Capability(_) => "capability",
        }
    }

    /// The name it is about; empty for everything.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Everything => "",
            Self::Tool(tool) => tool.as_str(),
            Self::Agent(agent) => agent.as_str(),
            Self::Person(person) => person.as_str(),
            Self::Capability(capability) => capability.as_str(),
        }
    }

    /// Whether it reaches `subject`.
    #[must_use]
    pub fn reaches(&self, subject: &Subject) -> bool {
        match self {
            Self::Everything => true,
            Self::Tool(tool) => *tool == subject.tool,
            Self::Agent(agent) => subject.actors.each().any(|actor| actor == agent),
            Self::Person(person) => *person == subject.initiator,
            Self::Capability(capability) => subject.function.as_deref().is_some_and(|function| {
                let rest = function.strip_prefix(capability.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Tool(_) | Self::Agent(_) | Self::Person(_) | Self::Capability(_) => {
                write!(f, "the {} `{}`", self.word(), self.name())
            }
        }
    }
}

/// A freeze that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFreeze {
    /// What is to be stopped.
    pub scope: Scope,
    /// Why, as it was typed.
    pub reason: String,
    /// Who wants it.
    pub by: PersonName,
    /// For how long; without it, until somebody thaws it.
    pub lasts: Option<Duration>,
}

/// One throw of the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its number in the store; 0 while it is not durable.
    pub id: u64,
    /// What is stopped.
    pub scope: Scope,
    /// Why: on one line, at most [`REASON`] characters, nothing hidden in it.
    pub reason: String,
    /// Who stopped it.
    pub by: PersonName,
    /// Since when.
    pub at: Instant,
    /// Until when; without it, until somebody thaws it.
    pub ends: Option<Instant>,
    /// Whether somebody has thawed it.
    pub thawed: bool,
}

impl Freeze {
    /// Whether it still holds at `now`: one with an end is over at its end by itself.
    #[must_use]
    pub fn holds(&self, now: Instant) -> bool {
        !self.thawed && self.ends.is_none_or(|ends| now < ends)
    }

    /// Whether `person` may thaw it: nobody whom somebody else has frozen lets himself go.
    #[must_use]
    pub fn may_be_thawed_by(&self, person: &PersonName) -> bool {
        self.by == *person || !matches!(&self.scope, Scope::Person(frozen) if frozen == person)
    }

    /// The freeze as it is listed.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "scope": self.scope.word(), "name": self.scope.name(), "reason": self.reason,
            "by": self.by.as_str(), "at": self.at.to_string(), "ends": self.ends.map(|ends| ends.to_string()),
        })
    }

    /// What is told to whoever it stops.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let end = self.ends.map(|ends| format!(" until {ends}")).unwrap_or_default();
        let why = format!("{} has frozen {}{end}: {}", self.by, self.scope, self.reason);
        let change = match (self.id, self.ends) {
            (0, _) => "a person can thaw it once it is on record".to_owned(),
            (id, None) => format!("a person can thaw it: `tollgate thaw {id}`"),
            (id, Some(_)) => format!("wait for its end, or a person can thaw it before: `tollgate thaw {id}`"),
        };
        Refusal { until: self.ends, ..Refusal::new(Code::Frozen, why).unless(change) }
    }
}

/// Who is at work, and with which function: what a freeze may be about. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The tool.
    pub tool: ToolName,
    /// Through which agents: who freezes one of them stops it.
    pub actors: Actors,
    /// On whose behalf.
    pub initiator: PersonName,
    /// The host function: `forum.post`; none for the call itself, which no frozen capability stops.
    pub function: Option<Cow<'static, str>>,
}

/// The first freeze that stops `subject` at `now`.
#[must_use]
pub fn stops<'f>(freezes: &'f [Freeze], subject: &Subject, now: Instant) -> Option<&'f Freeze> {
    freezes.iter().find(|freeze| freeze.holds(now) && freeze.scope.reaches(subject))
}

/// Judges what was allowed when `known` was the newest freeze: a freeze since then stops it, also one that is over. What was
/// agreed to before a freeze is asked again after it.
///
/// # Errors
/// `freeze.frozen`.
pub fn judge_since(freezes: &[Freeze], known: u64, subject: &Subject, now: Instant) -> Result<(), Refusal> {
    judge(freezes, subject, now)?;
    match freezes.iter().find(|freeze| freeze.id > known && freeze.scope.reaches(subject)) {
        None => Ok(()),
        Some(freeze) => {
            let why = format!("{} had frozen {} after this was allowed: {}", freeze.by, freeze.scope, freeze.reason);
            Err(Refusal::new(Code::Frozen, why).unless("ask again"))
        }
    }
}

/// The number of the newest freeze.
#[must_use]
pub fn newest(freezes: &[Freeze]) -> u64 {
    freezes.iter().map(|freeze| freeze.id).max().unwrap_or_default()
}

/// Judges `subject` at `now`.
///
/// # Errors
/// `freeze.frozen`, saying who has stopped what, why and until when.
pub fn judge(freezes: &[Freeze], subject: &Subject, now: Instant) -> Result<(), Refusal> {
    stops(freezes, subject, now).map_or(Ok(()), |freeze| Err(freeze.refusal()))
}
