//! A disk that is full: nothing outward happens, nothing is lost, and the host goes on when there is space again.

use std::process::Command;

use serde_json::{Value, json};

use crate::world::{GRANTS, World, codes, program};

/// Runs in a mount namespace of its own: fills a small tmpfs around a copy of the workspace, posts, makes space, posts.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs -o size=24m,mode=700 tmpfs "$ROOM"
cp -a "$WORKSPACE/." "$ROOM/"
cd "$ROOM"
posts() { "$TOLLGATE" -o json world show > "$OUT/$1.world" || echo "$?" > "$OUT/$1.world-failed"; }
call() { code=0; "$TOLLGATE" -o json call probe.forum-post "$ARGUMENTS" > "$OUT/$1.json" 2> "$OUT/$1.err" || code=$?; echo "$code" > "$OUT/$1.code"; }
dd if=/dev/zero of=fill bs=4096 2> /dev/null || true
dd if=/dev/zero of=fill-rest bs=1 2> /dev/null || true
call full
rm fill fill-rest
posts after-full
call again
posts after-again
code=0; "$TOLLGATE" -o json journal verify > "$OUT/verify.json" || code=$?; echo "$code" > "$OUT/verify.code"
"#;

#[test]
#[expect(clippy::disallowed_macros, reason = "a test that cannot run here says so")]
fn s32_the_disk_is_full_and_posts_are_refused_and_everything_is_kept() {
    let world = World::new();
    let room = tempfile::tempdir().expect("a folder to mount on");
    let out = tempfile::tempdir().expect("a folder for what came");
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": "x".repeat(8000) }).to_string();
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", SCRIPT])
        .envs([("ROOM", room.path()), ("OUT", out.path()), ("TOLLGATE", program()), ("WORKSPACE", &world.path(""))])
        .env("ARGUMENTS", &arguments)
        .output()
        .expect("unshare runs");
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    if words.contains("unshare failed") || words.contains("Operation not permitted") {
        eprintln!("SKIPPED: this machine gives no mount namespaces: {words}");
        return;
    }
    assert!(ran.status.success(), "{words}");
    let text =
        |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}; {words}"));
    let posts = |name: &str| -> Value {
        let world: Value = serde_json::from_str(&text(name)).expect("a world");
        world["forums"]["eng-help"]["posts"].clone()
    };
    let code = text("full.code");
    assert!(matches!(code.trim(), "3" | "5"), "{code}: {} {}", text("full.json"), text("full.err"));
    if code.trim() == "3" {
        let report: Value = serde_json::from_str(&text("full.json")).expect("a report");
        assert!(codes(&report).contains(&"record.unavailable".to_owned()), "{report}");
    }
    assert_eq!(posts("after-full.world"), 1, "only the question");
    assert_eq!(text("again.code").trim(), "0", "{}", text("again.json"));
    assert_eq!(posts("after-again.world"), 2);
    assert_eq!(text("verify.code").trim(), "0", "{}", text("verify.json"));
}

/// Runs a script in a small file system of its own, around a copy of the workspace. Where what it wrote to `$OUT` is, or
/// none where this machine gives no such file systems.
#[expect(clippy::disallowed_macros, reason = "a test that cannot run here says so")]
fn in_a_small_room(world: &World, script: &str, named: &[(&str, &str)]) -> Option<tempfile::TempDir> {
    let room = tempfile::tempdir().expect("a folder to mount on");
    let out = tempfile::tempdir().expect("a folder for what came");
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &format!("{ROOM}{script}")])
        .envs([("ROOM", room.path()), ("OUT", out.path()), ("TOLLGATE", program()), ("WORKSPACE", &world.path(""))])
        .envs(named.iter().copied())
        .output()
        .expect("unshare runs");
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    if words.contains("unshare failed") || words.contains("Operation not permitted") {
        eprintln!("SKIPPED: this machine gives no mount namespaces: {words}");
        return None;
    }
    assert!(ran.status.success(), "{words}");
    Some(out)
}

