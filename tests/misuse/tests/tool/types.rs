//! Types that cannot cross the border between a tool and its caller.

#![expect(unused_variables, reason = "nothing here gets as far as being used")]

use std::collections::HashMap;

#[tollgate_sdk::tool]
pub mod tool {
    use super::HashMap;

    struct Secret;

    pub fn takes(
        size: usize,
        map: HashMap<String, u32>,
        borrowed: &String,
        all: &Vec<u8>,
        one: &u32,
        changed: &mut str,
        list: [u8; 4],
        boxed: Option<Box<u32>>,
        secret: Secret,
        nested: Vec<&str>,
        nothing: Option<()>,
        foreign: std::net::IpAddr,
        function: fn() -> u32,
    ) {
    }

    pub fn returns() -> std::io::Result<u32> {
        Ok(1)
    }

    pub fn borrows() -> &'static str {
        ""
    }
}

fn main() {}
