//! Passages: stretches of a text that stand in what was read, by winnowed fingerprints (Schleimer, Wilkerson and Aiken, 2003).
//!
//! Only letters and digits count, in lower case: white space, punctuation, markup and line ends may differ. Of each
//! window of [`WINDOW`] neighbouring stretches of [`GRAM`] letters and digits of what was read, the one with the smallest
//! fingerprint is kept. So a stretch of [`GUARANTEED`] that both texts hold is always found, one of fewer than `GRAM` never.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use crate::label::Source;

/// The shortest stretch that is compared, in letters and digits: about five words.
const GRAM: usize = 24;

/// How many neighbouring stretches one fingerprint stands for.
const WINDOW: usize = 17;

/// A passage of so many letters and digits is always found.
pub const GUARANTEED: usize = GRAM + WINDOW - 1;

/// The most words of bits that say which fingerprints there may be: a mebibyte.
const NEAR: usize = 1 << 17;

/// What was read, as fingerprints.
#[derive(Debug, Default)]
pub struct Passages {
    sources: Vec<Source>,
    /// Each fingerprint, with the first source that holds it.
    prints: HashMap<u64, u32, BuildHasherDefault<Same>>,
    /// A bit for each fingerprint, so that most of a text needs no look into the table.
    near: Vec<u64>,
    not_all: Option<String>,
}

/// Fingerprints are spread already.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Passages {
    /// Nothing was read.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a text that was read from `source`. A passage that stands in several texts is named with the first.
    pub fn add(&mut self, source: &Source, text: &[u8]) {
        let place = self.sources.iter().position(|it| it == source).unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        });
        let mut winnow = Winnow::default();
        grams(text, |print, _| {
            if let Some(print) = winnow.next(print) {
                self.prints.entry(print).or_insert(place as u32);
            }
        });
        if let Some(print) = winnow.only() {
            self.prints.entry(print).or_insert(place as u32);
        }
    }

    /// Notes that there was more than was added, and why.
    pub fn leave_out(&mut self, why: impl Into<String>) {
        self.not_all = Some(why.into());
    }

    /// Why not all that was read was added.
    pub(super) fn left_out(&self) -> Option<&str> {
        self.not_all.as_deref()
    }

    /// Makes it ready to be looked into; what is added later needs it again.
    pub fn finish(&mut self) {
        let words = (self.prints.len() * 32).next_power_of_two().div_ceil(64).clamp(1, NEAR);
        self.near = vec![0; words];
        for print in self.prints.keys() {
            let (word, bit) = place(*print, words);
            self.near[word] |= bit;
        }
    }

    fn source(&self, print: u64) -> Option<u32> {
        let (word, bit) = place(print, self.near.len());
        if self.near.get(word)? & bit == 0 { None } else { self.prints.get(&print).copied() }
    }

    /// Says each passage of `text`, with where it was read.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(Range<usize>, &Source)) {
        if self.near.is_empty() || self.prints.is_empty() {
            return;
        }
        // The passage that goes on: where it stands, in which source, and the number of its last gram.
        let mut open: Option<(Range<usize>, u32, usize)> = None;
        let mut number = 0;
        grams(text, |print, at| {
            number += 1;
            let Some(source) = self.source(print) else { return };
            match &mut open {
                Some((range, same, last)) if *same == source && number - *last <= WINDOW => {
                    range.end = at.end;
                    *last = number;
                }
                _ => {
                    if let Some((range, source, _)) = open.replace((at, source, number)) {
                        found(range, &self.sources[source as usize]);
                    }
                }
            }
        });
        if let Some((range, source, _)) = open {
            found(range, &self.sources[source as usize]);
        }
    }
}

/// Where the bit of a fingerprint is, among a power of two of words.
fn place(print: u64, words: usize) -> (usize, u64) {
    ((print >> 6) as usize & words.saturating_sub(1), 1 << (print & 63))
}

/// The smallest of each window, each once.
#[derive(Default)]
struct Winnow {
    last: [u64; WINDOW],
    count: usize,
    /// The number of the smallest.
    least: usize,
}

