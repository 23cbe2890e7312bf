//! The gate's sentence said aloud, without doing anything: which line decides, and what would change it.

use std::sync::Arc;

use super::action::Action;
use super::judge::{self, Flows};
use crate::approval::named;
use crate::freeze::Subject;
use crate::grant::{Allowed, Flow, Grant};
use crate::label::Label;
use crate::meter::Meters;
use crate::people::{Audience, Rights};
use crate::refusal::Refusal;

/// What one word of the sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The word.
    pub stage: &'static str,
    /// In one sentence.
    pub says: String,
    /// The line of the manifest that decided, from 1.
    pub line: Option<usize>,
    /// The refusal, where this is where it ends.
    pub refusal: Option<Refusal>,
}

impl Step {
    /// A word that lets it pass.
    #[must_use]
    pub fn yes(stage: &'static str, says: String, line: Option<usize>) -> Self {
        Self { stage, says, line, refusal: None }
    }

    /// A word that ends it.
    #[must_use]
    pub fn no(stage: &'static str, line: Option<usize>, refusal: Refusal) -> Self {
        Self { stage, says: refusal.message.clone(), line, refusal: Some(refusal) }
    }
}

/// Says for each word what it would answer to a first such call after what `label` holds was read; ends at the first no.
#[must_use]
pub fn explain(action: &dyn Action, allowed: &Arc<Allowed>, rights: &Rights, subject: &Subject, label: &Label) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Err(refusal) = judge::thawed(rights, subject) {
        return vec![Step::no("freeze", None, refusal)];
    }
    let (place, grant) = match judge::reach(allowed, action) {
        Ok(found) => found,
        Err(refusal) => return vec![Step::no("cover", None, refusal)],
    };
    let line = Some(grant.line);
    steps.push(Step::yes("cover", format!("this {} grant reaches it", grant.spec.name), line));
    let need = judge::need(action, &grant.consent);
    if let Err(refusal) = rights.judge(&need) {
        steps.push(Step::no("cover", None, refusal));
        return steps;
    }
    let may = if need == action.need() { "do it himself or herself" } else { "ask its owner for it" };
    steps.push(Step::yes("cover", format!("{} may {may}", rights.initiator()), None));
    let mut meters = Meters::new(allowed);
    match meters.charge(place, action.want()) {
        Ok(charge) => {
            let bytes = grant.bytes.map(|bytes| format!(", {} bytes of {bytes}", charge.bytes())).unwrap_or_default();
            steps.push(Step::yes("fund", format!("1 call of {}{bytes}", grant.calls), line));
        }
        Err(refusal) => {
            steps.push(Step::no("fund", line, refusal));
            return steps;
        }
    }
    steps.extend(gain(action, rights));
    let flows = match judge::clear(rights, action, label, grant.flow) {
        Ok(flows) => flows,
        Err(refusal) => {
            steps.extend(outside(action, rights, label, line));
            steps.push(Step::no("clear", None, refusal));
            return steps;
        }
    };
    let consent = if flows == Flows::Released { grant.consent.releasing(false) } else { grant.consent.clone() };
    steps.push(clear(action, rights, label, &flows));
    steps.extend(refused(grant));
    let audience = action.audience().people(rights.directory(), rights.now).len();
    steps.push(match consent.is_none() {
        true => Step::yes("agree", "nobody has to agree".to_owned(), line),
        false => {
            let says =
                format!("{} is asked for {}, and shown that it reaches {audience} people", consent, rights.initiator());
            Step::yes("agree", says, line)
        }
    });
    steps
}

/// Who would be told what they are not cleared for, and who could release it to them if the grant said so.
fn outside(action: &dyn Action, rights: &Rights, label: &Label, line: Option<usize>) -> Option<Step> {
    let (directory, audience) = (rights.directory(), action.audience());
    let outside = directory.uncleared(label, &audience, rights.now);
    let read: Vec<&str> = label.sources().map(|source| &*source.what).collect();
    let who = named(&outside, directory, NAMES);
    let by = named(&directory.releasers(label, &audience, rights.now), directory, NAMES);
    let says = format!(
        "it reaches {who}, not cleared for what was read before ({}); with flow = \"ask\" here, who could release it: {by}",
        read.join(", ")
    );
    (!outside.is_empty()).then(|| Step::yes("reach", says, line))
}

/// Why it may be read, or may go where it is sent.
fn clear(action: &dyn Action, rights: &Rights, label: &Label, flows: &Flows) -> Step {
    let read: Vec<&str> = label.sources().map(|source| &*source.what).collect();
    let says = match flows {
        Flows::In(Some(_)) => format!("{} is cleared for it", rights.initiator()),
        Flows::Released => {
            let outside = rights.directory().uncleared(label, &action.audience(), rights.now);
            let who = named(&outside, rights.directory(), NAMES);
            format!("{who} would be told what was read before ({}), if somebody who owns it releases it", read.join(", "))
        }
        Flows::In(None) | Flows::Out if action.narrows() || action.audience() == Audience::Nobody => {
            "it brings nobody anything".to_owned()
        }
        Flows::In(None) | Flows::Out if read.is_empty() => {
            "nothing was read before, so it may go to whom it reaches".to_owned()
        }
        Flows::In(None) | Flows::Out => {
            format!("everybody whom it reaches is cleared for what was read before: {}", read.join(", "))
        }
    };
    Step::yes("clear", says, None)
}

/// What of what it would send is refused, where its grant says so.
fn refused(grant: &Grant) -> Option<Step> {
    let kinds: Vec<&str> = grant.refuse.iter().map(|kind| kind.name()).collect();
    let says = || format!("what it sends is looked at, and refused where this is found: {}", kinds.join(", "));
    (!kinds.is_empty()).then(|| Step::yes("clear", says(), Some(grant.line)))
}

/// Reads something first, as the gate would let a tool do it: what it brings joins the label.
///
/// # Errors
/// `cover.not-yours`, `clear.not-cleared`.
pub fn read_first(action: &dyn Action, rights: &Rights, label: &mut Label) -> Result<(), Refusal> {
    rights.judge(&action.need())?;
    if let Flows::In(Some(source)) = judge::clear(rights, action, label, Flow::Refuse)? {
        label.join(&source);
    }
    Ok(())
}

/// Names that are said one by one before the rest is counted.
const NAMES: usize = 12;

/// Who would gain what, and for how long, where an action opens access.
fn gain(action: &dyn Action, rights: &Rights) -> Option<Step> {
    let Audience::Gains(object, principal, right) = action.audience() else { return None };
    let people = Audience::Gains(object.clone(), principal.clone(), right).people(rights.directory(), rights.now);
    let span = action.lease().map(|span| format!(" for {span}, until {}", rights.now.after(span))).unwrap_or_default();
    let who = named(&people, rights.directory(), NAMES);
    let says = match people.is_empty() {
        true => format!("nobody would gain {} of {object}: whoever is {principal} has it already", right.as_str()),
        false => format!("through {principal}, {} of {object} would be gained{span}, by {who}", right.as_str()),
    };
    Some(Step::yes("gain", says, None))
}
