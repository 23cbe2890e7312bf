//! Manifests and the configuration: everything wrong with them is said at once, with its line and what to do (S24).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;
use tollgate::cli::report::render;
use tollgate::diagnostic::{Severity, Source};
use tollgate::grant::{Class, Consent, Dimension, Kind, Spec, Values};
use tollgate::manifest::{self, Checked, Known, Manifest, Place};
use tollgate::name::{Digest, ToolName};

static FORUMS: &[Dimension] = &[Dimension { key: "forums", one: "forum", values: Values::Names }];
static OBJECTS: &[Dimension] = &[Dimension { key: "objects", one: "object", values: Values::Names }];
static FILES_READ: Spec = Spec {
    name: "files.read",
    functions: &["files.list", "files.read"],
    kind: Kind::Observation,
    reach: &[Dimension { key: "paths", one: "path", values: Values::Paths }],
    bytes: true,
    lease: false,
    hints: tollgate::grant::Hints::READS,
    class: None,
};
static FORUM_READ: Spec = Spec {
    name: "forum.read",
    functions: &["forum.threads", "forum.thread"],
    kind: Kind::Observation,
    reach: FORUMS,
    bytes: true,
    lease: false,
    hints: tollgate::grant::Hints::READS,
    class: None,
};
static FORUM_POST: Spec = Spec {
    name: "forum.post",
    functions: &["forum.post"],
    kind: Kind::Change,
    reach: FORUMS,
    bytes: true,
    lease: false,
    hints: tollgate::grant::Hints::READS,
    class: Some(Class::SameDatabase),
};
static ACL_READ: Spec = Spec {
    name: "acl.read",
    functions: &["acl.entries"],
    kind: Kind::Observation,
    reach: OBJECTS,
    bytes: true,
    lease: false,
    hints: tollgate::grant::Hints::READS,
    class: None,
};
static ACL_WRITE: Spec = Spec {
    name: "acl.write",
    functions: &["acl.widen", "acl.end"],
    kind: Kind::Change,
    reach: &[
        Dimension { key: "objects", one: "object", values: Values::Names },
        Dimension { key: "principals", one: "principal", values: Values::Principals },
        Dimension { key: "rights", one: "right", values: Values::Words(&["read", "administer"]) },
    ],
    bytes: false,
    lease: true,
    hints: tollgate::grant::Hints::READS,
    class: Some(Class::SameDatabase),
};
static SPECS: [&Spec; 5] = [&FILES_READ, &FORUM_READ, &FORUM_POST, &ACL_READ, &ACL_WRITE];

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

fn check(text: &str) -> Checked<Manifest> {
    let tool = ToolName::parse("answer").expect("a tool's name");
    manifest::check(tool, source("tools/answer.toml", text), &SPECS)
}

fn sound(text: &str) -> Manifest {
    let checked = check(text);
    checked.value.unwrap_or_else(|| panic!("{}\n{text}", render(&checked.problems)))
}

fn world() -> Known {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let people = ["ann", "ben", "group:engineering", "group:oncall", "group:team-web", "group:team-data"];
    BTreeMap::from([
        ("paths", names(&["runbooks/deploy.md", "runbooks/web/restart.md", "run-secrets/key", "pay/2026.csv", "run.md"])),
        ("forums", names(&["bots", "eng-help"])),
        ("objects", names(&["dataset/scratch-1", "dataset/pay"])),
        ("principals", names(&people)),
        ("callers", names(&people)),
        ("consent", names(&people[2..])),
    ])
}

/// What `check` would say: the problems of the text, or else those beside the world, and what patterns reach.
fn report(name: &str, text: &str) -> String {
    let tool = ToolName::parse("answer").expect("a tool's name");
    let checked = manifest::check(tool, source(name, text), &SPECS);
    let Some(manifest) = checked.value else { return render(&checked.problems) };
    let mut report = render(&manifest::against(&manifest, &world()));
    for reach in manifest::reached(&manifest, &world()) {
        let examples = if reach.count == 0 { "nothing".to_owned() } else { reach.examples.join(", ") };
        let (grant, pattern) = (reach.grant, &reach.pattern);
        report.push_str(&format!("line {}: {grant} `{pattern}` matches {} today: {examples}\n", reach.line, reach.count));
    }
    report
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/manifests")
}

