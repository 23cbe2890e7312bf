//! What goes out is looked at: findings stand on the card before the text, and are refused where a grant says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::token;
use crate::world::{World, codes};

pub(super) const LEDGER: &str =
    "The refund for the Northwind account was booked twice in October, and nobody has corrected it since.";

/// ben reads runbooks and payments, and posts on eng-help, which is everybody's, and in the room of those who are paid.
pub(super) fn world(post: &str) -> World {
    let world = World::new();
    let people = "tollgate = 1\n[groups.pay]\nmembers = [\"gus\", \"ben\"]\n[objects.pay]\nowner = \"gus\"\nfolders = [\"pay\"]\n\
                  entries = [{ principal = \"group:pay\", right = \"read\" }]\n[[threads]]\nforum = \"pay-room\"\nauthor = \"gus\"\n\
                  title = \"The ledger\"\nbody = \"Here\"\n";
    world.write("people.toml", people);
    world.done(&["world", "apply", "people.toml"]);
    world.write("files/pay/ledger.csv", LEDGER);
    world.grant(&grants(post));
    world
}

pub(super) fn grants(post: &str) -> String {
    format!(
        "[grant]\n\"files.read\" = {{ paths = [\"runbooks/**\", \"pay/**\", \"scratch/**\"], calls = 100, bytes = \"16 MiB\" }}\n\
         \"files.write\" = {{ paths = [\"scratch/**\"], calls = 9, bytes = \"1 MiB\", {post} }}\n\
         \"forum.post\" = {{ forums = [\"eng-help\", \"pay-room\"], calls = 9, bytes = \"64 KiB\", {post} }}\n"
    )
}

pub(super) fn post(world: &World, forum: &str, body: &str) -> Value {
    let thread = world.count(&format!("SELECT min(id) FROM threads WHERE forum = '{forum}'")).to_string();
    world.call("probe.forum-post", &json!({ "forum": forum, "thread": thread, "body": body }))
}

fn read(world: &World, path: &str) {
    let read = world.call("probe.files-read", &json!({ "path": path, "offset": "0", "length": 4096 }));
    assert_eq!(read["outcome"], "returned", "{read}");
}

/// Posts that tools made.
fn posts(world: &World) -> i64 {
    world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL")
}

#[test]
fn a_secret_that_its_grant_refuses_stays_here_and_the_refusal_does_not_say_it() {
    let world = world("consent = \"none\", refuse = [\"secrets\"]");
    let before = world.outside();
    let encoded = STANDARD.encode(format!("the key is {}", token()));
    for body in [format!("take {}", token()), encoded] {
        let refused = post(&world, "eng-help", &body);
        assert_eq!(codes(&refused), ["clear.finding"], "{refused}");
        assert_eq!(world.outside(), before);
        let said = refused["refusals"][0]["message"].as_str().expect("a sentence");
        assert!(said.contains("secrets at bytes ") && !refused.to_string().contains("zQWBu"), "{refused}");
        let kinds = world.kinds(&refused);
        assert!(kinds.contains(&"refused".to_owned()) && !kinds.contains(&"intent".to_owned()), "{kinds:?}");
    }
    let contents = [b"\xff\xfe ", token().as_bytes()].concat();
    let wrote = json!({ "path": "scratch/a.bin", "contents": STANDARD.encode(contents) });
    assert_eq!(
        codes(&world.call("probe.files-write", &wrote)),
        ["clear.finding"],
        "bytes that are no text are looked at too"
    );
    assert_eq!(world.outside(), before);
    // What is not refused goes out, and so does all of it where nothing is refused.
    assert_eq!(post(&world, "eng-help", "ask ben@tollgate.dev")["outcome"], "returned");
    world.edit(", refuse = [\"secrets\"] }\n\"forum", " }\n\"forum");
    world.edit(", refuse = [\"secrets\"]", "");
    assert_eq!(post(&world, "eng-help", &format!("take {}", token()))["outcome"], "returned");
    assert_eq!(posts(&world), 2);
    world.done(&["journal", "verify"]);
}

