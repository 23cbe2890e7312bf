//! The feed of changes: whatever comes or goes in a table that says who reads what is told, whoever writes it, and each kind of
//! change is looked at.

use std::sync::Arc;

use tollgate::clock::Manual;
use tollgate::unit::Duration;

use super::{ATLAS, alerts, apply, by_hand, seen, world};
use crate::lease::{newest, open};
use crate::world::World;

/// A row that comes, becomes another and goes, and what the feed says of that, a change a line.
type Row = (&'static str, [&'static str; 3], [&'static str; 4]);

const ROWS: [Row; 10] = [
    (
        "people",
        [
            "INSERT INTO people VALUES ('zoe', 'Zoe')",
            "UPDATE people SET name = 'zia' WHERE name = 'zoe'",
            "DELETE FROM people WHERE name = 'zia'",
        ],
        ["+ person zoe ", "- person zoe ", "+ person zia ", "- person zia "],
    ),
    (
        "members",
        [
            "INSERT INTO members VALUES ('web', 'ida')",
            "UPDATE members SET principal = 'group:pay' WHERE group_name = 'web' AND principal = 'ida'",
            "DELETE FROM members WHERE group_name = 'web' AND principal = 'group:pay'",
        ],
        ["+ member web ida", "- member web ida", "+ member web group:pay", "- member web group:pay"],
    ),
    (
        "audiences",
        [
            "INSERT INTO audiences VALUES ('web-room', 'ida')",
            "UPDATE audiences SET forum = 'pay-room' WHERE principal = 'ida'",
            "DELETE FROM audiences WHERE principal = 'ida'",
        ],
        ["+ audience web-room ida", "- audience web-room ida", "+ audience pay-room ida", "- audience pay-room ida"],
    ),
    (
        "acl_entries",
        [
            "INSERT INTO acl_entries (object, principal, right_) VALUES ('scratch', 'ida', 'read')",
            "UPDATE acl_entries SET object = 'pay' WHERE principal = 'ida'",
            "DELETE FROM acl_entries WHERE principal = 'ida'",
        ],
        ["+ entry scratch ida read", "- entry scratch ida read", "+ entry pay ida read", "- entry pay ida read"],
    ),
    (
        "object_ceilings",
        [
            "INSERT INTO object_ceilings VALUES ('scratch', 'ida', 1)",
            "UPDATE object_ceilings SET principal = 'hal' WHERE principal = 'ida' AND object = 'scratch'",
            "DELETE FROM object_ceilings WHERE principal = 'hal'",
        ],
        [
            "+ object-cleared scratch ida",
            "- object-cleared scratch ida",
            "+ object-cleared scratch hal",
            "- object-cleared scratch hal",
        ],
    ),
    (
        "forum_ceilings",
        [
            "INSERT INTO forum_ceilings VALUES ('web-room', 'ida', 1)",
            "UPDATE forum_ceilings SET principal = 'cam' WHERE principal = 'ida'",
            "DELETE FROM forum_ceilings WHERE principal = 'cam'",
        ],
        [
            "+ forum-cleared web-room ida",
            "- forum-cleared web-room ida",
            "+ forum-cleared web-room cam",
            "- forum-cleared web-room cam",
        ],
    ),
    (
        "objects",
        [
            "INSERT INTO objects VALUES ('attic', 'ben')",
            "UPDATE objects SET owner = 'gus' WHERE name = 'attic'",
            "DELETE FROM objects WHERE name = 'attic'",
        ],
        ["+ object attic ben", "- object attic ben", "+ object attic gus", "- object attic gus"],
    ),
    (
        "forums",
        [
            "INSERT INTO forums VALUES ('attic', 'ben')",
            "UPDATE forums SET owner = 'gus' WHERE name = 'attic'",
            "DELETE FROM forums WHERE name = 'attic'",
        ],
        ["+ forum attic ben", "- forum attic ben", "+ forum attic gus", "- forum attic gus"],
    ),
    (
        "closing",
        ["INSERT INTO closing VALUES ('object', 'pay')", "UPDATE closing SET name = 'scratch'", "DELETE FROM closing"],
        ["+ closes object pay ", "- closes object pay ", "+ closes object scratch ", "- closes object scratch "],
    ),
    (
        "folders",
        [
            "INSERT INTO folders VALUES ('attic', 'pay')",
            "UPDATE folders SET object = 'scratch' WHERE folder = 'attic'",
            "DELETE FROM folders WHERE folder = 'attic'",
        ],
        ["+ folder attic pay", "- folder attic pay", "+ folder attic scratch", "- folder attic scratch"],
    ),
];

/// What the feed says after a change.
fn told(world: &World, after: i64) -> Vec<String> {
    let store = world.store();
    let query = "SELECT iif(added, '+ ', '- ') || what || ' ' || thing || ' ' || principal || coalesce(' ' || right_, '') \
                 FROM changes WHERE id > ?1 ORDER BY id";
    let mut feed = store.prepare(query).expect("a query");
    let rows = feed.query_map([after], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a text")).collect()
}

#[test]
fn whatever_another_program_writes_is_told_and_moves_the_world() {
    let world = world();
    for (table, statements, says) in ROWS {
        let (last, stamp) = (world.count("SELECT max(id) FROM changes"), world.count("SELECT stamp FROM state"));
        statements.iter().for_each(|statement| by_hand(&world, statement));
        assert_eq!(told(&world, last), says, "{table}");
        assert_eq!(world.count("SELECT stamp FROM state"), stamp + 4, "{table}: a version of the world for each");
    }
    let query = "SELECT count(DISTINCT tbl_name) FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_came'";
    assert_eq!(world.count(query), 10, "there is no other table that tells");
}

/// The one alert there is: its cause, and who reads what he is not cleared for.
fn only(world: &World) -> (String, Vec<String>) {
    let found = alerts(world);
    assert_eq!(found.len(), 1, "{found:?}");
    let readers = found[0]["readers"].as_array().expect("readers").iter();
    (
        found[0]["cause"].as_str().expect("a cause").to_owned(),
        readers.map(|it| it.as_str().expect("a name").to_owned()).collect(),
    )
}

#[test]
fn who_is_cleared_for_a_forum_is_looked_at() {
    let world = world();
    let both = "[\"group:web\", \"group:contractors\"]";
    apply(&world, &format!("tollgate = 1\n[forums.web-room]\nowner = \"hal\"\naudience = {both}\ncleared = {both}\n"));
    assert_eq!(alerts(&world).len(), 0);
    by_hand(&world, "DELETE FROM forum_ceilings WHERE principal = 'group:contractors'");
    let (cause, readers) = only(&world);
    assert_eq!((&*cause, readers.len()), ("ceiling forum web-room", 61));
    by_hand(&world, "INSERT INTO forum_ceilings VALUES ('web-room', 'group:contractors', 1)");
    assert_eq!(alerts(&world).len(), 0);
}

#[test]
fn whoever_owned_a_thing_and_still_reads_it_is_seen() {
    for (thing, script) in [
        (
            "object dataset/scratch-1",
            [
                "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/scratch-1', 'ben', 'read')",
                "UPDATE objects SET owner = 'gus' WHERE name = 'dataset/scratch-1'",
            ],
        ),
        (
            "forum web-room",
            [
                "UPDATE forums SET owner = 'ben' WHERE name = 'web-room'; DELETE FROM forum_ceilings WHERE forum = 'web-room'; \
                 DELETE FROM audiences WHERE forum = 'web-room'; INSERT INTO audiences VALUES ('web-room', 'ben')",
                "UPDATE forums SET owner = 'hal' WHERE name = 'web-room'",
            ],
        ),
    ] {
        let world = world();
        by_hand(&world, script[0]);
        assert_eq!(alerts(&world).len(), 0, "it is his: {thing}");
        by_hand(&world, script[1]);
        assert_eq!(only(&world), (format!("ceiling {thing}"), vec!["ben".to_owned()]));
    }
}

#[test]
fn a_person_who_comes_after_his_membership_is_seen_and_one_who_goes_is_not() {
    let world = world();
    by_hand(&world, "INSERT INTO members VALUES ('pay', 'zoe')");
    assert_eq!(alerts(&world).len(), 0, "nobody is called so");
    by_hand(&world, "INSERT INTO people VALUES ('zoe', 'Zoe')");
    assert_eq!(only(&world).1, ["zoe"]);
    by_hand(&world, "DELETE FROM people WHERE name = 'zoe'");
    assert_eq!(alerts(&world).len(), 0);
}

/// What a host that lives is told after it has looked, frozen or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_lives_hears_that_a_thing_closes_by_itself_under_a_freeze_too() {
    let world = world();
    world.done(&["freeze", "everything", "--reason", "something is odd"]);
    let store = open(&world, Arc::new(Manual::at(newest(&world))));
    by_hand(&world, ATLAS);
    seen(&world, 1);
    by_hand(&world, "DELETE FROM acl_entries WHERE principal = 'group:atlas'");
    seen(&world, 0);
    by_hand(&world, "INSERT INTO closing VALUES ('object', 'dataset/pay')");
    by_hand(&world, ATLAS);
    let began = std::time::Instant::now();
    while world.count("SELECT count(*) FROM acl_entries WHERE principal = 'group:atlas'") > 0 {
        assert!(began.elapsed().as_secs() < 10, "it does not close");
        std::thread::yield_now();
    }
    let all = store.alarms(true).expect("alerts");
    let how = all[0].closed.as_ref().map(|closed| closed.1.clone());
    assert_eq!((all.len(), how.as_deref()), (2, Some("by-itself")));
    store.close().await.expect("an end");
}

/// Lines of a list that say themselves until when they hold: hal reads it for ten minutes, ada for twenty.
fn until(world: &World) {
    let entry = |(principal, span): (&str, &str)| {
        let ends = newest(world).after(Duration::parse(span).expect("a duration")).0;
        format!(
            "INSERT INTO acl_entries (object, principal, right_, ends) VALUES ('dataset/pay', '{principal}', 'read', {ends});"
        )
    };
    by_hand(world, &[("hal", "10 min"), ("ada", "20 min")].map(entry).concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_right_ends_what_it_opened_is_closed() {
    // While a host lives, and nobody writes anything.
    let lives = world();
    let clock = Arc::new(Manual::at(newest(&lives)));
    let store = open(&lives, clock.clone());
    until(&lives);
    seen(&lives, 2);
    clock.advance(Duration::parse("11 min").expect("a duration"));
    seen(&lives, 1);
    clock.advance(Duration::parse("11 min").expect("a duration"));
    seen(&lives, 0);
    store.close().await.expect("an end");
    // And while nobody runs: the next one sees it before anything is served.
    let rests = world();
    until(&rests);
    assert_eq!(alerts(&rests).len(), 2);
    let later = newest(&rests).after(Duration::parse("21 min").expect("a duration"));
    let store = open(&rests, Arc::new(Manual::at(later)));
    assert_eq!(store.open_too_far().expect("figures"), (0, 0));
    store.close().await.expect("an end");
}

#[test]
fn it_counts_from_the_change_that_opened_it_and_not_from_the_look_or_what_came_later() {
    let world = world();
    by_hand(&world, ATLAS);
    let opened = world.count("SELECT max(at) FROM changes WHERE what = 'entry'");
    let mut number = 0;
    while world.count("SELECT max(at) FROM changes") == opened {
        number += 1;
        by_hand(&world, &format!("INSERT INTO members VALUES ('web', 'nobody-{number}')"));
    }
    assert_eq!(alerts(&world).len(), 1);
    for table in ["exposures", "opened", "alerts"] {
        assert_eq!(world.count(&format!("SELECT since FROM {table}")), opened, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_over_is_gone_for_a_host_that_lives() {
    let world = world();
    by_hand(&world, "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/scratch-1', 'ben', 'read')");
    let store = open(&world, Arc::new(Manual::at(newest(&world))));
    by_hand(&world, ATLAS);
    seen(&world, 1);
    by_hand(&world, "REPLACE INTO objects VALUES ('dataset/scratch-1', 'gus')");
    seen(&world, 2);
    by_hand(&world, "REPLACE INTO objects VALUES ('dataset/scratch-1', 'ben')");
    seen(&world, 1);
    by_hand(&world, "INSERT INTO object_ceilings VALUES ('dataset/pay', 'group:everyone', 0)");
    seen(&world, 0);
    by_hand(&world, "REPLACE INTO object_ceilings VALUES ('dataset/pay', 'group:everyone', 1)");
    by_hand(&world, "DELETE FROM object_ceilings WHERE principal = 'group:everyone' AND object = 'dataset/pay'");
    seen(&world, 1);
    store.close().await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_has_ended_is_no_cause_though_the_same_people_read_through_another() {
    let world = world();
    let clock = Arc::new(Manual::at(newest(&world)));
    let store = open(&world, clock.clone());
    let ends = newest(&world).after(Duration::parse("10 min").expect("a duration")).0;
    let entry = "INSERT INTO acl_entries (object, principal, right_, ends) VALUES ('dataset/pay'";
    by_hand(&world, &format!("{entry}, 'group:contractors', 'read', {ends}); {entry}, 'group:atlas', 'read', NULL)"));
    seen(&world, 2);
    clock.advance(Duration::parse("11 min").expect("a duration"));
    seen(&world, 1);
    assert_eq!(alerts(&world)[0]["cause"], "entry dataset/pay group:atlas read");
    store.close().await.expect("an end");
}
