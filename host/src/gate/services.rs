//! What stands behind the gate: the traits through which it asks the world, people and the clock, without knowing a database.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::action::Action;
use crate::approval::{Act, Answered, Credentials, Desk, Earlier, Manners, Question, Reply, State};
use crate::clock::Instant;
use crate::diagnostic::Broken;
use crate::freeze::Subject;
use crate::journal::{Chapter, Journal, Pending, Unrecorded};
use crate::label::{Label, SessionId};
use crate::name::{FilePath, InvocationId, ObjectName, PersonName};
use crate::people::{About, Audience, Directory, Rights};
use crate::quota::Charge;
use crate::refusal::Refusal;
use crate::vet::Vetting;

/// Where the gate learns who may do what.
pub trait World: Send + Sync {
    /// The newest version of the world, for `initiator`, at the time of the store.
    fn rights(&self, initiator: &PersonName) -> Pending<'_, Result<Rights, Broken>>;

    /// Whether quotas have one more use free each: a look before anybody is asked; it is spent with the intent.
    fn quota_left(&self, charges: &[Charge]) -> Result<Result<(), Refusal>, Broken>;

    /// What a session holds; nothing in a world that keeps no labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn held(&self, _session: &SessionId) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What a file carries that tools wrote; nothing in a world that keeps no labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn carried(&self, _path: &FilePath) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What lies under an object carries: files and lines of its access list that tools wrote. Nothing in a world that keeps no
    /// labels.
    ///
    /// # Errors
    /// When the world cannot be read.
    fn lies_under(&self, _object: &ObjectName, _directory: &Directory) -> Result<Label, Broken> {
        Ok(Label::default())
    }

    /// What a session was told, as it is on record: by `own`, the invocation that asks, and where `earlier` says so by others
    /// before it. The newest first, up to `most` bytes; nothing in a world that keeps no record of it.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn told(&self, _session: &SessionId, _own: InvocationId, _earlier: bool, _most: usize) -> Result<Told, Broken> {
        Ok(Told::default())
    }

    /// Whether somebody has stopped `subject`: asked for every running guest at each of its epochs. `found` holds the
    /// version of the world in which it was last found that nobody had; while that stands, the answer costs two loads.
    ///
    /// Where the world cannot be read the guest runs on: whatever it asks for is refused by the gate, which says so.
    fn stopped(&self, subject: &Subject, found: &AtomicU64) -> Option<Refusal>;
}

/// Whether those who gain what a change opens may know what lies there.
///
/// # Errors
/// When the world cannot be read; within, `clear.too-wide`.
pub fn opens(world: &dyn World, action: &dyn Action, rights: &Rights) -> Result<Result<(), Refusal>, Broken> {
    let Some(Audience::Gains(object, principal, right)) = action.lease().map(|_| action.audience()) else {
        return Ok(Ok(()));
    };
    let there = world.lies_under(&object, rights.directory())?;
    Ok(Audience::Gains(object, principal, right).opens(&there, &rights.standing, rights.now))
}

/// What a session was told.
#[derive(Debug, Default)]
pub struct Told {
    /// Each answer.
    pub answers: Vec<Answer>,
    /// Whether there was more than was asked for.
    pub more: bool,
}

/// What an observation was answered, as it is on record.
#[derive(Debug)]
pub struct Answer {
    /// What was asked for, in canonical form.
    pub asked: Vec<u8>,
    /// What it was told.
    pub told: Vec<u8>,
    /// What that came from beside what was asked for.
    pub from: Label,
}

/// Questions to people, as they are kept.
pub trait Questions: Send + Sync {
    /// A question.
    fn question(&self, id: u64) -> Pending<'_, Result<Option<Question>, Broken>>;

    /// The cards of the last act of this kind that was done, and of the last one that was refused or taken back.
    fn before<'a>(&'a self, act: &'a Act, about: Option<&'a About>) -> Pending<'a, Result<Earlier, Broken>>;

    /// Hears an answer, and puts it on record as the last entry of `chapter`, which is told what came of it.
    fn answer(&self, reply: Reply, chapter: Chapter) -> Pending<'_, Result<Answered, Unrecorded>>;

    /// Ends a live question without an answer, on record.
    fn end(&self, id: u64, state: State, why: String) -> Pending<'_, Result<(), Unrecorded>>;

    /// A number that is another one after every answer of any process.
    fn answers(&self) -> u64;
}

/// Whose time it is: the sandbox counts the tool's, the backend's and a person's apart.
pub trait Timing: Send + Sync {
    /// A host call begins or ends.
    fn host_call(&self, inside: bool);
    /// Within one, waiting for a person begins or ends.
    fn person(&self, waiting: bool);
    /// The tool's clock goes on from here.
    fn clock(&self, now: Instant);
}

/// What stands behind the gate.
#[derive(Clone)]
pub struct Services {
    /// People, forums, objects.
    pub world: Arc<dyn World>,
    /// The record.
    pub journal: Arc<dyn Journal>,
    /// Where people are asked.
    pub desk: Arc<dyn Desk>,
    /// What they answer with.
    pub credentials: Arc<dyn Credentials>,
    /// What they were asked.
    pub questions: Arc<dyn Questions>,
    /// How they are asked.
    pub manners: Manners,
    /// What is looked for in what goes out.
    pub vetting: Arc<Vetting>,
    /// Where effects run: neither the guest nor its caller can cancel what is there.
    pub effects: tokio::runtime::Handle,
}
