//! Steps, what is remembered between them, and the machine that goes through them; whoever drives it asks the host.

use std::fmt;

/// So many texts are remembered; one more place holds the lease that was opened last.
pub const PLACES: usize = 4;

/// The longest text that is remembered; of a longer one, its beginning and a digest of all of it.
const LONGEST: usize = 48;

/// One step. Places of the memory are numbers; a bit is one of the digest of what is remembered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Reads a file into a place.
    Read(String, usize),
    /// Reads the names of a folder.
    List(String, usize),
    /// Reads the titles of a forum, with how many posts each has.
    Threads(String, usize),
    /// Reads a thread.
    Thread(String, u64, usize),
    /// Reads an access list.
    Entries(String, usize),
    /// Puts what two places hold together into the second.
    Mix(usize, usize),
    /// Keeps one bit of a place, as one of two words.
    Word(usize, u32),
    /// Leaves out the next so many steps unless a bit is set.
    If(usize, u32, usize),
    /// Posts what a place holds; what came of it goes there.
    Post(String, u64, usize),
    /// Writes a file of it.
    Write(String, usize),
    /// Opens an object to one of two principals, by the first bit of a place.
    Widen(String, String, String, usize),
    /// Ends the lease that was opened last.
    End(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, at) => write!(f, "read {path} {at}"),
            Self::List(folder, at) => write!(f, "list {folder} {at}"),
            Self::Threads(forum, at) => write!(f, "threads {forum} {at}"),
            Self::Thread(forum, thread, at) => write!(f, "thread {forum} {thread} {at}"),
            Self::Entries(object, at) => write!(f, "entries {object} {at}"),
            Self::Mix(from, at) => write!(f, "mix {from} {at}"),
            Self::Word(at, bit) => write!(f, "word {at} {bit}"),
            Self::If(at, bit, over) => write!(f, "if {at} {bit} {over}"),
            Self::Post(forum, thread, at) => write!(f, "post {forum} {thread} {at}"),
            Self::Write(path, at) => write!(f, "write {path} {at}"),
            Self::Widen(object, one, other, at) => write!(f, "widen {object} {one} {other} {at}"),
            Self::End(at) => write!(f, "end {at}"),
        }
    }
}

impl Step {
    /// Parses what is printed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let place = |word: &str| word.parse().ok().filter(|place| *place < PLACES);
        let name = |word: &str| word.to_owned();
        Some(match *words.as_slice() {
            ["read", path, at] => Self::Read(name(path), place(at)?),
            ["list", folder, at] => Self::List(name(folder), place(at)?),
            ["threads", forum, at] => Self::Threads(name(forum), place(at)?),
            ["thread", forum, thread, at] => Self::Thread(name(forum), thread.parse().ok()?, place(at)?),
            ["entries", object, at] => Self::Entries(name(object), place(at)?),
            ["mix", from, at] => Self::Mix(place(from)?, place(at)?),
            ["word", at, bit] => Self::Word(place(at)?, bit.parse().ok()?),
            ["if", at, bit, over] => Self::If(place(at)?, bit.parse().ok()?, over.parse().ok()?),
            ["post", forum, thread, at] => Self::Post(name(forum), thread.parse().ok()?, place(at)?),
            ["write", path, at] => Self::Write(name(path), place(at)?),
            ["widen", object, one, other, at] => Self::Widen(name(object), name(one), name(other), place(at)?),
            ["end", at] => Self::End(place(at)?),
            _ => return None,
        })
    }
}

/// What the host is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A file.
    Read(String),
    /// The names of a folder.
    List(String),
    /// The titles of a forum.
    Threads(String),
    /// A thread of a forum.
    Thread(String, u64),
    /// An access list.
    Entries(String),
    /// A post with this body.
    Post(String, u64, String),
    /// A file with these contents.
    Write(String, String),
    /// An object opened to somebody.
    Widen(String, String),
    /// A lease ended.
    End(String, u64),
}

/// What the host answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A text.
    Text(String),
    /// A lease; its number is kept apart, and nothing is made of it.
    Lease(u64),
}

