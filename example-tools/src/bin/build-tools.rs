//! Builds the example tools and prints the folder they are in, for `tollgate init --tools`.

use std::process::ExitCode;

#[expect(clippy::disallowed_macros, reason = "a developer's program, whose output is the folder")]
fn main() -> ExitCode {
    match tollgate_example_tools::build() {
        Ok(built) => {
            println!("{}", built.tools.display());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
