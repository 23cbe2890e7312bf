//! Writing: a whole file or nothing, only where the initiator administers, and what nobody knows is said to be in doubt.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World, codes, meter, program, report};

/// A world in which the probe may write where ben administers, without asking.
fn world() -> World {
    let world = World::new();
    let grant =
        "\"files.write\" = { paths = [\"scratch/**\", \"shared/**\"], calls = 5, bytes = \"2 MiB\", consent = \"none\" }";
    let read = "\"files.read\" = { paths = [\"scratch/**\"], calls = 5, bytes = \"64 KiB\" }";
    world.grant(&format!("[limits]\narguments = \"4 MiB\"\n[grant]\n{grant}\n{read}\n"));
    world.write("files/shared/plan.md", "gus's plan\n");
    let shared =
        "[objects.shared]\nowner = \"gus\"\nfolders = [\"shared\"]\nentries = [{ principal = \"ben\", right = \"read\" }]";
    world.write("shared.toml", &format!("tollgate = 1\n{shared}\n"));
    world.done(&["world", "apply", "shared.toml"]);
    world
}

fn asked(path: &str, contents: impl AsRef<[u8]>) -> Value {
    json!({ "path": path, "contents": STANDARD.encode(contents) })
}

fn write(world: &World, path: &str, contents: impl AsRef<[u8]>) -> Value {
    world.call("probe.files-write", &asked(path, contents))
}

/// The names in the folder that the tests write in.
fn names(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.path("files/scratch")).expect("a folder");
    let mut names: Vec<_> = entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn mode(world: &World, path: &str) -> u32 {
    std::fs::metadata(world.path(path)).expect("a file").permissions().mode() & 0o7777
}

#[test]
fn a_file_is_made_whole_metered_and_on_record() {
    let world = world();
    let report = write(&world, "scratch/new.txt", "new\n");
    assert_eq!(report["outcome"], "returned", "{report}");
    assert_eq!(world.read("files/scratch/new.txt"), "new\n");
    assert_eq!(mode(&world, "files/scratch/new.txt"), 0o640);
    assert_eq!(names(&world), ["new.txt", "note.txt"], "nothing else is left");
    assert_eq!(meter(&report, "files.write bytes"), (4, 2 << 20));
    assert_eq!(meter(&report, "files.write calls"), (1, 5));
    assert_eq!(world.kinds(&report), ["began", "intent", "outcome", "ended"]);
    let entries = world.entries(&report);
    assert_eq!(entries[1]["body"]["class"], "queryable");
    assert_eq!(entries[2]["body"]["outcome"], "done");
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn a_file_is_replaced_whole_and_keeps_its_permissions() {
    let world = world();
    let path = world.path("files/scratch/note.txt");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).expect("permissions");
    let held = std::fs::File::open(&path).expect("a reader");
    assert_eq!(write(&world, "scratch/note.txt", [0, 159, 146, 150])["outcome"], "returned");
    assert_eq!(std::fs::read(&path).expect("bytes"), [0, 159, 146, 150]);
    assert_eq!(mode(&world, "files/scratch/note.txt"), 0o604);
    assert_eq!(std::io::read_to_string(held).expect("text"), "a note\n", "who had it open reads the old one to its end");
    assert_eq!(write(&world, "scratch/note.txt", "")["outcome"], "returned");
    assert_eq!(world.read("files/scratch/note.txt"), "");
}

#[test]
fn who_may_only_read_may_not_write() {
    let world = world();
    let before = world.outside();
    for path in ["shared/plan.md", "shared/new.md"] {
        let report = write(&world, path, "x");
        assert_eq!(codes(&report), ["cover.not-yours"], "{report}");
    }
    assert_eq!((world.outside(), world.read("files/shared/plan.md")), (before, "gus's plan\n".to_owned()));
    world.edit("callers = [\"group:everyone\"]", "callers = [\"gus\"]");
    let his = asked("shared/plan.md", "x").to_string();
    let ran = world.tollgate(&["-o", "json", "call", "--as", "gus", "probe.files-write", &his]);
    assert_eq!(ran.json()["outcome"], "returned", "its owner may: {ran:?}");
}

