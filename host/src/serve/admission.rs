//! Whose turn it is: so many calls at once for each caller and each tool, and a bounded queue before them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Caller;
use crate::name::{AgentName, PersonName, ToolName};

/// How many are at work or wait at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Calls of one caller (person and agent) at work at once.
    pub per_caller: usize,
    /// Calls of one tool at work at once.
    pub per_tool: usize,
    /// Calls of everybody that wait for their turn.
    pub queue: usize,
    /// How long one waits for its turn.
    pub patience: Duration,
}

impl Default for Most {
    fn default() -> Self {
        Self { per_caller: 64, per_tool: 128, queue: 1_024, patience: Duration::from_secs(10) }
    }
}

/// No turn was free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// When to try again.
    pub after: Duration,
}

/// The turns of a host.
pub struct Turns {
    most: Most,
    callers: Seats<(PersonName, AgentName)>,
    tools: Seats<ToolName>,
    queued: AtomicUsize,
    running: Arc<AtomicUsize>,
}

/// A call's turn; it ends when this is dropped.
pub struct Turn {
    running: Arc<AtomicUsize>,
    _caller: Seat<(PersonName, AgentName)>,
    _tool: Seat<ToolName>,
}

impl Default for Turns {
    fn default() -> Self {
        Self::new(Most::default())
    }
}

impl Turns {
    /// Turns with these bounds.
    #[must_use]
    pub fn new(most: Most) -> Self {
        let (callers, tools) = (Seats::new(most.per_caller), Seats::new(most.per_tool));
        Self { most, callers, tools, queued: AtomicUsize::new(0), running: Arc::default() }
    }

    /// How many have their turn now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    fn turn(&self, caller: Seat<(PersonName, AgentName)>, tool: Seat<ToolName>) -> Turn {
        self.running.fetch_add(1, Ordering::Relaxed);
        Turn { running: self.running.clone(), _caller: caller, _tool: tool }
    }

    /// How many wait for their turn now.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Waits for a turn, the caller's first: what one caller asks too much of takes no tool's turns.
    ///
    /// # Errors
    /// When too many wait already, or none became free in time.
    pub async fn take(&self, caller: &Caller, tool: &ToolName) -> Result<Turn, Busy> {
        let busy = Busy { after: Duration::from_secs(1) };
        let (callers, tools) =
            (self.callers.of(&(caller.person.clone(), caller.actors.first().clone())), self.tools.of(tool));
        if let (Some(caller), Some(tool)) = (callers.now(), tools.now()) {
            return Ok(self.turn(caller, tool));
        }
        let _queued = Queued::enter(&self.queued, self.most.queue).ok_or(busy)?;
        let both = async { Some(self.turn(callers.soon().await?, tools.soon().await?)) };
        tokio::time::timeout(self.most.patience, both).await.ok().flatten().ok_or(busy)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place in the queue.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn enter(queued: &'a AtomicUsize, most: usize) -> Option<Self> {
        let entered = queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < most).then_some(now + 1));
        entered.ok().map(|_| Self(queued))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A semaphore for each key that is in use, and how many use it.
type Taken<K> = Arc<Mutex<HashMap<K, (Arc<Semaphore>, usize)>>>;

/// The seats of every key.
struct Seats<K: Eq + Hash> {
    each: usize,
    taken: Taken<K>,
}

/// The semaphore of one key.
struct Bench<K: Eq + Hash> {
    key: K,
    semaphore: Arc<Semaphore>,
    taken: Taken<K>,
}

/// One seat of a key. The permit goes first: whoever leaves last takes the key along.
struct Seat<K: Eq + Hash> {
    _permit: OwnedSemaphorePermit,
    _bench: Arc<Bench<K>>,
}

impl<K: Eq + Hash + Clone> Seats<K> {
    fn new(each: usize) -> Self {
        Self { each, taken: Arc::default() }
    }

    fn of(&self, key: &K) -> Arc<Bench<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (semaphore, uses) = taken.entry(key.clone()).or_insert_with(|| (Arc::new(Semaphore::new(self.each)), 0));
        *uses += 1;
        let semaphore = semaphore.clone();
        Arc::new(Bench { key: key.clone(), semaphore, taken: self.taken.clone() })
    }
}

impl<K: Eq + Hash> Bench<K> {
    fn now(self: &Arc<Self>) -> Option<Seat<K>> {
        let permit = self.semaphore.clone().try_acquire_owned().ok()?;
        Some(Seat { _permit: permit, _bench: self.clone() })
    }

    async fn soon(self: &Arc<Self>) -> Option<Seat<K>> {
        let permit = self.semaphore.clone().acquire_owned().await.ok()?;
        Some(Seat { _permit: permit, _bench: self.clone() })
    }
}

impl<K: Eq + Hash> Drop for Bench<K> {
    /// The last one takes the key along: callers come and go, and none of them is remembered.
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, uses)) = taken.get_mut(&self.key) else { return };
        *uses -= 1;
        if *uses == 0 {
            taken.remove(&self.key);
        }
    }
}
