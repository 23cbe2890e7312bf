//! The people who are asked: how long they take, and whether they notice what is wrong. A model, not a measurement of anybody.

use std::collections::{BTreeMap, BTreeSet};

use crate::Minute;
use crate::crowd::Person;
use crate::stream::Stream;

/// How attentive people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// They never notice.
    Blind,
    /// They notice less with each question of the last hour.
    Tired,
    /// They always notice.
    Perfect,
}

impl Temper {
    /// All, those who never notice first.
    pub const ALL: [Self; 3] = [Self::Blind, Self::Tired, Self::Perfect];

    /// In a table and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blind => "blind",
            Self::Tired => "tired",
            Self::Perfect => "perfect",
        }
    }
}

/// What a question is about, as people count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A post.
    Post,
    /// What was read going further than it may.
    Declassifying,
    /// An access list.
    Access,
    /// Files to be removed.
    Files,
}

/// A question about to be put.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// To whom.
    pub who: Person,
    /// When.
    pub minute: Minute,
    /// Whether a yes would do harm.
    pub harm: bool,
    /// How likely that is noticed by somebody who was not asked lately, in percent.
    pub percent: u16,
    /// What it is about.
    pub about: About,
    /// The name of its stream.
    pub key: &'a str,
}

/// A question that was put, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name of its stream.
    pub key: String,
    /// Who was asked.
    pub who: Person,
    /// When.
    pub minute: Minute,
    /// When it was answered.
    pub answered: Minute,
    /// The answer.
    pub yes: bool,
    /// What it was about.
    pub about: About,
}

/// Everybody who is asked on one day.
#[derive(Debug)]
pub struct People {
    seed: u32,
    temper: Temper,
    /// Whether a yes may become "always".
    always_exists: bool,
    always: BTreeSet<(Person, About)>,
    /// Every question so far.
    pub questions: Vec<Question>,
    count: BTreeMap<(Person, About), u16>,
}

impl People {
    /// Nobody was asked yet.
    #[must_use]
    pub fn new(seed: u32, temper: Temper, always_exists: bool) -> Self {
        Self { seed, temper, always_exists, always: BTreeSet::new(), questions: Vec::new(), count: BTreeMap::new() }
    }

    /// Whether this person said "always" to such a question.
    #[must_use]
    pub fn always(&self, who: Person, about: About) -> bool {
        self.always.contains(&(who, about))
    }

    /// Puts a question: the answer, and its minute.
    pub fn ask(&mut self, asking: Asking<'_>) -> (bool, Minute) {
        let Asking { who, minute, harm, percent, about, key } = asking;
        let mut stream = Stream::named(self.seed, &format!("ans:{key}"));
        let lately =
            self.questions.iter().filter(|it| it.who == who && it.minute + 60 > minute && it.minute <= minute).count();
        let answered = minute + 1 + stream.below(20);
        let noticed =
            stream.below(100) < percent.saturating_sub(10 * u16::try_from(lately).unwrap_or(u16::MAX / 10)).max(10);
        let noticed = match self.temper {
            Temper::Blind => false,
            Temper::Tired => noticed,
            Temper::Perfect => true,
        };
        let yes = !(harm && noticed);
        let count = self.count.entry((who, about)).or_default();
        *count += 1;
        if self.always_exists && *count >= 3 && yes && stream.chance(50) {
            self.always.insert((who, about));
        }
        self.questions.push(Question { key: key.to_owned(), who, minute, answered, yes, about });
        (yes, answered)
    }
}
