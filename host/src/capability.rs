//! Capabilities: each a word in four places. Its folder holds what it grants, its actions, its effect and its WIT trait.

pub mod acl;
pub mod files;
pub mod forum;
