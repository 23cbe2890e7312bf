//! Said aloud with permission: what was read goes to people who are not cleared for it, once, if an owner of it releases it.

use serde_json::{Value, json};

use super::{apply, below, call_as, people, post, posts, read, tell, world};
use crate::world::{PASSPHRASE, World, codes};

/// A world in which gus, who owns the ledger, and ida, who is cleared for it, can say yes, and ben must.
fn asking() -> World {
    let world = world();
    let ask = "bytes = \"8 KiB\", consent = \"initiator\", flow = \"ask\"";
    world.edit("bytes = \"8 KiB\", consent = \"none\"", ask);
    ["gus", "ida"].into_iter().for_each(|person| {
        let prompts = [("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE)];
        world.answered(&["-o", "json", "passphrase", person], &prompts);
    });
    world
}

fn waits(told: &Value) -> String {
    assert_eq!(told["outcome"], "waiting", "{told}");
    told["question"].to_string()
}

fn yes(world: &World, question: &str, person: &str) -> Value {
    let prompt = format!("{person}'s passphrase");
    world.answered(&["-o", "json", "approvals", "yes", question, "--as", person], &[(&prompt, PASSPHRASE)]).0
}

fn shown(world: &World, person: &str) -> usize {
    world.done(&["approvals", "list", "--as", person])["questions"].as_array().map_or(0, Vec::len)
}

#[test]
fn s17_said_aloud_with_permission() {
    let world = asking();
    let question = waits(&tell(&world, "eng-help"));
    let turned = world.tollgate(&["approvals", "yes", &question, "--as", "ben"]);
    assert!(turned.code == 3 && format!("{turned:?}").contains("once what was read has been released"), "{turned:?}");
    assert_eq!(["gus", "ben", "ida", "hal", "fay"].map(|person| shown(&world, person)), [1, 0, 0, 0, 0]);
    let card = world.done(&["approvals", "show", &question, "--as", "gus"])["card"].clone();
    assert!(card["payload"]["text"].as_str().is_some_and(|text| text.contains("4711")), "the whole text: {card}");
    assert_eq!((card["audience"]["count"].clone(), card["read"].clone()), (json!(25), json!(["pay/ledger.csv"])));
    let uncleared = card["uncleared"].as_array().expect("names");
    assert!(uncleared.len() == 22 && uncleared.contains(&json!("hal")) && !uncleared.contains(&json!("ida")), "{card}");
    let text = world.tollgate(&["approvals", "show", &question, "--as", "gus"]).stdout;
    assert!(text.contains("uncleared") && text.contains("22 people: fay, hal"), "{text}");
    assert_eq!(yes(&world, &question, "gus")["state"], "open", "it is released, and ben has not agreed yet");
    assert_eq!((posts(&world), shown(&world, "ben")), (0, 1));
    let went = yes(&world, &question, "ben");
    assert_eq!((posts(&world), went["state"].clone()), (1, json!("agreed")), "{went}");
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE label LIKE '%ledger%'"), 1, "nothing is forgotten");
    waits(&post(&world, "eng-help", "another sentence of it"));
    world.edit(", flow = \"ask\"", "");
    assert_eq!(codes(&post(&world, "eng-help", "and one more")), ["clear.too-wide"], "that yes was worth one act");
    assert_eq!(posts(&world), 1);
    world.done(&["journal", "verify"]);
}

#[test]
fn s17_two_people_release_what_many_would_be_told() {
    let world = asking();
    world.write("tollgate.toml", &format!("{}two-beyond = 24\n", world.read("tollgate.toml")));
    let question = waits(&tell(&world, "eng-help"));
    assert_eq!(["gus", "ida", "ben"].map(|person| shown(&world, person)), [1, 1, 0]);
    assert_eq!(yes(&world, &question, "ida")["state"], "open", "she is cleared for it and owns nothing of it");
    assert_eq!(shown(&world, "ben"), 0, "nor is it released by that");
    assert_eq!(yes(&world, &question, "gus")["state"], "open");
    yes(&world, &question, "ben");
    assert_eq!(posts(&world), 1);
    let alone = waits(&post(&world, "eng-help", "another sentence of it"));
    assert_eq!(yes(&world, &alone, "gus")["state"], "open");
    assert_eq!(shown(&world, "ben"), 0, "its owner is one person of two");
    assert_eq!(yes(&world, &alone, "ida")["state"], "open");
    assert_eq!(shown(&world, "ben"), 1);
}

#[test]
fn as_many_as_the_limit_are_told_by_one_yes_and_an_owner_who_asks_is_one_of_two() {
    let world = asking();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}two-beyond = 25\n"));
    let one = waits(&tell(&world, "eng-help"));
    yes(&world, &one, "gus");
    assert_eq!(shown(&world, "ben"), 1, "25 people are not beyond 25");
    yes(&world, &one, "ben");
    assert_eq!(posts(&world), 1);
    world.write("tollgate.toml", &format!("{config}two-beyond = 24\n"));
    let his = json!({ "path": "pay/ledger.csv", "forum": "eng-help", "thread": super::thread(&world, "eng-help") });
    let two = waits(&call_as(&world, "gus", "probe.read-then-post", &his));
    yes(&world, &two, "gus");
    assert_eq!(posts(&world), 1, "he alone is one");
    yes(&world, &two, "ida");
    assert_eq!(posts(&world), 2);
}

#[test]
fn who_owns_only_what_is_not_in_the_way_releases_nothing() {
    let world = asking();
    below(&world, ("notes", "ida"), "runbooks/notes", "group:everyone");
    world.write("files/runbooks/notes/open.txt", "everybody may know this");
    assert_eq!(world.call("probe.files-read", &read("runbooks/notes/open.txt"))["outcome"], "returned");
    let question = waits(&tell(&world, "eng-help"));
    let card = world.done(&["approvals", "show", &question, "--as", "gus"])["card"].clone();
    assert_eq!(card["read"], json!(["runbooks/notes/open.txt", "pay/ledger.csv"]), "{card}");
    assert_eq!(["gus", "ida"].map(|person| shown(&world, person)), [1, 0], "the ledger is not ida's");
    let turned = world.tollgate(&["approvals", "yes", &question, "--as", "ida"]);
    assert_eq!((turned.code, shown(&world, "ben")), (3, 0), "{turned:?}");
    yes(&world, &question, "gus");
    assert_eq!(shown(&world, "ben"), 1);
}

#[test]
fn nobody_releases_what_is_anothers_or_what_he_is_not_cleared_for() {
    let world = asking();
    below(&world, ("hidden", "hal"), "pay/hidden", "ben");
    world.write("files/pay/hidden/names.txt", "hidden names");
    assert_eq!(world.call("probe.files-read", &read("pay/hidden/names.txt"))["outcome"], "returned");
    let told = tell(&world, "eng-help");
    assert_eq!(codes(&told), ["agree.nobody-can"], "gus is not cleared for hal's and hal not for gus's: {told}");
    assert!(told.to_string().contains("is cleared for pay/hidden/names.txt, pay/ledger.csv"), "{told}");
    assert_eq!((posts(&world), world.count("SELECT count(*) FROM approvals")), (0, 0));
    world.edit(", flow = \"ask\"", "");
    let typed = ["-o", "json", "explain", "probe", "forum.post", "forum=eng-help", "--read", "pay/ledger.csv"];
    let steps = world.tollgate(&typed).json()["steps"].to_string();
    assert!(steps.contains("who could release it: nobody"), "explain names nobody who could not: {steps}");
}

#[test]
fn a_release_is_for_these_readers_and_by_its_owner_when_it_is_used() {
    let world = asking();
    let grown = waits(&tell(&world, "eng-help"));
    yes(&world, &grown, "gus");
    apply(&world, "tollgate = 1\n[people.new]\nname = \"New\"\n[groups.crowd]\nmembers = [\"p0\", \"new\"]\n");
    let said = yes(&world, &grown, "ben");
    assert!(said["why"].as_str().is_some_and(|why| why.contains("the audience has grown: new")), "{said}");
    let owned = waits(&post(&world, "eng-help", "4711,1200.00"));
    yes(&world, &owned, "gus");
    apply(
        &world,
        &people()
            .replace("owner = \"gus\"", "owner = \"ida\"")
            .replace("[[threads]]\nforum = \"pay-room\"\nauthor = \"gus\"\ntitle = \"The ledger\"\nbody = \"Here\"\n", ""),
    );
    let said = world.tollgate(&["approvals", "yes", &owned, "--as", "ben"]);
    assert!(
        said.code == 3 && format!("{said:?}").contains("once what was read has been released"),
        "gus owns it no more: {said:?}"
    );
    assert_eq!((posts(&world), shown(&world, "ida")), (0, 1), "ida owns it now");
}

#[test]
fn what_was_read_since_is_not_released() {
    let world = asking();
    let first = waits(&tell(&world, "eng-help"));
    let more = json!({ "path": "pay/keys.env", "offset": "0", "length": 64 });
    world.write("files/pay/keys.env", "TOKEN=none");
    assert_eq!(world.call("probe.files-read", &more)["outcome"], "returned");
    let second = waits(&post(&world, "eng-help", &world.read("files/pay/ledger.csv")));
    assert_ne!(first, second, "the same act after more was read is another question");
    let text = world.done(&["approvals", "show", &second, "--as", "gus"])["card"].clone();
    assert_eq!(text["read"], json!(["pay/keys.env", "pay/ledger.csv"]));
}

#[test]
fn no_release_opens_an_object_beyond_its_ceiling_and_no_broken_glass_releases() {
    let world = asking();
    world.edit("lease = \"30 min\", consent = \"none\"", "lease = \"30 min\", consent = \"owner\", flow = \"ask\"");
    let widen = json!({ "object": "pay", "principal": "hal", "right": "read", "seconds": "60" });
    let told = call_as(&world, "gus", "probe.acl-widen", &widen);
    assert_eq!(codes(&told), ["clear.too-wide"], "a ceiling is not lifted by a yes: {told}");
    let question = waits(&tell(&world, "eng-help"));
    let broken = world.tollgate(&["break-glass", &question, "--reason", "it is late at night", "--as", "gus"]);
    assert!(broken.code == 3 && format!("{broken:?}").contains("no broken glass decides that"), "{broken:?}");
    assert_eq!(posts(&world), 0);
    let typed = ["-o", "json", "explain", "probe", "forum.post", "forum=eng-help", "--read", "pay/ledger.csv"];
    let steps = world.tollgate(&typed).json()["steps"].to_string();
    assert!(steps.contains("if somebody who owns it releases it") && steps.contains("an owner of what was read"), "{steps}");
}
