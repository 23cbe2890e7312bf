//! What a guest does that wants more than it was given.

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a guest that tries what the host does not give")]

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn bytes(mib: u32) -> usize {
    mib as usize * (1 << 20)
}

pub fn spin() {
    let mut turns = 0u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Each frame holds an array that is used after the call, so no tail call saves the stack.
pub fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    if black_box(depth) == u64::MAX {
        return 0;
    }
    let below = recurse(depth + 1);
    below.wrapping_add(black_box(&frame)[31])
}

pub fn grow(mib: u32) -> u64 {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..mib {
        held.push(black_box(vec![1; 1 << 20]));
    }
    held.iter().map(|block| block.len() as u64).sum()
}

pub fn flood(mib: u32) {
    let line = "x".repeat(1023);
    for _ in 0..u64::from(mib) * 1024 {
        println!("{line}");
        eprintln!("{line}");
    }
}

pub fn environment() -> Vec<String> {
    let variables = std::env::vars_os().map(|(name, value)| format!("{}={}", name.display(), value.display()));
    variables.chain(std::env::args_os().map(|argument| argument.display().to_string())).collect()
}

pub fn try_socket() -> String {
    match std::net::TcpStream::connect(("127.0.0.1", 80)) {
        Ok(_) => "connected".to_owned(),
        Err(error) => error.to_string(),
    }
}

pub fn try_file(path: &str) -> String {
    match std::fs::File::open(path) {
        Ok(_) => "opened".to_owned(),
        Err(error) => error.to_string(),
    }
}

pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// From the seed that std takes for its maps, through WASI's randomness.
pub fn random() -> u64 {
    RandomState::new().hash_one(0u64)
}

pub fn say(text: &str) {
    // A closed stdout is no fault of the caller's test.
    let _closed = std::io::stdout().write_all(text.as_bytes());
    let _unflushed = std::io::stdout().flush();
}

pub fn sleep(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms))
}
