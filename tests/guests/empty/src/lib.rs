//! A guest of the benchmarks: one function that does nothing, so that what is measured is the host.

/// Does nothing.
#[tollgate_sdk::tool]
pub mod empty {
    /// Nothing.
    pub fn nothing() {}
}
