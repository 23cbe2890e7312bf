//! The record: every change of the past is named, erasing by the documented way is none, and what cannot be told is said.

use std::fs;

use serde_json::{Value, json};

use crate::world::{Ran, World, codes};

/// A world with something on record: a read, a refusal, a post.
fn lived() -> World {
    let world = World::new();
    world.call("probe.files-read", &json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 64 }));
    world.call("probe.forum-post", &json!({ "forum": "pay-room", "thread": "1", "body": "x" }));
    world.call("probe.forum-post", &json!({ "forum": "eng-help", "thread": "1", "body": "hello" }));
    assert_eq!(verify(&world).code, 0, "{:?}", verify(&world));
    world
}

fn verify(world: &World) -> Ran {
    world.tollgate(&["-o", "json", "journal", "verify"])
}

/// Changes the store behind the program's back; the journal must not verify and the first finding is at `entry`.
fn found(world: &World, sql: &str, entry: i64) {
    world.store().execute_batch(sql).expect("the change");
    let ran = verify(world);
    assert_eq!(ran.code, 7, "{sql}: {ran:?}");
    let findings = ran.json()["findings"].as_array().expect("findings").clone();
    assert_eq!(findings[0]["entry"], entry, "{sql}: {findings:?}");
}

#[test]
fn one_changed_byte_of_any_column_is_named() {
    let world = lived();
    let last = world.count("SELECT max(number) FROM journal");
    for number in 0..=last {
        for sql in [
            "entry = substr(entry, 1, 40) || char(unicode(substr(entry, 41, 1)) + 1) || substr(entry, 42)",
            "hash = zeroblob(32)",
            "invocation = 'somebody', seq = 77",
        ] {
            let world = World::copy_of(&world);
            found(&world, &format!("UPDATE journal SET {sql} WHERE number = {number}"), number);
        }
    }
}

#[test]
fn dropped_rows_are_named() {
    let last = lived().count("SELECT max(number) FROM journal");
    let world = lived();
    found(&world, &format!("DELETE FROM journal WHERE number > {}", last - 2), last - 1);
    let world = lived();
    let first = world.count("SELECT min(number) FROM journal WHERE invocation IS NOT NULL");
    found(
        &world,
        "DELETE FROM journal WHERE invocation = (SELECT invocation FROM journal WHERE seq = 0 ORDER BY number LIMIT 1)",
        first,
    );
}

#[test]
fn a_changed_payload_is_named() {
    let world = lived();
    let number = world.count("SELECT number FROM payloads WHERE part = 'answered' LIMIT 1");
    found(&world, &format!("UPDATE payloads SET bytes = x'00' WHERE number = {number} AND part = 'answered'"), number);
    let world = lived();
    let number = world.count("SELECT min(number) FROM payloads");
    found(&world, &format!("DELETE FROM payloads WHERE number = {number}"), number);
}

#[test]
fn hashes_made_anew_disagree_with_the_signed_heads() {
    use tollgate::journal::canonical;
    use tollgate::journal::chain::Head;
    let world = lived();
    let store = world.store();
    let mut statement = store.prepare("SELECT entry FROM journal ORDER BY number").expect("a query");
    let rows: Vec<String> =
        statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("rows");
    let mut head = Head::EMPTY;
    for (number, text) in rows.iter().enumerate() {
        let mut entry = canonical::parse(text.as_bytes()).expect("an entry");
        if entry["kind"] == "refused" {
            entry["body"]["code"] = json!("cover.not-yours");
        }
        entry["previous"] = json!(head.hash.hex());
        let bytes = canonical::print(&entry).expect("bytes");
        head = head.then(&bytes);
        let text = String::from_utf8(bytes).expect("text");
        let number = i64::try_from(number).expect("a number");
        let values = rusqlite::params![text, head.hash.as_bytes(), number];
        store.execute("UPDATE journal SET entry = ?1, hash = ?2 WHERE number = ?3", values).expect("the change");
    }
    let ran = verify(&world);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stdout.contains("rolled-back"), "{ran:?}");
    assert_eq!(world.tollgate(&["tools"]).code, 0, "looking goes on");
    let call = world.tollgate(&["call", "probe.nothing"]);
    assert_eq!(call.code, 5, "a journal that is not the signed one is not added to: {call:?}");
}