/// `leaves N`: fills the room up to so many pages of 4 KiB. `told NAME …`: runs the program, and keeps what it said and its code.
/// `kept NAME`: keeps the store as it stands, which nobody opens any more.
const ROOM: &str = r#"
set -eu
mount -t tmpfs -o size=32m,mode=700 tmpfs "$ROOM"
cp -a "$WORKSPACE/." "$ROOM/"
cd "$ROOM"
echo 'tollgate = 1' > nothing.toml
leaves() { dd if=/dev/zero of=fill bs=4096 count=$(( $(stat -f -c %a .) - $1 )) 2> /dev/null; }
told() { name=$1; shift; code=0; "$TOLLGATE" -o json "$@" > "$OUT/$name.json" 2> "$OUT/$name.err" || code=$?; echo "$code" > "$OUT/$name.code"; }
kept() { mkdir "$OUT/$1"; cp tollgate.db* "$OUT/$1/"; stat -c %s tollgate.ballast > "$OUT/$1/ballast"; ls files/scratch > "$OUT/$1/files"; }
"#;

/// A page more each time: a call that begins while the ballast is whole.
const CALLS: &str = r#"
for pages in $PAGES; do
    rm -f fill
    told "$pages-before" world apply nothing.toml
    leaves "$pages"
    told "$pages" call "$FUNCTION" "$(echo "$ARGUMENTS" | sed "s/PAGES/$pages/")"
    kept "$pages"
done
rm fill
told doubts doubts
told verify journal verify
"#;

/// What a call left.
struct Left {
    code: String,
    /// Of the store, as it was before anybody opened it again: kind and outcome of each entry of the call.
    entries: Vec<String>,
    ballast: u64,
    /// Whether the act is there.
    there: bool,
    says: String,
}

