//! Questions in the store: asked with the entry that says so, answered by people, consumed with the intent.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use super::read::payload;
use super::tx::failed;
use super::{Store, Tx, glass, load, quota};
use crate::approval::{Act, Answered, Card, Current, Earlier, NewQuestion, Question, Reply, Rules, State, Use};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::freeze::{self, Subject};
use crate::gate::Questions;
use crate::grant::Consent;
use crate::journal::{Body, Chapter, Draft, Kind, Pending, Unrecorded};
use crate::label::Label;
use crate::name::{Digest, InvocationId, PersonName};
use crate::people::{About, Audience, Directory};
use crate::refusal::{Code, Refusal};

const ASKING: &str = "asking people";

/// Puts a question beside the entry that asks it, or joins one that is open for the same act.
pub(super) fn ask(tx: &Tx<'_>, new: &NewQuestion, number: u64) -> Result<u64, Unrecorded> {
    let digest = new.act.digest();
    let db = |e: rusqlite::Error| failed(ASKING, e);
    #[cfg(tollgate_ablation)]
    if let Some(asked) = another(tx, new).map_err(db)? {
        return Ok(asked);
    }
    if let Some(asked) = same(tx, &digest).map_err(db)? {
        return Ok(asked);
    }
    let since = |span: crate::unit::Duration| tx.now.0.saturating_sub(span.0).cast_signed();
    let mut no = tx
        .connection
        .prepare_cached("SELECT id FROM approvals WHERE act = ?1 AND state = 'declined' AND settled > ?2 LIMIT 1")
        .map_err(db)?;
    let declined =
        no.query_row(params![digest.as_bytes(), since(new.manners.declined)], |row| row.get::<_, i64>(0)).optional();
    if let Some(id) = declined.map_err(db)? {
        let why = format!("somebody said no to exactly this a while ago (question {id})");
        let span = new.manners.declined;
        let refusal = Refusal::new(Code::DeclinedBefore, why).unless(format!("do something else; a no stands for {span}"));
        return Err(Unrecorded::Refused(refusal));
    }
    // People are not to be flooded.
    quota::spend(tx, &new.manners.asks.asks(&new.act.tool, new.act.actors.first(), &new.act.initiator))?;
    insert(tx, new, &digest, number).map_err(db)?;
    Ok(tx.connection.last_insert_rowid().cast_unsigned())
}

/// A yes of the same initiator to another act of the same kind, where a yes is left unbound.
#[cfg(tollgate_ablation)]
fn another(tx: &Tx<'_>, new: &NewQuestion) -> rusqlite::Result<Option<u64>> {
    if !crate::ablation::without(crate::ablation::Control::Digests) {
        return Ok(None);
    }
    let (act, agreed) = (&new.act, "SELECT id FROM approvals WHERE function = ?1 AND initiator = ?2 AND state = 'agreed'");
    let found = tx.connection.query_row(agreed, [act.function.as_str(), act.initiator.as_str()], |row| row.get::<_, i64>(0));
    Ok(found.optional()?.map(i64::cast_unsigned))
}