#[test]
fn yesterdays_database_is_found() {
    let world = lived();
    let backup = world.path("../yesterday");
    world.done(&["backup", backup.to_str().expect("a path")]);
    world.call("probe.forum-post", &json!({ "forum": "eng-help", "thread": "1", "body": "later" }));
    for name in ["tollgate.db-wal", "tollgate.db-shm"] {
        let _ = fs::remove_file(world.path(name));
    }
    fs::copy(backup.join("tollgate.db"), world.path("tollgate.db")).expect("putting it back");
    let ran = verify(&world);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stdout.contains("cut-off"), "{ran:?}");
    let call = world.tollgate(&["call", "probe.nothing"]);
    assert_eq!(call.code, 5, "{call:?}");
    fs::copy(backup.join("checkpoints"), world.path("checkpoints")).expect("its own checkpoints");
    assert_eq!(verify(&world).code, 0, "with its own checkpoints the backup is whole");
}

#[test]
fn a_journal_with_another_end_was_not_put_back_and_is_not_accepted() {
    use tollgate::journal::canonical;
    let world = lived();
    let store = world.store();
    let last = world.count("SELECT max(number) FROM journal");
    let text: String =
        store.query_row("SELECT entry FROM journal WHERE number = ?1", [last], |row| row.get(0)).expect("an entry");
    let mut entry = canonical::parse(text.as_bytes()).expect("an entry");
    entry["body"]["outcome"] = json!("refused");
    let bytes = canonical::print(&entry).expect("bytes");
    let hash = tollgate::name::Digest::of(&bytes);
    let values = rusqlite::params![String::from_utf8(bytes).expect("text"), hash.as_bytes(), last];
    store.execute("UPDATE journal SET entry = ?1, hash = ?2 WHERE number = ?3", values).expect("the change");
    let accept = world.tollgate(&["doctor", "--accept-restore", "--reason", "it is as good as the other one"]);
    assert!(accept.code == 5 && accept.stderr.contains("did not go through it"), "{accept:?}");
}

#[test]
fn a_journal_that_was_cut_under_a_host_that_runs_is_not_signed() {
    let world = lived();
    let signed = world.read("checkpoints");
    let workspace = tollgate::setup::Workspace::open(&world.path("")).expect("a workspace");
    let closed = workspace.runtime().expect("an event loop").block_on(async {
        let store = workspace.store().expect("a store");
        world.store().execute("DELETE FROM journal WHERE number = (SELECT max(number) FROM journal)", []).expect("a cut");
        store.close().await
    });
    let broken = closed.expect_err("nothing to sign");
    assert!(broken.cause.contains("did not go through"), "{broken}");
    assert_eq!(world.read("checkpoints"), signed);
}

#[test]
fn without_checkpoints_it_cannot_tell() {
    let world = lived();
    fs::remove_file(world.path("checkpoints")).expect("removing it");
    let ran = verify(&world);
    assert_eq!(ran.code, 8, "{ran:?}");
    assert_eq!(ran.json()["verdict"], "cannot-tell");
}

