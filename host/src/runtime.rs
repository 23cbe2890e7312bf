//! The sandbox: one engine, bounded guest threads, and one run of one function under every limit of `[limits]`.

use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::diagnostic::Broken;
use crate::name::Digest;

mod cache;
mod capture;
mod cell;
pub mod compile;
mod outcome;
mod pace;
mod run;
mod stopwatch;
mod threads;
mod ticker;
mod wasi;

pub use cache::Cache;
pub use cell::Cell;
pub use pace::Pace;
pub use run::{Captured, Ended, Order, Stop, Usage};
pub use stopwatch::Stopwatch;
pub use wasi::{Seed, Skew};

/// What a sandbox is made with.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Invocations that may stand in the pool at once; others wait for a place.
    pub concurrent: u32,
    /// Threads of guests that are not over within their first epoch.
    pub threads: usize,
    /// Whether memory is reset by scanning the page map (Linux 6.7). `Auto` does where the kernel can.
    pub scan: Enabled,
}

impl Settings {
    /// As many threads as there are processors.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { concurrent: 256, threads, scan: Enabled::Auto }
    }
}

/// The engine and the threads that guests run on.
pub struct Sandbox {
    engine: Engine,
    id: Arc<str>,
    threads: threads::Threads,
    places: Arc<tokio::sync::Semaphore>,
    ticker: ticker::Ticker,
}

/// What decides the compiled code. The same for the pool and for the compiling child.
fn common() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true).consume_fuel(true).epoch_interruption(true);
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true).max_wasm_stack(256 << 10);
    config
}

/// An engine that compiles and never instantiates: no pool, so no reservation of address space.
///
/// # Errors
/// When this machine cannot have it.
pub fn compiling_engine() -> Result<Engine, Broken> {
    Engine::new(&common()).map_err(|e| Broken::while_doing("making the compiling engine", format!("{e:#}")))
}

/// Core instances, memories and tables of one component. The pool holds as many for each place, so that no tool takes
/// what another was promised. A component of the standard library has three instances, one memory and three tables.
const INSTANCES: u32 = 8;
const MEMORIES: u32 = 2;
const TABLES: u32 = 8;

/// Entries of the largest single table: as many as the default of `[limits] tables` (1 MiB) pays for.
const TABLE: usize = (1 << 20) / 8;

/// Without the page map scan and these sizes two threads are slower than one: a reset goes through the process-wide lock.
fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let concurrent = settings.concurrent;
    let mut pool = PoolingAllocationConfig::new();
    pool.pagemap_scan(settings.scan);
    pool.linear_memory_keep_resident(2 << 20).table_keep_resident(64 << 10).async_stack_keep_resident(64 << 10);
    pool.total_component_instances(concurrent).total_stacks(concurrent);
    pool.total_core_instances(concurrent.saturating_mul(INSTANCES));
    pool.total_memories(concurrent.saturating_mul(MEMORIES)).total_tables(concurrent.saturating_mul(TABLES));
    pool.table_elements(TABLE);
    pool.max_core_instances_per_component(INSTANCES).max_memories_per_component(MEMORIES).max_tables_per_component(TABLES);
    pool
}

/// The digest of the engine's settings and version, by which compiled files are kept apart.
fn id_of(engine: &Engine) -> String {
    use std::hash::{Hash as _, Hasher};
    struct Bytes(Vec<u8>);
    impl Hasher for Bytes {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }
    let mut bytes = Bytes(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut bytes);
    Digest::of(&bytes.0).hex()
}

impl Sandbox {
    /// Makes the engine, its ticker and the guest threads.
    ///
    /// # Errors
    /// When the machine gives no pool or no threads.
    pub fn new(settings: &Settings) -> Result<Self, Broken> {
        let mut config = common();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
        let engine = Engine::new(&config).map_err(|e| {
            Broken::while_doing("making the engine with its pool", format!("{e:#}"))
                .help("lower the number of concurrent invocations")
        })?;
        let ticker = ticker::Ticker::start(engine.weak())?;
        let places = Arc::new(tokio::sync::Semaphore::new(settings.concurrent as usize));
        let id = id_of(&engine).into();
        Ok(Self { engine, id, threads: threads::Threads::new(settings.threads)?, places, ticker })
    }

    /// The engine, for components and linkers.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// By what compiled files are told apart: settings and version of the engine.
    #[must_use]
    pub fn engine_id(&self) -> &Arc<str> {
        &self.id
    }

    /// Whether this kernel scans the page map (Linux 6.7), for `doctor`.
    #[must_use]
    pub fn pagemap_scan(&self) -> bool {
        PoolingAllocationConfig::is_pagemap_scan_available()
    }

    /// A linker with a WASI that gives nothing.
    ///
    /// # Errors
    /// When the engine refuses its own WASI.
    pub fn linker<T: Send + 'static>(&self) -> Result<Linker<Cell<T>>, Broken> {
        let mut linker = Linker::new(&self.engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)
            .map_err(|e| Broken::while_doing("linking WASI", format!("{e:#}")))?;
        Ok(linker)
    }
}
