//! A forum in another process, over HTTP: whoever of the two is killed, and when, a post is there once or not at all, and
//! what nobody knows is found out as its class allows. `cargo bench --bench faults` does the same a thousand times.

#![expect(clippy::disallowed_methods, reason = "tests make and look at files themselves")]

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_faults::{
    Class, Errno, Fault, Met, Mishap, Program, Scene, Stage, Step, Terms, Workload, edges, meet, workloads_elsewhere,
};

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    let program = || Program { path: Path::new(env!("CARGO_BIN_EXE_elsewhere")).to_owned(), first: None };
    STAGE.get_or_init(|| Stage::make(program()).unwrap_or_else(|why| panic!("{why}")))
}

/// Meets a fault and insists on every promise: what can be found out is, and nothing else is in doubt.
fn holds(workload: &Workload, fault: Fault) -> Met {
    let met = meet(stage(), workload, fault).unwrap_or_else(|why| panic!("{}, {fault:?}: {why}", workload.name));
    assert!(met.found.broken.is_empty(), "{}, {fault:?}: {met:#?}", workload.name);
    let blind = workload.forum.is_some_and(|terms| terms.class == Class::Blind);
    assert!(met.found.doubts.keys().all(|class| blind && *class == "blind"), "{}, {fault:?}: {met:#?}", workload.name);
    met
}

fn two_at_a_time<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    for pair in all.chunks(2) {
        std::thread::scope(|scope| pair.iter().for_each(|one| drop(scope.spawn(|| work(one)))));
    }
}

#[test]
fn s31_killed_at_the_edges_of_a_post_elsewhere_it_is_there_once_or_not_at_all() {
    two_at_a_time(&workloads_elsewhere(), |workload| {
        let all = edges(stage(), workload).unwrap_or_else(|why| panic!("{why}"));
        let sent = all.iter().rfind(|edge| edge.does == "send").expect("it sends").number;
        // Around the request and where its outcome goes on record; the benchmark takes them all.
        let others = |edge: u64| !workload.asks && edge.is_multiple_of(40);
        let some = all.iter().map(|edge| edge.number).filter(|edge| (sent..sent + 2).contains(edge) || others(*edge));
        let faults = some.flat_map(|edge| [Fault::KillBefore(edge), Fault::KillAfter(edge)]);
        let (mut killed, mut doubts) = (0, 0);
        for fault in faults {
            let met = holds(workload, fault);
            killed += usize::from(met.ran.code.is_none());
            doubts += met.found.doubts.values().sum::<usize>();
        }
        let blind = workload.forum.is_some_and(|terms| terms.class == Class::Blind);
        assert!(killed >= 3 && (doubts > 0) == blind, "{}: {killed} killed, {doubts} in doubt", workload.name);
    });
}

#[test]
fn s31_a_forum_that_dies_or_takes_too_long_leaves_no_post_that_nobody_can_find_out() {
    let unasked: Vec<_> = workloads_elsewhere().into_iter().filter(|it| !it.asks).collect();
    two_at_a_time(&unasked, |workload| {
        for mishap in Mishap::ALL {
            let met = holds(workload, Fault::Forum(mishap));
            assert!(met.ran.stdout.contains("in-doubt") && !met.found.acknowledged, "{mishap:?}: {met:#?}");
        }
    });
}

#[test]
fn s31_an_intent_that_may_be_on_record_is_not_denied_where_it_would_be_sent_again() {
    let workload = workloads_elsewhere().into_iter().find(|it| it.name == "post to a keyed forum").expect("it is there");
    let all = edges(stage(), &workload).unwrap_or_else(|why| panic!("{why}"));
    let sent = all.iter().rposition(|edge| edge.does == "send").expect("it sends");
    let sync = all[..sent].iter().rfind(|edge| edge.does == "sync").expect("its intent is durable first").number;
    let met = holds(&workload, Fault::FailFrom(sync, Errno::Io));
    assert!(met.ran.stdout.contains("in-doubt"), "{met:#?}");
}

fn post(body: &str) -> Step {
    Step::call("forum-post", &json!({ "forum": "eng-help", "thread": "1", "body": body }))
}

fn scene(class: Class) -> Scene<'static> {
    set(Terms::of(class))
}

fn set(terms: Terms) -> Scene<'static> {
    Scene::set(stage(), terms).unwrap_or_else(|why| panic!("{why}"))
}

/// A scene whose host died over a post, before or after it sent it.
fn died(terms: Terms, fault: fn(u64) -> Fault) -> Scene<'static> {
    let scene = set(terms);
    scene.killed_at_its_last_send(&post("said once"), fault).unwrap_or_else(|why| panic!("{why}"));
    scene
}

fn doubts(scene: &Scene<'_>) -> Vec<Value> {
    scene.doubts().unwrap_or_else(|why| panic!("{why}"))
}

/// How many posts the forum has, and what was found out of those in doubt: `done`, `not-done`.
fn found(scene: &Scene<'_>) -> (usize, Vec<Value>) {
    let settled = scene.settled().unwrap_or_else(|why| panic!("{why}"));
    (scene.posts().unwrap_or_else(|why| panic!("{why}")).len(), settled.iter().map(|it| it["outcome"].clone()).collect())
}

