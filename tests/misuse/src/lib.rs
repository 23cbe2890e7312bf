//! Tries programs that must not compile: `tests/cases` misuse the gate, `tests/tool` are no tools.

use std::path::{Path, PathBuf};

/// Tries each program of a folder below `tests`: none may compile, and its `.stderr` is what the compiler says. `count` is how
/// many there are, so that none is lost.
///
/// # Panics
/// When one compiles, is stopped by another error, or one of either kind is missing.
pub fn none_compiles(folder: &str, count: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let with = |extension: &str| -> Vec<PathBuf> {
        let files = std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path());
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