#[test]
fn s24_every_mistake_in_a_manifest_is_an_error_with_its_line_and_what_to_do() {
    let stems = |extension: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(folder()).expect("the folder of fixtures");
        let paths = files.map(|file| file.expect("an entry").path());
        let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
        wanted.map(|path| path.file_stem().expect("a stem").to_string_lossy().into_owned()).collect()
    };
    let (manifests, bless) = (stems("toml"), blessing());
    assert!(manifests.len() >= 30, "only {} manifests", manifests.len());
    let mut differing = Vec::new();
    for stem in &manifests {
        let text = read(&format!("{stem}.toml"));
        let found = report(&format!("tools/{stem}.toml"), &text);
        if bless {
            write(&format!("{stem}.report"), &found);
        } else if !folder().join(format!("{stem}.report")).exists() {
            differing.push(format!("{stem}.report is missing:\n{found}"));
        } else if read(&format!("{stem}.report")) != found {
            differing.push(format!("{stem}.report differs:\n{found}"));
        }
    }
    assert!(differing.is_empty(), "BLESS=1 writes them anew, for you to review\n{}", differing.join("\n"));
    assert_eq!(manifests, stems("report"), "a manifest without a report, or a report without a manifest");
}

#[expect(clippy::disallowed_methods, reason = "a test is where its environment is asked")]
fn blessing() -> bool {
    std::env::var("BLESS").is_ok_and(|value| value == "1")
}

#[expect(clippy::disallowed_methods, reason = "fixtures are files")]
fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("a fixture in UTF-8")
}

#[expect(clippy::disallowed_methods, reason = "fixtures are files")]
fn write(name: &str, text: &str) {
    std::fs::write(folder().join(name), text).expect("a report that can be written");
}

#[test]
fn s24_fixtures_hold_what_they_are_for() {
    let clean = ["clean", "clean_crlf", "consent_and_quotas", "wide_said", "world_names", "world_paths"];
    for stem in clean {
        assert!(check(&read(&format!("{stem}.toml"))).value.is_some(), "{stem} should be sound");
    }
    assert!(read("clean_crlf.toml").contains("\r\n"), "git must leave the line ends alone");
    assert!(read("bom.toml").starts_with('\u{feff}'), "git must leave the mark alone");
    for broken in ["bom", "wide", "overlap", "duplicate_keys", "homoglyph", "not_toml", "empty"] {
        let checked = check(&read(&format!("{broken}.toml")));
        assert!(checked.value.is_none() && !checked.problems.is_empty(), "{broken} should be refused");
    }
}

const SMALL: &str = "tollgate = 1\n\n[tool]\ncomponent = \"answer.wasm\"\ncallers = [\"ben\"]\nagents = [\"cli\"]\n";

#[test]
fn what_is_not_written_has_the_defaults_and_no_grants() {
    let manifest = sound(SMALL);
    assert_eq!(manifest.limits, manifest::Limits::default());
    assert!(manifest.grants.0.is_empty());
    assert_eq!(manifest.digest, None);
    let limits: Vec<String> = manifest.limits.each().iter().map(|(key, value)| format!("{key} {value}")).collect();
    let wanted = "fuel \"2G\" · time \"10 s\" · backend-time \"30 s\" · memory \"64 MiB\" · tables \"1 MiB\" · handles 1000 · \
                  host-calls 10000 · refusals 32 · arguments \"1 MiB\" · output \"1 MiB\" · stdout \"64 KiB\"";
    assert_eq!(limits.join(" · "), wanted);
}

#[test]
fn a_grant_is_read_as_it_is_written() {
    let manifest = sound(&read("clean.toml"));
    let [files, help, bots, acl] = manifest.grants.0.as_slice() else { panic!("{:?}", manifest.grants) };
    assert_eq!((files.spec.name, files.calls, files.line), ("files.read", 20, 15));
    assert_eq!(files.bytes.map(|bytes| bytes.to_string()).as_deref(), Some("1 MiB"));
    assert_eq!((help.index, &help.consent, help.line), (0, &Consent::initiator(), 17));
    assert_eq!((bots.index, &bots.consent, bots.line), (1, &Consent::none(), 23));
    assert_eq!(acl.lease.map(|lease| lease.to_string()).as_deref(), Some("30 min"));
    assert_eq!((acl.bytes, acl.reach.len()), (None, 3));
}

