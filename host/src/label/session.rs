//! Which session of an agent holds what it was told.

use crate::name::{Actors, PersonName};

/// A session: the platform's claim where there is one (one task, one session), or else a person and the agents that act for
/// him. Never a connection, and never a name that the agent chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId {
    /// On whose behalf.
    pub person: PersonName,
    /// The platform's claim; empty where it makes none.
    pub claim: String,
    /// The agents, where the platform makes no claim; else empty.
    pub agent: String,
}

impl SessionId {
    /// The session of a call.
    #[must_use]
    pub fn of(person: &PersonName, actors: &Actors, claim: Option<&str>) -> Self {
        let (claim, agent) = match claim {
            Some(claim) => (claim.to_owned(), String::new()),
            None => (String::new(), actors.text()),
        };
        Self { person: person.clone(), claim, agent }
    }
}
