//! Vetting beside a plain scan: `cargo bench --bench vet` looks at texts with every detector, with and without passages, and scans
//! the same texts for the same formats as regular expressions: one after the other, as a set, and all as one alternation. What a plain scan finds
//! has not been checked, has nothing decoded, and says nothing of passages. Claim: vetting is at least half as fast as the
//! fastest of the three. Each figure is the median of rounds taken in turns; `-- --quick` takes few.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its own repository")]

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use tollgate::label::{Source, Under};
use tollgate::vet::{Detectors, Marker, Passages};
use tollgate_benches::Failed;
use tollgate_benches::measure::median;
use tollgate_benches::table::Table;

/// Room for the automata of all formats at once, so that the plain scan is at its quickest.
const ROOM: usize = 64 << 20;

/// Bytes of a text.
const LONGEST: usize = 1 << 20;

fn main() -> ExitCode {
    let quick = std::env::args().any(|word| word == "--quick");
    match measure(if quick { 5 } else { 51 }) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The formats, as a plain scan looks for them.
struct Plain {
    each: Vec<Regex>,
    set: RegexSet,
    one: Regex,
}

impl Plain {
    fn new() -> Result<Self, Failed> {
        let forms: Vec<String> = Detectors::plain().iter().map(|form| format!("(?-u:{form})")).collect();
        let each: Result<_, _> = forms.iter().map(|form| RegexBuilder::new(form).dfa_size_limit(ROOM).build()).collect();
        Ok(Self {
            each: each?,
            set: RegexSetBuilder::new(&forms).size_limit(ROOM).dfa_size_limit(ROOM).build()?,
            one: RegexBuilder::new(&forms.join("|")).size_limit(ROOM).dfa_size_limit(ROOM).build()?,
        })
    }

    fn each(&self, text: &[u8]) -> usize {
        self.each.iter().map(|form| form.find_iter(text).count()).sum()
    }
}

/// Files of the repository as one text.
fn text(files: &[&str]) -> Result<Vec<u8>, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for file in files {
        let path = root.join(file);
        let paths = if path.is_dir() {
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Failed>>()?
        } else {
            vec![path]
        };
        for path in paths.iter().filter(|path| path.is_file()) {
            all.extend(std::fs::read(path)?);
        }
    }
    all.truncate(LONGEST);
    Ok(all)
}

/// One way to look at a text; returns what it finds, so that it cannot be left out.
type Look<'a> = &'a dyn Fn(&[u8]) -> usize;

/// Bytes of `text` in a second, the median of rounds that each take their turn.
fn speeds(text: &[u8], rounds: usize, what: &[Look<'_>]) -> Vec<f64> {
    let mut all = vec![Vec::new(); what.len()];
    for _ in 0..rounds {
        for (it, took) in what.iter().zip(&mut all) {
            let begun = Instant::now();
            black_box(it(black_box(text)));
            took.push(begun.elapsed().as_secs_f64());
        }
    }
    all.into_iter().map(|took| text.len() as f64 / median(took)).collect()
}

fn measure(rounds: usize) -> Result<bool, Failed> {
    let detectors = Detectors::new(&[], &[], &Marker::usual())?;
    let plain = Plain::new()?;
    // Passages of a file that was read, of which none stands in the texts.
    let source = Source { under: Under::Unknown, what: "what was read".into() };
    let other: Vec<u8> = text(&["CHANGELOG.md", "ARCHITECTURE.md"])?.into_iter().rev().collect();
    let mut read = Passages::none();
    read.add(&source, &other[..other.len().min(64 << 10)]);
    read.finish();
    let nothing = Passages::none();
    let mut table =
        Table::new("Vetting beside a plain scan", &["text", "bytes", "subject", "MB/s", "of the fastest plain scan"]);
    let mut holds = true;
    for (name, files) in [
        ("documents", &["docs", "README.md", "SECURITY.md", "benches/README.md"][..]),
        ("sources", &["host/src", "host/src/gate", "host/src/store"]),
        ("a lock file", &["Cargo.lock"]),
    ] {
        let text = text(files)?;
        let subjects: [(&str, Look<'_>); 5] = [
            ("plain, one after the other", &|text| plain.each(text)),
            ("plain, a set", &|text| plain.set.matches(text).iter().count()),
            ("plain, one alternation", &|text| plain.one.find_iter(text).count()),
            ("every detector", &|text| detectors.look(text, &nothing).iter().len()),
            ("every detector, and passages of 64 KiB", &|text| detectors.look(text, &read).iter().len()),
        ];
        let speeds = speeds(&text, rounds, &subjects.map(|(_, it)| it));
        let fastest = speeds[..3].iter().copied().fold(0.0, f64::max);
        for ((subject, _), speed) in subjects.iter().zip(&speeds) {
            table.row(&[
                name,
                &text.len().to_string(),
                subject,
                &format!("{:.0}", speed / 1e6),
                &format!("{:.2}", speed / fastest),
            ]);
        }
        holds &= speeds[3] >= fastest / 2.0;
        table.target(&format!("{name}: the fastest plain scan, times every detector"), fastest / speeds[3], 2.0);
    }
    println!("{}", table.markdown());
    Ok(holds)
}
