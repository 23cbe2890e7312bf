//! S20: a person takes bad advice. Who can read what now, through which edge, since when; and one command that closes it.

use std::sync::Arc;
use std::time::{Duration as Span, Instant as Real};

use serde_json::{Value, json};
use tollgate::clock::Manual;
use tollgate::unit::Duration;

use super::{ATLAS, alerts, apply, by_hand, close, give, journaled, people, reads, seen, world};
use crate::lease::{newest, open};
use crate::world::{PASSPHRASE, codes};

fn nothing() -> Vec<Value> {
    Vec::new()
}

#[test]
fn s20_a_person_takes_the_advice() {
    let world = world();
    assert_eq!(alerts(&world), nothing(), "nothing is open too far");
    by_hand(&world, ATLAS);
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    let alert = &found[0];
    assert_eq!(alert["cause"], "entry dataset/pay group:atlas read");
    assert_eq!(alert["chain"], json!(["atlas", "legacy-readers", "everyone"]), "{alert}");
    assert_eq!(alert["opened"], json!([{ "thing": "object dataset/pay", "people": 396, "people-ever": 396 }]));
    assert_eq!((&alert["people"], &alert["written"]), (&json!(396), &json!(null)), "who wrote it is not known");
    assert_eq!(alert["readers"].as_array().map(Vec::len), Some(396));
    assert!(!alert["readers"].to_string().contains("\"ida\""), "ida is cleared");
    assert_eq!(alert["meanwhile"]["elsewhere"], "not known");
    let exposed = journaled(&world, "exposed");
    assert_eq!(exposed.len(), 1, "one entry for one cause, however often it is looked");
    assert_eq!((&exposed[0]["body"]["people"], &exposed[0]["body"]["things"]), (&json!(396), &json!(1)));
    assert!(!exposed[0]["body"].to_string().contains("hal"), "names are a payload");
    let said = world.tollgate(&["watch"]).stdout;
    for part in [
        "group:atlas may read dataset/pay",
        "through   atlas → legacy-readers → everyone",
        "opened    1 thing: object dataset/pay",
        "396 people: ada (ada)",
        "it is not known who did it",
        "what was opened without the host is not known",
        "tollgate watch close 1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let report = world.done(&["report"]);
    assert_eq!((&report["exposed"][0]["alert"], &report["exposed"][0]["people"]), (&json!(1), &json!(396)), "{report}");
    give(&world, "cam");
    let (closed, screen) = close(&world, alert, "cam");
    let row = &closed["closed"][0];
    assert_eq!((&row["closed-to"], &row["lost-by"], &row["open-to"]), (&json!(396), &json!(1), &json!(0)), "{screen}");
    assert!(screen.contains("loses too 1 person: ida (ida) who are cleared, of object dataset/pay"), "{screen}");
    assert_eq!(alerts(&world), nothing());
    let list = world.done(&["world", "show"])["objects"]["dataset/pay"]["entries"].clone();
    assert_eq!(list, json!(["group:pay may read"]), "the very edge, and nothing else");
    let closed = journaled(&world, "closed");
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!((&closed[0]["body"]["by"], &closed[0]["body"]["how"]), (&json!("cam"), &json!("by-person")));
    let all = world.done(&["watch", "--all"])["alerts"].clone();
    assert_eq!((&all[0]["state"], &all[0]["by"]), (&json!("closed"), &json!("cam")), "{all}");
    assert_eq!(world.count("SELECT count(*) FROM exposures WHERE until IS NULL"), 0);
    assert_eq!(world.done(&["report"])["exposed"], json!([]));
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

/// Twelve objects that a project of cam's may read, which only he is cleared for.
fn twelve() -> String {
    let object = |at| {
        format!(
            "[objects.\"dataset/plan-{at}\"]\nowner = \"cam\"\nfolders = []\n\
             entries = [{{ principal = \"group:plan\", right = \"read\" }}]\ncleared = [\"cam\"]\n"
        )
    };
    let objects: String = (0..12).map(object).collect();
    format!("tollgate = 1\n[groups.plan]\nmembers = [\"cam\"]\n{objects}")
}

#[test]
fn s20_one_edge_opens_twelve_objects_and_is_one_alert() {
    let world = world();
    apply(&world, &twelve());
    assert_eq!(alerts(&world), nothing());
    by_hand(&world, "INSERT INTO members VALUES ('plan', 'group:legacy-readers');");
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "one edge: {found:?}");
    let alert = &found[0];
    assert_eq!(alert["cause"], "member plan group:legacy-readers");
    assert_eq!(alert["chain"], json!(["plan", "legacy-readers", "everyone"]));
    assert_eq!((alert["opened"].as_array().map(Vec::len), &alert["people"]), (Some(12), &json!(399)));
    // As twelve entries, the second half of the incident is twelve causes, closed by one command.
    by_hand(&world, "DELETE FROM members WHERE group_name = 'plan' AND principal = 'group:legacy-readers';");
    assert_eq!(alerts(&world), nothing(), "whoever took it back did what was needed");
    let closed = journaled(&world, "closed");
    assert_eq!((closed.len(), &closed[0]["body"]["how"]), (1, &json!("by-others")));
    let entries: String = (0..12).map(|at| ATLAS.replace("dataset/pay", &format!("dataset/plan-{at}"))).collect();
    by_hand(&world, &entries);
    let numbers: Vec<String> = alerts(&world).iter().map(|alert| alert["alert"].to_string()).collect();
    assert_eq!(numbers.len(), 12);
    give(&world, "cam");
    let typed =
        [&["-o", "json", "watch", "close", "--reason", "taken back at once", "--as", "cam"], &*texts(&numbers)].concat();
    let (done, screen) = world.answered(&typed, &[("passphrase", PASSPHRASE)]);
    assert_eq!(done["closed"].as_array().map(Vec::len), Some(12), "{screen}");
    assert_eq!(alerts(&world), nothing());
    assert_eq!(journaled(&world, "closed").len(), 13);
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn s20_what_lies_below_a_folder_is_open_too_and_nobody_uncleared_reads_it_here() {
    let world = world();
    world.write("files/pay/2026/march/plan.csv", "CANARY\n");
    apply(
        &world,
        "tollgate = 1\n[objects.\"dataset/march\"]\nowner = \"gus\"\nfolders = [\"pay/2026/march/own\"]\nentries = []\ncleared = [\"gus\"]\n",
    );
    by_hand(&world, ATLAS);
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "what has a list of its own inherits nothing: {found:?}");
    let read = json!({ "path": "pay/2026/march/plan.csv", "offset": "0", "length": 64 }).to_string();
    let his = world.tollgate(&["-o", "json", "call", "probe.files-read", &read, "--as", "hal"]).json();
    assert_eq!(codes(&his), ["clear.not-cleared"], "{his}");
    assert_eq!(alerts(&world)[0]["meanwhile"]["refused"], 1, "it lies under what was opened");
}

#[test]
fn s20_contractors_join_pay_instead() {
    let world = world();
    by_hand(&world, "INSERT INTO members VALUES ('pay', 'group:contractors');");
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["cause"], &found[0]["people"]), (&json!("member pay group:contractors"), &json!(61)));
    assert_eq!(found[0]["opened"][0]["thing"], "object dataset/pay");
    give(&world, "cam");
    let (closed, screen) = close(&world, &found[0], "cam");
    assert!(screen.contains("loses too 61 people"), "they read pay-room, whose ceiling is the group itself: {screen}");
    assert!(screen.contains("narrows   who is cleared for forum pay-room"), "{screen}");
    assert_eq!(closed["closed"][0]["closed-to"], 61);
    assert_eq!(world.done(&["world", "show"])["groups"]["pay"], json!(["ben", "cam", "gus"]));
}