/// A live question about the same act.
pub(super) fn same(tx: &Tx<'_>, digest: &Digest) -> rusqlite::Result<Option<u64>> {
    let mut live = tx.connection.prepare_cached(
        "SELECT id, state FROM approvals WHERE act = ?1 AND state IN ('open', 'agreed') AND expires > ?2 ORDER BY id DESC",
    )?;
    let mut rows = live.query(params![digest.as_bytes(), tx.now.0.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let (question, state) = (row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, String>(1)?);
        let state = State::parse(&state).unwrap_or(State::Void);
        if state != State::Agreed || !was_used(tx.connection, question, None)? {
            return Ok(Some(question));
        }
    }
    Ok(None)
}

fn insert(tx: &Tx<'_>, new: &NewQuestion, digest: &Digest, number: u64) -> rusqlite::Result<()> {
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO approvals (number, act, state, function, tool, initiator, agent, consent, about, audience, asker, asked, expires, label) \
         VALUES (?1, ?2, 'open', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    let act = &new.act;
    let values = params![
        number.cast_signed(),
        digest.as_bytes(),
        act.function,
        act.tool.as_str(),
        act.initiator.as_str(),
        act.actors.text(),
        new.rules.consent.to_string(),
        new.rules.about.as_ref().map(ToString::to_string),
        new.rules.audience.to_string(),
        new.asker.to_string(),
        tx.now.0.cast_signed(),
        tx.now.after(new.manners.expires).0.cast_signed(),
        new.rules.label.text(),
    ];
    insert.execute(values).map(drop)
}

/// Uses a yes up: in the transaction that records the intent, which is `seq` of `invocation`.
pub(super) fn consume(tx: &Tx<'_>, used: &Use, (invocation, seq): (InvocationId, u32)) -> Result<(), Unrecorded> {
    let db = |e: rusqlite::Error| failed("using a yes", e);
    let question = find(tx.connection, used.question).map_err(|e| failed("using a yes", e))?;
    let question = question.ok_or_else(|| failed("using a yes", "the question is gone"))?;
    let refuse = |code, why: String| Err(Unrecorded::Refused(Refusal::new(code, why).unless("ask again")));
    let id = question.id;
    match question.state {
        State::Agreed if question.act != used.act => {
            return refuse(Code::Changed, format!("question {id} was about another act"));
        }
        State::Agreed if question.expires <= tx.now => {
            return refuse(Code::Expired, format!("the yes to question {id} came too long ago"));
        }
        // The row may have been set back; its use stands in the journal.
        State::Agreed if was_used(tx.connection, id, Some((invocation, seq))).map_err(db)? => {
            return refuse(Code::Used, format!("question {id} was worth one act, and that was done"));
        }
        State::Agreed => {}
        State::Used => return refuse(Code::Used, format!("question {id} was worth one act, and that was done")),
        State::Open => return refuse(Code::Changed, format!("what was agreed to in question {id} has to be asked again")),
        other => return refuse(Code::Changed, format!("question {id} is {}", other.as_str())),
    }
    if Some(load::stamp(tx.connection).map_err(db)?) != used.stamp {
        let directory = directory(tx)?;
        if !question.holds(&directory, tx.now) {
            return refuse(Code::Changed, "who agreed may not agree to this any more".to_owned());
        }
    }
    let statement = "UPDATE approvals SET state = 'used', settled = ?2, invocation = ?3, seq = ?4 WHERE id = ?1";
    let values = params![id.cast_signed(), tx.now.0.cast_signed(), invocation.to_string(), seq];
    tx.connection.execute(statement, values).map(drop).map_err(db)
}

/// Whether an intent in the journal, other than `own`, names the question: then its yes is used up, whatever its row says.
fn was_used(connection: &Connection, id: u64, own: Option<(InvocationId, u32)>) -> rusqlite::Result<bool> {
    let mut uses = connection.prepare_cached(
        "SELECT 1 FROM journal WHERE instr(entry, '\"kind\":\"intent\"') > 0 \
         AND CASE WHEN json_valid(entry) THEN json_extract(entry, '$.body.question') END = ?1 \
         AND (invocation, seq) IS NOT (?2, ?3)",
    )?;
    let (invocation, seq) = own.map(|(invocation, seq)| (invocation.to_string(), seq)).unzip();
    uses.exists(params![id.cast_signed(), invocation, seq])
}

pub(super) fn directory(tx: &Tx<'_>) -> Result<Arc<Directory>, Unrecorded> {
    let doing = "looking at the world again";
    let stamp = load::stamp(tx.connection).map_err(|e| failed(doing, e))?;
    load::directory(tx.connection, stamp).map(Arc::new).map_err(|e| failed(doing, e))
}

/// A question with the answers it has.
pub(super) fn find(connection: &Connection, id: u64) -> Result<Option<Question>, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let mut one = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM approvals WHERE id = ?1")).map_err(text)?;
    let row = one.query_row([id.cast_signed()], Kept::of).optional().map_err(text)?;
    row.map(|kept| kept.question(connection)).transpose()
}

const COLUMNS: &str = "id, state, why, act, consent, initiator, about, audience, expires, asker, number, label";

/// A row as it stands.
pub(super) struct Kept {
    id: i64,
    state: String,
    why: Option<String>,
    act: [u8; 32],
    texts: [String; 5],
    about: Option<String>,
    expires: i64,
    number: i64,
}

impl Kept {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            state: row.get(1)?,
            why: row.get(2)?,
            act: row.get(3)?,
            texts: [row.get(4)?, row.get(5)?, row.get(7)?, row.get(9)?, row.get(11)?],
            about: row.get(6)?,
            expires: row.get(8)?,
            number: row.get(10)?,
        })
    }

    fn question(self, connection: &Connection) -> Result<Question, String> {
        let [consent, initiator, audience, asker, label] = &self.texts;
        let bad = |e: crate::name::BadName| e.to_string();
        let rules = Rules {
            consent: Consent::parse(consent).ok_or_else(|| format!("`{consent}` is no rule of consent"))?,
            initiator: PersonName::parse(initiator).map_err(bad)?,
            about: self.about.as_deref().map(About::parse).transpose().map_err(bad)?,
            audience: Audience::parse(audience).map_err(bad)?,
            label: Label::parse(label),
        };
        Ok(Question {
            id: self.id.cast_unsigned(),
            state: State::parse(&self.state).ok_or_else(|| format!("`{}` is no state of a question", self.state))?,
            why: self.why,
            act: Digest::from_bytes(self.act),
            rules,
            expires: Instant(self.expires.cast_unsigned()),
            agreed: agreed(connection, self.id)?,
            asker: InvocationId::parse(asker).map_err(bad)?,
            card: card(connection, self.number)?,
            review: glass::review(connection, self.id)?,
        })
    }
}

