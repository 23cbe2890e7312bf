//! The promises of Tollgate, each proved through a public door.

mod manifests;
mod patterns;