#[test]
fn each_kind_of_finding_can_be_refused() {
    let world = world("consent = \"none\"");
    let config = world.read("tollgate.toml");
    world.write(
        "tollgate.toml",
        &format!("{config}\n[vet]\nwords = [\"Project Falcon\"]\npatterns = ['CASE-[0-9]{{5}}', 'CASE-1.{{4}}']\n"),
    );
    read(&world, "pay/ledger.csv");
    let deep = (0..4).fold("nothing at all".to_owned(), |text, _| STANDARD.encode(text));
    for (kind, body) in [
        ("personal", "ben@tollgate.dev".to_owned()),
        ("words", "about project  falcon".to_owned()),
        ("patterns", "see CASE-12345".to_owned()),
        ("markers", "# CONFIDENTIAL\n\nplans".to_owned()),
        ("passages", LEDGER.to_uppercase()),
        ("unseen", deep),
    ] {
        world.grant(&grants(&format!("consent = \"none\", refuse = [\"{kind}\"]")));
        let refused = post(&world, "pay-room", &body);
        assert_eq!(codes(&refused), ["clear.finding"], "{kind}: {refused}");
        let said = refused["refusals"][0]["message"].as_str().expect("a sentence");
        assert_eq!(said.matches(&format!("{kind} at bytes ")).count(), 1, "each place once: {said}");
        let other = post(&world, "pay-room", "nothing that anybody minds");
        assert_eq!(other["outcome"], "returned", "{kind}: {other}");
    }
    assert_eq!(posts(&world), 6);
}

#[test]
fn s17_the_card_says_what_was_found_before_the_text_and_where_it_was_read() {
    let world = world("consent = \"initiator\"");
    // Read in one call, told in the next; and once within one call.
    read(&world, "pay/ledger.csv");
    let body = format!("As I hear: {} Use {}.", LEDGER.replace(' ', "\n").to_uppercase(), token());
    let waits = post(&world, "pay-room", &body);
    assert_eq!(waits["outcome"], "waiting", "{waits}");
    let show = ["approvals", "show", &waits["question"].to_string(), "--as", "ben"].map(str::to_owned);
    let show: Vec<&str> = show.iter().map(String::as_str).collect();
    let card = world.done(&show)["card"].clone();
    let findings: Vec<&str> = card["findings"].as_array().expect("findings").iter().filter_map(Value::as_str).collect();
    assert_eq!(findings.len(), 2, "{card}");
    assert!(findings[0].starts_with("passages: a passage of what was read at bytes "), "{findings:?}");
    assert!(findings[0].ends_with("; it stands in pay/ledger.csv, for which 2 people are cleared"), "{findings:?}");
    let at = body.find(&token()).expect("it is there");
    assert_eq!(findings[1], format!("secrets: GitHub token at bytes {at}–{}", at + token().len()));
    let text = world.tollgate(&show).stdout;
    let (found, shown) = (text.find("  found     passages"), text.find("  │ As I hear"));
    assert!(found.is_some() && found < shown, "{text}");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'pay-room'").to_string();
    let within =
        world.call("probe.read-then-post", &json!({ "path": "pay/ledger.csv", "forum": "pay-room", "thread": thread }));
    let card = world.done(&["approvals", "show", &within["question"].to_string(), "--as", "ben"])["card"].clone();
    assert!(card["findings"].to_string().contains("it stands in pay/ledger.csv"), "{card}");
    assert_eq!(posts(&world), 0);
}

#[test]
fn what_is_more_than_a_card_or_a_sentence_names_is_counted() {
    let world = world("consent = \"initiator\"");
    let mails: String = (0..20).map(|at| format!("someone{at}@tollgate.dev\n")).collect();
    let waits = post(&world, "eng-help", &mails);
    let card = world.done(&["approvals", "show", &waits["question"].to_string(), "--as", "ben"])["card"].clone();
    let findings = card["findings"].as_array().expect("findings");
    assert_eq!((findings.len(), findings.last()), (17, Some(&json!("and 4 more"))), "{card}");
    world.grant(&grants("consent = \"none\", refuse = [\"personal\"]"));
    let refused = post(&world, "eng-help", &format!("again: {mails}"));
    let said = refused["refusals"][0]["message"].as_str().expect("a sentence");
    assert!(said.matches("personal at bytes ").count() == 8 && said.ends_with(" and 12 more"), "{said}");
}

#[test]
fn a_card_about_which_nothing_was_found_says_nothing_of_it() {
    let world = world("consent = \"initiator\"");
    let waits = post(&world, "eng-help", "roll back with ship rollback");
    let question = waits["question"].to_string();
    assert_eq!(world.done(&["approvals", "show", &question, "--as", "ben"])["card"]["findings"], json!([]));
    let text = world.tollgate(&["approvals", "show", &question, "--as", "ben"]).stdout;
    assert!(!text.contains("  found "), "{text}");
}

