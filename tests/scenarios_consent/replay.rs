//! Taken up again, a tool hears what it heard before, and nothing of it happens twice.

use serde_json::{Value, json};
use tollgate::journal::chain::commitment;

use super::{answers, card, posts, result, waits, world};
use crate::world::{Ran, World, codes, guests, meter};

const GRANTS: &str = r#"
[grant]
"files.read" = { paths = ["runbooks/**"], calls = 10, bytes = "64 KiB" }
"forum.read" = { forums = ["eng-help"], calls = 10, bytes = "64 KiB" }
"forum.post" = { forums = ["eng-help"], calls = 5, bytes = "8 KiB", consent = "CONSENT" }
"#;

/// A world with the script, whose posts need this consent.
fn script(consent: &str) -> World {
    let world = world();
    std::fs::copy(guests().fixtures.join("script.wasm"), world.path("tools/script.wasm")).expect("the guest");
    let head = "tollgate = 1\n[tool]\ncomponent = \"script.wasm\"\ncallers = [\"group:everyone\"]\nagents = [\"cli\"]\n";
    world.write("tools/script.toml", &format!("{head}{}", GRANTS.replace("CONSENT", consent)));
    world.done(&["pin", "script"]);
    world
}

/// Looks at everything there is to look at, and posts the time and a random number of its own, so many times.
fn recall(world: &World, posts: u32) -> Ran {
    let arguments = json!({ "thread": "1", "posts": posts }).to_string();
    world.tollgate(&["-o", "json", "call", "script.recall", &arguments])
}

fn lines(report: &Value) -> Vec<String> {
    let lines = report["value"].as_array().unwrap_or_else(|| panic!("no value: {report}"));
    lines.iter().map(|line| line.as_str().expect("a line").to_owned()).collect()
}

/// The lines that say the same in every run.
fn steady(lines: &[String]) -> Vec<String> {
    let varies = |line: &&String| !["posted", "clock", "later"].iter().any(|word| line.starts_with(word));
    lines.iter().filter(varies).cloned().collect()
}

fn body_of(world: &World, invocation: &str) -> String {
    let query = "SELECT body FROM posts WHERE invocation = ?1 ORDER BY id LIMIT 1";
    world.store().query_row(query, [invocation], |row| row.get(0)).expect("a post")
}

#[test]
fn what_it_heard_before_it_was_set_down_is_what_it_hears_when_taken_up() {
    let (at_once, world) = (script("none"), script("group:pay"));
    let ran = recall(&at_once, 1);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (invocation, question) = waits(&recall(&world, 1));
    let asked = card(&world, question)["payload"].as_str().expect("a text").to_owned();
    let read = card(&world, question)["read"].clone();
    assert!(read.to_string().contains("runbooks/deploy.md"), "{read}");
    // None of this is looked at again.
    world.write("files/runbooks/deploy.md", "other\n");
    world.write("files/runbooks/new.md", "new\n");
    answers(&world, question, "gus", true);
    let (code, report) = result(&world, &invocation);
    assert_eq!(code, 0, "{report}");
    let heard = lines(&report);
    assert_eq!(steady(&heard), steady(&lines(&ran.json())), "the files, the forum, the meters as they were");
    assert_eq!(body_of(&world, &invocation), asked, "the same time and the same random number");
    assert!(heard.contains(&asked), "and the tool says so: {heard:?}");
    let number = |prefix: &str| -> u64 {
        let line = heard.iter().find_map(|line| line.strip_prefix(prefix)).expect("a line");
        line.parse().expect("milliseconds")
    };
    assert!(number("later ") >= number("clock "), "its clock goes on and not back: {heard:?}");
    assert_eq!(posts(&world), 1);
    let paid = ["files.read", "forum.read", "forum.post"];
    for name in paid {
        let name = format!("{name} calls");
        assert_eq!(meter(&report, &name), meter(&ran.json(), &name), "replay is charged nothing");
    }
    let kinds = world.kinds(&report);
    assert_eq!(kinds.iter().filter(|kind| *kind == "observed").count(), 5, "each is on record once: {kinds:?}");
}

