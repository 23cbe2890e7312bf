//! `tollgate break-glass` and `tollgate review`: an act that nobody agreed to, on a person's word, and who looks at it.

use std::path::Path;

use serde_json::{Value, json};

use super::approvals::{credential, find};
use super::command::{BreakGlass, Review as Options};
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use super::result::{Here, went_lines};
use crate::approval::{Answered, Breaking, Closing, GLASS, Question, Statement};
use crate::name::PersonName;
use crate::setup::Workspace;
use crate::store::Store;

/// Breaks the glass, and lets what waited go on.
pub fn run(folder: &Path, options: &BreakGlass, output: Output) -> Result<Exit, Failure> {
    let reason = statement("--reason", &options.reason)?;
    let workspace = Workspace::open(folder)?;
    let (person, _) = workspace.who(options.person.as_deref(), "cli")?;
    let runtime = workspace.runtime()?;
    let broken = runtime.block_on(async {
        let (host, store) = workspace.host(None)?;
        let here = Here { workspace: &workspace, host: &host, store: &store };
        let broken = break_glass(&here, options.question, &person, reason).await;
        here.close().await;
        broken
    });
    runtime.shutdown_background();
    let json = broken?;
    output.result(&json, || said(&json));
    Ok(Exit::Done)
}

/// What a person says for the record, as it was typed.
pub fn statement(option: &str, typed: &str) -> Result<Statement, Failure> {
    Statement::parse(typed)
        .map_err(|e| Failure::usage(format!("{option}: {e}"), "say it in a sentence; it is put on record"))
}

async fn break_glass(here: &Here<'_>, id: u64, person: &PersonName, reason: Statement) -> Result<Value, Failure> {
    let store = here.store;
    let question = find(store, id).await?;
    if let Some(why) = store.glass_holds(&question, person)? {
        return Err(turned(why));
    }
    let Some(card) = &question.card else {
        return Err(Failure::usage(format!("the card of question {id} was erased"), "it can be asked again"));
    };
    note(&card.text(&here.workspace.meanwhile(store, &question)?));
    note(&warning(&question, person));
    credential(store, person).await?;
    let now = here.workspace.current(&card.act.tool)?;
    let breaking = Breaking { question: id, person: person.clone(), reason, now };
    match store.break_glass(breaking).await? {
        Answered::Counted(_) => {}
        Answered::Ended(state, why) => return Err(turned(format!("question {id} is {}: {why}", state.as_str()))),
        Answered::Turned(why) => return Err(turned(why)),
    }
    let went = here.all_go_on(id).await?;
    let owner = owner(&question, store)?;
    Ok(json!({
        "question": id, "person": person.as_str(), "state": "agreed", "review": "open", "marked-for": owner,
        "invocations": went,
    }))
}

/// What the person is about to do, said before he shows who he is.
fn warning(question: &Question, person: &PersonName) -> String {
    let mut lines = vec![
        format!("{person} is about to break the glass: this goes on without the yes of {}.", question.rules.consent),
        "It is put on record, and stays in `tollgate report` until somebody else has reviewed it.".to_owned(),
    ];
    if question.opens() {
        lines.push(format!("What it opens closes after {GLASS} at the latest."));
    }
    lines.join("\n")
}

/// Whose it is, and so for whom it is marked.
fn owner(question: &Question, store: &Store) -> Result<Option<String>, Failure> {
    let directory = store.directory()?;
    Ok(question.rules.about.as_ref().and_then(|about| about.owner(&directory)).map(|owner| owner.to_string()))
}

fn turned(why: String) -> Failure {
    Failure::refused(why, "nothing was done")
}

fn said(json: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = &json["question"];
    let mut lines = vec![format!("{} has broken the glass over question {id}", text(&json["person"]))];
    lines.extend(went_lines(json));
    let owner = json["marked-for"].as_str().map(|owner| format!(" for {owner}, who owns it,")).unwrap_or_default();
    lines.push(format!(
        "`tollgate report` and `tollgate approvals list` mark it{owner} until somebody else reviews it: tell them"
    ));
    lines.push(format!("`tollgate review {id} --finding … --as …` closes the review"));
    lines.join("\n")
}

/// Closes a review.
pub fn review(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let finding = statement("--finding", &options.finding)?;
    let workspace = Workspace::open(folder)?;
    let (person, _) = workspace.who(options.person.as_deref(), "cli")?;
    let id = options.question;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let question = find(&store, id).await?;
        if let Some(why) = store.review_stays(&question, &person)? {
            return Err(turned(why));
        }
        if let Some(card) = &question.card {
            note(&card.text(&workspace.meanwhile(&store, &question)?));
        }
        credential(&store, &person).await?;
        let closing = Closing { question: id, person: person.clone(), finding };
        store.review(closing).await?.map_err(turned)?;
        store.close().await?;
        Ok(())
    })?;
    let json = json!({ "question": id, "person": person.as_str(), "review": "closed" });
    output.result(&json, || format!("{person} has reviewed question {id}"));
    Ok(Exit::Done)
}