impl Told {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A list as one text.
pub fn words(each: impl Iterator<Item = String>) -> Told {
    Told::Text(each.collect::<Vec<_>>().join("|"))
}

/// A refusal as a text: its code. Its sentence may count people, and counts are no part of what is compared.
#[must_use]
pub fn refused(stage: &str, reason: &str) -> Told {
    Told::Text(format!("no:{stage}.{reason}"))
}

/// Steps that are gone through.
#[derive(Debug)]
pub struct Errand {
    steps: Vec<Step>,
    at: usize,
    into: usize,
    /// What is remembered.
    pub memory: Vec<String>,
}

/// What is remembered where nothing happened yet.
#[must_use]
pub fn blank() -> Vec<String> {
    vec![String::new(); PLACES + 1]
}

impl Errand {
    /// Steps as they are printed.
    ///
    /// # Errors
    /// When one of them is no step, or the memory is none.
    pub fn new(steps: &[String], memory: Vec<String>) -> Result<Self, String> {
        let parsed = steps.iter().map(|step| Step::parse(step).ok_or_else(|| format!("`{step}` is no step")));
        let steps = parsed.collect::<Result<_, _>>()?;
        Self::of(steps, memory)
    }

    /// Steps.
    ///
    /// # Errors
    /// When the memory is none.
    pub fn of(steps: Vec<Step>, memory: Vec<String>) -> Result<Self, String> {
        if memory.len() == PLACES + 1 {
            Ok(Self { steps, at: 0, into: 0, memory })
        } else {
            Err(format!("a memory has {} places", PLACES + 1))
        }
    }

    /// What the host is asked for next; none at the end.
    pub fn next_ask(&mut self) -> Option<Ask> {
        loop {
            let step = self.steps.get(self.at)?.clone();
            self.at += 1;
            let (ask, into) = match step {
                Step::Read(path, at) => (Ask::Read(path), at),
                Step::List(folder, at) => (Ask::List(folder), at),
                Step::Threads(forum, at) => (Ask::Threads(forum), at),
                Step::Thread(forum, thread, at) => (Ask::Thread(forum, thread), at),
                Step::Entries(object, at) => (Ask::Entries(object), at),
                Step::Post(forum, thread, at) => (Ask::Post(forum, thread, self.memory[at].clone()), at),
                Step::Write(path, at) => (Ask::Write(path, self.memory[at].clone()), at),
                Step::Widen(object, one, other, at) => {
                    (Ask::Widen(object, if bit(&self.memory[at], 0) { one } else { other }), at)
                }
                Step::End(at) => {
                    let Some((object, lease)) = self.memory[PLACES].split_once(' ') else { continue };
                    (Ask::End(object.to_owned(), lease.parse().unwrap_or_default()), at)
                }
                Step::Mix(from, at) => {
                    self.memory[at] = clip(&format!("{}+{}", self.memory[at], self.memory[from]));
                    continue;
                }
                Step::Word(at, number) => {
                    self.memory[at] = if bit(&self.memory[at], number) { "yes" } else { "no" }.to_owned();
                    continue;
                }
                Step::If(at, number, over) => {
                    self.at += if bit(&self.memory[at], number) { 0 } else { over };
                    continue;
                }
            };
            self.into = into;
            if let Ask::Widen(object, _) = &ask {
                self.memory[PLACES].clone_from(object);
            }
            return Some(ask);
        }
    }

    /// What it was answered.
    pub fn told(&mut self, told: Told) {
        match told {
            Told::Text(text) => self.memory[self.into] = clip(&text),
            Told::Lease(id) => {
                let object = std::mem::take(&mut self.memory[PLACES]);
                self.memory[PLACES] = format!("{object} {id}");
                "opened".clone_into(&mut self.memory[self.into]);
            }
        }
    }
}

fn clip(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(LONGEST / 2).collect();
    format!("{beginning}~{:016x}", digest(text))
}

fn bit(text: &str, number: u32) -> bool {
    digest(text) >> (number % 64) & 1 == 1
}

/// FNV-1a, its halves folded so that each bit depends on all of the text.
fn digest(text: &str) -> u64 {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
