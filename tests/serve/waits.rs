//! Calls that wait for a person over HTTP, and the answer: to what was shown, once, by whoever may.

use serde_json::{Value, json};

use super::client::{Reply, Served, agent_token, person_token};
use crate::waiting::asking;
use crate::world::World;

const POSTS: &str = "SELECT count(*) FROM posts WHERE invocation IS NOT NULL";

struct Waiting {
    world: World,
    served: Served,
    agent: String,
    ben: String,
}

impl Waiting {
    fn new() -> Self {
        let world = asking();
        let served = Served::start(&world);
        let (agent, ben) = (agent_token(&world, "cli", "ben", "s1"), person_token(&world, "ben"));
        Self { world, served, agent, ben }
    }

    fn post(&self, key: &str, headers: &[(&str, &str)]) -> Reply {
        let body = json!({ "arguments": { "forum": "eng-help", "thread": "1", "body": key } });
        self.served.called("probe_forum_post", &self.agent, &[&[("idempotency-key", key)], headers].concat(), &body)
    }

    fn decide(&self, token: &str, id: &str, tag: Option<&str>, body: &Value) -> Reply {
        let headers: Vec<(&str, &str)> = tag.into_iter().map(|tag| ("if-match", tag)).collect();
        self.served.person("POST", &format!("/v1/approvals/{id}/decision"), token, &headers, Some(body))
    }
}

#[test]
fn a_call_waits_is_answered_and_its_result_is_there() {
    let it = Waiting::new();
    let asked = it.post("a", &[]);
    let waiting = asked.is(202);
    let id = waiting["approval"]["id"].as_str().expect("a question").to_owned();
    assert_eq!(
        (&waiting["state"], &waiting["approval"]["url"]),
        (&json!("waiting"), &json!(format!("http://people.test/approvals/{id}")))
    );
    assert!(asked.header("retry-after").is_some());
    assert_eq!(it.post("a", &[]).body, asked.body, "the same key asks nobody twice");
    let location = asked.header("location").expect("a place").to_owned();
    let look = |headers: &[(&str, &str)]| it.served.agent("GET", &location, &it.agent, headers, None);
    assert_eq!(look(&[]).is(200), waiting);

    let listed = it.served.look("/v1/approvals", &it.ben).is(200);
    assert_eq!((&listed["approvals"][0]["question"], &listed["approvals"][1]), (&json!(id), &Value::Null));
    let shown = it.served.look(&format!("/v1/approvals/{id}"), &it.ben);
    let digest = shown.is(200)["payload_sha256"].clone();
    let tag = shown.header("etag").expect("a tag").to_owned();
    assert_eq!(shown.json()["card"]["payload"]["text"], "a");
    let yes = json!({ "decision": "yes", "payload_sha256": digest });
    let other = json!({ "decision": "yes", "payload_sha256": "00" });
    it.decide(&it.ben, &id, None, &yes).problem(428, "door.if-match");
    it.decide(&it.ben, &id, Some("\"old\""), &yes).problem(412, "door.stale");
    it.decide(&it.ben, &id, Some(&tag), &other).problem(412, "door.stale");
    it.decide(&it.agent, &id, Some(&tag), &yes).problem(403, "door.self-approval");
    it.decide(&it.ben, &id, Some(&tag), &json!({ "decision": "maybe", "payload_sha256": "" })).problem(422, "door.body");
    assert_eq!(it.world.count(POSTS), 0, "nobody has agreed yet");

    assert_eq!(it.decide(&it.ben, &id, Some(&tag), &yes).is(200)["state"], "agreed");
    let over = look(&[("prefer", "wait=30")]);
    assert_eq!((&over.is(200)["state"], &over.json()["report"]["code"]), (&json!("over"), &json!("returned")));
    assert_eq!(it.world.count(POSTS), 1);
    let tag = it.served.look(&format!("/v1/approvals/{id}"), &it.ben);
    let decided = it.decide(&it.ben, &id, tag.header("etag"), &yes).problem(409, "door.decided");
    assert_eq!(decided["approval"], json!(id));
    let result = it.post("a", &[]);
    assert_eq!((result.is(200), result.header("idempotency-replayed")), (over.json(), Some("true")));
    assert_eq!(it.world.count(POSTS), 1);
}

#[test]
fn a_client_waits_for_a_person_as_long_as_it_wants() {
    let it = Waiting::new();
    let waited = std::thread::scope(|scope| {
        let waits = scope.spawn(|| it.post("b", &[("prefer", "wait=55")]));
        super::client::until(&it.world, "SELECT count(*) FROM approvals", 1);
        let shown = it.served.look("/v1/approvals/1", &it.ben);
        let no = json!({ "decision": "no", "payload_sha256": shown.is(200)["payload_sha256"] });
        assert_eq!(it.decide(&it.ben, "1", shown.header("etag"), &no).is(200)["state"], "declined");
        waits.join().expect("an answer")
    });
    waited.problem(403, "agree.declined");
    assert_eq!(waited.header("preference-applied"), Some("wait=55"));
}

