//! What a tool's author imports: an attribute that makes a module a tool, and the host's capabilities as plain functions.
//!
//! A tool is a module with [`tool`] before it; its public functions are what agents call. What it does to the world it does
//! through [`files`], [`forum`] and [`acl`]: each call may be refused, and a [`Refusal`] says by whom and why. [`context`]
//! says for whom the tool runs and what it may still use.
//!
//! Compiled for wasm, the functions go to the host. Anywhere else they go to the `World` of the thread's test: the feature
//! `test` has it, so that `cargo test` runs a tool's logic without a host.

pub mod acl;
pub mod context;
pub mod files;
pub mod forum;

#[cfg(all(not(target_arch = "wasm32"), feature = "test"))]
pub mod test;
#[cfg(all(not(target_arch = "wasm32"), not(feature = "test")))]
#[expect(dead_code, reason = "without the feature nobody can make a world, and every call says so")]
mod test;

mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "tollgate:host/host", generate_all });
}

/// Where the functions go.
mod behind {
    #[cfg(target_arch = "wasm32")]
    pub(crate) use crate::bindings::tollgate::host::{acl, context, files, forum};
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) use crate::test::{acl, context, files, forum};
}

pub use bindings::tollgate::host::types::{Instant, Refusal};
pub use tollgate_sdk_macros::tool;

/// What the attribute's code names; no author does.
#[doc(hidden)]
pub mod generated {
    pub use crate::bindings::tollgate::host::types::Refusal;
    pub use wit_bindgen;
}
