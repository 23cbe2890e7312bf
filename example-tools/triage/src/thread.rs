//! What a forum's thread speaks of: names, codes, paths, quoted lines, times.

use std::collections::BTreeSet;

use tollgate_sdk::{Refusal, forum};

use crate::moment::{self, Form};
use crate::pattern::ARCHITECTURES;
use crate::triage::Kind;
use crate::words::{self, shortened};

/// The most posts that are read, in pages of the host, and bytes of them.
const PAGES: usize = 20;
const BYTES: usize = 256 << 10;

/// The most of each that is looked for.
const WORDS: usize = 200;
const PHRASES: usize = 8;
const TIMES: usize = 8;

/// Words that no thread is about.
const COMMON: &str = " about after again also although always another anybody anyone anything because been before
    being between could does doing done down each either else every everything fine first found from getting gets goes
    good have having hello help here idea into just kind know last later like line lines little look looking looks made
    make many maybe more most much must need never nobody nothing only other over people please question really right
    said same seem seems seen shall should since some somebody someone something still such sure take than thank thanks
    that their them then there these they thing things think this those though time today together told tomorrow under
    until very want wanted well went were what when where which while will with within without work worked working works
    would year yesterday your ";

/// Something the thread names.
#[derive(Debug, Clone)]
pub struct Said {
    /// In lower case for words, as it stands for quoted lines.
    pub what: String,
    pub kind: Kind,
    /// The post that names it first.
    pub post: u64,
}

/// A time that the thread names.
#[derive(Debug, Clone)]
pub struct When {
    /// As it stands there.
    pub what: String,
    pub post: u64,
    pub from: i64,
    pub to: i64,
    /// Whether only the time of day was said.
    pub daily: bool,
}

/// A thread, and what of it is looked for in a log.
#[derive(Debug, Default)]
pub struct Thread {
    pub title: String,
    pub posts: u32,
    pub words: Vec<Said>,
    pub phrases: Vec<Said>,
    pub times: Vec<When>,
    /// There was more than was read.
    pub more: bool,
    /// Why it was not read, or not to its end.
    pub refused: Option<Refusal>,
    known: BTreeSet<String>,
    bytes: usize,
}

/// Minutes around a time of day that belong to it.
const AROUND: i64 = 600;

/// Reads a thread as far as the host hands it out.
pub fn read(forum: &str, id: u64) -> Thread {
    let mut thread = Thread::default();
    let mut after = None;
    for _ in 0..PAGES {
        let page = match forum::thread(forum, id, after) {
            Ok(page) => page,
            Err(refusal) => {
                thread.refused = Some(refusal);
                return thread;
            }
        };
        if after.is_none() {
            let first = page.posts.first().map_or(0, |post| post.id);
            thread.hear(&page.title, first);
            thread.title = shortened(&page.title, 200);
        }
        for post in &page.posts {
            thread.posts += 1;
            thread.hear(&post.body, post.id);
        }
        after = page.posts.last().map(|post| post.id).or(after);
        thread.more = page.more;
        if !page.more || page.posts.is_empty() || thread.bytes > BYTES {
            return thread;
        }
    }
    thread
}

impl Thread {
    fn hear(&mut self, text: &str, post: u64) {
        self.bytes += text.len();
        let mut fenced = false;
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.starts_with("```") {
                fenced = !fenced;
                continue;
            }
            let quoted = trimmed.strip_prefix(['>', '│']).or((fenced || line.starts_with("    ")).then_some(trimmed));
            if let Some(quoted) = quoted {
                self.phrase(quoted, post);
            }
            self.spans(trimmed, post);
            self.times(trimmed, post);
            // Of a quoted line, which is looked for as it stands, only the names are looked for as well.
            words::of(trimmed).for_each(|word| self.word(word, quoted.is_some(), post));
        }
    }

    /// What stands in backticks or quotes within a line.
    fn spans(&mut self, line: &str, post: u64) {
        for quote in ['`', '"'] {
            for inside in line.split(quote).skip(1).step_by(2) {
                if words::of(inside).nth(1).is_some() {
                    self.phrase(inside, post);
                } else if let Some(word) = words::of(inside).next() {
                    self.note(word, Kind::Name, post);
                }
            }
        }
    }

    fn phrase(&mut self, text: &str, post: u64) {
        let text = text.trim();
        let fits = (6..=1_000).contains(&text.len()) && words::of(text).nth(1).is_some();
        if fits && self.phrases.len() < PHRASES && self.known.insert(text.to_owned()) {
            self.phrases.push(Said { what: text.to_owned(), kind: Kind::Quoted, post });
        }
    }

    fn word(&mut self, word: &str, quoted: bool, post: u64) {
        let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
        let (digits, letters) = (has(char::is_ascii_digit), has(|c| c.is_alphabetic()));
        let loud = letters && !has(|c| c.is_lowercase());
        if ARCHITECTURES.contains(&word) {
            return;
        }
        if word.len() > 1 && word.starts_with('/') && letters {
            self.note(word, Kind::Path, post);
        } else if letters && loud && word.len() >= 3 && (digits || has(|c| *c == '_') || is_errno(word)) {
            self.note(word, Kind::Code, post);
        } else if let Some(hex) = word.strip_prefix("0x").filter(|hex| hex.len() >= 2) {
            self.note(word, if hex.bytes().all(|b| b.is_ascii_hexdigit()) { Kind::Code } else { Kind::Name }, post);
        } else if letters && digits && word.len() >= 3 && !word.starts_with(|c: char| c.is_ascii_digit()) {
            self.note(word, Kind::Name, post);
        } else if letters
            && !quoted
            && word.len() >= 4
            && !COMMON.split_whitespace().any(|own| own.eq_ignore_ascii_case(word))
        {
            self.note(word, Kind::Word, post);
        }
    }

    fn note(&mut self, word: &str, kind: Kind, post: u64) {
        let what = word.to_lowercase();
        if word.len() <= 80 && self.words.len() < WORDS && self.known.insert(what.clone()) {
            self.words.push(Said { what, kind, post });
        }
    }

    /// Dates with a time, dates, and times of day.
    fn times(&mut self, line: &str, post: u64) {
        let mut at = 0;
        while let Some(found) = line[at..].find(|c: char| c.is_ascii_digit()) {
            at += found;
            let text = &line[at..];
            let found = self.time(text, post);
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            at += found.unwrap_or(digits);
        }
    }

    /// The time at the beginning of `text`; its length.
    fn time(&mut self, text: &str, post: u64) -> Option<usize> {
        let (length, from, to, daily) = if let Some((seconds, length, Form::Rfc3339 | Form::Plain)) = moment::date_time(text)
        {
            (length, seconds - AROUND, seconds + AROUND, false)
        } else if let Some((day, rest)) = moment::date(text) {
            (text.len() - rest.len(), day * 86_400, day * 86_400 + 86_399, false)
        } else {
            let (seconds, rest) = moment::clock(text)?;
            (text.len() - rest.len(), seconds - AROUND, seconds + AROUND, true)
        };
        let what = text[..length].to_owned();
        if self.times.len() < TIMES && self.known.insert(what.clone()) {
            self.times.push(When { what, post, from, to, daily });
        }
        Some(length)
    }
}

/// `ENOSPC`, `SIGSEGV`: names of errors and signals.
fn is_errno(word: &str) -> bool {
    word.len() >= 5 && (word.starts_with('E') || word.starts_with("SIG"))
}