fn agreed(connection: &Connection, id: i64) -> Result<BTreeSet<PersonName>, String> {
    let text = |e: rusqlite::Error| e.to_string();
    let mut yes =
        connection.prepare_cached("SELECT person FROM answers WHERE approval = ?1 AND answer = 'yes'").map_err(text)?;
    let names = yes.query_map([id], |row| row.get::<_, String>(0)).map_err(text)?;
    names.map(|name| PersonName::parse(&name.map_err(text)?).map_err(|e| e.to_string())).collect()
}

fn card(connection: &Connection, number: i64) -> Result<Option<Card>, String> {
    let Some(bytes) = payload(connection, number, "card").map_err(|e| e.to_string())? else { return Ok(None) };
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    Card::parse(&value).map(Some).map_err(|e| e.to_string())
}

/// What the recording of an answer finds.
fn hear(tx: &Tx<'_>, reply: &Reply) -> Result<Answered, Unrecorded> {
    let doing = "answering";
    let question = find(tx.connection, reply.question).map_err(|e| failed(doing, e))?;
    let Some(question) = question else { return Ok(Answered::Turned(format!("there is no question {}", reply.question))) };
    if !question.state.is_live() {
        let why = question.why.map(|why| format!(": {why}")).unwrap_or_default();
        return Ok(Answered::Turned(format!("question {} is {}{why}", question.id, question.state.as_str())));
    }
    if question.expires <= tx.now {
        return end(tx, question.id, State::Expired, "nobody answered in time")
            .map(|()| Answered::Ended(State::Expired, "nobody answered in time".to_owned()));
    }
    if reply.yes {
        tx.near()?;
    }
    let directory = directory(tx)?;
    if let Some(frozen) = frozen(&directory, &question, tx.now) {
        return Ok(Answered::Turned(frozen));
    }
    if let Some(why) = question.turns_away(&reply.person, &directory, tx.now) {
        return Ok(Answered::Turned(why));
    }
    if let Some(why) = changed(&question, &directory, &reply.now, tx.now) {
        return end(tx, question.id, State::Void, &why).map(|()| Answered::Ended(State::Void, why));
    }
    if !reply.yes {
        let why = format!("{} said no", reply.person);
        record(tx, reply)?;
        return end(tx, question.id, State::Declined, &why).map(|()| Answered::Ended(State::Declined, why));
    }
    record(tx, reply)?;
    let mut agreed = question.agreed;
    agreed.insert(reply.person.clone());
    if !question.rules.met(&agreed, &directory, tx.now) {
        return Ok(Answered::Counted(State::Open));
    }
    let statement = "UPDATE approvals SET state = 'agreed' WHERE id = ?1 AND state = 'open'";
    tx.connection.execute(statement, [question.id.cast_signed()]).map_err(|e| failed(doing, e))?;
    Ok(Answered::Counted(State::Agreed))
}

