//! What a tool's author says and declares, as an operator meets it: in `inspect`, in `check`, and as a manifest to begin with.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use tollgate::capability::specs;
use tollgate::diagnostic::{Severity, Source};
use tollgate::grant::{Consent, Grants, Kind};
use tollgate::manifest::{self, Manifest, Outline, skeleton};
use tollgate::name::{Digest, ToolName};

use crate::world::{World, guests};

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { name: "tools/answer.toml".to_owned(), text: text.to_owned() })
}

fn declared(text: &str) -> Grants {
    let checked = manifest::declaration(&source(text), &specs());
    checked.value.unwrap_or_else(|| panic!("{:?}\n{text}", checked.problems))
}

fn checked(text: &str) -> Manifest {
    let checked = manifest::check(ToolName::parse("answer").expect("a name"), source(text), &specs());
    checked.value.unwrap_or_else(|| panic!("{:?}\n{text}", checked.problems))
}

fn outline(declared: Option<&Grants>) -> String {
    skeleton(&Outline {
        component: "answer.wasm",
        digest: None,
        callers: vec!["ben".to_owned()],
        agents: vec!["cli".to_owned()],
        imported: specs(),
        declared,
    })
}

const HEAD: &str = "tollgate = 1\n[tool]\ncomponent = \"a.wasm\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n[grant]\n";

