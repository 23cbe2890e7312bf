//! What a store holds: the host's state, WASI, and the sums that memory and tables are limited by.

use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::diagnostic::{Fault, FaultKind};
use crate::manifest::Limits;
use crate::unit::Bytes;

/// The data of one store.
pub struct Cell<T> {
    /// The state of the host functions above the sandbox.
    pub host: T,
    pub(super) wasi: WasiCtx,
    pub(super) handles: ResourceTable,
    pub(super) sums: Sums,
}

impl<T: Send> WasiView for Cell<T> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.handles }
    }
}

/// One summed quantity.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) used: u64,
}

/// Memory and tables of all of a component's instances.
pub(super) struct Sums {
    pub(super) memory: Sum,
    pub(super) tables: Sum,
    limits: (u64, u64),
}

/// An entry of a table is a pointer.
const ENTRY: u64 = 8;

impl Sum {
    fn grow(&mut self, by: u64, limit: u64, what: (FaultKind, &str)) -> wasmtime::Result<bool> {
        let want = self.used.saturating_add(by);
        if want > limit {
            let (kind, name) = what;
            let message = format!("the tool wanted {} of {name}, allowed are {}", Bytes(want), Bytes(limit));
            return Err(wasmtime::Error::new(Fault::new(kind, message)));
        }
        self.used = want; // never less again: wasm has no shrinking, and a growth that fails ends the guest
        Ok(true)
    }
}

impl Sums {
    pub(super) fn new(limits: &Limits) -> Self {
        let limits = (limits.memory.0, limits.tables.0);
        Self { memory: Sum::default(), tables: Sum::default(), limits }
    }
}

/// Ends the guest: what was booked for this growth, if anything was, need not be found out.
fn failed(kind: FaultKind, why: &wasmtime::Error) -> wasmtime::Error {
    wasmtime::Error::new(Fault::new(kind, format!("the tool wanted to grow further than it can: {why:#}")))
}

impl ResourceLimiter for Sums {
    fn memory_growing(&mut self, current: usize, want: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let by = want.saturating_sub(current) as u64;
        self.memory.grow(by, self.limits.0, (FaultKind::Memory, "memory"))
    }

    fn memory_grow_failed(&mut self, why: wasmtime::Error) -> wasmtime::Result<()> {
        Err(failed(FaultKind::Memory, &why))
    }

    fn table_growing(&mut self, current: usize, want: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let by = (want.saturating_sub(current) as u64).saturating_mul(ENTRY);
        self.tables.grow(by, self.limits.1, (FaultKind::Tables, "tables"))
    }

    fn table_grow_failed(&mut self, why: wasmtime::Error) -> wasmtime::Result<()> {
        Err(failed(FaultKind::Tables, &why))
    }

    fn instances(&self) -> usize {
        super::INSTANCES as usize
    }

    fn memories(&self) -> usize {
        super::MEMORIES as usize
    }

    fn tables(&self) -> usize {
        super::TABLES as usize
    }
}
