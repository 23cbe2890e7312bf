//! `tollgate approvals`: questions to people, and their answers, given with a passphrase typed at the terminal.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{Answer, Approvals, ApprovalsCommand};
use super::exit::{Exit, Failure};
use super::output::{Output, note, table};
use super::result::{Here, went_lines};
use super::terminal::passphrase;
use crate::approval::{ATTEMPTS, Answered, Credentials as _, Question, State, matches, show_name};
use crate::gate::Questions as _;
use crate::journal::{Body, Draft, Kind};
use crate::name::PersonName;
use crate::setup::{Given, Unanswerable, Workspace};
use crate::store::Store;

/// Lists, shows or answers.
pub fn run(folder: &Path, options: &Approvals, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    match &options.command {
        ApprovalsCommand::List { person, all, limit } => list(&workspace, person.as_deref(), (*all, *limit), output),
        ApprovalsCommand::Show { question, person } => show(&workspace, *question, person.as_deref(), output),
        ApprovalsCommand::Yes(options) => answer(&workspace, options, true, output),
        ApprovalsCommand::No(options) => answer(&workspace, options, false, output),
    }
}

fn list(workspace: &Workspace, person: Option<&str>, (all, limit): (bool, u32), output: Output) -> Result<Exit, Failure> {
    let person = person.map(PersonName::parse).transpose().map_err(|e| Failure::usage(e.to_string(), "name a person"))?;
    let store = workspace.store()?;
    let directory = store.directory()?;
    let may = |question: &Question| {
        let owed = question.review.as_ref().is_some_and(|review| review.closed.is_none());
        person.as_ref().is_none_or(|person| {
            question.rules.asked(&question.agreed, &directory, store.now()).contains(person)
                || owed && question.reviewers(&directory, store.now()).contains(person)
        })
    };
    let questions: Vec<Question> = store.questions(all, None, limit)?.into_iter().filter(may).collect();
    let rows: Vec<Value> = questions.iter().map(Question::row).collect();
    workspace.runtime()?.block_on(store.close())?;
    output.result(&json!({ "questions": rows }), || {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| text.to_owned());
        let columns = ["question", "state", "function", "about", "tool", "initiator", "consent", "expires"];
        let cells = |row: &Value| {
            let mut cells: Vec<String> = columns.iter().map(|column| plain(&row[*column])).collect();
            if let Some(glass) = row["glass"].as_str() {
                cells[1] = format!("{}, GLASS BROKEN, {glass}", cells[1]);
            }
            cells
        };
        let head = ["QUESTION", "STATE", "WHAT", "ABOUT", "TOOL", "FOR", "WHO MUST AGREE", "UNTIL"];
        table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
    });
    Ok(Exit::Done)
}

fn show(workspace: &Workspace, id: u64, person: Option<&str>, output: Output) -> Result<Exit, Failure> {
    let (person, _) = workspace.who(person, "cli")?;
    let (text, json) = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let question = find(&store, id).await?;
        let shown = match (&question.card, workspace.may_see(&store, &question, &person)?) {
            (_, false) => Err(not_yours(&person, &question)),
            (None, true) => Err(Failure::usage(format!("the card of question {id} was erased"), "it can be asked again")),
            (Some(card), true) => {
                let meanwhile = workspace.meanwhile(&store, &question)?;
                let mut json = question.row();
                json["card"] = card.view(&meanwhile);
                Ok((card.text(&meanwhile), json))
            }
        };
        store.close().await?;
        shown
    })?;
    output.result(&json, || text);
    Ok(Exit::Done)
}

pub async fn find(store: &Store, id: u64) -> Result<Question, Failure> {
    let question = store.question(id).await?;
    question.ok_or_else(|| Failure::usage(format!("there is no question {id}"), "`tollgate approvals list` lists questions"))
}

fn not_yours(person: &PersonName, question: &Question) -> Failure {
    let about =
        question.rules.about.as_ref().map_or_else(String::new, |about| format!(" {}", show_name(&about.to_string())));
    let why = format!("{person} cannot be shown question {}: only readers of{about} can", question.id);
    Failure::refused(why, "say with --as who looks")
}

