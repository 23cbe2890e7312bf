//! Access lists in the store. Same database: a change and its outcome are one transaction, which raises the stamp.

use rusqlite::params;

use super::approvals::directory;
use super::board::CARRIED;
use super::tx::failed;
use super::{Store, Tx, labels, leases};
use crate::capability::acl::{Acls, Ending, Lease};
use crate::diagnostic::Broken;
use crate::journal::{Chapter, Pending, Unrecorded};
use crate::label::Label;
use crate::people::{Premise, Standing};

impl Acls for Store {
    fn widen(&self, lease: Lease, mut settle: Chapter) -> Pending<'_, Result<u64, Unrecorded>> {
        Box::pin(self.write(move |tx| {
            // Judged before the entry is there: it would take away from what it gains.
            if let Some(premise) = settle.terms.premise.take() {
                tx.judge(&premise)?;
                lies_there(tx, &premise, &lease)?;
            }
            let id = open(tx, &lease).map_err(|e| failed("widening access", e))?;
            tx.raise()?;
            settle.tell(|outcome| outcome.number("lease", id).number("ends", lease.ends.0));
            tx.append(settle)?;
            leases::tell(tx, id)?;
            Ok(id)
        }))
    }

    fn carried(&self, leases: Vec<u64>) -> Pending<'_, Result<Vec<Label>, Broken>> {
        let query = "SELECT label FROM leases JOIN carried USING (invocation, seq) WHERE id = ?1";
        Box::pin(async move { self.each_carries(query, &leases) })
    }

    fn is_open(&self, ending: Ending) -> Pending<'_, Result<bool, Broken>> {
        Box::pin(async move {
            let now = self.now();
            let lease = self.read("looking for a lease", |connection| leases::find(connection, ending.lease))?;
            Ok(lease.is_some_and(|lease| leases::is_of(&lease, &ending, now)))
        })
    }

    fn end(&self, ending: Ending, settle: Chapter) -> Pending<'_, Result<(), Unrecorded>> {
        Box::pin(self.write(move |tx| {
            let lease = leases::find(tx.connection, ending.lease).map_err(|e| failed("looking for a lease", e))?;
            if let Some(lease) = lease.filter(|lease| leases::is_of(lease, &ending, tx.now)) {
                leases::close(tx, &lease, &leases::Cause::Tool)?;
            }
            tx.append(settle).map(drop)
        }))
    }
}

/// What lies under the object may have been written since it was judged who may know that.
fn lies_there(tx: &Tx<'_>, premise: &Premise, lease: &Lease) -> Result<(), Unrecorded> {
    if !tx.board().has_labels(CARRIED) {
        return Ok(());
    }
    let directory = directory(tx)?;
    let there = labels::of_object(tx.connection, &lease.object, &directory);
    let there = there.map_err(|e| failed("looking at what lies under an object", e))?;
    let standing = Standing::of(directory, premise.initiator.clone());
    premise.audience.opens(&there, &standing, tx.now).map_err(Unrecorded::Refused)
}

/// Writes the lease, and the entry that is there for it.
fn open(tx: &Tx<'_>, lease: &Lease) -> rusqlite::Result<u64> {
    let (invocation, seq) = (lease.key.0.to_string(), lease.key.1);
    let (object, principal, right) = (lease.object.as_str(), lease.principal.to_string(), lease.right.as_str());
    let (ends, tool, initiator) = (lease.ends.0.cast_signed(), lease.tool.as_str(), lease.initiator.as_str());
    let statement = "INSERT INTO leases (object, principal, right_, began, ends, tool, initiator, invocation, seq) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let began = tx.now.0.cast_signed();
    let values = params![object, principal, right, began, ends, tool, initiator, invocation, seq];
    tx.connection.execute(statement, values)?;
    let id = tx.connection.last_insert_rowid();
    let statement = "INSERT INTO acl_entries (object, principal, right_, ends, tool, initiator, invocation, seq, lease) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![object, principal, right, ends, tool, initiator, invocation, seq, id];
    tx.connection.execute(statement, values)?;
    Ok(id.cast_unsigned())
}
