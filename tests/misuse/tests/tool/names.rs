//! Names that a caller cannot have, or that two things would share.

#![expect(unused_variables, reason = "nothing here gets as far as being used")]

#[tollgate_sdk::tool]
pub mod tool {
    pub struct Same {
        pub a_b: u32,
        pub a__b: u32,
        pub aB: u32,
    }

    pub fn same(same: Same) {}

    pub fn größe(x_1: u32) {}
}

#[tollgate_sdk::tool]
pub mod clash {
    use tollgate_sdk::Refusal as Other;

    pub struct Refused {
        pub why: tollgate_sdk::Refusal,
    }

    pub fn refusal() -> Refused {
        let _: Option<Other> = None;
        unreachable!()
    }
}

#[tollgate_sdk::tool]
pub mod two {
    pub struct Count {
        pub it: u32,
    }

    pub fn count() -> Count {
        Count { it: 1 }
    }
}

fn main() {}
