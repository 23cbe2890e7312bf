//! S18 and S19: who gains is worked out through all nesting before anybody is asked, and a tool opens nothing for itself.

use std::collections::BTreeSet;
use std::time::{Duration, Instant as Real};

use serde_json::{Value, json};
use tollgate::clock::Instant;
use tollgate::label::Label;
use tollgate::name::{GroupName, ObjectName, PersonName, Principal};
use tollgate::people::{Audience, Ceiling, Directory, Object, Right, Standing};

use super::{give, reads, world};
use crate::world::{World, codes};

fn widen(world: &World, person: &str, (principal, right, seconds): (&str, &str, &str)) -> Value {
    let arguments =
        json!({ "object": "dataset/pay", "principal": principal, "right": right, "seconds": seconds }).to_string();
    world.tollgate(&["-o", "json", "call", "probe.acl-widen", &arguments, "--as", person]).json()
}

#[test]
fn s18_it_looks_like_three_people() {
    let world = world();
    give(&world, "cam");
    world.edit("lease = \"30 min\", consent = \"none\"", "lease = \"30 min\", consent = \"owner\"");
    let before = world.outside();
    let refused = widen(&world, "cam", ("group:atlas", "read", "600"));
    assert_eq!(codes(&refused), ["clear.too-wide"], "{refused}");
    let message = refused["refusals"][0]["message"].as_str().unwrap_or_default();
    let says = "396 of 397 who would gain this are not cleared for dataset/pay (through atlas → legacy-readers → everyone)";
    assert_eq!(message, says);
    assert_eq!(world.count("SELECT count(*) FROM approvals"), 0, "nobody was asked");
    let typed = [
        "-o",
        "json",
        "explain",
        "probe",
        "acl.widen",
        "object=dataset/pay",
        "principal=group:atlas",
        "right=read",
        "--as",
        "cam",
    ];
    let explained = world.tollgate(&typed);
    assert!(explained.code == 3 && explained.stdout.contains(says), "{explained:?}");
    assert_eq!(world.outside(), before);
    let asked = widen(&world, "cam", ("ida", "read", "600"));
    assert_eq!(asked["outcome"], "waiting", "{asked}");
    let (printed, screen) =
        world.answered(&["-o", "json", "approvals", "yes", "1", "--as", "cam"], &[("passphrase", crate::world::PASSPHRASE)]);
    assert!(screen.contains("seen by   1 person: ida"), "{printed} {screen}");
    assert_eq!(world.count("SELECT count(*) FROM leases WHERE principal = 'ida'"), 1, "as a lease");
}

/// 100,000 people at the bottom of 50 groups, the last of which is in a circle with the first.
fn deep() -> Directory {
    let person = |at: usize| PersonName::parse(&format!("p{at}")).expect("a name");
    let group = |at: usize| GroupName::parse(&format!("g{at}")).expect("a name");
    let mut directory = Directory::default();
    directory.people = (0..100_000).map(|at| (person(at), String::new())).collect();
    for at in 0..50 {
        let next = Principal::Group(group((at + 1) % 50));
        directory.groups.insert(group(at), BTreeSet::from([next]));
    }
    let everybody = directory.people.keys().cloned().map(Principal::Person);
    directory.groups.get_mut(&group(49)).expect("a group").extend(everybody);
    let (owner, ceiling) = (person(0), Ceiling { cleared: BTreeSet::from([Principal::Person(person(1))]), declared: true });
    let object = Object { owner, folders: BTreeSet::new(), entries: Vec::new(), ceiling };
    directory.objects.insert(ObjectName::parse("pay").expect("a name"), object);
    directory
}

#[test]
fn s18_circles_depth_and_size_are_answered_in_time() {
    let directory = std::sync::Arc::new(deep());
    let principal = Principal::parse("group:g0").expect("a name");
    let audience = Audience::Gains(ObjectName::parse("pay").expect("a name"), principal, Right::Read);
    let standing = Standing::of(directory, PersonName::parse("p0").expect("a name"));
    let began = Real::now();
    let refusal = audience.clear(&Label::default(), &standing, Instant(0)).expect_err("too wide");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(refusal.message.starts_with("99998 of 99999 who would gain this are not cleared"), "{}", refusal.message);
    assert!(
        refusal.message.contains("(through g0 → g1 → g2 →") && refusal.message.contains("→ g49)"),
        "{}",
        refusal.message
    );
}

#[test]
fn s19_a_tool_opens_nothing_for_whom_it_works() {
    let world = world();
    let before = world.outside();
    for principal in ["ben", "group:pay", "group:web"] {
        assert_eq!(codes(&widen(&world, "ben", (principal, "read", "600"))), ["cover.not-yours"], "it is cam's");
    }
    assert_eq!(world.outside(), before);
    // What he administers only until a lease ends, he cannot have prolonged.
    world.edit("rights = [\"read\"]", "rights = [\"read\", \"administer\"]");
    assert_eq!(widen(&world, "cam", ("ben", "administer", "600"))["outcome"], "returned");
    let before = world.outside();
    for principal in ["ben", "group:pay"] {
        let refused = widen(&world, "ben", (principal, "administer", "1800"));
        assert_eq!(codes(&refused), ["clear.too-wide"], "{refused}");
        let message = refused["refusals"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("never for the person it works for"), "{message}");
    }
    assert_eq!(world.outside(), before);
    assert_eq!(widen(&world, "ben", ("ida", "read", "600"))["outcome"], "returned", "but what he administers he may open");
    assert_eq!(
        widen(&world, "cam", ("group:pay", "read", "600"))["outcome"],
        "returned",
        "what is cam's for good stays his"
    );
}

#[test]
fn s19_a_widening_does_not_lower_the_label_of_its_session() {
    let world = world();
    assert_eq!(reads(&world, "cam")["outcome"], "returned");
    let label = |world: &World| world.done(&["session", "list"])["sessions"].clone();
    let post = || {
        let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'eng-help'").to_string();
        let arguments = json!({ "forum": "eng-help", "thread": thread, "body": "what I read" }).to_string();
        world.tollgate(&["-o", "json", "call", "probe.forum-post", &arguments, "--as", "cam"]).json()
    };
    let before = label(&world);
    assert_eq!(before[0]["readers"], 4, "{before}");
    assert_eq!(codes(&post()), ["clear.too-wide"]);
    assert_eq!(widen(&world, "cam", ("ida", "read", "600"))["outcome"], "returned");
    assert_eq!(label(&world), before, "the ceiling bounds it, not the list");
    assert_eq!(codes(&post()), ["clear.too-wide"]);
}

#[test]
fn s19_people_groups_and_manifests_are_no_objects() {
    let world = world();
    let before = world.outside();
    for object in ["group:pay", "group/pay", "tools/probe.toml", "approvals", "ben"] {
        let arguments = json!({ "object": object, "principal": "ida", "right": "read", "seconds": "60" });
        assert_eq!(codes(&world.call("probe.acl-widen", &arguments)), ["cover.not-granted"], "{object}");
    }
    assert_eq!(world.outside(), before);
    world.edit(
        "objects = [\"scratch\", \"dataset/*\"], wide = true, principals",
        "objects = [\"group:pay\"], wide = true, principals",
    );
    let checked = world.tollgate(&["check"]);
    assert!(checked.code != 0 && checked.stderr.contains("group:pay"), "{checked:?}");
}
