//! Acts as the host rules them. In the agreed column a yes outlasts some of what it was given to; here each yes is to these
//! bytes, to whom they reach and to what was read: where one of these is another when the answer comes, everybody is asked
//! anew, as often as that happens, and first whoever releases what was read.

use super::access::exposes;
use super::{At, By, Control, Day, End, Posted, Widening};
use crate::Minute;
use crate::crowd::{Crowd, Person};
use crate::people::{About, Asking};
use crate::tasks::{Act, Post};
use crate::world::{Principal, World};

/// A question about an act that is asked for the first time or, with `r` or `m` before its key, anew.
#[derive(Debug)]
struct Round {
    minute: Minute,
    prefix: String,
}

impl Round {
    fn first(minute: Minute) -> Self {
        Self { minute, prefix: String::new() }
    }

    /// Whom it reaches has grown.
    fn grown(self, minute: Minute) -> Self {
        Self { minute, prefix: format!("r{}", self.prefix) }
    }
}

impl Day<'_> {
    /// A post: its label is judged, then whoever releases it and its initiator are asked; one person once.
    pub(super) fn post_bound(&mut self, at: At<'_>, post: &Post, read: &[u16]) -> Result<Posted, End> {
        let (world, who, id) = (self.world, at.task.who, at.task.id.as_str());
        let forum = world.forums[usize::from(post.forum)];
        let readers = read.iter().fold(Crowd::all(), |readers, object| readers.and(world.ceiling(*object)));
        let [labels, consent, digests] =
            [Control::Labels, Control::Consent, Control::Digests].map(|control| self.rules.has(control));
        let other_bytes = self.stream(&format!("mut:{id}")).chance(3);
        let mut sent_again = other_bytes && consent && digests;
        let mut round = Round::first(at.minute);
        loop {
            let shown = world.audience(forum, round.minute);
            let grown = |minute| !world.audience(forum, minute).within(shown);
            let declassified = labels && !shown.within(readers);
            let mut initiator_is_asked = consent;
            if declassified {
                let owner = self.releases(at, post, read, &round)?;
                round.minute = owner.1;
                if grown(round.minute) {
                    let minute = round.minute;
                    round = round.grown(minute);
                    continue;
                }
                initiator_is_asked &= owner.0 != who;
            }
            if initiator_is_asked {
                let key = &format!("{}{id}", round.prefix);
                let (minute, harm) = (round.minute, !post.wanted);
                let minute = self.agree(Asking { who, minute, harm, percent: 60, about: About::Post, key })?;
                if grown(minute) {
                    round = round.grown(minute);
                    continue;
                }
                round.minute = minute;
            }
            if std::mem::take(&mut sent_again) {
                round.prefix = "m".to_owned();
                continue;
            }
            let consented = if consent { !other_bytes || digests } else { post.asked };
            return Ok(Posted { task: at.place, at: round.minute, consented, declassified });
        }
    }

    /// An owner of what stands in the way who is cleared for all that was read is asked: who, and when that is a yes.
    fn releases(&mut self, at: At<'_>, post: &Post, read: &[u16], round: &Round) -> Result<(Person, Minute), End> {
        let (world, minute, id) = (self.world, round.minute, &at.task.id);
        if !post.asked || !self.stream(&format!("declass:{id}")).chance(50) {
            return Err(End::Refused);
        }
        let audience = world.audience(world.forums[usize::from(post.forum)], minute);
        let knows_all = |who: Person| read.iter().all(|object| world.ceiling(*object).has(who));
        let in_the_way = read.iter().copied().filter(|object| !audience.within(world.ceiling(*object)));
        let object = in_the_way.filter(|object| knows_all(world.owner(*object))).min().ok_or(End::Refused)?;
        let (who, harm, key) = (world.owner(object), at.task.leaks(world, post, minute), &format!("d{}{id}", round.prefix));
        let answered = self.agree(Asking { who, minute, harm, percent: 60, about: About::Declassifying, key })?;
        Ok((who, answered))
    }

    /// A widening, and after a no or a refusal of a group the one person who needs it, from then on.
    pub(super) fn access_bound(&mut self, at: At<'_>) {
        let Some((object, principal, wanted)) = at.task.act.widening() else { return };
        let first = self.opens(at, (object, principal), wanted, at.task.id.clone());
        if let (Act::Fix { person, .. }, Some(minute)) = (&at.task.act, first) {
            let at = At { minute, ..at };
            self.opens(at, (object, Principal::Person(*person)), true, format!("n{}", at.task.id));
        }
    }

    /// Opens access if its owner agrees; else the minute at which it was not to be.
    fn opens(&mut self, at: At<'_>, what: (u16, Principal), wanted: bool, key: String) -> Option<Minute> {
        let (ended, minute) = self.opened(at, what, wanted, &key);
        self.record.ends.insert(key, ended);
        if ended != End::Done {
            return Some(minute);
        }
        let by = By::Agent { consented: self.rules.has(Control::Consent) || wanted, wanted };
        let (object, principal) = what;
        self.record.widenings.push(Widening { task: at.place, object, principal, from: minute, until: crate::NIGHT, by });
        self.record.done.insert(at.place, minute);
        None
    }

    fn opened(&mut self, at: At<'_>, (object, principal): (u16, Principal), wanted: bool, key: &str) -> (End, Minute) {
        let (world, who) = (self.world, self.world.owner(object));
        let mut round = Round::first(at.minute);
        loop {
            let minute = round.minute;
            if self.rules.has(Control::Labels) && exposes(world, object, principal, minute) {
                return (End::Refused, minute);
            }
            if !self.rules.has(Control::Consent) {
                return (End::Done, minute);
            }
            let gain = |minute| world.people(principal, minute).without(readers(world, &self.before, (object, minute)));
            let shown = gain(minute);
            let key = &format!("{}{key}", round.prefix);
            let asking = Asking { who, minute, harm: !wanted, percent: 60, about: About::Access, key };
            let (yes, answered) = self.people.ask(asking);
            match (yes, gain(answered).within(shown)) {
                (false, _) => return (End::Denied, answered),
                (true, true) => return (End::Done, answered),
                (true, false) => round = round.grown(answered),
            }
        }
    }
}

/// Who reads an object at a minute.
fn readers(world: &World, opened: &[Widening], (object, minute): (u16, Minute)) -> Crowd {
    let there = opened.iter().filter(|it| it.object == object && it.from < minute && minute < it.until);
    there.fold(world.first_readers(object), |all, it| all.or(world.people(it.principal, minute)))
}

/// What stands on a list already is not put there once more: who closes it closes both.
pub(super) fn once(widenings: &mut Vec<Widening>) {
    let mut kept: Vec<Widening> = Vec::new();
    widenings.sort_by_key(|it| it.from);
    for it in widenings.drain(..) {
        let outside = |it: &Widening| matches!(it.by, By::Person(_));
        let same = |there: &Widening| outside(there) && (there.object, there.principal) == (it.object, it.principal);
        if !(outside(&it) && kept.iter().any(|there| same(there) && it.from < there.until)) {
            kept.push(it);
        }
    }
    *widenings = kept;
}
