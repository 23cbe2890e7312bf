//! What is no tool.

#[tollgate_sdk::tool]
pub fn function() {}

#[tollgate_sdk::tool]
pub mod empty {
    fn private() {}
}

#[tollgate_sdk::tool]
pub mod stateful {
    pub fn of(self) {}
}

fn main() {}
