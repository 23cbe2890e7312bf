//! How often each caller comes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Instant;
use crate::quota::Rate;

/// How what each caller does is counted.
pub struct Rates {
    rate: Rate,
    /// When each caller's next request is due (GCRA: the theoretical arrival time of its next one), in microseconds.
    due: Mutex<HashMap<String, u64>>,
}

/// So many callers are remembered; those whose time has passed are let go first.
const CALLERS: usize = 10_000;

impl Rates {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, due: Mutex::default() }
    }

    /// Counts a request; when to come again, if it is too many.
    pub(super) fn count(&self, caller: &str, now: Instant) -> Result<(), Duration> {
        let (period, count) = (self.rate.period.0.saturating_mul(1000), self.rate.count.max(1));
        let (now, each) = (now.0.saturating_mul(1000), (period / count).max(1));
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= CALLERS {
            due.retain(|_, due| *due > now);
        }
        let next = due.entry(caller.to_owned()).or_insert(now);
        let from = (*next).max(now);
        if from - now > period.saturating_sub(each) {
            return Err(Duration::from_micros(from - now - period.saturating_sub(each)));
        }
        *next = from + each;
        Ok(())
    }
}
