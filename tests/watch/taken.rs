//! S20: a person takes bad advice. Who can read what now, through which edge, since when; and one command that closes it.

use serde_json::json;

use super::{ATLAS, World, alerts, apply, by_hand, close, give, journaled, world};

#[test]
fn s20_a_person_takes_the_advice() {
    let world = world();
    assert_eq!(alerts(&world), Vec::<serde_json::Value>::new(), "nothing is open too far");
    by_hand(&world, ATLAS);
    let found = alerts(&world);
    assert_eq!(found.len(), 1, "{found:?}");
    let alert = &found[0];
    assert_eq!(alert["cause"], "entry dataset/pay group:atlas read");
    assert_eq!(alert["chain"], json!(["atlas", "legacy-readers", "everyone"]), "{alert}");
    assert_eq!(alert["opened"], json!([{ "thing": "object dataset/pay", "people": 396, "people-ever": 396 }]));
    assert_eq!((&alert["people"], &alert["written"]), (&json!(396), &json!(null)), "who wrote it is not known");
    assert_eq!(alert["readers"].as_array().map(Vec::len), Some(396));
    assert!(!alert["readers"].to_string().contains("\"ida\""), "ida is cleared");
    assert_eq!(alert["meanwhile"]["elsewhere"], "not known");
    let exposed = journaled(&world, "exposed");
    assert_eq!(exposed.len(), 1, "one entry for one cause, however often it is looked");
    assert_eq!((&exposed[0]["body"]["people"], &exposed[0]["body"]["things"]), (&json!(396), &json!(1)));
    assert!(!exposed[0]["body"].to_string().contains("hal"), "names are a payload");
    let said = world.tollgate(&["watch"]).stdout;
    for part in [
        "group:atlas may read dataset/pay",
        "through   atlas → legacy-readers → everyone",
        "opened    1 thing: object dataset/pay",
        "396 people: ada (ada)",
        "it is not known who did it",
        "what was opened without the host is not known",
        "tollgate watch close 1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    give(&world, "cam");
    let (closed, screen) = close(&world, alert, "cam");
    let row = &closed["closed"][0];
    assert_eq!((&row["closed-to"], &row["lost-by"], &row["open-to"]), (&json!(396), &json!(1), &json!(0)), "{screen}");
    assert!(screen.contains("loses too 1 person: ida (ida) who are cleared, of object dataset/pay"), "{screen}");
    assert_eq!(alerts(&world), Vec::<serde_json::Value>::new());
    let list = world.done(&["world", "show"])["objects"]["dataset/pay"]["entries"].clone();
    assert_eq!(list, json!(["group:pay may read"]), "the very edge, and nothing else");
    let closed = journaled(&world, "closed");
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!((&closed[0]["body"]["by"], &closed[0]["body"]["how"]), (&json!("cam"), &json!("by-person")));
    let all = world.done(&["watch", "--all"])["alerts"].clone();
    assert_eq!((&all[0]["state"], &all[0]["by"]), (&json!("closed"), &json!("cam")), "{all}");
    assert_eq!(world.count("SELECT count(*) FROM exposures WHERE until IS NULL"), 0);
    assert_eq!(world.tollgate(&["journal", "verify"]).code, 0);
}