#[test]
fn a_world_file_that_opens_too_much_is_named_with_its_entry() {
    let world = world();
    let wide = people().replace(
        "entries = [{ principal = \"group:pay\", right = \"read\" }]\ncleared",
        "entries = [{ principal = \"group:pay\", right = \"read\" }, { principal = \"group:web\", right = \"read\" }]\ncleared",
    );
    world.write("change.toml", &wide);
    let ran = world.tollgate(&["world", "apply", "change.toml"]);
    assert!(ran.stderr.contains("people can read what they are not cleared for"), "it is said at once: {ran:?}");
    let found = alerts(&world);
    assert_eq!((found.len(), &found[0]["cause"]), (1, &json!("entry dataset/pay group:web read")), "{found:?}");
    let applied = journaled(&world, "applied");
    assert_eq!(found[0]["written"], applied.last().expect("an entry")["number"]);
    assert_eq!(found[0]["people"], 2, "ada and hal; ben is cleared");
    apply(&world, &people());
    assert_eq!(alerts(&world), nothing());
    apply(&world, &people().replace("cleared = [\"cam\", \"gus\", \"ben\", \"ida\"]", "cleared = [\"cam\", \"gus\"]"));
    let found = alerts(&world);
    assert_eq!(
        (found.len(), &found[0]["cause"]),
        (1, &json!("ceiling object dataset/pay")),
        "a ceiling came down: {found:?}"
    );
    assert_eq!(found[0]["readers"], json!(["ben"]));
    give(&world, "cam");
    let typed = ["watch", "close", "2", "--reason", "taken back at once", "--as", "cam"];
    let ran = world.tollgate(&typed);
    assert!(ran.code == 3 && ran.stderr.contains("agree.changed"), "there is no edge to take away: {ran:?}");
}

