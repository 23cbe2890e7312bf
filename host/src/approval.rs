//! Approvals: a person's yes or no to one act, given with that person's own credential.
//!
//! Pure parts are the card and what makes its text safe to look at; the desk (a terminal) and the credentials (a store)
//! stand behind two small traits. An approval lives as long as its invocation; it is bound, by [`Act::digest`], to the
//! act's bytes, its audience, the component, the manifest's meaning, the initiator and the agent.

mod card;
mod glass;
mod named;
mod passphrase;
mod question;
mod rule;
mod visible;

pub use card::{Act, BadCard, Card, Meanwhile, differences};
pub use glass::{Breaking, Closed, Closing, GLASS, Review, Statement};
pub use named::named;
pub use passphrase::{Passphrase, matches, protect};
pub use question::{Answered, Current, Earlier, Manners, NewQuestion, Question, Reply, Spends, State, Use};
pub use rule::Rules;
pub use visible::{Shown, is_hidden, looks_like, one_line, scripts, show, show_name};

use std::collections::BTreeSet;
use std::pin::Pin;

use crate::diagnostic::Broken;
use crate::name::PersonName;
use crate::refusal::{Code, Refusal};

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What came back from the desk.
#[derive(Debug)]
pub enum Answer {
    /// There is nobody to ask here.
    NobodyHere,
    /// The person said no, or went away.
    No,
    /// A yes with the passphrase that came with it.
    Yes(Passphrase),
}

/// Where people are asked.
pub trait Desk: Send + Sync {
    /// Shows the card to `person` and waits for the answer. `again` counts the wrong passphrases so far.
    fn ask(&self, person: &PersonName, card: &Card, again: u32) -> Pending<'_, Answer>;

    /// Whether anybody can be asked at all.
    fn is_open(&self) -> bool;
}

/// Where credentials are kept.
pub trait Credentials: Send + Sync {
    /// The person's passphrase in the PHC string format, as [`protect`] made it; none where none was set.
    fn passphrase_of(&self, person: &PersonName) -> Pending<'_, Result<Option<String>, Broken>>;

    /// Those of `people` who have one, and so can say yes.
    fn able(&self, people: &BTreeSet<PersonName>) -> Pending<'_, Result<BTreeSet<PersonName>, Broken>>;
}

/// A desk with nobody behind it.
#[derive(Debug)]
pub struct Unattended;

impl Desk for Unattended {
    fn ask(&self, _person: &PersonName, _card: &Card, _again: u32) -> Pending<'_, Answer> {
        Box::pin(async { Answer::NobodyHere })
    }

    fn is_open(&self) -> bool {
        false
    }
}

/// Wrong passphrases that are borne before the question is taken back.
pub const ATTEMPTS: u32 = 3;

/// How a question ended.
#[derive(Debug)]
pub enum Verdict {
    /// The person agreed, after this many wrong passphrases.
    Agreed(u32),
    /// Nobody agreed, after this many wrong passphrases.
    Refused(Refusal, u32),
}

/// Asks `person`, whose protected passphrase is `kept`, until there is an answer that counts.
pub async fn hear(desk: &dyn Desk, person: &PersonName, kept: &str, card: &Card) -> Verdict {
    for wrong in 0..ATTEMPTS {
        match desk.ask(person, card, wrong).await {
            Answer::NobodyHere => return Verdict::Refused(nobody_here(person), wrong),
            Answer::No => {
                let refusal = Refusal::new(Code::Declined, format!("{person} was asked and said no"));
                return Verdict::Refused(refusal.unless("do something else; the same act would need the same yes"), wrong);
            }
            Answer::Yes(passphrase) => {
                if matches(kept, &passphrase) {
                    return Verdict::Agreed(wrong);
                }
            }
        }
    }
    let refusal = Refusal::new(Code::NobodyHere, format!("nobody here answered with {person}'s passphrase"));
    Verdict::Refused(refusal, ATTEMPTS)
}

fn nobody_here(person: &PersonName) -> Refusal {
    Refusal::new(Code::NobodyHere, format!("{person} must agree to this and cannot be asked here"))
        .unless(format!("have {person} run the call at a terminal"))
}