#[test]
fn a_grant_that_the_declaration_leaves_nothing_of_is_a_warning_at_its_line() {
    let needs = declared(
        "\"files.read\" = { paths = [\"runbooks/**\"], calls = 1, bytes = \"1 B\" }\n\
         \"acl.write\" = [{ objects = [\"a-*\"], principals = [\"ben\"], rights = [\"read\"], calls = 1, lease = \"1 h\" },\n\
         { objects = [\"b-*\"], principals = [\"group:*\"], rights = [\"read\"], calls = 1, lease = \"1 h\" }]\n",
    );
    let files = |paths: &str| format!("\"files.read\" = {{ paths = [{paths}], calls = 9, bytes = \"9 B\" }}");
    let acl = |objects: &str, principals: &str, rights: &str| {
        let reach = format!("objects = [{objects}], principals = [{principals}], rights = [{rights}]");
        format!("\"acl.write\" = {{ {reach}, calls = 1, lease = \"1 h\", consent = \"none\" }}")
    };
    let nothing = "it reaches nothing that the tool's author declares";
    for (grant, warnings) in [
        (files(r#""runbooks/deploy.md", "*/x.md""#), vec![]),
        (acl(r#""a-1""#, r#""ben""#, r#""read""#), vec![]),
        (acl(r#""b-1""#, r#""group:web""#, r#""read""#), vec![]),
        (files(r#""pay/**""#), vec![format!("line 7: this files.read grant opens nothing: {nothing}")]),
        (
            files(r#""runbooks/*", "pay/**""#),
            vec!["\"pay/**\": `pay/**` opens nothing: the tool's author declares no paths like it".to_owned()],
        ),
        (
            acl(r#""a-1""#, r#""ben""#, r#""read", "administer""#),
            vec!["line 7: `administer` opens nothing: the tool's author declares no rights like it".to_owned()],
        ),
        // Each of its patterns is declared somewhere, but not together.
        (
            acl(r#""a-1""#, r#""group:web""#, r#""read""#),
            vec![format!("line 7: this acl.write grant opens nothing: {nothing}")],
        ),
        (
            "\"forum.post\" = { forums = [\"x\"], calls = 1, bytes = \"1 B\", consent = \"none\" }".to_owned(),
            vec!["line 7: this forum.post grant opens nothing: the tool's author declares no need of forum.post".to_owned()],
        ),
    ] {
        let manifest = checked(&format!("{HEAD}{grant}\n"));
        let problems = manifest::useless(&manifest, &needs);
        assert!(problems.iter().all(|problem| problem.severity == Severity::Warning));
        let said = problems.iter().map(|problem| {
            let at = &manifest.source.text[problem.span.clone()];
            let at = if at == grant { format!("line {}", manifest.source.line(problem.span.start)) } else { at.to_owned() };
            format!("{at}: {}", problem.message)
        });
        assert_eq!(said.collect::<Vec<_>>(), warnings, "{grant}");
    }
    let all = checked(&format!("{HEAD}{}\n", files("\"a\"")));
    assert_eq!(manifest::useless(&all, &Grants::default()).len(), 1, "who needs nothing is granted nothing");
}

#[test]
fn a_skeleton_without_a_declaration_grants_nothing_and_shows_what_could_be() {
    let text = outline(None);
    assert_eq!(checked(&text).grants, Grants::default(), "{text}");
    let taken: String = text
        .lines()
        .map(|line| line.strip_prefix("# \"").map_or(line.to_owned(), |rest| format!("\"{rest}")) + "\n")
        .collect();
    let filled = taken.replace("rights = [\"…\"]", "rights = [\"read\"]").replace('…', "x");
    assert_eq!(checked(&filled).grants.0.len(), specs().len(), "{filled}");
    let digest = Digest::of(b"reviewed");
    let with = Outline {
        component: "a.wasm",
        digest: Some(digest),
        callers: vec!["ben".to_owned()],
        agents: vec!["cli".to_owned()],
        imported: vec![],
        declared: None,
    };
    let text = skeleton(&with);
    assert_eq!(checked(&text).digest, Some(digest), "{text}");
    assert!(text.contains("imports nothing that could be granted"), "{text}");
}

#[test]
fn a_skeleton_names_what_is_imported_and_not_declared() {
    let text = outline(Some(&declared("\"forum.read\" = { forums = [\"a\"], calls = 1, bytes = \"1 B\" }\n")));
    assert_eq!(checked(&text).grants.0.len(), 1, "{text}");
    assert!(text.contains("# imported, and not declared: a grant of acl.write would open nothing"), "{text}");
}

#[test]
fn inspect_shows_the_authors_words_and_needs() {
    let world = World::new();
    let shown = world.tollgate(&["inspect", "answer"]).stdout;
    for line in [
        "  │ Answers a question from a folder of documents",
        "    │ Answers `question` from the documents in `folder`",
        "    (question) │ What is asked, in plain words.",
        "    result.passages[].line │ Its first line there, from 1.",
        "its author says that it needs at most\n  \"files.read\" = { paths = [\"**\"], calls = 10000, bytes = \"64 MiB\" }\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let json = world.done(&["inspect", "answer", "--schema"]);
    assert!(json["text"].as_str().expect("a text").starts_with("Answers a question"), "{json}");
    let ask = json["functions"].as_array().expect("functions").iter().find(|it| it["name"] == "ask").expect("ask");
    assert_eq!(ask["texts"]["(question)"], "What is asked, in plain words.");
    assert_eq!(ask["takes"]["properties"]["question"]["description"], "What is asked, in plain words.");
    assert_eq!(json["needs"][1], "\"forum.post\" = { forums = [\"*\"], calls = 1, bytes = \"8 KiB\" }");
    assert_eq!(world.done(&["inspect", "probe"])["needs"], json!(null), "who declares nothing is shown to declare nothing");
}

#[test]
fn the_printed_skeleton_is_a_manifest_that_check_takes() {
    let world = World::new();
    let file = guests().fixtures.join("after.wasm");
    let printed = world.tollgate(&["inspect", file.to_str().expect("a path"), "--manifest"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.stdout.contains("callers   = [\"ben\"]"), "{}", printed.stdout);
    std::fs::copy(&file, world.path("tools/after.wasm")).expect("the component");
    world.write("tools/after.toml", &printed.stdout);
    world.done(&["pin", "after"]);
    let check = world.tollgate(&["check"]);
    assert_eq!(check.code, 0, "{check:?}");
    let again = world.tollgate(&["inspect", "after", "--manifest"]).stdout;
    let unpinned: Vec<&str> = again.lines().filter(|line| !line.starts_with("digest    = \"sha256:")).collect();
    assert_eq!(unpinned, printed.stdout.lines().collect::<Vec<_>>(), "of a tool it says what is pinned, and else the same");
    assert_ne!(again, printed.stdout);
    world.write(
        "tools/after.toml",
        &again
            .replace("paths = [\"**\"]", "paths = [\"runbooks/*\"]")
            .replace("bytes = \"64 KiB\", wide = true", "bytes = \"64 KiB\""),
    );
    assert_eq!(world.tollgate(&["check"]).code, 0, "and it may be narrowed");
}

#[test]
fn check_warns_of_grants_that_the_declaration_closes() {
    let world = World::new();
    let text = world.read("tools/answer.toml");
    let (head, _) = text.split_once("[grant]").expect("grants");
    world.write(
        "tools/answer.toml",
        &format!("{head}[grant]\n\"acl.read\" = {{ objects = [\"scratch\"], calls = 1, bytes = \"1 KiB\" }}\n"),
    );
    let check = world.tollgate(&["check"]);
    assert_eq!(check.code, 0, "a warning is no error: {check:?}");
    assert!(check.stderr.contains("the tool's author declares no need of acl.read"), "{}", check.stderr);
}

prop_compose! {
    /// A declaration with everything that may stand in one, hidden characters of paths included.
    fn any_needs()(
        paths in prop::collection::btree_set("(\\*\\*|[a-zé\"'#\u{202e}\u{e0041} ]{1,4}/(\\*|x\\*y))", 1..4),
        forums in prop::collection::btree_set("[a-y]{1,4}\\*?", 1..3),
        (calls, bytes, lease) in (1_u64..1_000_000, 1_u64..5_000_000, 1_u64..100),
        people in prop::sample::select(vec!["*", "group:*", "ben", "group:web-*"]),
        twice in any::<bool>(),
    ) -> String {
        let quoted = |texts: &std::collections::BTreeSet<String>| {
            texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\\\""))).collect::<Vec<_>>().join(", ")
        };
        let (paths, forums) = (quoted(&paths), quoted(&forums));
        let more = if twice { format!(", {{ forums = [\"z-1-2\"], calls = 1, bytes = \"{bytes} B\" }}") } else { String::new() };
        format!(
            "\"files.read\" = {{ paths = [{paths}], calls = {calls}, bytes = \"{bytes} B\" }}\n\
             \"forum.post\" = [{{ forums = [{forums}], calls = {calls}, bytes = \"{bytes} B\" }}{more}]\n\
             \"acl.write\" = {{ objects = [\"*/**\"], principals = [\"{people}\"], rights = [\"read\"], calls = 1, lease = \"{lease} min\" }}\n"
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_skeleton_grants_what_is_declared_and_asks_before_changes(needs in any_needs()) {
        let needs = declared(&needs);
        let text = outline(Some(&needs));
        let plain = |c: char| c == '\n' || (!c.is_control() && !matches!(c, '\u{202e}' | '\u{e0041}'));
        prop_assert!(text.chars().all(plain), "{:?}", text);
        let granted = checked(&text).grants;
        prop_assert_eq!(granted.0.len(), needs.0.len());
        for (grant, need) in granted.0.iter().zip(&needs.0) {
            prop_assert_eq!((grant.spec.name, &grant.reach, grant.calls), (need.spec.name, &need.reach, need.calls));
            prop_assert_eq!((grant.bytes, grant.lease, grant.index), (need.bytes, need.lease, need.index));
            let asked = if grant.spec.kind == Kind::Change { Consent::initiator() } else { Consent::none() };
            prop_assert_eq!(&grant.consent, &asked);
        }
        prop_assert_eq!(manifest::useless(&checked(&text), &needs), vec![]);
    }

    #[test]
    fn a_declared_line_declares_the_same(needs in any_needs()) {
        let needs = declared(&needs);
        let single: String = needs.0.iter().filter(|it| it.index == 0).map(|it| manifest::declared(it) + "\n").collect();
        let again = declared(&single);
        for (again, need) in again.0.iter().zip(needs.0.iter().filter(|it| it.index == 0)) {
            prop_assert_eq!((&again.reach, again.calls, again.bytes, again.lease), (&need.reach, need.calls, need.bytes, need.lease));
        }
    }
}
