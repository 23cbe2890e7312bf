//! What many runs found.

use std::collections::BTreeMap;

use tollgate_faults::{Fault, Met, Promise};

/// How many broken promises are shown in words.
const SHOWN: usize = 3;

/// Sums over runs.
#[derive(Default)]
pub struct Tally {
    pub runs: usize,
    killed: usize,
    acknowledged: usize,
    broken: BTreeMap<Promise, usize>,
    doubts: BTreeMap<&'static str, usize>,
    asked: usize,
    undone: usize,
    examples: Vec<String>,
}

/// What stands over the columns of the promises.
const fn column(promise: Promise) -> &'static str {
    match promise {
        Promise::Once => "double",
        Promise::Recorded => "unrecorded",
        Promise::Settled => "unsettled",
        Promise::Told => "wrong outcome",
        Promise::Kept => "lost answer",
        Promise::Sound => "not sound",
        Promise::Starts => "no start",
    }
}

impl Tally {
    /// Counts one run.
    pub fn count(&mut self, fault: Fault, met: &Met) {
        self.runs += 1;
        self.killed += usize::from(met.ran.code.is_none());
        self.acknowledged += usize::from(met.found.acknowledged);
        for (promise, why) in &met.found.broken {
            *self.broken.entry(*promise).or_default() += 1;
            let (code, said) = (met.ran.code, met.ran.stderr.trim_end());
            self.examples.push(format!("  {fault:?}: {promise:?}: {why}; code {code:?}; {said}"));
        }
        self.asked += met.found.asked;
        self.undone += met.found.undone;
        for (class, count) in &met.found.doubts {
            *self.doubts.entry(class).or_default() += count;
        }
    }

    /// Adds what others counted.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.killed += other.killed;
        self.acknowledged += other.acknowledged;
        self.asked += other.asked;
        self.undone += other.undone;
        other.broken.iter().for_each(|(promise, count)| *self.broken.entry(*promise).or_default() += count);
        other.doubts.iter().for_each(|(class, count)| *self.doubts.entry(class).or_default() += count);
    }

    /// Whether every promise was kept.
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// The head of the table.
    pub fn head() -> String {
        let promises: String = Promise::ALL.iter().map(|it| format!(" {} |", column(*it))).collect();
        let count = 8 + Promise::ALL.len();
        format!(
            "| fault | workload | runs | killed | answered |{promises} in doubt | asked | and not done |\n|{}",
            "---|".repeat(count)
        )
    }

    /// A line of it.
    pub fn line(&self, kind: &str, workload: &str) -> String {
        let count = |promise| self.broken.get(promise).copied().unwrap_or_default();
        let promises: String = Promise::ALL.iter().map(|it| format!(" {} |", count(it))).collect();
        let doubts: Vec<String> = self.doubts.iter().map(|(class, count)| format!("{count} {class}")).collect();
        let doubts = if doubts.is_empty() { "0".to_owned() } else { doubts.join(", ") };
        let (runs, killed, answered, asked, undone) = (self.runs, self.killed, self.acknowledged, self.asked, self.undone);
        format!("| {kind} | {workload} | {runs} | {killed} | {answered} |{promises} {doubts} | {asked} | {undone} |")
    }

    /// The first broken promises, in words.
    #[expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
    pub fn examples(&self) {
        self.examples.iter().take(SHOWN).for_each(|example| eprintln!("{example}"));
    }
}
