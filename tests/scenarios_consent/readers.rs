//! S06 and S07: who may see a question, who may answer it, and how often people may be asked.

use serde_json::{Value, json};
use tollgate::approval::Answered;

use super::{answers, apply, arguments, card, post, posts, result, state, waits, world};
use crate::world::{PASSPHRASE, World, codes};

/// A forum that ben, gus and cam read; a post there needs somebody of helpers: gus, or eli, who does not read it.
fn ledger_room() -> World {
    let world = world();
    apply(
        &world,
        "[groups.helpers]\nmembers = [\"eli\", \"gus\"]\n[groups.ledger]\nmembers = [\"ben\", \"gus\", \"cam\"]\n\
         [forums.eng-help]\nowner = \"cam\"\naudience = [\"group:ledger\"]\n",
    );
    world.edit("consent = \"group:pay\"", "consent = \"group:helpers\"");
    world
}

const CANARY: &str = "CANARY-4711";

#[test]
fn s06_who_may_not_read_it_sees_nothing_and_answers_nothing() {
    let world = ledger_room();
    let (_, question) = waits(&post(&world, CANARY, &[]));
    let number = question.to_string();
    assert!(world.tollgate(&["approvals", "show", &number, "--as", "gus"]).stdout.contains(CANARY), "gus may read it");
    for command in [
        vec!["approvals", "list"],
        vec!["approvals", "list", "--all"],
        vec!["approvals", "show", &number],
        vec!["approvals", "yes", &number],
        vec!["approvals", "no", &number],
    ] {
        for format in ["json", "text"] {
            let typed = [&["-o", format], &command[..], &["--as", "eli"]].concat();
            let ran = world.tollgate(&typed);
            assert!(!format!("{ran:?}").contains(CANARY), "{typed:?}: {ran:?}");
            if command[1] == "list" {
                assert!(!ran.stdout.contains("forum.post"), "eli is offered nothing: {ran:?}");
            } else {
                assert_eq!(ran.code, 3, "{typed:?}: {ran:?}");
            }
        }
    }
    let screen = world.at_terminal(&["approvals", "yes", &number, "--as", "eli"]).end().expect("an end").screen;
    assert!(!screen.contains(CANARY) && !screen.contains("passphrase:"), "{screen}");
    assert!(matches!(answers(&world, question, "eli", true), Answered::Turned(_)), "nor does the store count it");
    let everywhere = world.tollgate(&["-o", "json", "approvals", "list", "--all"]);
    assert!(everywhere.stdout.contains("forum.post") && !everywhere.stdout.contains(CANARY), "a list has no texts");
    assert_eq!((state(&world, question).as_str(), posts(&world)), ("open", 0));
    assert!(matches!(answers(&world, question, "gus", true), Answered::Counted(_)));
}

#[test]
fn s06_if_nobody_who_may_read_it_can_agree_it_is_said_at_once() {
    let world = ledger_room();
    apply(&world, "[groups.helpers]\nmembers = [\"eli\"]\n");
    let ran = post(&world, CANARY, &[]);
    let report = ran.json();
    assert_eq!((ran.code, codes(&report)), (3, vec!["agree.nobody-can".to_owned()]), "{report}");
    let says = "nobody who may read this can agree to it (group:helpers must)";
    assert_eq!(report["refusals"][0]["message"], says);
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 0, "no wait, no card");
    assert_eq!(world.kinds(&report), ["began", "refused", "ended"]);
    apply(&world, "[groups.ledger]\nmembers = [\"ben\", \"gus\", \"eli\"]\n");
    let report = post(&world, CANARY, &[]).json();
    assert_eq!(codes(&report), ["agree.nobody-can"], "eli reads it and has no passphrase");
    assert_eq!(report["refusals"][0]["change"], "`tollgate passphrase eli` sets one");
    apply(&world, "[groups.helpers]\nmembers = [\"eli\", \"gus\"]\n");
    waits(&post(&world, CANARY, &[]));
}

