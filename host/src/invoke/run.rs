//! The host: runs one invocation from admission to its last entry.

use std::sync::Arc;

use rand::Rng as _;
use tokio::sync::Mutex;
use wasmtime::component::{ComponentExportIndex, Val};

use super::load::Loaded;
use super::report::{Outcome, Report, receipt};
use super::timing::Watch;
use super::{Host, NotCalled};
use crate::admit::admit;
use crate::capability::Guest;
use crate::diagnostic::{Broken, Fault, FaultKind};
use crate::gate::{Book, Patience, Seen, Session, Who};
use crate::journal::{Body, Draft, Journal, Kind, Meter, Unrecorded};
use crate::name::{AgentName, InvocationId, PersonName};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};
use crate::runtime::{Ended, Order, Seed, Stopwatch, Usage};
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
    /// Through which agent.
    pub agent: AgentName,
}

/// One invocation under way.
struct Invocation<'a> {
    host: &'a Host,
    loaded: &'a Loaded,
    function: &'a Function,
    entry: ComponentExportIndex,
    id: InvocationId,
    seed: Seed,
    book: Arc<Mutex<Book>>,
}

impl Host {
    /// Calls a function of a tool. `cancelled` ends it early; an effect that has begun is finished first.
    ///
    /// # Errors
    /// When the call is not understood, so that nothing was admitted or recorded, or the host is broken.
    pub async fn call(&self, loaded: &Loaded, call: Call, cancelled: impl Future<Output = ()>) -> Result<Report, NotCalled> {
        let (function, entry) =
            loaded.find(call.function.as_deref()).map_err(|why| NotCalled::Usage(vec![why.to_string()]))?;
        let arguments = decode::arguments(function, &call.arguments)
            .map_err(|bad| NotCalled::Usage(bad.iter().map(ToString::to_string).collect()))?;
        let rights = self.store.rights(&call.initiator).await?;
        let invocation = self.begin(loaded, (function, entry), &call, &rights)?;
        if let Err(refusal) = admit(&loaded.manifest, &rights, &call.agent) {
            return invocation.turn_away(refusal).await;
        }
        let watch = Stopwatch::default();
        let guest = Guest { session: invocation.session(call, watch.clone()), backends: self.backends() };
        let order = invocation.order(arguments, watch, rights.now);
        let running = self.sandbox.run(&loaded.ready, guest, order);
        let ended = tokio::select! {
            ended = running => Some(ended),
            () = cancelled => None,
        };
        invocation.close(ended).await
    }

    fn begin<'a>(
        &'a self,
        loaded: &'a Loaded,
        (function, entry): (&'a Function, ComponentExportIndex),
        call: &Call,
        rights: &Rights,
    ) -> Result<Invocation<'a>, Broken> {
        let (mut seed, mut random) = (Seed { streams: [0; 32], maps: [0; 16] }, [0; 10]);
        for bytes in [&mut seed.streams[..], &mut seed.maps[..], &mut random[..]] {
            rand::rng().fill_bytes(bytes);
        }
        let id = InvocationId::new(rights.now.0, &random);
        let limits = &loaded.manifest.limits;
        let patience = Patience { host_calls: limits.host_calls, refusals: limits.refusals, arguments: limits.arguments.0 };
        let mut book = Book::new(id, &loaded.allowed, patience);
        let body = Body::of(8)
            .name("agent", call.agent.shared())
            .hex("component", loaded.digest)
            .name("engine", self.sandbox.engine_id())
            .text("function", function.name.clone())
            .name("initiator", call.initiator.shared())
            .name("instance", self.store.instance())
            .hex("manifest", loaded.meaning)
            .name("tool", loaded.manifest.tool.shared());
        let began = Draft::new(Kind::Began, body).with("arguments", call.arguments.as_bytes()).with("seed", seed.bytes());
        book.record.note(began);
        Ok(Invocation { host: self, loaded, function, entry, id, seed, book: Arc::new(Mutex::new(book)) })
    }
}

