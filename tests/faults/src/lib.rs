//! Runs the program under faults and checks its promises afterwards: a stage is a workspace, a workload is a list of
//! commands of which one meets a fault, and the check compares forum, access lists and journal, read by itself.
//!
//! Faults come from `shim/`, a library that is preloaded under the real program. Nothing in the program knows of it.

#![expect(clippy::disallowed_methods, reason = "tests make and look at files themselves")]

mod check;
mod elsewhere;
mod fault;
mod pair;
mod run;
mod scene;
mod stage;
mod workload;
mod yes;

pub use check::{Found, Promise, check};
pub use elsewhere::{Class, Mishap, Running, Terms, main as elsewhere};
pub use fault::{Errno, Fault, shim};
pub use pair::{beside_one_that_waits, beside_one_that_works, power_lost_beside_one_that_waits};
pub use run::{Edge, Met, Ran, edges, meet};
pub use scene::Scene;
pub use stage::{Program, Room, Stage};
pub use workload::{Step, Workload, elsewhere as workloads_elsewhere, workloads};

/// Why a run could not be made; not what it found.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
