//! Sessions of the older revisions, as many as a host keeps: which one goes for one more, and whose it never is.

use std::net::SocketAddr;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::client::{AGENTS, Served, agent_token};
use crate::world::World;

/// So many a host keeps, and so many of one person and agent.
const MOST: usize = 2_048;
const EACH: usize = 256;

#[derive(Clone)]
struct Desk {
    agents: SocketAddr,
    client: Client,
}

impl Desk {
    async fn send(&self, token: &str, session: Option<&str>, request: &Value) -> reqwest::Response {
        let post = self.client.post(format!("http://{}/mcp", self.agents)).bearer_auth(token).json(request);
        let post = post.header("host", AGENTS).header("accept", "application/json, text/event-stream");
        let named = session.into_iter().flat_map(|id| [("mcp-session-id", id), ("mcp-protocol-version", "2025-11-25")]);
        named.fold(post, |post, (name, value)| post.header(name, value)).send().await.expect("an answer")
    }

    /// Begins sessions, one after the other.
    async fn begin(self, token: String, sessions: usize) -> Vec<String> {
        let client = json!({ "name": "test", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        let mut begun = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let answer = self.send(&token, None, &hello).await;
            let id = answer.headers().get("mcp-session-id").unwrap_or_else(|| panic!("no session: {answer:?}"));
            begun.push(id.to_str().expect("text").to_owned());
        }
        begun
    }

    /// What a request in a session is answered.
    async fn ask(&self, token: &str, session: &str) -> StatusCode {
        let ping = json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" });
        self.send(token, Some(session), &ping).await.status()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_that_goes_is_the_oldest_idle_one_and_nobody_floods_anothers_away() {
    let world = World::new();
    let served = Served::with(&world, "[serve.limits]\nrequests = \"100000 per minute\"");
    let token = |agent: &str| agent_token(&world, agent, "ben", "s1");
    let desk = Desk { agents: served.agents, client: Client::builder().no_proxy().build().expect("a client") };
    let (early, quiet, last, fresh) = (token("early"), token("quiet"), token("last"), token("fresh"));
    let first = desk.clone().begin(early.clone(), 1).await;
    let quiets = desk.clone().begin(quiet.clone(), 2).await;
    let (open, gone) = (StatusCode::OK, StatusCode::NOT_FOUND);

    // Others fill the host to its last place; each has as many as it may have.
    let crowd: Vec<String> = (1..MOST / EACH).map(|number| token(&format!("crowd-{number}"))).collect();
    let begins = crowd.iter().map(|token| tokio::spawn(desk.clone().begin(token.clone(), EACH)));
    let begins: Vec<_> = begins.collect();
    let lasts = desk.clone().begin(last.clone(), EACH - 3).await;
    let mut crowds = Vec::new();
    for begun in begins {
        crowds.push(begun.await.expect("sessions"));
    }
    assert_eq!(desk.ask(&last, &lasts[1]).await, open, "there was a place for every one");
    assert_eq!(desk.ask(&crowd[1], &crowds[1][0]).await, open);
    assert_eq!(desk.ask(&quiet, &quiets[0]).await, open);

    // Who has any of his own and begins one more in a full host ends his own, the one that was idle longest.
    desk.clone().begin(last.clone(), 1).await;
    assert_eq!((desk.ask(&last, &lasts[0]).await, desk.ask(&last, &lasts[1]).await), (gone, open));
    // Who has as many as he may does so too, whatever room there is.
    let ended = served.agent("DELETE", "/mcp", &quiet, &[("mcp-session-id", &quiets[1])], None);
    assert!((200..300).contains(&ended.status), "{ended:?}");
    assert_eq!(desk.ask(&quiet, &quiets[1]).await, gone);
    desk.clone().begin(crowd[0].clone(), EACH).await;
    for (place, session) in crowds[0].iter().enumerate() {
        assert_eq!(desk.ask(&crowd[0], session).await, gone, "{place}");
    }
    for (token, session) in [(&quiet, &quiets[0]), (&last, &lasts[2]), (&crowd[1], &crowds[1][1])] {
        assert_eq!(desk.ask(token, session).await, open, "not somebody else's");
    }
    // There is room for one; who is new then takes the place that was idle longest of all, and the next one is his own.
    let begun = desk.clone().begin(fresh.clone(), 1).await;
    assert_eq!(desk.ask(&fresh, &begun[0]).await, open);
    desk.clone().begin(token("newer"), 1).await;
    assert_eq!(desk.ask(&early, &first[0]).await, gone, "it was used longest ago");
    desk.clone().begin(fresh.clone(), 1).await;
    assert_eq!((desk.ask(&fresh, &begun[0]).await, desk.ask(&quiet, &quiets[0]).await), (gone, open));
}
