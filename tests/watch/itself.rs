//! Things that close by themselves: an entry of their own list at once; a membership elsewhere only where nobody loses
//! anything else by it. In doubt people are told, and decide.

use serde_json::{Value, json};

use super::{ATLAS, alerts, apply, by_hand, journaled, people, world};
use crate::world::World;

/// The small world in which the payments data closes by itself.
fn closing() -> World {
    let world = world();
    let text = people().replace(
        "cleared = [\"cam\", \"gus\", \"ben\", \"ida\"]",
        "cleared = [\"cam\", \"gus\", \"ben\", \"ida\"]\ncloses = \"by-itself\"",
    );
    apply(&world, &text);
    world
}

fn all(world: &World) -> Vec<Value> {
    world.done(&["watch", "--all"])["alerts"].as_array().expect("alerts").clone()
}

fn kinds(world: &World) -> Vec<Value> {
    [journaled(world, "exposed"), journaled(world, "closed")].concat().iter().map(|it| it["kind"].clone()).collect()
}

#[test]
fn an_entry_of_its_own_list_is_taken_away_at_once() {
    let world = closing();
    let before = world.outside();
    by_hand(&world, ATLAS);
    assert_eq!(alerts(&world), Vec::<Value>::new());
    assert_eq!(world.outside(), before, "the entry is gone, and no other");
    let all = all(&world);
    assert_eq!(
        (&all[0]["how"], &all[0]["people-ever"], &all[0]["by"]),
        (&json!("by-itself"), &json!(396), &json!(null)),
        "{all:?}"
    );
    assert_eq!(kinds(&world), ["exposed", "closed"], "seen, and closed");
    assert_eq!(world.count("SELECT count(*) FROM exposures WHERE until IS NULL"), 0);
    by_hand(&world, "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/pay', 'ida', 'read');");
    assert_eq!(alerts(&world), Vec::<Value>::new());
    assert_ne!(world.outside(), before, "whoever is cleared stays");
}

#[test]
fn a_forum_closes_too() {
    let world = world();
    let room = "tollgate = 1\n[forums.web-room]\nowner = \"hal\"\naudience = [\"group:web\"]\ncleared = [\"group:web\"]\n";
    apply(&world, room);
    let join = "INSERT INTO audiences VALUES ('web-room', 'group:contractors');";
    by_hand(&world, join);
    let found = alerts(&world);
    assert_eq!(found[0]["cause"], "audience web-room group:contractors", "{found:?}");
    assert_eq!(all(&world).len(), 1);
    by_hand(&world, "DELETE FROM audiences WHERE principal = 'group:contractors';");
    apply(&world, &format!("{room}closes = \"by-itself\"\n"));
    by_hand(&world, join);
    assert_eq!(alerts(&world), Vec::<Value>::new());
    assert_eq!(all(&world)[0]["how"], "by-itself");
    assert_eq!(world.count("SELECT count(*) FROM audiences WHERE forum = 'web-room'"), 1);
}

/// A plan of cam's that only a group of its own may read.
fn plan(closes: &str) -> String {
    format!(
        "tollgate = 1\n[groups.plan]\nmembers = [\"cam\"]\n[objects.\"dataset/plan\"]\nowner = \"cam\"\nfolders = []\n\
         entries = [{{ principal = \"group:plan\", right = \"read\" }}]\ncleared = [\"cam\", \"ida\"]\n{closes}"
    )
}

#[test]
fn a_membership_is_taken_away_where_it_gave_nothing_else() {
    let world = world();
    apply(&world, &plan("closes = \"by-itself\"\n"));
    by_hand(&world, "INSERT INTO members VALUES ('plan', 'group:contractors');");
    assert_eq!(alerts(&world), Vec::<Value>::new());
    assert_eq!(all(&world)[0]["how"], "by-itself");
    assert_eq!(world.done(&["world", "show"])["groups"]["plan"], json!(["cam"]));
}

#[test]
fn a_membership_that_gave_anything_else_stays_and_people_are_told() {
    let stays = |world: &World, group: &str, member: &str| {
        by_hand(world, &format!("INSERT INTO members VALUES ('{group}', '{member}');"));
        let found = alerts(world);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0]["cause"], format!("member {group} {member}"));
        assert!(world.done(&["world", "show"])["groups"][group].to_string().contains(member));
    };
    // Contractors read pay-room through it, for which they are cleared.
    stays(&closing(), "pay", "group:contractors");
    // Ida, who is cleared, reads the plan through it.
    let ida = world();
    apply(&ida, &plan("closes = \"by-itself\"\n"));
    stays(&ida, "plan", "group:everyone");
    // It opens something that does not close by itself.
    let both = world();
    apply(&both, &plan("closes = \"by-itself\"\n"));
    let other = plan("").replace("dataset/plan", "dataset/draft");
    apply(&both, &other);
    stays(&both, "plan", "group:contractors");
    // Nothing closes by itself unless it says so.
    let plain = world();
    apply(&plain, &plan(""));
    stays(&plain, "plan", "group:contractors");
    apply(&plain, &plan("closes = \"by-a-person\"\n"));
    let wrong = plan("closes = \"soon\"\n");
    plain.write("wrong.toml", &wrong);
    let ran = plain.tollgate(&["world", "apply", "wrong.toml"]);
    assert!(ran.code != 0 && ran.stderr.contains("by-itself"), "{ran:?}");
}
