//! The one thread that writes: jobs share a transaction, each in its savepoint, and hear of it when it is durable.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::board::Board;
use super::freezes::Held;
use super::tx::{Tx, failed};
use super::{leases, schema};
use crate::clock::Clock;
use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::journal::chain::Head;

/// Jobs that share one commit at most.
const BATCH: usize = 256;

/// How long the writer waits before it looks by itself for leases that are over.
const LOOK: Duration = Duration::from_secs(1);

/// What the writer is told.
enum Order {
    Work(Box<dyn Work>),
    Stop,
}

/// What happens to the others of a transaction when a job fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fails {
    /// Nothing: the job has a savepoint of its own. For whatever may be refused.
    Alone,
    /// They fail with it. For entries that nothing can refuse: if one cannot be written, the store fails and not the job.
    /// A savepoint would copy every page that the job touches.
    Together,
}

/// A job: runs inside the transaction, and is answered after it.
trait Work: Send {
    /// Whom its failure takes along.
    fn fails(&self) -> Fails;
    /// Runs; false if it failed and left nothing.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers; `lost` where the commit failed.
    fn answer(self: Box<Self>, lost: Option<&str>);
}

struct Job<T, F, R> {
    fails: Fails,
    work: Option<F>,
    result: Option<Result<T, Unrecorded>>,
    reply: R,
}

fn closed() -> Unrecorded {
    Unrecorded::Broken(Broken::while_doing("writing to the store", "it is closed"))
}

impl<T, F, R> Work for Job<T, F, R>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send,
    R: FnOnce(Result<T, Unrecorded>) + Send,
{
    fn fails(&self) -> Fails {
        self.fails
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = work(tx);
        let done = result.is_ok();
        self.result = Some(result);
        done
    }

    fn answer(self: Box<Self>, lost: Option<&str>) {
        let result = match (self.result, lost) {
            (Some(Err(failed)), _) => Err(failed),
            (Some(Ok(value)), None) => Ok(value),
            (_, why) => {
                Err(Unrecorded::Broken(Broken::while_doing("writing to the store", why.unwrap_or("it was not tried"))))
            }
        };
        (self.reply)(result);
    }
}

/// The writer's end that others hold.
pub(super) struct Writer {
    orders: Sender<Order>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

/// What the writer needs of its store.
pub(super) struct Desk {
    pub(super) database: PathBuf,
    pub(super) board: Arc<Board>,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) held: Arc<Held>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) log: String,
    pub(super) instance: Arc<str>,
}

impl Writer {
    pub(super) fn start(connection: Connection, desk: Desk) -> Result<Self, Broken> {
        let (orders, inbox) = channel();
        let thread = std::thread::Builder::new().name("tollgate-writer".to_owned()).spawn(move || {
            let mut loop_ = Loop { connection, desk, skip: 0 };
            loop {
                let turn = next(&inbox);
                let idle = turn.batch.is_empty();
                if !idle {
                    loop_.serve(turn.batch);
                }
                if turn.over {
                    return;
                }
                loop_.reap(idle);
            }
        });
        let thread = thread.map_err(|e| Broken::while_doing("starting the store's writer", e))?;
        Ok(Self { orders, thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Runs a job in the next transaction and waits until it is durable.
    pub(super) async fn write<T, F>(&self, fails: Fails, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.order(fails, work, move |result| {
            // Who asked may have gone; what was written stays written.
            let _ = reply.send(result);
        })?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// The same for a caller without an event loop.
    pub(super) fn write_now<T, F>(&self, work: F) -> Result<T, Unrecorded>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        let (reply, answer) = channel();
        self.order(Fails::Alone, work, move |result| {
            // Who asked may have gone; what was written stays written.
            let _ = reply.send(result);
        })?;
        answer.recv().unwrap_or_else(|_| Err(closed()))
    }

    fn order<T, F>(
        &self,
        fails: Fails,
        work: F,
        reply: impl FnOnce(Result<T, Unrecorded>) + Send + 'static,
    ) -> Result<(), Unrecorded>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        let job = Job { fails, work: Some(work), result: None, reply };
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
}

impl Loop {
    /// Reverts leases that are over. Looking costs one probe of an index; where it failed, the store is spared for a while.
    fn reap(&mut self, idle: bool) {
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
        self.serve(vec![Box::new(Job { fails: Fails::Alone, work: Some(leases::reap), result: None, reply })]);
        answer.try_recv().unwrap_or_else(|_| Err(closed()))
    }

    fn serve(&mut self, mut batch: Vec<Box<dyn Work>>) {
        let lost = self.transact(&mut batch).err();
        if let Some(why) = &lost {
            tracing::error!(cause = why, "a transaction failed");
        }
        batch.into_iter().for_each(|work| work.answer(lost.as_deref()));
    }

    fn transact(&mut self, batch: &mut [Box<dyn Work>]) -> Result<(), String> {
        let changes = Cell::new(0);
        let done = self.transaction(batch, &changes);
        self.desk.board.settle(changes.get());
        done
    }

    fn transaction(&mut self, batch: &mut [Box<dyn Work>], changes: &Cell<u64>) -> Result<(), String> {
        let text = |e: rusqlite::Error| e.to_string();
        self.say("BEGIN IMMEDIATE").map_err(text)?;
        let begun = Tx::begin(&self.connection, &self.desk, changes);
        let mut tx = match begun {
            Ok(tx) => tx,
            Err(why) => return self.give_up(why.to_string()),
        };
        for work in batch.iter_mut() {
            if work.fails() == Fails::Together {
                if work.run(&mut tx) {
                    continue;
                }
                return self.give_up("an entry could not be written".to_owned());
            }
            let before = tx.head;
            self.say("SAVEPOINT job").map_err(text)?;
            if !work.run(&mut tx) {
                // One that fails takes nobody with it.
                self.say("ROLLBACK TO job").map_err(text)?;
                tx.head = before;
            }
            self.say("RELEASE job").map_err(text)?;
        }
        let (start, end, now) = (tx.start, tx.head, tx.now);
        let finished = tx.finish();
        match finished.and_then(|()| self.say("COMMIT")) {
            Ok(()) => {
                self.desk.board.wrote(now);
                self.desk.commits.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => self.doubt(start, end, &error.to_string()),
        }
    }

    /// A statement that is said again and again.
    fn say(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }

    fn give_up(&self, why: String) -> Result<(), String> {
        // Nothing was committed; a rollback that fails leaves it that way.
        let _ = self.connection.execute_batch("ROLLBACK");
        Err(why)
    }

    /// After a failed commit nobody knows: a new connection reads what is there.
    fn doubt(&mut self, start: Head, end: Head, why: &str) -> Result<(), String> {
        let _ = self.connection.execute_batch("ROLLBACK");
        self.connection = schema::connect(&self.desk.database).map_err(|broken| broken.to_string())?;
        let there = end != start && Tx::has(&self.connection, &end).map_err(|e| e.to_string())?;
        if there { Ok(()) } else { Err(why.to_owned()) }
    }
}
