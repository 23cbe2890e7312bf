//! What a tool's author imports: the host's capabilities as plain functions. Every one may be refused; see [`Refusal`].

pub mod acl;
pub mod files;
pub mod forum;

mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "tollgate:host/host", generate_all });
}

pub use bindings::tollgate::host::types::{Instant, Refusal};
pub use tollgate_sdk_macros::tool;

/// What the attribute's code names; no author does.
#[doc(hidden)]
pub mod generated {
    pub use crate::bindings::tollgate::host::types::Refusal;
    pub use wit_bindgen;
}
