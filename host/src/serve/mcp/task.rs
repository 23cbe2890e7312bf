//! Tasks (the extension `io.modelcontextprotocol/tasks`): an invocation that waits, by a name that only its caller can use.

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, DetailedTask, GetTaskResult, Task, TaskPayload, TaskStatus};
use serde_json::Value;

use super::{Mcp, answer};
use crate::clock::Instant;
use crate::invoke::Began;
use crate::name::{Digest, InvocationId};
use crate::serve::front::{Came, Turned};
use crate::serve::said::of_turned;
use crate::serve::{Caller, Told};

/// How often a client should ask.
const POLL_MS: u64 = 2_000;

impl Mcp {
    /// The name of a task: the invocation, and what nobody can make up. Whose it is, is asked each time.
    fn name(&self, invocation: InvocationId) -> String {
        let proof = Digest::of(&[self.front.secret().as_slice(), b"task", invocation.to_string().as_bytes()].concat());
        format!("{invocation}.{}", &proof.hex()[..32])
    }

    /// The invocation of a task; the same answer for one that never was and for somebody else's.
    async fn invocation(&self, caller: &Caller, task: &str) -> Result<(InvocationId, Began), ErrorData> {
        let unknown = || ErrorData::invalid_params("unknown task", None);
        let id = task.split_once('.').and_then(|(id, _)| InvocationId::parse(id).ok()).ok_or_else(unknown)?;
        if self.name(id) != task {
            return Err(unknown());
        }
        let began = self.front.own(caller, id).await.map_err(|turned| match turned {
            Turned::Unknown => unknown(),
            other => ErrorData::internal_error(of_turned(&other).text, None),
        })?;
        Ok((id, began))
    }

    /// A task for a call that waits.
    pub(super) async fn new_task(&self, caller: &Caller, invocation: InvocationId, question: Option<u64>) -> Task {
        let now = self.front.store.now();
        let mut task = Task::new(self.name(invocation), TaskStatus::Working, text(Instant(invocation.millis())), text(now));
        task = task.with_poll_interval_ms(POLL_MS);
        let Some(question) = question else { return task.with_status_message("it is being worked on") };
        if let Some(expires) = self.expires(Some(question)).await {
            task = task.with_ttl_ms(expires.0.saturating_sub(invocation.millis()));
        }
        let place = self.front.link(question).unwrap_or_else(|| format!("`tollgate approvals show {question}`"));
        task.with_status_message(format!("a person has to agree first, for {}: {place}", caller.person))
    }

    /// How it stands with a task.
    pub(super) async fn task(&self, caller: &Caller, task: &str) -> Result<GetTaskResult, ErrorData> {
        let (invocation, began) = self.invocation(caller, task).await?;
        let came = self.front.look(invocation).await;
        let came = came.map_err(|turned| ErrorData::internal_error(of_turned(&turned).text, None))?;
        let detailed = match came {
            Came::Waiting(invocation, question) => {
                DetailedTask::new(self.new_task(caller, invocation, question).await, TaskPayload::Working)
            }
            Came::Over(invocation, told) => {
                let mut task = self.new_task(caller, invocation, None).await;
                task.status_message = None;
                if told.outcome() == "cancelled" {
                    DetailedTask::new(task, TaskPayload::Cancelled)
                } else {
                    let result = serde_json::to_value(self.over(&began, invocation, &told)?);
                    let Ok(Value::Object(result)) = result else {
                        return Err(ErrorData::internal_error("the result cannot be written down", None));
                    };
                    DetailedTask::new(task, TaskPayload::Completed { result })
                }
            }
        };
        Ok(GetTaskResult::new(detailed))
    }

    /// Withdraws what waits or runs; what is done stays done.
    pub(super) async fn withdraw(&self, caller: &Caller, task: &str) -> Result<(), ErrorData> {
        let (invocation, _) = self.invocation(caller, task).await?;
        let cancelled = self.front.cancel(caller, invocation).await;
        cancelled.map_err(|turned| ErrorData::internal_error(of_turned(&turned).text, None))
    }

    /// The result of an invocation by how it began: its tool may be another by now.
    pub(super) fn over(&self, began: &Began, invocation: InvocationId, told: &Told) -> Result<CallToolResult, ErrorData> {
        let shelf = self.front.shelf();
        let mut offers = shelf.offers.values();
        let offer = offers.find(|offer| *offer.tool() == began.tool && offer.function.name == began.function);
        let gone =
            || ErrorData::internal_error("its tool is not served any more; `tollgate result` has what came of it", None);
        offer.map(|offer| answer::over(&offer.function, invocation, told)).ok_or_else(gone)
    }
}

/// RFC 3339, as MCP wants times.
fn text(at: Instant) -> String {
    at.to_string()
}
