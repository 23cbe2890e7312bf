//! A store that was put back from a backup: it can be looked at, nothing runs before a person accepts it, and nothing of it
//! revives then.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{answers, arguments, gus, post, posts, result, state, waits, world};
use crate::world::{PASSPHRASE, Ran, World, codes, report};

const WIDEN: &str = r#"{ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" }"#;

const ACCEPT: &[&str] = &["-o", "json", "doctor", "--accept-restore", "--reason", "the disk of the host was lost"];

/// Invocation and question.
type Asked = (String, u64);

/// A world that was put back: what it has was copied before one post, one use of a quota of two, and one yes.
struct Past {
    world: World,
    open: Asked,
    agreed: Asked,
}

fn backup(world: &World) -> PathBuf {
    let folder = world.path("../yesterday");
    world.done(&["backup", folder.to_str().expect("a path")]);
    folder
}

/// Puts the database back, as somebody does who has lost it; the checkpoints are those of today.
fn put_back(world: &World, folder: &std::path::Path) {
    for name in ["tollgate.db-wal", "tollgate.db-shm"] {
        let _ = fs::remove_file(world.path(name));
    }
    fs::copy(folder.join("tollgate.db"), world.path("tollgate.db")).expect("putting it back");
}

fn past() -> Past {
    let world = world();
    let manifest = world.read("tools/probe.toml");
    world.write("tools/probe.toml", &format!("{manifest}\n[quota]\n\"acl.write\" = \"2 per day per initiator\"\n"));
    let open = waits(&post(&world, "open in the backup", &[]));
    let agreed = waits(&post(&world, "agreed to in the backup", &[]));
    answers(&world, agreed.1, "gus", true);
    assert_eq!((state(&world, open.1), state(&world, agreed.1)), ("open".into(), "agreed".into()));
    let folder = backup(&world);
    // What the backup does not know: a post, a yes that is used, a use of the quota, a freeze.
    assert_eq!(result(&world, &agreed.0).0, 0);
    assert_eq!(gus(&world, "yes", open.1)["invocations"][0]["outcome"], "returned");
    assert_eq!(world.call("probe.acl-widen", &widen())["outcome"], "returned");
    world.done(&["freeze", "person", "fay", "--reason", "not in the backup"]);
    assert_eq!(posts(&world), 2);
    put_back(&world, &folder);
    Past { world, open, agreed }
}

fn widen() -> Value {
    serde_json::from_str(WIDEN).expect("arguments")
}

fn verify(world: &World) -> Ran {
    world.tollgate(&["-o", "json", "journal", "verify"])
}

fn accept(world: &World) -> Value {
    world.answered(ACCEPT, &[("ben's passphrase", PASSPHRASE)]).0
}

fn thaw(world: &World, id: &Value) {
    let typed = ["-o", "json", "thaw", &id.to_string(), "--reason", "looked at it"];
    world.answered(&typed, &[("ben's passphrase", PASSPHRASE)]);
}

