//! A workspace that is served, and the smallest client that can talk to it: one request a connection, every byte seen.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{PASSPHRASE, World, program};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names under which the doors are reached; their ports are free ones, known once they listen.
pub const AGENTS: &str = "agents.test";
pub const PEOPLE: &str = "people.test";

/// A `tollgate serve` of its own.
pub struct Served {
    child: Child,
    pub agents: SocketAddr,
    pub people: SocketAddr,
    admin: SocketAddr,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }

    /// The body of an answer with this status.
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// A problem with this status and code, in its media type.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(problem["code"], code, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(problem["type"], format!("urn:tollgate:problem:{code}"));
        assert_eq!(problem["status"], status);
        problem
    }
}

impl Served {
    /// Serves a world; gus's group are its operators.
    pub fn start(world: &World) -> Self {
        Self::with(world, "operators = [\"group:pay\"]")
    }

    /// Serves a world with these lines in `[serve]`.
    pub fn with(world: &World, lines: &str) -> Self {
        let config = world.read("tollgate.toml");
        if !config.contains("[serve]") {
            let doors = ["agents", "people", "admin"].map(|door| format!("{door} = \"127.0.0.1:0\"\n")).concat();
            let urls = format!("agents-url = \"http://{AGENTS}\"\npeople-url = \"http://{PEOPLE}\"\n");
            world.write("tollgate.toml", &format!("{config}\n[serve]\n{doors}{urls}{lines}\n"));
        }
        let mut command = Command::new(program());
        command.args(["-o", "json", "serve"]).current_dir(world.path("")).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = String::new();
        while !said.ends_with('}') {
            said.push_str(&lines.next().expect("it says where it listens").expect("a line"));
        }
        let said: Value = serde_json::from_str(&said).expect("where it listens");
        let at = |door: &str| said[door].as_str().and_then(|at| at.parse().ok()).expect("an address");
        Self { agents: at("agents"), people: at("people"), admin: at("admin"), child }
    }

    /// A request at the agents' door.
    #[expect(clippy::too_many_arguments, reason = "the parts of a request, in their order")]
    pub fn agent(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        self.door(self.agents, AGENTS).send(method, path, token, headers, body)
    }

    /// A request at the people's door.
    #[expect(clippy::too_many_arguments, reason = "the parts of a request, in their order")]
    pub fn person(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        self.door(self.people, PEOPLE).send(method, path, token, headers, body)
    }

    /// A request of MCP at the agents' door, whose answer is still to come.
    pub fn mcp(&self, token: &str, headers: &[(&str, &str)], request: &Value) -> TcpStream {
        let accept = [("accept", "application/json, text/event-stream")];
        self.door(self.agents, AGENTS).begin("POST", "/mcp", token, &[&accept, headers].concat(), Some(request))
    }

    /// The result of a tool called over MCP by a client that can do nothing else.
    pub fn tool(&self, token: &str, tool: &str, arguments: &Value) -> Value {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let named = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", tool)];
        let mut answer = String::new();
        self.mcp(token, &named, &request).read_to_string(&mut answer).expect("an answer");
        let said = answer.lines().find_map(|line| {
            let said = serde_json::from_str::<Value>(line.strip_prefix("data: ").unwrap_or(line)).ok()?;
            said.get("result").cloned()
        });
        said.unwrap_or_else(|| panic!("no result: {answer}"))
    }

    /// Calls a tool with a key.
    pub fn call(&self, tool: &str, token: &str, key: &str, arguments: &Value) -> Reply {
        self.called(tool, token, &[("idempotency-key", key)], &json!({ "arguments": arguments }))
    }

    /// Calls a tool with these headers and this body.
    pub fn called(&self, tool: &str, token: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.agent("POST", &format!("/v1/tools/{tool}/invocations"), token, headers, Some(body))
    }

    /// Reads at the people's door.
    pub fn look(&self, path: &str, token: &str) -> Reply {
        self.person("GET", path, token, &[], None)
    }

    /// What it counts.
    pub fn metrics(&self) -> String {
        self.door(self.admin, "127.0.0.1").send("GET", "/metrics", "", &[], None).body
    }

    /// Events, as they come.
    pub fn events(&self, token: &str, headers: &[(&str, &str)]) -> Events {
        let mut stream = connect(self.people);
        stream.write_all(head("GET", "/v1/events", PEOPLE, token, headers).as_bytes()).expect("sending");
        stream.write_all(b"\r\n").expect("sending");
        Events(BufReader::new(stream))
    }

