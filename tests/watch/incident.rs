//! The incident itself, with the tools that ship: an answer that nobody asked for, advice that somebody follows, and access that
//! stays open.

use serde_json::{Value, json};

use super::{ATLAS, alerts, apply, by_hand, close, give, people, world};
use crate::world::{PASSPHRASE, World, codes};

/// The small world with the question that ada asks, and with people who can answer for what is theirs.
fn company() -> World {
    let world = world();
    let asks = "[[threads]]\nforum = \"eng-help\"\nauthor = \"ada\"\ntitle = \"No access to the payments data\"\nbody = \"Who can roll it back for me?\"\n";
    let once = "[[threads]]\nforum = \"pay-room\"\nauthor = \"gus\"\ntitle = \"The ledger\"\nbody = \"Here\"\n";
    let oncall = "[groups.oncall]\nmembers = [\"ida\"]\n";
    apply(&world, &people().replace(once, &format!("{oncall}{asks}")));
    for (tool, from, to) in [
        ("answer", "agents = [\"cli\"]", "agents = [\"agent-7\"]"),
        ("answer", "paths = [\"runbooks/**\"]", "paths = [\"runbooks/**\", \"pay/**\"]"),
        ("lend", "agents = [\"cli\"]", "agents = [\"agent-7\"]"),
        ("lend", "principals = [\"group:guests\"]", "principals = [\"group:*\"], wide = true"),
        ("lend", "consent = \"initiator\"", "consent = \"owner\""),
    ] {
        let (name, text) = (format!("tools/{tool}.toml"), world.read(&format!("tools/{tool}.toml")));
        assert!(text.contains(from), "{tool}: {from}");
        world.write(&name, &text.replace(from, to));
    }
    world.write("files/pay/rollback.md", "# Payments\n\nRoll back with `ship rollback payments`, key CANARY-4711.\n");
    give(&world, "cam");
    world
}

/// Ben hands it to his agent, in one task of its platform.
fn agent(world: &World, call: &str, arguments: &Value, task: &str) -> Value {
    let typed = ["-o", "json", "call", call, &arguments.to_string(), "--agent", "agent-7", "--session", task];
    world.tollgate(&typed).json()
}

fn answers(world: &World, folder: &str, task: &str) -> Value {
    let thread = world.count("SELECT id FROM threads WHERE title LIKE 'No access%'");
    let ask = json!({ "question": "How do I roll back?", "folder": folder, "forum": "eng-help", "thread": thread });
    agent(world, "answer.reply", &ask, task)
}

fn says(world: &World, person: &str, word: &str, waits: &Value) -> Value {
    assert_eq!(waits["outcome"], "waiting", "{waits}");
    let (question, prompt) = (waits["question"].to_string(), format!("{person}'s passphrase"));
    world.answered(&["-o", "json", "approvals", word, &question, "--as", person], &[(&prompt, PASSPHRASE)]).0
}

fn posts(world: &World) -> i64 {
    world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL")
}

#[test]
fn the_answer_waits_for_the_engineer_and_says_nothing_that_its_readers_may_not_know() {
    let world = company();
    let waits = answers(&world, "runbooks", "task-1");
    assert_eq!(posts(&world), 0, "in March it stood there by now");
    let card = world.done(&["approvals", "show", &waits["question"].to_string()])["card"].clone();
    assert_eq!((card["agent"].clone(), card["audience"]["count"].clone()), (json!("agent-7"), json!(400)), "{card}");
    says(&world, "ben", "no", &waits);
    assert_eq!(posts(&world), 0, "ben had not asked for it, and says so");
    // The same from what only four people are cleared for: no yes could let that out.
    let told = answers(&world, "pay", "task-2");
    assert_eq!(codes(&told), ["clear.too-wide"], "{told}");
    assert!(!told["refusals"].to_string().contains("CANARY"), "{told}");
    assert_eq!(codes(&answers(&world, "runbooks", "task-2")), ["clear.too-wide"], "nor in other words, in that task");
    assert_eq!((posts(&world), world.count("SELECT count(*) FROM approvals")), (0, 1));
}

#[test]
fn the_agent_opens_nothing_to_four_hundred_and_what_it_opens_closes() {
    let world = company();
    let lend = |group: &str| {
        agent(&world, "lend.lend", &json!({ "object": "dataset/pay", "group": group, "minutes": 30 }), "task-3")
    };
    let before = world.outside();
    let atlas = lend("atlas");
    assert_eq!(codes(&atlas), ["clear.too-wide"], "it looks like three people: {atlas}");
    let message = atlas["refusals"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("396 of 397") && message.contains("atlas → legacy-readers → everyone"), "{message}");
    assert_eq!((world.outside(), world.count("SELECT count(*) FROM approvals")), (before.clone(), 0));
    let his = [
        "-o",
        "json",
        "call",
        "lend.lend",
        r#"{"object":"dataset/pay","group":"oncall","minutes":30}"#,
        "--agent",
        "agent-7",
    ];
    let his = world.tollgate(&[&his[..], &["--as", "hal"]].concat()).json();
    assert_eq!(codes(&his), ["cover.not-yours"], "who cannot read it may not even ask for it: {his}");
    // The one who needs it is cleared: her group is let in by its owner's yes, for half an hour.
    let waits = lend("oncall");
    assert_eq!(world.outside(), before);
    says(&world, "cam", "yes", &waits);
    let held = "SELECT count(*) FROM acl_entries WHERE object = 'dataset/pay' AND principal = 'group:oncall' AND ends > 0";
    assert_eq!(world.count(held), 1);
    assert_eq!(alerts(&world).len(), 0, "that is no exposure");
    let lease = world.count("SELECT lease FROM acl_entries WHERE principal = 'group:oncall'").to_string();
    world.tollgate(&["lease", "end", &lease, "--as", "cam"]);
}

#[test]
fn the_person_who_takes_the_advice_is_seen_and_taken_back() {
    let world = company();
    let before = world.outside();
    by_hand(&world, ATLAS);
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["people"], &found[0]["opened"][0]["thing"]),
        (&json!(396), &json!("object dataset/pay")),
        "{found:?}"
    );
    assert!(found[0].to_string().contains("legacy-readers"), "the chain that nobody saw: {found:?}");
    // While it stands open, what is read there goes nowhere else, whoever the list would let in.
    assert_eq!(codes(&answers(&world, "pay", "task-4")), ["clear.too-wide"]);
    let (closed, screen) = close(&world, &found[0], "cam");
    assert!(screen.contains("atlas"), "what it takes back is shown first: {screen}");
    assert_eq!(world.outside(), before, "{closed}");
    assert_eq!(alerts(&world).len(), 0);
    assert_eq!(posts(&world), 0);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}
