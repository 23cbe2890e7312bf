//! The clock that goes back. Time in the store stands still until the clock has caught up; each time that it goes back is an
//! entry, and where it is far behind no call is served.

use super::{Store, Tx};
use crate::clock::{FAR, Instant, SLACK};
use crate::diagnostic::Broken;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::refusal::{Code, Refusal};
use crate::unit::Duration;

const HOUR: u64 = 60 * 60 * 1000;

impl Store {
    /// How far the clock is behind the newest time in the store.
    #[must_use]
    pub fn clock_behind(&self) -> Duration {
        self.board.newest().since(self.opening.clock.now())
    }

    /// Whether the clock is near enough to what is on record for calls to be served.
    ///
    /// # Errors
    /// When it is not, and what to do.
    pub fn near(&self) -> Result<(), Broken> {
        let (clock, newest) = (self.opening.clock.now(), self.board.newest());
        let Some(why) = far(clock, newest) else { return Ok(()) };
        let help = "set this machine's clock; if it is right, it was ahead when that entry was written: go back to a backup from before";
        Err(Broken::while_doing("serving calls", format!("the host is not ready: {why}")).help(help))
    }

    /// Puts on record at a start that the clock has gone back. What cannot be written now is written with whatever comes next.
    pub(super) fn notice_at_start(&self) {
        if self.clock_behind() <= SLACK {
            return;
        }
        if let Err(failed) = self.writer.write_reserved_now(|_| Ok(())) {
            let broken = Broken::from(failed);
            tracing::error!(doing = broken.doing, cause = broken.cause, "that the clock has gone back is not recorded");
        }
    }
}

impl Tx<'_> {
    /// Puts on record, before anything else of this transaction, that the clock has gone back since the last one. While it
    /// only goes on, also if it is still behind, there is nothing to say.
    pub(super) fn notice(&mut self) -> Result<(), Unrecorded> {
        if self.clock_before.since(self.clock) <= SLACK {
            return Ok(());
        }
        let body = Body::of(2).number("behind-ms", self.now.since(self.clock).0).text("clock", self.clock.to_string());
        self.append(Chapter::alone(Draft::new(Kind::Clock, body))).map(drop)
    }

    /// Whether a change may be made at this time.
    pub(super) fn near(&self) -> Result<(), Unrecorded> {
        let Some(why) = far(self.clock, self.now) else { return Ok(()) };
        let refusal = Refusal::new(Code::Unrecorded, format!("this did not happen: {why}"));
        Err(Unrecorded::Refused(refusal.unless("try again when the host's clock is right; `tollgate doctor` says more")))
    }
}

/// Why nothing is done while the clock says this.
fn far(clock: Instant, newest: Instant) -> Option<String> {
    let (behind, hours) = (newest.since(clock), |span: Duration| format!("{} h", span.0 / HOUR));
    (behind > FAR).then(|| {
        format!(
            "the clock says {clock}, and the newest entry on record is of {newest}, {} later; beyond {} nothing is done, for what has an end would not end",
            hours(behind),
            hours(FAR)
        )
    })
}
