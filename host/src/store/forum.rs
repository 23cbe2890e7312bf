//! Forums in the store. Same database: a post and its outcome are one transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::tx::failed;
use super::{Store, Tx};
use crate::capability::forum::{Conversation, Embedded, Forums, Message, NewPost, Page, Summary};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Pending, Unrecorded};
use crate::label::Label;
use crate::name::ForumName;
use crate::people::not_yours;

impl Forums for Store {
    fn threads(&self, forum: ForumName, after: Option<u64>, room: u64) -> Pending<'_, Result<Page, Broken>> {
        Box::pin(async move { self.read("reading threads", |connection| threads(connection, &forum, after, room)) })
    }

    fn thread(
        &self,
        forum: ForumName,
        thread: u64,
        after: Option<u64>,
        room: u64,
    ) -> Pending<'_, Result<Option<Conversation>, Broken>> {
        Box::pin(async move {
            self.read("reading a thread", |connection| {
                let Some(title) = title(connection, &forum, thread)? else { return Ok(None) };
                posts(connection, title, thread, after, room).map(Some)
            })
        })
    }

    fn carried(&self, posts: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        let query = "SELECT label FROM posts JOIN carried USING (invocation, seq) WHERE id = ?1";
        Box::pin(async move { self.each_carries(query, &posts) })
    }

    fn title(&self, forum: ForumName, thread: u64) -> Pending<'_, Result<Option<String>, Broken>> {
        Box::pin(async move { self.read("reading a thread", |connection| title(connection, &forum, thread)) })
    }
}

impl Embedded for Store {
    fn post(&self, post: NewPost, mut settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        Box::pin(self.write(move |tx| {
            let id = insert(tx, &post)?;
            settle.tell(|outcome| outcome.number("post", id));
            tx.append(settle)?;
            Ok(id)
        }))
    }
}

fn insert(tx: &Tx<'_>, post: &NewPost) -> Result<u64, Unrecorded> {
    let doing = "posting";
    if title(tx.connection, &post.forum, post.thread).map_err(|e| failed(doing, e))?.is_none() {
        return Err(Unrecorded::Refused(not_yours()));
    }
    let (invocation, seq) = (post.key.0.to_string(), post.key.1);
    let statement = "INSERT INTO posts (thread, author, at, body, invocation, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![post.thread.cast_signed(), post.author, tx.now.0.cast_signed(), post.body, invocation, seq];
    tx.connection.execute(statement, values).map_err(|e| failed(doing, e))?;
    Ok(tx.connection.last_insert_rowid().cast_unsigned())
}

fn title(connection: &Connection, forum: &ForumName, thread: u64) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT title FROM threads WHERE id = ?1 AND forum = ?2")?;
    statement.query_row(params![thread.cast_signed(), forum.as_str()], |row| row.get(0)).optional()
}

/// Takes what fits: the first that does not, and everything after it, is more.
struct Room {
    left: u64,
    more: bool,
}

impl Room {
    fn take(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.more = self.more || bytes > self.left;
        if !self.more {
            self.left -= bytes;
        }
        !self.more
    }
}

fn threads(connection: &Connection, forum: &ForumName, after: Option<u64>, room: u64) -> rusqlite::Result<Page> {
    let mut statement = connection.prepare_cached(
        "SELECT id, title, (SELECT count(*) FROM posts WHERE thread = threads.id) FROM threads WHERE forum = ?1 AND id > ?2 ORDER BY id",
    )?;
    let mut rows = statement.query(params![forum.as_str(), after.unwrap_or_default().cast_signed()])?;
    let (mut threads, mut room) = (Vec::new(), Room { left: room, more: false });
    while let Some(row) = rows.next()? {
        let summary = Summary { id: row.get::<_, i64>(0)?.cast_unsigned(), title: row.get(1)?, posts: row.get(2)? };
        if !room.take(summary.title.len()) {
            break;
        }
        threads.push(summary);
    }
    Ok(Page { threads, more: room.more })
}

fn posts(
    connection: &Connection,
    title: String,
    thread: u64,
    after: Option<u64>,
    room: u64,
) -> rusqlite::Result<Conversation> {
    let mut statement =
        connection.prepare_cached("SELECT id, author, at, body FROM posts WHERE thread = ?1 AND id > ?2 ORDER BY id")?;
    let mut rows = statement.query([thread.cast_signed(), after.unwrap_or_default().cast_signed()])?;
    let (mut posts, mut room) = (Vec::new(), Room { left: room, more: false });
    let mut fits = room.take(title.len());
    while let Some(row) = rows.next()? {
        let post = Message {
            id: row.get::<_, i64>(0)?.cast_unsigned(),
            author: row.get(1)?,
            at: Instant(row.get::<_, i64>(2)?.cast_unsigned()),
            body: row.get(3)?,
        };
        fits = fits && room.take(post.author.len() + post.body.len());
        if !fits {
            break;
        }
        posts.push(post);
    }
    let title = if fits || !posts.is_empty() { title } else { String::new() };
    Ok(Conversation { title, posts, more: room.more })
}
