//! Structs and enums that a caller cannot be shown.

#![expect(unused_variables, reason = "nothing here gets as far as being used")]

#[tollgate_sdk::tool]
pub mod tool {
    pub struct Empty {}

    pub struct Pair(u32, u32);

    pub struct Closed {
        inside: u32,
    }

    pub struct Generic<T> {
        pub item: Vec<T>,
    }

    pub struct Tree {
        pub branches: Vec<Branch>,
    }

    pub struct Branch {
        pub end: Option<Tree>,
    }

    pub enum None {}

    pub enum Cases {
        One(u32),
        Two(u32, u32),
        Three { it: u32 },
    }

    pub fn show(empty: Empty, pair: Pair, closed: Closed, tree: Tree, none: None, cases: Cases) {}
}

fn main() {}
