//! The configuration of a host: small, with bounds, and nothing else is accepted.

use std::sync::Arc;

use tollgate::config;
use tollgate::diagnostic::Source;

use crate::world::World;

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

#[test]
fn the_configuration_is_small_and_nothing_else_is_accepted() {
    let text = "tollgate = 1\n\n[host]\nname = \"ben-laptop\"\n\n[call]\nas = \"ben\"\n\n[files]\nroot = \"files\"\n";
    let found = config::check(&source("tollgate.toml", text));
    let found = found.value.expect("a sound configuration");
    assert_eq!((found.host.as_str(), found.files.as_str()), ("ben-laptop", "files"));
    assert_eq!(found.initiator.map(|person| person.to_string()).as_deref(), Some("ben"));
    let cases = [
        ("as = \"ben\"", "as = \"Ben\"", "`as`: `Ben` does not begin with a-z or 0-9"),
        ("as =", "user =", "`user` is not a key of [call]"),
        ("root = \"files\"", "root = \"../files\"", "`root`: its part `..` is not a name"),
        ("root = \"files\"", "root = \"\"", "`root`: it is empty"),
        ("root = \"files\"", "root = \"/srv\"", "`root`: it begins or ends with `/`, or holds `//`"),
        ("[host]\nname = \"ben-laptop\"\n", "", "`host` is missing in the top level"),
        ("[files]", "[flies]", "`flies` is not a key of the top level"),
        ("tollgate = 1", "tollgate = 3", "the file is written in format 3, and this version of Tollgate reads format 1"),
    ];
    for (from, to, message) in cases {
        let checked = config::check(&source("tollgate.toml", &text.replacen(from, to, 1)));
        assert!(checked.value.is_none(), "{to}");
        assert!(checked.problems.iter().any(|problem| problem.message == message), "{to}: {:?}", checked.problems);
    }
}

#[test]
fn how_people_are_asked_has_defaults_and_bounds() {
    let head = "tollgate = 1\n[host]\nname = \"h\"\n[files]\nroot = \"files\"\n[consent]\n";
    let config = |text: &str| config::check(&source("tollgate.toml", &format!("{head}{text}")));
    let sound = |text: &str| config(text).value.unwrap_or_else(|| panic!("{text}: {:?}", config(text).problems));
    let written = "hold = \"2 s\"\nexpires = \"7 days\"\ndeclined = \"1 h\"\nasks = \"60 per hour\"\n";
    assert_eq!(sound(written), sound(""), "the defaults");
    assert_eq!(sound("").consent, config::Terms::default());
    let meaning = sound("").meaning();
    assert_eq!(sound("hold = \"2000 ms\"\n[call]\nas = \"ben\"\n").meaning(), meaning, "spelling and callers mean nothing");
    for (key, least, below, most, above) in [
        ("hold", "0 s", None, "60 s", "61 s"),
        ("expires", "1 min", Some("59 s"), "90 days", "91 days"),
        ("declined", "0 s", None, "30 days", "31 days"),
        ("asks", "1 per second", Some("0 per second"), "1000000 per 90 days", "1000001 per hour"),
    ] {
        for value in [least, most] {
            assert_ne!(sound(&format!("{key} = \"{value}\"\n")).meaning(), meaning, "{key} = {value}");
        }
        for value in below.into_iter().chain([above]) {
            let checked = config(&format!("{key} = \"{value}\"\n"));
            assert!(checked.value.is_none(), "{key} = {value}");
            assert!(checked.problems[0].message.starts_with(&format!("`{key}`: ")), "{:?}", checked.problems);
        }
    }
    let message = |text: &str| config(text).problems[0].message.clone();
    assert_eq!(message("hold = 2\n"), "`hold` is an integer, not a string");
    assert_eq!(message("helds = \"2 s\"\n"), "`helds` is not a key of [consent]");
    assert_eq!(message("asks = \"5 per hour per tool\"\n"), "`asks`: `5 per hour per tool` goes on after its period");
}

