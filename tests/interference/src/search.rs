//! The search: a trace is played twice, with one secret changed, and whoever is not cleared for it must see the same.

use std::collections::BTreeSet;
use std::fmt;

use errand::steps::blank;
use tollgate::name::PersonName;

use crate::stage::{Failed, Stage};
use crate::trace::{Trace, Turn};
use crate::view::{Course, cleared};

/// Two places of one kind, for the two runs of a trace.
pub struct Pair<S> {
    /// One for each.
    pub stages: [S; 2],
}

/// Somebody saw what he is not cleared for.
#[derive(Debug, Clone)]
pub struct Violation {
    /// How.
    pub trace: Trace,
    /// After which turn, from 1.
    pub turn: usize,
    /// Who.
    pub person: PersonName,
    /// What he saw in one run alone.
    pub saw: [Vec<String>; 2],
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.saw;
        write!(f, "{}after turn {} {} sees {one:?} in one run, {other:?} in the other", self.trace, self.turn, self.person)
    }
}

/// How far the two runs of a trace were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// To the end; whether the secret made any difference to anybody.
    Whole {
        /// It did, to people who are cleared.
        differed: bool,
    },
    /// Until that something was done could be noticed: the declared bit.
    UntilNoticed,
    /// Until a tool closed a lease in one run alone.
    UntilClosed,
    /// Not at all: everybody is cleared.
    NobodyUncleared,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Traces that were played.
    pub traces: u64,
    /// Those in which the secret made a difference, to people who are cleared, and that were compared to the end.
    pub differed: u64,
    /// Those that were compared until a declared bit was used.
    pub noticed: u64,
    /// Those that were compared until a lease was closed in one run alone.
    pub closed: u64,
    /// Those in which everybody is cleared.
    pub vacuous: u64,
    /// Calls, in both runs.
    pub calls: u64,
    /// Posts, files and leases that tools wrote, in both runs.
    pub written: u64,
    /// Somebody saw what he is not cleared for; each made as small as it gets.
    pub violations: Vec<Violation>,
}

impl Found {
    /// Takes what was found elsewhere.
    pub fn add(&mut self, other: Self) {
        self.traces += other.traces;
        self.differed += other.differed;
        self.noticed += other.noticed;
        self.closed += other.closed;
        self.vacuous += other.vacuous;
        self.calls += other.calls;
        self.written += other.written;
        self.violations.extend(other.violations);
    }
}

impl<S: Stage> Pair<S> {
    /// Plays traces, and keeps count; ends at so many violations.
    ///
    /// # Errors
    /// When one cannot be played.
    pub fn search(&mut self, traces: impl Iterator<Item = Trace>, most: usize) -> Result<Found, Failed> {
        let mut found = Found::default();
        for trace in traces {
            found.traces += 1;
            match self.play(&trace, &mut found).map_err(|why| format!("{why}\n{trace}"))? {
                Ok(Compared::Whole { differed }) => found.differed += u64::from(differed),
                Ok(Compared::UntilNoticed) => found.noticed += 1,
                Ok(Compared::UntilClosed) => found.closed += 1,
                Ok(Compared::NobodyUncleared) => found.vacuous += 1,
                Err(violation) => {
                    found.violations.push(self.smaller(*violation)?);
                    if found.violations.len() >= most {
                        break;
                    }
                }
            }
        }
        Ok(found)
    }

    /// Plays a trace in both runs, and compares after each turn.
    ///
    /// # Errors
    /// When it cannot be played.
    pub fn play(&mut self, trace: &Trace, found: &mut Found) -> Result<Result<Compared, Box<Violation>>, Failed> {
        let everybody: BTreeSet<PersonName> = (0..trace.scene.people).map(crate::scene::person).collect();
        let mut courses = Vec::new();
        for (run, stage) in self.stages.iter_mut().enumerate() {
            stage.set(&trace.scene, &trace.files(run), &trace.posts(run))?;
            courses.push(Course::of(stage.things()?));
        }
        let under = trace.secret.under();
        let mut may_know = cleared(&courses[0].things.directory, &under);
        let mut memories = [vec![blank(); trace.sessions.len()], vec![blank(); trace.sessions.len()]];
        let mut scene = trace.scene.clone();
        for (at, turn) in trace.turns.iter().enumerate() {
            if may_know == everybody {
                return Ok(Ok(Compared::NobodyUncleared));
            }
            if let Turn::Edit(edit) = turn {
                scene.change(edit);
            }
            for (run, stage) in self.stages.iter_mut().enumerate() {
                match turn {
                    Turn::Edit(_) => stage.edit(&scene)?,
                    Turn::Call(session, tool, steps) => {
                        found.calls += 1;
                        let memory = &mut memories[run][*session];
                        *memory = stage.call(&trace.sessions[*session], *tool, steps, memory.clone())?;
                    }
                }
                courses[run].goes_on(at + 1, matches!(turn, Turn::Edit(_)), stage.things()?);
            }
            let [one, other] = courses.as_slice() else { return Err("there are two runs".to_owned()) };
            may_know.extend(cleared(&one.things.directory, &under));
            if one.closed != other.closed {
                return Ok(Ok(Compared::UntilClosed));
            }
            if !one.is_as(other) {
                // Whoever is let in by hand where something was put or opened in one run alone notices that.
                let by_hand = matches!(turn, Turn::Edit(_));
                if by_hand && (one.readers() != other.readers() || !one.noticed().eq(other.noticed())) {
                    return Ok(Ok(Compared::UntilNoticed));
                }
                let told: BTreeSet<PersonName> = one.told().into_iter().chain(other.told()).collect();
                for person in everybody.iter().filter(|person| !may_know.contains(*person) && !told.contains(*person)) {
                    let (here, there) = (one.seen_by(person), other.seen_by(person));
                    if here != there {
                        let alone = |these: &[String], those: &[String]| {
                            these.iter().filter(|it| !those.contains(it)).cloned().collect::<Vec<_>>()
                        };
                        let saw = [alone(&here, &there), alone(&there, &here)];
                        let (trace, person) = (trace.clone(), person.clone());
                        return Ok(Err(Box::new(Violation { trace, turn: at + 1, person, saw })));
                    }
                }
            }
            if !one.noticed().eq(other.noticed()) {
                return Ok(Ok(Compared::UntilNoticed));
            }
        }
        found.written += courses.iter().map(Course::written).sum::<u64>();
        Ok(Ok(Compared::Whole { differed: !courses[0].is_as(&courses[1]) }))
    }

    /// Leaves out turns and steps as long as somebody still sees what he should not.
    fn smaller(&mut self, mut violation: Violation) -> Result<Violation, Failed> {
        violation.trace.turns.truncate(violation.turn);
        loop {
            let before = violation.trace.clone();
            for turn in (0..violation.trace.turns.len()).rev() {
                let mut less = violation.trace.clone();
                less.turns.remove(turn);
                if let Err(still) = self.play(&less, &mut Found::default())? {
                    violation = *still;
                    continue;
                }
                let Turn::Call(_, _, steps) = &violation.trace.turns[turn] else { continue };
                for step in (0..steps.len()).rev() {
                    let mut less = violation.trace.clone();
                    if let Turn::Call(_, _, steps) = &mut less.turns[turn] {
                        steps.remove(step);
                    }
                    if let Err(still) = self.play(&less, &mut Found::default())? {
                        violation = *still;
                    }
                    if turn >= violation.trace.turns.len() {
                        break;
                    }
                }
            }
            if violation.trace == before {
                return Ok(violation);
            }
        }
    }
}
