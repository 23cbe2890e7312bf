//! S28: two users' agents at one host. An id is no authority: somebody else's is answered like one that never was.

use serde_json::{Value, json};

use super::http::{Answer, Served, exchange};
use super::world;

/// Status and body, with the id that was sent made the same.
fn said(answer: &Answer, id: &str) -> (u16, String) {
    (answer.status, answer.body.replace(id, "ID"))
}

#[test]
fn s28_somebody_elses_deputy() {
    let served = Served::new(world(), "");
    let (bens, gus) = (served.agent("ben", &["agent-7"]), served.agent("gus", &["agent-7"]));
    let others =
        [("another person's agent", gus.clone()), ("another agent of his", served.agent("ben", &["agent-9", "agent-7"]))];
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "by hand" });
    let able = |what: Value| json!({ "name": "probe_forum_post", "arguments": post, "_meta": { "io.modelcontextprotocol/clientCapabilities": what } });

    // A task.
    let tasks =
        json!({ "io.modelcontextprotocol/clientCapabilities": { "extensions": { "io.modelcontextprotocol/tasks": {} } } });
    let task_of = |token: &str, method: &str, id: &str| {
        served.mcp(token, method, &json!({ "taskId": id, "inputResponses": {}, "_meta": tasks }))
    };
    let task = served.mcp(&bens, "tools/call", &able(json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } })));
    let task = task.json()["result"]["taskId"].as_str().unwrap_or_else(|| panic!("no task: {task:?}")).to_owned();
    let never = format!("{}.{}", uuid(&task, '0'), "0".repeat(32));
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        for (case, token) in &others {
            let ask = |id: &str| said(&task_of(token, method, id), id);
            assert_eq!(ask(&task), ask(&never), "{method}, {case}");
        }
    }
    let own = task_of(&bens, "tasks/get", &task);
    assert_eq!(own.json()["result"]["status"], "working", "it still waits, and its caller sees it: {own:?}");

    // What a client brings back.
    let mut again = able(json!({ "elicitation": { "url": {} } }));
    let state =
        served.mcp(&bens, "tools/call", &again).json()["result"]["requestState"].as_str().expect("a state").to_owned();
    again["inputResponses"] = json!({ "approval": { "action": "cancel" } });
    for (case, token) in &others {
        let mut ask = |state: &str| {
            again["requestState"] = json!(state);
            said(&served.mcp(token, "tools/call", &again), state)
        };
        assert_eq!(ask(&state), ask("v1.nonsense"), "{case}");
    }
    assert_eq!(task_of(&bens, "tasks/get", &task).json()["result"]["status"], "working");

    // An approval: an agent is told the same of every one.
    let question =
        |id: u64, token: &str| said(&served.get(served.people, &format!("/v1/approvals/{id}"), &bearer(token)), "");
    assert_eq!(question(1, &gus), question(4711, &gus));

    keys_are_their_callers(&served, &bens, &gus);
    invocations_are_their_callers(&served, &bens, &others);
    sessions_are_their_callers(&served, &bens, &others);

    // Whom a call names in its arguments or beside them is nobody's authority.
    let meta = json!({ "dev.tollgate/initiator": "ben", "dev.tollgate/agent": "agent-9", "sub": "ben" });
    let named = json!({ "name": "probe_context_initiator", "arguments": {}, "_meta": meta });
    assert_eq!(served.mcp(&gus, "tools/call", &named).json()["result"]["structuredContent"]["result"], "gus");

    mixed(&served, &[("ben", &bens), ("gus", &gus)]);
}

