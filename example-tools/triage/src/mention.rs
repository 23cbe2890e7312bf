//! What the thread names, as it is found in the log.

use std::collections::BTreeMap;

use crate::place::{Place, Span};
use crate::thread::{Said, Thread};
use crate::triage::{Kind, Line, Mention};
use crate::words::{self, shortened};

/// Lines that are shown of each, and bytes of one.
const LINES: usize = 2;
const SHOWN: usize = 200;

/// Bytes that are shown before what was found in a long line.
const BEFORE: usize = 60;

/// Names that are told, and plain words.
const NAMES: usize = 24;
const WORDS: usize = 8;

/// The longest word that the thread may name.
const LONGEST: usize = 80;

/// One of them.
#[derive(Debug)]
struct Seen {
    said: Said,
    span: Span,
    lines: Vec<Line>,
}

/// All of them: words first, then quoted lines.
#[derive(Debug)]
pub struct Mentions {
    all: Vec<Seen>,
    words: BTreeMap<String, usize>,
    /// Where the quoted lines begin.
    phrases: usize,
    /// Bytes that a word of the thread begins with.
    firsts: [bool; 256],
    lower: String,
}

impl Mentions {
    /// What `thread` names, not yet found.
    pub fn of(thread: &Thread) -> Self {
        let seen = |said: &Said| Seen { said: said.clone(), span: Span::default(), lines: Vec::new() };
        let all: Vec<Seen> = thread.words.iter().chain(&thread.phrases).map(seen).collect();
        let words: BTreeMap<String, usize> =
            thread.words.iter().enumerate().map(|(place, said)| (said.what.clone(), place)).collect();
        let mut firsts = [false; 256];
        for first in words.keys().filter_map(|word| word.bytes().next()) {
            firsts[usize::from(first)] = true;
            firsts[usize::from(first.to_ascii_uppercase())] = true;
        }
        // A letter beyond ASCII may change its first byte in lower case.
        firsts[128..].fill(true);
        Self { all, words, phrases: thread.words.len(), firsts, lower: String::new() }
    }

    /// Looks for them in a line, and says which are in it.
    pub fn find(&mut self, line: &str, place: &Place<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        for word in words::of(line) {
            if !self.firsts[usize::from(word.as_bytes()[0])] || word.len() > LONGEST {
                continue;
            }
            self.lower.clear();
            self.lower.extend(word.chars().flat_map(char::to_lowercase));
            if let Some(&known) = self.words.get(&self.lower)
                && !found.contains(&known)
            {
                found.push(known);
                self.all[known].note(line, word, place);
            }
        }
        for phrase in self.phrases..self.all.len() {
            let seen = &mut self.all[phrase];
            if line.contains(&seen.said.what) {
                found.push(phrase);
                let what = seen.said.what.clone();
                seen.note(line, &what, place);
            }
        }
        found
    }

    /// The places of those that are told: all names, and the rarest of the words that are in the log.
    pub fn told(&self, lines: u64) -> Vec<usize> {
        let (words, names): (Vec<usize>, Vec<usize>) =
            (0..self.all.len()).partition(|place| self.all[*place].said.kind == Kind::Word);
        let says_something = |place: &usize| (1..=lines / 20 + 20).contains(&self.all[*place].span.count);
        let mut words: Vec<usize> = words.into_iter().filter(says_something).collect();
        words.sort_by_key(|place| (self.all[*place].span.count, *place));
        words.truncate(WORDS);
        let mut names = names;
        // What is in the log comes before what is not.
        names.sort_by_key(|place| self.all[*place].span.count == 0);
        names.truncate(NAMES);
        names.into_iter().chain(words).collect()
    }

    /// How one is called.
    pub fn name(&self, place: usize) -> String {
        shortened(&self.all[place].said.what, SHOWN)
    }

    /// What is told of one.
    pub fn mention(&self, place: usize) -> Mention {
        let seen = &self.all[place];
        Mention {
            what: self.name(place),
            kind: seen.said.kind,
            post: seen.said.post,
            count: seen.span.count,
            first_seen: seen.span.first_time.clone(),
            last_seen: seen.span.last_time.clone(),
            lines: seen.lines.clone(),
        }
    }
}

impl Seen {
    fn note(&mut self, line: &str, what: &str, place: &Place<'_>) {
        self.span.add(place);
        if self.lines.len() < LINES {
            let at = line.find(what).unwrap_or(0);
            let begin = if at + what.len() < SHOWN { 0 } else { at.saturating_sub(BEFORE) };
            let begin = (0..=begin).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
            let dots = if begin > 0 { "…" } else { "" };
            self.lines.push(Line { number: place.number, text: format!("{dots}{}", shortened(&line[begin..], SHOWN)) });
        }
    }
}
