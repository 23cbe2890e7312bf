//! The journal followed over HTTP: in order, from where a stream broke off, and to each what is his.

use serde_json::{Value, json};

use super::client::{Served, agent_token, person_token};
use crate::waiting::asking;
use crate::world::World;

fn post(served: &Served, token: &str, body: &str) -> Value {
    let arguments = json!({ "forum": "eng-help", "thread": "1", "body": body });
    let reply = served.call("probe_forum_post", token, &body.replace(' ', "-"), &arguments);
    assert!([200, 202].contains(&reply.status), "{reply:?}");
    reply.json()
}

#[test]
fn a_stream_goes_on_where_it_broke_off() {
    let world = World::new();
    let served = Served::start(&world);
    let (agent, gus) = (agent_token(&world, "cli", "ben", "s1"), person_token(&world, "gus"));
    let mut stream = served.events(&gus, &[]);
    let head = stream.head().join("\n").to_ascii_lowercase();
    assert!(
        head.contains("200 ok") && head.contains("text/event-stream") && head.contains("x-accel-buffering: no"),
        "{head}"
    );
    post(&served, &agent, "CANARY one");
    let mut seen = vec![stream.next()];
    assert_eq!(seen[0].1["kind"], "began", "it begins with what comes after it");
    while seen.last().is_none_or(|(_, it)| it["kind"] != "ended") {
        seen.push(stream.next());
    }
    drop(stream);
    post(&served, &agent, "CANARY two");
    let (last, _) = seen[1];
    let mut again = served.events(&gus, &[("last-event-id", &last.to_string())]);
    again.head();
    let more: Vec<(u64, Value)> = std::iter::from_fn(|| Some(again.next())).take(seen.len() - 2).collect();
    assert_eq!(more, seen[2..], "nothing is lost, and nothing told twice");
    assert_eq!(again.next().0, seen.last().expect("the last").0 + 1);
    let told = json!(seen).to_string();
    assert!(!told.contains("CANARY"), "payloads stay where they are: {told}");
    assert_eq!(world.count(&format!("SELECT count(*) FROM journal WHERE number = {last}")), 1);
}

#[test]
fn others_hear_what_is_done_for_them_and_what_they_are_asked() {
    let world = asking();
    world.edit("consent = \"initiator\"", "consent = \"owner\"");
    let served = Served::start(&world);
    let [ben, gus, fay] = ["ben", "gus", "fay"].map(|person| person_token(&world, person));
    let mut streams = [&ben, &gus, &fay].map(|token| {
        let mut stream = served.events(token, &[]);
        stream.head();
        stream
    });
    let agents = ["ben", "gus"].map(|person| agent_token(&world, "cli", person, "s1"));
    let first = post(&served, &agents[0], "for ben");
    let read = json!({ "path": "runbooks/deploy.md", "offset": "0", "length": 8 });
    let (key, gus_agent) = ("gus", &agents[1]);
    let of_gus = served.call("probe_files_read", gus_agent, key, &read).json();
    let everybody_hears = json!({ "scope": "capability", "name": "acl", "reason": "x" });
    served.person("POST", "/v1/freezes", &gus, &[], Some(&everybody_hears)).is(201);
    let last = post(&served, &agents[0], "again for ben");

    let [of_ben, of_operator, _] = &mut streams;
    let mut kinds = Vec::new();
    loop {
        let (_, event) = of_ben.next();
        assert_ne!(event["invocation"], of_gus["invocation"], "{event}");
        assert_ne!(event["kind"], "frozen", "the whole journal is for operators");
        let over = event["kind"] == "set-down" && event["invocation"] == last["invocation"];
        kinds.push((event["kind"].clone(), event["question"].clone()));
        if over {
            break;
        }
    }
    assert_eq!(first["state"], "waiting", "{first}");
    assert!(kinds.contains(&(json!("asked"), first["approval"]["id"].clone())), "{kinds:?}");
    assert_eq!(of_operator.until("frozen").1["body"]["by"], "gus");
    // fay was asked nothing and nothing was done for her, until now.
    let fays = agent_token(&world, "cli", "fay", "s1");
    served.call("probe_context_initiator", &fays, "fay", &json!({})).is(200);
    let (_, event) = streams[2].next();
    assert_eq!((&event["kind"], &event["body"]["initiator"]), (&json!("began"), &json!("fay")), "{event}");
}
