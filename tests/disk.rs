//! A disk that is full: nothing outward happens, nothing is lost, and the host goes on when there is space again.

use std::process::Command;

use serde_json::{Value, json};

use crate::world::{World, codes, program};

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