/// What a person is told of the one act in doubt.
fn advice(scene: &Scene<'_>) -> String {
    let all = doubts(scene);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]["advice"].as_str().expect("an advice").to_owned()
}

#[test]
fn s31_a_queryable_forum_is_asked_and_nothing_is_sent_again() {
    let mut sent = died(Terms::of(Class::Queryable), Fault::KillAfter);
    sent.closes();
    assert!(advice(&sent).contains("the forum cannot be asked now"), "it may not have got that far");
    sent.opens().unwrap_or_else(|why| panic!("{why}"));
    let had = sent.posts().unwrap_or_else(|why| panic!("{why}")).len();
    let begun = Instant::now();
    while !doubts(&sent).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never settles");
    }
    let word = if had == 1 { "done" } else { "not-done" };
    assert_eq!(found(&sent), (had, vec![json!(word)]));
    // One that takes an hour to tell what it has: until then nobody says that it has nothing.
    let unsent = died(Terms { settles: 3_600_000, ..Terms::of(Class::Queryable) }, Fault::KillBefore);
    let told = advice(&unsent);
    assert!(told.starts_with("it is not there yet, and may still come until "), "{told}");
    assert_eq!(found(&unsent), (0, vec![]));
    // Found out with the id that the forum gave it.
    let done = died(Terms::of(Class::Queryable), Fault::KillAfter);
    let begun = Instant::now();
    while done.posts().unwrap_or_else(|why| panic!("{why}")).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the forum never took it");
    }
    assert_eq!(doubts(&done), Vec::<Value>::new());
    let settled = done.settled().unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(
        (&settled[0]["outcome"], &settled[0]["made"], &settled[0]["found"]),
        (&json!("done"), &json!(1), &json!("by the host"))
    );
}

#[test]
fn s31_a_keyed_forum_is_sent_it_again_under_its_key_and_posts_once() {
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        let mut scene = died(Terms::of(Class::Keyed), fault);
        // The command line without that forum does not reach it, and leaves it as it is.
        let (forum, away) = (scene.room.folder.with_file_name("forum"), scene.room.folder.with_file_name("away"));
        std::fs::rename(&forum, &away).expect("moving the forum away");
        assert!(advice(&scene).contains("this program does not reach the system"));
        std::fs::rename(&away, &forum).expect("moving it back");
        scene.closes();
        assert!(advice(&scene).starts_with("it is not sent again: the forum cannot be read now"));
        scene.opens().unwrap_or_else(|why| panic!("{why}"));
        // One process at a time sends again.
        let lock = std::fs::File::open(scene.room.folder.join("run/finding-out")).expect("the lock");
        lock.lock().expect("locking it");
        assert!(advice(&scene).starts_with("it is not sent again: another process is finding out"));
        drop(lock);
        assert_eq!(doubts(&scene), Vec::<Value>::new());
        assert_eq!(found(&scene), (1, vec![json!("done")]));
    }
}

/// The world after the host died over a post.
type Change = fn(&Scene<'_>);

#[test]
fn s31_what_may_not_be_said_now_is_not_sent_again() {
    let froze: Change = |scene| drop(run(scene, &["freeze", "tool", "probe", "--reason", "odd posts"]));
    let thawed: Change = |scene| {
        run(scene, &["freeze", "tool", "probe", "--reason", "odd posts"]);
        let thawed = scene.signed(&["thaw", "1", "--reason", "all is well"]).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(thawed.code, Some(0), "{thawed:?}");
    };
    let ungranted: Change = |scene| edit(scene, "tools/probe.toml", "forums = [\"eng-help\"]", "forums = [\"other\"]");
    let asks: Change = |scene| {
        let manifest = "calls = 1000\nbytes = \"8 MiB\"\nconsent = \"none\"";
        edit(scene, "tools/probe.toml", manifest, &manifest.replace("none", "initiator"));
    };
    let grown: Change =
        |scene| apply(scene, "[people.zoe]\nname = \"Zoe\"\n[groups.everyone]\nmembers = [\"ben\", \"zoe\"]\n");
    let expelled: Change = |scene| {
        apply(scene, "[people.zoe]\nname = \"Zoe\"\n[forums.eng-help]\nowner = \"zoe\"\naudience = []\n");
    };
    let replaced: Change = |scene| {
        let component = scene.room.folder.join("tools/probe.wasm");
        let mut bytes = std::fs::read(&component).expect("the component");
        // A custom section without a name and without content: another digest, and the same tool.
        bytes.extend([0, 1, 0]);
        std::fs::write(component, bytes).expect("another component");
        run(scene, &["pin", "probe"]);
    };
    let mut wrong = Vec::new();
    for (change, why) in [
        (froze, "has frozen the tool `probe`"),
        (thawed, "had frozen the tool `probe` after this was allowed"),
        (ungranted, "no forum.post grant that reaches"),
        (asks, "its grant asks others for consent"),
        (grown, "the audience has grown by 1"),
        (expelled, "no such thing that the initiator may use"),
        (replaced, "the tool's component has changed"),
    ] {
        let scene = died(Terms::of(Class::Keyed), Fault::KillBefore);
        change(&scene);
        wrong.extend(sent(&scene, why));
    }
    let forgotten = died(Terms { window: 1, ..Terms::of(Class::Keyed) }, Fault::KillBefore);
    wrong.extend(sent(&forgotten, "the forum may have forgotten its key"));
    assert_eq!(wrong, Vec::<String>::new());
}

/// What is wrong where a post was to be left to a person, with a word on why.
fn sent(scene: &Scene<'_>, why: &str) -> Option<String> {
    let (told, found) = (doubts(scene), found(scene));
    let said =
        told.iter().filter_map(|it| it["advice"].as_str()).any(|it| it.contains("not sent again") && it.contains(why));
    (!said || found != (0, vec![])).then(|| format!("{why}: {told:?}, {found:?}"))
}

fn run(scene: &Scene<'_>, arguments: &[&str]) -> Value {
    let ran = scene.takes(&Step::plain(arguments)).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.report().expect("a report")
}

fn edit(scene: &Scene<'_>, name: &str, from: &str, to: &str) {
    let path = scene.room.folder.join(name);
    let text = std::fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).expect("writing it");
}

