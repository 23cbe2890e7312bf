//! The guest of the comparison with ACT: one function that does nothing, as in `tests/guests/empty`, built with ACT's own SDK.

use act_sdk::prelude::*;

#[act_component]
mod component {
    use super::*;

    /// Nothing.
    #[act_tool(description = "Nothing.")]
    fn empty_nothing() -> ActResult<()> {
        Ok(())
    }
}
