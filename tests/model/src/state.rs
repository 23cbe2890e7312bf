//! What the store holds, what the processes hold, and what the world is; fields that only invariants read are said to be so.

/// Processes with the store open, at most.
pub(crate) const PROCESSES: usize = 2;
/// Calls of tools.
pub(crate) const INVOCATIONS: usize = 2;
/// Rows that `approvals` has room for.
pub(crate) const QUESTIONS: usize = 2;
/// People of whom both must say yes.
pub(crate) const PEOPLE: usize = 2;

/// Where the effect takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// In the store's own database.
    SameDatabase,
    /// In another system, which nobody can ask afterwards.
    Outside,
}

/// The column `approvals.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stand {
    Open,
    Agreed,
    Declined,
    Void,
    Used,
    Expired,
    Cancelled,
}

/// A row of `approvals`, with its card and its rows of `answers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) stand: Stand,
    /// Which act it is about: invocations of one act join one question.
    pub(crate) act: usize,
    /// Whether the card names the wide audience.
    pub(crate) wide: bool,
    /// The manifest's digest that it is bound to.
    pub(crate) manifest: u8,
    /// It counts before this.
    pub(crate) expires: u8,
    /// For each person who said yes, how many freezes there had been.
    pub(crate) yes: [Option<u8>; PEOPLE],
    /// The process that asked.
    pub(crate) asker: usize,
    /// For invariants: it was no longer open or agreed once.
    pub(crate) was_settled: bool,
    /// For invariants: it was agreed to while the process that asked was gone.
    pub(crate) orphaned: bool,
}

/// Which instance an invocation belongs to: `open_invocations.instance`, or `waits.instance` of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Instance {
    Nobody,
    Alive(usize),
    /// Its lock is free.
    Gone,
}

/// The row in `waits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wait {
    /// It was never set down.
    Never,
    Waiting,
    /// It has ended, and the result is kept.
    Kept,
    /// The row is gone: the result was handed over.
    Forgotten,
}

/// The entry `intent`, with the question that it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Intent {
    pub(crate) question: usize,
    /// How many freezes there had been.
    pub(crate) freezes: u8,
    /// For invariants: at that moment the question was agreed, current and equal, by people who might answer.
    pub(crate) sound: bool,
}

/// The body of the entry `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Done,
    NotDone,
    InDoubt,
}

/// What the caller was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Nothing,
    /// That it waits, with its id.
    Waiting,
    Result,
}

/// For invariants: what happened in the world, and what held at the last moment at which it could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Effect {
    pub(crate) times: u8,
    pub(crate) question: usize,
    /// Its audience was larger than on the card.
    pub(crate) too_wide: bool,
    /// In a freeze, or on a yes that is older than a freeze.
    pub(crate) frozen: bool,
    /// No intent was on record.
    pub(crate) unrecorded: bool,
    /// It was done by another process than the one that asked, which had been gone when people agreed.
    pub(crate) elsewhere: bool,
}

/// An invocation as the store has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Invocation {
    pub(crate) began: bool,
    pub(crate) instance: Instance,
    pub(crate) question: Option<usize>,
    pub(crate) wait: Wait,
    pub(crate) intent: Option<Intent>,
    pub(crate) outcome: Option<Outcome>,
    /// How many entries `outcome` there are.
    pub(crate) outcomes: u8,
    pub(crate) ended: bool,
    pub(crate) told: Told,
    pub(crate) effect: Effect,
}

/// What a process holds of an invocation in its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Held {
    Nothing,
    Began,
    /// The question is on record; a short hold before it is set down.
    Asked,
    TakenUp,
    Agreed,
    Permit,
    /// Outside: the premise was judged for the last time.
    Looked,
    /// Outside: the effect has happened.
    Acted,
    /// The outcome is on record.
    Settled,
    /// The result is on its way to the caller.
    Handing,
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) up: [bool; PROCESSES],
    pub(crate) held: [[Held; INVOCATIONS]; PROCESSES],
    pub(crate) invocations: [Invocation; INVOCATIONS],
    pub(crate) questions: [Option<Question>; QUESTIONS],
    /// What was spent of the quota.
    pub(crate) spent: u8,
    pub(crate) frozen: bool,
    /// How many freezes there were.
    pub(crate) freezes: u8,
    pub(crate) wide: bool,
    /// Whether the first person is in the group that may answer; the second always is.
    pub(crate) member: bool,
    pub(crate) manifest: u8,
    pub(crate) now: u8,
}

impl State {
    /// Two processes that have just started, and nothing else.
    pub(crate) fn first() -> Self {
        let invocation = Invocation {
            began: false,
            instance: Instance::Nobody,
            question: None,
            wait: Wait::Never,
            intent: None,
            outcome: None,
            outcomes: 0,
            ended: false,
            told: Told::Nothing,
            effect: Effect::default(),
        };
        Self {
            up: [true; PROCESSES],
            held: [[Held::Nothing; INVOCATIONS]; PROCESSES],
            invocations: [invocation; INVOCATIONS],
            questions: [None; QUESTIONS],
            spent: 0,
            frozen: false,
            freezes: 0,
            wide: false,
            member: true,
            manifest: 0,
            now: 0,
        }
    }

    /// Whether the person may answer now.
    pub(crate) fn may_answer(&self, person: usize) -> bool {
        person != 0 || self.member
    }

    /// Whether every rule is met, by people who may answer now.
    pub(crate) fn is_met(&self, question: &Question) -> bool {
        question.yes.iter().enumerate().all(|(person, yes)| yes.is_some() && self.may_answer(person))
    }

    /// Whether more people would see it than the card names.
    pub(crate) fn exceeds(&self, question: &Question) -> bool {
        self.wide && !question.wide
    }

    /// Whether a yes to it is older than a freeze.
    pub(crate) fn is_outlived(&self, question: &Question) -> bool {
        question.yes.iter().flatten().any(|freezes| *freezes < self.freezes)
    }

    /// The question of this invocation.
    pub(crate) fn question_of(&self, invocation: usize) -> Option<Question> {
        self.invocations[invocation].question.and_then(|number| self.questions[number])
    }

    /// Moves a question to another state, and remembers for the invariants that it was settled.
    pub(crate) fn settle(&mut self, number: usize, stand: Stand) {
        if let Some(question) = &mut self.questions[number] {
            question.stand = stand;
            question.was_settled |= !matches!(stand, Stand::Open | Stand::Agreed);
        }
    }

    /// Whether nothing more can happen that an invariant would see.
    pub(crate) fn is_over(&self, calls: usize) -> bool {
        let idle = self.held.iter().flatten().all(|held| *held == Held::Nothing);
        idle && self.invocations[..calls].iter().all(|invocation| invocation.ended && invocation.wait != Wait::Kept)
    }
}
