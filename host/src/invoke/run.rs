//! The host: runs one invocation from admission to its last entry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rand::Rng as _;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use wasmtime::component::{ComponentExportIndex, Val};

use super::load::Loaded;
use super::report::{Outcome, Report, receipt};
use super::sealed::{self, Opened};
use super::timing::Watch;
use super::{Host, NotCalled};
use crate::admit::admit;
use crate::capability::Guest;
use crate::diagnostic::{Broken, Fault, FaultKind};
use crate::gate::{self, Attempt, Book, Patience, Seen, Session, Who, came, refused};
use crate::journal::{Body, Draft, Journal, Kind, Meter, NewKey, Terms, Unrecorded, With};
use crate::label::SessionId;
use crate::name::{Actors, Digest, InvocationId, PersonName, ToolName};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};
use crate::runtime::{Ended, Order, Seed, Skew, Stop, Stopwatch, Usage};
use crate::tool::{Answer, Function, decode, encode};

/// A call as it is asked for.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which function; none where the tool has only one.
    pub function: Option<String>,
    /// The arguments: a JSON object.
    pub arguments: String,
    /// On whose behalf.
    pub initiator: PersonName,
    /// Through which agents.
    pub actors: Actors,
    /// In which session of the agent, where its platform says so.
    pub session: Option<String>,
    /// The caller's idempotency key: another call with it gets the result of the first.
    pub key: Option<String>,
}

impl Call {
    /// The digest by which an equal call is known: principal, session, tool, function and canonical arguments.
    pub(super) fn digest(&self, tool: &ToolName, function: &str) -> Digest {
        let arguments = serde_json::from_str(&self.arguments).unwrap_or_else(|_| Value::String(self.arguments.clone()));
        let principal = json!([self.initiator.as_str(), self.actors.text(), self.session]);
        Digest::of(json!([principal, tool.as_str(), function, arguments]).to_string().as_bytes())
    }

    /// The session that is told its result.
    pub(super) fn holds(&self) -> SessionId {
        SessionId::of(&self.initiator, &self.actors, self.session.as_deref())
    }

    /// The digest of its key, which is its principal's own.
    fn key(&self) -> Option<Digest> {
        self.key.as_ref().map(|key| Self::key_of(&self.initiator, &self.actors, key))
    }

    /// The digest of an idempotency key that this principal gives.
    #[must_use]
    pub fn key_of(initiator: &PersonName, actors: &Actors, key: &str) -> Digest {
        Digest::of(json!([initiator.as_str(), actors.text(), key]).to_string().as_bytes())
    }
}

/// One invocation under way.
pub(super) struct Invocation<'a> {
    pub(super) host: &'a Host,
    pub(super) loaded: &'a Loaded,
    pub(super) function: &'a Function,
    pub(super) entry: ComponentExportIndex,
    pub(super) id: InvocationId,
    pub(super) seed: Seed,
    /// The session that is told its result.
    pub(super) holds: SessionId,
    pub(super) book: Arc<Mutex<Book>>,
    /// What came of it is said there too.
    pub(super) span: tracing::Span,
    /// Whether nobody waits for it any more.
    pub(super) gone: Arc<AtomicBool>,
}

/// An invocation that is about to run.
pub(super) struct Ordered {
    guest: Guest,
    pub(super) order: Order,
}

/// The span of an invocation.
pub(super) fn trace(
    (id, loaded, function): (InvocationId, &Loaded, &Function),
    actors: &Actors,
    attempt: Attempt,
) -> tracing::Span {
    gate::invocation(id, (&loaded.manifest.tool, &function.name), actors, attempt)
}

/// What its manifest says about asking.
pub(super) fn patience(loaded: &Loaded) -> Patience {
    let limits = &loaded.manifest.limits;
    Patience { host_calls: limits.host_calls, refusals: limits.refusals, arguments: limits.arguments.0 }
}

impl Host {
    /// Calls a function of a tool. `cancelled` ends it early; an effect that has begun is finished first.
    ///
    /// # Errors
    /// When the call is not understood, so that nothing was admitted or recorded; when it joins another one; or when the
    /// host is broken.
    pub async fn call(
        &self,
        loaded: &Loaded,
        call: Call,
        cancelled: impl IntoFuture<Output = ()>,
    ) -> Result<Report, NotCalled> {
        let (function, entry) =
            loaded.find(call.function.as_deref()).map_err(|why| NotCalled::Usage(vec![why.to_string()]))?;
        let arguments = arguments(function, &call.arguments)?;
        self.store.ready()?;
        let digest = call.digest(&loaded.manifest.tool, &function.name);
        self.joins(&call, digest).await?;
        let rights = self.store.rights(&call.initiator).await?;
        let opened = self.unseal(&call, &rights).await?;
        let arguments = match &opened {
            Some(opened) => self::arguments(function, &opened.arguments)?,
            None => arguments,
        };
        let invocation = self.begin(loaded, (function, entry), (&call, opened), &rights)?;
        if let Some(key) = call.key() {
            invocation.keep(NewKey { key, call: digest }, &call).await?;
        }
        if let Err(refusal) = admit(&loaded.manifest, &rights, &call.actors) {
            return invocation.turn_away(refusal).await;
        }
        let ordered = invocation.prepare((call, digest), arguments, Skew::from(rights.now));
        invocation.run(ordered, cancelled.into_future()).await
    }

