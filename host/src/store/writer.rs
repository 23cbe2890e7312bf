//! The one thread that writes: jobs share a transaction, each in its savepoint, and hear of it when it is durable.

mod job;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::ballast::Ballast;
use super::board::Board;
use super::freezes::Held;
use super::restore::Behind;
use super::tx::{Tx, failed};
use super::{leases, schema};
use crate::clock::{Clock, Instant, SLACK};
use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::journal::chain::Head;

pub(super) use job::Fails;
use job::{Again, Job, Lost, Once, Task, Why, Work};

/// Jobs that share one commit at most.
const BATCH: usize = 256;

/// How long the writer waits before it looks by itself for leases that are over.
const LOOK: Duration = Duration::from_secs(1);

/// What the writer is told.
enum Order {
    Work(Box<dyn Work>),
    Stop,
}

/// A commit that failed: the journal's head before it and after it.
#[derive(Clone, Copy)]
struct Doubt {
    start: Head,
    end: Head,
}

fn closed() -> Unrecorded {
    Unrecorded::Broken(Broken::while_doing("writing to the store", "it is closed"))
}

/// The writer's end that others hold.
pub(super) struct Writer {
    orders: Sender<Order>,
    /// Why nothing is written.
    behind: Option<Behind>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

/// What the writer needs of its store.
pub(super) struct Desk {
    pub(super) database: PathBuf,
    pub(super) board: Arc<Board>,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) held: Arc<Held>,
    pub(super) clock: Arc<dyn Clock>,
    /// What it said in the last transaction of this process; none where that has failed.
    pub(super) clock_before: Cell<Option<Instant>>,
    pub(super) log: String,
    pub(super) instance: Arc<str>,
    pub(super) behind: Option<Behind>,
    pub(super) ballast: Ballast,
}

impl Writer {
    pub(super) fn start(connection: Connection, desk: Desk) -> Result<Self, Broken> {
        let (orders, inbox) = channel();
        let behind = desk.behind.clone();
        let thread = std::thread::Builder::new().name("tollgate-writer".to_owned()).spawn(move || {
            let mut loop_ = Loop { connection, desk, skip: 0, doubt: None };
            loop {
                let turn = next(&inbox);
                let idle = turn.batch.is_empty();
                if !idle {
                    loop_.serve(turn.batch);
                }
                if turn.over {
                    return;
                }
                loop_.notice(idle);
                loop_.reap(idle);
            }
        });
        let thread = thread.map_err(|e| Broken::while_doing("starting the store's writer", e))?;
        Ok(Self { orders, behind, thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Runs a job in the next transaction and waits until it is durable.
    pub(super) async fn write<T, F>(&self, fails: Fails, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        self.takes_changes()?;
        self.ask(fails, Once(Some(work))).await
    }

    /// The same, also in a store that is only looked at.
    pub(super) async fn write_anyway<T, F>(&self, fails: Fails, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        self.ask(fails, Once(Some(work))).await
    }

    /// The same for what has space kept for it. It may run twice, and of the first nothing is there then.
    pub(super) async fn write_reserved<T, F>(&self, fails: Fails, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        self.takes_changes()?;
        self.ask(fails, Again(work)).await
    }

    /// The same for a caller without an event loop.
    pub(super) fn write_reserved_now<T, F>(&self, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        self.takes_changes()?;
        let (reply, answer) = channel();
        self.order(Fails::Alone, Again(work), move |result| {
            // Who asked may have gone; what was written stays written.
            let _ = reply.send(result);
        })?;
        answer.recv().unwrap_or_else(|_| Err(closed()))
    }

    fn takes_changes(&self) -> Result<(), Unrecorded> {
        self.behind.as_ref().map_or(Ok(()), |behind| Err(Unrecorded::Broken(behind.broken())))
    }

    async fn ask<T: Send + 'static>(&self, fails: Fails, task: impl Task<T> + 'static) -> Result<T, Unrecorded> {
        let (reply, answer) = oneshot::channel();
        self.order(fails, task, move |result| {
            // Who asked may have gone; what was written stays written.
            let _ = reply.send(result);
        })?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn order<T: Send + 'static>(
        &self,
        fails: Fails,
        task: impl Task<T> + 'static,
        reply: impl FnOnce(Result<T, Unrecorded>) + Send + 'static,
    ) -> Result<(), Unrecorded> {
        let job = Job { fails, task, result: None, reply };
        self.orders.send(Order::Work(Box::new(job))).map_err(|_| closed())
    }

    /// Serves what was asked for and ends.
    pub(super) fn stop(&self) {
        // Stopped already: nobody listens any more.
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) {
            let _ = thread.join();
        }
    }
}

/// What the writer does next.
struct Turn {
    /// Everything that waits, up to a batch; nothing where nobody asked for anything for a while.
    batch: Vec<Box<dyn Work>>,
    /// Whether it is the last.
    over: bool,
}

fn next(inbox: &Receiver<Order>) -> Turn {
    let mut turn = Turn { batch: Vec::new(), over: false };
    let mut order = match inbox.recv_timeout(LOOK) {
        Ok(order) => Some(order),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Order::Stop),
    };
    while let Some(next) = order.take() {
        match next {
            Order::Work(work) => turn.batch.push(work),
            Order::Stop => turn.over = true,
        }
        if turn.batch.len() < BATCH && !turn.over {
            order = inbox.try_recv().ok();
        }
    }
    turn
}