    const fn door(&self, address: SocketAddr, name: &'static str) -> Door {
        Door { address, name }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be gone already; the world goes with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A listener, and the name it is reached by.
struct Door {
    address: SocketAddr,
    name: &'static str,
}

impl Door {
    /// Sends a request, and leaves the answer to who asks.
    #[expect(clippy::too_many_arguments, reason = "the parts of a request, in their order")]
    fn begin(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: Option<&Value>) -> TcpStream {
        let body = body.map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        let mut request = head(method, path, self.name, token, headers) + "connection: close\r\n";
        if let Some(body) = &body {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                request.push_str("content-type: application/json\r\n");
            }
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let mut stream = connect(self.address);
        stream.write_all(format!("{request}\r\n{}", body.unwrap_or_default()).as_bytes()).expect("sending");
        stream
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a request, in their order")]
    fn send(&self, method: &str, path: &str, token: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let mut stream = self.begin(method, path, token, headers, body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        parse(&String::from_utf8(answer).expect("an answer in UTF-8"))
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream
}

fn head(method: &str, path: &str, host: &str, token: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    if !token.is_empty() {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head
}

fn parse(answer: &str) -> Reply {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Reply { status: status.unwrap_or_else(|| panic!("no status: {answer}")), headers, body: body.to_owned() }
}

/// A stream of server-sent events.
pub struct Events(BufReader<TcpStream>);

impl Events {
    /// The lines of its head.
    pub fn head(&mut self) -> Vec<String> {
        let mut head = Vec::new();
        loop {
            match self.line().as_str() {
                "" => return head,
                line => head.push(line.to_owned()),
            }
        }
    }

    /// The next event: its id, and its data.
    pub fn next(&mut self) -> (u64, Value) {
        let (mut id, mut data, mut quiet) = (None, None, 0);
        while id.is_none() || data.is_none() {
            let line = self.line();
            // One every 15 s.
            quiet += u32::from(line.starts_with(':'));
            assert!(quiet < 5, "no event comes");
            if let Some(said) = line.strip_prefix("id: ") {
                id = said.parse().ok();
            } else if let Some(said) = line.strip_prefix("data: ") {
                data = serde_json::from_str(said).ok();
            }
        }
        (id.expect("an id"), data.expect("data"))
    }

    /// The next event of this kind.
    pub fn until(&mut self, kind: &str) -> (u64, Value) {
        loop {
            let (id, data) = self.next();
            if data["kind"] == kind {
                return (id, data);
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("a line in time") > 0, "the stream has ended");
        line.trim_end().to_owned()
    }
}

/// A token for an agent of somebody's.
pub fn agent_token(world: &World, agent: &str, person: &str, session: &str) -> String {
    let token = world.done(&["token", "agent", agent, "--as", person, "--session", session]);
    token["token"].as_str().expect("a token").to_owned()
}

/// A token for a person who shows the passphrase; whoever has none gets that one.
pub fn person_token(world: &World, person: &str) -> String {
    if world.count(&format!("SELECT count(*) FROM credentials WHERE person = '{person}'")) == 0 {
        let typed = [("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE)];
        let mut terminal = world.at_terminal(&["passphrase", person]);
        for (prompt, answer) in typed {
            terminal.expect(prompt).expect("the prompt");
            terminal.type_line(answer).expect("typing");
        }
        assert!(terminal.end().expect("an end").status.success());
    }
    let (token, screen) = world.answered(&["-o", "json", "token", "person", person], &[("passphrase", PASSPHRASE)]);
    token["token"].as_str().unwrap_or_else(|| panic!("no token: {screen}")).to_owned()
}

/// The ids that a query of the store gives.
pub fn ids(world: &World, query: &str) -> Vec<String> {
    let store = world.store();
    let mut rows = store.prepare(query).expect("a query");
    let rows = rows.query_map([], |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("ids")
}

/// Waits until a query of the store gives this number.
pub fn until(world: &World, query: &str, number: i64) {
    let mut left = 600;
    while world.count(query) != number {
        left -= 1;
        assert!(left > 0, "{query} never gives {number}");
        // Nothing tells a test of a commit in another process.
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
