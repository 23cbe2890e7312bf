//! Nobody sees what he is not cleared for: a search through drawn worlds, tools and sessions, on the rules and for real.

use tollgate_interference::on_rules;

#[test]
fn on_the_rules_nobody_sees_what_he_is_not_cleared_for() {
    let found = on_rules(None, 0, 3_000, 3).unwrap_or_else(|why| panic!("{why}"));
    found.violations.iter().for_each(|violation| eprintln!("{violation}\n"));
    eprintln!("{found:?}");
    assert!(found.violations.is_empty(), "{} violations", found.violations.len());
}
