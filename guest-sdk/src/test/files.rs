//! `files` of a world.

use std::collections::BTreeMap;

use super::state::{Call, State, Want, not_granted, not_yours};
use super::{here, names};
use crate::Refusal;
use crate::files::{Entry, Kind, Listing};

const GRANT: &str = "files.read";
const WRITE: &str = "files.write";

/// The most that one read brings and one write holds, and one listing in bytes of names.
const MOST: u32 = 1 << 20;
const LISTING: u64 = 64 << 10;

pub fn list(folder: &str, after: Option<&str>) -> Result<Listing, Refusal> {
    let covered = if names::is_path(folder) { Ok(()) } else { Err(not_granted(GRANT)) };
    here(|state| {
        let names = names_in(state, folder);
        // The root is there in any case.
        let there = folder.is_empty() || !names.is_empty();
        let call = Call { function: "files.list", grant: GRANT, about: folder, there };
        state.pass(call, Want::UpTo(LISTING), covered, |_, room| Ok(part(names, after, room)))
    })
}

/// What comes after a name, as far as there is room for the names.
fn part(names: BTreeMap<String, (Kind, u64)>, after: Option<&str>, room: u64) -> (Listing, u64) {
    let (mut entries, mut used, mut more) = (Vec::new(), 0, false);
    for (name, (kind, size)) in names {
        if after.is_some_and(|after| name.as_str() <= after) {
            continue;
        }
        if used + name.len() as u64 > room {
            more = true;
            break;
        }
        used += name.len() as u64;
        entries.push(Entry { name, kind, size });
    }
    (Listing { entries, more }, used)
}

fn names_in(state: &State, folder: &str) -> BTreeMap<String, (Kind, u64)> {
    let inside = |path: &str| match folder {
        "" => Some(path.to_owned()),
        folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned),
    };
    let mut names = BTreeMap::new();
    for (path, bytes) in &state.files {
        match inside(path)
            .as_deref()
            .map(|rest| rest.split_once('/').map_or((rest, None), |(name, rest)| (name, Some(rest))))
        {
            Some((name, None)) => names.insert(name.to_owned(), (Kind::File, bytes.len() as u64)),
            Some((name, Some(_))) => names.insert(name.to_owned(), (Kind::Folder, 0)),
            None => None,
        };
    }
    names
}

pub fn read(path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
    let covered = if names::is_path(path) && !path.is_empty() { Ok(()) } else { Err(not_granted(GRANT)) };
    let want = Want::Exactly(length.min(MOST).into());
    here(|state| {
        let call = Call { function: "files.read", grant: GRANT, about: path, there: state.files.contains_key(path) };
        state.pass(call, want, covered, |state, room| {
            let bytes = state.files.get(path).ok_or_else(not_yours)?;
            let rest = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            let came = rest[..rest.len().min(usize::try_from(room).unwrap_or(usize::MAX))].to_vec();
            let count = came.len() as u64;
            Ok((came, count))
        })
    })
}

pub fn write(path: &str, contents: &[u8]) -> Result<(), Refusal> {
    let covered = if names::is_path(path) && !path.is_empty() { Ok(()) } else { Err(not_granted(WRITE)) };
    let sent = contents.len() as u64;
    here(|state| {
        let fits = sent <= u64::from(MOST);
        let call = Call { function: "files.write", grant: WRITE, about: path, there: !fits || may_stand(state, path) };
        state.pass(call, Want::Sends(sent), covered, |state, _| {
            if !fits {
                return Err(not_granted(WRITE));
            }
            state.files.insert(path.to_owned(), contents.to_vec());
            state.written.push(path.to_owned());
            Ok(((), sent))
        })
    })
}

/// Whether a file may stand there: its folder exists, and it is none itself.
fn may_stand(state: &State, path: &str) -> bool {
    let holds = |folder: &str| state.files.keys().any(|it| it.strip_prefix(folder).is_some_and(|it| it.starts_with('/')));
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    folder.is_none_or(holds) && !holds(path)
}
