//! `[vet]`: what an operator adds, what is wrong with it and where, and that a yes rests on it.

use std::sync::Arc;

use serde_json::{Value, json};
use tollgate::config;
use tollgate::diagnostic::Source;

use crate::world::{World, codes};

const HEAD: &str = "tollgate = 1\n[host]\nname = \"h\"\n[files]\nroot = \"files\"\n";

fn checked(text: &str) -> tollgate::manifest::Checked<config::Config> {
    config::check(&Arc::new(Source { name: "tollgate.toml".to_owned(), text: format!("{HEAD}{text}") }))
}

#[test]
fn a_yes_rests_on_what_is_looked_for() {
    let meaning =
        |text: &str| checked(text).value.unwrap_or_else(|| panic!("{text}: {:?}", checked(text).problems)).meaning();
    let plain = meaning("");
    assert_eq!(meaning("[vet]\n"), plain, "nothing is said");
    let said = ["words = [\"Project Falcon\"]", "patterns = ['CASE-[0-9]+']", "markers = [\"GEHEIM\"]"];
    let mut all: Vec<_> = said.iter().map(|line| meaning(&format!("[vet]\n{line}\n"))).collect();
    all.push(plain);
    all.push(meaning("[vet]\npatterns = ['Project Falcon']\n"));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5, "each is another");
}

#[test]
fn what_is_wrong_is_said_at_its_line() {
    let wrong = "[vet]\nwords = [\"a-b\", \"fine\"]\npatterns = [\"(\", 'a*', \"(?:\\\\w{200}){200}\"]\nmarkers = [\" SECRET\"]\nword = [\"x\"]\n";
    let problems = checked(wrong).problems;
    let said: Vec<String> = problems.iter().map(|it| it.message.clone()).collect();
    for part in [
        "has fewer than three letters or digits",
        "is no pattern: unclosed group",
        "is found in an empty text",
        "takes more than 1048576 bytes",
        "is no marker",
        "`word` is not a key of [vet]",
    ] {
        assert!(said.iter().any(|message| message.contains(part)), "{part}: {said:#?}");
    }
    assert!(checked(wrong).value.is_none());
    assert_eq!(checked("[vet]\nwords = []\n").problems.len(), 1, "empty means nothing");
}

#[test]
fn another_word_voids_what_was_agreed_to_before() {
    let world = World::new();
    world.edit("consent = \"none\" }\n\"acl.read", "consent = \"initiator\" }\n\"acl.read");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'eng-help'").to_string();
    let post = |body: &str| -> Value {
        world.call("probe.forum-post", &json!({ "forum": "eng-help", "thread": thread, "body": body }))
    };
    let question = post("about falcon")["question"].to_string();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}\n[vet]\nwords = [\"falcon\"]\n"));
    let prompt = [("ben's passphrase", crate::world::PASSPHRASE)];
    let (answered, screen) = world.answered(&["-o", "json", "approvals", "yes", &question, "--as", "ben"], &prompt);
    assert!(answered["state"] == "void" || screen.contains("the configuration has changed"), "{answered} {screen}");
    assert_eq!(world.count("SELECT count(*) FROM posts WHERE invocation IS NOT NULL"), 0);
    let asked = world.done(&["approvals", "show", &post("about falcon, again")["question"].to_string(), "--as", "ben"]);
    assert_eq!(asked["card"]["findings"], json!(["words: a word of the operator's at bytes 6–12"]));
}

#[test]
fn markers_of_the_operator_are_refused_in_place_of_the_usual_ones() {
    let world = World::new();
    world.edit("consent = \"none\" }\n\"acl.read", "consent = \"none\", refuse = [\"markers\"] }\n\"acl.read");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'eng-help'").to_string();
    let post = |body: &str| world.call("probe.forum-post", &json!({ "forum": "eng-help", "thread": thread, "body": body }));
    let (usual, own) = ("CONFIDENTIAL\n\nplans", "GEHEIM\n\nplans");
    assert_eq!(codes(&post(usual)), ["clear.finding"]);
    assert_eq!(post(own)["outcome"], "returned");
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}\n[vet]\nmarkers = [\"GEHEIM\"]\n"));
    assert_eq!(codes(&post(own)), ["clear.finding"]);
    assert_eq!(post(usual)["outcome"], "returned");
}
