//! What a tool may ask for: what its operator granted, within what its author declared. Each judges the request by itself.

use super::{Grant, Grants, Reached, Spec};
use crate::refusal::{Code, Refusal};

/// Grants and declaration of one tool. Neither can widen the other, and no set of patterns is filtered with another one.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// What the manifest grants.
    pub granted: Grants,
    /// What the author says that the tool needs at most; none where he says nothing.
    pub declared: Option<Grants>,
}

/// Under what an act falls: places in the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The grant.
    pub granted: usize,
    /// The declaration's entry; none where there is no declaration.
    pub declared: Option<usize>,
}

impl Allowed {
    /// The grant that an act falls under, if the declaration reaches it too.
    ///
    /// # Errors
    /// `cover.not-granted`, in the same words whatever exists.
    pub fn find(&self, spec: &Spec, asked: &[Reached<'_>]) -> Result<(Place, &Grant), Refusal> {
        let Some((granted, grant)) = self.granted.find(spec, asked) else {
            let why = format!("this tool has no {} grant that reaches what it asked for", spec.name);
            let change = format!("an operator can add it to the tool's manifest under [grant] as \"{}\"", spec.name);
            return Err(Refusal::new(Code::NotGranted, why).unless(change));
        };
        let declared = match &self.declared {
            None => None,
            Some(declared) => Some(declared.find(spec, asked).ok_or_else(|| undeclared(spec))?.0),
        };
        Ok((Place { granted, declared }, grant))
    }

    /// Whether an act of `spec` on exactly these values falls under a grant and the declaration.
    #[must_use]
    pub fn shows(&self, spec: &Spec, asked: &[Reached<'_>]) -> bool {
        self.granted.find(spec, asked).is_some()
            && self.declared.as_ref().is_none_or(|declared| declared.find(spec, asked).is_some())
    }

    /// The declaration's entry at a place.
    #[must_use]
    pub fn declaration(&self, place: Place) -> Option<&Grant> {
        self.declared.as_ref()?.0.get(place.declared?)
    }
}

fn undeclared(spec: &Spec) -> Refusal {
    let why = format!("the tool's own declaration says that it needs no {} that reaches this far", spec.name);
    Refusal::new(Code::NotGranted, why).unless("its author can declare more in a new version, to be reviewed and pinned")
}
