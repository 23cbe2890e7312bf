//! The command line: a door. It translates and decides nothing; each command is a file of its own.

mod approvals;
mod backup;
mod call;
mod check;
mod command;
mod difference;
mod doctor;
mod doubts;
mod exit;
mod explain;
mod freeze;
mod glass;
mod init;
mod inspect;
mod journal;
mod lease;
mod log;
mod new;
mod output;
mod overview;
mod passphrase;
mod pin;
mod receipt;
pub mod report;
mod restore;
mod result;
mod run;
mod said;
mod schema;
mod serve;
mod session;
mod skeleton;
mod terminal;
mod token;
mod tools;
mod watch;
mod world;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use command::{Arguments, Command};
use exit::{Exit, Failure};
use output::{Format, Output};

use crate::setup::{Embedding, embed, usual_pages};

/// The same with other backends behind the capabilities: the door for a program that has this host in it.
#[must_use]
pub fn main_with(arguments: Vec<OsString>, embedding: Embedding) -> ExitCode {
    if !embed(embedding) {
        Output { format: Format::Text }.failure(&Failure::usage("this process has its backends already", "embed them once"));
        return Exit::Usage.into();
    }
    main(arguments)
}

/// Runs one command and says how it ended.
#[must_use]
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    usual_pages();
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failures; clap knows which stream is meant.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let output = Output { format: arguments.output };
    // Where it logs also depends on the configuration, which `serve` reads first.
    if !matches!(arguments.command, Command::Serve(_)) {
        log::begin(&arguments, None);
    }
    match run(&arguments, output) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<Exit, Failure> {
    let folder = &arguments.workspace;
    match &arguments.command {
        Command::Init(options) => init::run(options, output),
        Command::New(options) => new::run(options, output),
        Command::Tools => tools::run(folder, output),
        Command::Inspect(options) => inspect::run(folder, options, output),
        Command::Pin(options) => pin::run(folder, options, output),
        Command::Check => check::run(folder, output),
        Command::Explain(options) => explain::run(folder, options, output),
        Command::Call(options) => call::run(folder, options, output),
        Command::Run(options) => run::run(folder, options),
        Command::Serve(options) => serve::run(arguments, options, output),
        Command::Token(options) => token::run(folder, options, output),
        Command::Result(options) => result::run(folder, options, output),
        Command::Cancel(options) => result::cancel(folder, options, output),
        Command::Approvals(options) => approvals::run(folder, options, output),
        Command::BreakGlass(options) => glass::run(folder, options, output),
        Command::Review(options) => glass::review(folder, options, output),
        Command::Session(options) => session::run(folder, options, output),
        Command::Report => overview::run(folder, output),
        Command::Freeze(options) => freeze::run(folder, options, output),
        Command::Thaw(options) => freeze::thaw(folder, options, output),
        Command::Journal(options) => journal::run(folder, options, output),
        Command::Doubts(options) => doubts::run(folder, options, output),
        Command::Receipt(options) => receipt::run(folder, options, output),
        Command::Backup(options) => backup::run(folder, options, output),
        Command::Passphrase(options) => passphrase::run(folder, options, output),
        Command::Watch(options) => watch::run(folder, options, output),
        Command::World(options) => world::run(folder, options, output),
        Command::Lease(options) => lease::run(folder, options, output),
        Command::Doctor(options) if options.accept_restore => restore::run(folder, options, output),
        Command::Doctor(_) => doctor::run(folder, output),
        Command::Schema(options) => schema::run(options, output),
        Command::Completions(options) => {
            clap_complete::generate(options.shell, &mut Arguments::command(), "tollgate", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Command::CompileChild => Ok(pin::compile_child()),
    }
}
