//! Tries programs that must not compile: those of `cases/` misuse the gate, those of `tool/` are no tools.

use std::path::{Path, PathBuf};

/// Tries each program of a folder: none may compile, and its `.stderr` shows that the intended errors stop it. `count` is how
/// many there are, so that none is lost.
fn none_compiles(folder: &str, count: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let with = |extension: &str| -> Vec<PathBuf> {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    };
    let cases = with("rs");
    assert_eq!(cases.len(), count, "{cases:?}");
    {
        let tries = trybuild::TestCases::new();
        cases.iter().for_each(|case| tries.compile_fail(case));
    }
    assert_eq!(with("stderr").len(), count, "each case has its pinned errors, and no error lacks its case");
}

#[test]
fn misuse_of_the_gate_does_not_compile() {
    none_compiles("cases", 5);
}

#[test]
fn what_is_no_tool_is_told_why() {
    none_compiles("tool", 7);
}