#[test]
fn without_its_grant_nothing_is_written_and_explain_says_what_to_add() {
    let world = world();
    let report = write(&world, "runbooks/deploy.md", "x");
    assert_eq!(codes(&report), ["cover.not-granted"], "{report}");
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    assert!(world.read("files/runbooks/deploy.md").starts_with("# Deploying"));
    let explained = world.tollgate(&["-o", "json", "explain", "probe", "files.write", "path=runbooks/deploy.md"]).json();
    let line = explained["add"]["text"].as_str().expect("a line").to_owned();
    assert!(line.starts_with("\"files.write\" = { paths = [\"runbooks/deploy.md\"]"), "{line}");
    world.grant(&format!("[grant]\n{}\n", line.replace("\"initiator\"", "\"none\"")));
    assert_eq!(write(&world, "runbooks/deploy.md", "x")["outcome"], "returned");
}

#[test]
fn what_is_no_plain_file_under_one_name_is_not_written() {
    use std::os::unix::fs::symlink;
    let world = world();
    let at = |name: &str| world.path(&format!("files/scratch/{name}"));
    std::fs::write(world.path("outside.txt"), "outside\n").expect("a file");
    symlink("../../outside.txt", at("link-out")).expect("a link");
    symlink("note.txt", at("link-in")).expect("a link");
    symlink("../pay", at("folder-out")).expect("a link");
    symlink("missing", at("dangling")).expect("a link");
    std::fs::hard_link(world.path("files/pay/ledger.csv"), at("second-name")).expect("a second name");
    std::fs::create_dir(at("folder")).expect("a folder");
    assert!(Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo runs").success());
    let before = world.outside();
    for name in [
        "link-out",
        "link-in",
        "dangling",
        "folder-out/new.csv",
        "folder-out/ledger.csv",
        "second-name",
        "folder",
        "pipe",
        "missing/new.txt",
        "note.txt/new.txt",
        ".tollgate-mine",
    ] {
        let report = write(&world, &format!("scratch/{name}"), "x");
        assert_eq!(codes(&report), ["cover.not-yours"], "{name}: {report}");
        assert_eq!(world.kinds(&report), ["began", "refused", "ended"], "{name}");
    }
    assert_eq!(world.outside(), before);
    assert_eq!((world.read("outside.txt"), world.read("files/pay/ledger.csv").len()), ("outside\n".to_owned(), 20));
}

#[test]
fn a_file_that_is_too_large_or_not_paid_for_is_not_written() {
    let world = world();
    let before = world.outside();
    let report = world.call("probe.write-large", &json!({ "path": "scratch/new.txt", "kib": 1025 }));
    assert_eq!(codes(&report), ["cover.not-granted"], "{report}");
    assert!(report["refusals"][0]["message"].as_str().expect("why").contains("1048576"), "{report}");
    world.edit("2 MiB", "9 B");
    let report = write(&world, "scratch/new.txt", "ten bytes.");
    assert_eq!(codes(&report), ["fund.meter-spent"], "{report}");
    assert_eq!(world.outside(), before);
    assert_eq!(write(&world, "scratch/new.txt", "nine byte")["outcome"], "returned");
}

#[test]
fn what_the_host_writes_under_is_nobodys_to_see() {
    let world = world();
    world.write("files/scratch/.tollgate-half", "half a file");
    let listed = world.call("probe.files-list", &json!({ "folder": "scratch" }));
    let entries = listed["value"]["entries"].as_array().unwrap_or_else(|| panic!("{listed}"));
    assert_eq!(entries.iter().map(|entry| &entry["name"]).collect::<Vec<_>>(), ["note.txt"]);
    let read = |path: &str| world.call("probe.files-read", &json!({ "path": path, "offset": "0", "length": 9 }));
    assert_eq!(codes(&read("scratch/.tollgate-half")), ["cover.not-yours"]);
    assert_eq!(read("scratch/note.txt")["outcome"], "returned");
}

/// Begins a write that asks ben, and waits until the card is there.
fn asking(world: &World, path: &str, contents: &[u8]) -> tollgate_example_tools::terminal::Terminal {
    world.edit("consent = \"none\"", "consent = \"initiator\"");
    let asked = asked(path, contents).to_string();
    let mut terminal = world.at_terminal(&["-o", "json", "call", "probe.files-write", &asked]);
    terminal.expect("[yes/no]").expect("the question");
    terminal
}

/// Says yes to the card, and takes what came of it.
fn agreed(mut terminal: tollgate_example_tools::terminal::Terminal) -> (Value, String) {
    terminal.type_line("yes").expect("typing");
    terminal.expect("passphrase").expect("the prompt");
    terminal.type_line(PASSPHRASE).expect("typing");
    let ended = terminal.end().expect("an end");
    (report(&ended), ended.screen)
}

#[test]
fn the_card_shows_what_is_written_over_what_and_who_reads_it() {
    let world = world();
    let (report, screen) = agreed(asking(&world, "scratch/note.txt", "seen\u{202e}\nby nobody\n".as_bytes()));
    assert_eq!(report["outcome"], "returned", "{report}\n{screen}");
    let card = screen.replace("\r\n", "\n");
    assert!(card.contains("does      write 18 bytes to scratch/note.txt (replacing 7 bytes)"), "{card}");
    assert!(card.contains("  │ seen\\u{202e}\n  │ by nobody\n"), "{card}");
    assert!(card.contains("seen by   1 person: ben"), "{card}");
    assert_eq!(world.kinds(&report), ["began", "asked", "answered", "intent", "outcome", "ended"]);
    let world = self::world();
    let (report, screen) = agreed(asking(&world, "scratch/new.bin", &[255, 0, 255]));
    assert_eq!(report["outcome"], "returned", "{report}\n{screen}");
    assert!(screen.contains("does      write 3 bytes to scratch/new.bin (a new file)"), "{screen}");
    assert!(screen.contains("contents  no text: 3 bytes, sha256:"), "{screen}");
}

/// What somebody else does meanwhile.
type Meddle = fn(&World);

#[test]
fn what_changes_while_a_person_thinks_is_not_written_over() {
    let changes: [(&str, Meddle); 3] = [
        ("agree.changed", |world| world.write("files/scratch/deep/note.txt", "somebody's work\n")),
        ("agree.changed", |world| {
            std::fs::rename(world.path("files/scratch/deep"), world.path("files/scratch/aside")).expect("moving it away");
            std::fs::create_dir(world.path("files/scratch/deep")).expect("another in its place");
        }),
        ("cover.not-yours", |world| {
            std::fs::rename(world.path("files/scratch/deep"), world.path("files/scratch/aside")).expect("moving it away");
            std::os::unix::fs::symlink("../pay", world.path("files/scratch/deep")).expect("a link in its place");
        }),
    ];
    for (code, change) in changes {
        let world = world();
        world.write("files/scratch/deep/note.txt", "a note\n");
        let terminal = asking(&world, "scratch/deep/note.txt", b"from the tool\n");
        change(&world);
        let before = world.outside();
        let (report, screen) = agreed(terminal);
        assert_eq!(codes(&report), [code], "{report}\n{screen}");
        let entries = world.entries(&report);
        let outcome = entries.iter().find(|entry| entry["kind"] == "outcome").expect("an outcome");
        assert_eq!(outcome["body"]["outcome"], "not-done", "{entries:#?}");
        assert_eq!(world.outside(), before, "{code}");
        assert_eq!(world.count("SELECT count(*) FROM doubts"), 0);
    }
}

/// Writes 1 MiB in a process that may make no file of more than 900,000 bytes: it dies in the middle of the write, or is
/// told that there is no room where `spared`.
fn cut_short(world: &World, path: &str, spared: bool) -> std::process::Output {
    let database = std::fs::metadata(world.path("tollgate.db")).expect("the store").len();
    assert!(database < 900_000, "the store itself must fit under the limit: {database}");
    let asked = json!({ "path": path, "kib": 1024 }).to_string();
    let trap = if spared { "trap '' XFSZ; exec \"$0\" \"$@\"" } else { "exec \"$0\" \"$@\"" };
    let mut command = Command::new("prlimit");
    command.args(["--fsize=900000", "--core=0", "sh", "-c", trap]).arg(program());
    command.args(["-o", "json", "call", "probe.write-large", &asked]).current_dir(world.path("."));
    command.stdin(Stdio::null()).output().expect("it runs")
}

/// The signal of a process that makes a file larger than it may (`signal(7)`).
const XFSZ: i32 = 25;

/// Kills a write in its middle. The invocation that it leaves behind.
fn killed(world: &World, path: &str) -> String {
    let ended = cut_short(world, path, false);
    assert_eq!(ended.status.signal(), Some(XFSZ), "{ended:?}");
    let query = "SELECT invocation FROM open_invocations";
    world.store().query_row(query, [], |row| row.get(0)).expect("one that nobody ended")
}

fn settled(world: &World) -> Vec<Value> {
    let store = world.store();
    let mut statement =
        store.prepare("SELECT entry FROM journal WHERE json_extract(entry, '$.kind') = 'settled'").expect("a query");
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    rows.map(|row| serde_json::from_str::<Value>(&row.expect("a row")).expect("an entry")["body"].clone()).collect()
}

#[test]
fn a_write_that_finds_no_room_leaves_nothing_behind() {
    for path in ["scratch/note.txt", "scratch/new.txt"] {
        let world = world();
        let before = world.outside();
        let ended = cut_short(&world, path, true);
        let report: Value = serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        assert_eq!(codes(&report), ["effect.unavailable"], "{report}");
        let entries = world.entries(&report);
        assert_eq!(entries[2]["body"]["outcome"], "not-done", "{entries:#?}");
        assert_eq!((world.outside(), world.read("files/scratch/note.txt")), (before, "a note\n".to_owned()));
        assert_eq!(world.count("SELECT count(*) FROM doubts"), 0);
    }
}

#[test]
fn a_write_whose_host_was_killed_in_its_middle_did_not_happen() {
    for path in ["scratch/note.txt", "scratch/new.txt"] {
        let world = world();
        let before = world.outside();
        let invocation = killed(&world, path);
        let left: Vec<_> = names(&world).into_iter().filter(|name| name.starts_with(".tollgate-")).collect();
        assert_eq!(left, [format!(".tollgate-{invocation}-1")], "what it had begun");
        let listed = world.done(&["doubts"]);
        assert_eq!(listed["doubts"], json!([]), "the host finds out by itself");
        assert_eq!(world.outside(), before, "and nothing of it is left");
        let found = settled(&world);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["outcome"], &found[0]["found"]), (&json!("not-done"), &json!("by the host")));
        assert_eq!(found[0]["invocation"], invocation.as_str());
        let receipt = world.done(&["receipt", &invocation]);
        assert_eq!((&receipt["doubts"][0]["seq"], &receipt["doubts"][0]["outcome"]), (&json!(1), &json!("not-done")));
        let entries = world.entries(&json!({ "invocation": invocation }));
        let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds, ["began", "intent", "outcome", "ended"]);
        assert_eq!(entries[2]["body"]["outcome"], "in-doubt", "{entries:#?}");
        assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
    }
}

