//! People in the store: rights for the gate, passphrases for approvals. And which compiled files are ours.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{OptionalExtension as _, params};
use serde_json::json;

use super::Store;
use super::load;
use super::tx::failed;
use crate::approval::Credentials;
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::freeze::{self, Subject};
use crate::gate::{Told, World};
use crate::invoke::Keep;
use crate::journal::{Chapter, Draft, Kind, Pending};
use crate::label::{Label, SessionId};
use crate::name::{Digest, FilePath, InvocationId, ObjectName, PersonName};
use crate::people::{Directory, Rights, Standing};
use crate::quota::Charge;
use crate::refusal::Refusal;

/// What a store remembers of the world.
pub(super) struct Seen {
    /// The version on the board under which it was read; none if the world was moving.
    version: Option<u64>,
    directory: Arc<Directory>,
    standings: HashMap<PersonName, Arc<Standing>>,
}

const READING: &str = "reading people, forums and objects";

impl World for Store {
    fn rights(&self, initiator: &PersonName) -> Pending<'_, Result<Rights, Broken>> {
        let standing = self.standing(initiator);
        Box::pin(std::future::ready(standing.map(|standing| Rights { standing, now: self.now() })))
    }

    fn quota_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken> {
        self.uses_left(charges)
    }

    fn held(&self, session: &SessionId) -> Result<Label, Broken> {
        self.held_by(session)
    }

    fn carried(&self, path: &FilePath) -> Result<Label, Broken> {
        self.file_carries(path)
    }

    fn lies_under(&self, object: &ObjectName, directory: &Directory) -> Result<Label, Broken> {
        self.object_carries(object, directory)
    }

    fn told(&self, session: &SessionId, own: InvocationId, earlier: bool, most: usize) -> Result<Told, Broken> {
        self.told_before(session, own, earlier, most)
    }

    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal> {
        let version = self.board.version();
        if self.held.is_empty() && version.is_some_and(|version| version == found.load(Ordering::Relaxed)) {
            return None;
        }
        match self.directory().map(|directory| freeze::judge(&directory.freezes, subject, self.now())) {
            Ok(Ok(())) => {
                // The board was read first: what moved since then is another version.
                version.into_iter().for_each(|version| found.store(version, Ordering::Relaxed));
                None
            }
            Ok(Err(refusal)) => Some(refusal),
            Err(broken) => {
                tracing::debug!(doing = broken.doing, cause = broken.cause, "whether a guest is frozen is not known");
                None
            }
        }
    }
}

impl Credentials for Store {
    fn passphrase_of(&self, person: &PersonName) -> Pending<'_, Result<Option<String>, Broken>> {
        let person = person.clone();
        Box::pin(async move {
            self.read("reading a passphrase", |connection| {
                let mut statement = connection.prepare_cached("SELECT phc FROM credentials WHERE person = ?1")?;
                statement.query_row([person.as_str()], |row| row.get(0)).optional()
            })
        })
    }

    fn able(&self, people: &BTreeSet<PersonName>) -> Pending<'_, Result<BTreeSet<PersonName>, Broken>> {
        let people = people.clone();
        Box::pin(async move {
            self.read("reading who has a passphrase", |connection| {
                let mut has = connection.prepare_cached("SELECT 1 FROM credentials WHERE person = ?1")?;
                let mut able = BTreeSet::new();
                for person in people {
                    if has.exists([person.as_str()])? {
                        able.insert(person);
                    }
                }
                Ok(able)
            })
        })
    }
}