/// Calls in ever more room, from none at all to plenty.
fn calls(
    function: &str,
    arguments: &str,
    is_there: impl Fn(&str, &str, &rusqlite::Connection) -> bool,
) -> Option<Vec<Left>> {
    let world = World::new();
    let write = "\"files.write\" = { paths = [\"scratch/**\"], calls = 5, bytes = \"64 KiB\", consent = \"none\" }";
    world.grant(&format!("{GRANTS}{write}\n"));
    // Each page between where nothing fits and where everything does.
    let all: Vec<String> = [0, 7, 8, 12].into_iter().chain(16..36).chain([44]).map(|pages| pages.to_string()).collect();
    let pages = all.join(" ");
    let named = [("PAGES", pages.as_str()), ("FUNCTION", function), ("ARGUMENTS", arguments)];
    let out = in_a_small_room(&world, CALLS, &named)?;
    let text = |name: String| std::fs::read_to_string(out.path().join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let left = |pages: &String| {
        let store = rusqlite::Connection::open(out.path().join(pages).join("tollgate.db")).expect("the store");
        let (code, report) = (text(format!("{pages}.code")), text(format!("{pages}.json")));
        let says = format!("{pages} pages: code {}, {report} {}", code.trim(), text(format!("{pages}.err")));
        let report: Value = serde_json::from_str(&report).unwrap_or_else(|e| panic!("{e}: {says}"));
        let query = "SELECT entry ->> '$.kind' || coalesce(':' || (entry ->> '$.body.outcome'), '') FROM journal WHERE invocation = ?1 ORDER BY seq";
        let mut entries = store.prepare(query).expect("a query");
        let entries = entries.query_map([report["invocation"].as_str()], |row| row.get(0)).expect("rows");
        Left {
            code: code.trim().to_owned(),
            entries: entries.collect::<Result<_, _>>().expect("entries"),
            ballast: text(format!("{pages}/ballast")).trim().parse().expect("a size"),
            there: is_there(pages, &text(format!("{pages}/files")), &store),
            says,
        }
    };
    assert_eq!(text("verify.code".into()).trim(), "0", "{}", text("verify.json".into()));
    let doubts: Value = serde_json::from_str(&text("doubts.json".into())).expect("a list");
    assert_eq!(doubts["doubts"], json!([]), "what happened was on record at once");
    Some(all.iter().map(left).collect())
}

/// What must be so in whatever room there was.
fn on_record_or_not_done(all: &[Left]) {
    let mut used = 0;
    for Left { code, entries, ballast, there, says } in all {
        let has = |kind: &str| entries.iter().any(|it| it == kind);
        assert_eq!(*there, has("outcome:done"), "{says} {entries:?}");
        assert_eq!(*there, code == "0", "who is told that it was not done finds it not done: {says} {entries:?}");
        assert!(*there || code == "3" && says.contains("unavailable"), "{says}");
        assert!(!there || has("intent") && has("ended:returned"), "{says} {entries:?}");
        used += u32::from(*there && *ballast == 0);
    }
    assert!(used > 0, "in some room the outcome needed what was kept for it");
    assert!(all.first().is_some_and(|left| !left.there) && all.last().is_some_and(|left| left.there));
}

#[test]
fn s32_a_file_that_was_written_is_on_record_whatever_room_is_left() {
    let arguments = r#"{ "path": "scratch/PAGES.txt", "contents": "bmV3" }"#;
    let is_there = |pages: &str, files: &str, _: &rusqlite::Connection| files.lines().any(|it| it == format!("{pages}.txt"));
    calls("probe.files-write", arguments, is_there).iter().for_each(|all| on_record_or_not_done(all));
}

#[test]
fn s32_a_post_is_there_and_on_record_or_it_is_neither() {
    let arguments = r#"{ "forum": "eng-help", "thread": "1", "body": "post PAGES" }"#;
    let is_there = |pages: &str, _: &str, store: &rusqlite::Connection| {
        store
            .prepare("SELECT 1 FROM posts WHERE body = ?1")
            .and_then(|mut it| it.exists([format!("post {pages}")]))
            .expect("posts")
    };
    calls("probe.forum-post", arguments, is_there).iter().for_each(|all| on_record_or_not_done(all));
}

/// On a full disk: what takes away goes on, and nothing else.
const FULL: &str = r#"
for pages in $PAGES; do
    rm -f fill tollgate.db* checkpoints
    cp -a "$WORKSPACE"/tollgate.* "$WORKSPACE/checkpoints" .
    leaves "$pages"
    told "$pages-freeze" freeze person fay --reason "the disk is full"
    kept "$pages"
    told "$pages-call" call probe.forum-post '{ "forum": "eng-help", "thread": "1", "body": "x" }'
    kept "$pages-after"
done
told doctor doctor
rm fill
told again call probe.forum-post '{ "forum": "eng-help", "thread": "1", "body": "again" }'
kept again
told verify journal verify
"#;

#[test]
fn s32_on_a_full_disk_leases_end_and_the_switch_holds_and_no_change_is_begun_before_there_is_room() {
    let world = World::new();
    let widen = json!({ "object": "scratch", "principal": "group:web", "right": "read", "seconds": "60" });
    assert_eq!(world.call("probe.acl-widen", &widen)["outcome"], "returned");
    world
        .store()
        .execute_batch("UPDATE leases SET ends = 1; UPDATE acl_entries SET ends = 1 WHERE tool IS NOT NULL")
        .expect("an end");
    let Some(out) = in_a_small_room(&world, FULL, &[("PAGES", "0 7 8 9 12 16")]) else { return };
    let text = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let count = |name: &str, query: &str| -> i64 {
        let store = rusqlite::Connection::open(out.path().join(name).join("tollgate.db")).expect("the store");
        store.query_row(query, [], |row| row.get(0)).expect("a number")
    };
    for pages in ["0", "7", "8", "9", "12", "16"] {
        let frozen = format!("{pages}-freeze");
        assert_eq!(
            text(&format!("{frozen}.code")).trim(),
            "0",
            "{} {}",
            text(&format!("{frozen}.json")),
            text(&format!("{frozen}.err"))
        );
        assert_eq!(count(pages, "SELECT count(*) FROM freezes WHERE thawed IS NULL"), 1, "{pages}");
        assert_eq!(count(pages, "SELECT count(*) FROM leases WHERE reverted IS NULL"), 0, "{pages}");
        assert_eq!(text(&format!("{pages}/ballast")).trim(), "0", "{pages}: it is given up");
        let call: Value = serde_json::from_str(&text(&format!("{pages}-call.json"))).expect("a report");
        assert!(codes(&call).contains(&"record.unavailable".to_owned()), "{pages}: {call}");
        assert!(call.to_string().contains("the disk is full"), "{pages}: {call}");
        let intents = "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'intent' AND entry ->> '$.body.function' = 'forum.post'";
        assert_eq!(count(&format!("{pages}-after"), intents), 0, "{pages}");
    }
    assert_eq!(text("doctor.code").trim(), "5");
    assert!(text("doctor.json").contains("no change is begun before 2 MiB are free"), "{}", text("doctor.json"));
    assert_eq!(text("again.code").trim(), "0", "{}", text("again.json"));
    assert_eq!(text("again/ballast").trim(), (1 << 20).to_string(), "it is back");
    assert_eq!(text("verify.code").trim(), "0", "{}", text("verify.json"));
}
