//! Freezes in the store: thrown, thrown back, and asked for by whoever is at work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::tx::failed;
use super::writer::Fails;
use super::{Store, Tx, load};
use crate::approval::show;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::freeze::{self, Freeze, NewFreeze, REASON, Scope, Subject};
use crate::journal::{Chapter, Draft, Kind, Unrecorded};
use crate::name::{Actors, BadName, InvocationId, PersonName, ToolName};
use crate::refusal::Refusal;

/// How long a freeze takes at most, its commit included where the store answers, before it returns although effects that
/// had begun are not settled: with the program's own start that is a second.
const SETTLING: Duration = Duration::from_millis(850);

/// How often it looks whether they are settled.
const LOOK: Duration = Duration::from_millis(5);

/// A freeze that is durable, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// The freeze.
    pub freeze: Freeze,
    /// Questions whose answers, given before, are void: they are asked again after a thaw.
    pub asked_again: u64,
    /// Effects that had begun and are not settled yet.
    pub unsettled: Vec<Unsettled>,
}

impl Frozen {
    /// What came of it. `warning` is what its caller was told beside it.
    #[must_use]
    pub fn json(&self, warning: Option<&str>) -> Value {
        let unsettled =
            |it: &Unsettled| json!({ "invocation": it.invocation.to_string(), "entry": it.entry, "function": it.function });
        json!({
            "freeze": self.freeze.json(), "durable": true, "asked-again": self.asked_again, "warning": warning,
            "unsettled": self.unsettled.iter().map(unsettled).collect::<Vec<_>>(),
        })
    }
}

/// An intent on record whose outcome is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// Of this invocation.
    pub invocation: InvocationId,
    /// The number of the intent there.
    pub entry: u32,
    /// What it was about to do.
    pub function: String,
}

/// Freezes that this process was told to make and that are not durable yet: here they hold at once.
#[derive(Default)]
pub(super) struct Held {
    count: AtomicUsize,
    freezes: Mutex<Vec<Freeze>>,
}

impl Held {
    fn change(&self, change: impl FnOnce(&mut Vec<Freeze>)) {
        let mut freezes = self.freezes.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut freezes);
        self.count.store(freezes.len(), Ordering::SeqCst);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Freeze> {
        if self.is_empty() {
            return Vec::new();
        }
        self.freezes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges `subject` by them.
    pub(super) fn judge(&self, subject: Option<&Subject>, now: Instant) -> Result<(), Refusal> {
        subject.map_or(Ok(()), |subject| freeze::judge(&self.all(), subject, now))
    }
}

/// A reason as it is kept: on one line, bounded, with nothing hidden in it.
fn kept(reason: &str) -> String {
    let line = show(reason.trim()).text.replace('\n', " ");
    match line.char_indices().nth(REASON) {
        None => line,
        Some(_) => line.chars().take(REASON - 1).chain(['…']).collect(),
    }
}

impl Store {
    /// Throws the switch. It holds in this process at once, and everywhere when it is durable; then answers given before
    /// are void, and effects that had begun are waited for until 0.85 s after the call.
    ///
    /// # Errors
    /// When it cannot be made durable. It goes on holding in this process, and may be tried again.
    pub async fn freeze(&self, new: &NewFreeze) -> Result<Frozen, Broken> {
        let over = tokio::time::sleep(SETTLING);
        let at = self.now();
        let NewFreeze { scope, reason, by, lasts } = new.clone();
        let ends = lasts.map(|lasts| at.after(lasts));
        let freeze = Freeze { id: 0, scope, reason: kept(&reason), by, at, ends, thawed: false };
        self.held.change(|held| {
            held.retain(|other| !is_same(other, &freeze));
            held.push(freeze.clone());
        });
        self.forget();
        let row = freeze.clone();
        let (written, asked_again) =
            self.writer.write_reserved(Fails::Alone, move |tx| throw(tx, row.clone())).await.map_err(Broken::from)?;
        self.held.change(|held| held.retain(|other| !is_same(other, &freeze)));
        self.forget();
        let unsettled = self.begun_settles(&written.scope, over).await?;
        Ok(Frozen { freeze: written, asked_again, unsettled })
    }

