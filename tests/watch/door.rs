//! The same over HTTP: for operators and those whose things they are, with what closing does shown before it is done.

use serde_json::json;

use super::{ATLAS, by_hand, seen, world};
use crate::serve::client::{Served, agent_token, person_token};

#[test]
fn an_alert_is_shown_and_closed_by_those_whose_business_it_is() {
    let world = world();
    let served = Served::with(&world, "operators = [\"gus\"]");
    let [cam, gus, hal] = ["cam", "gus", "hal"].map(|person| person_token(&world, person));
    by_hand(&world, ATLAS);
    seen(&world, 1);
    let listed = served.look("/v1/alerts", &cam).is(200);
    let alert = &listed["alerts"][0];
    assert_eq!(
        (&alert["cause"], &alert["people"]),
        (&json!("entry dataset/pay group:atlas read"), &json!("396")),
        "{listed}"
    );
    assert_eq!(served.look("/v1/alerts?state=all", &hal).is(200)["alerts"], json!([]), "none of his business");
    served.look("/v1/alerts/1", &hal).problem(404, "door.unknown");
    assert_eq!(served.look("/v1/alerts", &gus).is(200)["alerts"].as_array().map(Vec::len), Some(1), "an operator sees all");
    let shown = served.look("/v1/alerts/1", &cam).is(200);
    assert_eq!(shown["readers"].as_array().map(Vec::len), Some(396));
    let effect = &shown["closing"]["things"][0];
    assert_eq!(
        (&effect["closes"], &effect["loses"], &effect["stays"]),
        (&json!("396"), &json!("1"), &json!("0")),
        "{shown}"
    );
    let metrics = served.metrics();
    assert!(metrics.contains("tollgate_exposures 1") && metrics.contains("tollgate_alerts 1"), "{metrics}");
    let close = |token: &str, body: &serde_json::Value| served.person("POST", "/v1/alerts/1/close", token, &[], Some(body));
    let told = json!({ "reason": "taken back after bad advice", "shown": shown["closing"]["shown"] });
    close(&hal, &told).problem(404, "door.unknown");
    close(&cam, &json!({ "reason": "short", "shown": "1" })).problem(422, "door.body");
    // The edge was written anew since: perhaps somebody means it.
    by_hand(&world, &format!("BEGIN; DELETE FROM acl_entries WHERE principal = 'group:atlas'; {ATLAS} COMMIT;"));
    close(&cam, &told).problem(403, "agree.changed");
    let again = served.look("/v1/alerts/1", &cam).is(200)["closing"]["shown"].clone();
    let done = close(&cam, &json!({ "reason": "taken back after bad advice", "shown": again })).is(200);
    assert_eq!(done, json!({ "alert": "1", "by": "cam" }));
    close(&cam, &told).problem(403, "agree.expired");
    assert_eq!(served.look("/v1/alerts", &cam).is(200)["alerts"], json!([]));
    assert_eq!(world.count("SELECT count(*) FROM acl_entries WHERE principal = 'group:atlas'"), 0);
    drop(served);
    // The head is signed by the next that ends: this one was killed.
    assert_eq!(world.done(&["watch"])["alerts"], json!([]));
    let verified = world.tollgate(&["journal", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn what_another_program_writes_is_what_the_next_second_is_judged_by() {
    let world = world();
    let served = Served::start(&world);
    let agent = agent_token(&world, "cli", "ida", "s1");
    let read = json!({ "path": "pay/ledger.csv", "offset": "0", "length": 8 });
    let mut keys = 0;
    let mut reads = || {
        keys += 1;
        served.call("probe_files_read", &agent, &keys.to_string(), &read).status
    };
    assert_eq!(reads(), 403);
    let within = |reads: &mut dyn FnMut() -> u16, wanted: u16| {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while reads() != wanted {
            assert!(std::time::Instant::now() < until, "it is judged by what was before");
        }
    };
    // It raises no version and knows no page: ida is cleared, so nothing is open too far either.
    by_hand(&world, "INSERT INTO acl_entries (object, principal, right_) VALUES ('dataset/pay', 'ida', 'read');");
    within(&mut reads, 200);
    by_hand(&world, "DELETE FROM acl_entries WHERE principal = 'ida';");
    within(&mut reads, 403);
}