struct Loop {
    connection: Connection,
    desk: Desk,
    /// Turns with work in them to come before leases are looked at again, after that has failed.
    skip: usize,
    /// A commit of which nobody knows yet whether it is there; nothing is written before somebody does.
    doubt: Option<Doubt>,
}

impl Loop {
    /// Puts on record that the clock has gone back, where nobody writes anything that it would stand before.
    fn notice(&mut self, idle: bool) {
        if idle && self.desk.behind.is_none() && self.desk.board.newest().since(self.desk.clock.now()) > SLACK {
            self.serve(Vec::new());
        }
    }

    /// Reverts leases that are over. Looking costs one probe of an index; where it failed, the store is spared for a while.
    fn reap(&mut self, idle: bool) {
        if self.desk.behind.is_some() {
            return;
        }
        if !idle && self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let now = self.desk.clock.now().max(self.desk.board.newest());
        let doing = "looking for leases that are over";
        let reverted = match leases::any_over(&self.connection, now).map_err(|e| failed(doing, e)) {
            Ok(true) => self.revert(),
            looked => looked.map(|_| 0),
        };
        if let Err(failed) = reverted {
            leases::unreaped(&failed);
            self.skip = BATCH;
        }
    }

    fn revert(&mut self) -> Result<usize, Unrecorded> {
        let (reply, answer) = channel();
        let reply = move |result| {
            // The receiver stands below.
            let _ = reply.send(result);
        };
        self.serve(vec![Box::new(Job { fails: Fails::Alone, task: Again(leases::reap), result: None, reply })]);
        answer.try_recv().unwrap_or_else(|_| Err(closed()))
    }

    fn serve(&mut self, mut batch: Vec<Box<dyn Work>>) {
        let before = self.doubt.is_some();
        let mut lost = self.transact(&mut batch).err();
        if let Some(why) = lost.as_ref().filter(|lost| lost.is_full())
            && batch.iter().any(|work| work.is_reserved())
            && self.desk.ballast.gives_way()
        {
            // With room it can be looked whether this very commit is there after all, before anything runs again.
            let is_there = !before && self.doubt.is_some() && matches!(self.settle(), Ok(true));
            if is_there {
                lost = None;
            } else {
                let (reserved, others): (Vec<_>, Vec<_>) = batch.into_iter().partition(|work| work.is_reserved());
                others.into_iter().for_each(|work| work.answer(Some(why)));
                batch = reserved;
                lost = self.transact(&mut batch).err();
            }
        }
        if let Some(lost) = &lost {
            tracing::error!(cause = lost.says(), "a transaction failed");
        }
        batch.into_iter().for_each(|work| work.answer(lost.as_ref()));
    }