#[test]
fn the_meaning_is_not_the_spelling() {
    let text = read("clean.toml");
    let meaning = sound(&text).meaning();
    let same = [
        ("a comment", text.replace("# what was reviewed", "# another comment")),
        ("line ends", text.replace('\n', "\r\n")),
        ("order of callers", text.replace("\"group:engineering\", \"ben\"", "\"ben\", \"group:engineering\"")),
        ("order of keys", text.replace("calls = 1\nbytes = \"8 KiB\"", "bytes = \"8 KiB\"\ncalls = 1")),
        ("spelling of a size", text.replace("\"1 MiB\"", "\"1024 KiB\"")),
        ("a default", text.replace("[limits]\n", "[limits]\ntime = \"10 s\"\n")),
        (
            "order of grants",
            text.replace("[\"bots\"]\ncalls = 5", "[\"eng-help\"]\ncalls = 1")
                .replacen("[\"eng-help\"]\ncalls = 1", "[\"bots\"]\ncalls = 5", 1)
                .replacen("\"initiator\"", "\"x\"", 1)
                .replacen("\"none\"", "\"initiator\"", 1)
                .replacen("\"x\"", "\"none\"", 1),
        ),
    ];
    for (what, text) in same {
        assert_eq!(sound(&text).meaning(), meaning, "{what} is no change of meaning");
    }
    let other = [
        ("a caller", ("\"group:engineering\", \"ben\"", "\"ben\"")),
        ("an agent", ("\"agent-7\"", "\"agent-8\"")),
        ("the component", ("answer.wasm", "other.wasm")),
        ("the digest", ("9f9f", "9f9e")),
        ("a limit", ("64 MiB", "65 MiB")),
        ("calls", ("calls = 20", "calls = 21")),
        ("bytes", ("\"1 MiB\"", "\"2 MiB\"")),
        ("a reach", ("runbooks/**", "runbooks/*")),
        ("consent", ("consent = \"none\"", "consent = \"owner\"")),
        ("a rule more", ("consent = \"initiator\"", "consent = [\"initiator\", \"group:oncall\"]")),
        ("a lease", ("30 min", "31 min")),
        ("a right", ("[\"read\"]", "[\"administer\"]")),
    ];
    for (what, (from, to)) in other {
        assert!(text.contains(from), "{from}");
        assert_ne!(sound(&text.replacen(from, to, 1)).meaning(), meaning, "{what} is a change of meaning");
    }
}

#[test]
fn pinning_writes_one_line_and_leaves_every_other_byte() {
    let digest = Digest::of(b"component");
    let texts = [
        SMALL.to_owned(),
        SMALL.replace('\n', "\r\n"),
        SMALL.replace("answer.wasm\"", "answer.wasm\"   # reviewed by ann"),
        SMALL.replace("component =", "component   ="),
        "tollgate = 1\ntool = { component = \"a.wasm\", callers = [\"ben\"], agents = [\"cli\"] } # short".to_owned(),
        "tollgate = 1\ntool.callers = [\"ben\"]\ntool.agents = [\"cli\"]\ntool.component = \"a.wasm\"".to_owned(),
    ];
    for text in texts {
        let pinned = manifest::pin(&text, &digest).expect("a manifest that can be pinned");
        assert_eq!(sound(&pinned).digest, Some(digest), "{pinned}");
        let kept = pinned.lines().filter(|line| !line.contains("sha256:") || line.contains("tool = {"));
        let kept: Vec<_> = kept.map(|line| line.replace(&format!(", digest = \"{digest}\""), "")).collect();
        assert_eq!(kept, text.lines().collect::<Vec<_>>());
        let bare = |text: &str| text.replace("\r\n", "").contains('\n');
        assert!(!text.contains('\r') || !bare(&pinned), "{pinned:?} has two kinds of line ends");
        let other = Digest::of(b"another");
        let again = manifest::pin(&pinned, &other).expect("a manifest that can be pinned again");
        assert_eq!(again, pinned.replace(&digest.to_string(), &other.to_string()));
    }
    assert!(manifest::pin("tollgate = 1\n[tool]\n", &digest).is_err(), "no component, nothing to pin");
    assert!(manifest::pin("[tool\n", &digest).is_err(), "no TOML");
}

#[test]
fn the_suggested_line_grants_exactly_what_was_asked() {
    type Given<'v> = &'v [(&'v str, &'v str)];
    let cases: [(&'static Spec, Given<'_>, &str); 3] = [
        (
            &FILES_READ,
            &[("path", "runbooks/deploy.md")],
            "\"files.read\" = { paths = [\"runbooks/deploy.md\"], calls = 1, bytes = \"64 KiB\" }",
        ),
        (
            &FORUM_POST,
            &[("forum", "eng-help")],
            "\"forum.post\" = { forums = [\"eng-help\"], calls = 1, bytes = \"64 KiB\", consent = \"initiator\" }",
        ),
        (
            &ACL_WRITE,
            &[("object", "dataset/pay"), ("principal", "ben"), ("right", "read")],
            "\"acl.write\" = { objects = [\"dataset/pay\"], principals = [\"ben\"], rights = [\"read\"], calls = 1, lease = \"30 min\", consent = \"initiator\" }",
        ),
    ];
    for (spec, values, wanted) in cases {
        let line = manifest::suggest(spec, values);
        assert_eq!(line, wanted);
        let manifest = sound(&format!("{SMALL}\n[grant]\n{line}\n"));
        assert_eq!((manifest.grants.0.len(), manifest.place_for_grant(spec)), (1, Place::Widen(9)));
    }
    let hostile = manifest::suggest(&FILES_READ, &[("path", "a\"]\n[tool]")]);
    assert!(hostile.contains("[\"a\\\"]\\u000A[tool]\"]"), "{hostile}");
    assert_eq!(sound(&format!("{SMALL}\n[grant]\n")).place_for_grant(&FILES_READ), Place::Under(8));
    assert_eq!(sound(SMALL).place_for_grant(&FILES_READ), Place::New(7));
}

