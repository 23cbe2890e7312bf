//! The embedded world brought in and shown.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value, json};

use super::tx::failed;
use super::worldfile::{self, NewThread, WorldFile};
use super::{Store, Tx, load};
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Draft, Kind, Unrecorded};
use crate::people::{Ceiling, Directory};

impl Store {
    /// Applies a world file: all of it or nothing, on record. Returns how much it named.
    ///
    /// # Errors
    /// When something in it is wrong, or it cannot be written.
    pub async fn apply(&self, text: &str) -> Result<Value, Broken> {
        let text = text.to_owned();
        let applied = self.write(move |tx| {
            let doing = "applying the world file";
            let stamp = load::stamp(tx.connection).map_err(|e| failed(doing, e))?;
            let directory = load::directory(tx.connection, stamp).map_err(|e| failed(doing, e))?;
            let file = worldfile::check(&text, &directory).map_err(Unrecorded::Broken)?;
            let before = changes(tx).map_err(|e| failed(doing, e))?;
            write(tx, &file).map_err(|e| failed(doing, e))?;
            tx.raise()?;
            // The watch names this entry where something of it opens a thing too far.
            let tell = "UPDATE changes SET number = ?1 WHERE id > ?2";
            tx.connection.execute(tell, params![tx.head.entries.cast_signed(), before]).map_err(|e| failed(doing, e))?;
            let count = json!({
                "people": file.people.len(), "groups": file.groups.len(), "forums": file.forums.len(),
                "objects": file.objects.len(), "threads": file.threads.len(),
            });
            let draft = Draft::new(Kind::Applied, count.clone()).with("world", text);
            tx.append(Chapter::alone(draft))?;
            Ok(count)
        });
        applied.await.map_err(Broken::from)
    }

    /// The world as JSON, with the number of each forum's posts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn show(&self) -> Result<Value, Broken> {
        let directory = self.directory()?;
        let mut shown = describe(&directory);
        let closing = self.read("reading what closes by itself", |connection| {
            let mut closing = connection.prepare("SELECT kind || 's', name FROM closing")?;
            closing.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<(String, String)>, _>>()
        })?;
        for (kind, name) in closing {
            if let Some(thing) = shown[&kind].get_mut(&name) {
                thing["closes"] = json!("by-itself");
            }
        }
        for name in directory.forums.keys() {
            let query = "SELECT count(DISTINCT threads.id), count(posts.id) FROM threads LEFT JOIN posts ON thread = threads.id WHERE forum = ?1";
            let (threads, posts): (i64, i64) = self.read("counting posts", |connection| {
                connection.query_row(query, [name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            })?;
            shown["forums"][name.as_str()]["threads"] = json!(threads);
            shown["forums"][name.as_str()]["posts"] = json!(posts);
        }
        Ok(shown)
    }
}

fn describe(directory: &Directory) -> Value {
    let texts = |items: &mut dyn Iterator<Item = String>| Value::Array(items.map(Value::String).collect());
    let mut groups = Map::new();
    for (name, members) in &directory.groups {
        groups.insert(name.to_string(), texts(&mut members.iter().map(ToString::to_string)));
    }
    let mut forums = Map::new();
    for (name, forum) in &directory.forums {
        let audience = texts(&mut forum.audience.iter().map(ToString::to_string));
        let cleared = texts(&mut cleared(&forum.ceiling));
        forums.insert(name.to_string(), json!({ "owner": forum.owner.as_str(), "audience": audience, "cleared": cleared }));
    }
    let mut objects = Map::new();
    for (name, object) in &directory.objects {
        let folders = texts(&mut object.folders.iter().map(ToString::to_string));
        let entries = object.entries.iter().map(|entry| {
            let ends = entry.ends.map(|ends| format!(" until {ends}")).unwrap_or_default();
            format!("{} may {}{ends}", entry.principal, entry.right.as_str())
        });
        let entries = texts(&mut entries.collect::<Vec<_>>().into_iter());
        let (owner, cleared) = (object.owner.as_str(), texts(&mut cleared(&object.ceiling)));
        let object = json!({ "owner": owner, "folders": folders, "entries": entries, "cleared": cleared });
        objects.insert(name.to_string(), object);
    }
    let people: Map<String, Value> = directory.people.iter().map(|(name, shown)| (name.to_string(), json!(shown))).collect();
    json!({ "people": people, "groups": groups, "forums": forums, "objects": objects })
}

/// Who is cleared beside the owner; what nobody declared is said so.
fn cleared(ceiling: &Ceiling) -> impl Iterator<Item = String> + '_ {
    let since = if ceiling.declared { "" } else { " (as it could read it when this was last applied)" };
    ceiling.cleared.iter().map(move |principal| format!("{principal}{since}"))
}

