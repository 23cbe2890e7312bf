//! Precision and recall of each format, on numbers and tokens that are made from a seed and on cases written by hand; what is
//! measured on text that nobody made for it stands in `natural`.

use std::collections::BTreeMap;

use super::made::{Lot, MADE, missed};
use super::{found, hard, names};

const SEED: u64 = 2026;

/// True ones of each format, and as many near-misses.
const EACH: usize = 400;

/// What was there and found, what was there, what was found.
#[derive(Default, Clone, Copy)]
struct Score {
    right: usize,
    there: usize,
    found: usize,
}

impl Score {
    fn note(&mut self, there: bool, found: bool) {
        self.right += usize::from(there && found);
        self.there += usize::from(there);
        self.found += usize::from(found);
    }

    fn recall(self) -> f64 {
        self.right as f64 / self.there.max(1) as f64
    }

    fn precision(self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }
}

/// A sentence with the number in it.
fn said(lot: &mut Lot, sentences: &[&str], number: &str) -> String {
    lot.of(sentences).replace("{}", number)
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a table that a reader of the run wants")]
fn what_has_a_checksum_is_found_and_its_near_misses_are_not() {
    let mut lot = Lot(SEED);
    println!("| format | true | found | near-misses | found | recall | precision |\n|---|---|---|---|---|---|---|");
    for made in MADE {
        let (mut score, mut misses) = (Score::default(), 0);
        for _ in 0..EACH {
            let number = (made.make)(&mut lot);
            let near = missed(&mut lot, &number);
            let finds = |text: &str| names(&found(text)).contains(&made.what);
            let text = said(&mut lot, made.sentences, &number);
            score.note(true, finds(&text));
            let near = finds(&said(&mut lot, made.sentences, &near));
            score.note(false, near);
            misses += usize::from(near);
        }
        let (recall, precision) = (score.recall(), score.precision());
        println!("| {} | {EACH} | {} | {EACH} | {misses} | {recall:.3} | {precision:.3} |", made.what, score.right);
        assert!(recall >= 0.95, "{}: recall {recall:.3}", made.what);
        assert!(precision >= 0.9, "{}: precision {precision:.3}", made.what);
    }
    assert!(MADE.len() >= 12);
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a table that a reader of the run wants")]
fn the_cases_written_by_hand_as_a_table() {
    let mut scores: BTreeMap<&'static str, Score> = BTreeMap::new();
    for case in hard::CASES {
        let text = case.text();
        for finding in found(&text).iter() {
            scores.entry(finding.kind.name()).or_default().note(case.1.contains(&&*finding.what), true);
        }
    }
    println!("| kind | found | of them right | precision |\n|---|---|---|---|");
    for (kind, score) in &scores {
        println!("| {kind} | {} | {} | {:.3} |", score.found, score.right, score.precision());
        assert!(score.precision() >= 0.9, "{kind}");
    }
    assert!(["secrets", "personal", "markers"].iter().all(|kind| scores.contains_key(kind)));
}