/// Takes an answer, and lets what waited for it go on.
fn answer(workspace: &Workspace, options: &Answer, yes: bool, output: Output) -> Result<Exit, Failure> {
    let (person, _) = workspace.who(options.person.as_deref(), "cli")?;
    let runtime = workspace.runtime()?;
    let answered = runtime.block_on(async {
        let (host, store) = workspace.host(None)?;
        let here = Here { workspace, host: &host, store: &store };
        let answered = one(&here, options.question, &person, yes).await;
        here.close().await;
        answered
    });
    runtime.shutdown_background();
    let (exit, json) = answered?;
    output.result(&json, || said(&json, &person));
    Ok(exit)
}

async fn one(here: &Here<'_>, id: u64, person: &PersonName, yes: bool) -> Result<(Exit, Value), Failure> {
    let store = here.store;
    let question = find(store, id).await?;
    here.workspace.answerable(store, &question, person)?.map_err(cannot)?;
    if let Some(card) = &question.card {
        note(&card.text(&here.workspace.meanwhile(store, &question)?));
    }
    let wrong = credential(store, person).await?;
    let given = Given { question: &question, person, yes, wrong, door: "terminal" };
    let answered = here.workspace.answer(store, given, |tool| here.workspace.in_force(tool)).await?;
    let (exit, state, why) = match answered {
        Answered::Counted(state) => (Exit::Done, state, None),
        Answered::Ended(State::Declined, why) if !yes => (Exit::Done, State::Declined, Some(why)),
        Answered::Ended(state, why) => (Exit::Refused, state, Some(why)),
        Answered::Turned(why) => return Err(Failure::refused(why, "nothing was changed")),
    };
    let went = if state == State::Open { Vec::new() } else { here.all_go_on(id).await? };
    Ok((
        exit,
        json!({ "question": id, "person": person.as_str(), "state": state.as_str(), "why": why, "invocations": went }),
    ))
}

fn cannot(why: Unanswerable) -> Failure {
    let help = match &why {
        Unanswerable::Ended(_) => "nothing was changed; what asks again is asked anew",
        Unanswerable::NotAmong(_) => "say with --as whose answer it is",
        Unanswerable::Erased(_) => return Failure::usage(why.to_string(), "it can be asked again"),
    };
    Failure::refused(why.to_string(), help)
}

/// The person's passphrase, typed at the terminal; how many wrong ones came before it.
pub async fn credential(store: &Store, person: &PersonName) -> Result<u32, Failure> {
    let Some(kept) = store.passphrase_of(person).await? else {
        let why = format!("{person} has no passphrase and cannot answer");
        return Err(Failure::refused(why, format!("`tollgate passphrase {person}` sets one")));
    };
    for wrong in 0..ATTEMPTS {
        let Some(typed) = passphrase(person) else {
            // An agent's environment has no terminal; that somebody tried to answer from there is to be seen.
            let body =
                Body::of(3).text("code", "door.no-terminal").text("door", "terminal").name("initiator", person.shared());
            store.note(Draft::new(Kind::TurnedAway, body)).await?;
            return Err(Failure::refused(
                "an answer is given at a terminal, and there is none".to_owned(),
                "run this at a terminal".to_owned(),
            ));
        };
        if matches(&kept, &typed) {
            return Ok(wrong);
        }
        note(&format!("That is not {person}'s passphrase."));
    }
    let body = Body::of(2).text("of", person.to_string()).number("wrong-passphrases", ATTEMPTS.into());
    store.note(Draft::new(Kind::Answered, body.text("answer", "agree.nobody-here"))).await?;
    Err(Failure::refused(format!("that was not {person}'s passphrase"), "nothing was changed".to_owned()))
}

fn said(json: &Value, person: &PersonName) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (state, why) = (text(&json["state"]), text(&json["why"]));
    let mut lines = vec![match state.as_str() {
        "open" => format!("{person} has agreed; others must agree too"),
        "agreed" => format!("{person} has agreed"),
        _ if why.is_empty() => format!("the question is {state}"),
        _ => format!("the question is {state}: {why}"),
    }];
    lines.extend(went_lines(json));
    lines.join("\n")
}
