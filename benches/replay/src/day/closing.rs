//! Until when what was opened stays open.

use super::access::exposes;
use super::{By, Column, Control, Day, Outside, Widening};
use crate::stream::Stream;
use crate::tasks::Task;
use crate::{Minute, NIGHT};

/// What was opened is noticed after so long where nobody watches.
const UNWATCHED: Minute = 120;

/// How long an agent's widening lasts.
const LEASE: Minute = 30;

/// How often the watch looks.
const INTERVAL: Minute = 5;

/// When a person confirms what the watch found: the minute at which the watch looked, and that of the confirmation.
#[must_use]
pub fn noticed(seed: u32, task: &Task, number: u16, from: Minute) -> (Minute, Minute) {
    let tick = (from / INTERVAL + 1) * INTERVAL;
    (tick, tick + 1 + Stream::named(seed, &format!("ack:{}:{number}", task.id)).below(10))
}

impl Day<'_> {
    pub(super) fn close(&mut self, tasks: &[Task]) {
        let mut widenings = std::mem::take(&mut self.record.widenings);
        for widening in &mut widenings {
            widening.until = self.until(widening, &tasks[widening.task]).min(NIGHT);
        }
        self.record.widenings = widenings;
    }

    fn until(&self, widening: &Widening, task: &Task) -> Minute {
        let Widening { object, principal, from, .. } = *widening;
        let leased = self.rules.column == Column::Tollgate && self.rules.has(Control::Leases);
        if leased && matches!(widening.by, By::Agent { .. }) {
            return from + LEASE;
        }
        if !exposes(self.world, object, principal, from) {
            return NIGHT;
        }
        let By::Person(number) = widening.by else { return from + UNWATCHED };
        if self.rules.column != Column::Tollgate || !self.rules.has(Control::Watch) {
            return from + UNWATCHED;
        }
        let (tick, confirmed) = noticed(self.world.seed, task, number, from);
        match self.rules.outside {
            Outside::Advised | Outside::Anyway => confirmed,
            Outside::Auto => tick,
            Outside::Feed => from + 1,
        }
    }
}
