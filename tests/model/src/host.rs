//! What a process does with an invocation, from `began` to the result at its caller, and what is done when it is gone.

use crate::protocol::{Bug, Calls, Protocol};
use crate::state::{Class, Held, Instance, Intent, Invocation, Outcome, PEOPLE, Question, Stand, State, Told, Wait};

/// A step of a process with one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Begin,
    Ask,
    SetDown,
    TakeUp,
    Judge,
    Record,
    Spend,
    Look,
    Act,
    Outcome,
    End,
    Hand,
    Forget,
    Recover,
}

/// All of them; each says itself whether it can be taken.
pub(crate) const STEPS: &[Step] = &[
    Step::Begin,
    Step::Ask,
    Step::SetDown,
    Step::TakeUp,
    Step::Judge,
    Step::Record,
    Step::Spend,
    Step::Look,
    Step::Act,
    Step::Outcome,
    Step::End,
    Step::Hand,
    Step::Forget,
    Step::Recover,
];

/// A process at work on an invocation: the state that becomes the next one.
struct At<'p> {
    protocol: &'p Protocol,
    state: State,
    process: usize,
    number: usize,
}

impl Protocol {
    /// What comes of a step; none where it cannot be taken.
    pub(crate) fn steps(&self, state: State, (process, number): (usize, usize), step: Step) -> Option<State> {
        if !state.up[process] {
            return None;
        }
        let mut at = At { protocol: self, state, process, number };
        let held = state.held[process][number];
        let outside = self.class == Class::Outside;
        match (step, held) {
            (Step::Begin, Held::Nothing) => at.begin()?,
            (Step::Ask, Held::Began | Held::TakenUp) => at.ask()?,
            (Step::SetDown, Held::Asked | Held::TakenUp) => at.set_down()?,
            (Step::TakeUp, Held::Nothing) => at.take_up()?,
            (Step::Judge, Held::Asked | Held::TakenUp) => at.judge()?,
            (Step::Record, Held::Agreed) => at.record()?,
            (Step::Spend, Held::Permit) if !outside => at.spend()?,
            (Step::Spend, Held::Agreed) if !outside && self.has(Bug::ActsBeforeTheIntent) => at.spend()?,
            (Step::Look, Held::Permit) if outside => at.look()?,
            (Step::Look, Held::Agreed) if outside && self.has(Bug::ActsBeforeTheIntent) => at.look()?,
            (Step::Act, Held::Looked) => at.act(Held::Acted),
            (Step::Outcome, Held::Acted) => at.outcome(Outcome::Done),
            (Step::End, Held::Settled) => at.end(),
            (Step::Hand, Held::Nothing) => at.hand()?,
            (Step::Forget, Held::Handing) => at.forget(),
            (Step::Recover, Held::Nothing) => at.recover()?,
            _ => return None,
        }
        Some(at.state)
    }

    /// The process is gone, and with it what it held and its lock.
    pub(crate) fn kill(mut state: State, process: usize) -> State {
        state.up[process] = false;
        for (number, invocation) in state.invocations.iter_mut().enumerate() {
            state.held[process][number] = Held::Nothing;
            if invocation.instance == Instance::Alive(process) {
                invocation.instance = Instance::Gone;
            }
        }
        state
    }

    fn act_of(&self, invocation: usize) -> usize {
        if self.calls == Calls::Different { invocation } else { 0 }
    }
}

