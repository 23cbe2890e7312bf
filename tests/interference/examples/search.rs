//! One search on the rules, by hand: which bug or none, the first seed, how many, and at how many violations it ends.

#![expect(clippy::disallowed_macros, reason = "a program for a terminal")]
#![expect(clippy::disallowed_methods, reason = "it says how long it took")]

use tollgate_interference::{Bug, on_rules};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, or: u64| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(or);
    let began = std::time::Instant::now();
    let bugs: Vec<Option<Bug>> = match words.first().map(String::as_str) {
        Some("all") => Bug::ALL.into_iter().map(Some).collect(),
        Some("none") | None => vec![None],
        Some(name) => Bug::ALL.into_iter().filter(|bug| format!("{bug:?}") == name).map(Some).collect(),
    };
    if let (Some("real"), Some(program), Some(component)) = (words.first().map(String::as_str), words.get(4), words.get(5)) {
        let command = |folder: &std::path::Path, words: &[&str]| {
            let ran =
                std::process::Command::new(program).args(words).current_dir(folder).output().map_err(|e| e.to_string())?;
            if ran.status.success() { Ok(()) } else { Err(format!("{words:?}: {}", String::from_utf8_lossy(&ran.stderr))) }
        };
        match tollgate_interference::for_real(component.as_ref(), &command, (number(1, 0), number(2, 10)), 3) {
            Ok(found) => {
                found.violations.iter().for_each(|violation| println!("{violation}\n"));
                println!(
                    "real {:?} traces {} violations {} differed {} noticed {} closed {} vacuous {} calls {} written {}",
                    began.elapsed(),
                    found.traces,
                    found.violations.len(),
                    found.differed,
                    found.noticed,
                    found.closed,
                    found.vacuous,
                    found.calls,
                    found.written
                );
            }
            Err(why) => println!("{why}"),
        }
        return;
    }
    for bug in bugs {
        match on_rules(bug, number(1, 0), number(2, 1_000), usize::try_from(number(3, 1)).unwrap_or(1)) {
            Ok(found) => {
                if words.first().is_none_or(|word| word != "all") {
                    found.violations.iter().for_each(|violation| println!("{violation}\n"));
                }
                println!(
                    "{bug:?} {:?} traces {} violations {} differed {} noticed {} closed {} vacuous {} calls {} written {}",
                    began.elapsed(),
                    found.traces,
                    found.violations.len(),
                    found.differed,
                    found.noticed,
                    found.closed,
                    found.vacuous,
                    found.calls,
                    found.written
                );
            }
            Err(why) => println!("{bug:?}: {why}"),
        }
    }
}
