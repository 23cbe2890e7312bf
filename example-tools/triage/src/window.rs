//! How many lines stand in each stretch of time. The stretches double when there are too many, so that any log fits.

use std::collections::BTreeMap;

use crate::moment;
use crate::thread::When;
use crate::triage::{Around, Burst};
use crate::words::Weight;

/// The most stretches that are held.
const MOST: usize = 2_048;

/// Seconds of the shortest.
const SHORTEST: i64 = 60;

const DAY: i64 = 86_400;

/// A burst has so many lines, and so many times as many as the stretch in the middle.
const LINES: u64 = 20;
const TIMES: u64 = 4;

/// Bursts that are told, and words of the thread in one.
const TOLD: usize = 5;
const WORDS: usize = 8;

#[derive(Debug, Default, Clone)]
struct Stretch {
    lines: u64,
    errors: u64,
    /// Places of the words of the thread, and how many lines have them.
    words: BTreeMap<usize, u64>,
}

/// The lines of a log over time.
#[derive(Debug)]
pub struct Window {
    width: i64,
    stretches: BTreeMap<i64, Stretch>,
    /// One for each time that the thread names.
    around: Vec<Stretch>,
}

impl Window {
    /// For a thread that names so many times.
    pub fn new(times: usize) -> Self {
        Self { width: SHORTEST, stretches: BTreeMap::new(), around: vec![Stretch::default(); times] }
    }

    /// Counts a line with the words of the thread that stand in it.
    pub fn add(&mut self, seconds: i64, weight: Weight, words: &[usize], times: &[When]) {
        self.stretches.entry(seconds.div_euclid(self.width)).or_default().add(weight, words);
        while self.stretches.len() > MOST {
            self.double();
        }
        for (when, stretch) in times.iter().zip(&mut self.around) {
            let around = when.from..=when.to;
            let of_day = seconds.rem_euclid(DAY);
            // Ten minutes before midnight are around 00:05 too.
            let daily = when.daily && [of_day - DAY, of_day, of_day + DAY].iter().any(|seconds| around.contains(seconds));
            if daily || (!when.daily && around.contains(&seconds)) {
                stretch.add(weight, words);
            }
        }
    }

    fn double(&mut self) {
        self.width *= 2;
        for (place, stretch) in std::mem::take(&mut self.stretches) {
            let joined = self.stretches.entry(place.div_euclid(2)).or_default();
            joined.lines += stretch.lines;
            joined.errors += stretch.errors;
            stretch.words.into_iter().for_each(|(word, count)| *joined.words.entry(word).or_default() += count);
        }
    }

    /// The stretches that stand out, in their order. `name` says a word of the thread by its place.
    pub fn bursts(&self, name: &impl Fn(usize) -> Option<String>) -> Vec<Burst> {
        let mut counts: Vec<u64> = self.stretches.values().map(|stretch| stretch.lines).collect();
        counts.sort_unstable();
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let stands_out = |(_, stretch): &(&i64, &Stretch)| stretch.lines >= LINES.max(TIMES * usual);
        let mut found: Vec<_> = self.stretches.iter().filter(stands_out).collect();
        found.sort_by_key(|(place, stretch)| (std::cmp::Reverse(stretch.lines), **place));
        found.truncate(TOLD);
        found.sort_by_key(|(place, _)| **place);
        let burst = |(place, stretch): (&i64, &Stretch)| Burst {
            from: moment::shown(place * self.width),
            to: moment::shown((place + 1) * self.width - 1),
            lines: stretch.lines,
            errors: stretch.errors,
            usual,
            words: stretch.told(name),
        };
        found.into_iter().map(burst).collect()
    }

    /// What stands around the times that the thread names.
    pub fn around(&self, times: &[When], name: &impl Fn(usize) -> Option<String>) -> Vec<Around> {
        let around = |(when, stretch): (&When, &Stretch)| Around {
            time: when.what.clone(),
            post: when.post,
            lines: stretch.lines,
            errors: stretch.errors,
            words: stretch.told(name),
        };
        times.iter().zip(&self.around).map(around).collect()
    }
}

impl Stretch {
    fn add(&mut self, weight: Weight, words: &[usize]) {
        self.lines += 1;
        self.errors += u64::from(weight == Weight::Error);
        words.iter().for_each(|word| *self.words.entry(*word).or_default() += 1);
    }

    fn told(&self, name: &impl Fn(usize) -> Option<String>) -> Vec<String> {
        self.words.keys().filter_map(|word| name(*word)).take(WORDS).collect()
    }
}
