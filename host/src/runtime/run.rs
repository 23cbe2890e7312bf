//! One run of one function in a store of its own.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use wasmtime::component::{ComponentExportIndex, InstancePre, ResourceTable, Val};
use wasmtime::{Store, UpdateDeadline};

use super::capture::Capture;
use super::cell::{Cell, Sums};
use super::outcome::fault;
use super::pace::Pace;
use super::stopwatch::Stopwatch;
use super::threads::Begins;
use super::{Sandbox, Seed, Skew, wasi};
use crate::diagnostic::{Fault, FaultKind};
use crate::manifest::Limits;
use crate::unit::{self, Bytes};

/// What is to be run, and what it may use.
#[derive(Clone)]
pub struct Order {
    /// What it may use.
    pub limits: Limits,
    /// All its randomness comes from here.
    pub seed: Seed,
    /// Its wall clock.
    pub clock: Skew,
    /// The function, found in the component once for all runs.
    pub function: ComponentExportIndex,
    /// Its arguments, already of the right types.
    pub arguments: Vec<Val>,
    /// How many results it has.
    pub results: usize,
    /// Shared with the host functions, which say whose time it is.
    pub stopwatch: Stopwatch,
    /// Shared by all runs of the tool.
    pub pace: Arc<Pace>,
    /// Whether somebody has stopped it meanwhile; asked at its start, at every epoch, and while it is parked.
    pub stop: Stop,
}

/// Asks whether a run must end although it has broken no limit. Cheap: it is asked a thousand times a second.
pub type Stop = Arc<dyn Fn() -> Option<Fault> + Send + Sync>;

/// How often a parked guest, which no epoch reaches, is asked about.
const PARKED: Duration = Duration::from_millis(20);

/// Text that the guest wrote.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// What was kept.
    pub bytes: Vec<u8>,
    /// More was written than is kept.
    pub truncated: bool,
    /// How much was written.
    pub total: u64,
}

/// What a run used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Units of fuel.
    pub fuel: u64,
    /// Largest sum of memories, in bytes.
    pub memory: Bytes,
    /// Largest sum of tables, in bytes.
    pub tables: Bytes,
    /// The tool's own time.
    pub time: unit::Duration,
    /// Time in backends.
    pub backend_time: unit::Duration,
    /// Bytes of the result.
    pub output: Bytes,
    /// Bytes kept of stdout.
    pub stdout: Bytes,
    /// Handles held at the end. What was given back meanwhile is not known: the engine's table tells no peak.
    pub handles: u64,
}

/// A run that is over, however it went. The host's state comes back in every case.
pub struct Ended<T> {
    /// What it returned, or what it ran into.
    pub result: Result<Vec<Val>, Fault>,
    /// What it used.
    pub usage: Usage,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// The host's state.
    pub host: T,
}

fn over_time(watch: &Stopwatch, limits: &Limits) -> Option<Fault> {
    let (own, backend) = watch.read();
    let say = |kind, what: &str, used: Duration, allowed| {
        Some(Fault::new(kind, format!("the tool used {} ms of {what}, allowed are {allowed}", used.as_millis())))
    };
    if own > limits.time.to_std() {
        return say(FaultKind::Time, "its own time", own, limits.time);
    }
    if backend > limits.backend_time.to_std() {
        return say(FaultKind::BackendTime, "backends' time", backend, limits.backend_time);
    }
    None
}

/// Ends when a time is over or somebody stops it, also while the guest is parked and no epoch reaches it.
async fn watch_time(watch: &Stopwatch, limits: &Limits, stop: &Stop) -> Fault {
    loop {
        if let Some(fault) = over_time(watch, limits).or_else(|| stop()) {
            return fault;
        }
        let (own, backend) = watch.read();
        let left = limits.time.to_std().saturating_sub(own).min(limits.backend_time.to_std().saturating_sub(backend));
        tokio::time::sleep(left.clamp(Duration::from_millis(2), PARKED)).await;
    }
}

/// The most that one host call, or one answer, may copy out of the guest. A dynamic value takes 40 bytes for each of an
/// answer's, so this is wider than `arguments`, which the gate counts exactly.
fn copied(limits: &Limits) -> usize {
    let answer = limits.output.0.saturating_mul(41).saturating_add(64 << 10);
    usize::try_from(answer.max(limits.arguments.0)).unwrap_or(usize::MAX)
}