#[test]
fn a_wide_pattern_may_match_nothing_yet_and_an_unknown_kind_is_not_judged() {
    let manifest = sound(&read("wide_said.toml"));
    let mut known = world();
    known.insert("forums", Vec::new());
    assert_eq!(manifest::against(&manifest, &known), [], "everything there is may be nothing");
    assert_eq!(manifest::reached(&manifest, &known).iter().filter(|reach| reach.count == 0).count(), 1);
    let paths = sound(&read("world_paths.toml"));
    assert_eq!(manifest::against(&paths, &known).len(), 2);
    known.remove("paths");
    assert_eq!(manifest::against(&paths, &known), []);
}

#[test]
fn a_grant_that_the_tool_never_imports_is_a_warning_at_its_line() {
    let manifest = sound(&read("clean.toml"));
    let imported = |functions: &[&str]| functions.iter().map(|function| (*function).to_owned()).collect();
    assert_eq!(manifest::unused(&manifest, &imported(&["files.list", "forum.post", "acl.end"])), []);
    let problems = manifest::unused(&manifest, &imported(&["files.read", "forum.post"]));
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(problem.severity, Severity::Warning);
    assert_eq!(&manifest.source.text[problem.span.clone()], "[grant.\"acl.write\"]");
}

#[test]
fn a_flood_of_mistakes_is_told_in_part_and_at_once() {
    let keys: String = (0..7_000).map(|n| format!("k{n}=1\n")).collect();
    let checked = check(&format!("tollgate = 1\n{keys}"));
    assert_eq!(checked.problems.len(), 101);
    assert_eq!(checked.problems[100].message, "from here on the file has 6901 more problems");
    let list = |count: usize| {
        format!(
            "{SMALL}\n[grant]\n\"files.read\" = {{ calls = 1, bytes = \"1 B\", paths = [{}] }}\n",
            (0..count).map(|n| format!("\"p{n}*\",")).collect::<String>()
        )
    };
    assert!(check(&list(256)).value.is_some());
    assert_eq!(check(&list(257)).problems[0].message, "`paths` has 257 entries, and 256 are the most");
    let grant = |n: usize| format!("[[grant.\"files.read\"]]\npaths = [\"p{n}/*\"]\ncalls = 1\nbytes = \"1 B\"\n");
    let grants = |count: usize| format!("{SMALL}\n{}", (0..count).map(grant).collect::<String>());
    assert!(check(&grants(64)).value.is_some());
    assert_eq!(check(&grants(65)).problems[0].message, "there are 65 files.read grants, and 64 are the most");
    let long = check(&format!("tollgate = 1\n#{}", "x".repeat(65_536)));
    assert_eq!(long.problems[0].message, "the file has 65550 bytes");
}

/// One of the fixtures' lines, or something else that a hostile author may write.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\[\\]{}=\"'.,#\\\\ \n\ra-z0-9*/_-]{0,24}",
        ".{0,8}",
        prop::sample::select(vec![
            "tollgate = 1",
            "[tool]",
            "[grant]",
            "[grant.\"files.read\"]",
            "[[grant.\"forum.post\"]]",
            "[limits]",
            "[quota]",
            "component = \"a.wasm\"",
            "callers = [\"ben\"]",
            "agents = [\"cli\"]",
            "paths = [\"a/**\"]",
            "forums = [\"*\"]",
            "calls = 1",
            "bytes = \"1 KiB\"",
            "consent = \"none\"",
            "wide = true",
            "tool = {",
            "grant.\"files.read\" = {",
            "}",
        ])
        .prop_map(str::to_owned),
    ]
}

fn names(prefix: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-z0-9]{1,3}\\*?", 1..4)
        .prop_map(move |names| names.into_iter().map(|name| format!("{prefix}{name}")).collect())
}

