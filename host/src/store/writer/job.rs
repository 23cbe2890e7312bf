//! A job for the writer: what runs inside a transaction, and who hears of it when it is durable.

use crate::diagnostic::Broken;
use crate::journal::Unrecorded;
use crate::store::Tx;

/// What happens to the others of a transaction when a job fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Fails {
    /// Nothing: the job has a savepoint of its own. For whatever may be refused.
    Alone,
    /// They fail with it. For entries that nothing can refuse: if one cannot be written, the store fails and not the job.
    /// A savepoint would copy every page that the job touches.
    Together,
}

/// A job: runs inside the transaction, and is answered after it.
pub(super) trait Work: Send {
    /// Whom its failure takes along.
    fn fails(&self) -> Fails;
    /// Whether space is kept for it: where the disk is full, it runs again in what the ballast gives.
    fn is_reserved(&self) -> bool;
    /// Runs; false if it failed and left nothing.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers; `lost` where the transaction failed.
    fn answer(self: Box<Self>, lost: Option<&Lost>);
}

/// Why a transaction failed.
#[derive(Debug, Clone)]
pub(super) struct Why {
    pub(super) says: String,
    /// Whether the disk had no room for it.
    pub(super) full: bool,
}

impl From<rusqlite::Error> for Why {
    fn from(error: rusqlite::Error) -> Self {
        let full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        Self { says: error.to_string(), full }
    }
}

impl From<&str> for Why {
    fn from(says: &str) -> Self {
        Self { says: says.to_owned(), full: false }
    }
}

/// What is known of a transaction that failed.
pub(super) enum Lost {
    /// Nothing of it is there.
    Nothing(Why),
    /// Its commit failed, and the store does not say whether it is there.
    Unknown(String),
}

impl Lost {
    pub(super) fn says(&self) -> &str {
        match self {
            Self::Nothing(Why { says, .. }) | Self::Unknown(says) => says,
        }
    }

    /// Whether nothing of it is there because the disk had no room.
    pub(super) const fn is_full(&self) -> bool {
        matches!(self, Self::Nothing(Why { full: true, .. }))
    }
}

/// What a job does.
pub(super) trait Task<T>: Send {
    /// Whether it can run again, and has space kept for it.
    const RESERVED: bool;
    /// Does it; none if it was done already and is not done again.
    fn run(&mut self, tx: &mut Tx<'_>) -> Option<Result<T, Unrecorded>>;
}

/// What is done once.
pub(super) struct Once<F>(pub(super) Option<F>);

impl<T, F: FnOnce(&mut Tx<'_>) -> Result<T, Unrecorded> + Send> Task<T> for Once<F> {
    const RESERVED: bool = false;

    fn run(&mut self, tx: &mut Tx<'_>) -> Option<Result<T, Unrecorded>> {
        self.0.take().map(|work| work(tx))
    }
}

/// What has to be on record also where the disk is full: an outcome, the end of a lease, a freeze.
pub(super) struct Again<F>(pub(super) F);

impl<T, F: FnMut(&mut Tx<'_>) -> Result<T, Unrecorded> + Send> Task<T> for Again<F> {
    const RESERVED: bool = true;

    fn run(&mut self, tx: &mut Tx<'_>) -> Option<Result<T, Unrecorded>> {
        Some(self.0(tx))
    }
}

pub(super) struct Job<T, W, R> {
    pub(super) fails: Fails,
    pub(super) task: W,
    pub(super) result: Option<Result<T, Unrecorded>>,
    pub(super) reply: R,
}

impl<T, W, R> Work for Job<T, W, R>
where
    T: Send,
    W: Task<T>,
    R: FnOnce(Result<T, Unrecorded>) + Send,
{
    fn fails(&self) -> Fails {
        self.fails
    }

    fn is_reserved(&self) -> bool {
        W::RESERVED
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(result) = self.task.run(tx) else { return false };
        let done = result.is_ok();
        self.result = Some(result);
        done
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>) {
        let broken = |why: &str| Broken::while_doing("writing to the store", why);
        let result = match (self.result, lost) {
            (Some(Err(failed)), _) => Err(failed),
            (Some(Ok(value)), None) => Ok(value),
            (Some(Ok(_)), Some(Lost::Unknown(why))) => Err(Unrecorded::Unknown(broken(why))),
            (_, Some(lost)) => Err(Unrecorded::Broken(broken(lost.says()))),
            (None, None) => Err(Unrecorded::Broken(broken("it was not tried"))),
        };
        (self.reply)(result);
    }
}
