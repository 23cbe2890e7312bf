//! What is run: command lines, of which one meets the fault.

use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};

use crate::Failed;
use crate::elsewhere::{Class, Terms};
use crate::stage::{FILE, PASSPHRASE, Room};

/// One command line.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its arguments; `{invocation}` stands for the newest invocation on record, `{approval}` for the newest question.
    pub arguments: Vec<String>,
    /// What somebody types at its terminal, each after the text it waits for; without any there is no terminal.
    pub answers: Vec<(String, String)>,
    /// Whether no tool can be loaded meanwhile.
    pub spoilt: bool,
}

/// A list of command lines, and what may come of them.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called.
    pub name: &'static str,
    /// What comes before.
    pub before: Vec<Step>,
    /// What meets the fault.
    pub faulted: Step,
    /// What comes after the next start.
    pub after: Vec<Step>,
    /// The most effects that it may have.
    pub most: usize,
    /// How many effects a value says there were.
    pub says: fn(&Value) -> usize,
    /// Whether somebody must have agreed to each of its acts.
    pub asks: bool,
    /// What the forum is like, where it is in another process.
    pub forum: Option<Terms>,
}

impl Step {
    /// A command that nobody types at.
    #[must_use]
    pub fn plain(arguments: &[&str]) -> Self {
        let arguments = ["-o", "json"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
        Self { arguments, ..Self::default() }
    }

    /// A call of the probe.
    #[must_use]
    pub fn call(function: &str, arguments: &Value) -> Self {
        Self::plain(&["call", &format!("probe.{function}"), &arguments.to_string()])
    }

    /// The same with what is typed.
    #[must_use]
    pub fn typing(mut self, answers: &[(&str, &str)]) -> Self {
        self.answers = answers.iter().map(|&(prompt, answer)| (prompt.to_owned(), answer.to_owned())).collect();
        self
    }

    /// The arguments; none where they name what there is none of.
    pub(crate) fn filled(&self, room: &Room) -> Result<Option<Vec<String>>, Failed> {
        let needs = |word: &str| self.arguments.iter().any(|argument| argument.contains(word));
        let mut arguments = self.arguments.clone();
        for (word, query) in [
            ("{invocation}", "SELECT invocation FROM journal WHERE seq = 0 ORDER BY number DESC LIMIT 1"),
            ("{approval}", "SELECT CAST(max(id) AS TEXT) FROM approvals"),
        ] {
            if needs(word) {
                let newest = room.store()?.query_row(query, [], |row| row.get(0)).optional()?.flatten();
                let newest: Option<String> = newest;
                let Some(newest) = newest else { return Ok(None) };
                arguments.iter_mut().for_each(|argument| *argument = argument.replace(word, &newest));
            }
        }
        Ok(Some(arguments))
    }
}

/// A command that opens the store, so that what was left open is ended.
pub(crate) fn look() -> Step {
    Step::plain(&["journal", "list"])
}

pub(crate) fn verify() -> Step {
    Step::plain(&["journal", "verify"])
}

fn one(_: &Value) -> usize {
    1
}

fn number(value: &Value) -> usize {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or(usize::MAX)
}

fn workload(name: &'static str, faulted: Step, most: usize, says: fn(&Value) -> usize) -> Workload {
    Workload { name, before: Vec::new(), faulted, after: Vec::new(), most, says, asks: false, forum: None }
}

/// A post that needs a yes: asked in one process, answered in another, its result fetched in a third. Each meets faults.
fn asked() -> [Workload; 3] {
    let post = json!({ "forum": "careful", "thread": "2", "body": "said once, after a yes" });
    let call = Step::call("forum-post", &post);
    let yes = Step::plain(&["approvals", "yes", "{approval}"]).typing(&[("passphrase", PASSPHRASE)]);
    let result = Step::plain(&["result", "{invocation}"]);
    let after = vec![yes.clone(), result.clone(), result.clone()];
    let story = |name, before: &[&Step], faulted: &Step| {
        let before = before.iter().map(|&step| step.clone()).collect();
        Workload { before, after: after.clone(), asks: true, ..workload(name, faulted.clone(), 1, one) }
    };
    [
        story("asked post", &[], &call),
        story("yes to a post", &[&call], &yes),
        // Its answer counts, and nothing comes of it in that process.
        story("result of a post", &[&call, &Step { spoilt: true, ..yes.clone() }], &result),
    ]
}

/// What there is to run: a post, three posts of one call, access opened for a time, a read, a file that is replaced, access
/// that somebody agrees to at the terminal, and a post that somebody agrees to while no call is there to wait.
#[must_use]
pub fn workloads() -> Vec<Workload> {
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "said once" });
    let posts = json!({ "forum": "eng-help", "thread": "1", "body": "said thrice", "times": 3 });
    let widen = json!({ "object": "logs", "principal": "group:guests", "right": "read", "seconds": "60" });
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 64 });
    let agreed = json!({ "object": "runbooks", "principal": "group:guests", "right": "read", "seconds": "60" });
    let typed = [("[yes/no]", "yes"), ("passphrase", PASSPHRASE)];
    let write = json!({ "path": FILE.path, "contents": FILE.encoded });
    let mut all = vec![
        workload("post", Step::call("forum-post", &post), 1, one),
        workload("three posts", Step::call("post-hidden", &posts), 3, number),
        workload("widen", Step::call("acl-widen", &widen), 1, one),
        workload("read", Step::call("files-read", &read), 0, |_| 0),
        workload("agreed widen", Step::call("acl-widen", &agreed).typing(&typed), 1, one),
        workload("write", Step::call("files-write", &write), 1, one),
    ];
    all.extend(asked());
    all
}

/// Posts to a forum in another process, for each class of effect: one that nobody is asked about, and one that somebody
/// agrees to in the process that meets the fault. Only the program that has such a forum behind it runs them.
#[must_use]
pub fn elsewhere() -> Vec<Workload> {
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "said once, elsewhere" });
    let mut all = Vec::new();
    for (class, name, agreed) in [
        (Class::Keyed, "post to a keyed forum", "agreed post to a keyed forum"),
        (Class::Queryable, "post to a queryable forum", "agreed post to a queryable forum"),
        (Class::Blind, "post to a blind forum", "agreed post to a blind forum"),
    ] {
        let forum = Some(Terms::of(class));
        let [_, yes, _] = asked();
        all.push(Workload { forum, ..workload(name, Step::call("forum-post", &post), 1, one) });
        all.push(Workload { name: agreed, forum, ..yes });
    }
    all
}