/// The value of `consent`.
fn consents() -> impl Strategy<Value = String> {
    let rules = vec!["initiator", "owner", "group:a", "group:b", "two of group:a", "two of group:b"];
    prop_oneof![
        Just("\"none\"".to_owned()),
        prop::sample::select(rules.clone()).prop_map(|rule| format!("{rule:?}")),
        prop::sample::subsequence(rules, 1..=6).prop_shuffle().prop_map(|rules| format!("{rules:?}")),
    ]
}

/// The section, if there is one.
fn quotas() -> impl Strategy<Value = String> {
    let rates = vec![
        "1 per second",
        "20 per day per initiator",
        "7 per 2 weeks per agent",
        "60 per hour per tool",
        "2 per 36 hours",
    ];
    let posts = prop::sample::subsequence(rates, 0..=5).prop_shuffle();
    posts.prop_map(|rates| match rates.as_slice() {
        [] => String::new(),
        [one] => format!("[quota]\n\"forum.post\" = {one:?}\n\"acl.write\" = {one:?}\n"),
        several => format!("[quota]\n\"acl.write\" = \"3 per hour\"\n\"forum.post\" = {several:?}\n"),
    })
}

prop_compose! {
    fn manifest_text()(
        paths in names("docs/"),
        forums in names("f-"),
        more in names("g-"),
        people in names("group:t"),
        (calls, bytes, lease) in (1_u64..1_000, 1_u64..5_000_000, 1_u64..10_000),
        (fuel, memory, refusals) in (1_000_u64..9_000_000, 65_536_u64..90_000_000, 0_u64..99),
        (administer, wide, callers) in (any::<bool>(), any::<bool>(), 1_usize..4),
        (consent, quota) in (consents(), quotas()),
    ) -> String {
        let paths = if wide { vec!["**".to_owned()] } else { paths };
        let right = if administer { "administer" } else { "read" };
        let callers: Vec<_> = (0..callers).map(|n| format!("caller-{n}")).collect();
        format!(
            "tollgate = 1\n[tool]\ncomponent = \"a.wasm\"\ncallers = {callers:?}\nagents = [\"cli\"]\n\
             [limits]\nfuel = \"{fuel}\"\nmemory = \"{memory} B\"\nrefusals = {refusals}\n\
             [grant]\n\"files.read\" = {{ paths = {paths:?}, calls = {calls}, bytes = \"{bytes} B\", wide = {wide} }}\n\
             [[grant.\"forum.post\"]]\nforums = {forums:?}\ncalls = 1\nbytes = \"{bytes}B\"\nconsent = {consent}\n\
             [[grant.\"forum.post\"]]\nforums = {more:?}\ncalls = {calls}\nbytes = \"1 B\"\nconsent = \"none\"\n\
             [grant.\"acl.write\"]\nobjects = [\"o/*\"]\nprincipals = {people:?}\nrights = [\"{right}\"]\ncalls = 1\n\
             lease = \"{lease} s\"\nconsent = \"initiator\"\n{quota}"
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checked_manifest_printed_means_the_same(text in manifest_text()) {
        let manifest = sound(&text);
        prop_assert_eq!(manifest.grants.0.len(), 4);
        prop_assert_eq!(manifest.quotas.is_empty(), !text.contains("[quota]"));
        let printed = manifest.print();
        let again = sound(&printed);
        prop_assert_eq!(again.meaning(), manifest.meaning(), "{}", printed);
        prop_assert_eq!(&again.limits, &manifest.limits);
        let terms = |manifest: &Manifest| -> (Vec<_>, Vec<_>) {
            let quotas = manifest.quotas.iter().map(|quota| (quota.name, quota.rate, quota.per)).collect();
            (manifest.grants.0.iter().map(|grant| grant.consent.clone()).collect(), quotas)
        };
        prop_assert_eq!(terms(&again), terms(&manifest));
        prop_assert_eq!(again.print(), printed);
    }

    #[test]
    fn no_text_is_too_hostile_to_be_answered(lines in prop::collection::vec(fragment(), 0..16)) {
        let text = lines.join("\n");
        let checked = check(&text);
        prop_assert_eq!(checked.value.is_none(), checked.problems.iter().any(|problem| problem.severity == Severity::Error));
        for problem in &checked.problems {
            prop_assert!(text.get(problem.span.clone()).is_some(), "{:?} of {:?}", problem, text);
        }
        let drawn = render(&checked.problems);
        prop_assert!(!drawn.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        if let Ok(pinned) = manifest::pin(&text, &Digest::of(b"x")) {
            prop_assert!(checked.value.is_none() || check(&pinned).value.is_some_and(|pinned| pinned.digest.is_some()));
        }
    }
}