#[test]
fn five_posts_each_set_down_and_taken_up_are_charged_once_each() {
    let at_once = recall(&script("none"), 7).json();
    let world = script("group:pay");
    let (invocation, mut question) = waits(&recall(&world, 7));
    for done in 1..=5 {
        answers(&world, question, "gus", true);
        let (code, report) = result(&world, &invocation);
        assert_eq!(posts(&world), done, "{report}");
        if done == 5 {
            assert_eq!(code, 0, "{report}");
            assert_eq!(
                codes(&report),
                ["cover.not-granted", "fund.meter-spent", "fund.meter-spent"],
                "the sixth and the seventh"
            );
            let said = lines(&report);
            assert_eq!(said.iter().filter(|line| line.starts_with("posted Ok")).count(), 5, "{said:?}");
            let bytes = world.count("SELECT sum(length(CAST(body AS BLOB))) FROM posts WHERE invocation IS NOT NULL");
            assert_eq!(meter(&report, "forum.post calls"), meter(&at_once, "forum.post calls"), "{report}");
            assert_eq!(meter(&report, "forum.post bytes").0, bytes.cast_unsigned(), "{report}");
            assert_eq!(meter(&report, "files.read calls").0, 2, "{report}");
        } else {
            assert_eq!(code, 6, "{report}");
            let next = report["question"].as_u64().expect("a question");
            assert_ne!(next, question, "each post has its own");
            question = next;
        }
    }
    let kinds = world.kinds(&json!({ "invocation": invocation }));
    let count = |kind: &str| kinds.iter().filter(|it| *it == kind).count();
    assert_eq!(
        ["asked", "set-down", "taken-up", "intent", "outcome", "observed"].map(count),
        [5, 5, 5, 5, 5, 5],
        "{kinds:?}"
    );
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

/// Writes another payload into the journal; a careful forger changes what its entry says of it too.
fn forge(world: &World, (kind, part): (&str, &str), change: impl Fn(&[u8]) -> Vec<u8>, careful: bool) {
    let store = world.store();
    let query = "SELECT journal.number, salt, bytes FROM payloads JOIN journal USING (number) \
                 WHERE entry ->> '$.kind' = ?1 AND part = ?2 ORDER BY number DESC LIMIT 1";
    let row =
        store.query_row(query, [kind, part], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?)));
    let (number, salt, bytes) = row.expect("a payload");
    let forged = change(&bytes);
    assert_ne!(forged, bytes, "{kind} {part}");
    let update = "UPDATE payloads SET bytes = ?3 WHERE number = ?1 AND part = ?2";
    store.execute(update, rusqlite::params![number, part, forged]).expect("a change");
    if careful {
        let [from, to] = [&bytes, &forged].map(|bytes| commitment(&salt, bytes).hex());
        let update = "UPDATE journal SET entry = replace(entry, ?2, ?3) WHERE number = ?1";
        store.execute(update, rusqlite::params![number, from, to]).expect("a change");
    }
}

#[test]
fn a_journal_that_was_tampered_with_is_a_replay_that_diverges_and_does_nothing() {
    let world = script("group:pay");
    let (invocation, question) = waits(&recall(&world, 1));
    answers(&world, question, "gus", true);
    let text = |from: &'static str, to: &'static str| {
        move |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(from, to).into_bytes()
    };
    let diverges = |what: (&str, &str), change: &dyn Fn(&[u8]) -> Vec<u8>, careful: bool| {
        let copy = World::copy_of(&world);
        forge(&copy, what, change, careful);
        let (code, report) = result(&copy, &invocation);
        assert_eq!((code, &report["fault"]["kind"]), (4, &json!("diverged")), "{what:?} {careful}: {report}");
        assert_eq!(posts(&copy), 0, "{what:?} {careful}");
        assert_eq!(copy.tollgate(&["journal", "verify"]).code, 7, "and the journal does not verify");
    };
    // What it heard, what it asked for, what it was called with, its randomness: none is what the entry says it is.
    diverges(("observed", "answered"), &|bytes| [bytes, b" "].concat(), false);
    diverges(("observed", "asked"), &|bytes| [bytes, b" "].concat(), false);
    diverges(("began", "arguments"), &text("\"posts\":1", "\"posts\":2"), false);
    diverges(("began", "seed"), &|bytes| vec![7; bytes.len()], false);
    // Where the entry was made to fit, the tool does not ask for what it had asked for.
    diverges(("observed", "asked"), &|bytes| [bytes, b" "].concat(), true);
    diverges(("began", "seed"), &|bytes| vec![7; bytes.len()], true);
    assert_eq!(result(&world, &invocation).0, 0, "as it was, it goes on");
}

#[test]
fn what_was_erased_meanwhile_ends_as_erased() {
    for answered in [true, false] {
        let world = script("group:pay");
        let (invocation, question) = waits(&recall(&world, 1));
        if answered {
            answers(&world, question, "gus", true);
        }
        world.done(&["journal", "erase", "--invocation", &invocation]);
        let ran = world.tollgate(&["approvals", "show", &question.to_string()]);
        assert!(ran.code == 2 && ran.stderr.contains("was erased"), "{ran:?}");
        let (code, report) = result(&world, &invocation);
        assert_eq!((code, &report["outcome"]), (5, &json!("erased")), "answered: {answered}: {report}");
        assert_eq!(posts(&world), 0);
        assert_eq!(world.kinds(&report).last().map(String::as_str), Some("ended"));
        assert_eq!(world.done(&["approvals", "list"])["questions"], json!([]), "its question has gone with it");
        assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
    }
}
