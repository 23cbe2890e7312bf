//! The program that tests run: the command line over a forum in another process, or that forum.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_faults::elsewhere(std::env::args_os().collect())
}
