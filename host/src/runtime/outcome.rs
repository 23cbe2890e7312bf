//! From what the engine says to what the tool's author reads.

use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::diagnostic::{Fault, FaultKind};
use crate::manifest::Limits;

fn of_trap(trap: Trap, limits: &Limits) -> Fault {
    match trap {
        Trap::OutOfFuel => Fault::new(FaultKind::Fuel, format!("the tool used all its fuel, allowed are {}", limits.fuel)),
        Trap::StackOverflow => Fault::new(FaultKind::Stack, "the tool's stack ran out, allowed are 256 KiB"),
        Trap::Interrupt => {
            Fault::new(FaultKind::Time, format!("the tool ran longer than its time, allowed are {}", limits.time))
        }
        other => Fault::new(FaultKind::Trap, format!("the tool trapped (a panic, an abort or a wild pointer): {other}")),
    }
}

/// How the engine says that a value is not what its type promises.
const LIFTING: &[&str] = &[
    "invalid utf-8",
    "pointer not aligned",
    "pointer is not aligned",
    "length out of bounds of memory",
    "pointer out of bounds of memory",
    "invalid char",
    "out of range for `char`",
    "discriminant",
];

/// What the guest and the host could not hand each other. One that hands something to the host has frames on its stack;
/// one whose answer is read has returned.
fn handed(error: &wasmtime::Error, limits: &Limits) -> Option<Fault> {
    let text = format!("{error:#}");
    let calling = error.downcast_ref::<WasmBacktrace>().is_some();
    if text.contains("too much data is being copied") {
        return Some(match calling {
            true => arguments(limits),
            false => Fault::new(FaultKind::Output, format!("the tool returned more than {}", limits.output)),
        });
    }
    if text.contains("handle limit exceeded") {
        return Some(handles(limits)); // of the engine's own tables, where no host function is asked
    }
    if text.contains("requested len") {
        return Some(arguments(limits)); // WASI's word for more random bytes than one call may carry
    }
    let why = error.root_cause();
    LIFTING.iter().any(|words| text.contains(words)).then(|| match calling {
        true => Fault::new(FaultKind::Trap, format!("what the tool handed the host is not of its type: {why}")),
        false => Fault::new(FaultKind::BadAnswer, format!("the tool's answer cannot be read as the type it exports: {why}")),
    })
}

fn handles(limits: &Limits) -> Fault {
    Fault::new(FaultKind::Handles, format!("the tool holds too many handles, allowed are {}", limits.handles))
}

fn arguments(limits: &Limits) -> Fault {
    let message = format!("one call carried more than the arguments allowed, which are {}", limits.arguments);
    Fault::new(FaultKind::Arguments, message)
}

/// The order matters: what we said ourselves first, a message only when no type says it.
pub(super) fn fault(error: &wasmtime::Error, limits: &Limits) -> Fault {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(*trap, limits);
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Fault::new(FaultKind::Exit, format!("the tool left through exit({}) instead of returning", exit.0));
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return handles(limits);
    }
    handed(error, limits)
        .unwrap_or_else(|| Fault::new(FaultKind::Trap, format!("the tool could not go on: {}", error.root_cause())))
}
