//! An agent's program: starts `tollgate run` and speaks MCP with it, line by line, as it is written.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::world::{World, program};

/// One agent and its server.
pub struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    next: u64,
    /// Messages that were no answer to what was asked last.
    pub beside: Vec<Value>,
}

impl Agent {
    /// Starts the server for ben and shakes hands, as a client with these capabilities.
    pub fn start(world: &World, capabilities: &Value) -> Self {
        let mut command = Command::new("setsid");
        command.args(["--wait".as_ref(), program().as_os_str()]).args(["run", "--as", "ben", "--session", "s1"]);
        command.current_dir(world.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(world.path("run.log")).expect("a log"));
        let mut child = command.spawn().expect("the program runs");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("an output"));
        let mut agent = Self { child, input, output: BufReader::new(output).lines(), next: 0, beside: Vec::new() };
        let client = json!({ "name": "test", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
        let answer = agent.ask("initialize", &hello);
        assert_eq!(answer["result"]["serverInfo"]["name"], "tollgate", "{answer}");
        agent.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        agent
    }

    /// Sends a message.
    pub fn tell(&mut self, message: &Value) {
        self.write(&message.to_string());
    }

    /// Sends a line as it is.
    pub fn write(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it listens");
    }

    /// The next message, whatever it is: every line of the stream is one.
    pub fn hear(&mut self) -> Value {
        let line = self.output.next().expect("it speaks").expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("no message of the protocol ({e}): {line}"))
    }

    /// Sends a request; its number.
    pub fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.next += 1;
        self.tell(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        self.next
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    /// The answer to a request.
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.hear();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.beside.push(message);
        }
    }

    /// Calls a function of the probe.
    pub fn call(&mut self, function: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({ "name": format!("probe_{function}"), "arguments": arguments }))["result"].clone()
    }

    /// Waits for a notification.
    pub fn notified(&mut self, method: &str) {
        while !self.beside.iter().any(|message| message["method"] == method) {
            let message = self.hear();
            self.beside.push(message);
        }
        self.beside.retain(|message| message["method"] != method);
    }

    /// The names in the list.
    pub fn names(&mut self) -> Vec<String> {
        let list = self.ask("tools/list", &json!({}));
        let tools = list["result"]["tools"].as_array().expect("tools").clone();
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Ends its input, and waits until it has gone.
    pub fn end(mut self) {
        drop(self.input.take());
        assert!(self.child.wait().expect("an end").success());
    }
}

/// The text of a result.
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {result}"))
}

/// The code of a result.
pub fn code(result: &Value) -> &str {
    result["_meta"]["dev.tollgate/outcome"].as_str().unwrap_or_else(|| panic!("no code: {result}"))
}
