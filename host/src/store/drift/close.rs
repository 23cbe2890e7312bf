//! What opened things too far, closed: by a person who has seen what that does, by itself, or by somebody else.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::record::millis;
use super::{Known, LOOKING, Watcher, broken};
use crate::approval::Statement;
use crate::clock::Instant;
use crate::journal::{Body, Chapter, Draft, Kind, Unrecorded};
use crate::label::Under;
use crate::name::PersonName;
use crate::people::drift::{Cause, Closing};
use crate::people::{Directory, Right};
use crate::refusal::{Code, Refusal};
use crate::store::tx::failed;
use crate::store::writer::Fails;
use crate::store::{Store, Tx};

/// Who closes an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closer {
    /// A person who administers everything that it opened.
    Person(PersonName),
    /// An operator, as whoever knows the configuration has found out.
    Operator(PersonName),
}

impl Closer {
    const fn person(&self) -> &PersonName {
        let (Self::Person(person) | Self::Operator(person)) = self;
        person
    }
}

/// What closing an alert would do, as it is shown to whoever is to do it.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The alert.
    pub alert: u64,
    /// What is taken away.
    pub cause: Cause,
    /// What each thing would be without it.
    pub things: Vec<Closing>,
    /// Up to which change of people and access lists this is so.
    pub seen: u64,
}

impl Store {
    /// What closing an alert would do.
    ///
    /// # Errors
    /// When there is no such alert, it is closed, or taking an edge away cannot close it; and when the store cannot be read.
    pub fn preview_closing(&self, alert: u64) -> Result<Preview, Unrecorded> {
        let Some(drift) = &self.drift else { return Err(broken("this store is only looked at")) };
        tokio::task::block_in_place(|| {
            drift.watcher.look()?;
            let cause = self.read(LOOKING, |connection| find(connection, alert)).map_err(Unrecorded::Broken)?;
            let cause = open(alert, cause)?;
            let (things, seen) = drift.watcher.closing(&cause)?.ok_or_else(|| gone(&cause))?;
            Ok(Preview { alert, cause, things, seen })
        })
    }

    /// Takes away the edges that opened things too far, as they were shown, on record as this person's act: all or none.
    ///
    /// # Errors
    /// When one of them is not there any more as it was shown, or this person may not; and when it cannot be recorded.
    pub async fn close_alerts(&self, shown: &[Preview], by: &Closer, reason: &Statement) -> Result<(), Unrecorded> {
        let (shown, by, reason) = (shown.to_vec(), by.clone(), reason.clone());
        let work = move |tx: &mut Tx<'_>| shown.iter().try_for_each(|it| close(tx, it, &by, &reason));
        self.writer.write_reserved(Fails::Alone, work).await?;
        // What is open is written anew at once; if that fails, the next look does it.
        if let Err(broken) = self.look_for_drift() {
            tracing::error!(doing = broken.doing, cause = broken.cause, "the watch over access failed");
        }
        Ok(())
    }
}

impl Watcher {
    /// What closing a cause would do, and up to which change that is so; after a look.
    fn closing(&self, cause: &Cause) -> Result<Option<(Vec<Closing>, u64)>, Unrecorded> {
        let now = self.now();
        self.with(|connection, inner| {
            let known = match &mut inner.known {
                Some(known) => known,
                none => none.insert(Known::read(connection)?),
            };
            Ok(known.model.closing(cause, now).map(|things| (things, known.change.cast_unsigned())))
        })
    }
}

/// The cause of an alert, and when it was closed.
type Row = (String, Option<i64>);