impl At<'_> {
    fn holds(&mut self, held: Held) {
        self.state.held[self.process][self.number] = held;
    }

    fn own(&mut self) -> &mut Invocation {
        &mut self.state.invocations[self.number]
    }

    /// The first invocation is called at the first process, the second at the second.
    fn begin(&mut self) -> Option<()> {
        if self.process != self.number || self.own().began {
            return None;
        }
        let process = self.process;
        self.own().began = true;
        self.own().instance = Instance::Alive(process);
        self.holds(Held::Began);
        Some(())
    }

    /// `agree`: joins the question of an equal act, or asks one: the entry `asked` and its row, in one transaction.
    fn ask(&mut self) -> Option<()> {
        let taken_up = self.state.question_of(self.number);
        if self.state.held[self.process][self.number] == Held::TakenUp && taken_up?.stand != Stand::Void {
            return None;
        }
        if self.state.frozen {
            if taken_up.is_none() {
                self.refuse();
                return Some(());
            }
            return None;
        }
        let act = self.protocol.act_of(self.number);
        let same = |question: &Question| question.act == act && self.state.now < question.expires;
        let equal = |question: &Question| question.manifest == self.state.manifest && !self.state.exceeds(question);
        let rows = || self.state.questions.iter().enumerate().filter_map(|(number, row)| row.map(|row| (number, row)));
        if rows().any(|(_, row)| same(&row) && row.stand == Stand::Declined) {
            self.refuse();
            return Some(());
        }
        let live = |row: &Question| matches!(row.stand, Stand::Open | Stand::Agreed);
        let joined = rows().find(|(_, row)| same(row) && equal(row) && live(row)).map(|(number, _)| number);
        let number = match joined {
            Some(number) => number,
            None => self.new_question(act)?,
        };
        self.own().question = Some(number);
        self.holds(Held::Asked);
        Some(())
    }

    fn new_question(&mut self, act: usize) -> Option<usize> {
        let number = self.state.questions.iter().position(Option::is_none)?;
        self.state.questions[number] = Some(Question {
            stand: Stand::Open,
            act,
            wide: self.state.wide,
            manifest: self.state.manifest,
            expires: self.state.now + 1,
            yes: [None; PEOPLE],
            asker: self.process,
            was_settled: false,
            orphaned: false,
        });
        Some(number)
    }

    /// The row in `waits`; the process forgets the invocation, and its caller is told the id. What a freeze made void waits on.
    fn set_down(&mut self) -> Option<()> {
        let stays = match self.state.question_of(self.number)?.stand {
            Stand::Open => true,
            Stand::Void => self.state.frozen,
            _ => false,
        };
        if !stays {
            return None;
        }
        let own = self.own();
        own.wait = Wait::Waiting;
        own.instance = Instance::Nobody;
        own.told = Told::Waiting;
        self.holds(Held::Nothing);
        Some(())
    }

    /// The claim: `waits.instance` is set in a transaction, by whoever is first, once the question is no longer open.
    fn take_up(&mut self) -> Option<()> {
        let question = self.state.question_of(self.number)?;
        let settled = question.stand != Stand::Open && !(question.stand == Stand::Void && self.state.frozen);
        let process = self.process;
        let claims_twice = self.protocol.has(Bug::ClaimsWhatIsClaimed);
        let own = self.own();
        let free = own.instance == Instance::Nobody || claims_twice;
        if own.wait != Wait::Waiting || !free || !settled {
            return None;
        }
        own.instance = Instance::Alive(process);
        self.holds(Held::TakenUp);
        Some(())
    }

    /// The waiting call is judged by what holds now.
    fn judge(&mut self) -> Option<()> {
        let question = self.state.question_of(self.number)?;
        match question.stand {
            Stand::Open | Stand::Void => return None,
            Stand::Agreed if self.changed(&question) => {
                self.void();
                self.refuse();
            }
            Stand::Agreed if self.state.spent >= self.protocol.quota() => self.refuse(),
            Stand::Agreed => self.holds(Held::Agreed),
            // `agree.used`, unless the use of it is not looked at.
            Stand::Used if self.protocol.has(Bug::SpendsWhatIsUsed) => self.holds(Held::Agreed),
            Stand::Declined | Stand::Used | Stand::Expired | Stand::Cancelled => self.refuse(),
        }
        Some(())
    }

    /// Whether a part that the yes is bound to is no longer what it was.
    fn changed(&self, question: &Question) -> bool {
        let manifest = question.manifest != self.state.manifest && !self.protocol.has(Bug::RecordsForAnotherManifest);
        manifest || self.state.exceeds(question)
    }

    fn void(&mut self) {
        if let Some(number) = self.own().question {
            self.state.settle(number, Stand::Void);
        }
    }

    /// The recording transaction: premise, freezes, the row's state and time and parts, who answered, the quota; then the
    /// row is used and the entry `intent` is there.
    fn record(&mut self) -> Option<()> {
        let (number, question) = (self.own().question?, self.state.question_of(self.number)?);
        let has = |bug| self.protocol.has(bug);
        let agreed = question.stand == Stand::Agreed;
        let (current, met) = (self.state.now < question.expires, self.state.is_met(&question));
        let equal = question.manifest == self.state.manifest;
        if self.changed(&question) || !(met || has(Bug::RecordsWithoutApprovers)) {
            if agreed {
                self.void();
            }
            self.refuse();
            return Some(());
        }
        let unused = agreed || (question.stand == Stand::Used && has(Bug::SpendsWhatIsUsed));
        let thawed = !self.state.frozen && !self.state.is_outlived(&question);
        let valid = unused && (current || has(Bug::RecordsWhatExpired)) && (thawed || has(Bug::KeepsAYesThroughAFreeze));
        let funded = self.state.spent < self.protocol.quota() || has(Bug::QuotaOnlyJudged);
        if !valid || !funded || (self.state.frozen && !has(Bug::SpendsInAFreeze)) {
            self.refuse();
            return Some(());
        }
        self.state.settle(number, Stand::Used);
        self.state.spent += 1;
        let sound = agreed && current && met && equal;
        let freezes = self.state.freezes;
        self.own().intent = Some(Intent { question: number, freezes, sound });
        self.holds(Held::Permit);
        Some(())
    }

    /// The premise once more: the audience, and that no freeze came since the intent, also none that was thawed again.
    fn stands(&mut self) -> Option<bool> {
        let question = self.state.question_of(self.number)?;
        let since = self.own().intent.map_or(self.state.freezes, |intent| intent.freezes);
        let thawed = !self.state.frozen && since == self.state.freezes;
        let thawed = match self.protocol.bug {
            Some(Bug::SpendsInAFreeze) => true,
            Some(Bug::SpendsAfterAThaw | Bug::KeepsAYesThroughAFreeze) => !self.state.frozen,
            _ => thawed,
        };
        let within = !self.state.exceeds(&question) || self.protocol.has(Bug::SpendsOnAnOldPremise);
        // For invariants: what really holds at this moment.
        let (too_wide, frozen) = (self.state.exceeds(&question), self.state.frozen || self.state.is_outlived(&question));
        if thawed && within {
            let effect = &mut self.own().effect;
            effect.too_wide |= too_wide;
            effect.frozen |= frozen;
        }
        Some(thawed && within)
    }

    /// Same database: effect and outcome are one transaction.
    fn spend(&mut self) -> Option<()> {
        if self.stands()? {
            self.act(Held::Settled);
            self.outcome(Outcome::Done);
        } else {
            self.outcome(Outcome::NotDone);
        }
        Some(())
    }

    /// Outside: the store is read again after the intent is durable, right before the effect.
    fn look(&mut self) -> Option<()> {
        if self.stands()? {
            self.holds(Held::Looked);
        } else {
            self.outcome(Outcome::NotDone);
        }
        Some(())
    }

    /// The effect.
    fn act(&mut self, then: Held) {
        let question = self.state.question_of(self.number);
        let process = self.process;
        let own = self.own();
        own.effect.times += 1;
        own.effect.question = own.question.unwrap_or_default();
        own.effect.unrecorded |= own.intent.is_none();
        own.effect.elsewhere |= question.is_some_and(|question| question.orphaned && question.asker != process);
        self.holds(then);
    }

    fn outcome(&mut self, outcome: Outcome) {
        let own = self.own();
        own.outcome = Some(outcome);
        own.outcomes += 1;
        self.holds(Held::Settled);
    }

    /// The entry `ended`; a caller who waited at the call has the result, one who was told to wait finds it kept.
    fn end(&mut self) {
        let own = self.own();
        own.ended = true;
        own.instance = Instance::Nobody;
        match own.wait {
            Wait::Never => own.told = Told::Result,
            Wait::Waiting => own.wait = Wait::Kept,
            Wait::Kept | Wait::Forgotten => {}
        }
        self.holds(Held::Nothing);
    }

    /// A refusal ends the invocation; the same entry says why.
    fn refuse(&mut self) {
        self.end();
    }

    /// `result ID`: the caller gets what is kept; the row goes afterwards.
    fn hand(&mut self) -> Option<()> {
        let forgets = self.protocol.has(Bug::ForgetsBeforeHanding);
        let own = self.own();
        if own.wait != Wait::Kept {
            return None;
        }
        if forgets {
            own.wait = Wait::Forgotten;
        } else {
            own.told = Told::Result;
        }
        self.holds(Held::Handing);
        Some(())
    }

    fn forget(&mut self) {
        let own = self.own();
        own.wait = Wait::Forgotten;
        own.told = Told::Result;
        self.holds(Held::Nothing);
    }

    /// Settles what a process left whose lock is free. A claim without an intent is given back; an intent without an
    /// outcome did not happen in the same database, and is in doubt outside.
    fn recover(&mut self) -> Option<()> {
        let settles_the_living = self.protocol.has(Bug::SettlesTheLiving);
        let (class, settles) = (self.protocol.class, !self.protocol.has(Bug::EndsWithoutSettling));
        let keeps = !self.protocol.has(Bug::RecoversNoResult);
        let own = self.own();
        let gone = own.instance == Instance::Gone || (settles_the_living && own.instance != Instance::Nobody);
        if !gone {
            return None;
        }
        if own.intent.is_none() && own.outcome.is_none() && own.wait == Wait::Waiting {
            own.instance = Instance::Nobody;
            return Some(());
        }
        if own.intent.is_some() && own.outcome.is_none() && settles {
            own.outcomes += 1;
            own.outcome = Some(match class {
                Class::SameDatabase => Outcome::NotDone,
                Class::Outside => Outcome::InDoubt,
            });
        }
        own.ended = true;
        own.instance = Instance::Nobody;
        if own.wait == Wait::Waiting && keeps {
            own.wait = Wait::Kept;
        }
        Some(())
    }
}
