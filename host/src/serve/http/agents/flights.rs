//! Requests that are being answered in this process, by the idempotency key that each brought: one at a time for each key.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::name::{Actors, PersonName};
use crate::serve::Caller;

/// A principal's key.
type Name = (PersonName, Actors, String);

/// Every one.
#[derive(Clone, Default)]
pub struct Flights(Arc<Mutex<HashSet<Name>>>);

/// A request that is being answered. While it is there, no other with its key is.
pub(super) struct Asking {
    flights: Flights,
    name: Name,
}

impl Flights {
    fn all(&self) -> MutexGuard<'_, HashSet<Name>> {
        // Whoever panicked while it held this had changed one entry.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to answer a request; none where one with this key is being answered.
    pub(super) fn ask(&self, caller: &Caller, key: &str) -> Option<Asking> {
        let name = (caller.person.clone(), caller.actors.clone(), key.to_owned());
        self.all().insert(name.clone()).then(|| Asking { flights: self.clone(), name })
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.flights.all().remove(&self.name);
    }
}