/// Why nothing can be agreed to now.
pub(super) fn frozen(directory: &Directory, question: &Question, now: Instant) -> Option<String> {
    let act = &question.card.as_ref()?.act;
    let (tool, actors, initiator) = (act.tool.clone(), act.actors.clone(), act.initiator.clone());
    let subject = Subject { tool, actors, initiator, function: Some(act.function.clone().into()) };
    freeze::stops(&directory.freezes, &subject, now).map(|freeze| freeze.refusal().message)
}

/// What the question is bound to and what has changed since, so that no yes to it is worth anything.
pub(super) fn changed(question: &Question, directory: &Directory, current: &Current, now: Instant) -> Option<String> {
    let Some(card) = &question.card else { return Some("its card was erased".to_owned()) };
    let joined: Vec<String> =
        question.rules.audience.people(directory, now).difference(&card.act.audience).map(ToString::to_string).collect();
    if !joined.is_empty() {
        return Some(format!("the audience has grown: {}", joined.join(", ")));
    }
    current.differs(&card.act)
}

fn record(tx: &Tx<'_>, reply: &Reply) -> Result<(), Unrecorded> {
    let statement = "INSERT INTO answers VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (approval, person) DO UPDATE SET answer = excluded.answer, at = excluded.at, number = excluded.number";
    let answer = if reply.yes { "yes" } else { "no" };
    // The entry that says so is the next one.
    let number = tx.head.entries.cast_signed();
    let values = params![reply.question.cast_signed(), reply.person.as_str(), answer, tx.now.0.cast_signed(), number];
    tx.connection.execute(statement, values).map(drop).map_err(|e| failed("answering", e))
}

pub(super) fn end(tx: &Tx<'_>, id: u64, state: State, why: &str) -> Result<(), Unrecorded> {
    let statement = "UPDATE approvals SET state = ?2, why = ?3, settled = ?4 WHERE id = ?1 AND state IN ('open', 'agreed')";
    let values = params![id.cast_signed(), state.as_str(), why, tx.now.0.cast_signed()];
    tx.connection.execute(statement, values).map(drop).map_err(|e| failed("ending a question", e))
}

/// Ends what an invocation asked and will not use any more, unless another one waits for the same answer.
pub(super) fn asker_is_gone(tx: &Tx<'_>, invocation: &str) -> rusqlite::Result<()> {
    let mut next = tx.connection.prepare_cached(
        "UPDATE approvals SET asker = (SELECT invocation FROM waits WHERE approval = approvals.id AND waits.invocation <> ?1 AND ended IS NULL) \
         WHERE asker = ?1 AND state IN ('open', 'agreed') \
         AND EXISTS (SELECT 1 FROM waits WHERE approval = approvals.id AND waits.invocation <> ?1 AND ended IS NULL)",
    )?;
    next.execute([invocation])?;
    let mut gone = tx.connection.prepare_cached(
        "UPDATE approvals SET state = iif(expires <= ?2, 'expired', 'cancelled'), \
         why = iif(expires <= ?2, 'nobody answered in time', 'who asked has gone'), settled = ?2 \
         WHERE asker = ?1 AND state IN ('open', 'agreed')",
    )?;
    gone.execute(params![invocation, tx.now.0.cast_signed()]).map(drop)
}

