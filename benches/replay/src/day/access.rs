//! Access lists.

use super::{At, By, Column, Control, Day, End, Widening};
use crate::crowd::Person;
use crate::people::{About, Asking};
use crate::tasks::Act;
use crate::world::{Principal, World};
use crate::{Minute, NIGHT};

/// One attempt to add somebody.
pub(super) struct Attempt {
    pub(super) object: u16,
    pub(super) principal: Principal,
    /// Whether somebody asked for it and its owner wants it.
    pub(super) asked: bool,
    pub(super) key: String,
}

/// Whether somebody would gain what they are not cleared for.
pub(super) fn exposes(world: &World, object: u16, principal: Principal, minute: Minute) -> bool {
    !world.people(principal, minute).within(world.ceiling(object))
}

impl Day<'_> {
    pub(super) fn access(&mut self, at: At<'_>) {
        let Some((object, principal, asked)) = at.task.act.widening() else { return };
        let first = Attempt { object, principal, asked, key: at.task.id.clone() };
        let Some(ended) = self.attempt(at, &first) else { return };
        // Who may not add the group adds the one person who needs it: by the agreed rules from the beginning on, else when told no.
        if let Act::Fix { person, .. } = at.task.act {
            let at = if self.rules.bound { At { minute: ended, ..at } } else { at };
            let principal = Principal::Person(person);
            self.attempt(at, &Attempt { object, principal, asked: true, key: format!("n{}", at.task.id) });
        }
    }

    /// Tries it; when it was not to be, the minute at which that was known.
    fn attempt(&mut self, at: At<'_>, attempt: &Attempt) -> Option<Minute> {
        let at_once = |end| (end, at.minute);
        let ended = match self.rules.column {
            Column::None => Ok((at.minute, attempt.asked)),
            Column::Peer => self.access_as_peers(at, attempt).map_err(at_once),
            Column::Tollgate if self.rules.bound => self.access_bound(at, attempt),
            Column::Tollgate => self.access_as_tollgate(at, attempt).map_err(at_once),
        };
        if let Ok((from, consented)) = ended {
            let by = By::Agent { consented, wanted: attempt.asked };
            let Attempt { object, principal, .. } = *attempt;
            self.record.widenings.push(Widening { task: at.place, object, principal, from, until: NIGHT, by });
            self.record.done.insert(at.place, from);
        }
        self.record.ends.insert(attempt.key.clone(), ended.map_or_else(|(end, _)| end, |_| End::Done));
        ended.err().map(|(_, minute)| minute)
    }

    fn access_as_peers(&mut self, at: At<'_>, attempt: &Attempt) -> Result<(Minute, bool), End> {
        let (minute, who, key) = (at.minute, at.task.who, attempt.key.as_str());
        let (when, shown) = if self.people.always(who, About::Access) {
            (minute, false)
        } else {
            let harm = !attempt.asked || exposes(self.world, attempt.object, attempt.principal, minute);
            let percent = if attempt.asked { 15 } else { 60 };
            (self.agree(Asking { who, minute, harm, percent, about: About::Access, key })?, true)
        };
        let other_bytes = self.stream(&format!("mut:{key}")).chance(3);
        Ok((when, (shown || attempt.asked) && !other_bytes))
    }

    fn access_as_tollgate(&mut self, at: At<'_>, attempt: &Attempt) -> Result<(Minute, bool), End> {
        let minute = at.minute;
        if self.rules.has(Control::Labels) && exposes(self.world, attempt.object, attempt.principal, minute) {
            return Err(End::Refused);
        }
        if !self.rules.has(Control::Consent) {
            return Ok((minute, attempt.asked));
        }
        let (who, harm, key): (Person, _, _) = (self.world.owner(attempt.object), !attempt.asked, attempt.key.as_str());
        let when = self.agree(Asking { who, minute, harm, percent: 60, about: About::Access, key })?;
        Ok((when, true))
    }
}
