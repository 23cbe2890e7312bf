//! The baseline: wasmtime with the host's own engine settings and nothing of ours. Instantiate, call, drop.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::Failed;
use crate::measure::Again;

/// What a bare store holds.
pub struct Cell {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Cell {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A function of a component, ready to be called.
pub struct Bare {
    engine: Engine,
    ready: InstancePre<Cell>,
    interface: &'static str,
    function: &'static str,
    arguments: Vec<Val>,
    results: usize,
}

/// A function by the interface that exports it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The interface with its version.
    pub interface: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How many results it has.
    pub results: usize,
}

impl Bare {
    /// Compiles and links; `more` adds host functions of one's own, and whatever else is imported traps.
    ///
    /// # Errors
    /// When it does not compile or link.
    pub fn new(
        engine: &Engine,
        component: &[u8],
        function: Function,
        more: impl FnOnce(&mut Linker<Cell>) -> wasmtime::Result<()>,
    ) -> Result<Self, Failed> {
        let component = Component::new(engine, component)?;
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        traps(engine, &component, &mut linker)?;
        linker.allow_shadowing(true);
        more(&mut linker)?;
        let ready = linker.instantiate_pre(&component)?;
        let Function { interface, name, results } = function;
        Ok(Self { engine: engine.clone(), ready, interface, function: name, arguments: Vec::new(), results })
    }

    /// The same function with arguments.
    #[must_use]
    pub fn with(mut self, arguments: Vec<Val>) -> Self {
        self.arguments = arguments;
        self
    }

    async fn call(&self) -> wasmtime::Result<()> {
        let mut store = Store::new(&self.engine, Cell { wasi: WasiCtx::builder().build(), table: ResourceTable::new() });
        store.set_fuel(2_000_000_000)?;
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.ready.instantiate_async(&mut store).await?;
        let interface = instance.get_export_index(&mut store, None, self.interface);
        let at = interface.and_then(|at| instance.get_export_index(&mut store, Some(&at), self.function));
        let function = at.and_then(|at| instance.get_func(&mut store, at));
        let function = function.ok_or_else(|| wasmtime::Error::msg("no such function"))?;
        let mut results = vec![Val::Bool(false); self.results];
        function.call_async(&mut store, &self.arguments, &mut results).await
    }
}

/// Functions of `tollgate:host` that trap. WASI is left alone: a trap under the exact version would hide the real one.
fn traps(engine: &Engine, component: &Component, linker: &mut Linker<Cell>) -> wasmtime::Result<()> {
    for (name, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        if !name.starts_with("tollgate:host/") {
            continue;
        }
        let mut ours = linker.instance(name)?;
        for (function, item) in instance.exports(engine) {
            if let ComponentItem::ComponentFunc(_) = item.ty {
                ours.func_new(function, |_, _, _, _| Err(wasmtime::Error::msg("not there")))?;
            }
        }
    }
    Ok(())
}

impl Again for Bare {
    async fn once(&self) -> Result<(), Failed> {
        self.call().await.map_err(|e| format!("{e:#}").into())
    }
}