/// The same said in eight ways, of which detectors can see some.
fn eight() -> [String; 8] {
    let rot13 = |c: char| match c {
        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
        c => c,
    };
    [
        LEDGER.to_owned(),
        STANDARD.encode(LEDGER),
        LEDGER.bytes().map(|byte| format!("{byte:02x}")).collect(),
        LEDGER.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        LEDGER.chars().map(rot13).collect(),
        LEDGER.chars().rev().collect(),
        "A customer got the same money back two times this autumn.".to_owned(),
        LEDGER.split(' ').map(|word| format!("{}unning late. ", &word[..1])).collect(),
    ]
}

#[test]
fn s14_summaries_codes_and_single_bits_are_refused_by_the_label_whatever_detectors_see() {
    for refuse in
        ["consent = \"none\"", "consent = \"none\", refuse = [\"secrets\", \"passages\"]", "consent = \"initiator\""]
    {
        let world = world(refuse);
        read(&world, "pay/ledger.csv");
        for body in eight() {
            let refused = post(&world, "eng-help", &body);
            assert_eq!(codes(&refused), ["clear.too-wide"], "{refuse}: {refused}");
        }
        assert_eq!(codes(&post(&world, "eng-help", "!")), ["clear.too-wide"], "one bit");
        assert_eq!(post(&world, "pay-room", "!")["outcome"], if refuse.contains("none") { "returned" } else { "waiting" });
        let told = "SELECT count(*) FROM posts JOIN threads ON threads.id = thread WHERE forum = 'eng-help' AND invocation IS NOT NULL";
        assert_eq!(world.count(told), 0, "{refuse}");
    }
}

#[test]
fn s15_who_is_no_longer_cleared_is_not_told_what_comes_of_a_session_that_holds_it() {
    let world = world("consent = \"none\"");
    read(&world, "pay/ledger.csv");
    let whom = || world.call("probe.context-initiator", &json!({}));
    assert_eq!(whom()["outcome"], "returned");
    let pay = "tollgate = 1\n[objects.pay]\nowner = \"gus\"\nfolders = [\"pay\"]\nentries = []\ncleared = [\"gus\"]\n";
    world.write("people.toml", pay);
    world.done(&["world", "apply", "people.toml"]);
    let kept = whom();
    assert_eq!((kept["outcome"].clone(), codes(&kept)), (json!("refused"), vec!["clear.not-cleared".to_owned()]), "{kept}");
    assert!(kept["value"].is_null() && world.kinds(&kept).contains(&"refused".to_owned()), "{kept}");
    world.write("people.toml", &pay.replace("[\"gus\"]", "[\"gus\", \"ben\"]"));
    world.done(&["world", "apply", "people.toml"]);
    assert_eq!(whom()["outcome"], "returned");
    world.done(&["journal", "verify"]);
}

#[test]
fn what_is_found_is_in_no_log_and_no_clear_part_of_the_journal() {
    let world = world("consent = \"none\", refuse = [\"secrets\", \"passages\"]");
    read(&world, "pay/ledger.csv");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'pay-room'").to_string();
    let arguments = json!({ "forum": "pay-room", "thread": thread, "body": format!("{} {LEDGER}", token()) }).to_string();
    let ran = world.tollgate(&["--log", "trace", "-o", "json", "call", "probe.forum-post", &arguments]);
    assert_eq!(codes(&ran.json()), ["clear.finding"], "{ran:?}");
    let store = world.store();
    let mut clear = store.prepare("SELECT entry FROM journal").expect("a query");
    let clear: String = clear
        .query_map([], |row| row.get(0))
        .expect("rows")
        .map(|row| row.expect("a text"))
        .collect::<Vec<String>>()
        .concat();
    for (place, text) in [("stdout", ran.stdout), ("the log", ran.stderr), ("the journal", clear)] {
        assert!(place == "the log" || text.len() > 500, "{place} is there to be searched: {text}");
        assert!(!text.contains("zQWBu") && !text.contains("Northwind"), "{place}: {text}");
    }
}

#[test]
fn explain_says_what_is_refused() {
    let world = world("consent = \"none\", refuse = [\"passages\", \"secrets\"]");
    let explained = world.tollgate(&["-o", "json", "explain", "probe", "forum.post", "forum=eng-help"]).json();
    assert!(explained.to_string().contains("refused where this is found: secrets, passages"), "{explained}");
}
