//! One workspace with a forum in another process, told step by step: what tests need that is no workload.

use serde_json::Value;

use crate::Failed;
use crate::elsewhere::{Running, Terms, beside, posts};
use crate::fault::Fault;
use crate::run::{Ran, environment, seen, take};
use crate::stage::{PASSPHRASE, Room, Stage};
use crate::workload::Step;

/// A workspace and its forum.
pub struct Scene<'s> {
    stage: &'s Stage,
    /// The workspace.
    pub room: Room,
    terms: Terms,
    forum: Option<Running>,
}

impl<'s> Scene<'s> {
    /// A fresh workspace, and a forum that listens.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn set(stage: &'s Stage, terms: Terms) -> Result<Self, Failed> {
        let mut scene = Self { room: stage.room()?, stage, terms, forum: None };
        scene.opens()?;
        Ok(scene)
    }

    /// Starts the forum.
    ///
    /// # Errors
    /// When it does not start.
    pub fn opens(&mut self) -> Result<(), Failed> {
        self.forum = Some(Running::start(&self.stage.program, &self.room.folder, &self.terms, None)?);
        Ok(())
    }

    /// Kills the forum.
    pub fn closes(&mut self) {
        self.forum = None;
    }

    /// Runs a step that is killed before or after it sends its last request.
    ///
    /// # Errors
    /// When it cannot be run, or is not killed.
    pub fn killed_at_its_last_send(&self, step: &Step, fault: fn(u64) -> Fault) -> Result<(), Failed> {
        // The same in a copy of it tells where that is.
        let twin = Self { room: self.room.copy()?, stage: self.stage, terms: self.terms, forum: None };
        let _forum = Running::start(&self.stage.program, &twin.room.folder, &self.terms, None)?;
        take(self.stage, &twin.room, step, &environment(&twin.room, Fault::Count)?)?;
        let last = seen(&twin.room)?.into_iter().rfind(|edge| edge.does == "send").ok_or("it sends nothing")?;
        let ran = take(self.stage, &self.room, step, &environment(&self.room, fault(last.number))?)?;
        if ran.code.is_none() { Ok(()) } else { Err(format!("it was not killed: {ran:?}").into()) }
    }

    /// Runs a step.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn takes(&self, step: &Step) -> Result<Ran, Failed> {
        take(self.stage, &self.room, step, &[])
    }

    /// Runs a command to which ben says his passphrase.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn signed(&self, arguments: &[&str]) -> Result<Ran, Failed> {
        self.takes(&Step::plain(arguments).typing(&[("passphrase", PASSPHRASE)]))
    }

    /// What is in doubt once the program has found out what it can: each with what a person can do.
    ///
    /// # Errors
    /// When the command fails.
    pub fn doubts(&self) -> Result<Vec<Value>, Failed> {
        let ran = self.takes(&Step::plain(&["doubts"]))?;
        let report = ran.report().filter(|_| ran.code == Some(0)).ok_or_else(|| format!("{ran:?}"))?;
        Ok(report["doubts"].as_array().cloned().unwrap_or_default())
    }

    /// What the forum has taken, whether it runs or not.
    ///
    /// # Errors
    /// When its file is not what a forum writes.
    pub fn posts(&self) -> Result<Vec<Value>, Failed> {
        posts(&beside(&self.room.folder))
    }

    /// What was found out later of what had been in doubt: the clear parts of the entries that say so.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn settled(&self) -> Result<Vec<Value>, Failed> {
        let store = self.room.store()?;
        let mut query = store
            .prepare("SELECT json_extract(entry, '$.body') FROM journal WHERE json_extract(entry, '$.kind') = 'settled'")?;
        let bodies = query.query_map([], |row| row.get::<_, String>(0))?;
        bodies.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
    }
}
