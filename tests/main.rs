//! The promises of Tollgate, each proved through a public door; each module is one subject.

#![expect(clippy::disallowed_methods, reason = "tests make and look at files themselves")]

mod acl;
mod author;
mod card;
mod clients;
mod commands;
mod config;
mod consent;
mod declaration;
mod disk;
mod evidence;
mod faults;
mod files;
mod forum;
mod freeze;
mod glass;
mod hostile;
mod interference;
mod journal;
mod kit;
mod labels;
mod lease;
mod limits;
mod manifests;
mod mcp;
mod new;
mod outside;
mod patterns;
mod quota;
mod scenarios;
mod scenarios_consent;
mod schema;
mod sdk;
mod serve;
mod serve_identity;
mod store;
mod tidy;
mod tools;
mod update;
mod values;
mod vet;
mod waiting;
mod watch;
mod world;
mod write;