fn apply(scene: &Scene<'_>, world: &str) {
    std::fs::write(scene.room.folder.join("more.toml"), format!("tollgate = 1\n{world}")).expect("a world file");
    run(scene, &["world", "apply", "more.toml"]);
}

#[test]
fn s31_a_yes_that_was_used_for_a_post_in_doubt_is_worth_that_post_alone() {
    let call = Step::call("forum-post", &json!({ "forum": "careful", "thread": "2", "body": "said after a yes" }));
    let scene = scene(Class::Keyed);
    let asked = scene.takes(&call).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(asked.code, Some(6), "{asked:?}");
    let yes = Step::plain(&["approvals", "yes", "{approval}"]).typing(&[("passphrase", "correct horse")]);
    scene.killed_at_its_last_send(&yes, Fault::KillBefore).unwrap_or_else(|why| panic!("{why}"));
    // Agreed to under one manifest, it is not sent under another one, though its grant still reaches it.
    let (then, now) = ("calls = 5\nbytes = \"1 MiB\"\nconsent", "calls = 6\nbytes = \"1 MiB\"\nconsent");
    edit(&scene, "tools/probe.toml", then, now);
    assert!(advice(&scene).starts_with("it is not sent again: what was agreed to is not what would be sent now"));
    edit(&scene, "tools/probe.toml", now, then);
    assert_eq!(doubts(&scene), Vec::<Value>::new());
    assert_eq!(found(&scene), (1, vec![json!("done")]));
    // Taken up again, the tool hears that nobody knew when its host died; then the same is asked anew.
    let result = scene.takes(&Step::plain(&["result", "{invocation}"])).unwrap_or_else(|why| panic!("{why}"));
    assert!(result.stdout.contains("in-doubt"), "{result:?}");
    let again = scene.takes(&call).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(again.code, Some(6), "the yes is used up: {again:?}");
    assert_eq!(found(&scene).0, 1);
}

#[test]
fn s31_what_a_host_that_lives_has_under_way_is_nobody_elses_to_find_out() {
    for class in Class::ALL {
        let scene = set(Terms { delay: 1_500, ..Terms::of(class) });
        let intents = || {
            let query = "SELECT count(*) FROM journal WHERE json_extract(entry, '$.kind') = 'intent'";
            scene.room.store().and_then(|store| store.query_row(query, [], |row| row.get::<_, i64>(0))).expect("a count")
        };
        let (lives, meanwhile) = std::thread::scope(|scope| {
            let lives = scope.spawn(|| scene.takes(&post("said slowly")).map_err(|why| why.to_string()));
            let begun = Instant::now();
            while intents() == 0 {
                assert!(begun.elapsed() < Duration::from_secs(20), "it never begins");
            }
            let meanwhile = (doubts(&scene), found(&scene).0);
            (lives.join().expect("it ends").unwrap_or_else(|why| panic!("{why}")), meanwhile)
        });
        assert_eq!(meanwhile, (vec![], 0), "the other one was there first");
        assert_eq!((lives.code, found(&scene)), (Some(0), (1, vec![])), "{lives:?}");
    }
}

#[test]
fn s31_a_blind_forum_is_left_to_a_person() {
    let scene = died(Terms::of(Class::Blind), Fault::KillAfter);
    let left = doubts(&scene);
    let (invocation, told) = (left[0]["invocation"].as_str().expect("one"), left[0]["advice"].as_str().expect("an advice"));
    let look = format!("look in forum eng-help, thread 1, for a post of 9 bytes whose author names invocation {invocation}");
    assert_eq!(told, look);
    let seq = left[0]["seq"].to_string();
    let settle = ["doubts", "settle", invocation, &seq, "done", "--reason", "it is there"];
    let settled = scene.signed(&settle).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(settled.code, Some(0), "{settled:?}");
    assert_eq!((doubts(&scene), found(&scene)), (vec![], (1, vec![json!("done")])));
}
