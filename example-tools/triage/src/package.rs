//! What dpkg's log says of packages: the last state of each, and so which were left half done.

use std::collections::BTreeMap;

use crate::place::Place;
use crate::triage::Unsettled;

/// The most packages that are followed, and the most that are told.
const MOST: usize = 20_000;
const TOLD: usize = 20;

/// States in which dpkg leaves no package that it has finished with.
const HALF_DONE: [&str; 5] = ["unpacked", "half-installed", "half-configured", "triggers-awaited", "triggers-pending"];

/// Packages whose last state is a half-done one.
#[derive(Debug, Default)]
pub struct Packages {
    unsettled: BTreeMap<String, (String, u64, String)>,
}

impl Packages {
    /// Looks at a message such as `status unpacked libssl3:amd64 3.0.17-1`.
    pub fn hear(&mut self, message: &str, place: &Place<'_>) {
        let Some(rest) = message.strip_prefix("status ") else { return };
        let mut words = rest.split(' ');
        let (Some(state), Some(package), Some(_version), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        if !HALF_DONE.contains(&state) {
            self.unsettled.remove(package);
        } else if package.len() <= 200 && self.unsettled.len() < MOST {
            self.unsettled.insert(package.to_owned(), (state.to_owned(), place.number, place.time.to_owned()));
        }
    }

    /// Those that were left half done.
    pub fn unsettled(&self) -> Vec<Unsettled> {
        let told = |(package, (state, line, since)): (&String, &(String, u64, String))| Unsettled {
            package: package.clone(),
            state: state.clone(),
            line: *line,
            since: since.clone(),
        };
        self.unsettled.iter().take(TOLD).map(told).collect()
    }
}
