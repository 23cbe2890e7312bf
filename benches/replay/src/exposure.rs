//! Who could read what they are not cleared for, and who did: person-minutes, as unions for each thing and person.

use std::collections::BTreeMap;

use crate::crowd::{Crowd, PEOPLE};
use crate::day::{Record, Widening};
use crate::stream::Stream;
use crate::tasks::{Act, Task};
use crate::world::World;
use crate::{Minute, NIGHT};

/// A post that should not be there is found after so long.
const FOUND: Minute = 120;

/// Within so many minutes everybody looks at everything once.
const LOOK: u16 = 480;

/// Exposure of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Person-minutes of objects.
    pub objects: u32,
    /// Person-minutes of posts.
    pub posts: u32,
    /// Pairs of a person and a thing that the person opened meanwhile.
    pub did: u32,
    /// For each minute, how many pairs of a person and a thing there are.
    pub by_minute: Vec<u32>,
}

impl Exposure {
    /// What a day's record comes to.
    #[must_use]
    pub fn of(world: &World, tasks: &[Task], record: &Record) -> Self {
        let mut exposure = Self { objects: 0, posts: 0, did: 0, by_minute: vec![0; usize::from(NIGHT)] };
        let mut objects: BTreeMap<u16, Vec<&Widening>> = BTreeMap::new();
        record.widenings.iter().for_each(|it| objects.entry(it.object).or_default().push(it));
        for (object, widenings) in objects {
            let start = widenings.iter().map(|it| it.from).min().unwrap_or(NIGHT);
            let ceiling = world.ceiling(object);
            exposure.objects += exposure.add(Stream::named(world.seed, &format!("peek:{object}")), start, |minute| {
                let open = widenings.iter().filter(|it| it.from <= minute && minute < it.until);
                open.fold(Crowd::default(), |all, it| all.or(world.people(it.principal, minute))).without(ceiling)
            });
        }
        for posted in &record.posts {
            let task = &tasks[posted.task];
            let Act::Post(post) = &task.act else { continue };
            if !task.leaks(world, post, posted.at) {
                continue;
            }
            let (readers, forum) = (task.readers(world), world.forums[usize::from(post.forum)]);
            exposure.posts += exposure.add(Stream::named(world.seed, &format!("look:{}", task.id)), posted.at, |minute| {
                if minute < posted.at + FOUND { world.audience(forum, minute).without(readers) } else { Crowd::default() }
            });
        }
        exposure
    }

    /// Adds a thing: its person-minutes.
    fn add(&mut self, mut looks: Stream, start: Minute, exposed: impl Fn(Minute) -> Crowd) -> u32 {
        let crowds: Vec<Crowd> = (start..NIGHT).map(exposed).collect();
        for (crowd, pairs) in crowds.iter().zip(self.by_minute.iter_mut().skip(usize::from(start))) {
            *pairs += crowd.len();
        }
        for person in 0..PEOPLE {
            let looked = usize::from(looks.below(LOOK));
            self.did += u32::from(crowds.get(looked).is_some_and(|crowd| crowd.has(person)));
        }
        crowds.iter().map(|crowd| crowd.len()).sum()
    }
}
