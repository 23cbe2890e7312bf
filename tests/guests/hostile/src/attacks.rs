//! The list. A row is one attack; `wat!` takes the component of that name and what its comment says.

use tollgate::diagnostic::FaultKind as Kind;
use tollgate::refusal::Code;

use super::Ends::{Cut, Fault, NotCompiled, NotRead, Nothing, Refused};
use super::{Attack, Component, PATHS, made};

fn nothing() -> String {
    "{}".to_owned()
}

/// A row whose component is `wat/NAME.wat`, with `go` to be called.
macro_rules! wat {
    ($name:literal, $ends:expr) => {
        wat!($name, "", $ends)
    };
    ($name:literal, $manifest:expr, $ends:expr) => {
        wat!($name, nothing, $manifest, $ends)
    };
    ($name:literal, $arguments:expr, $manifest:expr, $ends:expr) => {
        Attack {
            name: $name,
            component: Component::Wat(include_str!(concat!("../wat/", $name, ".wat"))),
            function: "go",
            arguments: $arguments,
            manifest: $manifest,
            at_once: 1,
            ends: $ends,
        }
    };
}

/// A row whose component is the probe: function and arguments, manifest, ending, and what that function tries.
macro_rules! probe {
    ($name:literal, $function:literal $arguments:expr, $manifest:expr, $ends:expr, $tries:literal) => {
        Attack {
            name: $name,
            component: Component::Probe($tries),
            function: $function,
            arguments: $arguments,
            manifest: $manifest,
            at_once: 1,
            ends: $ends,
        }
    };
}

/// A row whose component is made of bytes.
macro_rules! made {
    ($name:literal, $make:path, $ends:expr, $tries:literal) => {
        Attack {
            name: $name,
            component: Component::Made($make, $tries),
            function: "go",
            arguments: nothing,
            manifest: "",
            at_once: 1,
            ends: $ends,
        }
    };
}

const LITTLE_FUEL: &str = "[limits]\nfuel = \"50M\"\n";
const LITTLE_TIME: &str = "[limits]\nfuel = \"1000G\"\ntime = \"300 ms\"\n";
const LARGEST_MEMORY: &str = "[limits]\nmemory = \"1 GiB\"\n";
const POSTS: &str =
    "[grant]\n\"forum.post\" = { forums = [\"eng-help\"], calls = 100000, bytes = \"8 MiB\", consent = \"none\" }\n";
const LITTLE_BACKEND_TIME: &str = "[limits]\nbackend-time = \"20 ms\"\n
[grant]\n\"forum.post\" = { forums = [\"eng-help\"], calls = 100000, bytes = \"8 MiB\", consent = \"none\" }\n";
const READS: &str = "[grant]\n\"files.read\" = { paths = [\"runbooks/**\"], calls = 3, bytes = \"16 MiB\" }\n";

