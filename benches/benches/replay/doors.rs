//! A client of the host's doors: one request a connection, as a platform and as people have it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tollgate_benches::Failed;

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The door's name and port.
    pub door: (&'static str, u16),
    /// Method and path.
    pub line: &'a str,
    /// Who asks.
    pub token: &'a str,
    /// One more header.
    pub header: Option<(&'a str, &'a str)>,
    /// The body.
    pub body: Option<&'a Value>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// What it is a version of.
    pub etag: String,
    /// Its body.
    pub body: Value,
}

impl Request<'_> {
    /// Which door it is, is said by whoever knows the ports.
    pub const LATER: (&'static str, u16) = ("", 0);

    /// Sends it and reads the whole answer.
    pub fn ask(self) -> Result<Answer, Failed> {
        let Self { door: (name, port), line, token, header, body } = self;
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\n{header}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or("an answer without a head")?;
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        let etag = head.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case("etag"));
        let etag = etag.map(|(_, value)| value.to_owned()).unwrap_or_default();
        let body = serde_json::from_str(body).map_err(|e| format!("{line}: {e}: {text}"))?;
        Ok(Answer { status, etag, body })
    }
}
