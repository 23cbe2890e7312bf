//! The word `agree`: whoever must say yes is asked, here or wherever he is, and what waits too long is set down.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::action::Action;
use super::book::Book;
use super::session::{Session, Who};
use super::tape::diverged;
use super::unrecorded::unrecorded;
use super::vetting;
use crate::approval::{
    self, Act, Answered, Card, Current, Earlier, NewQuestion, Question, Reply, Rules, State, Use, Verdict, differences,
};
use crate::diagnostic::{Broken, Halt};
use crate::grant::Consent;
use crate::journal::{Body, Draft, Kind, NewWait, Terms, Unrecorded, With};
use crate::meter::{Charge, Used};
use crate::name::{Digest, PersonName};
use crate::people::{Premise, Rights};
use crate::refusal::{Code, Refusal};
use crate::vet::Findings;

/// How often it is looked whether somebody has answered; a look is one load of an atomic.
const LOOK: Duration = Duration::from_millis(1);

/// Entries of one invocation beyond which it is not set down: taking it up again would take too long.
const MOST_ENTRIES: u32 = 20_000;

/// So many things that were read are named where nobody can agree.
const NAMED: usize = 3;

/// One act for which somebody must agree.
pub(super) struct Asking<'a> {
    pub(super) action: &'a dyn Action,
    pub(super) consent: &'a Consent,
    pub(super) charge: Charge,
    pub(super) premise: &'a mut Premise,
    pub(super) rights: &'a Rights,
    pub(super) session: &'a Session,
    /// What was found in what it would send.
    pub(super) findings: &'a Findings,
}

