//! What people and the world do: answers, freezes, changes; each is one transaction of some process.

use crate::protocol::{Bug, Change, Protocol};
use crate::state::{Instance, PEOPLE, Stand, State, Told, Wait};

/// A step that no invocation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Around {
    /// Of this question, by this person.
    Answer {
        question: usize,
        person: usize,
        yes: bool,
    },
    /// The time of this question has passed.
    Expire(usize),
    /// Somebody takes a waiting invocation back.
    Cancel(usize),
    Freeze,
    Thaw,
    /// The audience grows, or shrinks again.
    Audience,
    /// The first person leaves the group that may answer, or joins it again.
    Membership,
    /// The manifest means something else now.
    Manifest,
    Tick,
}

impl Protocol {
    /// What may happen now.
    pub(crate) fn around(&self, state: &State) -> Vec<Around> {
        let mut steps = Vec::new();
        for change in self.changes {
            steps.extend(match change {
                Change::Audience => Some(Around::Audience),
                Change::Membership => Some(Around::Membership),
                Change::Manifest => (state.manifest == 0).then_some(Around::Manifest),
                Change::Freeze if state.frozen => Some(Around::Thaw),
                Change::Freeze => (state.freezes == 0).then_some(Around::Freeze),
                Change::Clock => (state.now == 0).then_some(Around::Tick),
            });
        }
        for (number, question) in state.questions.iter().enumerate() {
            let Some(question) = question else { continue };
            for person in 0..PEOPLE {
                steps.extend([true, false].map(|yes| Around::Answer { question: number, person, yes }));
            }
            let live = matches!(question.stand, Stand::Open | Stand::Agreed);
            steps.extend((live && state.now >= question.expires).then_some(Around::Expire(number)));
        }
        let waiting = |number: &usize| state.invocations[*number].wait == Wait::Waiting;
        steps.extend((0..state.invocations.len()).filter(waiting).map(Around::Cancel));
        steps
    }

    /// What comes of it; none where it is refused.
    pub(crate) fn happens(&self, mut state: State, step: Around) -> Option<State> {
        match step {
            Around::Answer { question, person, yes } => return self.answer(state, question, (person, yes)),
            Around::Expire(question) => state.settle(question, Stand::Expired),
            Around::Cancel(invocation) => return cancel(state, invocation),
            Around::Freeze => self.freeze(&mut state),
            Around::Thaw => state.frozen = false,
            Around::Audience => state.wide = !state.wide,
            Around::Membership => state.member = !state.member,
            Around::Manifest => state.manifest += 1,
            Around::Tick => state.now += 1,
        }
        Some(state)
    }

    /// One transaction: the state of the row, its time, freezes, whether this person may answer now.
    fn answer(&self, mut state: State, number: usize, (person, yes): (usize, bool)) -> Option<State> {
        let mut question = state.questions[number]?;
        let open = question.stand == Stand::Open || self.has(Bug::AnswersWhatIsSettled);
        if !open || state.now >= question.expires || state.frozen || !state.may_answer(person) {
            return None;
        }
        if question.yes[person].is_some() {
            return None;
        }
        if !yes {
            state.settle(number, Stand::Declined);
            return Some(state);
        }
        question.yes[person] = Some(state.freezes);
        if state.is_met(&question) {
            question.stand = Stand::Agreed;
            question.orphaned = !state.up[question.asker];
        }
        state.questions[number] = Some(question);
        Some(state)
    }

    /// One transaction: the row of `freezes`; what was agreed is void, and who had said yes is asked again.
    fn freeze(&self, state: &mut State) {
        state.frozen = true;
        state.freezes += 1;
        if self.has(Bug::KeepsAYesThroughAFreeze) {
            return;
        }
        for number in 0..state.questions.len() {
            match &mut state.questions[number] {
                Some(question) if question.stand == Stand::Open => question.yes = [None; PEOPLE],
                Some(question) if question.stand == Stand::Agreed => state.settle(number, Stand::Void),
                _ => {}
            }
        }
    }
}

/// One transaction: only what nobody has taken up; its question goes with it if nobody else waits for it.
fn cancel(mut state: State, number: usize) -> Option<State> {
    let question = state.invocations[number].question?;
    if state.invocations[number].instance != Instance::Nobody {
        return None;
    }
    let invocation = &mut state.invocations[number];
    invocation.ended = true;
    invocation.wait = Wait::Forgotten;
    invocation.told = Told::Result;
    let shared = state.invocations.iter().any(|other| other.question == Some(question) && !other.ended);
    let live = state.questions[question].is_some_and(|row| matches!(row.stand, Stand::Open | Stand::Agreed));
    if live && !shared {
        state.settle(question, Stand::Cancelled);
    }
    Some(state)
}
