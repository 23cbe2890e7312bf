//! Ranks passages by BM25 (Robertson and Zaragoza, 2009). Only the question's words are counted, so no index is built.

use crate::documents::Document;
use crate::passages::{self, Passage};
use crate::words;

/// Passages in an answer, and how many of them may stand in one document.
pub const BEST: usize = 5;
const PER_DOCUMENT: usize = 2;

/// BM25's usual constants: how soon repeating a word stops to help, how much a long passage pays.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// A word of the heading says as much as this many in the text; one of the path as much as one.
const HEADING: u32 = 2;

/// A passage that fits.
pub struct Found {
    pub document: usize,
    pub line: u32,
    pub text: String,
    pub score: f64,
}

struct Candidate<'d> {
    document: usize,
    passage: Passage<'d>,
    counts: Vec<u32>,
    words: u32,
}

/// The best passages of `documents`, best first; none without a word of the question is among them.
pub fn best(question: &str, documents: &[Document]) -> Vec<Found> {
    let mut counter = Counter::new(words::of_question(question));
    let (mut passages, mut words) = (0u32, 0u64);
    let mut candidates = Vec::new();
    for (document, source) in documents.iter().enumerate() {
        for passage in passages::cut(&source.text) {
            let mut counts = vec![0; counter.terms.len()];
            let length = counter.count(passage.text, 1, &mut counts);
            counter.count(passage.heading, HEADING, &mut counts);
            passages += 1;
            words += u64::from(length);
            if counts.iter().any(|count| *count > 0) {
                counter.count(&source.path, 1, &mut counts);
                candidates.push(Candidate { document, passage, counts, words: length });
            }
        }
    }
    let average = (words as f64 / f64::from(passages.max(1))).max(1.0);
    pick(scored(candidates, counter.terms.len(), f64::from(passages), average))
}

fn scored(candidates: Vec<Candidate<'_>>, terms: usize, passages: f64, average: f64) -> Vec<(f64, Candidate<'_>)> {
    let rarity: Vec<f64> = (0..terms)
        .map(|term| {
            let with = candidates.iter().filter(|c| c.counts[term] > 0).count() as f64;
            (1.0 + (passages - with + 0.5) / (with + 0.5)).ln()
        })
        .collect();
    let score = |candidate: &Candidate<'_>| -> f64 {
        let length = 1.0 - LENGTH + LENGTH * f64::from(candidate.words) / average;
        let gain = |count: u32| f64::from(count) * (SATURATION + 1.0) / (f64::from(count) + SATURATION * length);
        candidate.counts.iter().zip(&rarity).map(|(count, rarity)| rarity * gain(*count)).sum()
    };
    let mut scored: Vec<_> = candidates.into_iter().map(|candidate| (score(&candidate), candidate)).collect();
    scored.sort_by(|(a, left), (b, right)| {
        b.total_cmp(a).then((left.document, left.passage.line).cmp(&(right.document, right.passage.line)))
    });
    scored
}

fn pick(scored: Vec<(f64, Candidate<'_>)>) -> Vec<Found> {
    let mut best: Vec<Found> = Vec::new();
    for (score, Candidate { document, passage, .. }) in scored {
        if best.iter().filter(|found| found.document == document).count() < PER_DOCUMENT {
            best.push(Found { document, line: passage.line, text: passage.text.to_owned(), score });
        }
        if best.len() == BEST {
            break;
        }
    }
    best
}

/// Counts the question's words. Most words of a text are passed over by their first letter alone.
struct Counter {
    terms: Vec<String>,
    firsts: [bool; 256],
    word: String,
}

impl Counter {
    fn new(terms: Vec<String>) -> Self {
        let mut firsts = [false; 256];
        for first in terms.iter().filter_map(|term| term.bytes().next()) {
            firsts[usize::from(first)] = true;
            firsts[usize::from(first.to_ascii_uppercase())] = true;
        }
        // A letter beyond ASCII may change its first byte in lower case.
        firsts[128..].fill(true);
        Self { terms, firsts, word: String::new() }
    }

    /// Adds `weight` for each of the terms in `text`, and says how many words it has.
    fn count(&mut self, text: &str, weight: u32, counts: &mut [u32]) -> u32 {
        let mut length = 0;
        for raw in words::raw(text) {
            length += 1;
            if !self.firsts[usize::from(raw.as_bytes()[0])] {
                continue;
            }
            words::lower(raw, &mut self.word);
            words::stem(&mut self.word);
            if let Some(term) = self.terms.iter().position(|term| *term == self.word) {
                counts[term] += weight;
            }
        }
        length
    }
}
