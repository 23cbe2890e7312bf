//! Files that are removed.

use super::{At, Column, Control, Day};
use crate::Minute;
use crate::people::{About, Asking};

/// How many paths stand on one card.
const LIST: u16 = 50;

impl Day<'_> {
    /// Removes `all` files, of which the first `wanted` are to go.
    pub(super) fn remove(&mut self, at: At<'_>, all: u16, wanted: u16) {
        let ended = match self.rules.column {
            Column::Peer => self.remove_as_peers(at, all, wanted),
            Column::Tollgate if self.rules.has(Control::Consent) => self.remove_as_tollgate(at, all, wanted),
            Column::None | Column::Tollgate => {
                // "Confirm first" was the instruction.
                self.removed(u32::from(all), u32::from(all - wanted));
                Some(at.minute)
            }
        };
        if let Some(minute) = ended {
            self.record.done.insert(at.place, minute);
        }
    }

    fn removed(&mut self, unconsented: u32, unwanted: u32) {
        self.record.removed.unconsented += unconsented;
        self.record.removed.unwanted += unwanted;
    }

    fn ask_to_remove(&mut self, at: At<'_>, harm: bool, key: &str) -> (bool, Minute) {
        let (who, minute) = (at.task.who, at.minute);
        self.people.ask(Asking { who, minute, harm, percent: 60, about: About::Files, key })
    }

    fn remove_as_peers(&mut self, at: At<'_>, all: u16, wanted: u16) -> Option<Minute> {
        let (mut last, mut wanted_left) = (at.minute, false);
        for file in 0..all {
            let unwanted = file >= wanted;
            if self.people.always(at.task.who, About::Files) {
                self.removed(1, u32::from(unwanted));
                continue;
            }
            let (yes, answered) = self.ask_to_remove(at, unwanted, &format!("{}:{file}", at.task.id));
            last = last.max(answered);
            if yes {
                self.removed(0, u32::from(unwanted));
            } else {
                wanted_left |= !unwanted;
            }
        }
        (!wanted_left).then_some(last)
    }

    fn remove_as_tollgate(&mut self, at: At<'_>, all: u16, wanted: u16) -> Option<Minute> {
        let (mut last, mut wanted_left) = (at.minute, false);
        for first in (0..all).step_by(usize::from(LIST)) {
            let end = all.min(first + LIST);
            let unwanted = end.saturating_sub(wanted.max(first));
            let (yes, answered) = self.ask_to_remove(at, unwanted > 0, &format!("{}:{first}", at.task.id));
            last = last.max(answered);
            if yes {
                self.removed(0, u32::from(unwanted));
            } else if first < wanted {
                let (yes, answered) = self.ask_to_remove(at, false, &format!("{}:{first}:again", at.task.id));
                last = last.max(answered);
                wanted_left |= !yes;
            }
        }
        (!wanted_left).then_some(last)
    }
}