    /// Throws the switch back; none if there is no such freeze, or it is over already.
    ///
    /// # Errors
    /// A refusal when `by` is whom somebody else has frozen; or the store failed.
    pub async fn thaw(&self, id: u64, by: &PersonName, reason: &str) -> Result<Option<Freeze>, Unrecorded> {
        let (by, reason) = (by.clone(), kept(reason));
        self.write(move |tx| throw_back(tx, id, &by, reason)).await
    }

    /// What is frozen now, in the order in which it was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn freezes(&self) -> Result<Vec<Freeze>, Broken> {
        let now = self.now();
        Ok(self.directory()?.freezes.iter().filter(|freeze| freeze.holds(now)).cloned().collect())
    }

    /// Waits until every effect in `scope` that had begun is settled, or the time is over. Returns those that are not.
    async fn begun_settles(&self, scope: &Scope, over: impl Future<Output = ()>) -> Result<Vec<Unsettled>, Broken> {
        let mut version = self.data_version()?;
        let mut left = self.unsettled(scope)?;
        let mut looks = tokio::time::interval(LOOK);
        let settling = async {
            while !left.is_empty() {
                looks.tick().await;
                let now = self.data_version()?;
                if now != version {
                    (version, left) = (now, self.unsettled(scope)?);
                }
            }
            Ok::<_, Broken>(())
        };
        tokio::select! {
            biased;
            settled = settling => settled?,
            () = over => {}
        }
        Ok(left)
    }

    /// Changes whenever somebody else commits.
    fn data_version(&self) -> Result<i64, Broken> {
        self.read("looking whether the store has moved", |connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0))
        })
    }

    fn unsettled(&self, scope: &Scope) -> Result<Vec<Unsettled>, Broken> {
        let doing = "looking for effects that have begun";
        let rows = self.read(doing, begun)?;
        let each = rows.iter().filter_map(|row| unsettled(row, scope).transpose());
        each.collect::<Result<_, _>>().map_err(|e| Broken::while_doing(doing, e))
    }
}

/// The same order, given again.
fn is_same(one: &Freeze, other: &Freeze) -> bool {
    (&one.scope, &one.by, &one.reason) == (&other.scope, &other.by, &other.reason)
}

pub(super) fn throw(tx: &mut Tx<'_>, mut freeze: Freeze) -> Result<(Freeze, u64), Unrecorded> {
    let doing = "freezing";
    let lasts = freeze.ends.map(|ends| ends.0.saturating_sub(freeze.at.0));
    (freeze.at, freeze.ends) = (tx.now, lasts.map(|lasts| Instant(tx.now.0.saturating_add(lasts))));
    let (scope, name, by) = (freeze.scope.word(), freeze.scope.name(), freeze.by.as_str());
    let ends = freeze.ends.map(|ends| ends.0.cast_signed());
    let statement = "INSERT INTO freezes (scope, name, reason, person, at, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = params![scope, name, freeze.reason, by, freeze.at.0.cast_signed(), ends];
    tx.connection.execute(statement, row).map_err(|e| failed(doing, e))?;
    freeze.id = tx.connection.last_insert_rowid().cast_unsigned();
    let asked_again = void_answers(tx.connection, &freeze.scope).map_err(|e| failed("voiding answers", e))?;
    tx.raise()?;
    let mut body = json!({ "asked-again": asked_again, "by": by, "freeze": freeze.id, "name": name, "scope": scope });
    if let Some(ends) = freeze.ends {
        body["ends"] = json!(ends.to_string());
    }
    tx.append(Chapter::alone(Draft::new(Kind::Frozen, body).with("reason", freeze.reason.clone())))?;
    Ok((freeze, asked_again))
}