/// A UUID like that of a task, with other random digits.
fn uuid(task: &str, digit: char) -> String {
    let id = task.split('.').next().expect("an id");
    format!("{}{}", &id[..24], digit.to_string().repeat(12))
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// One key from two users is two keys.
fn keys_are_their_callers(served: &Served, bens: &str, gus: &str) {
    let call = |token: &str, message: &str| {
        let meta = json!({ "dev.tollgate/idempotency-key": "k-1" });
        served.mcp(token, "tools/call", &json!({ "name": "probe_fail", "arguments": { "message": message }, "_meta": meta }))
    };
    let id = |answer: &Answer| answer.json()["result"]["_meta"]["dev.tollgate/invocation"].as_str().map(str::to_owned);
    let (first, again, other) = (call(bens, "m-ben"), call(bens, "m-ben"), call(gus, "m-gus"));
    assert!(id(&first).is_some() && id(&first) == id(&again), "{first:?} {again:?}");
    assert_ne!(id(&first), id(&other));
    assert!(other.body.contains("m-gus") && !other.body.contains("m-ben"), "{other:?}");
    assert_eq!(call(bens, "m-else").code(), "200 door.arguments");
}

/// An invocation over the API, its receipt and its key.
fn invocations_are_their_callers(served: &Served, bens: &str, others: &[(&str, String)]) {
    let call = |token: &str, message: &str| {
        let body = json!({ "arguments": { "message": message } }).to_string();
        let more = format!("{}Idempotency-Key: k-2\r\n", bearer(token));
        exchange(served.agents, &served.post(served.agents, "/v1/tools/probe_fail/invocations", &more, &body))
    };
    let id = |answer: &Answer| answer.json()["invocation"].as_str().map(str::to_owned);
    let mine = call(bens, "m-ben");
    let invocation = id(&mine).unwrap_or_else(|| panic!("no invocation: {mine:?}"));
    for (case, token) in others {
        // The same words under the same key, and others: each a call of its own, and no word of his.
        let theirs = call(token, "m-ben");
        assert!(theirs.status == 200 && id(&theirs).is_some_and(|id| id != invocation), "{case}: {theirs:?}");
        assert_eq!(theirs.header("idempotency-replayed"), None, "{case}");
        let never = uuid(&format!("{invocation}."), '0');
        for path in ["/v1/invocations/ID", "/v1/receipts/ID"] {
            let look = |id: &str| said(&served.get(served.agents, &path.replace("ID", id), &bearer(token)), id);
            assert_eq!(look(&invocation), look(&never), "{path}, {case}");
            assert_eq!(look(&invocation).0, 404, "{path}, {case}");
            assert_eq!(served.get(served.agents, &path.replace("ID", &invocation), &bearer(bens)).status, 200, "{path}");
        }
        let cancel = |id: &str| {
            let path = format!("/v1/invocations/{id}/cancel");
            said(&exchange(served.agents, &served.post(served.agents, &path, &bearer(token), "")), id)
        };
        assert_eq!((cancel(&invocation), cancel(&invocation).0), (cancel(&never), 404), "{case}");
    }
    let again = call(bens, "m-ben");
    assert_eq!((id(&again), again.header("idempotency-replayed")), (Some(invocation), Some("true")), "{again:?}");
    // What another says under the key is no other call of his: nothing is learnt of what he said.
    let other = call(&others[0].1, "m-gus");
    assert!(other.code() == "422 door.idempotency-key" && !other.body.contains("m-ben"), "{other:?}");
}

/// A session of the older revisions.
fn sessions_are_their_callers(served: &Served, bens: &str, others: &[(&str, String)]) {
    let accept = "Accept: application/json, text/event-stream\r\n";
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    let begin = |token: &str| {
        let more = format!("{}{accept}", bearer(token));
        exchange(served.agents, &served.post(served.agents, "/mcp", &more, &hello.to_string()))
    };
    let begun = begin(bens);
    let id = begun.header("mcp-session-id").unwrap_or_else(|| panic!("no session: {begun:?}")).to_owned();
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {} }).to_string();
    let list = |token: &str, id: &str| {
        let more = format!("{}{accept}Mcp-Session-Id: {id}\r\nMCP-Protocol-Version: 2025-11-25\r\n", bearer(token));
        exchange(served.agents, &served.post(served.agents, "/mcp", &more, &list))
    };
    let bare = |verb: &str, token: &str, id: &str| {
        let head = format!(
            "{verb} /mcp HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAccept: text/event-stream\r\n{}Mcp-Session-Id: {id}\r\n\r\n",
            served.agents,
            bearer(token)
        );
        exchange(served.agents, head.as_bytes())
    };
    let never = uuid(&format!("{id}."), '0');
    for (case, token) in others {
        let (theirs, none) = (said(&list(token, &id), &id), said(&list(token, &never), &never));
        assert_eq!((theirs.0, &theirs), (404, &none), "{case}");
        for verb in ["GET", "DELETE"] {
            let (theirs, none) = (said(&bare(verb, token, &id), &id), said(&bare(verb, token, &never), &never));
            assert_eq!((theirs.0, &theirs), (404, &none), "{verb}, {case}");
        }
    }
    let own = list(bens, &id);
    assert!(own.status == 200 && own.body.contains("probe_fail"), "its caller uses it as before: {own:?}");
    // The same caller with a new token is the same caller.
    assert_eq!(list(&served.agent("ben", &["agent-7"]), &id).status, 200);
    let ended = bare("DELETE", bens, &id).status;
    assert!((200..300).contains(&ended), "{ended}");
    assert_eq!(list(bens, &id).status, 404, "and not when it has ended");
}

/// 200 calls of two users at once, each with a word of its own.
fn mixed(served: &Served, users: &[(&str, &str)]) {
    let foreign: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..20)
            .map(|worker| {
                scope.spawn(move || {
                    let one = |call: usize| {
                        let (user, token) = users[(worker + call) % users.len()];
                        let canary = format!("canary-{user}-{worker}-{call}.");
                        let failed = served.call(token, "fail", &json!({ "message": canary }));
                        assert!(failed.code() == "200 tool-error" && failed.body.contains(&canary), "{failed:?}");
                        let who = served.call(token, "context_initiator", &json!({}));
                        assert_eq!(who.json()["result"]["structuredContent"]["result"], *user, "{who:?}");
                        failed.body.matches("canary-").count() - failed.body.matches(&canary).count()
                    };
                    (0..10).map(one).sum::<usize>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no call fails")).sum()
    });
    assert_eq!(foreign, 0);
}