#[test]
fn what_waits_is_taken_back_by_its_caller_alone() {
    let it = Waiting::new();
    let waiting = it.post("c", &[]);
    let path = waiting.header("location").expect("a place").to_owned();
    let gus = person_token(&it.world, "gus");
    for (agent, person, session) in [("cli", "ben", "s2"), ("cli", "gus", "s1")] {
        let stranger = agent_token(&it.world, agent, person, session);
        it.served.agent("GET", &path, &stranger, &[], None).problem(404, "door.unknown");
        it.served.agent("POST", &format!("{path}/cancel"), &stranger, &[], None).problem(404, "door.unknown");
        let receipt = path.replace("/v1/invocations", "/v1/receipts");
        it.served.agent("GET", &receipt, &stranger, &[], None).problem(404, "door.unknown");
    }
    // The yes is the initiator's alone, operator or not.
    let shown = it.served.look("/v1/approvals/1", &gus);
    let yes = json!({ "decision": "yes", "payload_sha256": shown.is(200)["payload_sha256"] });
    it.decide(&gus, "1", shown.header("etag"), &yes).problem(403, "door.not-asked");
    assert_eq!(it.served.look("/v1/approvals", &gus).is(200)["approvals"], json!([]));
    let cancelled = it.served.agent("POST", &format!("{path}/cancel"), &it.agent, &[], None).is(200);
    assert_eq!(cancelled["report"]["code"], "cancelled");
    let shown = it.served.look("/v1/approvals/1", &it.ben);
    let yes = json!({ "decision": "yes", "payload_sha256": shown.is(200)["payload_sha256"] });
    it.decide(&it.ben, "1", shown.header("etag"), &yes).problem(409, "door.decided");
    assert_eq!(it.world.count(POSTS), 0);
}

#[test]
fn questions_come_in_pages() {
    let it = Waiting::new();
    let ids: Vec<Value> = (0..5).map(|n| it.post(&format!("p{n}"), &[]).is(202)["approval"]["id"].clone()).collect();
    let (mut paged, mut path) = (Vec::new(), "/v1/approvals?limit=2".to_owned());
    loop {
        let page = it.served.look(&path, &it.ben).is(200);
        let here = page["approvals"].as_array().expect("questions");
        assert!(here.len() <= 2);
        paged.extend(here.iter().map(|question| question["question"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/approvals?limit=2&cursor={next}");
    }
    assert_eq!(paged, ids.into_iter().rev().collect::<Vec<_>>(), "each once, the newest first");
}

/// A client that can neither poll a task nor open a link is told where its call stands.
#[test]
fn what_waits_over_mcp_has_an_address_of_its_own() {
    let it = Waiting::new();
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "e" });
    let waits = it.served.tool(&it.agent, "probe_forum_post", &post)["_meta"]["dev.tollgate/approval"].clone();
    let status = waits["status_url"].as_str().unwrap_or_else(|| panic!("no address: {waits}"));
    let path = status.strip_prefix("http://agents.test").unwrap_or_else(|| panic!("not at the agents' door: {status}"));
    let shown = it.served.agent("GET", path, &it.agent, &[], None).is(200);
    assert_eq!((&shown["state"], &shown["invocation"]), (&json!("waiting"), &waits["invocation"]));
    assert_eq!(shown["approval"]["url"], waits["url"]);
}

/// A host that began while a manifest was being edited judges nothing by it.
#[test]
fn while_a_manifest_does_not_check_a_question_stays_open() {
    let it = Waiting::new();
    let asked = it.post("f", &[]).is(202);
    let Waiting { world, served, agent, ben } = it;
    drop(served);
    let right = world.read("tools/probe.toml");
    world.write("tools/probe.toml", &right.replace("runbooks/**", "runbooks/**/x"));
    let served = Served::start(&world);
    let it = Waiting { world, served, agent, ben };
    let shown = it.served.look("/v1/approvals/1", &it.ben);
    let yes = json!({ "decision": "yes", "payload_sha256": shown.is(200)["payload_sha256"] });
    it.decide(&it.ben, "1", shown.header("etag"), &yes).problem(503, "door.manifest");
    assert_eq!(it.served.look("/v1/approvals/1", &it.ben).is(200)["state"], "open");
    let Waiting { world, served, agent, ben } = it;
    drop(served);
    world.write("tools/probe.toml", &right);
    let it = Waiting { served: Served::start(&world), world, agent, ben };
    assert_eq!(it.decide(&it.ben, "1", shown.header("etag"), &yes).is(200)["state"], "agreed");
    let path = format!("/v1/invocations/{}", asked["invocation"].as_str().expect("an id"));
    let over = it.served.agent("GET", &path, &it.agent, &[("prefer", "wait=30")], None).is(200);
    assert_eq!((&over["report"]["code"], it.world.count(POSTS)), (&json!("returned"), 1), "{over}");
}

/// Whoever answered has gone, and so has the process that asked: whatever is served next goes on with it, unasked.
#[test]
fn what_was_answered_goes_on_although_nobody_asks_for_it() {
    let it = Waiting::new();
    let asked = it.post("d", &[]).is(202);
    let Waiting { world, served, .. } = it;
    drop(served);
    let agreed = "UPDATE approvals SET state = 'agreed' WHERE id = 1; INSERT INTO answers VALUES (1, 'ben', 'yes', 0, 0)";
    world.store().execute_batch(agreed).expect("an answer");
    let _served = Served::start(&world);
    super::client::until(&world, "SELECT count(*) FROM journal WHERE entry ->> '$.kind' = 'ended'", 1);
    let id = asked["invocation"].as_str().expect("an id");
    assert_eq!(
        world.done(&["journal", "show", id])["entries"]
            .as_array()
            .and_then(|all| all.last()?["kind"].as_str().map(str::to_owned))
            .as_deref(),
        Some("ended")
    );
}
