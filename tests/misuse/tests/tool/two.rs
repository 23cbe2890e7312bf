//! Two tools in one crate: a component is one.

#[tollgate_sdk::tool]
pub mod one {
    pub fn nothing() {}
}

#[tollgate_sdk::tool]
pub mod other {
    pub fn nothing() {}
}

fn main() {}