#[test]
fn what_was_put_back_can_be_looked_at_and_takes_no_change() {
    let Past { world, open, agreed } = past();
    let (entries, signed) = (world.count("SELECT count(*) FROM journal"), world.read("checkpoints"));
    let (question, copy) = (open.1.to_string(), world.path("../copy").display().to_string());
    for look in [
        &["tools"][..],
        &["check"],
        &["explain", "probe", "files.read", "path=runbooks/deploy.md"],
        &["journal", "list"],
        &["journal", "show", &open.0],
        &["approvals", "list"],
        &["approvals", "show", &question],
        &["freeze", "list"],
        &["lease", "list"],
        &["doubts"],
        &["report"],
        &["world", "show"],
        &["backup", &copy],
    ] {
        assert_eq!(world.tollgate(look).code, 0, "{look:?}: {:?}", world.tollgate(look));
    }
    let doctor = world.tollgate(&["doctor"]);
    assert!(doctor.code == 5 && doctor.stdout.contains("doctor --accept-restore"), "{doctor:?}");
    let verdict = verify(&world);
    assert!(verdict.code == 7 && verdict.stdout.contains("cut-off"), "{verdict:?}");
    world.write("change.toml", "tollgate = 1\n");
    let typed = arguments("x");
    for change in [
        &["call", "probe.forum-post", &typed][..],
        &["call", "probe.files-read", r#"{ "path": "runbooks/deploy.md", "offset": "0", "length": 64 }"#],
        &["result", &agreed.0],
        &["cancel", &open.0],
        &["world", "apply", "change.toml"],
        &["pin", "probe"],
        &["freeze", "everything", "--reason", "x"],
        &["journal", "erase", "--invocation", &open.0],
    ] {
        let ran = world.tollgate(change);
        assert!(matches!(ran.code, 3 | 5), "{change:?}: {ran:?}");
        assert!(ran.stderr.contains("put back") && ran.stderr.contains("doctor --accept-restore"), "{change:?}: {ran:?}");
    }
    let says = ["approvals", "yes", &question, "--as", "gus"];
    let mut terminal = world.at_terminal(&says);
    terminal.expect("gus's passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    assert_eq!(terminal.end().expect("an end").status.code(), Some(5), "a yes is a change");
    assert_eq!(world.count("SELECT count(*) FROM journal"), entries);
    assert_eq!((world.read("checkpoints"), posts(&world)), (signed, 0));
}

#[test]
fn only_a_person_with_a_reason_accepts_it() {
    let Past { world, .. } = past();
    let entries = world.count("SELECT count(*) FROM journal");
    assert_eq!(world.tollgate(&["doctor", "--accept-restore"]).code, 2, "no reason");
    assert_eq!(world.tollgate(&["doctor", "--accept-restore", "--reason", "x"]).code, 2, "hardly one");
    let nobody = world.tollgate(ACCEPT);
    assert!(nobody.code == 5 && nobody.stdout.contains("terminal"), "{nobody:?}");
    let mut terminal = world.at_terminal(ACCEPT);
    terminal.expect("ben's passphrase").expect("the prompt");
    terminal.type_line("another one").expect("typing");
    let ended = terminal.end().expect("an end");
    assert!(ended.status.code() == Some(3) && ended.stdout.contains("not ben's passphrase"), "{}", ended.screen);
    assert_eq!(world.count("SELECT count(*) FROM journal"), entries);
    assert_eq!(world.tollgate(&["call", "probe.nothing"]).code, 5);
}

#[test]
fn nothing_of_what_was_put_back_revives() {
    let Past { world, open, agreed } = past();
    let kept = world.count("SELECT count(*) FROM journal");
    let evidence = world.read("checkpoints");
    let accepted = accept(&world);
    assert_eq!((&accepted["voided"], &accepted["kept"]), (&json!(2), &json!(kept)), "{accepted}");
    // The journal goes on, its checkpoints too, and what they say of before is explained.
    assert!(world.read("checkpoints").starts_with(&evidence), "what was lost stays as evidence");
    let verdict = verify(&world);
    assert_eq!(verdict.code, 0, "{verdict:?}");
    let said = &verdict.json()["restored"][0];
    assert_eq!((&said["entry"], &said["kept"]), (&accepted["entry"], &json!(kept)), "{verdict:?}");
    assert_eq!(said["lost"], accepted["lost"], "{verdict:?}");
    let text = world.tollgate(&["journal", "verify"]).stdout;
    let last = accepted["lost"].as_i64().expect("a number") - 1;
    assert!(text.contains(&format!("entries {kept} to {last} of before were lost")), "{text}");
    // Everything is frozen.
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 64 });
    assert_eq!(codes(&world.call("probe.files-read", &read)), ["freeze.frozen"]);
    thaw(&world, &accepted["freeze"]);
    assert_eq!(world.call("probe.files-read", &read)["outcome"], "returned");
    // No yes of before is worth anything.
    for (invocation, question) in [&open, &agreed] {
        assert_eq!(state(&world, *question), "void");
        let why = world.done(&["approvals", "list", "--all"]).to_string();
        assert!(why.contains("the store was put back from a backup"), "{why}");
        let (code, report) = result(&world, invocation);
        assert!(code == 3 && codes(&report).contains(&"agree.changed".to_owned()), "{report}");
    }
    assert_eq!(gus_cannot(&world, open.1), Some(3), "nor is there anything to say yes to");
    assert_eq!(posts(&world), 0);
    // Every quota is spent: one of which a use was left, one that nobody has used yet, and that of asking people.
    let widened = world.call("probe.acl-widen", &widen());
    assert_eq!(codes(&widened), ["fund.quota-spent"], "{widened}");
    assert!(widened["refusals"][0].to_string().contains("put back from a backup"), "{widened}");
    let asked = post(&world, "asked anew", &[]);
    assert_eq!((asked.code, codes(&asked.json())), (3, vec!["fund.quota-spent".to_owned()]), "{asked:?}");
    // A window later they are free again.
    world.store().execute("UPDATE spent SET at = at - 86400000", []).expect("a day goes by");
    assert_eq!(world.call("probe.acl-widen", &widen())["outcome"], "returned");
    assert_eq!(verify(&world).code, 0, "{:?}", verify(&world));
    // What is cut off now is no part of what was accepted.
    world.store().execute("DELETE FROM journal WHERE number > ?1", [accepted["entry"].as_i64()]).expect("a cut");
    let verdict = verify(&world);
    assert!(verdict.code == 7 && verdict.stdout.contains("cut-off"), "{verdict:?}");
}