    /// Whether the call is one that waits, or that its key names.
    async fn joins(&self, call: &Call, digest: Digest) -> Result<(), NotCalled> {
        if let Some(key) = call.key() {
            return match self.store.keyed(key).await? {
                None => Ok(()),
                Some((invocation, of)) if of == digest => Err(NotCalled::Joined(invocation)),
                Some(_) => Err(NotCalled::Usage(vec!["this idempotency key was given with another call".to_owned()])),
            };
        }
        match self.store.same_call(digest).await? {
            Some(invocation) => Err(NotCalled::Joined(invocation)),
            None => Ok(()),
        }
    }

    fn begin<'a>(
        &'a self,
        loaded: &'a Loaded,
        (function, entry): (&'a Function, ComponentExportIndex),
        (call, opened): (&Call, Option<Opened>),
        rights: &Rights,
    ) -> Result<Invocation<'a>, Broken> {
        let (mut seed, mut random) = (Seed { streams: [0; 32], maps: [0; 16] }, [0; 10]);
        for bytes in [&mut seed.streams[..], &mut seed.maps[..], &mut random[..]] {
            rand::rng().fill_bytes(bytes);
        }
        let id = InvocationId::new(rights.now.0, &random);
        let holds = call.holds();
        // The arguments are here in full: what is told to the session from now on is not in them.
        let held = self.store.held(&holds)?;
        let mut book = Book::new(id, &loaded.allowed, patience(loaded));
        let body = Body::of(10)
            .name("agent", call.actors.first().shared())
            .hex("component", loaded.digest)
            .name("engine", self.sandbox.engine_id())
            .text("function", function.name.clone())
            .name("initiator", call.initiator.shared())
            .name("instance", self.store.instance())
            .hex("manifest", loaded.meaning)
            .name("tool", loaded.manifest.tool.shared());
        let body = call.session.iter().fold(body, |body, session| body.text("session", session.clone()));
        let body = call.actors.via_text().into_iter().fold(body, |body, via| body.text("via", via));
        let began = Draft::new(Kind::Began, body).with("arguments", call.arguments.as_bytes()).with("seed", seed.bytes());
        // Its session may have been rid of what it is handed sealed; then that is told to it anew.
        let mut label = held.clone();
        book.begins_with(held);
        if let Some(opened) = opened {
            label.unite(&opened.label);
            book.label.unite(&opened.label);
            book.sealed = true;
        }
        book.record.note(if label.is_empty() { began } else { began.with("label", label.text()) });
        let span = trace((id, loaded, function), &call.actors, Attempt::First);
        let (book, gone) = (Arc::new(Mutex::new(book)), Arc::default());
        Ok(Invocation { host: self, loaded, function, entry, id, seed, holds, book, span, gone })
    }
}

