//! The SDK's test kit says what the host says: one script, run natively in the kit's world and as a tool in a real one.

use script::script;
use serde_json::{Value, json};

use crate::world::{World, guests};

/// The same grants and meters in both worlds, in the order in which `context.meters` names them.
const GRANTS: &str = r#"[grant]
"files.read" = { paths = ["**"], wide = true, calls = 40, bytes = "3 MiB" }
"files.write" = { paths = ["**"], wide = true, calls = 40, bytes = "3 MiB", consent = "none" }
"forum.read" = { forums = ["*"], wide = true, calls = 40, bytes = "4 MiB" }
"forum.post" = { forums = ["*"], wide = true, calls = 40, bytes = "350 KiB", consent = "none" }
"acl.read" = { objects = ["*"], wide = true, calls = 40, bytes = "1 MiB" }
"acl.write" = { objects = ["*"], wide = true, principals = ["*", "group:*"], rights = ["read"], calls = 40, lease = "30 min", consent = "none" }
"#;

const METERS: [(&str, u64, u64); 6] = [
    ("files.read", 40, 3 << 20),
    ("files.write", 40, 3 << 20),
    ("forum.read", 40, 4 << 20),
    ("forum.post", 40, 350 << 10),
    ("acl.read", 40, 1 << 20),
    ("acl.write", 40, 0),
];

/// What both worlds hold.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("runbooks/deploy.md".to_owned(), b"# Deploying\n\nRoll back with `ship rollback`.\n".to_vec()),
        ("runbooks/night/on-call.md".to_owned(), b"whoever is on call\n".to_vec()),
        ("runbooks/large.bin".to_owned(), (0..3 << 19).map(|n: u32| (n % 251) as u8).collect()),
    ];
    files.extend((0..400).map(|n| (format!("runbooks/many/{n:03}-{}", "n".repeat(200)), Vec::new())));
    files
}