#[test]
fn spans_travel_by_tls_or_where_the_network_is_the_platforms_own() {
    let head = "tollgate = 1\n[host]\nname = \"h\"\n[files]\nroot = \"files\"\n[serve]\n";
    let config = |text: &str| config::check(&source("tollgate.toml", &format!("{head}{text}\n")));
    for (text, url) in [
        ("traces = \"http://127.0.0.1:4318/v1/traces\"", "http://127.0.0.1:4318/v1/traces"),
        ("traces = \"https://spans.example/v1/traces\"", "https://spans.example/v1/traces"),
        ("traces = \"http://collector:4318/v1/traces\"\nbehind-proxy = true", "http://collector:4318/v1/traces"),
    ] {
        let found = config(text).value.unwrap_or_else(|| panic!("{text}: {:?}", config(text).problems));
        assert_eq!(found.serve.traces.as_deref(), Some(url));
    }
    let clear = "`traces`: spans would travel without TLS: it must begin with https://, or be on this machine";
    for (text, message) in [
        ("traces = \"http://collector:4318/v1/traces\"", clear),
        ("traces = \"grpc://127.0.0.1:4317\"", "`traces`: it begins with neither https:// nor http://"),
        ("traces = \"\"", "`traces`: it is no URL: relative URL without a base"),
        ("traces = true", "`traces` is a boolean, not a string"),
    ] {
        let problems = config(text).problems;
        assert_eq!(problems.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), [message], "{text}");
    }
}

#[test]
fn the_configuration_that_init_writes_shows_the_defaults() {
    let text = World::new().read("tollgate.toml");
    // Tests do not wait: their world adds a section to what `init` wrote.
    let text = text.split_once("\n[consent]\nhold = \"0 s\"\n").expect("what tests add").0.to_owned();
    let terms = |text: &str| config::check(&source("tollgate.toml", text)).value.expect("a sound configuration").consent;
    assert_eq!(terms(&text), config::Terms::default());
    let (before, commented) = text.split_once("# [consent]\n").expect("a section that is commented out");
    let uncommented =
        |text: &str| text.lines().map(|line| format!("{}\n", line.trim_start_matches("# "))).collect::<String>();
    let shown = format!("{before}[consent]\n{}", uncommented(commented));
    assert_eq!(terms(&shown), config::Terms::default());
    for key in ["hold", "expires", "declined", "asks"] {
        assert!(shown.contains(&format!("\n{key} = ")), "{shown}");
    }
    let other = shown.replace("\"2 s\"", "\"3 s\"").replace("\"60 per hour\"", "\"61 per hour\"");
    assert_ne!(terms(&other), config::Terms::default(), "the section is read");
}

#[test]
fn an_issuers_keys_are_in_a_file_or_at_an_address_and_travel_by_tls() {
    let head = "tollgate = 1\n[host]\nname = \"h\"\n[files]\nroot = \"files\"\n[serve.tokens]\nissuer = \"https://login.example\"\n";
    let config = |text: &str| config::check(&source("tollgate.toml", &format!("{head}{text}\n")));
    let url = |url: &str| format!("jwks-url = \"{url}\"");
    for text in [
        "keys = \"login.jwks.json\"".to_owned(),
        url("https://login.example/.well-known/jwks.json?tenant=7"),
        url("http://127.0.0.1:9/jwks.json"),
        url("http://[::1]:9/jwks.json"),
        url("http://localhost/jwks.json"),
        format!("{}\njwks-every = \"1 s\"\njwks-pause = \"100 ms\"", url("https://login.example")),
    ] {
        let checked = config(&text);
        assert!(checked.value.is_some(), "{text}: {:?}", checked.problems);
    }
    let clear = "`jwks-url`: keys would travel without TLS: it must begin with https://, or be on this machine";
    let long = url("https://login.example");
    for (text, message) in [
        ("session = \"sid\"", "`keys` is missing in [tokens]"),
        ("keys = \"a\"\njwks-url = \"https://login.example\"", "`jwks-url`: its keys are in `keys` already"),
        (&url("http://login.example/jwks.json"), clear),
        (&url("http://127.0.0.1.example/jwks.json"), clear),
        (&url("http://localhost.example/jwks.json"), clear),
        (&url("file:///etc/jwks.json"), "`jwks-url`: it begins with neither https:// nor http://"),
        (
            &url("https://ben:secret@login.example"),
            "`jwks-url`: it holds a name or a password, and this file is no place for them",
        ),
        ("jwks-url = \"login.example\"", "`jwks-url`: it is no URL: relative URL without a base"),
        ("keys = \"a\"\njwks-every = \"1 min\"", "`jwks-every`: nothing is fetched without `jwks-url`"),
        (&format!("{long}\njwks-every = \"999 ms\""), "`jwks-every`: 999 ms is too little: at least 1 s"),
        (&format!("{long}\njwks-pause = \"6 min\""), "`jwks-pause`: it is longer than `jwks-every`"),
    ] {
        let checked = config(text);
        assert!(checked.value.is_none(), "{text}");
        let said: Vec<_> = checked.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(said, [message], "{text}");
    }
}