fn find(connection: &Connection, alert: u64) -> rusqlite::Result<Option<Row>> {
    let query = "SELECT cause, closed FROM alerts WHERE id = ?1";
    connection.query_row(query, [alert.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn open(alert: u64, row: Option<Row>) -> Result<Cause, Unrecorded> {
    let refuse = |code, why: String, change: &str| Err(Unrecorded::Refused(Refusal::new(code, why).unless(change)));
    let Some((cause, closed)) = row else {
        return refuse(Code::NotYours, format!("there is no alert {alert}"), "`tollgate watch --all` lists alerts");
    };
    if let Some(at) = closed {
        let why = format!("alert {alert} is closed since {}", Instant(at.cast_unsigned()));
        return refuse(Code::Expired, why, "there is nothing to do");
    }
    let cause = Cause::parse(&cause).map_err(broken)?;
    if cause.is_edge() {
        return Ok(cause);
    }
    let why = format!("alert {alert} has no edge to take away: {}", cause.says());
    refuse(Code::Changed, why, "take people out of its list, or clear them for it")
}

fn gone(cause: &Cause) -> Unrecorded {
    let why = format!("it is not there any more as it was shown: {}", cause.says());
    Unrecorded::Refused(Refusal::new(Code::Changed, why).unless("look at `tollgate watch` again"))
}

fn close(tx: &mut Tx<'_>, shown: &Preview, by: &Closer, reason: &Statement) -> Result<(), Unrecorded> {
    let doing = |e: rusqlite::Error| failed("closing an alert", e);
    let cause = open(shown.alert, find(tx.connection, shown.alert).map_err(doing)?)?;
    may_close(tx, shown, by)?;
    if cause != shown.cause || was_written_since(tx, &cause, shown.seen).map_err(doing)? {
        return Err(gone(&cause));
    }
    if take_away(tx, &cause).map_err(doing)? == 0 {
        return Err(gone(&cause));
    }
    let body = Body::of(4).text("by", by.person().to_string()).text("how", "by-person");
    let entry = Draft::new(Kind::Closed, of(body, shown.alert, &cause)).with("reason", reason.as_str());
    settle(tx, shown.alert, "by-person", Some(by.person()), entry)
}

/// It takes away what others may have through it, so it is for those whose things it opened, all of them, or an operator.
fn may_close(tx: &Tx<'_>, shown: &Preview, by: &Closer) -> Result<(), Unrecorded> {
    let directory = crate::store::leases::directory(tx)?;
    let person = by.person();
    let opened = shown.things.iter().filter(|it| !it.closes.is_empty());
    let known = directory.people.contains_key(person);
    let all = || opened.map(|it| &it.thing).all(|thing| administers(&directory, thing, person, tx.now));
    if known && (matches!(by, Closer::Operator(_)) || all()) {
        return Ok(());
    }
    let why = format!("{person} does not administer everything that alert {} opened", shown.alert);
    Err(Unrecorded::Refused(Refusal::new(Code::NotYours, why).unless("ask an operator, or those who do")))
}

/// Whether a thing is for this person to close.
pub(super) fn administers(directory: &Directory, thing: &Under, person: &PersonName, now: Instant) -> bool {
    match thing {
        Under::Object(name) => directory.has(&directory.holding(name, Right::Administer, now), person),
        Under::Forum(name) => directory.forums.get(name).is_some_and(|forum| forum.owner == *person),
        Under::Unknown => false,
    }
}

/// Whether the very edge was written anew after it was shown, or that is not known any more.
fn was_written_since(tx: &Tx<'_>, cause: &Cause, seen: u64) -> rusqlite::Result<bool> {
    let (kind, thing, principal) = match cause {
        Cause::Member(group, principal) => ("member", group.to_string(), principal.to_string()),
        Cause::Entry(object, principal, _) => ("entry", object.to_string(), principal.to_string()),
        Cause::Audience(forum, principal) => ("audience", forum.to_string(), principal.to_string()),
        Cause::Ceiling(_) => return Ok(true),
    };
    let lost = "SELECT coalesce((SELECT min(id) FROM changes) > ?1 + 1, 0)";
    if tx.connection.prepare_cached(lost)?.query_row([seen.cast_signed()], |row| row.get(0))? {
        return Ok(true);
    }
    let query = "SELECT 1 FROM changes WHERE id > ?1 AND what = ?2 AND thing = ?3 AND principal = ?4";
    tx.connection.prepare_cached(query)?.exists(params![seen.cast_signed(), kind, thing, principal])
}

/// Takes the very edge away, and nothing else; how many rows that were. What a lease wrote has an end of its own.
fn take_away(tx: &Tx<'_>, cause: &Cause) -> rusqlite::Result<usize> {
    let (statement, words) = match cause {
        Cause::Member(group, principal) => {
            ("DELETE FROM members WHERE group_name = ?1 AND principal = ?2", vec![group.to_string(), principal.to_string()])
        }
        Cause::Entry(object, principal, right) => (
            "DELETE FROM acl_entries WHERE object = ?1 AND principal = ?2 AND right_ = ?3 AND lease IS NULL",
            vec![object.to_string(), principal.to_string(), right.as_str().to_owned()],
        ),
        Cause::Audience(forum, principal) => {
            ("DELETE FROM audiences WHERE forum = ?1 AND principal = ?2", vec![forum.to_string(), principal.to_string()])
        }
        Cause::Ceiling(_) => return Ok(0),
    };
    tx.connection.execute(statement, rusqlite::params_from_iter(words))
}

/// Closes an alert in the transaction that raises it, where everything that it opened is to close by itself.
pub(super) fn by_itself(tx: &mut Tx<'_>, alert: i64, cause: &Cause) -> Result<bool, Unrecorded> {
    if take_away(tx, cause).map_err(|e| failed("closing an alert", e))? == 0 {
        return Ok(false);
    }
    let alert = alert.cast_unsigned();
    let entry = Draft::new(Kind::Closed, of(Body::of(3).text("how", "by-itself"), alert, cause));
    settle(tx, alert, "by-itself", None, entry).map(|()| true)
}

/// Closes the alert about a cause through which nobody reads any more what he should not; nothing where that was done already.
pub(super) fn over(tx: &mut Tx<'_>, cause: &Cause) -> Result<(), Unrecorded> {
    let find = "SELECT id FROM alerts WHERE cause = ?1 AND closed IS NULL";
    let alert: Option<i64> =
        tx.connection.query_row(find, [cause.to_string()], |row| row.get(0)).optional().map_err(|e| failed(LOOKING, e))?;
    let Some(alert) = alert.map(i64::cast_unsigned) else { return Ok(()) };
    let entry = Draft::new(Kind::Closed, of(Body::of(3).text("how", "by-others"), alert, cause));
    settle(tx, alert, "by-others", None, entry)
}

fn of(body: Body, alert: u64, cause: &Cause) -> Body {
    body.number("alert", alert).text("cause", cause.to_string())
}

fn settle(tx: &mut Tx<'_>, alert: u64, how: &str, by: Option<&PersonName>, entry: Draft) -> Result<(), Unrecorded> {
    let statement = "UPDATE alerts SET closed = ?2, how = ?3, person = ?4, closing = ?5 WHERE id = ?1";
    let (now, number) = (millis(tx.now), tx.head.entries.cast_signed());
    let values = params![alert.cast_signed(), now, how, by.map(PersonName::as_str), number];
    tx.connection.execute(statement, values).map_err(|e| failed("closing an alert", e))?;
    if how != "by-others" {
        tx.raise()?;
    }
    tx.append(Chapter::alone(entry)).map(drop)
}
