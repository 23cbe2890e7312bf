//! The watch over access that is wider than its ceiling, in the store: it looks before anything is served, when the change feed
//! says that something came or went, and when the store is closed. Under any freeze it goes on.
//!
//! The feed is a table that triggers fill, so that a program which writes to the store knowing nothing of this is seen too.
//! Access lists are kept nowhere else, so nothing is polled and there is no interval to set. Every process of the store looks;
//! which one puts on record what was found is decided by the transaction: the second finds the mark moved, and begins anew.

mod close;
mod crowds;
mod feed;
mod list;
mod meanwhile;
mod record;

pub use close::{Closer, Preview};
pub use list::{Alarm, Opened};
pub use meanwhile::{Meanwhile, Opening as Read};

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::board::Board;
use super::writer::Writer;
use super::{Opening, Store, load, schema};
use crate::clock::{Clock, Instant};
use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::name::PersonName;
use crate::people::drift::Model;
use crowds::Numbers;
use record::{Step, Told};

/// The longest that a change waits to be looked at while a process runs.
const EVERY: Duration = Duration::from_millis(500);

/// How often a look begins anew because others put something on record meanwhile.
const ANEW: usize = 8;

/// Two clocks that are no further apart, in milliseconds, are one.
const ALIKE: u64 = 1000;

const LOOKING: &str = "looking for access that is wider than its ceiling";

/// The world as the watch of this process knows it, up to a change.
pub(super) struct Known {
    model: Model,
    numbers: Numbers,
    change: i64,
}

impl Known {
    /// The world as it was last looked at.
    fn read(connection: &Connection) -> Result<Self, Unrecorded> {
        let read = connection.unchecked_transaction().map_err(broken)?;
        Self::read_in(&read)
    }

    /// The same in a transaction: what came since is taken back, to be looked at.
    fn read_in(read: &Connection) -> Result<Self, Unrecorded> {
        let change = feed::marks(read).map_err(broken)?.watched.map_or(0, |it| it.0);
        let mut model = feed::model(read).map_err(broken)?;
        feed::since(read, change).map_err(broken)?.take_back(&mut model);
        Ok(Self { model, numbers: Numbers::default(), change })
    }
}

/// What a look needs.
pub(super) struct Watcher {
    database: PathBuf,
    clock: Arc<dyn Clock>,
    board: Arc<Board>,
    writer: Arc<Writer>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    connection: Option<Connection>,
    known: Option<Known>,
    /// What the store's version and its pages were when it was last looked.
    stamp: Option<u64>,
    pages: Option<i64>,
}

/// The watch of an open store, with the thread that looks.
pub(super) struct Drift {
    pub(super) watcher: Arc<Watcher>,
    stop: Sender<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drift {
    pub(super) fn start(opening: &Opening, board: Arc<Board>, writer: Arc<Writer>) -> Result<Self, Broken> {
        let (database, clock) = (opening.database.clone(), opening.clock.clone());
        let watcher = Arc::new(Watcher { database, clock, board, writer, inner: Mutex::default() });
        let (stop, stopped) = channel();
        let looks = watcher.clone();
        let thread = std::thread::Builder::new().name("tollgate-drift".to_owned()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Err(failed) = looks.look_if_moved() {
                    unseen(&failed);
                }
            }
        });
        let thread = thread.map_err(|e| Broken::while_doing("starting the watch over access", e))?;
        Ok(Self { watcher, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Lets go; after a look, unless there is nothing to look at.
    fn stop(&self, look: bool) {
        // Gone already: it was stopped before.
        let _ = self.stop.send(());
        let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) else { return };
        let _ = thread.join();
        let looked = if look { self.watcher.look().and_then(|()| self.watcher.keep_place()) } else { Ok(()) };
        if let Err(failed) = looked {
            unseen(&failed);
        }
    }
}

/// Says that it could not be looked, or what was found could not be put on record. The next look tries again.
pub(super) fn unseen(failed: &Unrecorded) {
    match failed {
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => {
            tracing::error!(doing = broken.doing, cause = broken.cause, "the watch over access failed")
        }
        Unrecorded::Refused(refusal) => tracing::error!(%refusal, "the watch over access failed"),
    }
}

fn broken(error: impl std::fmt::Display) -> Unrecorded {
    Unrecorded::Broken(Broken::while_doing(LOOKING, error))
}

impl Watcher {
    fn now(&self) -> Instant {
        self.clock.now().max(self.board.newest())
    }

