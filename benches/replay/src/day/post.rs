//! Posts.

use super::{At, By, Column, Control, Day, End, Outside, Posted, Widening};
use crate::crowd::{Crowd, Person};
use crate::people::{About, Asking};
use crate::tasks::Post;
use crate::world::Principal;
use crate::{Minute, NIGHT};

impl Day<'_> {
    pub(super) fn post(&mut self, at: At<'_>, post: &Post, read: &[u16]) {
        let ended = match self.rules.column {
            Column::None => Ok(Posted { task: at.place, at: at.minute, consented: post.asked, declassified: false }),
            Column::Peer => self.post_as_peers(at, post),
            Column::Tollgate if self.rules.bound => self.post_bound(at, post, read),
            Column::Tollgate => self.post_as_tollgate(at, post, read),
        };
        let went = ended.as_ref().ok().map(|posted| posted.at);
        self.record.ends.insert(at.task.id.clone(), ended.as_ref().map_or_else(|end| *end, |_| End::Done));
        if let Ok(posted) = ended {
            self.record.done.insert(at.place, posted.at);
            self.record.posts.push(posted);
        }
        let Some(aftermath) = &post.aftermath else { return };
        let from = match went {
            Some(posted) => aftermath.minute.max(posted + 5),
            None if self.rules.outside == Outside::Advised => return,
            None => aftermath.minute,
        };
        for (object, number) in aftermath.objects.iter().zip(0..) {
            let (object, principal) = (*object, Principal::Group(aftermath.group));
            let by = By::Person(number);
            self.record.widenings.push(Widening { task: at.place, object, principal, from, until: NIGHT, by });
        }
    }

    fn post_as_peers(&mut self, at: At<'_>, post: &Post) -> Result<Posted, End> {
        let (minute, who, key) = (at.minute, at.task.who, at.task.id.as_str());
        let (when, shown) = if self.people.always(who, About::Post) {
            (minute, false)
        } else {
            let harm = !post.wanted || at.task.leaks(self.world, post, minute);
            // The card shows no audience, so that few notice a leak.
            let percent = if post.wanted { 15 } else { 60 };
            (self.agree(Asking { who, minute, harm, percent, about: About::Post, key })?, true)
        };
        let other_bytes = self.stream(&format!("mut:{key}")).chance(3);
        let consented = (shown || post.asked) && !other_bytes;
        Ok(Posted { task: at.place, at: when, consented, declassified: false })
    }

    fn post_as_tollgate(&mut self, at: At<'_>, post: &Post, read: &[u16]) -> Result<Posted, End> {
        let (world, who, id) = (self.world, at.task.who, at.task.id.as_str());
        let forum = world.forums[usize::from(post.forum)];
        let readers = read.iter().fold(Crowd::all(), |readers, object| readers.and(world.ceiling(*object)));
        let (labels, consent) = (self.rules.has(Control::Labels), self.rules.has(Control::Consent));
        let mut minute = at.minute;
        let declassified = labels && !world.audience(forum, minute).within(readers);
        if declassified {
            minute = self.declassify(at, post, read, "")?.1;
        }
        let card = world.audience(forum, minute);
        let (again, anew) = (format!("r{id}"), format!("m{id}"));
        let ask = |minute, key| Asking { who, minute, harm: !post.wanted, percent: 60, about: About::Post, key };
        if consent {
            minute = self.agree(ask(minute, id))?;
        }
        let now = world.audience(forum, minute);
        if now != card {
            if labels && !declassified && !now.within(readers) {
                return Err(End::Refused);
            }
            minute = self.agree(ask(minute, &again))?;
        }
        let other_bytes = self.stream(&format!("mut:{id}")).chance(3);
        if other_bytes && self.rules.has(Control::Digests) {
            minute = self.agree(ask(minute, &anew))?;
        }
        let to_these_bytes = !other_bytes || self.rules.has(Control::Digests);
        let consented = if consent { to_these_bytes } else { post.asked };
        Ok(Posted { task: at.place, at: minute, consented, declassified })
    }

    /// The owner of what stands in the way is asked whether this may be said there: who, and when that is a yes. Where every yes
    /// is bound, it is one who is cleared for all that was read; `anew` stands before the key of a question that is put anew.
    pub(super) fn declassify(&mut self, at: At<'_>, post: &Post, read: &[u16], anew: &str) -> Result<(Person, Minute), End> {
        let (world, minute, id) = (self.world, at.minute, &at.task.id);
        if !post.asked || !self.stream(&format!("declass:{id}")).chance(50) {
            return Err(End::Refused);
        }
        let audience = world.audience(world.forums[usize::from(post.forum)], minute);
        let in_the_way = read.iter().copied().filter(|object| !audience.within(world.ceiling(*object)));
        let knows_all = |who: Person| read.iter().all(|object| world.ceiling(*object).has(who));
        let may = |object: &u16| !self.rules.bound || knows_all(world.owner(*object));
        let who = world.owner(in_the_way.filter(may).min().ok_or(End::Refused)?);
        let (harm, key) = (at.task.leaks(world, post, minute), &format!("d{anew}{id}"));
        let answered = self.agree(Asking { who, minute, harm, percent: 60, about: About::Declassifying, key })?;
        Ok((who, answered))
    }

    /// Asks, and goes on from the answer if that is a yes.
    pub(super) fn agree(&mut self, asking: Asking<'_>) -> Result<Minute, End> {
        let (yes, answered) = self.people.ask(asking);
        if yes { Ok(answered) } else { Err(End::Denied) }
    }
}
