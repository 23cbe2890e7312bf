//! Tries each program of `cases/`: none may compile, and its `.stderr` shows that the intended error stops it.

use std::path::{Path, PathBuf};

/// How many there are, so that none is lost.
const CASES: usize = 5;

#[test]
fn misuse_does_not_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let with = |extension: &str| -> Vec<PathBuf> {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    };
    let cases = with("rs");
    assert_eq!(cases.len(), CASES, "{cases:?}");
    {
        let tries = trybuild::TestCases::new();
        cases.iter().for_each(|case| tries.compile_fail(case));
    }
    assert_eq!(with("stderr").len(), CASES, "each case has its pinned error, and no error lacks its case");
}