impl Invocation<'_> {
    /// Puts the beginning on record with the key that names it; another call may have been first.
    async fn keep(&self, key: NewKey, call: &Call) -> Result<(), NotCalled> {
        let journal: Arc<dyn Journal> = self.host.store.clone();
        let terms = Terms { with: Some(With::Key(key)), ..Terms::default() };
        let kept = self.book.lock().await.record.commit(&journal, None, terms).await;
        match kept {
            Ok(_) => Ok(()),
            Err(Unrecorded::Refused(_)) => {
                self.host.joins(call, key.call).await?;
                Err(Broken::while_doing("keeping an idempotency key", "it was taken and is gone").into())
            }
            Err(Unrecorded::Broken(broken) | Unrecorded::Unknown(broken)) => Err(broken.into()),
        }
    }

    /// Makes it ready to run; the digest is that of the call.
    pub(super) fn prepare(&self, call: (Call, Digest), arguments: Vec<Val>, clock: Skew) -> Ordered {
        let watch = Stopwatch::default();
        let timing = Watch { watch: watch.clone(), clock: clock.clone() };
        let session = self.session(call, timing);
        let order = Order {
            limits: self.loaded.manifest.limits.clone(),
            seed: self.seed,
            clock,
            function: self.entry,
            arguments,
            results: usize::from(self.function.result.is_some()),
            stopwatch: watch,
            pace: self.loaded.pace.clone(),
            stop: self.stop(&session),
        };
        Ordered { guest: Guest { session, backends: self.host.backends() }, order }
    }

    /// Whether somebody has stopped the tool, the agent, the person or everything since it was admitted, or its caller has
    /// taken it back.
    fn stop(&self, session: &Session) -> Stop {
        let gone = self.gone.clone();
        let (world, subject, found) = (session.services.world.clone(), session.who.subject(None), AtomicU64::new(u64::MAX));
        let (store, id, seen) = (self.host.store.clone(), self.id, AtomicU64::new(u64::MAX));
        Arc::new(move || {
            if gone.load(Ordering::Relaxed) || store.taken_back(id, &seen) {
                return Some(Fault::new(FaultKind::TakenBack, "its caller took it back"));
            }
            world.stopped(&subject, &found).map(|refusal| Fault::new(FaultKind::Frozen, refusal.message))
        })
    }

    pub(super) async fn run(self, ordered: Ordered, cancelled: impl Future<Output = ()>) -> Result<Report, NotCalled> {
        let running = self.host.sandbox.run(&self.loaded.ready, ordered.guest, ordered.order);
        let mut running = std::pin::pin!(running);
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = cancelled => {
                // It ends by itself, so that it is known what it has used.
                self.gone.store(true, Ordering::Relaxed);
                running.await
            }
        };
        self.close(ended).await
    }

    fn session(&self, (call, digest): (Call, Digest), timing: Watch) -> Session {
        let manifest = &self.loaded.manifest;
        let who = Who {
            invocation: self.id,
            tool: manifest.tool.clone(),
            component: self.loaded.digest,
            manifest: self.loaded.meaning,
            initiator: call.initiator,
            actors: call.actors,
            session: call.session,
            rules: self.host.rules,
            call: digest,
        };
        Session {
            who: Arc::new(who),
            allowed: self.loaded.allowed.clone(),
            quotas: self.loaded.quotas.clone(),
            services: self.host.services(),
            timing: Arc::new(timing),
            book: self.book.clone(),
            span: self.span.clone(),
        }
    }

    /// The host does not run it.
    pub(super) async fn turn_away(self, refusal: Refusal) -> Result<Report, NotCalled> {
        {
            let mut book = self.book.lock().await;
            book.record.note(refused("call", String::new(), &refusal));
            book.seen.push(Seen { function: "call", refusal });
        }
        self.finish(Outcome::Refused(None), &Usage::default()).await
    }

    /// Judges how it ended, once no effect is under way any more.
    async fn close(self, ended: Ended<Guest>) -> Result<Report, NotCalled> {
        self.book.lock().await.close().await;
        let set_down = self.book.lock().await.set_down;
        if let Some(question) = set_down {
            return Ok(self.waiting(question).await);
        }
        let output = [("stdout", &ended.stdout), ("stderr", &ended.stderr)];
        {
            let mut book = self.book.lock().await;
            for (stream, captured) in output.into_iter().filter(|(_, captured)| captured.total > 0) {
                let body = Body::of(3)
                    .number("bytes", captured.total)
                    .number("kept", captured.bytes.len() as u64)
                    .text("stream", stream);
                book.record.note(Draft::new(Kind::Output, body).with(stream, captured.bytes.clone()));
            }
        }
        let outcome = match &ended.result {
            Ok(values) => self.judge(values).await,
            Err(fault) if fault.kind == FaultKind::TakenBack => Outcome::Cancelled,
            Err(fault) => Outcome::Fault(fault.clone()),
        };
        self.finish(outcome, &ended.usage).await
    }

    /// What is reported of an invocation that was set down: its row is on record, and nothing more is written here.
    async fn waiting(&self, question: u64) -> Report {
        let refusals = self.book.lock().await.seen.clone();
        self.report(Outcome::Waiting(question), refusals, Vec::new())
    }

    fn report(&self, outcome: Outcome, refusals: Vec<Seen>, receipt: Vec<Meter>) -> Report {
        let (tool, function) = (self.loaded.manifest.tool.clone(), self.function.name.clone());
        let report = Report { invocation: self.id, tool, function, outcome, refusals, receipt };
        came(&self.span, report.code());
        report
    }

    async fn judge(&self, values: &[Val]) -> Outcome {
        match encode::answer(self.function, values) {
            Ok(Answer::Value(value)) => Outcome::Returned(value),
            Ok(Answer::ToolError(value)) => {
                let got = encode::as_refusal(self.function, &value);
                let book = self.book.lock().await;
                let is = |seen: &Seen, (stage, reason): &(String, String)| {
                    seen.refusal.code.stage() == stage && seen.refusal.code.reason() == reason
                };
                match got {
                    Some(code) if book.seen.iter().any(|seen| is(seen, &code)) => Outcome::Refused(Some(value)),
                    _ => Outcome::ToolError(value),
                }
            }
            Err(why) => Outcome::Fault(Fault::new(FaultKind::BadAnswer, why)),
        }
    }

    /// What may be handed to the initiator as he stands now: who is no longer cleared for what a call holds, since it waited or
    /// took long, is not told what came of it.
    async fn deliverable(&self, outcome: Outcome, book: &mut Book) -> Outcome {
        if book.label.is_empty() || outcome.value().is_none() {
            return outcome;
        }
        let rights = self.host.store.rights(&self.holds.person).await;
        if rights.is_ok_and(|rights| rights.standing.may_know(&book.label)) {
            return outcome;
        }
        let refusal = no_longer_cleared();
        book.record.note(refused("call", String::new(), &refusal));
        book.seen.push(Seen { function: "call", refusal });
        Outcome::Refused(None)
    }

    /// Puts the end on record; what cannot be recorded does not leave the host.
    async fn finish(self, outcome: Outcome, usage: &Usage) -> Result<Report, NotCalled> {
        let mut book = self.book.lock().await;
        let lines = receipt(usage, &self.loaded.manifest.limits, &book);
        let outcome = self.deliverable(outcome, &mut book).await;
        let (outcome, kept) = match book.sealed {
            true => outcome.sealed(self.id),
            false => (outcome, None),
        };
        let draft = ended(&outcome, lines.clone(), book.record.len() + 1);
        let draft = kept.iter().fold(draft, |draft, value| draft.with(sealed::PART, value.to_string()));
        let from = (!book.label.is_empty() || kept.is_some()).then(|| book.label.text());
        let draft = from.into_iter().fold(draft, |draft, from| draft.with(sealed::FROM, from));
        let journal: Arc<dyn Journal> = self.host.store.clone();
        let terms = Terms { mark: book.raises(|| self.holds.clone()), ..Terms::default() };
        let committed = book.record.commit(&journal, Some(draft), terms).await;
        let outcome = match committed {
            Ok(_) => outcome,
            Err(failed) => {
                if let Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) = failed {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "not recorded");
                }
                match book.waits_on() {
                    // Whoever finds it unended lets it wait again: it is not said that it did not happen.
                    Some(question) => {
                        book.seen.retain(|seen| seen.refusal.code != Code::Unrecorded);
                        Outcome::Waiting(question)
                    }
                    None => {
                        let refusal = Refusal::new(
                            Code::Unrecorded,
                            "what came of this could not be put on record, so it stays in the host",
                        );
                        let refusal =
                            refusal.unless("try again when the host is well; `tollgate doctor` says what it lacks");
                        book.seen.push(Seen { function: "call", refusal });
                        Outcome::Refused(None)
                    }
                }
            }
        };
        let seen = book.seen.iter().map(|seen| if book.sealed { sealed::masked(seen) } else { seen.clone() });
        Ok(self.report(outcome, seen.collect(), lines))
    }
}