impl Winnow {
    /// The fingerprint to be kept after this one, if it is another than before.
    fn next(&mut self, print: u64) -> Option<u64> {
        let number = self.count;
        self.last[number % WINDOW] = print;
        self.count += 1;
        let before = self.least;
        if number < WINDOW || number - self.least >= WINDOW {
            let window = number.saturating_sub(WINDOW - 1)..=number;
            self.least = window.min_by_key(|at| (self.last[at % WINDOW], Reverse(*at))).unwrap_or(number);
        } else if print <= self.last[self.least % WINDOW] {
            self.least = number;
        }
        let full = self.count == WINDOW || self.count > WINDOW && self.least != before;
        full.then(|| self.last[self.least % WINDOW])
    }

    /// The fingerprint of a text that is shorter than a window.
    fn only(&self) -> Option<u64> {
        (1..WINDOW).contains(&self.count).then(|| self.last[self.least % WINDOW])
    }
}

/// So many bytes are taken at a time, so that what is known of them stays near.
const BLOCK: usize = 2048;

/// The letters and digits of a block, and the last of those before it.
struct Letters {
    values: [u64; GRAM + BLOCK],
    starts: [usize; GRAM + BLOCK],
    count: usize,
}

impl Letters {
    /// Takes the next block from `at`; returns where the one after it begins.
    fn take(&mut self, text: &[u8], mut at: usize) -> usize {
        let stop = text.len().min(at + BLOCK);
        while at < stop {
            let (value, length) = if text[at].is_ascii() { (ASCII[usize::from(text[at])], 1) } else { beyond(&text[at..]) };
            // Written in any case, and kept if it counts: a branch here would be guessed wrong at every blank.
            (self.values[self.count], self.starts[self.count]) = (value, at);
            self.count += usize::from(value != 0);
            at += length;
        }
        at
    }

    /// Keeps the last ones only.
    fn keep(&mut self) {
        let first = self.count.saturating_sub(GRAM);
        self.values.copy_within(first..self.count, 0);
        self.starts.copy_within(first..self.count, 0);
        self.count -= first;
    }
}

/// Says every stretch of [`GRAM`] letters and digits: its fingerprint, by a hash that rolls, and where it stands.
#[inline]
fn grams(text: &[u8], mut each: impl FnMut(u64, Range<usize>)) {
    let mut letters = Letters { values: [0; GRAM + BLOCK], starts: [0; GRAM + BLOCK], count: 0 };
    let (mut at, mut hash) = (0, 0_u64);
    while at < text.len() {
        letters.keep();
        let known = letters.count;
        at = letters.take(text, at);
        let (values, starts) = (&letters.values[..letters.count], &letters.starts[..letters.count]);
        for last in known..letters.count {
            hash = hash.rotate_left(1) ^ values[last];
            if let Some(left) = last.checked_sub(GRAM) {
                hash ^= values[left].rotate_left(GRAM as u32);
            }
            if let Some(first) = (last + 1).checked_sub(GRAM) {
                each(hash, starts[first]..starts[last] + width(text[starts[last]]));
            }
        }
    }
}

/// How many bytes a character has that begins so.
const fn width(byte: u8) -> usize {
    match byte {
        0xf0.. => 4,
        0xe0.. => 3,
        0x80.. => 2,
        _ => 1,
    }
}

/// The value of a letter beyond ASCII, 0 where it is none, and its bytes.
fn beyond(text: &[u8]) -> (u64, usize) {
    let length = width(text[0]);
    let Some(c) = text.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()?.chars().next()) else {
        return (0, 1);
    };
    let lower = c.to_lowercase().next().unwrap_or(c);
    (if lower.is_alphanumeric() { mixed(u64::from(lower) + 1) } else { 0 }, length)
}

/// The value of each byte of ASCII: the same for a letter in both cases, 0 for what does not count.
const ASCII: [u64; 128] = {
    let mut values = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        let lower = (byte as u8).to_ascii_lowercase();
        if lower.is_ascii_alphanumeric() {
            values[byte] = mixed(lower as u64 + 1);
        }
        byte += 1;
    }
    values
};

/// Spreads a value over all 64 bits (the finalizer of SplitMix64).
const fn mixed(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}
