//! One invocation, end to end: admitted, run in the sandbox behind the gate, put on record, reported.

mod report;
mod run;
mod timing;

pub use report::{Line, Outcome, Report};
pub use run::{Call, Host, Loaded};
