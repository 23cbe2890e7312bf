//! The change `acl.end`: a lease closes before its time.

use super::backend::Ending;
use super::grants::{Backend, WRITE};
use crate::diagnostic::Broken;
use crate::gate::{Action, Looking, Who};
use crate::grant::{Reached, Spec};
use crate::journal::canonical::texts;
use crate::meter::Want;
use crate::name::ObjectName;
use crate::people::{Need, not_yours};
use crate::refusal::{Code, Refusal};

/// The early end of a lease that this tool opened for this initiator.
pub struct End {
    asked: String,
    lease: u64,
    /// What is to end; none where the object's text is no name, which no grant reaches.
    ending: Option<Ending>,
    backend: Backend,
}

impl End {
    /// Parses a request.
    #[must_use]
    pub fn parse(object: String, lease: u64, who: &Who, backend: Backend) -> Self {
        let (tool, initiator) = (who.tool.clone(), who.initiator.clone());
        let ending = ObjectName::parse(&object).ok().map(|object| Ending { object, lease, tool, initiator });
        Self { ending, asked: object, lease, backend }
    }

    /// What is to end.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.ending.clone()
    }
}

impl Action for End {
    fn spec(&self) -> &'static Spec {
        WRITE
    }

    fn function(&self) -> &'static str {
        "acl.end"
    }

    fn weight(&self) -> u64 {
        self.asked.len() as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.ending.iter().flat_map(|it| [Reached::Exactly(it.object.as_str()), Reached::Any, Reached::Any]).collect()
    }

    /// It takes away what the initiator himself had opened.
    fn need(&self) -> Need {
        Need::Nothing
    }

    fn want(&self) -> Want {
        Want::Exactly(0)
    }

    /// Such a lease must be open.
    fn look(&self) -> Looking<'_> {
        Box::pin(async {
            let ending = self.ending.clone().ok_or_else(not_yours)?;
            match self.backend.is_open(ending).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(not_yours()),
                Err(broken) => Err(unavailable(&broken)),
            }
        })
    }

    fn narrows(&self) -> bool {
        true
    }

    fn canonical(&self) -> String {
        texts(&[("lease", Some(&self.lease.to_string())), ("object", Some(&self.asked))])
    }
}

pub(super) fn unavailable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "reading access lists");
    Refusal::new(Code::Unavailable, "the access lists cannot be read now").unless("try again when the host is well")
}
