//! Whose interface an import is, by its name alone.

use wasmparser::names::{ComponentName, ComponentNameKind};

/// Whose interface it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Ours: granted by a manifest.
    Tollgate,
    /// WASI's, which every tool of a standard toolchain imports; it gives nothing.
    Wasi,
    /// Of nobody that this host knows: a tool that wants it does not load.
    Unknown,
}

/// The interfaces of `tollgate:host` 0.1.
const OURS: [&str; 5] = ["types", "context", "files", "forum", "acl"];

/// The packages of `wasi` 0.2 that the sandbox links, with nothing behind them.
const WASI: [&str; 6] = ["cli", "io", "clocks", "random", "filesystem", "sockets"];

/// Whose the import `name` is. A pre-release is another contract, and unknown.
pub(super) fn of(name: &str) -> Origin {
    let Ok(parsed) = ComponentName::new(name, 0) else { return Origin::Unknown };
    let ComponentNameKind::Interface(interface) = parsed.kind() else { return Origin::Unknown };
    let Ok(Some(version)) = interface.version(None) else { return Origin::Unknown };
    if !version.pre.is_empty() || version.major != 0 {
        return Origin::Unknown;
    }
    let (namespace, package) = (interface.namespace(), interface.package());
    match (namespace.as_str(), package.as_str(), version.minor) {
        ("tollgate", "host", 1) if OURS.contains(&interface.interface().as_str()) => Origin::Tollgate,
        ("wasi", package, 2) if WASI.contains(&package) => Origin::Wasi,
        _ => Origin::Unknown,
    }
}