/// Every attack, by what it is after: processor, memory, host, answer, load.
pub const ATTACKS: &[Attack] = &[
    probe!("endless-loop", "spin" nothing, LITTLE_FUEL, Fault(Kind::Fuel), "Never returns."),
    probe!("endless-loop-with-fuel", "spin" nothing, LITTLE_TIME, Fault(Kind::Time), "Never returns, with fuel for an hour."),
    Attack {
        at_once: 1000,
        ..probe!(
            "thousand-at-once", "spin" nothing, "[limits]\nfuel = \"1M\"\n", Fault(Kind::Fuel),
            "Never returns, in a thousand invocations at once."
        )
    },
    probe!("sleep", "sleep" || r#"{"ms": "60000"}"#.to_owned(), LITTLE_TIME, Fault(Kind::Time), "Sleeps for a minute."),
    probe!(
        "endless-recursion", "recurse" nothing, "", Fault(Kind::Trap),
        "Calls itself without end, with frames in linear memory, where Rust keeps them."
    ),
    wat!("deep-recursion", Fault(Kind::Stack)),
    wat!("start-never-ends", LITTLE_FUEL, Fault(Kind::Fuel)),
    wat!("start-traps", Fault(Kind::Trap)),
    wat!("loop-in-realloc", || r#"{"text": "some room"}"#.to_owned(), LITTLE_FUEL, Fault(Kind::Fuel)),
    wat!("loop-in-post-return", LITTLE_FUEL, Fault(Kind::Fuel)),
    wat!("bulk-fill", LITTLE_TIME, Fault(Kind::Time)),
    wat!("transcoding", LITTLE_TIME, Fault(Kind::Time)),
    wat!("clock-flood", LITTLE_TIME, Fault(Kind::Time)),
    probe!(
        "exit",
        "do-exit" || r#"{"code": 3}"#.to_owned(),
        "",
        Fault(Kind::Exit),
        "Leaves through exit, to take the host along."
    ),
    probe!(
        "memory-filled",
        "grow" || r#"{"mib": 200}"#.to_owned(),
        "",
        Fault(Kind::Memory),
        "Takes memory by the MiB and writes all of it."
    ),
    wat!("memory-by-pages", Fault(Kind::Memory)),
    wat!("memory-at-once", Fault(Kind::Memory)),
    wat!("memory-from-the-start", Fault(Kind::Memory)),
    wat!("memory-in-two", Fault(Kind::Memory)),
    wat!("many-memories", NotCompiled("memories, which exceeds the configured maximum of 2")),
    made!(
        "many-instances",
        made::instances,
        NotCompiled("instances, which exceeds the configured maximum of 8"),
        "Has a hundred instances of an empty module."
    ),
    wat!("table-bomb", "[limits]\ntables = \"64 KiB\"\n", Fault(Kind::Tables)),
    wat!("table-at-once", Fault(Kind::Tables)),
    wat!("handle-flood", Fault(Kind::Handles)),
    wat!("pollable-flood", Fault(Kind::Handles)),
    wat!("own-handles", Fault(Kind::Handles)),
    wat!("string-beyond-memory", POSTS, Fault(Kind::Trap)),
    wat!("list-beyond-memory", Fault(Kind::Trap)),
    wat!("giant-string", LARGEST_MEMORY, Fault(Kind::Arguments)),
    wat!("many-small-things", Fault(Kind::Arguments)),
    wat!("long-list-again", LITTLE_TIME, Fault(Kind::Handles)),
    probe!(
        "big-argument",
        "big-argument" || r#"{"mib": 2}"#.to_owned(),
        "",
        Fault(Kind::Arguments),
        "Posts a body of 2 MiB and swallows the refusal."
    ),
    wat!("random-flood", Fault(Kind::Arguments)),
    probe!(
        "stdout-flood",
        "flood-stdout" || r#"{"mib": 10}"#.to_owned(),
        "",
        Cut(64 << 10),
        "Writes 10 MiB to stdout and to stderr."
    ),
    probe!(
        "host-call-flood",
        "host-calls" || r#"{"n": "1000000"}"#.to_owned(),
        "",
        Fault(Kind::HostCalls),
        "Makes a million calls that need no grant."
    ),
    Attack { at_once: 16, ..wat!("posts-without-end", LITTLE_BACKEND_TIME, Fault(Kind::BackendTime)) },
    wat!("trap-after-post", POSTS, Fault(Kind::Trap)),
    probe!(
        "hides-refusals",
        "post-hidden" || r#"{"forum": "pay-room", "thread": "1", "body": "x", "times": 1000}"#.to_owned(),
        "",
        Fault(Kind::Refusals),
        "Swallows every refusal and asks again, a thousand times."
    ),
    probe!(
        "reads-beyond-its-meter",
        "read-many" || r#"{"path": "runbooks/deploy.md", "times": 1000}"#.to_owned(),
        READS,
        Refused(Code::MeterSpent),
        "Reads again and again what it may read three times."
    ),
    probe!(
        "path-tricks",
        "read-any" || format!("{{\"paths\": {}}}", listed(PATHS)),
        "[limits]\nrefusals = 100\n[grant]\n\"files.read\" = { paths = [\"runbooks/**\"], calls = 1000, bytes = \"16 MiB\" }\n",
        Nothing("0"),
        "Reads by paths that are another path: `..`, absolute, NUL, dots, other forms of Unicode, links, devices."
    ),
    probe!("wants-environment", "environment" nothing, "", Nothing("[]"), "Wants the environment and the arguments of the host."),
    probe!("wants-sockets", "try-socket" nothing, "", Nothing("\"Permission denied (os error 2)\""), "Connects to a port of the host."),
    probe!(
        "wants-files",
        "try-file" || r#"{"path": "/etc/passwd"}"#.to_owned(),
        "",
        Nothing("\"No such file or directory (os error 44)\""),
        "Opens a file of the host by its path."
    ),
    wat!("answer-beyond-memory", Fault(Kind::BadAnswer)),
    wat!("answer-outside", Fault(Kind::BadAnswer)),
    wat!("answer-misaligned", Fault(Kind::BadAnswer)),
    wat!("list-misaligned", Fault(Kind::BadAnswer)),
    wat!("answer-not-utf8", Fault(Kind::BadAnswer)),
    wat!("bad-discriminant", Fault(Kind::BadAnswer)),
    wat!("bad-result-case", Fault(Kind::BadAnswer)),
    wat!("bad-char", Fault(Kind::BadAnswer)),
    wat!("realloc-outside", || r#"{"text": "some room"}"#.to_owned(), "", Fault(Kind::Trap)),
    wat!("giant-answer", LARGEST_MEMORY, Fault(Kind::Output)),
    wat!("answer-of-many", Fault(Kind::Output)),
    probe!(
        "big-answer",
        "big-result" || r#"{"mib": 2}"#.to_owned(),
        "",
        Fault(Kind::Output),
        "Answers with 2 MiB of bytes."
    ),
    wat!("unknown-import", NotRead("which this host does not have")),
    made!("not-a-component", made::script, NotRead("it is not a WebAssembly component"), "Is a shell script."),
    made!("core-module", made::module, NotRead("it is a core WebAssembly module"), "Is a core module and no component."),
    made!("truncated", made::half, NotRead("it is not a valid component"), "Is the first half of a component."),
    made!(
        "nested-components",
        made::components,
        NotRead("it holds components within components"),
        "Holds components within components, a thousand deep."
    ),
    made!(
        "nested-types",
        made::types,
        NotRead("it declares types within types"),
        "Declares types within types, a thousand deep."
    ),
    made!("nested-blocks", made::blocks, Nothing("null"), "Has blocks within blocks, a thousand deep, in a function."),
    made!(
        "expensive-to-compile",
        made::endless_function,
        NotCompiled("more than 2048 MiB of memory"),
        "Is one function of 7 MB, for which a compiler needs gigabytes."
    ),
];

fn listed(paths: &[&str]) -> String {
    let quoted = |path: &&str| format!("\"{}\"", path.replace('\\', "\\\\").replace('\0', "\\u0000"));
    format!("[{}]", paths.iter().map(quoted).collect::<Vec<_>>().join(", "))
}