    /// Remembers the version of the world as it is before anybody decides anything by it.
    fn begin(&self, stamp: u64) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).stamp = Some(stamp);
    }

    fn with<T>(&self, work: impl FnOnce(&Connection, &mut Inner) -> Result<T, Unrecorded>) -> Result<T, Unrecorded> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match inner.connection.take() {
            Some(connection) => connection,
            None => schema::connect(&self.database).map_err(Unrecorded::Broken)?,
        };
        let done = work(&connection, &mut inner);
        inner.connection = Some(connection);
        if done.is_err() {
            // What it knew may be half of something; the next time it looks again, whether or not somebody writes.
            (inner.known, inner.pages) = (None, None);
        }
        done
    }

    /// Looks, where somebody has written since the last look or a right has ended.
    fn look_if_moved(&self) -> Result<(), Unrecorded> {
        self.with(|connection, inner| {
            let pages = connection.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(broken)?;
            let ended = inner.known.as_ref().is_some_and(|known| !known.model.is_settled(self.now()));
            if inner.pages.replace(pages) == Some(pages) && !ended {
                return Ok(());
            }
            self.tell_others(connection, inner)?;
            self.look_here(connection, inner)
        })
    }

    /// Whoever wrote without the host is made known to every process here: the page says that the world has moved.
    fn tell_others(&self, connection: &Connection, inner: &mut Inner) -> Result<(), Unrecorded> {
        let stamp = load::stamp(connection).map_err(broken)?;
        if inner.stamp.replace(stamp).is_some_and(|last| last != stamp) {
            self.board.mark();
            self.board.settle(1);
        }
        Ok(())
    }

    /// Looks now.
    pub(super) fn look(&self) -> Result<(), Unrecorded> {
        self.with(|connection, inner| {
            self.tell_others(connection, inner)?;
            self.look_here(connection, inner)
        })
    }

    fn look_here(&self, connection: &Connection, inner: &mut Inner) -> Result<(), Unrecorded> {
        #[cfg(tollgate_ablation)]
        if crate::ablation::without(crate::ablation::Control::Watch) {
            return Ok(());
        }
        for _ in 0..ANEW {
            let Some(step) = self.step(connection, inner)? else { return Ok(()) };
            if !self.record(step)? {
                inner.known = None;
            }
        }
        Err(broken("others wrote all the time"))
    }

    /// Looks once; none if all is as it is on record.
    fn step(&self, connection: &Connection, inner: &mut Inner) -> Result<Option<Step>, Unrecorded> {
        let read = connection.unchecked_transaction().map_err(broken)?;
        let (marks, now) = (feed::marks(&read).map_err(broken)?, self.now());
        let from = marks.watched.map(|(change, _)| change);
        // Where the store goes by another clock than changes are written by, they are taken to have come now.
        let alike = now.0.abs_diff(marks.clock.0) <= ALIKE;
        let last = marks.watched.filter(|_| alike).map_or(now, |(_, last)| last);
        inner.known = inner.known.take().filter(|known| from.is_some_and(|from| from <= known.change));
        // Nothing has come or gone, and nothing is open whose time could be over.
        if inner.known.is_none() && from == Some(marks.newest) && !feed::ends(&read).map_err(broken)? {
            return Ok(None);
        }
        if inner.known.is_none() && from.is_some() {
            inner.known = Some(Known::read_in(&read)?);
        }
        let seen = match &mut inner.known {
            known @ None => {
                let mut model = feed::model(&read).map_err(broken)?;
                let seen = model.look_whole(now);
                *known = Some(Known { model, numbers: Numbers::default(), change: marks.newest });
                seen
            }
            Some(known) => {
                if known.change == marks.newest && known.model.is_settled(now) {
                    return Ok(None);
                }
                feed::since(&read, known.change).map_err(broken)?.tell(&mut known.model);
                known.change = marks.newest;
                known.model.look(last, now)
            }
        };
        // Where nothing is different the place is kept here; it is written with the next finding, at the end, or before the feed
        // grows long.
        let write = !seen.is_nothing() || from.is_none_or(|from| marks.newest - from > record::STAY);
        let Some(known) = inner.known.as_mut().filter(|_| write) else { return Ok(None) };
        known.numbers.learn(&read, &known.model).map_err(broken)?;
        let crowds = seen.crowds.iter().map(|people| known.numbers.crowd(people)).collect();
        let lines = |people| known.model.names(people).iter().map(PersonName::as_str).collect::<Vec<_>>().join("\n");
        let names = seen.alerts.iter().map(|alert| lines(&alert.people)).collect();
        Ok(Some(Step { from, to: marks.newest, seen, crowds, names }))
    }

    /// Puts it on record; false if somebody else was first.
    fn record(&self, step: Step) -> Result<bool, Unrecorded> {
        let told = self.writer.write_reserved_now(move |tx| record::record(tx, &step))?;
        for alert in told.iter().flatten() {
            let Told { alert, cause, things, people, closed } = alert;
            tracing::warn!(alert, %cause, things, people, closed, "people can read what they are not cleared for");
        }
        Ok(told.is_some())
    }

    /// Remembers up to where this process has looked, so that the next one need not.
    fn keep_place(&self) -> Result<(), Unrecorded> {
        let place = self.with(|connection, inner| {
            let marks = feed::marks(connection).map_err(broken)?;
            let ahead = |known: &&Known| marks.watched.is_some_and(|(change, _)| change < known.change);
            Ok(inner.known.as_ref().filter(ahead).map(|known| (marks.watched.map(|it| it.0), known.change)))
        })?;
        match place {
            None => Ok(()),
            Some((from, to)) => self.writer.write_reserved_now(move |tx| record::move_on(tx, from, to).map(drop)),
        }
    }
}

