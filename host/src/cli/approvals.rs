//! `tollgate approvals`: questions to people, and their answers, given with a passphrase typed at the terminal.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{Answer, Approvals, ApprovalsCommand};
use super::exit::{Exit, Failure};
use super::output::{Output, note, table};
use super::result::{Here, went_lines};
use super::terminal::passphrase;
use crate::approval::{ATTEMPTS, Answered, Credentials as _, Meanwhile, Question, Reply, State, matches, show_name};
use crate::gate::Questions as _;
use crate::journal::{Body, Chapter, Draft, Kind};
use crate::name::PersonName;
use crate::setup::Workspace;
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
            question.rules.may_answer(&directory, store.now()).contains(person)
                || owed && question.reviewers(&directory, store.now()).contains(person)
        })
    };
    let questions: Vec<Question> = store.questions(all, limit)?.into_iter().filter(may).collect();
    let rows: Vec<Value> = questions.iter().map(row).collect();
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

/// A question without its text: that is only for readers of what it is about.
fn row(question: &Question) -> Value {
    let act = question.card.as_ref().map(|card| &card.act);
    json!({
        "question": question.id, "state": question.state.as_str(), "why": question.why,
        "function": act.map(|act| act.function.clone()), "tool": act.map(|act| act.tool.to_string()),
        "agent": act.map(|act| act.agent.to_string()), "initiator": question.rules.initiator.as_str(),
        "about": question.rules.about.as_ref().map(|about| show_name(&about.to_string())),
        "consent": question.rules.consent.to_string(),
        "agreed": question.agreed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expires": question.expires.to_string(), "invocation": question.asker.to_string(),
        "glass": question.review.as_ref().map(|review| if review.closed.is_some() { "reviewed" } else { "unreviewed" }),
    })
}

fn show(workspace: &Workspace, id: u64, person: Option<&str>, output: Output) -> Result<Exit, Failure> {
    let (person, _) = workspace.who(person, "cli")?;
    let (text, json) = workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        let question = find(&store, id).await?;
        let readers = question.rules.readers(&*store.directory()?, store.now());
        let shown = match (&question.card, readers.contains(&person)) {
            (_, false) => Err(not_yours(&person, &question)),
            (None, true) => Err(Failure::usage(format!("the card of question {id} was erased"), "it can be asked again")),
            (Some(card), true) => {
                let meanwhile = meanwhile(&question, &store)?;
                let mut json = row(&question);
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

pub fn meanwhile(question: &Question, store: &Store) -> Result<Meanwhile, Failure> {
    let mut answers: Vec<String> = question.agreed.iter().map(|person| format!("{person} said yes")).collect();
    if let Some(review) = &question.review {
        answers.push(format!("{} broke the glass at {}: {}", review.person, review.at, review.reason));
        let found = review.closed.as_ref().map(|closed| format!("{} reviewed it: {}", closed.person, closed.finding));
        answers.push(found.unwrap_or_else(|| "nobody has reviewed it".to_owned()));
    }
    if question.state != State::Open {
        let why = question.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        answers.push(format!("the question is {}{why}", question.state.as_str()));
    }
    Ok(Meanwhile { answers, frozen: store.frozen(question)? })
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
    if !question.state.is_live() {
        let why = question.why.map(|why| format!(": {why}")).unwrap_or_default();
        let why = format!("question {id} is {}{why}", question.state.as_str());
        return Err(Failure::refused(why, "nothing was changed; what asks again is asked anew"));
    }
    let may = question.rules.may_answer(&*store.directory()?, store.now());
    if !may.contains(person) {
        let why = format!("{person} is not among those who may answer question {id} ({} must)", question.rules.consent);
        return Err(Failure::refused(why, "say with --as whose answer it is"));
    }
    let Some(card) = &question.card else {
        return Err(Failure::usage(format!("the card of question {id} was erased"), "it can be asked again"));
    };
    note(&card.text(&meanwhile(&question, store)?));
    let wrong = credential(store, person).await?;
    let reply = Reply { question: id, person: person.clone(), yes, now: here.workspace.current(&card.act.tool) };
    let body = Body::of(6).text("answer", if yes { "yes" } else { "no" }).text("function", card.act.function.clone());
    let body = body.text("of", person.to_string()).number("question", id).number("wrong-passphrases", wrong.into());
    let body = body.text("invocation", question.asker.to_string());
    let answered = store.answer(reply, Chapter::alone(Draft::new(Kind::Answered, body))).await?;
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

/// The person's passphrase, typed at the terminal; how many wrong ones came before it.
pub async fn credential(store: &Store, person: &PersonName) -> Result<u32, Failure> {
    let Some(kept) = store.passphrase_of(person).await? else {
        let why = format!("{person} has no passphrase and cannot answer");
        return Err(Failure::refused(why, format!("`tollgate passphrase {person}` sets one")));
    };
    for wrong in 0..ATTEMPTS {
        let Some(typed) = passphrase(person) else {
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
