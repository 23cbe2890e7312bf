//! Which agents act: the one that calls, and those on whose behalf it does.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::{AgentName, BadName};

/// The chain of agents between a person and a call (RFC 8693, `act`): found out by a door, never shortened. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actors {
    first: AgentName,
    via: Arc<[AgentName]>,
}

impl Actors {
    /// The one that calls, and those on whose behalf it does, the nearest first: the last one works for the person.
    #[must_use]
    pub fn new(first: AgentName, via: impl IntoIterator<Item = AgentName>) -> Self {
        Self { first, via: via.into_iter().collect() }
    }

    /// The one that calls: it is what counts where one agent is counted.
    #[must_use]
    pub const fn first(&self) -> &AgentName {
        &self.first
    }

    /// All of them, the one that calls first.
    pub fn each(&self) -> impl DoubleEndedIterator<Item = &AgentName> {
        std::iter::once(&self.first).chain(self.via.iter())
    }

    /// All of them in one text, a space between them: names hold none. An agent that works alone is its name.
    #[must_use]
    pub fn text(&self) -> String {
        joined(self.each())
    }

    /// Those on whose behalf the first one works, the nearest first.
    #[must_use]
    pub fn via(&self) -> Vec<&str> {
        self.via.iter().map(AgentName::as_str).collect()
    }

    /// The member `via` that entries and cards have beside `agent`; none where it works alone.
    #[must_use]
    pub fn via_text(&self) -> Option<String> {
        (!self.via.is_empty()).then(|| joined(self.via.iter()))
    }

    /// Reads the members `agent` and `via` of an entry or a card.
    ///
    /// # Errors
    /// When a name is missing or malformed: what cannot be read is not left out.
    pub fn read(body: &Value) -> Result<Self, BadName> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| BadName("it is no text".to_owned()));
        let first = AgentName::parse(&text(&body["agent"])?)?;
        match body.get("via") {
            None => Ok(Self::from(first)),
            Some(via) => {
                let via: Result<Vec<_>, _> = text(via)?.split(' ').map(AgentName::parse).collect();
                Ok(Self::new(first, via?))
            }
        }
    }
}

fn joined<'n>(names: impl Iterator<Item = &'n AgentName>) -> String {
    names.map(AgentName::as_str).collect::<Vec<_>>().join(" ")
}

impl From<AgentName> for Actors {
    /// An agent that works alone.
    fn from(first: AgentName) -> Self {
        Self { first, via: Arc::default() }
    }
}

impl fmt::Display for Actors {
    /// `agent-9, for agent-7`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.via.iter().try_for_each(|agent| write!(f, ", for {agent}"))
    }
}