impl Store {
    /// Looks for access that is wider than its ceiling, before anything is served.
    pub(super) fn look_at_start(&self) {
        let Some(drift) = &self.drift else { return };
        let looked = match self.is_looked() {
            Ok((true, stamp)) => {
                drift.watcher.begin(stamp);
                Ok(())
            }
            Ok((false, _)) => drift.watcher.look(),
            Err(broken) => Err(Unrecorded::Broken(broken)),
        };
        if let Err(failed) = looked {
            unseen(&failed);
        }
    }

    /// Ends the watch, so that whatever this process wrote has been looked at.
    pub(super) fn end_watch(&self) {
        let Some(drift) = &self.drift else { return };
        drift.stop(!self.is_looked().is_ok_and(|looked| looked.0));
    }

    /// Whether there is nothing to look at: that costs no connection of its own. And the version of the world.
    fn is_looked(&self) -> Result<(bool, u64), Broken> {
        self.read(LOOKING, |connection| {
            let marks = feed::marks(connection)?;
            let looked = marks.watched.is_some_and(|(change, _)| change == marks.newest);
            Ok((looked && !feed::ends(connection)?, load::stamp(connection)?))
        })
    }

    /// Looks now, whether or not the next look would come soon.
    ///
    /// # Errors
    /// When it cannot be looked, or what was found cannot be put on record.
    pub fn look_for_drift(&self) -> Result<(), Broken> {
        tokio::task::block_in_place(|| match &self.drift {
            Some(drift) => drift.watcher.look().map_err(Broken::from),
            None => Ok(()),
        })
    }
}
