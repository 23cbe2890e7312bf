//! The embedded store: one SQLite database behind the journal, people, forums and access lists, and the file of
//! signed heads beside it. Several processes of one machine may have it open.

mod acl;
mod approvals;
mod ballast;
mod board;
mod codes;
mod doubts;
mod drift;
mod follow;
mod forum;
mod freezes;
mod glass;
mod instance;
mod jump;
mod labels;
mod leases;
mod load;
mod overview;
mod people;
mod quota;
mod read;
mod receipt;
mod restore;
mod schema;
mod signing;
mod told;
mod tx;
mod waits;
mod watch;
mod world;
mod worldfile;
mod writer;

pub use ballast::SIZE as BALLAST;
pub use doubts::{Finder, Settlement};
pub use drift::{Alarm, Closer, Meanwhile, Opened, Preview, Read};
pub use follow::Followed;
pub use freezes::{Frozen, Unsettled};
pub use overview::{MOST, Overview};
pub use read::{Erase, Kept, verify, verify_export};
pub use receipt::outcome;
pub use restore::{Accepted, Behind};

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use crate::clock::{Clock, Instant};
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Journal, Pending, Signer, Unrecorded, Written};
use ballast::Ballast;
use board::Board;
use drift::Drift;
use freezes::Held;
use instance::Instance;
use signing::Signing;
use tx::{Ready, Tx};
use watch::Watch;
use writer::{Fails, Writer};

/// What a store is opened with.
pub struct Opening {
    /// The database.
    pub database: PathBuf,
    /// The file of signed heads.
    pub checkpoints: PathBuf,
    /// The folder of locks.
    pub run: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who signs heads; its name is the journal's origin.
    pub signer: Signer,
}

/// An open store.
pub struct Store {
    opening: Opening,
    writer: Arc<Writer>,
    reader: Mutex<Connection>,
    board: Arc<Board>,
    commits: Arc<AtomicU64>,
    seen: Mutex<Option<people::Seen>>,
    held: Arc<Held>,
    instance: Instance,
    /// What goes on by itself; none in a store that is only looked at.
    signing: Option<Signing>,
    watch: Option<Watch>,
    drift: Option<Drift>,
    behind: Option<Behind>,
}

impl Store {
    /// Opens a store, or makes one where there is none; ends what processes that died left open, and
    /// puts the ends of leases on record that came while nobody ran, and what became wider than its ceiling. One that is behind its checkpoints is only looked at.
    ///
    /// # Errors
    /// When it cannot be opened, is newer than this program, lies on a network file system, or is not the one that its
    /// checkpoints speak of.
    pub fn open(opening: Opening) -> Result<Self, Broken> {
        instance::refuse_network(&opening.run)?;
        // Read first: whoever signs a head meanwhile signs one that the database has.
        let signed = signing::signed(&opening.checkpoints, opening.signer.verifier())?;
        let ballast = Ballast::open(&opening.database)?;
        let connection = schema::connect(&opening.database).or_else(|broken| {
            // What processes share of the log takes space too. Nobody has the store open, so no outcome is owed.
            if ballast.makes_room() { schema::connect(&opening.database) } else { Err(broken) }
        })?;
        schema::migrate(&connection, &opening.database)?;
        let behind = restore::compare(&connection, &signed)?;
        let reader = Mutex::new(schema::connect(&opening.database)?);
        let instance = Instance::begin(&opening.run)?;
        let log = opening.signer.verifier().name.clone();
        let board = Arc::new(Board::open(&opening.run)?);
        begin_sharing(&connection, &board)?;
        let (commits, held) = (Arc::new(AtomicU64::new(0)), Arc::new(Held::default()));
        let desk = writer::Desk {
            board: board.clone(),
            commits: commits.clone(),
            held: held.clone(),
            database: opening.database.clone(),
            clock: opening.clock.clone(),
            clock_before: Cell::new(None),
            log,
            instance: instance.name().clone(),
            behind: behind.clone(),
            ballast,
        };
        let left = instance::left_open(&connection, &opening.run, instance.name())?;
        let writer = Arc::new(Writer::start(connection, desk)?);
        let seen = Mutex::new(None);
        let (signing, watch, drift) = (None, None, None);
        let mut store =
            Self { opening, writer, reader, board, commits, seen, held, instance, signing, watch, drift, behind };
        if store.behind.is_none() {
            instance::recover(&store.writer, left)?;
            store.signing = Some(Signing::start(&store.opening)?);
            store.watch = Some(Watch::start(&store.opening, store.instance.name().clone(), store.writer.clone())?);
            store.notice_at_start();
            store.reap_at_start();
            store.drift = Some(Drift::start(&store.opening, store.board.clone(), store.writer.clone())?);
            store.look_at_start();
        }
        Ok(store)
    }

    /// The time of the store: the larger of the clock and the newest time in it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.opening.clock.now().max(self.board.newest())
    }

    /// How many transactions this process has committed: callers at the same time share them.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    fn read<T>(&self, doing: &str, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Broken> {
        let connection = self.reader.lock().map_err(|_| Broken::while_doing(doing, "another thread failed at it"))?;
        query(&connection).map_err(|e| Broken::while_doing(doing, e))
    }

    fn write<T, F>(&self, work: F) -> impl Future<Output = Result<T, Unrecorded>> + Send + '_
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send + 'static,
    {
        self.writer.write(Fails::Alone, work)
    }

    /// Writes what is under way, signs the head, and lets go.
    ///
    /// # Errors
    /// When the head cannot be signed.
    pub async fn close(&self) -> Result<(), Broken> {
        tokio::task::block_in_place(|| {
            self.watch.iter().for_each(Watch::stop);
            self.end_watch();
            self.writer.stop();
            self.signing.as_ref().map_or(Ok(()), |signing| signing.stop(&self.opening))
        })
    }
}

/// Brings the shared page up to what the database says, while nobody can write.
fn begin_sharing(connection: &Connection, board: &Board) -> Result<(), Broken> {
    let doing = |e: rusqlite::Error| Broken::while_doing("sharing the world's version", e);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(doing)?;
    let newest = load::newest(connection);
    let (waits, labels) = (waits::any(connection), labels::any(connection));
    board.recover();
    board.labels(labels.map_err(doing)?);
    board.waits(waits.map_err(doing)?);
    connection.execute_batch("COMMIT").map_err(doing)?;
    board.wrote(newest.map_err(doing)?);
    Ok(())
}

impl Journal for Store {
    fn append(&self, chapter: Chapter) -> Pending<'_, Result<Written, Unrecorded>> {
        Box::pin(async move {
            let fails =
                if chapter.terms.premise.is_some() || chapter.terms.with.is_some() { Fails::Alone } else { Fails::Together };
            let ready = Ready::of(chapter)?;
            if ready.is_owed() {
                return self.writer.write_reserved(fails, move |tx| tx.write(ready.clone())).await;
            }
            self.writer.write(fails, move |tx| tx.write(ready)).await
        })
    }
}