#[test]
fn closing_is_refused_to_strangers_and_in_doubt() {
    let world = world();
    by_hand(&world, ATLAS);
    let found = alerts(&world);
    give(&world, "hal");
    let message = |printed: &Value| printed["error"]["message"].as_str().unwrap_or_default().to_owned();
    let (printed, _) = close(&world, &found[0], "hal");
    assert!(message(&printed).starts_with("cover.not-yours"), "{printed}");
    give(&world, "cam");
    let typed = ["-o", "json", "watch", "close", "1", "--reason", "taken back at once", "--as", "cam"];
    // Between the preview and the yes somebody writes the very edge anew: perhaps he means it.
    let mut terminal = world.at_terminal(&typed);
    terminal.expect("passphrase").expect("the preview");
    by_hand(&world, &format!("BEGIN; DELETE FROM acl_entries WHERE principal = 'group:atlas'; {ATLAS} COMMIT;"));
    terminal.type_line(PASSPHRASE).expect("typing");
    let printed: Value = serde_json::from_str(&terminal.end().expect("an end").stdout).expect("JSON");
    assert!(message(&printed).starts_with("agree.changed"), "{printed}");
    assert_eq!(world.count("SELECT count(*) FROM acl_entries WHERE principal = 'group:atlas'"), 1);
    assert_eq!(world.tollgate(&["watch", "close", "9", "--reason", "taken back at once"]).code, 3, "there is no such alert");
    assert_eq!(world.tollgate(&["watch", "close", "1", "--reason", "short"]).code, 2, "a reason is a sentence");
    let now = alerts(&world);
    let (closed, screen) = close(&world, now.last().expect("an alert"), "cam");
    assert_eq!(closed["by"], "cam", "{screen}");
    let ran = world.tollgate(&typed);
    assert!(ran.code == 3 && message(&ran.json()).starts_with("agree.expired"), "it is closed: {ran:?}");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn who_administers_one_of_the_things_does_not_close_what_opened_two() {
    let world = world();
    let object = |name: &str, owner: &str| {
        format!(
            "[objects.\"dataset/{name}\"]\nowner = \"{owner}\"\nfolders = []\n\
             entries = [{{ principal = \"group:plan\", right = \"read\" }}]\ncleared = [\"cam\", \"gus\"]\n"
        )
    };
    let plan =
        format!("tollgate = 1\n[groups.plan]\nmembers = [\"cam\"]\n{}{}", object("plan", "cam"), object("draft", "gus"));
    apply(&world, &plan);
    by_hand(&world, "INSERT INTO members VALUES ('plan', 'group:contractors');");
    give(&world, "cam");
    let (printed, _) = close(&world, &alerts(&world)[0], "cam");
    assert!(printed["error"]["message"].as_str().is_some_and(|it| it.starts_with("cover.not-yours")), "{printed}");
    assert_eq!(alerts(&world).len(), 1);
    by_hand(&world, "UPDATE objects SET owner = 'cam' WHERE name = 'dataset/draft'");
    close(&world, &alerts(&world)[0], "cam");
    assert_eq!(alerts(&world), nothing());
}

#[test]
fn what_opened_a_forum_is_for_its_owner_to_close() {
    let world = world();
    ["cam", "hal"].into_iter().for_each(|person| give(&world, person));
    by_hand(&world, "INSERT INTO audiences VALUES ('web-room', 'group:contractors');");
    let found = alerts(&world);
    let (printed, _) = close(&world, &found[0], "cam");
    assert!(printed["error"]["message"].as_str().is_some_and(|it| it.starts_with("cover.not-yours")), "{printed}");
    let (closed, screen) = close(&world, &found[0], "hal");
    assert_eq!((&closed["by"], alerts(&world)), (&json!("hal"), nothing()), "{screen}");
}

#[test]
fn what_a_lease_wrote_is_left_to_its_end() {
    let world = world();
    let lease = json!({ "object": "scratch", "principal": "ada", "right": "read", "seconds": "600" });
    assert_eq!(world.call("probe.acl-widen", &lease)["outcome"], "returned");
    by_hand(
        &world,
        "INSERT INTO acl_entries (object, principal, right_) VALUES ('scratch', 'cam', 'read'); \
         UPDATE acl_entries SET principal = 'cam' WHERE principal = 'ada' AND lease IS NOT NULL;",
    );
    let found = alerts(&world);
    assert_eq!(found[0]["cause"], "entry scratch cam read", "{found:?}");
    let (closed, screen) = close(&world, &found[0], "ben");
    assert_eq!(closed["by"], "ben", "{screen}");
    let left =
        |lease: &str| world.count(&format!("SELECT count(*) FROM acl_entries WHERE principal = 'cam' AND lease {lease}"));
    assert_eq!((left("IS NULL"), left("IS NOT NULL")), (0, 1));
}

#[test]
fn each_right_is_an_edge_of_its_own() {
    let world = world();
    give(&world, "cam");
    let rights = "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/pay', 'hal', 'read'), ('dataset/pay', 'hal', 'administer');";
    by_hand(&world, rights);
    let found = alerts(&world);
    assert_eq!(found.len(), 2, "{found:?}");
    let (closed, screen) = close(&world, &found[0], "cam");
    let row = &closed["closed"][0];
    assert_eq!((&row["closed-to"], &row["open-to"]), (&json!(0), &json!(1)), "he reads it through the other: {screen}");
    assert_eq!(alerts(&world).len(), 1);
}

/// The feed keeps a thousand changes: whether the edge is among those that it has forgotten is not known.
#[test]
fn what_was_shown_before_the_feed_was_cut_is_not_closed() {
    let world = world();
    by_hand(&world, ATLAS);
    assert_eq!(alerts(&world).len(), 1);
    give(&world, "cam");
    let typed = ["-o", "json", "watch", "close", "1", "--reason", "taken back at once", "--as", "cam"];
    let mut terminal = world.at_terminal(&typed);
    terminal.expect("passphrase").expect("the preview");
    by_hand(&world, &format!("BEGIN; DELETE FROM acl_entries WHERE principal = 'group:atlas'; {ATLAS} COMMIT;"));
    let many = "WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 1500) \
                INSERT INTO members SELECT 'web', 'nobody-' || at FROM n;";
    by_hand(&world, many);
    assert_eq!(alerts(&world).len(), 1);
    assert_eq!(world.count("SELECT count(*) FROM changes"), 1000);
    terminal.type_line(PASSPHRASE).expect("typing");
    let printed: Value = serde_json::from_str(&terminal.end().expect("an end").stdout).expect("JSON");
    assert!(printed["error"]["message"].as_str().is_some_and(|it| it.starts_with("agree.changed")), "{printed}");
    assert_eq!(alerts(&world).len(), 1);
}

#[test]
fn the_watch_goes_on_under_every_freeze_and_what_a_tool_leases_is_no_exposure() {
    let world = world();
    let lease = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "600" });
    assert_eq!(world.call("probe.acl-widen", &lease)["outcome"], "returned");
    assert_eq!(alerts(&world), nothing(), "within its ceiling");
    world.done(&["freeze", "everything", "--reason", "something is odd"]);
    by_hand(&world, ATLAS);
    assert_eq!(alerts(&world).len(), 1);
    give(&world, "cam");
    let (closed, screen) = close(&world, &alerts(&world)[0], "cam");
    assert_eq!(closed["by"], "cam", "{screen}");
    // A ceiling that comes down below a lease is one, and is the ceiling's doing: the lease has an end of its own.
    apply(
        &world,
        "tollgate = 1\n[objects.scratch]\nowner = \"ben\"\nfolders = [\"scratch\"]\nentries = []\ncleared = [\"ada\"]\n",
    );
    let found = alerts(&world);
    assert_eq!((&found[0]["cause"], &found[0]["readers"]), (&json!("ceiling object scratch"), &json!(["hal"])), "{found:?}");
    world.done(&["lease", "end", "1"]);
    assert_eq!(alerts(&world), nothing());
    assert_eq!(codes(&reads(&world, "gus")), ["freeze.frozen"], "tools stay frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_a_host_that_lives_sees_it_in_two_seconds_and_counts_the_minutes() {
    let world = world();
    // By another clock than the database's, so that what is counted is counted by the store's.
    let clock = Arc::new(Manual::at(newest(&world).after(Duration(3_600_000))));
    let (store, other) = (open(&world, clock.clone()), open(&world, clock.clone()));
    let minutes = |span: &str| clock.advance(Duration::parse(span).expect("a duration"));
    by_hand(&world, ATLAS);
    let took = seen(&world, 1);
    assert!(took < Span::from_secs(2), "{took:?}");
    minutes("10 min");
    // A second cause lets in nobody new; to be read in two ways is to be read once.
    by_hand(&world, &ATLAS.replace("group:atlas", "group:web"));
    minutes("20 min");
    by_hand(&world, "DELETE FROM acl_entries WHERE principal = 'group:atlas';");
    let began = Real::now();
    while world.count("SELECT count(*) FROM alerts WHERE closed IS NOT NULL") == 0 {
        assert!(began.elapsed() < Span::from_secs(10), "the watch does not see it");
        std::thread::yield_now();
    }
    assert_eq!(seen(&world, 1).as_secs(), 0, "ada and hal still read it, through what is left");
    minutes("5 min");
    by_hand(&world, "DELETE FROM acl_entries WHERE principal = 'group:web';");
    seen(&world, 0);
    minutes("60 min");
    let exposure = store.exposure().expect("figures");
    assert_eq!(exposure.get("object dataset/pay"), Some(&((396 * 30 + 2 * 5) * 60_000)), "{exposure:?}");
    assert_eq!(other.exposure().expect("figures"), exposure);
    let causes: Vec<(String, u64)> =
        store.alarms(true).expect("alerts").iter().map(|it| (it.cause.to_string(), it.exposure / 60_000)).collect();
    let expected =
        [("entry dataset/pay group:web read".to_owned(), 10), ("entry dataset/pay group:atlas read".to_owned(), 396 * 30)];
    assert_eq!(causes, expected);
    assert_eq!(journaled(&world, "exposed").len(), 2, "two processes look, and each cause is on record once");
    store.close().await.expect("an end");
    other.close().await.expect("an end");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_while_nobody_ran_is_seen_before_anything_is_served() {
    let world = world();
    by_hand(&world, ATLAS);
    let clock = Arc::new(Manual::at(newest(&world)));
    let store = open(&world, clock);
    assert_eq!(store.open_too_far().expect("figures"), (1, 1), "as soon as it is open");
    store.close().await.expect("an end");
}
