//! What is sent: each shape once, as the handlers fill it and as the documents describe it. What the host prints as JSON is
//! read into its shape, so that nothing leaves that is not described.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::diagnostic::Broken;
use crate::serve::front::Turned;

/// A count or number of up to 64 bits, in decimal digits: as a JSON number it would lose its last ones in many clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(value_type = String, pattern = "^(0|[1-9][0-9]{0,19})$", example = "42")]
pub(super) struct Counter(pub(super) u64);

impl Serialize for Counter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Reads what the host printed into its shape.
pub(super) fn shaped<T: DeserializeOwned>(printed: Value) -> Result<T, Problem> {
    serde_json::from_value(printed).map_err(|e| {
        let broken = Broken::while_doing("writing an answer down", e);
        Problem::from(Turned::Broken(broken))
    })
}

/// A refusal of the host, as on record.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Refused {
    /// The gate that refused: `cover`, `fund`, `agree`, `record`, `freeze`, `effect`.
    pub(super) stage: String,
    /// Why, in one word; with the stage it is the code `stage.reason`.
    pub(super) reason: String,
    /// What was asked for: `forum.post`, or `call` where it was the call itself.
    pub(super) capability: Option<String>,
    /// One sentence.
    pub(super) message: String,
    /// What would change the answer.
    pub(super) change: Option<String>,
    /// From when on the answer may be another by itself; null where that is not known.
    pub(super) until: Option<String>,
}

/// One line of what an invocation used.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Used {
    /// What is counted: `fuel`, `forum.post calls`.
    pub(super) meter: String,
    /// How much was used.
    pub(super) used: Counter,
    /// How much was allowed.
    pub(super) allowed: Counter,
    /// In what.
    pub(super) unit: String,
}

/// Something that an invocation did, was told or was refused: an entry of the journal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Deed {
    /// The entry's number.
    entry: Counter,
    /// Its kind.
    kind: String,
    /// When.
    at: String,
    /// Its clear part, as it was hashed.
    #[schema(value_type = Object)]
    body: Value,
}

/// An act of which it was not known whether it happened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct DoubtOf {
    /// The number of the intent in its invocation.
    seq: u32,
    /// What was asked for.
    function: String,
    /// Since when it is in doubt.
    since: String,
    /// When it was settled.
    settled: Option<String>,
    /// What became of it: `done`, `not-done`.
    outcome: Option<String>,
    /// How that was found.
    found: Option<String>,
}

/// What one invocation did, used and was refused, out of the journal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Receipt {
    /// The invocation.
    invocation: String,
    /// Of which tool.
    tool: String,
    /// Which function.
    function: String,
    /// On whose behalf.
    initiator: String,
    /// Through which agent.
    agent: String,
    /// When it began.
    began: String,
    /// When it ended.
    ended: Option<String>,
    /// How it stands: `returned`, `tool-error`, `refused`, `fault`, `cancelled`, `waiting`, `under way`.
    outcome: String,
    /// What it did, in order.
    did: Vec<Deed>,
    /// What it used; none while it is not over.
    meters: Option<Vec<Used>>,
    /// Acts of it that are or were in doubt.
    doubts: Vec<DoubtOf>,
    /// The numbers of its first and last entries.
    entries: Vec<Counter>,
    /// What else its first entry says: digests of component and manifest, engine, host instance, session.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    rest: serde_json::Map<String, Value>,
}

/// The receipt of an invocation.
pub(super) fn receipt(found: Option<Value>) -> Result<Receipt, Problem> {
    shaped(found.ok_or_else(Problem::unknown)?)
}

impl Problem {
    /// There is no such thing, or it is not this caller's: one wording.
    pub(super) fn unknown() -> Self {
        Self::from(Turned::Unknown)
    }

    /// The request is malformed.
    pub(super) fn malformed(code: &str, why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, why)
    }
}
