//! What one invocation did, used and was refused, out of the journal.

use serde_json::{Value, json};

use super::{Kept, Store};
use crate::diagnostic::Broken;
use crate::name::InvocationId;

impl Store {
    /// The receipt of an invocation; none if there is none on record.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn receipt(&self, invocation: &InvocationId) -> Result<Option<Value>, Broken> {
        let entries = self.entries(invocation)?;
        let Some(began) = entries.iter().find(|entry| entry.kind() == "began") else { return Ok(None) };
        let answers = self.answers_from_elsewhere(&entries)?;
        let mut receipt = receipt(began, &entries, &answers);
        receipt["invocation"] = json!(invocation.to_string());
        receipt["doubts"] = json!(self.doubts_of(invocation)?);
        Ok(Some(receipt))
    }

    /// What people answered in other processes: entries of no invocation, to questions that this one was set down for.
    fn answers_from_elsewhere(&self, entries: &[Kept]) -> Result<Vec<Kept>, Broken> {
        let mut questions: Vec<u64> = entries.iter().filter_map(|entry| entry.body()["question"].as_u64()).collect();
        questions.sort_unstable();
        questions.dedup();
        let mut answers = Vec::new();
        for question in questions {
            answers.extend(self.answers_to(question)?);
        }
        let own = |answer: &Kept| entries.iter().any(|entry| entry.number() == answer.number());
        answers.retain(|answer| !own(answer));
        Ok(answers)
    }
}

/// How an invocation stands, by its latest entry.
#[must_use]
pub fn outcome(last: &Kept) -> Value {
    match last.kind() {
        "ended" => last.body()["outcome"].clone(),
        "set-down" => json!("waiting"),
        _ => json!("under way"),
    }
}

fn receipt(began: &Kept, entries: &[Kept], answers: &[Kept]) -> Value {
    let ended = entries.iter().find(|entry| entry.kind() == "ended");
    let mut did: Vec<&Kept> = entries.iter().filter(|it| !matches!(it.kind(), "began" | "ended")).chain(answers).collect();
    did.sort_by_key(|entry| entry.number());
    let did: Vec<Value> = did.into_iter().map(deed).collect();
    let end = |key: &str| ended.map(|entry| entry.body()[key].clone()).unwrap_or_default();
    let mut receipt = began.body().clone();
    receipt["began"] = json!(began.time().to_string());
    receipt["ended"] = json!(ended.map(|entry| entry.time().to_string()));
    receipt["outcome"] = entries.last().map_or_else(|| json!("under way"), outcome);
    receipt["did"] = json!(did);
    receipt["meters"] = end("receipt");
    receipt["entries"] = json!([entries.first().map(Kept::number), entries.last().map(Kept::number)]);
    receipt
}

fn deed(entry: &Kept) -> Value {
    json!({ "entry": entry.number(), "kind": entry.kind(), "at": entry.time().to_string(), "body": entry.body() })
}
