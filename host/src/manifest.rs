//! Manifests: what a tool may do, as an operator wrote it. Parsed once, from hostile text, into types that cannot be wrong.
//!
//! Knows no capability by name: what a grant looks like is a [`Spec`] that the caller hands in.

use std::sync::Arc;

use crate::diagnostic::{Problem, Source};
use crate::grant::{Flow, Grants, Pattern, Spec};
use crate::name::{AgentName, Digest, Principal, ToolName};
use crate::quota::Quota;

pub(crate) mod canonical;
mod check;
mod consent;
mod declaration;
mod edit;
mod grants;
mod limits;
mod notes;
mod pattern;
mod quotas;
pub(crate) mod raw;
pub mod schema;
mod skeleton;
mod words;
mod world;

pub use declaration::{declaration, declared, useless};
pub use edit::{BadPin, Place, pin, suggest};
pub use limits::Limits;
pub(crate) use limits::between;
pub use skeleton::{Outline, skeleton};
pub use world::{Known, Reach, against, reached, unused};

/// What came of checking a text: its meaning, if nothing in it was wrong, and every problem, in the order of the text.
#[derive(Debug)]
pub struct Checked<T> {
    /// Present exactly if no problem is an error.
    pub value: Option<T>,
    /// Errors and warnings.
    pub problems: Vec<Problem>,
}

/// A checked manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The tool: the stem of the file's name.
    pub tool: ToolName,
    /// The file of the component, beside the manifest.
    pub component: String,
    /// What was reviewed. A tool without one does not run: the caller refuses it with [`Manifest::UNPINNED`].
    pub digest: Option<Digest>,
    /// On whose behalf it may be called; never empty.
    pub callers: Vec<Principal>,
    /// Which agents may call it; never empty.
    pub agents: Vec<AgentName>,
    /// What its sandbox may use.
    pub limits: Limits,
    /// What it is granted.
    pub grants: Grants,
    /// What may be done over time: a charge to each of its name is spent with an act.
    pub quotas: Vec<Quota>,
    /// Every name and pattern it mentions, to be compared with what exists.
    pub mentions: Vec<Mention>,
    /// The text it was written in.
    pub source: Arc<Source>,
    grant_table: Option<usize>,
}

impl Manifest {
    /// What to do about a manifest without a digest.
    pub const UNPINNED: &'static str =
        "nobody has said which bytes were reviewed; review the component and run `tollgate pin TOOL`";

    /// Whether something that it grants keeps results from agents.
    #[must_use]
    pub fn seals(&self) -> bool {
        self.grants.0.iter().any(|grant| grant.flow == Flow::Seal)
    }

    /// The digest of what the manifest means: comments, spelling and order do not change it; any limit, grant, quota,
    /// caller, agent, the component or its digest does.
    #[must_use]
    pub fn meaning(&self) -> Digest {
        canonical::meaning(self)
    }

    /// The same manifest printed in full, defaults included; its text means the same.
    #[must_use]
    pub fn print(&self) -> String {
        edit::print(self)
    }

    /// What stands on a line, counted from 1.
    fn line_span(&self, line: usize) -> std::ops::Range<usize> {
        let start = self.source.text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        let length = self.source.text[start..].lines().next().map_or(0, |line| line.trim_end().len());
        start..start + length
    }

    /// Where a further grant of `spec` would be written.
    #[must_use]
    pub fn place_for_grant(&self, spec: &Spec) -> Place {
        let existing = self.grants.0.iter().find(|grant| grant.spec.name == spec.name);
        match (existing, self.grant_table) {
            (Some(grant), _) => Place::Widen(grant.line),
            (None, Some(line)) => Place::Under(line),
            (None, None) => Place::New(self.source.text.lines().count() + 1),
        }
    }
}

/// A name or pattern that a manifest mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The grant that it belongs to, or `tool`.
    pub of: &'static str,
    /// The key it stands under: `paths`, `forums`, `objects`, `principals`, `callers`.
    pub what: &'static str,
    /// One of it, in words: `path`, `forum`, `principal`.
    pub one: &'static str,
    /// As written.
    pub text: String,
    /// Where.
    pub span: std::ops::Range<usize>,
    /// The pattern, where it is one; `None` for a literal.
    pub pattern: Option<Pattern>,
}

/// Checks a manifest against the grants that exist, and says everything that is wrong with it.
#[must_use]
pub fn check(tool: ToolName, source: Arc<Source>, specs: &[&'static Spec]) -> Checked<Manifest> {
    raw::check(&source, |notes, root| check::manifest(notes, root, check::Given { tool, source: source.clone(), specs }))
}
