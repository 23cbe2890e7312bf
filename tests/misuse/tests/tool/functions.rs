//! Functions that a caller cannot call.

#![expect(unused_variables, reason = "nothing here gets as far as being used")]

#[tollgate_sdk::tool]
pub mod tool {
    pub async fn waits() {}

    pub unsafe fn dares() {}

    pub fn chooses<T>(item: Vec<T>) {}

    #[cfg(unix)]
    pub fn sometimes() {}

    pub fn takes_apart((one, other): (u32, u32)) {}

    pub fn tells(
        #[doc = include_str!("types.rs")]
        it: u32,
    ) {
    }
}

fn main() {}
