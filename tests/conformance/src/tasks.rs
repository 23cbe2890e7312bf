//! Fixtures that become tasks, kept in this process: the product's own tasks are invocations, and nothing in the suite is one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, CreateTaskResult,
    DetailedTask, InputRequest, InputRequiredResult, Task, TaskPayload, TaskStatus, UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tollgate::clock::Clock as _;
use tollgate::setup::SystemClock;

use crate::asks::form;
use crate::tools::{argument, object, text};

/// The tasks of this process.
#[derive(Default, Clone)]
pub struct Jobs(Arc<Mutex<BTreeMap<String, Job>>>);

/// One task.
struct Job {
    task: Task,
    payload: TaskPayload,
    /// What it asked and was answered.
    answers: BTreeMap<String, Value>,
}

impl Jobs {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tools that become tasks; none where the name is another's.
    pub async fn call(
        &self,
        request: &CallToolRequestParams,
        cx: &RequestContext<RoleServer>,
    ) -> Option<Result<CallToolResponse, ErrorData>> {
        let supports = cx.client_capabilities().is_some_and(|it| it.supports_tasks());
        let (payload, after) = match request.name.as_ref() {
            "slow_compute" => {
                let seconds = request.arguments.as_ref().and_then(|all| all.get("seconds")?.as_f64()).unwrap_or_default();
                let (after, done) = (Duration::from_secs_f64(seconds), text(argument(request, "label")));
                if !supports {
                    tokio::select! {
                        () = tokio::time::sleep(after) => {}
                        () = cx.ct.cancelled() => {}
                    }
                    return Some(Ok(done.into()));
                }
                (completed(&done), Some(after))
            }
            "failing_job" => {
                let failed = CallToolResult::error(vec![ContentBlock::text("this job fails")]);
                (completed(&failed), Some(Duration::from_secs(1)))
            }
            "protocol_error_job" => {
                let error = object(json!({ "code": -32603, "message": "this job breaks" }));
                (TaskPayload::Failed { error }, Some(Duration::ZERO))
            }
            "confirm_delete" => {
                let asks = format!("Delete {}?", argument(request, "filename"));
                (asked([("confirm", form(&asks, "confirm", "boolean"))]), None)
            }
            "multi_input" => {
                let (name, color) = (form("Your name?", "name", "string"), form("Your color?", "color", "string"));
                (asked([("name", name), ("color", color)]), None)
            }
            "test_tool_with_task" => {
                let name =
                    request.input_responses.as_ref().and_then(|all| all.get("user_name")?["content"]["name"].as_str());
                let Some(name) = name else {
                    let ask = BTreeMap::from([("user_name".to_owned(), form("What is your name?", "name", "string"))]);
                    return Some(Ok(InputRequiredResult::new(Some(ask), None).into()));
                };
                (completed(&text(format!("Hello, {name}!"))), Some(Duration::ZERO))
            }
            _ => return None,
        };
        if !supports {
            let needed = ClientCapabilities::builder().enable_tasks().build();
            return Some(Err(ErrorData::missing_required_client_capability(needed)));
        }
        Some(Ok(CreateTaskResult::new(self.begin(payload, after)).into()))
    }

    /// A new task. One that ends by itself becomes `payload` after a while; one that asks is that at once.
    fn begin(&self, payload: TaskPayload, after: Option<Duration>) -> Task {
        let mut all = self.all();
        let id = format!("fixture-{}", all.len() + 1);
        let task = Task::new(id.clone(), TaskStatus::Working, now(), now()).with_ttl_ms(600_000).with_poll_interval_ms(100);
        let at_first = if after.is_some() { TaskPayload::Working } else { payload.clone() };
        all.insert(id.clone(), Job { task: task.clone(), payload: at_first, answers: BTreeMap::new() });
        if let Some(after) = after {
            let jobs = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                jobs.settle(&id, payload);
            });
        }
        task
    }

    /// Ends a task, unless it is over already.
    fn settle(&self, id: &str, payload: TaskPayload) {
        if let Some(job) = self.all().get_mut(id).filter(|job| !job.payload.status().is_terminal()) {
            job.payload = payload;
            job.task.last_updated_at = now();
        }
    }

    /// How it stands with a task; none if it is no fixture's.
    pub fn get(&self, id: &str) -> Option<DetailedTask> {
        self.all().get(id).map(|job| DetailedTask::new(job.task.clone(), job.payload.clone()))
    }

    /// Ends a task; false if it is no fixture's.
    pub fn cancel(&self, id: &str) -> bool {
        self.settle(id, TaskPayload::Cancelled);
        self.all().contains_key(id)
    }

    /// Takes answers; false if the task is no fixture's. One that has them all is done.
    pub fn update(&self, request: &UpdateTaskParams) -> bool {
        let mut all = self.all();
        let Some(job) = all.get_mut(&request.task_id) else { return false };
        if let TaskPayload::InputRequired { input_requests } = &mut job.payload {
            for (key, answer) in &request.input_responses {
                if input_requests.remove(key).is_some() {
                    job.answers.insert(key.clone(), answer.clone());
                }
            }
            if input_requests.is_empty() {
                job.payload = completed(&text(json!(job.answers).to_string()));
            }
            job.task.last_updated_at = now();
        }
        true
    }
}

fn completed(result: &CallToolResult) -> TaskPayload {
    TaskPayload::Completed { result: object(serde_json::to_value(result).unwrap_or_default()) }
}

fn asked<const N: usize>(each: [(&str, InputRequest); N]) -> TaskPayload {
    TaskPayload::InputRequired { input_requests: each.into_iter().map(|(key, ask)| (key.to_owned(), ask)).collect() }
}

fn now() -> String {
    SystemClock.now().to_string()
}