#[test]
fn a_write_whose_host_was_killed_before_it_began_did_not_happen() {
    let world = world();
    let invocation = killed(&world, "scratch/note.txt");
    std::fs::remove_file(world.path(&format!("files/scratch/.tollgate-{invocation}-1"))).expect("as if not yet begun");
    assert_eq!(world.done(&["doubts"])["doubts"], json!([]));
    assert_eq!(settled(&world)[0]["outcome"], "not-done", "the very file in the very state");
}

/// A write that is done, and of which the record ends at the intent: as a host leaves it that is killed right after it.
fn done_unrecorded(world: &World) -> String {
    let report = write(world, "scratch/note.txt", "from the tool\n");
    assert_eq!(report["outcome"], "returned", "{report}");
    let invocation = report["invocation"].as_str().expect("an invocation").to_owned();
    let store = world.store();
    let intent: i64 = store
        .query_row("SELECT number FROM journal WHERE invocation = ?1 AND seq = 1", [&invocation], |row| row.get(0))
        .expect("the intent");
    store.execute("DELETE FROM payloads WHERE number > ?1", [intent]).expect("no payloads");
    store.execute("DELETE FROM journal WHERE number > ?1", [intent]).expect("no outcome");
    store.execute("INSERT INTO open_invocations VALUES (?1, 'dead')", [&invocation]).expect("open");
    let signed = world.read("checkpoints");
    let entries = |line: &&str| {
        let note: String = serde_json::from_str(line).expect("a note");
        note.lines().nth(1).and_then(|count| count.parse::<i64>().ok()).expect("a count")
    };
    let kept: Vec<&str> = signed.lines().filter(|line| entries(line) <= intent + 1).collect();
    std::fs::write(world.path("checkpoints"), format!("{}\n", kept.join("\n"))).expect("not signed yet");
    invocation
}

