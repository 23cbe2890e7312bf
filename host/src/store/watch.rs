//! What processes that died left open, ended while this one lives: a host that runs for weeks does not wait for its next start.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::instance::{is_name, left_open, recover};
use super::writer::Writer;
use super::{Opening, schema};
use crate::diagnostic::Broken;

/// The longest that what a dead process left stays open while another lives.
const EVERY: Duration = Duration::from_secs(1);

/// The thread that looks.
pub(super) struct Watch {
    stop: Sender<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Watch {
    pub(super) fn start(opening: &Opening, own: Arc<str>, writer: Arc<Writer>) -> Result<Self, Broken> {
        let (stop, stopped) = channel();
        let (connection, run) = (schema::connect(&opening.database)?, opening.run.clone());
        let thread = std::thread::Builder::new().name("tollgate-watch".to_owned()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if !has_others(&run, &own) {
                    continue;
                }
                if let Err(broken) = left_open(&connection, &run, &own).and_then(|left| recover(&writer, left)) {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "what was left open stays open");
                }
            }
        });
        let thread = thread.map_err(|e| Broken::while_doing("starting to watch for processes that die", e))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn stop(&self) {
        // Gone already: it was stopped before.
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) {
            let _ = thread.join();
        }
    }
}

/// Whether other processes have, or had, the store open. A folder that cannot be read is asked about at the next start.
fn has_others(run: &Path, own: &str) -> bool {
    let names = std::fs::read_dir(run).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.into_string().ok()).any(|name| is_name(&name) && name != own)
}