fn store_of<T: Send + 'static>(
    pre: &InstancePre<Cell<T>>,
    cell: Cell<T>,
    order: &Order,
    yielded: Arc<AtomicBool>,
) -> wasmtime::Result<Store<Cell<T>>> {
    let mut store = Store::new(pre.engine(), cell);
    store.limiter(|cell| &mut cell.sums);
    store.set_fuel(order.limits.fuel.0)?;
    store.set_hostcall_fuel(copied(&order.limits));
    // Those of the engine's own tables, lent ones included; WASI's have a table of their own.
    store.set_max_component_handles(usize::try_from(order.limits.handles).unwrap_or(usize::MAX));
    store.set_epoch_deadline(1);
    let (watch, limits, stop) = (order.stopwatch.clone(), order.limits.clone(), order.stop.clone());
    store.epoch_deadline_callback(move |_| {
        if let Some(fault) = over_time(&watch, &limits).or_else(|| stop()) {
            return Err(wasmtime::Error::new(fault));
        }
        yielded.store(true, Ordering::SeqCst);
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    Ok(store)
}

fn bad_order(message: String) -> wasmtime::Error {
    wasmtime::Error::new(Fault::new(FaultKind::BadAnswer, message))
}

async fn call<T: Send + 'static>(
    pre: &InstancePre<Cell<T>>,
    store: &mut Store<Cell<T>>,
    order: &Order,
) -> wasmtime::Result<Vec<Val>> {
    let instance = pre.instantiate_async(&mut *store).await?;
    let function = instance.get_func(&mut *store, order.function);
    let function = function.ok_or_else(|| bad_order("the tool does not export what was to be called".to_owned()))?;
    let mut results = vec![Val::Bool(false); order.results];
    function.call_async(&mut *store, &order.arguments, &mut results).await?;
    Ok(results)
}

/// Bytes of a result: eight for every value but a byte, and the texts.
fn size(value: &Val) -> u64 {
    match value {
        Val::String(text) => text.len() as u64 + 8,
        Val::List(values) | Val::Tuple(values) => {
            values.iter().map(|v| if matches!(v, Val::U8(_)) { 1 } else { size(v) }).sum()
        }
        Val::Record(fields) => fields.iter().map(|(_, v)| size(v)).sum(),
        Val::Variant(_, v) | Val::Option(v) => v.iter().map(|v| size(v)).sum::<u64>() + 8,
        Val::Result(Ok(v) | Err(v)) => v.iter().map(|v| size(v)).sum::<u64>() + 8,
        _ => 8,
    }
}

async fn whole<T: Send + 'static>(
    pre: InstancePre<Cell<T>>,
    host: T,
    order: Order,
    yielded: Arc<AtomicBool>,
) -> Result<Ended<T>, wasmtime::Error> {
    let limits = order.limits.clone();
    let kept = usize::try_from(limits.stdout.0).unwrap_or(usize::MAX);
    let (stdout, stderr) = (Capture::up_to(kept), Capture::up_to(kept));
    let mut handles = ResourceTable::new();
    handles.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
    let context = wasi::context(&order.seed, &order.clock, (stdout.clone(), stderr.clone()), limits.arguments);
    let cell = Cell { host, wasi: context, handles, sums: Sums::new(&limits) };
    let mut store = store_of(&pre, cell, &order, yielded)?;
    order.stopwatch.start();
    let result = if let Some(fault) = (order.stop)() {
        Err(fault)
    } else {
        let running = pin!(call(&pre, &mut store, &order));
        tokio::select! {
            biased;
            result = running => result.map_err(|error| fault(&error, &limits)),
            over = watch_time(&order.stopwatch, &limits, &order.stop) => Err(over),
        }
    };
    let output = result.iter().flatten().map(size).sum();
    let result = if output > limits.output.0 {
        let message = format!("the tool returned {output} bytes, allowed are {}", limits.output);
        Err(Fault::new(FaultKind::Output, message))
    } else {
        result
    };
    let (time, backend) = order.stopwatch.read();
    order.pace.note(time);
    let fuel = limits.fuel.0.saturating_sub(store.get_fuel().unwrap_or(0));
    let Cell { host, sums, mut handles, .. } = store.into_data();
    let millis = |span: Duration| unit::Duration(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
    let (stdout, stderr) = (stdout.captured(), stderr.captured());
    let usage = Usage {
        fuel,
        memory: Bytes(sums.memory.used),
        tables: Bytes(sums.tables.used),
        time: millis(time),
        backend_time: millis(backend),
        output: Bytes(output),
        stdout: Bytes(stdout.bytes.len() as u64),
        handles: handles.iter_mut().count() as u64,
    };
    Ok(Ended { result, usage, stdout, stderr, host })
}

impl Sandbox {
    /// A place in the pool, once there is one; none where somebody stops what waits for it.
    async fn place(&self, stop: &Stop) -> Option<SemaphorePermit<'_>> {
        let mut place = pin!(self.places.acquire());
        loop {
            tokio::select! {
                biased;
                place = &mut place => return place.ok(),
                () = tokio::time::sleep(PARKED) => if stop().is_some() { return None },
            }
        }
    }

    /// Runs one function of a component: its first epoch (1 ms) on the thread that polls this, the rest on threads that are
    /// nicer; a tool whose last runs were longer begins there. Dropping the future ends the guest and its store.
    ///
    /// Going to another thread and back costs more than most calls, so a short call goes nowhere. Whoever has an event loop
    /// that must not wait for a guest's first epoch calls from another one.
    ///
    /// # Panics
    /// When a host function panicked: its panic goes on here.
    pub async fn run<T: Send + 'static>(&self, pre: &InstancePre<Cell<T>>, host: T, order: Order) -> Ended<T> {
        let Some(_place) = self.place(&order.stop).await else {
            let fault = (order.stop)().unwrap_or_else(|| Fault::new(FaultKind::TakenBack, "it was stopped before it began"));
            let (usage, stdout, stderr) = Default::default();
            return Ended { result: Err(fault), usage, stdout, stderr, host };
        };
        let _running = self.ticker.running();
        let yielded = Arc::new(AtomicBool::new(false));
        let begins = if order.pace.is_long() { Begins::Longer } else { Begins::Here };
        let running = whole(pre.clone(), host, order, Arc::clone(&yielded));
        self.threads.drive(Box::pin(running), yielded, begins).await.expect("every engine here is made with fuel")
    }
}
