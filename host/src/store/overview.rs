//! What people should look at: what is overdue, in doubt, not reviewed, waiting long or frozen.

use super::read::Kept;
use super::{Alarm, Store};
use crate::approval::Question;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::freeze::Freeze;
use crate::journal::Doubt;
use crate::lease::{Found, Lease};
use crate::unit::Duration;

/// How long what is over is shown.
const PAST: Duration = Duration(7 * 24 * 60 * 60 * 1000);

/// How long a question stands open before it is shown.
const LONG: Duration = Duration(24 * 60 * 60 * 1000);

/// Questions of each part that are shown at most; those over which the glass was broken are all shown.
pub const MOST: usize = 200;

/// How long after its end a lease is late: hosts look every second.
const LATE: Duration = Duration(60 * 1000);

const LOOKING: &str = "looking for what is overdue";

/// What people should look at, each part with the oldest first.
#[derive(Debug)]
pub struct Overview {
    /// Questions over which somebody broke the glass, and nobody has reviewed that.
    pub unreviewed: Vec<Question>,
    /// Acts of which nobody knows whether they happened.
    pub doubts: Vec<Doubt>,
    /// Leases whose end is not on record, or was put there in the last 7 days and was late or is in conflict.
    pub leases: Vec<Lease>,
    /// Questions that nobody answered in time, in the last 7 days; the first [`MOST`].
    pub unanswered: Vec<Question>,
    /// Questions that are open for more than a day; the first [`MOST`].
    pub waiting: Vec<Question>,
    /// What is frozen.
    pub frozen: Vec<Freeze>,
    /// What people can read and are not cleared for, by what opened it.
    pub exposed: Vec<Alarm>,
    /// Entries of those who were turned away where people answer, in the last 7 days; the last [`MOST`].
    pub turned: Vec<Kept>,
}

impl Store {
    /// Looks for everything that people should look at.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overview(&self) -> Result<Overview, Broken> {
        let now = self.now().0;
        let since = |span: Duration| now.saturating_sub(span.0).cast_signed();
        let (now, past, long) = (now.cast_signed(), since(PAST), since(LONG));
        let unreviewed = "id IN (SELECT approval FROM reviews WHERE closed IS NULL) ORDER BY id";
        let unanswered =
            format!("state IN ('open', 'expired') AND expires <= ?1 AND expires > ?2 ORDER BY expires, id LIMIT {MOST}");
        let waiting = format!("state = 'open' AND expires > ?1 AND asked < ?2 ORDER BY asked, id LIMIT {MOST}");
        Ok(Overview {
            unreviewed: self.questions_where(LOOKING, unreviewed, &[])?,
            doubts: self.doubts()?,
            leases: self.late()?,
            unanswered: self.questions_where(LOOKING, &unanswered, &[&now, &past])?,
            waiting: self.questions_where(LOOKING, &waiting, &[&now, &long])?,
            frozen: self.freezes()?,
            exposed: self.alarms(false)?,
            turned: self.turned(past)?,
        })
    }

    /// The last of each kind: many calls of what is not to be called hide no try to answer.
    fn turned(&self, since: i64) -> Result<Vec<Kept>, Broken> {
        let query = "SELECT entry FROM journal WHERE instr(entry, '\"kind\":\"turned-away\"') > 0 \
                     AND CASE WHEN json_valid(entry) THEN json_extract(entry, '$.time') END > ?1 \
                     AND (json_extract(entry, '$.body.door') = 'agents') = ?3 ORDER BY number DESC LIMIT ?2";
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let mut all = self.read(LOOKING, |connection| {
            let mut last = connection.prepare_cached(query)?;
            let mut of = |calls: bool| {
                last.query_map(rusqlite::params![since, most, calls], |row| Kept::of(row, 0))?.collect::<Result<Vec<_>, _>>()
            };
            Ok([of(false)?, of(true)?].concat())
        })?;
        all.sort_by_key(Kept::number);
        Ok(all)
    }

    fn late(&self) -> Result<Vec<Lease>, Broken> {
        let now = self.now();
        let mut leases = self.leases_over(now, Instant(now.0.saturating_sub(PAST.0)))?;
        leases.retain(|lease| match lease.reverted {
            None => true,
            Some((at, found)) => matches!(found, Found::Conflict(_)) || lease.overdue(at) > LATE,
        });
        Ok(leases)
    }
}
