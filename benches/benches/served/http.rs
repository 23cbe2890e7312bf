//! The client over HTTP: connections that are kept, each with one request under way.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_benches::Failed;
use tollgate_benches::measure::Took;

use super::subject::{Subject, processor};

/// Calls over so many connections for a while.
pub async fn load(subject: &Subject, connections: usize, span: Duration) -> Result<Took, Failed> {
    let request = request(subject);
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = Client::open(subject.port).await?;
        client.call(&request).await?;
        clients.push(client);
    }
    let (before, began) = (processor(subject.pid())?, Instant::now());
    let until = began + span;
    let running: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let request = request.clone();
            tokio::spawn(async move {
                let mut each = Vec::new();
                while Instant::now() < until {
                    let began = Instant::now();
                    client.call(&request).await?;
                    each.push(began.elapsed());
                }
                Ok::<_, Failed>(each)
            })
        })
        .collect();
    let mut each = Vec::new();
    for running in running {
        each.extend(running.await??);
    }
    let (wall, processor) = (began.elapsed(), processor(subject.pid())? - before);
    Ok(Took::of(each, wall, processor))
}

fn request(subject: &Subject) -> Vec<u8> {
    let body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"empty_nothing\",\"arguments\":{},\
                \"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
    let token = subject.token.as_ref().map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n\
         mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: empty_nothing\r\n{token}content-length: {}\r\n\r\n{body}",
        subject.port,
        body.len()
    )
    .into_bytes()
}

struct Client {
    tcp: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn open(port: u16) -> Result<Self, Failed> {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, buffer: vec![0; 16 << 10] })
    }

    /// Sends a request and reads its whole answer, which must be a result.
    async fn call(&mut self, request: &[u8]) -> Result<(), Failed> {
        self.tcp.write_all(request).await?;
        let mut read = 0;
        loop {
            let more = self.tcp.read(&mut self.buffer[read..]).await?;
            if more == 0 {
                return Err("the connection was closed".into());
            }
            read += more;
            if let Some(whole) = whole(&self.buffer[..read])? {
                let text = String::from_utf8_lossy(&self.buffer[..whole]);
                let fine =
                    text.starts_with("HTTP/1.1 200") && text.contains("\"result\":{") && !text.contains("\"isError\":true");
                return if fine { Ok(()) } else { Err(text.into_owned().into()) };
            }
        }
    }
}

/// The length of the answer, once it is all there.
fn whole(bytes: &[u8]) -> Result<Option<usize>, Failed> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("an answer without a length")?;
    let all = head + 4 + length.trim().parse::<usize>()?;
    Ok((bytes.len() >= all).then_some(all))
}
