//! One log beside one thread: each line is looked at once and forgotten.

use std::collections::BTreeMap;

use crate::mention::Mentions;
use crate::moment::{Calendar, Form};
use crate::package::Packages;
use crate::pattern::{Pattern, Patterns};
use crate::place::{Place, Span};
use crate::thread::Thread;
use crate::triage::{Counted, Level, LogFacts, Seen, ThreadFacts};
use crate::window::Window;
use crate::words::{self, Weight};

/// Patterns that are told of each sort.
const FREQUENT: usize = 15;
const TROUBLES: usize = 15;
const RARE: usize = 10;

/// A pattern is rare that has at most so many lines, in a log of at least so many.
const SELDOM: u64 = 2;
const ENOUGH: u64 = 50;

/// What was found so far.
#[derive(Debug)]
pub struct Analysis<'t> {
    thread: &'t Thread,
    calendar: Calendar,
    forms: BTreeMap<Form, u64>,
    /// The last time that a line has; those under it that have none belong to it.
    carried: Option<(i64, String)>,
    timed: Span,
    untimed: u64,
    errors: u64,
    warnings: u64,
    pub mentions: Mentions,
    pub packages: Packages,
    pub patterns: Patterns,
    pub window: Window,
}

impl<'t> Analysis<'t> {
    /// Beside `thread`, before the first line.
    pub fn beside(thread: &'t Thread) -> Self {
        Self {
            thread,
            calendar: Calendar::default(),
            forms: BTreeMap::new(),
            carried: None,
            timed: Span::default(),
            untimed: 0,
            errors: 0,
            warnings: 0,
            mentions: Mentions::of(thread),
            packages: Packages::default(),
            patterns: Patterns::default(),
            window: Window::new(thread.times.len()),
        }
    }

    /// Looks at a line.
    pub fn line(&mut self, number: u64, line: &str) {
        let stamp = self.calendar.read(line);
        let message = stamp.map_or(line, |stamp| &line[stamp.rest..]);
        if let Some(stamp) = stamp {
            *self.forms.entry(stamp.form).or_default() += 1;
            self.carried = Some((stamp.seconds, line[stamp.start..stamp.end].to_owned()));
        } else if !line.trim().is_empty() {
            self.untimed += 1;
        }
        if line.trim().is_empty() {
            return;
        }
        let (seconds, time) = self.carried.clone().unzip();
        let place = Place { number, seconds, time: time.as_deref().unwrap_or_default() };
        if stamp.is_some() {
            self.timed.add(&place);
        }
        let weight = words::weight(message);
        match weight {
            Weight::Error => self.errors += 1,
            Weight::Warning => self.warnings += 1,
            Weight::Plain => {}
        }
        let found = self.mentions.find(line, &place);
        if let Some(seconds) = place.seconds {
            self.window.add(seconds, weight, &found, &self.thread.times);
        }
        self.packages.hear(message, &place);
        self.patterns.add(message, weight, &place);
    }

    /// What is told of the log as a whole.
    pub fn facts(&self, path: &str, bytes: u64, lines: u64) -> LogFacts {
        let form = |(form, count): (&Form, &u64)| Counted { what: form.as_str().to_owned(), count: *count };
        LogFacts {
            path: path.to_owned(),
            bytes,
            lines,
            times: self.forms.iter().map(form).collect(),
            without_time: self.untimed,
            first_time: self.timed.first_time.clone(),
            last_time: self.timed.last_time.clone(),
            errors: self.errors,
            warnings: self.warnings,
            patterns: u32::try_from(self.patterns.all.len()).unwrap_or(u32::MAX),
        }
    }

    /// What is told of the thread.
    pub fn thread_facts(&self) -> ThreadFacts {
        ThreadFacts { title: self.thread.title.clone(), posts: self.thread.posts }
    }

    /// The most frequent patterns, most first.
    pub fn frequent(&self) -> Vec<Seen> {
        let mut all: Vec<&Pattern> = self.patterns.all.iter().collect();
        all.sort_by_key(|pattern| (std::cmp::Reverse(pattern.seen.count), pattern.seen.first));
        all.into_iter().take(FREQUENT).map(seen).collect()
    }

    /// Patterns with errors and warnings, errors first.
    pub fn troubles(&self) -> Vec<Seen> {
        let mut all: Vec<&Pattern> = self.patterns.all.iter().filter(|it| it.weight != Weight::Plain).collect();
        all.sort_by_key(|pattern| (std::cmp::Reverse((pattern.weight, pattern.seen.count)), pattern.seen.first));
        all.into_iter().take(TROUBLES).map(seen).collect()
    }

    /// Patterns that are nearly alone, the heavier first; none in a short log, where all are.
    pub fn rare(&self, lines: u64) -> Vec<Seen> {
        let seldom = |pattern: &&Pattern| pattern.seen.count <= SELDOM && lines >= ENOUGH;
        let mut all: Vec<&Pattern> = self.patterns.all.iter().filter(seldom).collect();
        all.sort_by_key(|pattern| (std::cmp::Reverse(pattern.weight), pattern.seen.count, pattern.seen.first));
        all.into_iter().take(RARE).map(seen).collect()
    }
}

fn seen(pattern: &Pattern) -> Seen {
    let level = match pattern.weight {
        Weight::Plain => Level::Plain,
        Weight::Warning => Level::Warning,
        Weight::Error => Level::Error,
    };
    Seen {
        pattern: pattern.shown(),
        level,
        count: pattern.seen.count,
        first_line: pattern.seen.first,
        last_line: pattern.seen.last,
        first_seen: pattern.seen.first_time.clone(),
        last_seen: pattern.seen.last_time.clone(),
        example: pattern.example.clone(),
    }
}