fn gus_cannot(world: &World, question: u64) -> Option<i32> {
    let id = question.to_string();
    let mut terminal = world.at_terminal(&["approvals", "yes", &id, "--as", "gus"]);
    if terminal.expect("gus's passphrase").is_ok() {
        terminal.type_line(PASSPHRASE).expect("typing");
    }
    terminal.end().expect("an end").status.code()
}

#[test]
fn an_acceptance_that_was_not_signed_is_none() {
    // One entry is lost, and to accept that takes two: the journal is longer than it was before anybody signs that.
    let world = world();
    let folder = backup(&world);
    world.done(&["freeze", "person", "fay", "--reason", "not in the backup"]);
    put_back(&world, &folder);
    let evidence = world.read("checkpoints");
    let first = accept(&world);
    assert_eq!(first["lost"].as_u64(), first["kept"].as_u64().map(|kept| kept + 1), "{first}");
    // As a host leaves it that dies between the commit and the signature.
    world.write("checkpoints", &evidence);
    assert_eq!(verify(&world).code, 7);
    assert_eq!(world.tollgate(&["call", "probe.nothing"]).code, 5);
    let again = accept(&world);
    assert_eq!(again["lost"], first["lost"], "{again}");
    assert_eq!(verify(&world).code, 0, "{:?}", verify(&world));
    thaw(&world, &again["freeze"]);
    thaw(&world, &first["freeze"]);
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 64 });
    assert_eq!(world.call("probe.files-read", &read)["outcome"], "returned");
}

#[test]
fn who_put_the_checkpoints_back_too_can_say_so() {
    let world = world();
    let open = waits(&post(&world, "open in the backup", &[]));
    let folder = backup(&world);
    put_back(&world, &folder);
    fs::copy(folder.join("checkpoints"), world.path("checkpoints")).expect("its own checkpoints");
    assert_eq!(verify(&world).code, 0);
    let mut terminal = world.at_terminal(ACCEPT);
    terminal.expect("do not show").expect("a warning");
    terminal.expect("ben's passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    let accepted = report(&terminal.end().expect("an end"));
    assert_eq!((&accepted["voided"], &accepted["lost"]), (&json!(1), &Value::Null), "{accepted}");
    assert_eq!(state(&world, open.1), "void");
    assert_eq!(verify(&world).json()["restored"][0]["lost"], Value::Null);
}