impl Store {
    /// The newest version of the directory.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn directory(&self) -> Result<Arc<Directory>, Broken> {
        self.seen(|seen| seen.directory.clone())
    }

    /// Who somebody is in the newest version of the world.
    fn standing(&self, person: &PersonName) -> Result<Arc<Standing>, Broken> {
        self.seen(|seen| match seen.standings.get(person) {
            Some(standing) => standing.clone(),
            None => {
                let standing = Arc::new(Standing::of(seen.directory.clone(), person.clone()));
                // Only names of the directory are remembered, so that nobody can fill the memory with others.
                if standing.is_known() {
                    seen.standings.insert(person.clone(), standing.clone());
                }
                standing
            }
        })
    }

    /// What is remembered, if the board says that the world has not moved; else what the database says now.
    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> Result<T, Broken> {
        let mut seen = self.seen.lock().map_err(|_| Broken::while_doing(READING, "another thread failed at it"))?;
        let version = self.board.version();
        if let Some(seen) = seen.as_mut().filter(|seen| version.is_some() && seen.version == version) {
            return Ok(look(seen));
        }
        let stamp = self.read(READING, load::stamp)?;
        let same = seen.take().filter(|seen| seen.directory.stamp == stamp);
        let mut read = match same {
            Some(seen) => seen,
            None => Seen { version, directory: self.read_directory()?, standings: HashMap::new() },
        };
        // The board was read first: what moved since then moved it too.
        read.version = version;
        Ok(look(seen.insert(read)))
    }

    fn read_directory(&self) -> Result<Arc<Directory>, Broken> {
        let connection = self.reader.lock().map_err(|_| Broken::while_doing(READING, "another thread failed at it"))?;
        let read = connection.unchecked_transaction().map_err(|e| Broken::while_doing(READING, e))?;
        let stamp = load::stamp(&read).map_err(|e| Broken::while_doing(READING, e))?;
        let mut directory = load::directory(&read, stamp).map_err(|e| Broken::while_doing(READING, e))?;
        directory.freezes.extend(self.held.all());
        Ok(Arc::new(directory))
    }

    /// What is remembered is wrong: the next decision reads the world anew.
    pub(super) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps a person's protected passphrase, on record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_passphrase(&self, person: &PersonName, protected: &str) -> Result<(), Broken> {
        let (person, protected) = (person.clone(), protected.to_owned());
        let written = self.write(move |tx| {
            let statement = "INSERT INTO credentials VALUES (?1, ?2) ON CONFLICT (person) DO UPDATE SET phc = excluded.phc";
            tx.connection
                .execute(statement, params![person.as_str(), protected])
                .map_err(|e| failed("keeping a passphrase", e))?;
            let draft = Draft::new(Kind::Passphrase, json!({ "person": person.as_str() }));
            tx.append(Chapter::alone(draft))
        });
        written.await.map(drop).map_err(Broken::from)
    }
}

impl Keep for Store {
    fn instance(&self) -> &Arc<str> {
        self.instance.name()
    }

    fn now(&self) -> Instant {
        self.now()
    }

    fn ready(&self) -> Result<(), Broken> {
        self.takes_changes()?;
        self.near()
    }

    fn module<'a>(&'a self, component: &'a Digest, engine: &'a str) -> Pending<'a, Result<Option<Digest>, Broken>> {
        let doing = "looking for a compiled component";
        Box::pin(async move {
            let found: Option<String> = self.read(doing, |connection| {
                let query = "SELECT digest FROM modules WHERE component = ?1 AND engine = ?2";
                connection.prepare_cached(query)?.query_row([component.hex().as_str(), engine], |row| row.get(0)).optional()
            })?;
            found.map(|hex| Digest::parse_hex(&hex)).transpose().map_err(|e| Broken::while_doing(doing, e))
        })
    }

    fn keep_module<'a>(
        &'a self,
        component: &'a Digest,
        engine: &'a str,
        compiled: &'a Digest,
    ) -> Pending<'a, Result<(), Broken>> {
        let row = [component.hex(), engine.to_owned(), compiled.hex()];
        let written = self.write(move |tx| {
            let statement =
                "INSERT INTO modules VALUES (?1, ?2, ?3) ON CONFLICT (component, engine) DO UPDATE SET digest = excluded.digest";
            tx.connection.execute(statement, row).map(drop).map_err(|e| failed("remembering a compiled component", e))
        });
        Box::pin(async move { written.await.map_err(Broken::from) })
    }
}