#[test]
fn a_write_whose_host_was_killed_after_it_is_found_done_by_every_door_and_once() {
    let world = world();
    done_unrecorded(&world);
    // The next host that is put together finds out, and so do its neighbours at the same time.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(world.call("probe.nothing", &json!({}))["outcome"], "returned"));
        }
    });
    let found = settled(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["outcome"], &found[0]["function"]), (&json!("done"), &json!("files.write")));
    assert_eq!(world.read("files/scratch/note.txt"), "from the tool\n");
    assert_eq!(world.count("SELECT count(*) FROM doubts WHERE settled IS NULL"), 0);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}

#[test]
fn what_the_host_cannot_find_out_a_person_says_once_with_a_passphrase() {
    let world = world();
    let invocation = done_unrecorded(&world);
    world.write("files/scratch/note.txt", "somebody has written since\n");
    let listed = world.done(&["doubts"]);
    let [doubt] = listed["doubts"].as_array().expect("a list").as_slice() else { panic!("{listed}") };
    assert_eq!((&doubt["invocation"], &doubt["seq"]), (&json!(invocation), &json!(1)));
    assert_eq!((&doubt["function"], &doubt["asked"]["path"]), (&json!("files.write"), &json!("scratch/note.txt")));
    assert!(doubt["advice"].as_str().expect("advice").contains("look at scratch/note.txt"), "{doubt}");
    let text = world.tollgate(&["doubts"]).stdout;
    assert!(text.contains(&format!("tollgate doubts settle {invocation} 1 done|not-done")), "{text}");
    let typed = ["-o", "json", "doubts", "settle", &invocation, "1", "done", "--reason", "the backup of 12:00 has it"];
    let ran = world.tollgate(&typed);
    assert_eq!(ran.code, 5, "nobody is there to show who he is: {ran:?}");
    let (said, _) = world.answered(&typed, &[("ben's passphrase", "guess")]);
    assert!(said["error"]["message"].as_str().expect("why").contains("not ben's passphrase"), "{said}");
    assert_eq!(settled(&world), Vec::<Value>::new());
    let (said, _) = world.answered(&typed, &[("ben's passphrase", PASSPHRASE)]);
    assert_eq!(said["outcome"], "done", "{said}");
    let found = settled(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["found"], &found[0]["of"]), (&json!("by a person"), &json!("ben")));
    assert_eq!(world.done(&["doubts"])["doubts"], json!([]));
    let again = world.tollgate(&typed);
    assert_eq!(again.code, 2, "what is settled stays so: {again:?}");
    let reasons =
        "SELECT count(*) FROM payloads WHERE part = 'reason' AND bytes = CAST('the backup of 12:00 has it' AS BLOB)";
    assert_eq!(world.count(reasons), 1);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}
