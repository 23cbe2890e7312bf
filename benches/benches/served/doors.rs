//! A client of every door: one request a connection, and the time that it took. And a person's token, for which a passphrase is
//! typed at a terminal.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;
use tollgate::setup::Workspace;
use tollgate_benches::{Failed, PERSON};
use tollgate_example_tools::terminal::Terminal;

use super::subject::{Subject, processor};

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The door.
    pub port: u16,
    /// Method and path.
    pub line: &'a str,
    /// Who asks; empty is nobody.
    pub token: &'a str,
    /// More headers, each with its end of line.
    pub headers: &'a str,
    /// The body; empty is none.
    pub body: &'a str,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
    /// From before the connection was made.
    pub took: Duration,
}

impl Answer {
    /// The same, if its status is this.
    pub fn with(self, status: u16) -> Result<Self, Failed> {
        if self.status == status { Ok(self) } else { Err(format!("{self:?}").into()) }
    }
}

impl Request<'_> {
    /// Sends it and leaves the connection open.
    pub fn send(self) -> Result<TcpStream, Failed> {
        let Self { port, line, token, headers, body } = self;
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let token = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             {token}{headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        Ok(stream)
    }

    /// Sends it and reads the whole answer.
    pub fn ask(self) -> Result<Answer, Failed> {
        let began = Instant::now();
        let mut stream = self.send()?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let took = began.elapsed();
        let (head, body) = text.split_once("\r\n\r\n").ok_or("an answer without a head")?;
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        Ok(Answer { status, body: body.to_owned(), took })
    }
}

/// What MCP 2026-07-28 wants of every request.
const META: &str = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

const HEADERS: &str = "accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n";

/// A call of a function without arguments over MCP; its connection.
pub fn call(subject: &Subject, tool: &str) -> Result<TcpStream, Failed> {
    let params = format!("\"params\":{{\"name\":\"{tool}\",\"arguments\":{{}},{META}}}");
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",{params}}}");
    let headers = format!("{HEADERS}mcp-method: tools/call\r\nmcp-name: {tool}\r\n");
    let token = subject.token.as_deref().unwrap_or_default();
    Request { port: subject.port, line: "POST /mcp", token, headers: &headers, body: &body }.send()
}

/// The first page of `tools/list` over MCP.
pub fn list(port: u16, token: &str) -> Result<Answer, Failed> {
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{{{META}}}}}");
    let headers = format!("{HEADERS}mcp-method: tools/list\r\n");
    let answer = Request { port, line: "POST /mcp", token, headers: &headers, body: &body }.ask()?.with(200)?;
    if answer.body.contains("\"tools\":[{") { Ok(answer) } else { Err(answer.body.into()) }
}

/// Calls a function by the HTTP API, with a key.
pub fn invoke(subject: &Subject, tool: &str, key: &str, arguments: &Value) -> Result<Answer, Failed> {
    let line = format!("POST /v1/tools/{tool}/invocations");
    let token = subject.token.as_deref().unwrap_or_default();
    let (headers, body) = (format!("idempotency-key: {key}\r\n"), serde_json::json!({ "arguments": arguments }).to_string());
    Request { port: subject.port, line: &line, token, headers: &headers, body: &body }.ask()
}

const PASSPHRASE: &str = "correct horse";

/// Gives the person whose workspace it is a passphrase.
pub fn passphrase(workspace: &Workspace) -> Result<(), Failed> {
    let answers = [("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE)];
    at_terminal(workspace, &["passphrase", PERSON], &answers).map(drop)
}

/// A token of the person whose workspace it is and who has a passphrase.
pub fn person(workspace: &Workspace) -> Result<String, Failed> {
    let token = at_terminal(workspace, &["token", "person", PERSON], &[("passphrase", PASSPHRASE)])?;
    Ok(token.trim().to_owned())
}

/// What a command says to which one types these answers.
fn at_terminal(workspace: &Workspace, words: &[&str], answers: &[(&str, &str)]) -> Result<String, Failed> {
    let at = workspace.folder.display().to_string();
    let all: Vec<&str> = ["tollgate", "-W", &at].into_iter().chain(words.iter().copied()).collect();
    let mut terminal = Terminal::start(&std::env::current_exe()?, &all, &workspace.folder)?;
    for (prompt, answer) in answers {
        terminal.expect(prompt)?;
        terminal.type_line(answer)?;
    }
    let ended = terminal.end()?;
    if ended.status.success() { Ok(ended.stdout) } else { Err(ended.screen.into()) }
}

/// A number that the store gives.
pub fn count(store: &Connection, query: &str) -> Result<i64, Failed> {
    Ok(store.query_row(query, [], |row| row.get(0))?)
}

/// Waits until a process has worked for so long: what it was asked is at work, and not only on its way.
pub fn until_it_works(pid: u32, long: Duration) -> Result<(), Failed> {
    let before = processor(pid)?;
    let patience = Instant::now() + Duration::from_secs(60);
    while processor(pid)? < before + long {
        if Instant::now() > patience {
            return Err("it does nothing".into());
        }
        std::thread::yield_now();
    }
    Ok(())
}