fn real(grants: &str) -> World {
    let world = World::new();
    std::fs::remove_dir_all(world.path("files/runbooks")).expect("the runbooks that there were");
    std::fs::remove_dir_all(world.path("files/scratch")).expect("the notes that there were");
    for (path, bytes) in files() {
        let path = world.path(&format!("files/{path}"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    std::fs::copy(guests().fixtures.join("script.wasm"), world.path("tools/script.wasm")).expect("the guest");
    let head = "tollgate = 1\n[tool]\ncomponent = \"script.wasm\"\ncallers = [\"group:everyone\"]\nagents = [\"cli\"]\n";
    world.write("tools/script.toml", &format!("{head}{grants}"));
    world.done(&["pin", "script"]);
    world
}

fn kit() -> tollgate_sdk::test::World {
    let world = tollgate_sdk::test::World::new();
    files().into_iter().for_each(|(path, bytes)| world.file(&path, bytes));
    world.object("scratch", &[]);
    world.longest_lease(1800);
    METERS.into_iter().for_each(|(grant, calls, bytes)| world.meter(grant, calls, bytes));
    world
}

/// What the tool says in the real world, a line for each call.
fn told(world: &World, function: &str, arguments: &Value) -> Vec<String> {
    let report = world.call(&format!("script.{function}"), arguments);
    assert_eq!(report["outcome"], "returned", "{report}");
    report["value"].as_array().expect("lines").iter().map(|line| line.as_str().expect("a line").to_owned()).collect()
}

/// The thread that `init` begins.
const THREAD: u64 = 1;

#[test]
fn reading_in_the_kit_is_reading_in_the_host() {
    let (world, kit) = (real(GRANTS), kit());
    let _here = kit.install();
    let lines = script::read();
    assert!(lines.iter().any(|line| line == "read \"runbooks/missing.md\" 0 10: cover.not-yours"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("many: (") && line.ends_with("true)")), "{lines:#?}");
    assert_eq!(lines, told(&world, "read", &json!({})));
}

#[test]
fn writing_in_the_kit_is_writing_in_the_host() {
    let limits = "[limits]\narguments = \"16 MiB\"\n";
    let (world, kit) = (real(&format!("{limits}{GRANTS}")), kit());
    let _here = kit.install();
    let lines = script::write();
    assert!(lines.iter().any(|line| line == "write \"runbooks/new.md\" 5: ()"), "{lines:#?}");
    assert!(lines.iter().any(|line| line == "write \"runbooks/large.bin\" 1048577: cover.not-granted"), "{lines:#?}");
    assert_eq!(lines, told(&world, "write", &json!({})));
    assert_eq!(kit.written(), ["runbooks/new.md", "runbooks/new.md", "runbooks/deploy.md", "runbooks/large.bin"]);
    let now = |path: &str| std::fs::read(world.path(&format!("files/{path}"))).ok();
    for path in ["runbooks/new.md", "runbooks/deploy.md", "runbooks/large.bin", "runbooks/night/on-call.md"] {
        assert_eq!(kit.contents(path), now(path), "{path}");
    }
}

#[test]
fn a_meter_of_the_kit_is_spent_as_the_hosts_is() {
    let grants = "[grant]\n\"files.read\" = { paths = [\"**\"], wide = true, calls = 6, bytes = \"200 B\" }\n";
    let (world, kit) = (real(grants), tollgate_sdk::test::World::new());
    files().into_iter().for_each(|(path, bytes)| kit.file(&path, bytes));
    kit.meter("files.read", 6, 200);
    let _here = kit.install();
    let lines = script::spend();
    assert_eq!(lines.iter().filter(|line| line.ends_with("fund.meter-spent")).count(), 2, "{lines:#?}");
    assert_eq!(lines, told(&world, "spend", &json!({})));
}

#[test]
fn posting_in_the_kit_is_posting_in_the_host() {
    let (world, kit) = (real(GRANTS), kit());
    let thread = kit.thread("eng-help", "Rolling back", &[("fay", "How?")]);
    let _here = kit.install();
    let lines = script::post(thread);
    assert!(lines.iter().any(|line| line == "a page: (2, true)"), "{lines:#?}");
    assert_eq!(lines, told(&world, "post", &json!({ "thread": THREAD.to_string() })));
    assert_eq!(kit.posts().len(), 3);
}

#[test]
fn nobody_who_can_agree_is_the_same_in_the_kit_and_in_the_host() {
    let (world, kit) = (real(&GRANTS.replace("350 KiB\", consent = \"none\"", "350 KiB\", consent = \"initiator\"")), kit());
    let thread = kit.thread("eng-help", "Rolling back", &[]);
    kit.refuse("forum.post", "agree.nobody-can");
    world.store().execute("DELETE FROM credentials", []).expect("nobody has a passphrase");
    let _here = kit.install();
    let lines = script::ask(thread);
    assert_eq!(lines[1], "a thread that is: agree.nobody-can");
    assert_eq!(lines, told(&world, "ask", &json!({ "thread": THREAD.to_string() })));
}

#[test]
fn widening_in_the_kit_is_widening_in_the_host() {
    let (world, kit) = (real(GRANTS), kit());
    let _here = kit.install();
    let lines = script::widen();
    assert!(lines.iter().any(|line| line == "end again: cover.not-yours"), "{lines:#?}");
    assert_eq!(lines, told(&world, "widen", &json!({})));
}

#[test]
fn every_code_that_the_kit_may_be_asked_for_is_one_of_the_hosts() {
    let mut codes: Vec<String> = tollgate::refusal::Code::ALL.iter().map(ToString::to_string).collect();
    codes.sort();
    let kit = kit();
    let _here = kit.install();
    let asked = |code: &str| {
        kit.refuse_once("files.read", code);
        let refusal = tollgate_sdk::files::read("runbooks/deploy.md", 0, 1).expect_err("a refusal");
        format!("{}.{}", refusal.stage, refusal.reason)
    };
    let met: Vec<String> = codes.iter().map(|code| asked(code)).collect();
    assert_eq!(met, codes);
}

#[test]
#[should_panic(expected = "outside a host there is no world to act on")]
fn a_call_without_a_world_says_what_to_do() {
    drop(kit().install());
    let _refused = tollgate_sdk::files::read("runbooks/deploy.md", 0, 1);
}

#[test]
#[should_panic(expected = "a host ends a tool that it refuses more than 32 times")]
fn a_tool_that_does_not_take_no_for_an_answer_is_ended_as_the_host_would() {
    let kit = kit();
    let _here = kit.install();
    for _ in 0..33 {
        let _refused = tollgate_sdk::files::read("runbooks/missing.md", 0, 1);
    }
}
