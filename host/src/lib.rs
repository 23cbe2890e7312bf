//! Tollgate hosts the tools of AI agents: WebAssembly components whose every import is granted, metered, agreed to and
//! on record. `ARCHITECTURE.md` is the map; modules stand here from low to high, and none uses one below it.

#[cfg(tollgate_ablation)]
pub mod ablation;
pub mod name;
pub mod unit;
pub mod clock;
pub mod refusal;
pub mod diagnostic;

pub mod bindings;

pub mod label;
pub mod vet;
pub mod grant;
pub mod meter;
pub mod quota;

pub mod manifest;
pub mod config;
pub mod freeze;
pub mod people;

pub mod approval;
pub mod journal;
pub mod lease;

pub mod gate;

pub mod capability;

pub mod admit;
pub mod runtime;
pub mod tool;
pub mod invoke;

pub mod store;

pub mod setup;

pub mod serve;

pub mod cli;
