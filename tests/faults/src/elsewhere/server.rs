//! The forum itself: one request a connection, answered in order, but for posts, each of which takes its time.

#![expect(clippy::disallowed_macros, reason = "it is a program of its own, and says where it listens")]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use serde_json::{Value, json};

use super::running::Mishap;
use super::terms::{Class, Terms};
use crate::Failed;

/// Every forum has these threads, from 1.
const TITLES: [&str; 2] = ["Welcome", "Slowly"];

struct Forum {
    terms: Terms,
    /// What goes wrong with the next post.
    mishap: Mutex<Option<Mishap>>,
    posts: Mutex<Posts>,
}

struct Posts {
    file: File,
    all: Vec<Value>,
}

/// Serves a folder until whoever started it is gone.
pub(super) fn run(arguments: &[OsString]) -> ExitCode {
    let ended = arguments.first().ok_or_else(|| Failed::from("which folder?")).and_then(|folder| {
        let mishap = arguments.get(1).and_then(|word| Mishap::parse(word.to_str()?));
        serve(Path::new(folder), mishap)
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the forum: {why}");
            ExitCode::FAILURE
        }
    }
}

fn serve(folder: &Path, mishap: Option<Mishap>) -> Result<(), Failed> {
    let file = OpenOptions::new().create(true).append(true).read(true).open(folder.join("posts"))?;
    let all = super::running::posts(folder)?;
    let forum =
        Arc::new(Forum { terms: Terms::read(folder)?, mishap: Mutex::new(mishap), posts: Mutex::new(Posts { file, all }) });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (port, new) = (listener.local_addr()?.port(), folder.join("port.new"));
    fs::write(&new, port.to_string())?;
    fs::rename(new, folder.join("port"))?;
    println!("{port}");
    std::thread::spawn(|| {
        // Its end is the end of whoever holds the other one.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    for connection in listener.incoming() {
        let (connection, forum) = (connection?, forum.clone());
        match request(&connection) {
            Ok((path, asked)) if path == "/post" => drop(std::thread::spawn(move || forum.post(connection, &asked))),
            Ok((path, asked)) => answer(connection, &forum.look(&path, &asked)),
            // Whoever asked died over it.
            Err(_) => {}
        }
    }
    Ok(())
}

/// Reads a request whole: what is cut off is none.
fn request(connection: &TcpStream) -> Result<(String, Value), Failed> {
    let mut reader = BufReader::new(connection);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 {
            return Err("it is cut off".into());
        }
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first.split(' ').nth(1).unwrap_or_default().to_owned(), serde_json::from_slice(&body)?))
}

/// Answers; none is 404. Whoever asked may be gone.
fn answer(mut connection: TcpStream, found: &Option<Value>) {
    let (status, body) = found.as_ref().map_or(("404 Not Found", "{}".to_owned()), |found| ("200 OK", found.to_string()));
    let length = body.len();
    let _ = write!(connection, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

fn die() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

impl Forum {
    fn look(&self, path: &str, asked: &Value) -> Option<Value> {
        let title = || TITLES.get(usize::try_from(asked["thread"].as_u64()?.checked_sub(1)?).ok()?);
        let posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let of =
            |thread: u64| posts.all.iter().filter(move |post| post["forum"] == asked["forum"] && post["thread"] == thread);
        match path {
            "/threads" => {
                let all = (1..).zip(TITLES).map(|(id, title)| json!([id, title, of(id).count()]));
                Some(json!({ "threads": all.collect::<Vec<_>>() }))
            }
            "/thread" => {
                let posts = of(asked["thread"].as_u64()?).map(|it| json!([it["id"], it["author"], it["body"]]));
                Some(json!({ "title": title()?, "posts": posts.collect::<Vec<_>>() }))
            }
            "/title" => Some(json!({ "title": title()? })),
            "/find" if self.terms.class == Class::Queryable => {
                let found = posts.all.iter().find(|post| post["key"] == asked["key"]);
                Some(json!({ "id": found.map(|post| &post["id"]) }))
            }
            _ => None,
        }
    }

    /// Acts, after a while, once or, if it is keyed, never again for the same key.
    fn post(&self, connection: TcpStream, asked: &Value) {
        let mishap = self.mishap.lock().unwrap_or_else(PoisonError::into_inner).take();
        let slow = if mishap == Some(Mishap::Slow) { self.terms.patience + self.terms.patience / 2 } else { 0 };
        std::thread::sleep(Duration::from_millis(self.terms.delay + slow));
        if mishap == Some(Mishap::DiesBefore) {
            die();
        }
        let id = self.take(asked);
        if mishap == Some(Mishap::DiesAfter) {
            die();
        }
        match id {
            Ok(id) => answer(connection, &Some(json!({ "id": id }))),
            Err(why) => eprintln!("the forum: {why}"),
        }
    }

    fn take(&self, asked: &Value) -> Result<u64, Failed> {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = posts.all.iter().find(|post| self.terms.class == Class::Keyed && post["key"] == asked["key"]);
        if let Some(known) = known {
            return known["id"].as_u64().ok_or_else(|| "a post without an id".into());
        }
        let id = posts.all.len() as u64 + 1;
        let mut post = asked.clone();
        post["id"] = json!(id);
        posts.file.write_all(format!("{post}\n").as_bytes())?;
        posts.file.sync_data()?;
        posts.all.push(post);
        Ok(id)
    }
}