impl Asking<'_> {
    /// Asks, waits a while, and sets the invocation down if nobody has answered by then.
    pub(super) async fn ask(mut self, book: &mut Book) -> Result<Use, Halt> {
        let act = act(self.action, self.premise, &self.session.who);
        let question = match book.resumed.take() {
            Some(question) => self.still(question, &act).await?,
            None => self.put(act, book).await?,
        };
        book.asked = Some(question);
        self.in_person(question, book).await?;
        let hold = self.session.services.manners.hold.to_std();
        let answered = {
            self.session.timing.person(true);
            let _waiting = Waiting(self.session);
            tokio::time::timeout(hold, self.answered(question)).await
        };
        match answered {
            Ok(question) => Ok(self.judge(question?)?),
            Err(_) => Err(self.set_down(question, book).await),
        }
    }

    /// Puts a new question, or joins the one that is open for the same act. What was observed is on record before.
    async fn put(&self, act: Act, book: &mut Book) -> Result<u64, Halt> {
        let (services, who) = (&self.session.services, &self.session.who);
        let about = self.action.about();
        let (consent, initiator) = (self.consent.clone(), who.initiator.clone());
        let (audience, label) = (self.premise.audience.clone(), self.premise.label.brief());
        let rules = Rules { consent, initiator, about, audience, label };
        self.somebody_can(&rules).await?;
        let before = services.questions.before(&act, rules.about.as_ref()).await.map_err(|broken| unreadable(&broken))?;
        let digest = act.digest();
        let card = self.card(act.clone(), before, book);
        let spent = book.meters.spent(self.charge);
        let body = json!({
            "act": digest.hex(), "audience": act.audience.len(), "call": who.call.hex(), "declared": used(&spent.declared),
            "function": self.action.function(), "granted": used(&spent.granted), "of": self.consent.to_string(),
        });
        let draft = Draft::new(Kind::Asked, body).with("card", card.json().to_string());
        let new = NewQuestion { act, rules, manners: services.manners.clone(), asker: who.invocation };
        let terms = Terms { with: Some(With::Ask(Box::new(new))), ..Terms::default() };
        let written = book.record.commit(&services.journal, Some(draft), terms).await.map_err(unasked)?;
        match written.asked {
            Some(question) => Ok(question),
            None => Err(Refusal::new(Code::Unrecorded, "the question could not be put on record").into()),
        }
    }

    fn card(&self, act: Act, (used, ended): Earlier, book: &Book) -> Card {
        let directory = self.rights.directory();
        let gains = self.premise.audience.gains(directory, &act.audience);
        let new = used.map(|card| act.audience.difference(&card.act.audience).cloned().collect::<BTreeSet<PersonName>>());
        let expires = self.rights.now.after(self.session.services.manners.expires);
        let mut card = Card {
            does: self.action.does(),
            payload: self.action.payload().map(str::to_owned),
            findings: vetting::lines(self.findings, self.rights),
            uncleared: self.uncleared(),
            read: book.label.sources().map(|source| source.what.to_string()).collect(),
            rules: self.consent.rules().iter().map(ToString::to_string).collect(),
            new,
            gains,
            ..Card::about(act, self.rights.now, expires)
        };
        card.changed = ended.map(|before| differences(&before, &card)).unwrap_or_default();
        card
    }

    /// Those to whom a yes would release what was read.
    fn uncleared(&self) -> BTreeSet<PersonName> {
        let Premise { label, audience, released, .. } = &*self.premise;
        if *released { self.rights.directory().uncleared(label, audience, self.rights.now) } else { BTreeSet::new() }
    }

    /// Refuses at once what nobody could ever agree to: who has no passphrase cannot say yes.
    async fn somebody_can(&self, rules: &Rules) -> Result<(), Refusal> {
        let directory = self.rights.directory();
        let may = rules.may_answer(directory, self.rights.now);
        let able = self.session.services.credentials.able(&may).await.map_err(|broken| unreadable(&broken))?;
        if rules.met(&able, directory, self.rights.now) {
            return Ok(());
        }
        let consent = self.consent.to_string();
        let why = match may.iter().find(|person| !able.contains(*person)) {
            Some(person) if may.len() == 1 => {
                Refusal::new(Code::NobodyCan, format!("{person} has no passphrase, so nobody can agree to this"))
                    .unless(format!("`tollgate passphrase {person}` sets one"))
            }
            _ => {
                let read: Vec<&str> = rules.label.sources().map(|source| &*source.what).take(NAMED).collect();
                let cleared =
                    if read.is_empty() { String::new() } else { format!(" and is cleared for {}", read.join(", ")) };
                Refusal::new(Code::NobodyCan, format!("nobody who may read this{cleared} can agree to it ({consent} must)"))
                    .unless("have one of them set a passphrase, or ask an operator for another rule")
            }
        };
        Err(why)
    }

    /// The question that this call was set down with, if it is still about this act.
    async fn still(&mut self, id: u64, act: &Act) -> Result<u64, Halt> {
        let question = self.question(id).await?;
        let Some(card) = &question.card else {
            return Err(self.void(&question, "its card was erased".to_owned()).await);
        };
        if card.act.function != act.function || card.act.canonical != act.canonical {
            return Err(diverged("it asks for another act than the one that waits").into());
        }
        let then = card.act.parts();
        let changed = then.iter().zip(act.parts()).find(|(then, now)| then.0 != AUDIENCE && then.1 != now.1);
        if let Some(((name, _), _)) = changed {
            return Err(self.void(&question, format!("{name} has changed")).await);
        }
        let joined: Vec<String> = act.audience.difference(&card.act.audience).map(ToString::to_string).collect();
        if !joined.is_empty() {
            return Err(self.void(&question, format!("the audience has grown: {}", joined.join(", "))).await);
        }
        self.premise.shown.clone_from(&card.act.audience);
        Ok(id)
    }

    async fn void(&self, question: &Question, why: String) -> Halt {
        if question.state.is_live()
            && let Err(failed) = self.session.services.questions.end(question.id, State::Void, why.clone()).await
        {
            return unrecorded(failed).into();
        }
        changed(&why).into()
    }

    async fn question(&self, id: u64) -> Result<Question, Refusal> {
        let found = self.session.services.questions.question(id).await.map_err(|broken| unreadable(&broken))?;
        found.ok_or_else(|| Refusal::new(Code::Unavailable, "the question is gone").unless("ask again"))
    }

    /// Shows the card to the initiator, where he is at this desk and his answer counts.
    async fn in_person(&self, id: u64, book: &mut Book) -> Result<(), Halt> {
        let (services, who) = (&self.session.services, &self.session.who);
        let question = self.question(id).await?;
        let person = &who.initiator;
        let counts = question.rules.asked(&question.agreed, self.rights.directory(), self.rights.now).contains(person);
        let (State::Open, true, Some(card)) = (question.state, counts && services.desk.is_open(), &question.card) else {
            return Ok(());
        };
        let kept = services.credentials.passphrase_of(person).await.map_err(|broken| unreadable(&broken))?;
        let Some(kept) = kept.filter(|_| !question.agreed.contains(person)) else { return Ok(()) };
        self.session.timing.person(true);
        let _waiting = Waiting(self.session);
        let verdict = approval::hear(&*services.desk, person, &kept, card).await;
        let (yes, wrong, refusal) = match verdict {
            Verdict::Agreed(wrong) => (true, wrong, None),
            Verdict::Refused(refusal, wrong) => (false, wrong, Some(refusal)),
        };
        let answer = refusal.as_ref().map_or_else(|| "yes".to_owned(), |refusal| refusal.code.to_string());
        let body =
            Body::of(5).text("answer", answer).text("function", self.action.function()).text("of", person.to_string());
        let draft = Draft::new(Kind::Answered, body.number("question", id).number("wrong-passphrases", wrong.into()));
        match refusal {
            Some(refusal) if refusal.code != Code::Declined => {
                book.record.note(draft);
                let gone = services.questions.end(id, State::Cancelled, "nobody here answered".to_owned()).await;
                gone.map_err(unrecorded)?;
                Err(refusal.into())
            }
            refused => self
                .answer(Reply { question: id, person: person.clone(), yes, now: self.current() }, draft, book)
                .await
                .and_then(|()| refused.map_or(Ok(()), |refusal| Err(refusal.into()))),
        }
    }

    fn current(&self) -> Current {
        let who = &self.session.who;
        Current { component: Some(who.component), manifest: Some(who.manifest), rules: who.rules }
    }

    /// Puts an answer that was given here on record, as the next entry of this invocation.
    async fn answer(&self, reply: Reply, draft: Draft, book: &mut Book) -> Result<(), Halt> {
        book.record.settle().await;
        let chapter = book.record.chapter(Some(draft), Terms::default());
        let drafts = chapter.drafts.clone();
        match self.session.services.questions.answer(reply, chapter).await {
            Ok(answered) => {
                book.record.committed(&drafts);
                match answered {
                    Answered::Counted(_) | Answered::Ended(State::Declined, _) => Ok(()),
                    Answered::Ended(_, why) | Answered::Turned(why) => Err(changed(&why).into()),
                }
            }
            Err(failed) => {
                book.record.lost(drafts, 1);
                Err(unrecorded(failed).into())
            }
        }
    }

    /// Waits until the question is no longer open.
    async fn answered(&self, id: u64) -> Result<Question, Refusal> {
        let questions = &self.session.services.questions;
        let mut seen = None;
        loop {
            let answers = questions.answers();
            if seen != Some(answers) {
                seen = Some(answers);
                let question = self.question(id).await?;
                if question.state != State::Open || question.expires <= self.rights.now {
                    return Ok(question);
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn judge(&self, question: Question) -> Result<Use, Refusal> {
        let id = question.id;
        let why = question.why.unwrap_or_default();
        let refuse = |code, why: String| Err(Refusal::new(code, why).unless("ask again"));
        match question.state {
            _ if question.state.is_live() && question.expires <= self.rights.now => {
                refuse(Code::Expired, format!("nobody answered question {id} in time"))
            }
            State::Agreed => {
                let stamp = self.stamp(&question.rules, &question.agreed);
                Ok(Use { question: id, act: question.act, stamp, glass: question.review.is_some() })
            }
            State::Declined => Err(Refusal::new(Code::Declined, format!("{why} to question {id}"))
                .unless("do something else; the same act would need the same yes")),
            State::Used => refuse(Code::Used, format!("question {id} was worth one act, and that was done")),
            State::Expired => refuse(Code::Expired, format!("nobody answered question {id} in time")),
            State::Open | State::Void | State::Cancelled => Err(changed(&why)),
        }
    }

    /// The version in which those who agreed may agree; if they may not in this one, the transaction finds that out.
    fn stamp(&self, rules: &Rules, agreed: &BTreeSet<PersonName>) -> Option<u64> {
        let directory = self.rights.directory();
        rules.met(agreed, directory, self.rights.now).then_some(directory.stamp)
    }

    /// Gives the invocation's memory back and leaves a row.
    async fn set_down(&self, question: u64, book: &mut Book) -> Halt {
        if book.record.len() > MOST_ENTRIES {
            let why = format!("nobody has answered yet, and after {MOST_ENTRIES} entries an invocation is not set down");
            return Refusal::new(Code::NobodyHere, why).unless("ask earlier, or do less in one call").into();
        }
        let wait = NewWait { call: self.session.who.call, question };
        let mark = book.raises(|| self.session.who.holds());
        let terms = Terms { premise: None, with: Some(With::SetDown(wait)), mark };
        let draft = Draft::new(Kind::SetDown, Body::of(1).number("question", question));
        match book.record.commit(&self.session.services.journal, Some(draft), terms).await {
            Ok(_) => {
                book.set_down = Some(question);
                Halt::SetDown
            }
            Err(failed) => unrecorded(failed).into(),
        }
    }
}

/// What a yes to an action is bound to.
pub(super) fn act(action: &dyn Action, premise: &Premise, who: &Who) -> Act {
    Act {
        function: action.function().to_owned(),
        canonical: action.canonical(),
        audience: premise.shown.clone(),
        tool: who.tool.clone(),
        component: who.component,
        manifest: who.manifest,
        rules: who.rules,
        initiator: who.initiator.clone(),
        actors: who.actors.clone(),
        session: who.session.clone(),
        found: action.found(),
        releases: premise.released.then(|| Digest::of(premise.label.text().as_bytes())),
    }
}

/// What was used of each grant, as an entry holds it.
fn used(spent: &[(String, u32, Used)]) -> Vec<Value> {
    spent.iter().map(|(name, index, used)| json!([name, index, used.calls, used.bytes])).collect()
}

/// The part of an act that may shrink.
const AUDIENCE: &str = "the audience";

fn changed(why: &str) -> Refusal {
    let message = match why {
        "" => "what was agreed to has to be asked again".to_owned(),
        why => format!("what was asked is not what would happen now: {why}"),
    };
    Refusal::new(Code::Changed, message).unless("ask again; the new question shows what is different")
}

/// What a guest is told when its question could not be put on record. One that is there after all stands: the next start lets
/// its invocation wait, and a yes performs the act.
fn unasked(failed: Unrecorded) -> Refusal {
    match failed {
        Unrecorded::Refused(_) | Unrecorded::Broken(_) => unrecorded(failed),
        Unrecorded::Unknown(broken) => {
            tracing::error!(doing = broken.doing, cause = broken.cause, "whether it was asked is not known");
            Refusal::new(Code::InDoubt, "whether this was asked is not known")
                .unless("look with `tollgate approvals list`, or call again with the same arguments")
        }
    }
}

fn unreadable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "questions could not be read");
    Refusal::new(Code::Unavailable, "the host cannot ask anybody now").unless("try again when the host is well")
}

/// Ends the wait for a person, also when the guest is dropped meanwhile.
struct Waiting<'a>(&'a Session);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.timing.person(false);
    }
}