#[test]
fn s06_who_may_not_read_it_any_more_once_the_card_is_open_answers_nothing() {
    let world = ledger_room();
    let (invocation, question) = waits(&post(&world, CANARY, &[]));
    let mut terminal = world.at_terminal(&["-o", "json", "approvals", "yes", &question.to_string(), "--as", "gus"]);
    terminal.expect(CANARY).expect("the card");
    terminal.expect("gus's passphrase").expect("the prompt");
    apply(&world, "[groups.ledger]\nmembers = [\"ben\"]\n");
    terminal.type_line(PASSPHRASE).expect("typing");
    let ended = terminal.end().expect("an end");
    assert_eq!(ended.status.code(), Some(3), "{}", ended.screen);
    assert!(ended.stdout.contains("gus is not among those who may answer"), "{}", ended.stdout);
    assert_eq!((result(&world, &invocation).0, state(&world, question).as_str(), posts(&world)), (6, "open", 0));
}

/// The questions that a person is shown.
fn shown(world: &World, person: &str) -> Vec<Value> {
    world.done(&["approvals", "list", "--as", person])["questions"].as_array().expect("a list").clone()
}

#[test]
fn s07_a_no_is_a_no_whoever_else_could_be_asked() {
    let world = world();
    let (invocation, question) = waits(&post(&world, "give it to me", &[]));
    assert!(matches!(answers(&world, question, "gus", false), Answered::Ended(..)));
    assert_eq!(codes(&result(&world, &invocation).1), ["agree.declined"]);
    let ran = post(&world, "give it to me", &[]);
    assert_eq!((ran.code, codes(&ran.json())), (3, vec!["agree.declined-before".to_owned()]), "{ran:?}");
    assert_eq!(shown(&world, "cam"), Vec::<Value>::new(), "cam is not asked the same");
    assert!(matches!(answers(&world, question, "cam", true), Answered::Turned(_)), "nor can cam turn it into a yes");
    for (near, says) in [("give it to me ", "the text"), ("give\u{200b} it to me", "the text")] {
        let (_, new) = waits(&post(&world, near, &[]));
        let card = card(&world, new);
        let changed = card["changed"].to_string();
        assert!(changed.contains(says), "{near:?}: {card}");
        assert!(shown(&world, "gus").iter().any(|row| row["question"] == json!(new)), "the same person is asked");
    }
    assert_eq!(posts(&world), 0);
}

#[test]
fn s07_a_flood_of_questions_is_stopped_and_the_first_can_still_be_found() {
    let world = world();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}asks = \"5 per hour\"\n"));
    let (real, question) = waits(&post(&world, "the real one", &[]));
    let open = tokio::runtime::Runtime::new().expect("an event loop");
    open.block_on(async {
        let host = super::once::Open::over(&world).await;
        let mut told = Vec::new();
        for n in 0..1_000 {
            let report = host.post(&format!("variant {n}")).await;
            told.extend(codes(&report.json()));
        }
        assert_eq!(told.len(), 996, "five were asked");
        assert!(told.iter().all(|code| code == "fund.quota-spent"), "{:?}", told.first());
        host.store.close().await.expect("an end");
    });
    for person in ["gus", "cam"] {
        let listed = shown(&world, person);
        assert_eq!(listed.len(), 5, "no more cards than the quota: {listed:?}");
        assert_eq!(listed[4]["question"], json!(question), "the oldest is there");
    }
    // Another agent has a quota of its own; the initiator and the tool are asked for by both.
    let ran = post(&world, "through another", &["--agent", "agent-7"]);
    assert_eq!(codes(&ran.json()), ["fund.quota-spent"], "{ran:?}");
    let ran = world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments("the real one")]);
    assert_eq!(waits(&ran), (real, question), "an equal call joins and is no new question");
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 5);
    assert_eq!(posts(&world), 0);
}
