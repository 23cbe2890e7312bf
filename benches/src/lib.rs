//! Figures, each beside its baseline in the same process: `cargo bench --bench call`.
