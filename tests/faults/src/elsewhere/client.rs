//! The forum as the host's capability has it: requests over HTTP.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate::capability::forum::{Conversation, Elsewhere, Finding, Forums, Message, NewPost, Page, Summary};
use tollgate::clock::Instant;
use tollgate::diagnostic::Broken;
use tollgate::gate::Failed;
use tollgate::journal::Pending;
use tollgate::name::{ForumName, InvocationId};
use tollgate::people::not_yours;
use tollgate::refusal::{Code, Refusal};
use tollgate::unit::Duration;

use super::terms::{Class, Terms};

pub(super) struct Client {
    folder: PathBuf,
    terms: Terms,
}

/// Why there is no answer.
enum Unanswered {
    /// It was not sent.
    Unsent(io::Error),
    /// It may have been read.
    Lost(io::Error),
}

impl Client {
    pub(super) fn of(folder: PathBuf, terms: Terms) -> Self {
        Self { folder, terms }
    }

    /// Asks; none where the forum has no such thing. Dropped, it closes its connection.
    async fn ask(&self, path: &str, asked: &Value) -> Result<Option<Value>, Unanswered> {
        let mut connection = self.connect().await.map_err(Unanswered::Unsent)?;
        let exchange = async {
            let body = asked.to_string();
            let head = format!("POST {path} HTTP/1.1\r\nHost: forum\r\nContent-Length: {}\r\n\r\n", body.len());
            connection.write_all((head + &body).as_bytes()).await?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer).await?;
            let cut = || io::Error::other("the answer is cut off");
            let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
            let length = format!("Content-Length: {}\r\n", body.len());
            match head.split(' ').nth(1) {
                Some("200") if head.contains(&length) => Ok(Some(serde_json::from_str(body).map_err(|_| cut())?)),
                Some("404") => Ok(None),
                _ => Err(cut()),
            }
        };
        exchange.await.map_err(Unanswered::Lost)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let port = std::fs::read_to_string(self.folder.join("port"))?;
        let port: u16 = port.parse().map_err(io::Error::other)?;
        TcpStream::connect(("127.0.0.1", port)).await
    }

    async fn look(&self, path: &str, asked: Value) -> Result<Option<Value>, Broken> {
        self.ask(path, &asked).await.map_err(|unanswered| match unanswered {
            Unanswered::Unsent(e) | Unanswered::Lost(e) => Broken::while_doing("asking the forum", e),
        })
    }
}

fn thread_of(asked: &Value) -> Option<Conversation> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let posts = asked["posts"]
        .as_array()?
        .iter()
        .map(|it| Some(Message { id: it[0].as_u64()?, author: text(&it[1])?, at: Instant(0), body: text(&it[2])? }));
    Some(Conversation { title: text(&asked["title"])?, posts: posts.collect::<Option<_>>()?, more: false })
}

fn page_of(asked: &Value) -> Option<Page> {
    let threads = asked["threads"].as_array()?.iter().map(|it| {
        let posts = u32::try_from(it[2].as_u64()?).ok()?;
        Some(Summary { id: it[0].as_u64()?, title: it[1].as_str()?.to_owned(), posts })
    });
    Some(Page { threads: threads.collect::<Option<_>>()?, more: false })
}

fn unlike() -> Broken {
    Broken::while_doing("asking the forum", "it answers something else")
}

/// Its lists are short: they are brought whole, whatever the room.
impl Forums for Client {
    fn threads(&self, forum: ForumName, _after: Option<u64>, _room: u64) -> Pending<'_, Result<Page, Broken>> {
        Box::pin(async move {
            let found = self.look("/threads", json!({ "forum": forum.as_str() })).await?;
            found.and_then(|found| page_of(&found)).ok_or_else(unlike)
        })
    }

    fn thread(
        &self,
        forum: ForumName,
        thread: u64,
        _after: Option<u64>,
        _room: u64,
    ) -> Pending<'_, Result<Option<Conversation>, Broken>> {
        Box::pin(async move {
            let found = self.look("/thread", json!({ "forum": forum.as_str(), "thread": thread })).await?;
            found.map(|found| thread_of(&found).ok_or_else(unlike)).transpose()
        })
    }

    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>> {
        Box::pin(async move {
            let found = self.look("/title", json!({ "forum": forum.as_str(), "thread": thread })).await?;
            found.map(|found| found["title"].as_str().map(str::to_owned).ok_or_else(unlike)).transpose()
        })
    }
}

fn key((invocation, seq): (InvocationId, u32)) -> Value {
    json!([invocation.to_string(), seq])
}

impl Elsewhere for Client {
    fn finding(&self) -> Finding {
        match self.terms.class {
            Class::Keyed => Finding::Keyed { window: Duration(self.terms.window) },
            Class::Queryable => Finding::Queryable { settles: Duration(self.terms.settles) },
            Class::Blind => Finding::Blind,
        }
    }

    fn patience(&self) -> Duration {
        Duration(self.terms.patience)
    }

    fn post(&self, post: NewPost) -> Pending<'_, Result<u64, Failed>> {
        Box::pin(async move {
            let asked = json!({
                "forum": post.forum.as_str(), "thread": post.thread, "author": post.author, "body": post.body,
                "key": key(post.key),
            });
            match self.ask("/post", &asked).await {
                Ok(Some(answer)) => {
                    answer["id"].as_u64().ok_or_else(|| Failed::InDoubt("it was answered without an id".to_owned()))
                }
                Ok(None) => Err(not_yours().into()),
                Err(Unanswered::Unsent(_)) => {
                    let why = "the forum cannot be reached, so this did not happen";
                    Err(Refusal::new(Code::Unavailable, why).unless("try again when the forum is well").into())
                }
                Err(Unanswered::Lost(e)) => Err(Failed::InDoubt(e.to_string())),
            }
        })
    }

    fn find(&self, _forum: ForumName, of: (InvocationId, u32)) -> Pending<'_, Result<Option<u64>, Broken>> {
        Box::pin(async move {
            // One that is not queryable says 404.
            let found = self.look("/find", json!({ "key": key(of) })).await?.ok_or_else(unlike)?;
            Ok(found["id"].as_u64())
        })
    }
}