impl Invocation<'_> {
    fn session(&self, call: Call, watch: Stopwatch) -> Session {
        let manifest = &self.loaded.manifest;
        let who = Who {
            invocation: self.id,
            tool: manifest.tool.clone(),
            component: self.loaded.digest,
            manifest: self.loaded.meaning,
            initiator: call.initiator,
            agent: call.agent,
        };
        Session {
            who: Arc::new(who),
            allowed: self.loaded.allowed.clone(),
            services: self.host.services(),
            timing: Arc::new(Watch(watch)),
            book: self.book.clone(),
        }
    }

    fn order(&self, arguments: Vec<Val>, stopwatch: Stopwatch, start: crate::clock::Instant) -> Order {
        Order {
            limits: self.loaded.manifest.limits.clone(),
            seed: self.seed,
            start,
            function: self.entry,
            arguments,
            results: usize::from(self.function.result.is_some()),
            stopwatch,
            pace: self.loaded.pace.clone(),
        }
    }

    /// The host does not run it.
    async fn turn_away(self, refusal: Refusal) -> Result<Report, NotCalled> {
        {
            let mut book = self.book.lock().await;
            let body = Body::of(2).text("code", refusal.code.to_string()).text("function", "call");
            book.record.note(Draft::new(Kind::Refused, body));
            book.seen.push(Seen { function: "call", refusal });
        }
        self.finish(Outcome::Refused(None), &Usage::default()).await
    }

    /// Judges how it ended, once no effect is under way any more.
    async fn close(self, ended: Option<Ended<Guest>>) -> Result<Report, NotCalled> {
        self.book.lock().await.close().await;
        let Some(ended) = ended else {
            return self.finish(Outcome::Cancelled, &Usage::default()).await;
        };
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
            Err(fault) => Outcome::Fault(fault.clone()),
        };
        self.finish(outcome, &ended.usage).await
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

    /// Puts the end on record; what cannot be recorded does not leave the host.
    async fn finish(self, outcome: Outcome, usage: &Usage) -> Result<Report, NotCalled> {
        let mut book = self.book.lock().await;
        let lines = receipt(usage, &self.loaded.manifest.limits, &book);
        let draft = ended(&outcome, lines.clone(), book.record.len() + 1);
        let journal: Arc<dyn Journal> = self.host.store.clone();
        let committed = book.record.commit(&journal, Some(draft), None).await;
        let outcome = match committed {
            Ok(()) => outcome,
            Err(failed) => {
                if let Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) = failed {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "not recorded");
                }
                let refusal =
                    Refusal::new(Code::Unrecorded, "what came of this could not be put on record, so it stays in the host");
                let refusal = refusal.unless("try again when the host is well; `tollgate doctor` says what it lacks");
                book.seen.push(Seen { function: "call", refusal });
                Outcome::Refused(None)
            }
        };
        Ok(Report {
            invocation: self.id,
            tool: self.loaded.manifest.tool.clone(),
            function: self.function.name.clone(),
            outcome,
            refusals: book.seen.clone(),
            receipt: lines,
        })
    }
}

fn ended(outcome: &Outcome, receipt: Vec<Meter>, entries: u32) -> Draft {
    let body = Body::of(4).number("entries", entries.into());
    let body = match outcome {
        Outcome::Fault(fault) => body.text("fault", fault.kind.as_str()),
        Outcome::Returned(_) | Outcome::ToolError(_) | Outcome::Refused(_) | Outcome::Cancelled => body,
    };
    let body = body.text("outcome", outcome.as_str()).meters("receipt", receipt);
    let draft = Draft::new(Kind::Ended, body);
    // A function without a result has nothing to commit to.
    match outcome.value().filter(|value| !value.is_null()) {
        Some(value) => draft.with("value", value.to_string()),
        None => draft,
    }
}
