//! The search.

fn main() {}
