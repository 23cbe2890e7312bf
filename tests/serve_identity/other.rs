//! Somebody else's server, as small as a test needs it: one request a connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Listens on this machine, and serves one connection after the other until the tests end.
pub fn listens(mut serve: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.expect("a connection"))));
    address
}

/// Reads a request: its head and its body. None if the other side sends no whole one.
pub fn request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head is text");
    let length = head.lines().filter_map(|line| line.split_once(": "));
    let length = length.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().expect("a length"))];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Answers. Who is told more than it wants to know may have hung up.
pub fn answer(stream: &mut impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}