    fn transact(&mut self, batch: &mut [Box<dyn Work>]) -> Result<(), Lost> {
        if self.doubt.is_some() {
            self.settle().map_err(Lost::Nothing)?;
        }
        if let Err(error) = self.desk.ballast.put_back() {
            tracing::debug!(%error, "no change is begun: there is no space kept for its outcome");
        }
        let changes = Cell::new(0);
        let done = self.transaction(batch, &changes);
        if done.is_err() {
            self.desk.clock_before.set(None);
        }
        self.desk.board.settle(changes.get());
        done
    }

    fn transaction(&mut self, batch: &mut [Box<dyn Work>], changes: &Cell<u64>) -> Result<(), Lost> {
        let (doubt, now) = match self.fill(batch, changes) {
            Ok(filled) => filled,
            Err(why) => {
                // Nothing was committed; a rollback that fails leaves it that way.
                let _ = self.connection.execute_batch("ROLLBACK");
                return Err(Lost::Nothing(why));
            }
        };
        let began = tokio::time::Instant::now();
        if let Err(error) = self.say("COMMIT") {
            return self.doubt(doubt, error);
        }
        metrics::histogram!("tollgate_commit_seconds").record(began.elapsed().as_secs_f64());
        self.desk.board.wrote(now);
        self.desk.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Runs the jobs in a transaction, up to its commit.
    fn fill(&self, batch: &mut [Box<dyn Work>], changes: &Cell<u64>) -> Result<(Doubt, Instant), Why> {
        self.say("BEGIN IMMEDIATE")?;
        let mut tx = Tx::begin(&self.connection, &self.desk, changes)?;
        if tx.notice().is_err() {
            return Err("that the clock has gone back could not be written".into());
        }
        for work in batch.iter_mut() {
            if work.fails() == Fails::Together {
                if work.run(&mut tx) {
                    continue;
                }
                return Err("an entry could not be written".into());
            }
            let before = tx.head;
            self.say("SAVEPOINT job")?;
            if !work.run(&mut tx) {
                // One that fails takes nobody with it.
                self.say("ROLLBACK TO job")?;
                tx.head = before;
            }
            self.say("RELEASE job")?;
        }
        let (doubt, now) = (Doubt { start: tx.start, end: tx.head }, tx.now);
        tx.finish()?;
        Ok((doubt, now))
    }

    /// A statement that is said again and again.
    fn say(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }

    /// After a failed commit nobody knows.
    fn doubt(&mut self, doubt: Doubt, error: rusqlite::Error) -> Result<(), Lost> {
        let _ = self.connection.execute_batch("ROLLBACK");
        self.doubt = Some(doubt);
        match self.settle() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Lost::Nothing(error.into())),
            Err(_) if was_cut_short(&error) => Err(Lost::Nothing(error.into())),
            Err(unsettled) => Err(Lost::Unknown(format!("{error}; reading it again: {}", unsettled.says))),
        }
    }

    /// Finds out whether the commit in doubt is there: a new connection reads what is there, and makes it last.
    ///
    /// What can be read after a failed sync says little: pages in memory may count as written that are not, and what was not
    /// taken into the log's index may stand in the log all the same, for the next start to find. So what is there is copied
    /// into the database and synced anew; and a commit of its own, which stands where the failed one would, ends the doubt.
    fn settle(&mut self) -> Result<bool, Why> {
        let Some(Doubt { start, end }) = self.doubt else { return Ok(true) };
        self.connection = schema::connect(&self.desk.database).map_err(|broken| Why::from(broken.to_string().as_str()))?;
        let there = end != start && Tx::has(&self.connection, &end)?;
        if there {
            let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |row| row.get(0))?;
            if busy != 0 {
                return Err("others are reading what was there before".into());
            }
        }
        self.connection.execute("UPDATE state SET stamp = stamp + 1", [])?;
        self.doubt = None;
        Ok(there)
    }
}

/// Whether a commit failed while it was written. What makes it one is written last, so it is none, whatever is read later.
fn was_cut_short(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_FULL | ffi::SQLITE_IOERR_WRITE))
}
