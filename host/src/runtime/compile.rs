//! Compiling in a child process, so that a component made to be expensive costs a process and not the host.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, setpriority_process, setrlimit};

use crate::diagnostic::Broken;

/// The largest component.
pub const LARGEST: usize = 16 << 20;
/// The largest compiled form.
pub(super) const LARGEST_COMPILED: u64 = 256 << 20;
const MEMORY: u64 = 2 << 30;
const PROCESSOR_SECONDS: u64 = 60;
/// How much nicer it is than the host (0 to 19): compiling can wait, calls cannot.
const NICE: i32 = 10;
const PATIENCE: Duration = Duration::from_secs(90);

fn bound(resource: Resource, most: u64) -> Result<(), Broken> {
    let maximum = match resource {
        Resource::Cpu => most + 1, // at the maximum itself the kernel kills without saying why
        _ => most,
    };
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(maximum) })
        .map_err(|e| Broken::while_doing("limiting the process that compiles", e))
}

/// The body of `tollgate compile-child`: a component in, its compiled form out, under limits of its own.
///
/// # Errors
/// When the limits cannot be set, or what came is no component.
pub fn child_main(input: &mut dyn Read, output: &mut dyn Write) -> Result<(), Broken> {
    bound(Resource::As, MEMORY)?;
    bound(Resource::Cpu, PROCESSOR_SECONDS)?;
    bound(Resource::Fsize, 0)?;
    bound(Resource::Core, 0)?;
    setpriority_process(None, NICE).map_err(|e| Broken::while_doing("making the process that compiles nicer", e))?;
    let doing = |e: &dyn std::fmt::Display| Broken::while_doing("compiling the component", e);
    let mut bytes = Vec::new();
    input.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|e| doing(&e))?;
    too_large(&bytes)?;
    let engine = super::compiling_engine()?;
    let compiled = engine.precompile_component(&bytes).map_err(|e| doing(&format!("{e:#}")))?;
    output.write_all(&compiled).and_then(|()| output.flush()).map_err(|e| doing(&e))
}

fn too_large(bytes: &[u8]) -> Result<(), Broken> {
    if bytes.len() <= LARGEST {
        return Ok(());
    }
    let cause = format!("it has {} bytes, allowed are {LARGEST}", bytes.len());
    Err(Broken::while_doing("compiling the component", cause).help("build it for size, or split the tool"))
}

/// Reads on a thread of its own, so that neither side waits for a full pipe.
fn reading(from: impl Read + Send + 'static, most: u64) -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = from.take(most).read_to_end(&mut bytes).map(|_| bytes);
        drop(send.send(read)); // nobody listens any more once the child was given up
    });
    receive
}

/// Compiles in `program compile-child`. Blocks; call it where blocking is allowed.
///
/// # Errors
/// When it is no component, or needs more memory or time than compiling may.
pub fn in_child(program: &Path, component: &[u8]) -> Result<Vec<u8>, Broken> {
    too_large(component)?;
    let mut command = Command::new(program);
    command.arg("compile-child").env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| Broken::while_doing("starting the process that compiles", e))?;
    let ended = converse(&mut child, component.to_vec());
    if ended.is_err() {
        // Already gone or gone now; the wait below says which, and leaves no zombie.
        drop(child.kill());
    }
    let status = child.wait().map_err(|e| Broken::while_doing("waiting for the process that compiles", e))?;
    let (compiled, said) = ended?;
    if status.success() && !compiled.is_empty() && compiled.len() as u64 <= LARGEST_COMPILED {
        return Ok(compiled);
    }
    let large = compiled.len() as u64 > LARGEST_COMPILED;
    let cause = why(status, large, &String::from_utf8_lossy(&said));
    Err(Broken::while_doing("compiling the component", cause)
        .help(format!("compiling may use {} MiB and {PROCESSOR_SECONDS} s of processor time", MEMORY >> 20)))
}

/// Which limit ended the child, or what it said itself.
fn why(status: ExitStatus, large: bool, said: &str) -> String {
    if large {
        return format!("its compiled form is larger than {} MiB", LARGEST_COMPILED >> 20);
    }
    if status.signal() == Some(Signal::XCPU.as_raw()) {
        return format!("it took more than {PROCESSOR_SECONDS} s of processor time");
    }
    // Rust's word when an allocation fails, and the kernel's when a thread or a mapping does.
    if said.contains("memory allocation of") || said.contains("Cannot allocate memory") {
        return format!("it took more than {} MiB of memory", MEMORY >> 20);
    }
    format!("{status}: {}", said.trim())
}

fn converse(child: &mut Child, component: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>), Broken> {
    let missing = || Broken::while_doing("talking to the process that compiles", "it has no pipes");
    let mut input = child.stdin.take().ok_or_else(missing)?;
    let output = reading(child.stdout.take().ok_or_else(missing)?, LARGEST_COMPILED + 1);
    let said = reading(child.stderr.take().ok_or_else(missing)?, 64 << 10);
    // A child that dies early closes the pipe; its status says more than this error.
    std::thread::spawn(move || drop(input.write_all(&component)));
    let late = |_| Broken::while_doing("compiling the component", format!("it took longer than {} s", PATIENCE.as_secs()));
    let failed = |e| Broken::while_doing("reading from the process that compiles", e);
    let compiled = output.recv_timeout(PATIENCE).map_err(late)?.map_err(failed)?;
    let said = said.recv_timeout(Duration::from_secs(5)).map_err(late)?.map_err(failed)?;
    Ok((compiled, said))
}
