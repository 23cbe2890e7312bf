//! Empty: the programs that must not compile stand in `tests/cases`, and `tests/misuse.rs` tries them.
