//! One invocation as the gate knows it: who asks, what it may ask for, what stands behind it, and its book.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::book::Book;
use super::services::{Services, Timing};
use crate::freeze::Subject;
use crate::grant::{Allowed, Spec};
use crate::label::SessionId;
use crate::name::{Actors, Digest, InvocationId, PersonName, ToolName};
use crate::quota::{self, Charge, Quota};

/// Who asks: found out by the host, never said by the guest.
#[derive(Debug, Clone)]
pub struct Who {
    /// The invocation.
    pub invocation: InvocationId,
    /// The tool.
    pub tool: ToolName,
    /// The digest of its component.
    pub component: Digest,
    /// The digest of its manifest's meaning.
    pub manifest: Digest,
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agents.
    pub actors: Actors,
    /// In which session of the agent, where its platform says so.
    pub session: Option<String>,
    /// The digest of what the configuration says about consent.
    pub rules: Digest,
    /// The digest of the call: an equal one joins it.
    pub call: Digest,
}

impl Who {
    /// The session whose label it begins with and raises.
    #[must_use]
    pub fn holds(&self) -> SessionId {
        SessionId::of(&self.initiator, &self.actors, self.session.as_deref())
    }

    /// What a freeze may be about, in a use of `function`.
    #[must_use]
    pub fn subject(&self, function: impl Into<Option<&'static str>>) -> Subject {
        let (tool, actors, initiator) = (self.tool.clone(), self.actors.clone(), self.initiator.clone());
        Subject { tool, actors, initiator, function: function.into().map(Into::into) }
    }
}

/// One invocation as the gate knows it.
#[derive(Clone)]
pub struct Session {
    /// Who asks.
    pub who: Arc<Who>,
    /// What its tool may ask for.
    pub allowed: Arc<Allowed>,
    /// What its tool may use over time.
    pub quotas: Arc<[Quota]>,
    /// What stands behind the gate.
    pub services: Services,
    /// Whose time it is.
    pub timing: Arc<dyn Timing>,
    /// Its book.
    pub book: Arc<Mutex<Book>>,
    /// Of the invocation: those of its host calls are within it.
    pub span: tracing::Span,
}

impl Session {
    /// What one act under `spec` costs of quotas.
    pub(super) fn charges(&self, spec: &Spec) -> Vec<Charge> {
        let who = &self.who;
        quota::charges(&self.quotas, spec.name, &who.tool, who.actors.first(), &who.initiator)
    }
}
