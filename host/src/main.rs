//! The program `tollgate`.

use std::process::ExitCode;

/// Entries and results are made on one thread and let go on another; the system's allocator pays for that twice.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tollgate::cli::main(std::env::args_os().collect())
}
