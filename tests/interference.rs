//! Nobody sees what he is not cleared for: a search through drawn worlds, tools and sessions, on the rules and for real.
//! `cargo bench --bench interference` does the same a million times; docs/labels.md says what is compared.

use std::process::{Command, Stdio};

use tollgate_interference::{Bug, Found, for_real, on_rules};

use crate::world::{guests, program};

/// Insists that nobody saw anything, and that there was something to see.
fn holds(found: &Found) {
    let shown: Vec<String> = found.violations.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(found.differed > found.traces / 2, "the secret goes somewhere in most traces: {found:?}");
    assert!(found.noticed + found.closed < found.traces / 20, "few traces end early: {found:?}");
}

#[test]
fn on_the_rules_nobody_sees_what_he_is_not_cleared_for() {
    holds(&on_rules(None, 0, 3_000, 3).unwrap_or_else(|why| panic!("{why}")));
}

#[test]
fn the_search_finds_each_bug_that_is_built_in() {
    for bug in Bug::ALL {
        let found = on_rules(Some(bug), 0, 10_000, 1).unwrap_or_else(|why| panic!("{bug:?}: {why}"));
        assert_eq!(found.violations.len(), 1, "{bug:?} was not found in {} traces", found.traces);
    }
}

#[test]
fn for_real_nobody_sees_what_he_is_not_cleared_for() {
    let command = |folder: &std::path::Path, words: &[&str]| {
        let ran = Command::new(program()).args(words).current_dir(folder).stdin(Stdio::null()).output();
        let ran = ran.map_err(|e| e.to_string())?;
        if ran.status.success() { Ok(()) } else { Err(format!("{words:?}: {}", String::from_utf8_lossy(&ran.stderr))) }
    };
    let component = guests().fixtures.join("errand.wasm");
    let found = for_real(&component, &command, (0, 40), 1).unwrap_or_else(|why| panic!("{why}"));
    let shown: Vec<String> = found.violations.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(found.differed > 10 && found.written > 40, "{found:?}");
}
