//! Acts as the host rules them. In the agreed column a yes outlasts some of what it was given to; here each yes is to these
//! bytes, to whom they reach and to what was read: where one of these is another when the answer comes, everybody is asked
//! anew, as often as that happens, and first whoever releases what was read.

use super::access::{Attempt, exposes};
use super::{At, By, Control, Day, End, Posted, Widening};
use crate::Minute;
use crate::crowd::Crowd;
use crate::people::{About, Asking};
use crate::tasks::Post;
use crate::world::World;

/// A question about an act that is asked for the first time or, with `r` or `m` before its key, anew.
#[derive(Debug)]
struct Round {
    minute: Minute,
    anew: String,
}

impl Round {
    fn first(minute: Minute) -> Self {
        Self { minute, anew: String::new() }
    }

    /// Whom it reaches has grown.
    fn grown(&mut self, minute: Minute) {
        self.minute = minute;
        self.anew.insert(0, 'r');
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
                let (owner, minute) = self.declassify(At { minute: round.minute, ..at }, post, read, &round.anew)?;
                if grown(minute) {
                    round.grown(minute);
                    continue;
                }
                round.minute = minute;
                initiator_is_asked &= owner != who;
            }
            if initiator_is_asked {
                let key = &format!("{}{id}", round.anew);
                let (minute, harm) = (round.minute, !post.wanted);
                let minute = self.agree(Asking { who, minute, harm, percent: 60, about: About::Post, key })?;
                if grown(minute) {
                    round.grown(minute);
                    continue;
                }
                round.minute = minute;
            }
            if std::mem::take(&mut sent_again) {
                round.anew = "m".to_owned();
                continue;
            }
            let consented = if consent { !other_bytes || digests } else { post.asked };
            return Ok(Posted { task: at.place, at: round.minute, consented, declassified });
        }
    }

    /// A widening: its owner is asked, and again as often as others gain by it.
    pub(super) fn access_bound(&mut self, at: At<'_>, attempt: &Attempt) -> Result<(Minute, bool), (End, Minute)> {
        let Attempt { object, principal, asked, .. } = *attempt;
        let (world, who) = (self.world, self.world.owner(object));
        let mut round = Round::first(at.minute);
        loop {
            let minute = round.minute;
            if self.rules.has(Control::Labels) && exposes(world, object, principal, minute) {
                return Err((End::Refused, minute));
            }
            if !self.rules.has(Control::Consent) {
                return Ok((minute, asked));
            }
            let gain = |minute| world.people(principal, minute).without(readers(world, &self.before, (object, minute)));
            let shown = gain(minute);
            let key = &format!("{}{}", round.anew, attempt.key);
            let asking = Asking { who, minute, harm: !asked, percent: 60, about: About::Access, key };
            let (yes, answered) = self.people.ask(asking);
            match (yes, gain(answered).within(shown)) {
                (false, _) => return Err((End::Denied, answered)),
                (true, true) => return Ok((answered, true)),
                (true, false) => round.grown(answered),
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
pub(super) fn stands_once(widenings: &mut Vec<Widening>) {
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
