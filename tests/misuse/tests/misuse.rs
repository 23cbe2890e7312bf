//! Misuse of the gate: each program's `.stderr` shows that the intended error stops it.

#[test]
fn misuse_does_not_compile() {
    tollgate_misuse::none_compiles("cases", 5);
}
