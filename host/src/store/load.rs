//! The directory out of the store's tables.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, params};

use crate::clock::Instant;
use crate::freeze::{Freeze, Scope};
use crate::lease::Lease;
use crate::name::{BadName, FilePath, ForumName, GroupName, ObjectName, PersonName, Principal};
use crate::people::{Ceiling, Directory, Entry, Forum, Object, Right};

/// The version of the world.
pub(super) fn stamp(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT stamp FROM state")?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

/// The newest time in the store.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<Instant> {
    let newest: i64 = connection.prepare_cached("SELECT newest FROM state")?.query_row([], |row| row.get(0))?;
    Ok(Instant(newest.cast_unsigned()))
}

/// Why the directory cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable(String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<BadName> for Unreadable {
    fn from(bad: BadName) -> Self {
        Self(format!("a name in the store: {bad}"))
    }
}

/// Calls `take` with each row of a query.
fn each(
    connection: &Connection,
    query: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn text(row: &Row<'_>, column: usize) -> Result<String, Unreadable> {
    Ok(row.get(column)?)
}

/// The whole directory, as version `stamp`.
pub(super) fn directory(connection: &Connection, stamp: u64) -> Result<Directory, Unreadable> {
    let mut directory = Directory::default();
    directory.stamp = stamp;
    each(connection, "SELECT name, shown FROM people", |row| {
        directory.people.insert(PersonName::parse(&text(row, 0)?)?, text(row, 1)?);
        Ok(())
    })?;
    each(connection, "SELECT name, principal FROM groups LEFT JOIN members ON group_name = name", |row| {
        let members = directory.groups.entry(GroupName::parse(&text(row, 0)?)?).or_default();
        member(members, row.get(1)?)
    })?;
    each(connection, "SELECT name, owner, principal FROM forums LEFT JOIN audiences ON forum = name", |row| {
        let owner = PersonName::parse(&text(row, 1)?)?;
        let forum = directory.forums.entry(ForumName::parse(&text(row, 0)?)?);
        let forum = forum.or_insert_with(|| Forum { owner, audience: BTreeSet::new(), ceiling: Ceiling::default() });
        member(&mut forum.audience, row.get(2)?)
    })?;
    each(connection, "SELECT forum, principal, declared FROM forum_ceilings", |row| {
        match directory.forums.get_mut(&ForumName::parse(&text(row, 0)?)?) {
            Some(forum) => ceiling(&mut forum.ceiling, row),
            None => Ok(()),
        }
    })?;
    directory.objects = objects(connection)?;
    directory.freezes = freezes(connection)?;
    Ok(directory)
}

/// What is frozen, and what was within a day. The newest time is never later than now, so one that it says is over stays over.
pub(super) fn freezes(connection: &Connection) -> Result<Vec<Freeze>, Unreadable> {
    let mut freezes = Vec::new();
    let query = "SELECT id, scope, name, reason, person, at, ends, thawed FROM freezes
        WHERE thawed IS NULL AND (ends IS NULL OR ends > (SELECT newest FROM state))
        OR at > (SELECT newest FROM state) - 86400000 ORDER BY id";
    each(connection, query, |row| {
        let instant = |at: i64| Instant(at.cast_unsigned());
        freezes.push(Freeze {
            id: row.get::<_, i64>(0)?.cast_unsigned(),
            scope: Scope::parse(&text(row, 1)?, &text(row, 2)?)?,
            reason: text(row, 3)?,
            by: PersonName::parse(&text(row, 4)?)?,
            at: instant(row.get(5)?),
            ends: row.get::<_, Option<i64>>(6)?.map(instant),
            thawed: row.get::<_, Option<i64>>(7)?.is_some(),
        });
        Ok(())
    })?;
    Ok(freezes)
}

fn member(members: &mut BTreeSet<Principal>, name: Option<String>) -> Result<(), Unreadable> {
    members.extend(name.map(|name| Principal::parse(&name)).transpose()?);
    Ok(())
}

fn objects(connection: &Connection) -> Result<BTreeMap<ObjectName, Object>, Unreadable> {
    let mut objects = BTreeMap::new();
    each(connection, "SELECT name, owner, folder FROM objects LEFT JOIN folders ON object = name", |row| {
        let owner = PersonName::parse(&text(row, 1)?)?;
        let object = objects.entry(ObjectName::parse(&text(row, 0)?)?);
        let object = object.or_insert_with(|| Object {
            owner,
            folders: BTreeSet::new(),
            entries: Vec::new(),
            ceiling: Ceiling::default(),
        });
        object.folders.extend(row.get::<_, Option<String>>(2)?.map(|folder| FilePath::parse(&folder)).transpose()?);
        Ok(())
    })?;
    each(connection, "SELECT object, principal, right_, ends, lease FROM acl_entries ORDER BY id", |row| {
        if let Some(object) = objects.get_mut(&ObjectName::parse(&text(row, 0)?)?) {
            object.entries.push(entry(row)?);
        }
        Ok(())
    })?;
    each(connection, "SELECT object, principal, declared FROM object_ceilings", |row| {
        match objects.get_mut(&ObjectName::parse(&text(row, 0)?)?) {
            Some(object) => ceiling(&mut object.ceiling, row),
            None => Ok(()),
        }
    })?;
    Ok(objects)
}

/// A row of a thing, a principal that is cleared for it, and whether that was declared.
fn ceiling(ceiling: &mut Ceiling, row: &Row<'_>) -> Result<(), Unreadable> {
    ceiling.cleared.insert(Principal::parse(&text(row, 1)?)?);
    ceiling.declared |= row.get::<_, i64>(2)? != 0;
    Ok(())
}

/// What of its object's access list a revert of `lease` looks at: its own entry, and what people wrote for its principal.
/// Not the whole list: as many leases as a list has entries may be over at once.
pub(super) fn entries(connection: &Connection, lease: &Lease) -> Result<Vec<Entry>, Unreadable> {
    let query = "SELECT object, principal, right_, ends, lease FROM acl_entries WHERE lease = ?1 AND object = ?2 UNION ALL \
                 SELECT object, principal, right_, ends, lease FROM acl_entries WHERE object = ?2 AND principal = ?3 AND lease IS NULL";
    let mut statement = connection.prepare_cached(query)?;
    let values = params![lease.id.cast_signed(), lease.object.as_str(), lease.principal.to_string()];
    let mut rows = statement.query(values)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

/// A row of object, principal, right, end and lease.
fn entry(row: &Row<'_>) -> Result<Entry, Unreadable> {
    let right = Right::parse(&text(row, 2)?).ok_or_else(|| Unreadable("a right in the store is not known".to_owned()))?;
    let ends = row.get::<_, Option<i64>>(3)?.map(|ends| Instant(ends.cast_unsigned()));
    let lease = row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned);
    Ok(Entry { principal: Principal::parse(&text(row, 1)?)?, right, ends, lease })
}
