//! What goes out is compared with what was read: how much of that, in which form, and that it is said where it is not there.

use serde_json::{Value, json};

use super::door::{LEDGER, grants, post, world};
use crate::world::{World, codes};

fn read(world: &World, path: &str, offset: usize, length: usize) -> Value {
    let read = world.call("probe.files-read", &json!({ "path": path, "offset": offset.to_string(), "length": length }));
    assert_eq!(read["outcome"], "returned", "{path}");
    read
}

/// What the card says was found in what would be posted.
fn found(world: &World, body: &str) -> Vec<String> {
    let waits = post(world, "pay-room", body);
    assert_eq!(waits["outcome"], "waiting", "{waits}");
    let card = world.done(&["approvals", "show", &waits["question"].to_string(), "--as", "ben"])["card"].clone();
    card["findings"].as_array().expect("findings").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn only_the_newest_four_mebibytes_are_compared_and_that_is_said() {
    const LENGTH: usize = 900_000;
    let world = world("consent = \"initiator\"");
    let long: String = (0..5 * LENGTH / 12).map(|number| format!("row {number:07}\n")).collect();
    world.write("files/pay/long.txt", &long);
    read(&world, "pay/ledger.csv", 0, 4096);
    read(&world, "pay/long.txt", 0, LENGTH);
    let all = found(&world, LEDGER);
    assert!(all.len() == 1 && all[0].starts_with("passages: "), "{all:?}");
    (1..5).for_each(|at| drop(read(&world, "pay/long.txt", at * LENGTH, LENGTH)));
    let newest = found(&world, &format!("again: {LEDGER}"));
    let says = "unseen: only the newest 4 MiB of what was read are compared with this at bytes 0–107";
    assert_eq!(newest, [says]);
    let row = &long[4 * LENGTH + 24..4 * LENGTH + 96];
    let both = found(&world, row);
    assert!(both.len() == 2 && both.iter().any(|it| it.contains("it stands in pay/long.txt")), "{both:?}");
}

#[test]
fn what_was_erased_is_said_not_to_be_there() {
    let world = world("consent = \"initiator\"");
    let told = read(&world, "pay/ledger.csv", 0, 4096);
    world.done(&["journal", "erase", "--invocation", told["invocation"].as_str().expect("an id")]);
    let all = found(&world, "nothing of it");
    let says = "unseen: what was read of pay/ledger.csv is not there to be compared with this at bytes 0–13";
    assert_eq!(all, [says]);
}

#[test]
fn what_stands_in_lines_of_a_thread_is_compared_as_people_write_it() {
    let world = world("consent = \"none\", refuse = [\"passages\"]");
    let grant = "\"forum.read\" = { forums = [\"pay-room\"], calls = 9, bytes = \"1 MiB\" }\n";
    world.grant(&format!("{}{grant}", grants("consent = \"none\", refuse = [\"passages\"]")));
    let lines = LEDGER.split(' ').collect::<Vec<_>>().chunks(3).map(|words| words.join(" ")).collect::<Vec<_>>().join("\\n");
    let thread = format!(
        "tollgate = 1\n[[threads]]\nforum = \"pay-room\"\nauthor = \"gus\"\ntitle = \"Booked\"\nbody = \"{lines}\"\n"
    );
    world.write("thread.toml", &thread);
    world.done(&["world", "apply", "thread.toml"]);
    let id = world.count("SELECT max(id) FROM threads").to_string();
    let told = world.call("probe.forum-thread", &json!({ "forum": "pay-room", "thread": id }));
    assert_eq!(told["outcome"], "returned", "{told}");
    assert_eq!(codes(&post(&world, "pay-room", LEDGER)), ["clear.finding"]);
    assert_eq!(post(&world, "pay-room", "something else that nobody has written there")["outcome"], "returned");
}

#[test]
fn what_the_very_call_has_read_is_compared() {
    let world = world("consent = \"none\", refuse = [\"passages\"]");
    let thread = world.count("SELECT min(id) FROM threads WHERE forum = 'pay-room'").to_string();
    let tell = json!({ "path": "pay/ledger.csv", "forum": "pay-room", "thread": thread });
    assert_eq!(codes(&world.call("probe.read-then-post", &tell)), ["clear.finding"]);
    world.grant(&grants("consent = \"none\""));
    assert_eq!(world.call("probe.read-then-post", &tell)["outcome"], "returned");
}
