//! Breaking the glass: one person's passphrase and reason instead of consent, for one act and an hour, and marked until
//! somebody else has looked at it.

use std::sync::Arc;

use serde_json::{Value, json};
use tollgate::approval::{Answered, Breaking, GLASS, State, Statement};
use tollgate::name::{PersonName, ToolName};
use tollgate::setup::Workspace;
use tollgate::store::Store;

use crate::world::{PASSPHRASE, Ran, World, codes};

/// What gus says yes with, and fay.
const OTHERS: &str = "battery staple";

/// The entry of scratch through which gus may open it.
const GUS: &str = "{ principal = \"gus\", right = \"administer\" }";

const REASON: &str = "the pager woke me and ben does not answer";

const GLASS_ENTRIES: &str =
    "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'glass' AND entry ->> '$.body.state' = 'agreed'";

/// Ben owns scratch and must agree; gus administers it and can be the one who asks. All three have passphrases.
fn world() -> World {
    let world = World::new();
    let line = "rights = [\"read\"], calls = 5, lease = \"30 min\", consent = ";
    world.edit(&format!("{line}\"none\""), "rights = [\"read\"], calls = 5, lease = \"4 h\", consent = \"owner\"");
    apply(&world, "fay", GUS);
    for person in ["gus", "fay"] {
        let prompts = [(format!("New passphrase for {person}"), OTHERS), ("The same again".to_owned(), OTHERS)];
        let prompts = [(&*prompts[0].0, OTHERS), (&*prompts[1].0, OTHERS)];
        world.answered(&["-o", "json", "passphrase", person], &prompts);
    }
    world
}

/// Brings in who is in web, and the entries of scratch.
fn apply(world: &World, web: &str, entries: &str) {
    let people = format!(
        "tollgate = 1\n[people.ann]\nname = \"Ann\"\n[groups.web]\nmembers = [\"{web}\"]\n\
         [objects.scratch]\nowner = \"ben\"\nfolders = [\"scratch\"]\nentries = [{entries}]\ncleared = [\"group:web\", \"group:everyone\", \"ann\"]\n"
    );
    world.write("more.toml", &people);
    world.done(&["world", "apply", "more.toml"]);
}

