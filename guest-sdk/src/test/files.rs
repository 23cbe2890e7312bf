//! `files` of a world.

use std::collections::BTreeMap;

use super::state::{Call, State, Want, not_granted, not_yours};
use super::{here, names};
use crate::Refusal;
use crate::files::{Entry, Kind, Listing};

const GRANT: &str = "files.read";

/// The most that one read brings, and one listing in bytes of names.
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
