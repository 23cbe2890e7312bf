//! A served workspace, and requests to it byte by byte: what no well-behaved client sends is sent here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World, program};

/// `tollgate serve` over a world, killed with it.
pub struct Served {
    pub world: World,
    pub agents: u16,
    pub people: u16,
    pub admin: u16,
    server: Child,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Answer {
    /// The body as JSON, also where it came as the last event of a stream.
    pub fn json(&self) -> Value {
        let data = self.body.lines().rev().find_map(|line| line.strip_prefix("data: ").filter(|data| data.starts_with('{')));
        serde_json::from_str(data.unwrap_or(&self.body)).unwrap_or_default()
    }

    /// Its status and its code: of a problem, of JSON-RPC, or of a tool's result.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = [&json["code"], &json["error"]["code"], &json["result"]["_meta"]["dev.tollgate/outcome"]];
        let code = code.into_iter().find(|code| !code.is_null()).map_or_else(String::new, |code| format!(" {code}"));
        format!("{}{}", self.status, code.replace('"', ""))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

impl Served {
    /// Serves a world. `settings` stand under `[serve]`.
    pub fn new(world: World, settings: &str) -> Self {
        Self::with(world, settings, &[])
    }

    /// The same with these variables in its environment.
    pub fn with(world: World, settings: &str, environment: &[(&str, &str)]) -> Self {
        let [agents, people, admin] = [free_port(), free_port(), free_port()];
        let doors =
            format!("agents = \"127.0.0.1:{agents}\"\npeople = \"127.0.0.1:{people}\"\nadmin = \"127.0.0.1:{admin}\"");
        let config = world.read("tollgate.toml");
        world.write("tollgate.toml", &format!("{config}\n[serve]\n{doors}\n{settings}\n"));
        let log = std::fs::File::create(world.path("log")).expect("a log");
        let mut command = Command::new(program());
        // As much as an operator can have it say.
        command.args(["--log", "trace", "serve"]).current_dir(world.path(".")).stdin(Stdio::null());
        command.envs(environment.iter().copied());
        let mut server = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program runs");
        let mut said = String::new();
        let stdout = server.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        let served = Self { world, agents, people, admin, server };
        assert!(said.starts_with("agents"), "{said}{}", served.log());
        served
    }

    /// What it wrote to stderr.
    pub fn log(&self) -> String {
        self.world.read("log")
    }

    /// Has it stop as a supervisor does, and waits until it has.
    pub fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.server);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        let begun = std::time::Instant::now();
        while self.server.try_wait().expect("its state").is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not stop: {}", self.log());
            // Nothing tells a test that a process has ended.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// A token for an agent, as `tollgate token` signs it: `for` whom, the agent, and the agents on whose behalf it works.
    pub fn agent(&self, person: &str, agents: &[&str]) -> String {
        let mut arguments = vec!["token", "agent", agents[0], "--as", person];
        agents[1..].iter().for_each(|via| arguments.extend(["--via", via]));
        self.world.done(&arguments)["token"].as_str().expect("a token").to_owned()
    }

    /// A token for a person.
    pub fn person(&self, person: &str) -> String {
        let typed = ["-o", "json", "token", "person", person];
        let (report, _) = self.world.answered(&typed, &[("passphrase", PASSPHRASE)]);
        report["token"].as_str().expect("a token").to_owned()
    }

    /// The key that signs the workspace's own tokens, and its name.
    pub fn key(&self) -> (SigningKey, String) {
        let key = SigningKey::from_pkcs8_pem(&self.world.read("keys/tokens.pem")).expect("a key");
        let kid = tollgate::name::Digest::of(key.verifying_key().as_bytes()).hex()[..16].to_owned();
        (key, kid)
    }

    /// Claims of a sound token for agent-7 that works for ben.
    pub fn claims(&self) -> Value {
        let host = self.world.read("tollgate.toml");
        let host = host.lines().find_map(|line| line.strip_prefix("name = \"")?.split('"').next()).expect("a name");
        json!({
            "iss": format!("tollgate:{host}"), "sub": "ben", "aud": format!("http://127.0.0.1:{}/mcp", self.agents),
            "exp": now() + 600, "iat": now(), "act": { "sub": "agent-7" },
        })
    }

    /// Those of ben's own token, with something added or replaced.
    pub fn bens(&self, more: &Value) -> Value {
        let mut claims = self.claims();
        let claims_of = claims.as_object_mut().expect("an object");
        claims_of.remove("act");
        claims_of.insert("aud".to_owned(), json!(format!("http://127.0.0.1:{}", self.people)));
        claims_of.extend(more.as_object().expect("an object").clone());
        claims
    }

    /// Claims signed by the workspace's own key.
    pub fn signed(&self, claims: &Value) -> String {
        let (key, kid) = self.key();
        sign(&key, &json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid }), claims)
    }

    /// One request of MCP's revision without sessions.
    pub fn mcp(&self, token: &str, method: &str, params: &Value) -> Answer {
        exchange(self.agents, &self.mcp_bytes(token, method, params))
    }

    pub fn mcp_bytes(&self, token: &str, method: &str, params: &Value) -> Vec<u8> {
        let name = [&params["name"], &params["taskId"]].into_iter().find_map(|name| name.as_str()).map(str::to_owned);
        let name = name.map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
        let more = format!(
            "Authorization: Bearer {token}\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}Accept: application/json, text/event-stream\r\n"
        );
        self.post(self.agents, "/mcp", &more, &rpc(method, params).to_string())
    }

    /// Calls a function of the probe.
    pub fn call(&self, token: &str, function: &str, arguments: &Value) -> Answer {
        self.mcp(token, "tools/call", &json!({ "name": format!("probe_{function}"), "arguments": arguments }))
    }

    /// Makes a call that a person has agreed to until it is over: somebody is at work on it already.
    pub fn answered(&self, token: &str, call: &Value) -> Answer {
        let until = now() + 60;
        loop {
            let answer = self.mcp(token, "tools/call", call);
            if answer.code() != "200 agree.waiting" || now() > until {
                return answer;
            }
        }
    }

    /// A request with a JSON body, as bytes.
    pub fn post(&self, port: u16, path: &str, more: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{body}"
        )
        .into_bytes()
    }

    /// A request without a body.
    pub fn get(&self, port: u16, path: &str, more: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{more}\r\n");
        exchange(port, request.as_bytes())
    }

    /// An answer to a question, with what is needed beside the token taken from the store.
    pub fn decide(&self, question: u64, token: &str, (etag, digest): (&str, &str)) -> Answer {
        let more = format!("Authorization: Bearer {token}\r\nIf-Match: {etag}\r\n");
        let body = json!({ "decision": "yes", "payload_sha256": digest }).to_string();
        exchange(self.people, &self.post(self.people, &format!("/v1/approvals/{question}/decision"), &more, &body))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// One JSON-RPC request with what revision 2026-07-28 wants in it; the client can do tasks.
fn rpc(method: &str, params: &Value) -> Value {
    let mut params = params.clone();
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    if params["_meta"]["io.modelcontextprotocol/clientCapabilities"].is_null() {
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

/// A JWS in compact form.
pub fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Sends bytes and reads the answer to its end.
pub fn exchange(port: u16, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..read]);
    }
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { dechunked(body) } else { body.to_owned() };
    Answer { status, headers: head.to_owned(), body }
}

fn dechunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or_default();
        if size == 0 || after.len() < size {
            break;
        }
        body.push_str(&after[..size]);
        rest = after[size..].strip_prefix("\r\n").unwrap_or(&after[size..]);
    }
    body
}