#[test]
fn erased_payloads_still_verify_and_are_gone() {
    let world = lived();
    let report = world.call("probe.forum-post", &json!({ "forum": "eng-help", "thread": "1", "body": "CANARY-4711" }));
    let id = report["invocation"].as_str().expect("an id");
    assert!(fs::read(world.path("tollgate.db")).expect("the store").windows(11).any(|it| it == b"CANARY-4711"));
    let erased = world.done(&["journal", "erase", "--invocation", id]);
    assert!(erased["erased"].as_u64() > Some(2), "{erased}");
    assert_eq!(verify(&world).code, 0, "{:?}", verify(&world));
    let shown = world.done(&["journal", "show", "--payloads", id]);
    assert!(!shown.to_string().contains("CANARY"), "the entries never held it: {shown}");
    world.store().execute("DELETE FROM posts WHERE body LIKE 'CANARY%'", []).expect("the post itself");
    let last = world.count("SELECT max(number) FROM journal");
    world.store().execute("DELETE FROM payloads WHERE number = (SELECT max(number) FROM payloads)", []).expect("another");
    assert_eq!(verify(&world).code, 7, "erasing any other way is found ({last} entries)");
}

#[test]
fn an_export_verifies_with_the_public_key_alone() {
    let world = lived();
    let key = world.read("journal.vkey");
    for payloads in [&["--payloads"][..], &[]] {
        let file = world.path(&format!("export-{}", payloads.len()));
        let name = file.to_str().expect("a path");
        world.done(&[&["journal", "export", name], payloads].concat());
        let offline = ["-o", "json", "journal", "verify", "--from", name, "--key", key.trim()];
        let ran = world.tollgate(&offline);
        assert_eq!(ran.code, 0, "{ran:?}");
        let text = fs::read_to_string(&file).expect("the export").replacen("not-granted", "not-grantes", 1);
        fs::write(&file, text).expect("the change");
        assert_eq!(world.tollgate(&offline).code, 7);
    }
}

#[test]
fn nothing_outward_happens_that_cannot_be_recorded() {
    let world = lived();
    let before = world.outside();
    // Somebody else holds the store for longer than the host waits for it.
    let store = world.store();
    store.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let typed = json!({ "forum": "eng-help", "thread": "1", "body": "x" });
    let ran = world.tollgate(&["-o", "json", "call", "probe.forum-post", &typed.to_string()]);
    store.execute_batch("ROLLBACK").expect("letting go");
    assert!(matches!(ran.code, 3 | 5), "{ran:?}");
    if ran.code == 3 {
        assert!(codes(&ran.json()).contains(&"record.unavailable".to_owned()), "{ran:?}");
    }
    assert_eq!(world.outside(), before);
    assert_eq!(world.call("probe.forum-post", &typed)["outcome"], "returned", "and it goes on");
    assert_eq!(verify(&world).code, 0);
}

#[test]
fn an_invocation_whose_host_died_is_ended_by_the_next() {
    let world = lived();
    let store = world.store();
    let dead: String = store
        .query_row("SELECT invocation FROM journal WHERE seq = 0 ORDER BY number DESC LIMIT 1", [], |row| row.get(0))
        .expect("one");
    // As a host leaves it that is killed before the end.
    store.execute("DELETE FROM journal WHERE number = (SELECT max(number) FROM journal)", []).expect("no end");
    store.execute("DELETE FROM payloads WHERE number > (SELECT max(number) FROM journal)", []).expect("nor its value");
    store.execute("INSERT INTO open_invocations VALUES (?1, 'dead')", [&dead]).expect("open");
    let lines = world.read("checkpoints");
    let kept: Vec<&str> = lines.lines().collect();
    fs::write(world.path("checkpoints"), format!("{}\n", kept[..kept.len() - 1].join("\n"))).expect("not signed yet");
    let receipt = world.done(&["receipt", &dead]);
    assert_eq!(receipt["outcome"], "interrupted", "{receipt}");
    assert_eq!(verify(&world).code, 0, "{:?}", verify(&world));
}

#[test]
fn a_receipt_says_what_was_done_for_whom_by_what() {
    let world = lived();
    let report: Value =
        world.call("probe.files-read", &json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 64 }));
    let receipt = world.done(&["receipt", report["invocation"].as_str().expect("an id")]);
    assert_eq!(receipt["meters"], report["receipt"]);
    for key in ["component", "manifest", "engine", "initiator", "agent", "tool"] {
        assert!(receipt[key].is_string(), "{key}: {receipt}");
    }
}