/// The newest change of people and access lists.
fn changes(tx: &Tx<'_>) -> rusqlite::Result<i64> {
    tx.connection.query_row("SELECT coalesce(max(id), 0) FROM changes", [], |row| row.get(0))
}

/// What is named is replaced; what is not named stays, and so do leases.
fn write(tx: &Tx<'_>, file: &WorldFile) -> rusqlite::Result<()> {
    let db = tx.connection;
    for (name, shown) in &file.people {
        let statement = "INSERT INTO people VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET shown = excluded.shown";
        db.execute(statement, params![name.as_str(), shown])?;
    }
    for (name, members) in &file.groups {
        db.execute("INSERT INTO groups VALUES (?1) ON CONFLICT DO NOTHING", [name.as_str()])?;
        db.execute("DELETE FROM members WHERE group_name = ?1", [name.as_str()])?;
        for member in members {
            db.execute("INSERT INTO members VALUES (?1, ?2)", params![name.as_str(), member.to_string()])?;
        }
    }
    for (name, forum) in &file.forums {
        let statement = "INSERT INTO forums VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner";
        db.execute(statement, params![name.as_str(), forum.owner.as_str()])?;
        db.execute("DELETE FROM audiences WHERE forum = ?1", [name.as_str()])?;
        for member in &forum.audience {
            db.execute("INSERT INTO audiences VALUES (?1, ?2)", params![name.as_str(), member.to_string()])?;
        }
        db.execute("DELETE FROM forum_ceilings WHERE forum = ?1", [name.as_str()])?;
        ceiling(db, "INSERT INTO forum_ceilings VALUES (?1, ?2, ?3)", name.as_str(), &forum.ceiling)?;
        closes(db, "forum", name.as_str(), forum.closes)?;
    }
    objects(db, file)?;
    file.threads.iter().try_for_each(|thread| open(tx, thread))
}

fn objects(db: &Connection, file: &WorldFile) -> rusqlite::Result<()> {
    for (name, object) in &file.objects {
        let statement = "INSERT INTO objects VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner";
        db.execute(statement, params![name.as_str(), object.owner.as_str()])?;
        db.execute("DELETE FROM folders WHERE object = ?1", [name.as_str()])?;
        db.execute("DELETE FROM acl_entries WHERE object = ?1 AND tool IS NULL", [name.as_str()])?;
    }
    for (name, object) in &file.objects {
        for folder in &object.folders {
            db.execute("INSERT INTO folders VALUES (?1, ?2)", params![folder.as_str(), name.as_str()])?;
        }
        for (principal, right) in &object.entries {
            let statement = "INSERT INTO acl_entries (object, principal, right_) VALUES (?1, ?2, ?3)";
            db.execute(statement, params![name.as_str(), principal.to_string(), right.as_str()])?;
        }
        db.execute("DELETE FROM object_ceilings WHERE object = ?1", [name.as_str()])?;
        ceiling(db, "INSERT INTO object_ceilings VALUES (?1, ?2, ?3)", name.as_str(), &object.ceiling)?;
        closes(db, "object", name.as_str(), object.closes)?;
    }
    Ok(())
}

fn ceiling(db: &Connection, statement: &str, name: &str, ceiling: &Ceiling) -> rusqlite::Result<()> {
    ceiling
        .cleared
        .iter()
        .try_for_each(|principal| db.execute(statement, params![name, principal.to_string(), ceiling.declared]).map(drop))
}

/// Whether what opens a thing too far is closed at once.
fn closes(db: &Connection, kind: &str, name: &str, closes: bool) -> rusqlite::Result<()> {
    let statement = if closes {
        "INSERT OR IGNORE INTO closing VALUES (?1, ?2)"
    } else {
        "DELETE FROM closing WHERE kind = ?1 AND name = ?2"
    };
    db.execute(statement, [kind, name]).map(drop)
}

/// Opens a thread once: another of this title in this forum is left as it is.
fn open(tx: &Tx<'_>, thread: &NewThread) -> rusqlite::Result<()> {
    let db = tx.connection;
    let place = params![thread.forum.as_str(), thread.title];
    let there = db.query_row("SELECT 1 FROM threads WHERE forum = ?1 AND title = ?2", place, |_| Ok(())).optional()?;
    if there.is_some() {
        return Ok(());
    }
    db.execute("INSERT INTO threads (forum, title) VALUES (?1, ?2)", place)?;
    let values = params![db.last_insert_rowid(), thread.author.as_str(), tx.now.0.cast_signed(), thread.body];
    db.execute("INSERT INTO posts (thread, author, at, body) VALUES (?1, ?2, ?3, ?4)", values).map(drop)
}
