//! The rules of the gate's first words, as the sentence and `explain` both run them.

use crate::grant::{Grant, Grants};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};

use super::action::Action;

/// Whether a grant reaches the action. Returns its place among the grants.
pub(super) fn reach<'g>(grants: &'g Grants, action: &dyn Action) -> Result<(usize, &'g Grant), Refusal> {
    let (place, grant) = grants.find(action.spec(), &action.reach())?;
    if let (Some(asked), Some(longest)) = (action.lease(), grant.lease)
        && asked > longest
    {
        let why = format!("the {} grant opens access for at most {longest}, and {asked} was asked for", grant.spec.name);
        return Err(Refusal::new(Code::NotGranted, why).unless(format!("ask for {longest} or less")));
    }
    Ok((place, grant))
}

/// Whether the initiator may do it himself.
pub(super) fn right(rights: &Rights, action: &dyn Action) -> Result<(), Refusal> {
    rights.judge(&action.need())
}
