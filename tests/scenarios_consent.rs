//! Scenarios of consent, each under its number: what a yes is worth, to whom, for how long, and what comes of it once.

mod clock;
mod killed;
mod limits;
mod matrix;
mod once;
mod readers;
mod replay;
mod restored;

use std::sync::OnceLock;

use serde_json::{Value, json};
use tollgate::approval::{Answered, Reply};
use tollgate::gate::Questions as _;
use tollgate::journal::{Body, Chapter, Draft, Kind};
use tollgate::name::PersonName;
use tollgate::setup::Workspace;

use crate::world::{PASSPHRASE, Ran, World};

/// Whom eng-help reaches beside ben, gus and fay: ida, three groups down. Cam is in pay, as gus is; hal is nowhere yet.
const PEOPLE: &str = r#"tollgate = 1
[people.cam]
name = "Cam"
[people.eli]
name = "Eli"
[people.hal]
name = "Hal"
[people.ida]
name = "Ida"
[groups.everyone]
members = ["ben", "gus", "fay", "cam", "group:org"]
[groups.org]
members = ["group:team"]
[groups.team]
members = ["group:crew"]
[groups.crew]
members = ["ida"]
[groups.pay]
members = ["gus", "cam"]
[[threads]]
forum = "eng-help"
author = "ben"
title = "Another"
body = "And this?"
"#;

/// A world in which a post on eng-help needs a yes of somebody in pay. Gus has a passphrase, and so may two agents ask.
fn world() -> World {
    static TEMPLATE: OnceLock<World> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let world = World::new();
        apply(&world, PEOPLE);
        let prompts = [("New passphrase for gus", PASSPHRASE), ("The same again", PASSPHRASE)];
        let (set, _) = world.answered(&["-o", "json", "passphrase", "gus"], &prompts);
        assert_eq!(set["person"], "gus", "{set}");
        world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = \"group:pay\"");
        world.edit("agents = [\"cli\"]", "agents = [\"cli\", \"agent-7\"]");
        world
    });
    World::copy_of(template)
}

/// Brings a world file in.
fn apply(world: &World, text: &str) {
    let text = if text.starts_with("tollgate = 1") { text.to_owned() } else { format!("tollgate = 1\n{text}") };
    world.write("change.toml", &text);
    world.done(&["world", "apply", "change.toml"]);
}

fn arguments(body: &str) -> String {
    json!({ "forum": "eng-help", "thread": "1", "body": body }).to_string()
}

/// Posts without a terminal.
fn post(world: &World, body: &str, rest: &[&str]) -> Ran {
    world.tollgate(&[&["-o", "json", "call", "probe.forum-post", &arguments(body)], rest].concat())
}

/// Insists that a call waits: its invocation and its question.
fn waits(ran: &Ran) -> (String, u64) {
    let report = ran.json();
    assert_eq!(ran.code, 6, "{}", report["refusals"]);
    assert_eq!(report["outcome"], "waiting", "{report}");
    (report["invocation"].as_str().expect("an id").to_owned(), report["question"].as_u64().expect("a question"))
}

/// Somebody's yes or no, put on record without going on with what waits: there is time before it is used.
fn answers(world: &World, question: u64, person: &str, yes: bool) -> Answered {
    let workspace = Workspace::open(&world.path("")).expect("a workspace");
    let answering = async {
        let store = workspace.store().expect("a store");
        let person = PersonName::parse(person).expect("a name");
        let asked = store.question(question).await.expect("a look").expect("a question");
        let now = workspace.current(&asked.card.expect("a card").act.tool).expect("a sound manifest");
        let body = Body::of(2).number("question", question).text("of", person.to_string());
        let reply = Reply { question, person, yes, now };
        let answered = store.answer(reply, Chapter::alone(Draft::new(Kind::Answered, body))).await.expect("on record");
        store.close().await.expect("an end");
        answered
    };
    workspace.runtime().expect("an event loop").block_on(answering)
}

/// What became of an invocation; it goes on if it can.
fn result(world: &World, invocation: &str) -> (i32, Value) {
    let ran = world.tollgate(&["-o", "json", "result", invocation]);
    (ran.code, ran.json())
}

/// Gus answers at a terminal, with his passphrase.
fn gus(world: &World, word: &str, question: u64) -> Value {
    let typed = ["-o", "json", "approvals", word, &question.to_string(), "--as", "gus"];
    world.answered(&typed, &[("gus's passphrase", PASSPHRASE)]).0
}

fn card(world: &World, question: u64) -> Value {
    let mut card = world.done(&["approvals", "show", &question.to_string()])["card"].clone();
    card["sha256"] = card["payload"]["sha256"].clone();
    card["payload"] = card["payload"]["text"].clone();
    card
}

fn state(world: &World, question: u64) -> String {
    let query = "SELECT state FROM approvals WHERE id = ?1";
    world.store().query_row(query, [question.cast_signed()], |row| row.get(0)).expect("a question")
}

/// Posts that tools have made.
fn posts(world: &World) -> i64 {
    world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL")
}
