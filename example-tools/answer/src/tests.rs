//! The tool in a world in memory: what it cites, what it leaves out, and how it bears being refused.

use tollgate_sdk::Refusal;
use tollgate_sdk::test::World;

use crate::answer::{ask, reply};

const DEPLOY: &str =
    "# Deploying\n\nTo deploy, run `ship it`.\n\n## Rolling back\n\nRoll it back with `ship rollback SERVICE`.\n";

fn world() -> World {
    let world = World::new();
    world.file("runbooks/deploy.md", DEPLOY);
    world.file("runbooks/night/on-call.md", "# On call\n\nWhoever is on call answers within ten minutes.\n");
    world.file("runbooks/logo.png", [0x89, 0x50]);
    world.file("pay/ledger.txt", "nothing to roll back here\n");
    world
}

fn code(refusal: &Refusal) -> String {
    format!("{}.{}", refusal.stage, refusal.reason)
}

#[test]
fn the_passage_that_speaks_of_the_question_is_cited_first() {
    let world = world();
    let _here = world.install();
    let answer = ask("How do I roll back?", "runbooks").expect("an answer");
    assert_eq!((answer.documents, answer.unread.len()), (2, 0), "the image is no document");
    assert_eq!((answer.passages[0].path.as_str(), answer.passages[0].line), ("runbooks/deploy.md", 7));
    assert!(
        answer.text.starts_with("Roll it back with `ship rollback SERVICE`.\n(runbooks/deploy.md:7)"),
        "{}",
        answer.text
    );
    assert_eq!(answer.bytes, world.used("files.read").bytes - "deploy.mdlogo.pngnighton-call.md".len() as u64);
}

#[test]
fn a_question_that_no_document_speaks_of_is_answered_with_that() {
    let world = world();
    let _here = world.install();
    let answer = ask("zebra?", "runbooks").expect("an answer");
    assert!(answer.passages.is_empty());
    assert_eq!(answer.text, "None of the 2 documents I could read speaks of this.");
}

#[test]
fn a_document_that_is_refused_is_named_and_the_others_are_read() {
    let world = world();
    world.refuse_about("files.read", "runbooks/deploy.md", "cover.not-yours");
    let _here = world.install();
    let answer = ask("Who is on call?", "runbooks").expect("an answer");
    assert_eq!(answer.passages[0].path, "runbooks/night/on-call.md");
    assert_eq!(
        (answer.unread[0].path.as_str(), code(&answer.unread[0].reason)),
        ("runbooks/deploy.md", "cover.not-yours".into())
    );
}

#[test]
fn a_folder_that_may_not_be_listed_is_the_answer() {
    let world = world();
    world.refuse_about("files.list", "pay", "cover.not-granted");
    let _here = world.install();
    assert_eq!(code(&ask("ledger", "pay").err().expect("a refusal")), "cover.not-granted");
    assert_eq!(code(&ask("ledger", "nowhere").err().expect("a refusal")), "cover.not-yours");
}

#[test]
fn a_spent_meter_ends_the_reading_and_is_not_asked_again() {
    let world = world();
    (0..20).for_each(|n| world.file(&format!("runbooks/{n}.md"), "roll back\n"));
    world.meter("files.read", 4, 1 << 20);
    let _here = world.install();
    let answer = ask("roll back", "runbooks").expect("what could be read");
    assert_eq!(answer.documents, 2, "two listings, two documents");
    assert_eq!(answer.unread.len(), 20);
    assert_eq!(world.refusals().len(), 1, "it is asked once: {:?}", world.refusals());
}

#[test]
fn the_answer_is_posted_and_a_no_is_passed_on() {
    let world = world();
    let thread = world.thread("eng-help", "Rolling back", &[("fay", "How do I roll back?")]);
    let _here = world.install();
    let posted = reply("How do I roll back?", "runbooks", "eng-help", thread).expect("a post");
    let posts = world.posts();
    assert_eq!((posts.len(), posts[0].post, &posts[0].body), (1, posted.post, &posted.answer.text));

    world.refuse("forum.post", "agree.declined");
    let refusal = reply("How do I roll back?", "runbooks", "eng-help", thread).err().expect("a refusal");
    assert_eq!(code(&refusal), "agree.declined");
    assert_eq!(world.posts().len(), 1);
}

#[test]
fn an_answer_fits_into_the_post_that_is_declared() {
    let world = World::new();
    (0..9).for_each(|n| world.file(&format!("runbooks/{n}.md"), "back ".repeat(2_000)));
    let thread = world.thread("eng-help", "Rolling back", &[]);
    world.meter("forum.post", 1, 8 << 10);
    let _here = world.install();
    assert!(reply("back", "runbooks", "eng-help", thread).is_ok(), "{:?}", world.refusals());
}
