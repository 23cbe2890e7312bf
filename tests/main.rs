//! The promises of Tollgate, each proved through a public door; each module is one subject.

mod acl;
mod consent;
mod files;
mod forum;
mod journal;
mod manifests;
mod patterns;
mod tidy;

mod world;
