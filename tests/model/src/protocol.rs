//! The protocol as the checker sees it, and the rules in it that can be switched off.

use stateright::{Model, Property};

use crate::answer::Around;
use crate::host::{STEPS, Step};
use crate::invariant;
use crate::state::{Class, INVOCATIONS, PROCESSES, State};

/// A rule that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    /// A yes is not looked at for having been used.
    SpendsWhatIsUsed,
    /// The effect does not wait for the recording transaction.
    ActsBeforeTheIntent,
    /// The recording transaction does not ask whether those who said yes may still answer.
    RecordsWithoutApprovers,
    /// The manifest is not compared with the one that the yes is bound to.
    RecordsForAnotherManifest,
    /// The recording transaction does not look at the time.
    RecordsWhatExpired,
    /// The premise is judged with the intent, and not again with the effect.
    SpendsOnAnOldPremise,
    /// Freezes are read with the intent only.
    SpendsInAFreeze,
    /// The effect asks whether a freeze is on, not whether there was one since the intent.
    SpendsAfterAThaw,
    /// A freeze makes no yes void.
    KeepsAYesThroughAFreeze,
    /// Recovery does not look whether the lock is free.
    SettlesTheLiving,
    /// Recovery ends an invocation and leaves its intent as it is.
    EndsWithoutSettling,
    /// A claim does not look whether there is one.
    ClaimsWhatIsClaimed,
    /// The row of a result goes before the caller has it.
    ForgetsBeforeHanding,
    /// Recovery keeps no result.
    RecoversNoResult,
    /// The quota is judged with the call, and not in the recording transaction.
    QuotaOnlyJudged,
    /// An answer does not look at the state of its row.
    AnswersWhatIsSettled,
}

/// How many calls there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    One,
    /// Two that join one question.
    Equal,
    /// Two with a question each.
    Different,
}

/// What may change meanwhile; processes are killed and started, people answer and callers cancel in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Audience,
    Membership,
    Manifest,
    Freeze,
    Clock,
}

/// What is checked.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) class: Class,
    pub(crate) calls: Calls,
    pub(crate) changes: &'static [Change],
    pub(crate) bug: Option<Bug>,
}

/// One step of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// By this process, with this invocation.
    Host(usize, usize, Step),
    Around(Around),
    Kill(usize),
    Start(usize),
}

impl Protocol {
    /// How many invocations there will be.
    pub(crate) fn calls(&self) -> usize {
        if self.calls == Calls::One { 1 } else { INVOCATIONS }
    }

    /// How many intents the quota allows: one for two different calls, elsewhere more than there are.
    pub(crate) fn quota(&self) -> u8 {
        if self.calls == Calls::Different { 1 } else { 2 }
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.is_over(self.calls()) {
            return;
        }
        for process in 0..PROCESSES {
            actions.push(if state.up[process] { Action::Kill(process) } else { Action::Start(process) });
            for number in 0..self.calls() {
                actions.extend(STEPS.iter().map(|step| Action::Host(process, number, *step)));
            }
        }
        actions.extend(self.around(state).into_iter().map(Action::Around));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        match action {
            Action::Host(process, number, step) => self.steps(*state, (process, number), step),
            Action::Around(step) => self.happens(*state, step),
            Action::Kill(process) => Some(Self::kill(*state, process)),
            Action::Start(process) => {
                let mut next = *state;
                next.up[process] = true;
                Some(next)
            }
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        invariant::properties(self)
    }
}
