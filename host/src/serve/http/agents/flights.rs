//! Calls under way in this process, by the key that names each: who asks for one now, and how it is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

use crate::name::{Actors, PersonName};
use crate::serve::Caller;

/// A principal's key.
type Name = (PersonName, Actors, String);

#[derive(Default)]
struct Flight {
    /// A request that brought the key is not answered yet.
    asked: bool,
    /// Stops the guest; none where nothing runs for it here.
    stops: Option<AbortHandle>,
}

/// Every one.
#[derive(Clone, Default)]
pub struct Flights(Arc<Mutex<HashMap<Name, Flight>>>);

/// A request that is being answered. While it is there, no other with its key is.
pub(super) struct Asking {
    flights: Flights,
    name: Name,
}

/// A call that runs; with it goes what stops it.
struct Running {
    flights: Flights,
    name: Name,
}

impl Flights {
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Flight>> {
        // Whoever panicked while it held this had changed one entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to answer a request; none where one with this key is being answered.
    pub(super) fn ask(&self, caller: &Caller, key: &str) -> Option<Asking> {
        let name = (caller.person.clone(), caller.actors.clone(), key.to_owned());
        let mut all = self.all();
        let flight = all.entry(name.clone()).or_default();
        if flight.asked {
            return None;
        }
        flight.asked = true;
        drop(all);
        Some(Asking { flights: self.clone(), name })
    }

    /// The keys of this caller's calls that run here.
    pub(super) fn keys(&self, caller: &Caller) -> Vec<String> {
        let all = self.all();
        let own = all.iter().filter(|((person, actors, _), flight)| {
            *person == caller.person && *actors == caller.actors && flight.stops.is_some()
        });
        own.map(|((_, _, key), _)| key.clone()).collect()
    }

    /// Stops a call.
    pub(super) fn stop(&self, caller: &Caller, key: &str) {
        let name = (caller.person.clone(), caller.actors.clone(), key.to_owned());
        if let Some(stops) = self.all().get(&name).and_then(|flight| flight.stops.as_ref()) {
            stops.abort();
        }
    }

    fn change(&self, name: &Name, change: impl FnOnce(&mut Flight)) {
        let mut all = self.all();
        let Some(flight) = all.get_mut(name) else { return };
        change(flight);
        if !flight.asked && flight.stops.is_none() {
            all.remove(name);
        }
    }
}

impl Asking {
    /// Runs the call: it goes on when whoever asked has gone, until it has ended or is stopped.
    pub(super) fn run<F>(&self, call: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let running = Running { flights: self.flights.clone(), name: self.name.clone() };
        let (go, begins) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let _running = running;
            // It is never dropped before it is sent.
            let _ = begins.await;
            call.await
        });
        self.flights.change(&self.name, |flight| flight.stops = Some(task.abort_handle()));
        let _ = go.send(());
        task
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.flights.change(&self.name, |flight| flight.asked = false);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.flights.change(&self.name, |flight| flight.stops = None);
    }
}