/// In place of what came of a call whose initiator may not know it any more.
pub(super) fn no_longer_cleared() -> Refusal {
    let why =
        "the initiator is no longer cleared for what this call or its session read, so what came of it stays in the host";
    Refusal::new(Code::NotCleared, why).unless("ask somebody who owns what was read")
}

/// The arguments of a call, or everything that is wrong with them.
pub(super) fn arguments(function: &Function, json: &str) -> Result<Vec<Val>, NotCalled> {
    decode::arguments(function, json).map_err(|bad| NotCalled::Usage(bad.iter().map(ToString::to_string).collect()))
}

fn ended(outcome: &Outcome, receipt: Vec<Meter>, entries: u32) -> Draft {
    let body = Body::of(4).number("entries", entries.into());
    let body = match outcome {
        Outcome::Fault(fault) => body.text("fault", fault.kind.as_str()),
        Outcome::Returned(_) | Outcome::ToolError(_) | Outcome::Refused(_) | Outcome::Cancelled | Outcome::Waiting(_) => {
            body
        }
    };
    let body = body.text("outcome", outcome.as_str()).meters("receipt", receipt);
    let draft = Draft::new(Kind::Ended, body);
    // A function without a result has nothing to commit to.
    match outcome.value().filter(|value| !value.is_null()) {
        Some(value) => draft.with("value", value.to_string()),
        None => draft,
    }
}
