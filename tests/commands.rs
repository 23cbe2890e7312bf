//! The command line: exit codes, words that say what to do, and workspaces made from nothing.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::world::{PASSPHRASE, World, guests, program};

#[test]
fn a_typo_in_a_key_is_pointed_at() {
    let world = World::new();
    assert_eq!(world.tollgate(&["check"]).code, 0, "{:?}", world.tollgate(&["check"]));
    world.edit("calls = 1000", "callls = 1000");
    let ran = world.tollgate(&["check"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("tools/probe.toml:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`callls`") && ran.stderr.contains("did you mean `calls`"), "{}", ran.stderr);
    assert_eq!(world.tollgate(&["call", "probe.nothing"]).code, 5, "nor does it run");
}

#[test]
fn names_that_name_nothing_are_pointed_at() {
    let world = World::new();
    world.edit("forums = [\"eng-help\"], calls = 5", "forums = [\"eng-hlep\"], calls = 5");
    let ran = world.tollgate(&["check"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("no forum is called `eng-hlep`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `eng-help`?"), "{}", ran.stderr);
}

#[test]
fn other_bytes_than_were_pinned_do_not_run() {
    let world = World::new();
    assert_eq!(world.call("probe.nothing", &json!({}))["outcome"], "returned");
    std::fs::copy(guests().tools.join("answer.wasm"), world.path("tools/probe.wasm")).expect("other bytes");
    let ran = world.tollgate(&["call", "probe.nothing"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("not the one that was pinned"), "{}", ran.stderr);
    assert_eq!(
        world.tollgate(&["call", "answer.ask", r#"{"question": "deploy", "folder": "runbooks"}"#]).code,
        0,
        "others go on"
    );
}

#[test]
fn a_compiled_file_that_changed_is_not_loaded() {
    let world = World::new();
    for entry in std::fs::read_dir(world.path("cache")).expect("a cache") {
        let path = entry.expect("an entry").path();
        let mut bytes = std::fs::read(&path).expect("a compiled file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).expect("the change");
    }
    let ran = world.tollgate(&["call", "probe.nothing"]);
    assert_eq!(ran.code, 0, "it is compiled anew: {ran:?}");
}

#[test]
fn wrong_arguments_are_named_before_anything_runs() {
    let world = World::new();
    let before = world.count("SELECT count(*) FROM journal");
    let ran = world.tollgate(&["call", "probe.files-read", r#"{"path": 7, "offset": "0", "lenght": 1}"#]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in ["`path`: expected a string", "`lenght`", "`length`: it is missing"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert_eq!(world.tollgate(&["call", "probe.no-such"]).code, 2);
    assert_eq!(world.count("SELECT count(*) FROM journal"), before, "nothing was admitted");
}

#[test]
fn who_is_no_caller_is_turned_away_on_record() {
    let world = World::new();
    world.edit("callers = [\"group:everyone\"]", "callers = [\"group:pay\"]");
    let report = world.call("probe.nothing", &json!({}));
    assert_eq!(report["outcome"], "refused", "{report}");
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    let ran = world.tollgate(&["call", "probe.nothing", "--as", "gus"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.tollgate(&["call", "probe.nothing", "--as", "gus", "--agent", "agent-7"]).code, 3);
}

#[test]
fn a_tools_own_error_is_not_a_refusal() {
    let world = World::new();
    let ran = world.tollgate(&["-o", "json", "call", "probe.fail", r#"{"message": "no such table"}"#]);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    assert_eq!((&report["outcome"], &report["value"]), (&json!("tool-error"), &json!("no such table")));
    let fault = world.tollgate(&["-o", "json", "call", "probe.panic"]);
    assert_eq!((fault.code, fault.json()["fault"]["kind"].clone()), (4, json!("trap")));
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    let world = World::new();
    let value = json!({
        "truth": true, "u-eight": 255, "u-sixteen": 65535, "u-thirty-two": 4_294_967_295_u32, "u-sixty-four": "18446744073709551615",
        "s-eight": -128, "s-sixteen": -32768, "s-thirty-two": -2_147_483_648_i32, "s-sixty-four": "-9223372036854775808",
        "f-thirty-two": 0.5, "f-sixty-four": "NaN", "letter": "é", "text": "a\nb", "maybe": { "some": 7 },
        "outcome": { "tag": "err", "value": "no" }, "bare": { "tag": "ok" }, "bytes": "AAEC", "words": ["a", ""],
        "rights": ["read", "administer"], "colour": "dark-green", "shape": { "tag": "circle", "value": 1.5 },
        "pair": { "0": 1, "1": "x" }, "inner": { "name": "n", "tags": [] }, "inners": [{ "name": "m", "tags": ["t"] }],
    });
    let report = world.call("probe.echo", &json!({ "v": value }));
    assert_eq!(report["value"], value, "{report}");
}

#[test]
fn a_tool_of_the_first_contract_still_loads() {
    let world = World::new();
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/host-0.1.0.wasm");
    std::fs::copy(fixture, world.path("tools/old.wasm")).expect("the fixture");
    let manifest = "tollgate = 1\n[tool]\ncomponent = \"old.wasm\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n";
    world.write("tools/old.toml", manifest);
    world.done(&["pin", "old"]);
    let ran = world.tollgate(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn without_a_terminal_init_sets_no_passphrase_and_says_so() {
    let parent = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program()).args(arguments).current_dir(parent.path()).stdin(Stdio::null());
        command.output().expect("it runs")
    };
    let empty = parent.path().join("no-tools");
    std::fs::create_dir(&empty).expect("a folder");
    let made = run(&["init", "W", "--person", "Ada", "--tools", empty.to_str().expect("a path")]);
    assert!(made.status.success(), "{made:?}");
    assert!(String::from_utf8_lossy(&made.stderr).contains("ada has no passphrase"), "{made:?}");
    let checked = run(&["-W", "W", "check"]);
    assert!(checked.status.success(), "an empty workspace is clean: {checked:?}");
    assert_eq!(run(&["init", "W"]).status.code(), Some(2), "nothing is written over");
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!(std::fs::metadata(parent.path().join("W")).expect("W").mode() & 0o777, 0o700);
}

#[test]
fn a_passphrase_is_changed_by_who_knows_the_old_one() {
    let world = World::new();
    let change = |old: &str| {
        let mut terminal = world.at_terminal(&["passphrase", "ben"]);
        terminal.expect("until now").expect("the prompt");
        terminal.type_line(old).expect("typing");
        if old == PASSPHRASE {
            for prompt in ["New passphrase for ben", "The same again"] {
                terminal.expect(prompt).expect("the prompt");
                terminal.type_line("another passphrase").expect("typing");
            }
        }
        terminal.end().expect("an end").status.code()
    };
    assert_eq!(change("a guess"), Some(3));
    assert_eq!(change(PASSPHRASE), Some(0));
    assert_eq!(change("a guess"), Some(3), "the old one is gone: only the new one changes it");
}

#[test]
fn doctor_names_the_shared_account() {
    let world = World::new();
    let findings = world.done(&["doctor"]);
    assert!(findings.to_string().contains("can read store and keys"), "{findings}");
    std::fs::set_permissions(world.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("opening it");
    assert_eq!(world.tollgate(&["doctor"]).code, 5, "a workspace open to others is wrong");
}

#[test]
fn arguments_may_stand_in_a_file_or_come_from_stdin() {
    let world = World::new();
    world.write("arguments.json", r#"{"text": "from a file"}"#);
    assert_eq!(world.tollgate(&["call", "probe.say", "@arguments.json"]).code, 0);
    let ran = world.tollgate(&["call", "probe.say", "@missing.json"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("missing.json"), "{}", ran.stderr);
    let mut child = std::process::Command::new(crate::world::program())
        .args(["-o", "json", "call", "probe.forum-post", "-"])
        .current_dir(world.path(""))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program");
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "x".repeat(4_000) }).to_string();
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), post.as_bytes()).expect("writing");
    assert!(child.wait_with_output().expect("an end").status.success());
    assert_eq!(world.count("SELECT count(*) FROM posts WHERE length(body) = 4000"), 1);
}

#[test]
fn a_group_that_must_agree_must_exist() {
    let world = World::new();
    world.edit("bytes = \"8 KiB\", consent = \"none\"", "bytes = \"8 KiB\", consent = [\"owner\", \"two of group:webb\"]");
    let ran = world.tollgate(&["-o", "json", "check"]);
    let problems = &ran.json()["problems"];
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(problems[0]["message"], "no group is called `webb`", "{problems}");
    world.edit("group:webb", "group:web");
    assert_eq!(world.done(&["check"])["errors"], 0);
}
