//! Where ambient authority enters: paths, the clock, the environment. Everything above is handed what it needs.

mod answer;
mod cargo;
mod components;
mod doors;
mod doubts;
mod embedding;
mod freezes;
mod host;
mod outward;
mod resume;
mod traces;
mod workspace;

pub use answer::{Given, Unanswerable};
pub use cargo::{TARGET, has_target, lacking, new_folder};
pub use components::kept_name;
pub use doubts::Left;
pub use embedding::{Embedding, embed};
pub use host::{Started, usual_pages};
pub use outward::{client, read_url};
pub use resume::Went;
pub use traces::{Takes, Traces};
pub use workspace::{NotReady, Workspace, new_file, private_dir, read_file, read_text, write_private};

use std::time::{SystemTime, UNIX_EPOCH};

use crate::clock::{Clock, Instant};

/// The clock of this machine.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