impl Questions for Store {
    fn question(&self, id: u64) -> Pending<'_, Result<Option<Question>, Broken>> {
        Box::pin(async move {
            let found = self.read(ASKING, |connection| Ok(find(connection, id)))?;
            found.map_err(|e| Broken::while_doing(ASKING, e))
        })
    }

    fn before<'a>(&'a self, act: &'a Act, about: Option<&'a About>) -> Pending<'a, Result<Earlier, Broken>> {
        Box::pin(async move {
            let last = |states: &str| {
                let query = format!(
                    "SELECT number FROM approvals WHERE tool = ?1 AND function = ?2 AND about IS ?3 AND state IN ({states}) ORDER BY id DESC LIMIT 1"
                );
                let about = about.map(ToString::to_string);
                let found = self.read(ASKING, |connection| {
                    let mut one = connection.prepare_cached(&query)?;
                    let number =
                        one.query_row(params![act.tool.as_str(), act.function, about], |row| row.get(0)).optional()?;
                    Ok(number.map_or(Ok(None), |number| card(connection, number)))
                })?;
                found.map_err(|e| Broken::while_doing(ASKING, e))
            };
            Ok((last("'used'")?, last("'void', 'declined'")?))
        })
    }

    fn answer(&self, reply: Reply, mut chapter: Chapter) -> Pending<'_, Result<Answered, Unrecorded>> {
        Box::pin(async move {
            let written = self.write(move |tx| {
                let answered = hear(tx, &reply)?;
                chapter.tell(|body| body.text("state", answered.state()));
                tx.append(chapter)?;
                Ok(answered)
            });
            let answered = written.await?;
            self.board.answered();
            Ok(answered)
        })
    }

    fn end(&self, id: u64, state: State, why: String) -> Pending<'_, Result<(), Unrecorded>> {
        Box::pin(async move {
            let written = self.write(move |tx| {
                end(tx, id, state, &why)?;
                let body = Body::of(3).number("question", id).text("state", state.as_str()).text("why", why);
                tx.append(Chapter::alone(Draft::new(Kind::Voided, body)))
            });
            written.await?;
            self.board.answered();
            Ok(())
        })
    }

    fn answers(&self) -> u64 {
        self.board.answers()
    }
}

impl Store {
    /// Why nothing can be agreed to now, where somebody has stopped who asks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn frozen(&self, question: &Question) -> Result<Option<String>, Broken> {
        Ok(frozen(&*self.directory()?, question, self.now()))
    }

    /// Puts one entry of no invocation on record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note(&self, draft: Draft) -> Result<(), Unrecorded> {
        self.write(move |tx| tx.append(Chapter::alone(draft)).map(drop)).await
    }

    /// Questions, the latest first: the live ones and those whose review is open, or all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn questions(&self, all: bool, before: Option<u64>, limit: u32) -> Result<Vec<Question>, Broken> {
        let live =
            "state IN ('open', 'agreed') AND expires > ?2 OR id IN (SELECT approval FROM reviews WHERE closed IS NULL)";
        let which = if all { "?2 = ?2" } else { live };
        let clause = format!("({which}) AND id < ?3 ORDER BY id DESC LIMIT ?1");
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        self.questions_where("listing questions", &clause, &[&limit, &self.now().0.cast_signed(), &before])
    }

    /// The questions of which a clause is true.
    pub(super) fn questions_where(
        &self,
        doing: &str,
        clause: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Question>, Broken> {
        let query = format!("SELECT {COLUMNS} FROM approvals WHERE {clause}");
        let found = self.read(doing, |connection| {
            let kept = connection.prepare(&query)?.query_map(values, Kept::of)?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(kept.into_iter().map(|kept| kept.question(connection)).collect::<Result<Vec<_>, String>>())
        })?;
        found.map_err(|e| Broken::while_doing(doing, e))
    }
}
