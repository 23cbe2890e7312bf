//! Declarations that are no manifest's words.

#[tollgate_sdk::tool(files = { paths = ["**"] })]
pub mod unquoted {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = 10)]
pub mod no_table {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = { calls = 1.5 })]
pub mod no_value {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = { paths = [1] })]
pub mod no_strings {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = { calls = 1, calls = 2 })]
pub mod key_twice {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = { calls = 1 }, "files.read" = { calls = 2 })]
pub mod grant_twice {
    pub fn nothing() {}
}

#[tollgate_sdk::tool("files.read" = { calls = 99999999999999999999 })]
pub mod too_large {
    pub fn nothing() {}
}

fn main() {}
