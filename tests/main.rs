//! The promises of Tollgate, each proved through a public door; each module is one subject.

#![expect(clippy::disallowed_methods, reason = "tests make and look at files themselves")]

mod acl;
mod author;
mod commands;
mod consent;
mod declaration;
mod disk;
mod evidence;
mod files;
mod forum;
mod hostile;
mod journal;
mod kit;
mod limits;
mod manifests;
mod new;
mod outside;
mod patterns;
mod scenarios;
mod sdk;
mod store;
mod tidy;
mod tools;
mod update;
mod values;
mod world;
mod write;
