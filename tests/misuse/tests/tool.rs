//! Tries each program of `tool/`: none is a tool, and its `.stderr` shows that every mistake in it is named where it stands.

use std::path::{Path, PathBuf};

/// How many there are, so that none is lost.
const CASES: usize = 7;

#[test]
fn what_is_no_tool_is_told_why() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tool");
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
    assert_eq!(with("stderr").len(), CASES, "each case has its pinned errors, and no error lacks its case");
}
