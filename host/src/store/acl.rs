//! Access lists in the store. Same database: a change and its outcome are one transaction, which raises the stamp.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Store;
use super::tx::failed;
use crate::capability::acl::{Acls, Ending, Lease};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Pending, Unrecorded};

impl Acls for Store {
    fn widen(&self, lease: Lease, mut settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        Box::pin(self.write(move |tx| {
            // Judged before the entry is there: it would take away from what it gains.
            if let Some(premise) = settle.terms.premise.take() {
                tx.judge(&premise)?;
            }
            let (invocation, seq) = (lease.key.0.to_string(), lease.key.1);
            let statement = "INSERT INTO acl_entries (object, principal, right_, ends, tool, initiator, invocation, seq) \
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let values = params![
                lease.object.as_str(),
                lease.principal.to_string(),
                lease.right.as_str(),
                lease.ends.0.cast_signed(),
                lease.tool.as_str(),
                lease.initiator.as_str(),
                invocation,
                seq
            ];
            tx.connection.execute(statement, values).map_err(|e| failed("widening access", e))?;
            let id = tx.connection.last_insert_rowid().cast_unsigned();
            tx.raise()?;
            settle.tell(|outcome| outcome.number("lease", id).number("ends", lease.ends.0));
            tx.append(settle)?;
            Ok(id)
        }))
    }

    fn is_open(&self, ending: Ending) -> Pending<'_, Result<bool, Broken>> {
        Box::pin(async move {
            let now = self.now();
            self.read("looking for a lease", |connection| is_open(connection, &ending, now))
        })
    }

    fn end(&self, ending: Ending, settle: Chapter) -> Pending<'_, Result<(), Unrecorded>> {
        Box::pin(self.write(move |tx| {
            let statement = "UPDATE acl_entries SET ends = ?5 \
                             WHERE id = ?1 AND object = ?2 AND tool = ?3 AND initiator = ?4 AND ends > ?5";
            let values = params![
                ending.lease.cast_signed(),
                ending.object.as_str(),
                ending.tool.as_str(),
                ending.initiator.as_str(),
                tx.now.0.cast_signed()
            ];
            tx.connection.execute(statement, values).map_err(|e| failed("ending a lease", e))?;
            tx.raise()?;
            tx.append(settle).map(drop)
        }))
    }
}

fn is_open(connection: &Connection, ending: &Ending, now: Instant) -> rusqlite::Result<bool> {
    let statement = "SELECT 1 FROM acl_entries WHERE id = ?1 AND object = ?2 AND tool = ?3 AND initiator = ?4 AND ends > ?5";
    let values = params![
        ending.lease.cast_signed(),
        ending.object.as_str(),
        ending.tool.as_str(),
        ending.initiator.as_str(),
        now.0.cast_signed()
    ];
    connection.query_row(statement, values, |_| Ok(())).optional().map(|found| found.is_some())
}