/// Gus has the probe open scratch to web for so many seconds, which needs ben: the invocation and the question.
fn asks(world: &World, seconds: u64) -> (String, String) {
    let arguments =
        json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": seconds.to_string() });
    let ran = world.tollgate(&["-o", "json", "call", "probe.acl-widen", &arguments.to_string(), "--as", "gus"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    let report = ran.json();
    (report["invocation"].as_str().expect("an id").to_owned(), report["question"].to_string())
}

/// Breaks the glass at a terminal.
fn breaks(world: &World, question: &str, person: &str) -> Value {
    let passphrase = if person == "ben" { PASSPHRASE } else { OTHERS };
    let typed = ["-o", "json", "break-glass", question, "--reason", REASON, "--as", person];
    world.answered(&typed, &[(&format!("{person}'s passphrase"), passphrase)]).0
}

fn reviews(world: &World, question: &str, person: &str) -> Value {
    let passphrase = if person == "ben" { PASSPHRASE } else { OTHERS };
    let typed = ["-o", "json", "review", question, "--finding", "gus was right to do it", "--as", person];
    world.answered(&typed, &[(&format!("{person}'s passphrase"), passphrase)]).0
}

/// Tries without anybody at a terminal, and insists that it is refused because of `why`, with nothing done.
fn stays(world: &World, arguments: &[&str], why: &str) {
    let (before, glasses) = (world.outside(), world.count(GLASS_ENTRIES));
    let ran = world.tollgate(arguments);
    assert!(ran.code == 3 && ran.stderr.contains(why), "{arguments:?} {why}: {ran:?}");
    assert_eq!((world.outside(), world.count(GLASS_ENTRIES)), (before, glasses));
}

fn unreviewed(world: &World) -> Vec<Value> {
    world.done(&["report"])["unreviewed"].as_array().expect("a list").clone()
}

/// The store of a world, and the workspace around it.
fn open(world: &World) -> (Workspace, Arc<Store>) {
    let workspace = Workspace::open(&world.path("")).expect("a workspace");
    let store = workspace.store().expect("a store");
    (workspace, store)
}

/// Breaks the glass without going on with what waits, as a process does that is killed in between.
async fn breaks_and_dies(world: &World, question: &str, person: &str) {
    let (workspace, store) = open(world);
    let breaking = Breaking {
        question: question.parse().expect("a number"),
        person: PersonName::parse(person).expect("a name"),
        reason: Statement::parse(REASON).expect("a reason"),
        now: workspace.current(&ToolName::parse("probe").expect("a name")).expect("a sound manifest"),
    };
    assert_eq!(store.break_glass(breaking).await.expect("a record"), Answered::Counted(State::Agreed));
    store.close().await.expect("an end");
}

fn leases(world: &World) -> i64 {
    world.count("SELECT count(*) FROM leases")
}

#[test]
fn s10_an_agent_alone_breaks_no_glass() {
    let world = world();
    let (invocation, question) = asks(&world, 7200);
    let typed = ["break-glass", &question, "--reason", REASON, "--as"];
    let by = |person: &'static str| [&typed[..], &[person]].concat();
    stays(&world, &by("gus"), "there is none");
    stays(&world, &by("fay"), "fay cannot read what question");
    stays(&world, &by("nobody"), "nobody here is called");
    let guess = [("gus's passphrase", "guess"), ("gus's passphrase", PASSPHRASE), ("gus's passphrase", "and again")];
    let mut terminal = world.at_terminal(&by("gus"));
    for (prompt, answer) in guess {
        terminal.expect(prompt).expect("the prompt");
        terminal.type_line(answer).expect("typing");
    }
    assert_eq!(terminal.end().expect("an end").status.code(), Some(3));
    for reason in
        ["because", " \u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}", &"x".repeat(501)]
    {
        assert_eq!(world.tollgate(&["break-glass", &question, "--reason", reason, "--as", "gus"]).code, 2, "{reason:?}");
    }
    assert_eq!((leases(&world), world.count("SELECT count(*) FROM reviews"), world.count(GLASS_ENTRIES)), (0, 0, 0));
    assert_eq!(world.tollgate(&["result", &invocation]).code, 6, "it waits as before");
    let broken = breaks(&world, &question, "gus");
    assert_eq!(broken["invocations"][0]["outcome"], "returned", "a person does: {broken}");
}

#[test]
fn s10_what_was_opened_through_the_glass_ends_in_an_hour_and_is_marked_until_somebody_else_reviews_it() {
    let world = world();
    assert_eq!(world.tollgate(&["report"]).stdout, "nothing is overdue\n");
    let (invocation, question) = asks(&world, 7200);
    let typed = ["break-glass", &question, "--reason", "ben is ill\u{202e} tonight", "--as", "gus"];
    let (broken, screen) = {
        let mut terminal = world.at_terminal(&typed);
        terminal.expect("gus's passphrase").expect("the prompt");
        terminal.type_line(OTHERS).expect("typing");
        let ended = terminal.end().expect("an end");
        (ended.stdout, ended.screen)
    };
    assert!(broken.contains("returned") && broken.contains("for ben, who owns it"), "{broken}");
    for words in ["fay", "without the yes of owner", "closes after 1 h at the latest"] {
        assert!(screen.contains(words), "it says who gains and what it does, `{words}`: {screen}");
    }
    let lasts = world.count("SELECT ends - began FROM leases");
    assert!((3_590_000..=3_600_000).contains(&lasts), "an hour, not the two that were asked for: {lasts}");
    let intent = world.entries(&json!({ "invocation": invocation }));
    let intent = intent.iter().find(|entry| entry["kind"] == "intent").expect("an intent");
    assert_eq!((&intent["body"]["glass"], &intent["body"]["consent"]), (&json!("broken"), &json!("owner")));
    let receipt = world.done(&["receipt", &invocation]);
    let did = |receipt: &Value, kind: &str| receipt["did"].as_array().expect("deeds").iter().any(|it| it["kind"] == kind);
    assert!(did(&receipt, "glass") && !did(&receipt, "reviewed"), "{receipt}");
    let marked = unreviewed(&world);
    assert_eq!(marked.len(), 1);
    let expected = json!({ "question": 1, "broken-by": "gus", "initiator": "gus", "owner": "ben", "state": "used",
        "function": "acl.widen", "about": "object scratch", "reason": "ben is ill\\u{202e} tonight" });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&marked[0][key], value, "{key}: {marked:?}");
    }
    for (whose, is_there) in [("ben", true), ("gus", false), ("fay", false)] {
        let listed = world.tollgate(&["approvals", "list", "--as", whose]).stdout;
        assert_eq!(listed.contains("used, GLASS BROKEN, unreviewed"), is_there, "{whose}: {listed}");
    }
    let review = |person: &'static str| ["review", "1", "--finding", "all was well, I looked", "--as", person];
    stays(&world, &review("gus"), "somebody else has to review it");
    stays(&world, &review("fay"), "or gained by it");
    stays(&world, &review("ben"), "there is none");
    assert_eq!(unreviewed(&world).len(), 1, "it stays marked");
    // Somebody else is quicker, between prompt and passphrase.
    let mut terminal = world.at_terminal(&review("ben"));
    terminal.expect("ben's passphrase").expect("the prompt");
    world.store().execute("UPDATE reviews SET closed_by = 'ann', closed = 1, finding = 'x'", []).expect("a review");
    terminal.type_line(PASSPHRASE).expect("typing");
    terminal.expect("ann closed the review").expect("why not");
    assert_eq!(terminal.end().expect("an end").status.code(), Some(3));
    world.store().execute("UPDATE reviews SET closed_by = NULL, closed = NULL, finding = NULL", []).expect("none");
    assert_eq!(reviews(&world, "1", "ben")["review"], "closed");
    assert_eq!(unreviewed(&world), Vec::<Value>::new());
    assert!(!world.tollgate(&["approvals", "list"]).stdout.contains("GLASS"));
    assert!(did(&world.done(&["receipt", &invocation]), "reviewed"));
    let again = world.tollgate(&review("ben"));
    assert!(again.code == 3 && again.stderr.contains("ben closed the review"), "{again:?}");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn s10_a_lease_through_the_glass_is_not_let_go_on_past_its_hour() {
    let world = world();
    let (_, question) = asks(&world, 600);
    breaks(&world, &question, "gus");
    assert_eq!(
        world.count("SELECT (ends - began + 500) / 1000 FROM leases"),
        600,
        "what was asked for is less than an hour"
    );
    stays(&world, &["lease", "extend", "1", "61 min"], "broke the glass for lease 1");
    reviews(&world, &question, "ben");
    stays(&world, &["lease", "extend", "1", "61 min"], "broke the glass for lease 1");
    let typed = ["-o", "json", "lease", "extend", "1", "50 min"];
    let (extended, screen) = world.answered(&typed, &[("[yes/no]", "yes"), ("passphrase", PASSPHRASE)]);
    assert_eq!(extended["lease"], 1, "{screen}");
    assert!(world.count("SELECT ends - began FROM leases") <= i64::try_from(GLASS.0).expect("an hour"));
}

#[test]
fn s10_nobody_renews_what_nobody_has_reviewed() {
    let world = world();
    let (_, first) = asks(&world, 600);
    breaks(&world, &first, "gus");
    let (_, second) = asks(&world, 601);
    let again = ["break-glass", &second, "--reason", REASON, "--as"];
    stays(&world, &[&again[..], &["gus"]].concat(), "gus broke the glass for this before (question 1)");
    assert_eq!(leases(&world), 1);
    reviews(&world, &first, "ben");
    assert_eq!(breaks(&world, &second, "gus")["invocations"][0]["outcome"], "returned");
    let (_, third) = asks(&world, 602);
    assert_eq!(breaks(&world, &third, "ben")["invocations"][0]["outcome"], "returned", "somebody else may");
    assert_eq!(unreviewed(&world).len(), 2);
}

#[test]
fn s10_what_was_declined_frozen_expired_or_used_is_not_broken() {
    let world = world();
    let typed = |question: &str| {
        [
            "break-glass".to_owned(),
            question.to_owned(),
            "--reason".to_owned(),
            REASON.to_owned(),
            "--as".to_owned(),
            "gus".to_owned(),
        ]
    };
    let stays = |question: &str, why: &str| {
        let typed = typed(question);
        stays(&world, &typed.iter().map(String::as_str).collect::<Vec<_>>(), why);
    };
    let (_, declined) = asks(&world, 600);
    world.answered(&["-o", "json", "approvals", "no", &declined, "--as", "ben"], &[("passphrase", PASSPHRASE)]);
    stays(&declined, &format!("question {declined} is declined: ben said no"));
    let (_, frozen) = asks(&world, 601);
    world.done(&["freeze", "tool", "probe", "--reason", "odd"]);
    stays(&frozen, "ben has frozen the tool `probe`");
    world.answered(&["-o", "json", "thaw", "1", "--reason", "fine"], &[("passphrase", PASSPHRASE)]);
    world.store().execute("UPDATE approvals SET expires = asked WHERE id = ?1", [&frozen]).expect("its time is over");
    let ended = breaks(&world, &frozen, "gus");
    assert!(ended["error"]["message"].as_str().expect("words").contains("is expired"), "{ended}");
    stays(&frozen, &format!("question {frozen} is expired"));
    let (_, used) = asks(&world, 602);
    breaks(&world, &used, "gus");
    stays(&used, &format!("question {used} is used"));
    // What changes between prompt and passphrase counts.
    reviews(&world, &used, "ben");
    let (_, frozen) = asks(&world, 603);
    let typed = typed(&frozen);
    let mut terminal = world.at_terminal(&typed.iter().map(String::as_str).collect::<Vec<_>>());
    terminal.expect("gus's passphrase").expect("the prompt");
    world.done(&["freeze", "tool", "probe", "--reason", "odd"]);
    terminal.type_line(OTHERS).expect("typing");
    terminal.expect("ben has frozen the tool").expect("why not");
    assert_eq!(terminal.end().expect("an end").status.code(), Some(3));
    assert_eq!((leases(&world), world.count(GLASS_ENTRIES)), (1, 1));
    assert_eq!(world.tollgate(&["break-glass", "99", "--reason", REASON]).code, 2);
}

#[test]
fn s10_a_changed_audience_voids_it() {
    let world = world();
    let (invocation, question) = asks(&world, 600);
    apply(&world, "fay\", \"ann", GUS);
    let broken = breaks(&world, &question, "gus");
    let message = broken["error"]["message"].as_str().expect("words");
    assert!(message.contains("is void: the audience has grown: ann"), "{broken}");
    assert_eq!((leases(&world), world.count("SELECT count(*) FROM reviews"), world.count(GLASS_ENTRIES)), (0, 0, 0));
    let result = world.tollgate(&["-o", "json", "result", &invocation]);
    assert_eq!((result.code, codes(&result.json())), (3, vec!["agree.changed".to_owned()]), "{result:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_the_glass_switches_off_nothing_but_consent() {
    let world = world();
    let result = |invocation: &str| -> Ran { world.tollgate(&["-o", "json", "result", invocation]) };
    // The audience has grown since.
    let (invocation, question) = asks(&world, 600);
    breaks_and_dies(&world, &question, "gus").await;
    stays(&world, &["break-glass", &question, "--reason", REASON, "--as", "ben"], "question 1 is agreed to");
    apply(&world, "fay\", \"ann", GUS);
    let refused = result(&invocation);
    assert_eq!((refused.code, codes(&refused.json())), (3, vec!["agree.changed".to_owned()]), "{refused:?}");
    reviews(&world, &question, "ben");
    // Whoever asked may not do it himself any more.
    let (invocation, question) = asks(&world, 601);
    breaks_and_dies(&world, &question, "gus").await;
    apply(&world, "fay", "{ principal = \"gus\", right = \"read\" }");
    let refused = result(&invocation);
    assert_eq!((refused.code, codes(&refused.json())), (3, vec!["cover.not-yours".to_owned()]), "{refused:?}");
    reviews(&world, &question, "ben");
    apply(&world, "fay", GUS);
    // Whoever broke the glass may not read it any more.
    let ann = "{ principal = \"ann\", right = \"read\" }";
    apply(&world, "fay", &format!("{GUS}, {ann}"));
    let (invocation, question) = asks(&world, 603);
    breaks_and_dies(&world, &question, "ann").await;
    apply(&world, "fay", GUS);
    let refused = result(&invocation);
    assert_eq!((refused.code, codes(&refused.json())), (3, vec!["agree.changed".to_owned()]), "{refused:?}");
    reviews(&world, &question, "ben");
    // A freeze takes it back like any yes, and it is asked again.
    let (invocation, question) = asks(&world, 602);
    breaks_and_dies(&world, &question, "gus").await;
    assert_eq!(world.done(&["freeze", "everything", "--reason", "odd"])["asked-again"], 1);
    world.answered(&["-o", "json", "thaw", "1", "--reason", "fine"], &[("passphrase", PASSPHRASE)]);
    assert_eq!(result(&invocation).code, 6, "it waits again");
    assert_eq!(unreviewed(&world), Vec::<Value>::new(), "nothing was done");
    assert_eq!(leases(&world), 0);
    assert_eq!(breaks(&world, &question, "gus")["invocations"][0]["outcome"], "returned");
    assert_eq!((leases(&world), unreviewed(&world).len()), (1, 1));
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn a_quota_is_spent_through_the_glass_too() {
    let world = world();
    let manifest = world.read("tools/probe.toml");
    world.write("tools/probe.toml", &format!("{manifest}[quota]\n\"acl.write\" = \"1 per day per initiator\"\n"));
    let ((_, first), (_, second)) = (asks(&world, 600), asks(&world, 601));
    breaks(&world, &first, "gus");
    reviews(&world, &first, "ben");
    let broken = breaks(&world, &second, "gus");
    assert_eq!(codes(&broken["invocations"][0]), ["fund.quota-spent"], "{broken}");
    assert_eq!(leases(&world), 1);
}

#[test]
fn the_report_shows_what_is_overdue_and_only_that() {
    let world = world();
    let (_, old) = asks(&world, 600);
    let (_, expired) = asks(&world, 601);
    let (_, long_ago) = asks(&world, 602);
    asks(&world, 603);
    let day = 24 * 60 * 60 * 1000_i64;
    let script = format!(
        "UPDATE approvals SET asked = asked - {day} - 60000 WHERE id = {old}; \
         UPDATE approvals SET expires = asked - 1 WHERE id = {expired}; \
         UPDATE approvals SET expires = asked - 8 * {day}, state = 'expired' WHERE id = {long_ago}; \
         INSERT INTO doubts (invocation, seq, function, at) SELECT asker, 3, 'forum.post', asked FROM approvals WHERE id = {old}; \
         INSERT INTO leases (id, object, principal, right_, began, ends, tool, initiator, invocation, seq, reverted, found) \
             SELECT column1, 'scratch', 'group:web', 'read', asked - 9 * {day}, asked - column2, 'probe', 'gus', asker, column1, \
             asked - column3, column4 FROM approvals, (VALUES (1, 300000, 100000, 'closed'), (2, 100000, 99000, 'closed'), \
             (3, 100000, 99000, 'conflict-object-deleted'), (4, 8 * {day}, 7 * {day} + 600000, 'conflict-object-deleted')) \
             WHERE approvals.id = {old};"
    );
    world.store().execute_batch(&script).expect("time has passed");
    world.done(&["freeze", "person", "fay", "--reason", "gone"]);
    let report = world.done(&["report"]);
    let ids = |part: &str, key: &str| -> Vec<String> {
        report[part].as_array().expect("a list").iter().map(|row| row[key].to_string()).collect()
    };
    assert_eq!(ids("waiting", "question"), [old]);
    assert_eq!(ids("unanswered", "question"), [expired]);
    assert_eq!(ids("leases", "lease"), ["1", "3"]);
    assert_eq!(ids("doubts", "seq"), ["3"]);
    assert_eq!(ids("frozen", "what"), ["\"the person `fay`\""]);
    assert_eq!(report["unreviewed"], json!([]));
    let text = world.tollgate(&["report"]).stdout;
    for words in
        ["Waiting for a person", "not answered in time", "In doubt", "in conflict", "Frozen", "conflict-object-deleted"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("reviewed by nobody") && !text.contains("nothing is overdue"), "{text}");
}