/// Takes back every answer to a question in `scope` whose act was not done. Returns how many questions lost some.
fn void_answers(connection: &Connection, scope: &Scope) -> rusqlite::Result<u64> {
    let reached = match scope {
        Scope::Everything => "?1 = ''",
        Scope::Tool(_) => "tool = ?1",
        // Every agent of the chain, by `Actors::text`.
        Scope::Agent(_) => "instr(' ' || agent || ' ', ' ' || ?1 || ' ') > 0",
        Scope::Person(_) => "initiator = ?1",
        Scope::Capability(_) => "(function = ?1 OR substr(function, 1, length(?1) + 1) = ?1 || '.')",
    };
    let live = format!("SELECT id FROM approvals WHERE state IN ('open', 'agreed') AND {reached}");
    let given = "SELECT approval FROM answers UNION SELECT approval FROM reviews";
    let count = format!("SELECT count(*) FROM ({given}) WHERE approval IN ({live})");
    let answered: i64 = connection.query_row(&count, [scope.name()], |row| row.get(0))?;
    connection.execute(&format!("DELETE FROM answers WHERE approval IN ({live})"), [scope.name()])?;
    // Nothing was done yet: whoever breaks the glass after a thaw does so anew.
    connection.execute(&format!("DELETE FROM reviews WHERE approval IN ({live})"), [scope.name()])?;
    let reopen = format!("UPDATE approvals SET state = 'open' WHERE state = 'agreed' AND {reached}");
    connection.execute(&reopen, [scope.name()])?;
    Ok(answered.cast_unsigned())
}

fn throw_back(tx: &mut Tx<'_>, id: u64, by: &PersonName, reason: String) -> Result<Option<Freeze>, Unrecorded> {
    let doing = "thawing";
    let freezes = load::freezes(tx.connection).map_err(|e| failed(doing, e))?;
    let Some(freeze) = freezes.into_iter().find(|freeze| freeze.id == id && freeze.holds(tx.now)) else { return Ok(None) };
    if !freeze.may_be_thawed_by(by) {
        return Err(Unrecorded::Refused(freeze.refusal()));
    }
    let statement = "UPDATE freezes SET thawed = ?2 WHERE id = ?1";
    let row = params![id.cast_signed(), tx.now.0.cast_signed()];
    tx.connection.execute(statement, row).map_err(|e| failed(doing, e))?;
    tx.raise()?;
    let body = json!({ "by": by.as_str(), "freeze": id, "name": freeze.scope.name(), "scope": freeze.scope.word() });
    tx.append(Chapter::alone(Draft::new(Kind::Thawed, body).with("reason", reason)))?;
    Ok(Some(freeze))
}

/// Intents without an outcome, each with the first entry of its invocation.
struct Begun {
    invocation: String,
    entry: u32,
    intent: String,
    began: String,
}

/// Those of invocations that are under way. One that was set down has none: its guest was waiting for an answer.
fn begun(connection: &Connection) -> rusqlite::Result<Vec<Begun>> {
    let query = "SELECT intent.invocation, intent.seq, intent.entry, began.entry FROM open_invocations AS open
        JOIN journal AS intent ON intent.invocation = open.invocation
        JOIN journal AS began ON began.invocation = open.invocation AND began.seq = 0
        WHERE NOT EXISTS (SELECT 1 FROM waits WHERE waits.invocation = open.invocation AND waits.instance IS NULL)
        AND intent.entry ->> '$.kind' = 'intent' AND NOT EXISTS (
            SELECT 1 FROM journal AS later WHERE later.invocation = open.invocation AND later.seq > intent.seq
            AND later.entry ->> '$.kind' = 'outcome' AND later.entry ->> '$.body.intent' = intent.seq)";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| {
        Ok(Begun { invocation: row.get(0)?, entry: row.get(1)?, intent: row.get(2)?, began: row.get(3)? })
    })?;
    rows.collect()
}

/// What is named of it, if `scope` reaches it.
fn unsettled(row: &Begun, scope: &Scope) -> Result<Option<Unsettled>, BadName> {
    let body = |entry: &str| serde_json::from_str::<Value>(entry).map(|mut entry| entry["body"].take());
    let (Ok(began), Ok(intent)) = (body(&row.began), body(&row.intent)) else {
        return Err(BadName("an entry of the journal is no JSON".to_owned()));
    };
    let text = |body: &Value, key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let function = text(&intent, "function");
    let subject = Subject {
        tool: ToolName::parse(&text(&began, "tool"))?,
        actors: Actors::read(&began)?,
        initiator: PersonName::parse(&text(&began, "initiator"))?,
        function: Some(function.clone().into()),
    };
    let invocation = InvocationId::parse(&row.invocation)?;
    Ok(scope.reaches(&subject).then_some(Unsettled { invocation, entry: row.entry, function }))
}
