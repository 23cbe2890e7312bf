//! Whether anybody sees what he is not cleared for: `cargo bench --bench interference` draws a million traces for the rules and ten
//! thousand for real guests and the real store, plays each twice with one secret changed, and counts who saw a difference that
//! he is not cleared for; then it looks whether the same search finds each bug that is built in, one for each rule of labels.
//! Claims: no violation, every bug found. A trace that breaks one is printed, as small as it gets; it is drawn from its seed again.
//! `-- --rules 1000000 --real 10000 --seed 0` say how much and from where on, `--bugs 0` leaves the bugs out.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use tollgate_benches::{Failed, command};
use tollgate_interference::{Bug, Found, for_real, on_rules};

fn main() -> ExitCode {
    if let Some(code) = tollgate_benches::as_the_program() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    match Plan::of(&words).and_then(|plan| plan.run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// How much is searched.
struct Plan {
    seed: u64,
    rules: u64,
    real: u64,
    /// The most traces until each bug is found.
    bugs: u64,
}

/// So many violations are printed; then a search ends.
const SHOWN: usize = 5;

impl Plan {
    fn of(words: &[String]) -> Result<Self, Failed> {
        let mut plan = Self { seed: 0, rules: 1_000_000, real: 10_000, bugs: 100_000 };
        let mut words = words.iter().filter(|word| *word != "--bench");
        while let Some(word) = words.next() {
            let number =
                words.next().and_then(|number| number.parse().ok()).ok_or_else(|| format!("{word} which number?"))?;
            match word.as_str() {
                "--seed" => plan.seed = number,
                "--rules" => plan.rules = number,
                "--real" => plan.real = number,
                "--bugs" => plan.bugs = number,
                _ => return Err(format!("{word} is no option: --rules, --real, --seed, --bugs").into()),
            }
        }
        Ok(plan)
    }

    /// Whether every claim held.
    fn run(&self) -> Result<bool, Failed> {
        let mut holds = true;
        if self.rules > 0 {
            let began = Instant::now();
            let found = in_parallel(self.seed, self.rules, |first, count| on_rules(None, first, count, SHOWN))?;
            holds &= say("on the rules", &found, began);
        }
        if self.real > 0 {
            let component = tollgate_example_tools::build()?.fixtures.join("errand.wasm");
            let command = |folder: &Path, words: &[&str]| command(folder, words).map_err(|e| e.to_string());
            let began = Instant::now();
            let search = |first, count| for_real(&component, &command, (first, count), SHOWN);
            holds &= say("real guests, real store", &in_parallel(self.seed, self.real, search)?, began);
        }
        if self.bugs > 0 {
            holds &= self.bugs()?;
        }
        Ok(holds)
    }

    fn bugs(&self) -> Result<bool, Failed> {
        let mut found = 0;
        for bug in Bug::ALL {
            let began = Instant::now();
            let search = on_rules(Some(bug), self.seed, self.bugs, 1)?;
            let after = format!("after {} traces, {:.1} s", search.traces, began.elapsed().as_secs_f64());
            let is_found = !search.violations.is_empty();
            println!("{} {bug:?} {after}", if is_found { "found" } else { "NOT FOUND" });
            found += usize::from(is_found);
        }
        println!("seeded bugs: {found} of {} found", Bug::ALL.len());
        Ok(found == Bug::ALL.len())
    }
}

/// Seeds in parts, a thread for each processor.
fn in_parallel(seed: u64, count: u64, search: impl Fn(u64, u64) -> Result<Found, String> + Sync) -> Result<Found, Failed> {
    let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u64).min(count.max(1));
    let each = count.div_ceil(threads);
    std::thread::scope(|scope| {
        let parts = (0..threads).map(|part| {
            let (first, search) = (seed + part * each, &search);
            scope.spawn(move || search(first, each.min(count.saturating_sub(part * each))))
        });
        let mut all = Found::default();
        for part in parts.collect::<Vec<_>>() {
            all.add(part.join().map_err(|_| "a thread of the search ended early")??);
        }
        Ok(all)
    })
}

/// Prints what was found, and whether that is nothing.
fn say(place: &str, found: &Found, began: Instant) -> bool {
    found.violations.iter().for_each(|violation| println!("{violation}\n"));
    let seconds = began.elapsed().as_secs_f64();
    let Found { traces, differed, noticed, closed, vacuous, calls, written, violations } = found;
    println!("{place}: {traces} traces, {} violations, {seconds:.0} s", violations.len());
    println!("  {calls} calls; {written} posts, files and leases written in those that were compared to the end");
    println!("  the secret made a difference to people who are cleared in {differed}");
    println!(
        "  compared until a declared bit was used: {noticed}, until a lease was closed in one run: {closed}; everybody cleared: {vacuous}"
    );
    violations.is_empty()
}
