//! Quotas: what a person, an agent or a tool may use over time. Pure: a store keeps what was spent.
//!
//! The window slides: one more use is free if fewer than `count` lie within the `period` before it. No day begins anew at
//! midnight, so nobody can use a quota twice around one. Time is the store's, which never goes back.

use std::fmt;

use crate::clock::Instant;
use crate::name::{AgentName, PersonName, ToolName};
use crate::refusal::{Code, Refusal};
use crate::unit::{BadUnit, Duration};

/// The largest count of a rate.
pub const MOST: u64 = 1_000_000;

/// The longest period of a rate: what is older need not be remembered.
pub const LONGEST: Duration = Duration(90 * DAY);

const DAY: u64 = 86_400_000;

/// One of each period, several of it, and its length in milliseconds.
const PERIODS: [(&str, &str, u64); 5] = [
    ("week", "weeks", 7 * DAY),
    ("day", "days", DAY),
    ("hour", "hours", 3_600_000),
    ("minute", "minutes", 60_000),
    ("second", "seconds", 1_000),
];

/// So many within so long, written `20 per day`, `3 per 2 hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many: 1 to [`MOST`].
    pub count: u64,
    /// Within how long: whole seconds, at most [`LONGEST`].
    pub period: Duration,
}

impl Rate {
    /// Parses `N per PERIOD` or `N per M PERIODS`.
    ///
    /// # Errors
    /// When the text is something else, or beyond what a rate can be.
    pub fn parse(text: &str) -> Result<Self, BadUnit> {
        let words: Vec<&str> = text.split(' ').collect();
        match rate(&words).map_err(|why| bad(text, &why))? {
            (rate, []) => Ok(rate),
            (_, _) => Err(bad(text, "goes on after its period")),
        }
    }

    /// What a question to a person costs: one for the tool, the agent and the initiator that bring it about, each counted
    /// over everything that they do.
    #[must_use]
    pub fn asks(&self, tool: &ToolName, agent: &AgentName, initiator: &PersonName) -> [Charge; 3] {
        [Per::Tool, Per::Agent, Per::Initiator].map(|per| {
            let whose = per.of(tool, agent, initiator);
            Charge {
                key: format!("asks {per} {whose}"),
                count: self.count,
                period: self.period,
                says: format!("{self} per {per}"),
                what: format!("questions to people through {per} {whose}"),
                raise: "`asks` in [consent] of tollgate.toml".to_owned(),
            }
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, period: Duration(period) } = self;
        match PERIODS.iter().find(|(_, _, length)| period.is_multiple_of(*length)) {
            Some((one, _, length)) if period == length => write!(f, "{count} per {one}"),
            Some((_, several, length)) => write!(f, "{count} per {} {several}", period / length),
            None => write!(f, "{count} per {}", Duration(*period)),
        }
    }
}

/// The rate that words begin with, and the words after it; or what is wrong with it.
fn rate<'r, 'w>(words: &'r [&'w str]) -> Result<(Rate, &'r [&'w str]), String> {
    let (count, rest) = match words {
        [count, "per", rest @ ..] if !rest.is_empty() => (*count, rest),
        _ => return Err("does not say how many per what time".to_owned()),
    };
    let count = whole(count).filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or_else(|| format!("does not begin with a whole number from 1 to {MOST}"))?;
    let (length, rest) = match rest {
        [many, period, rest @ ..] if many.starts_with(|c: char| c.is_ascii_digit()) => {
            let length = length(|(one, several)| [one, several].contains(period))?;
            (whole(many).and_then(|many| many.checked_mul(length)), rest)
        }
        [period, rest @ ..] => (Some(length(|(one, _)| one == *period)?), rest),
        [] => (None, rest),
    };
    let period = length.map(Duration).filter(|period| (Duration(1)..=LONGEST).contains(period));
    let period = period.ok_or_else(|| format!("has a period that is not between 1 second and {LONGEST}"))?;
    Ok((Rate { count, period }, rest))
}

/// The length of the period that is called so.
fn length(called: impl Fn((&str, &str)) -> bool) -> Result<u64, String> {
    let found = PERIODS.iter().find(|(one, several, _)| called((one, several)));
    found.map(|(_, _, length)| *length).ok_or_else(|| "has no period of second, minute, hour, day, week".to_owned())
}

/// Digits and nothing else.
fn whole(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn bad(text: &str, why: &str) -> BadUnit {
    BadUnit(format!("`{}` {why}", text.escape_debug()))
}

/// Whose uses are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// Those on behalf of one person.
    Initiator,
    /// Those through one agent: the one that calls, not those on whose behalf it does.
    Agent,
    /// All of the tool.
    Tool,
}

impl Per {
    const ALL: [Self; 3] = [Self::Initiator, Self::Agent, Self::Tool];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Agent => "agent",
            Self::Tool => "tool",
        }
    }

    /// The one among these whose uses are counted.
    fn of<'n>(self, tool: &'n ToolName, agent: &'n AgentName, initiator: &'n PersonName) -> &'n str {
        match self {
            Self::Initiator => initiator.as_str(),
            Self::Agent => agent.as_str(),
            Self::Tool => tool.as_str(),
        }
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One quota of a checked manifest, written `20 per day per initiator`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The grants it is about, by the name of their spec: `forum.post`. Their functions are counted together.
    pub name: &'static str,
    /// How many within how long.
    pub rate: Rate,
    /// Whose are counted together.
    pub per: Per,
    /// The line of the manifest on which it stands, from 1.
    pub line: usize,
}

impl Quota {
    /// Parses a rate and whose it is: `per initiator`, `per agent` or `per tool`, which is what is meant where nothing is said.
    ///
    /// # Errors
    /// When the text is something else, or beyond what a rate can be.
    pub fn parse(name: &'static str, line: usize, text: &str) -> Result<Self, BadUnit> {
        let bad = |why: &str| bad(text, why);
        let words: Vec<&str> = text.split(' ').collect();
        let (rate, rest) = rate(&words).map_err(|why| bad(&why))?;
        let per = match rest {
            [] => Some(Per::Tool),
            ["per", whose] => Per::ALL.into_iter().find(|per| per.as_str() == *whose),
            _ => None,
        };
        let per = per.ok_or_else(|| bad("does not end with `per initiator`, `per agent` or `per tool`"))?;
        Ok(Self { name, rate, per, line })
    }

    /// What one act costs.
    #[must_use]
    pub fn charge(&self, tool: &ToolName, agent: &AgentName, initiator: &PersonName) -> Charge {
        let Self { name, rate, per, .. } = self;
        let whose = per.of(tool, agent, initiator);
        Charge {
            key: format!("act {tool} {name} {per} {whose}"),
            count: rate.count,
            period: rate.period,
            says: self.to_string(),
            what: format!("{name} for {per} {whose}"),
            raise: format!("\"{name}\" in [quota] of the tool's manifest, line {}", self.line),
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.rate, self.per)
    }
}

/// What one act under a grant of `name` costs.
#[must_use]
pub fn charges(quotas: &[Quota], name: &str, tool: &ToolName, agent: &AgentName, initiator: &PersonName) -> Vec<Charge> {
    quotas.iter().filter(|quota| quota.name == name).map(|quota| quota.charge(tool, agent, initiator)).collect()
}

/// One use, to be charged to one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The counter: no two that are counted apart have the same. Names hold no space. It does not hold the rate, so that a
    /// manifest that is edited forgets nothing that was spent.
    pub key: String,
    /// How many uses the counter allows …
    pub count: u64,
    /// … within how long.
    pub period: Duration,
    /// The rate, as it may be written: `20 per day per initiator`.
    pub says: String,
    /// What is used, and whose use it is.
    pub what: String,
    /// What an operator would raise.
    pub raise: String,
}

impl Charge {
    /// When one more use is free, if that is not now. `bounding` is when the `count`-th last use was, none if there were
    /// fewer: the uses since then and this one are one more than the rate allows.
    fn free(&self, bounding: Option<Instant>, now: Instant) -> Option<Instant> {
        bounding.map(|at| at.after(self.period)).filter(|free| *free > now)
    }
}

/// Judges one more use of each counter, each with the time of its `count`-th last use, if there were so many.
///
/// # Errors
/// `fund.quota-spent`, about the counter that is free last.
pub fn judge<'c>(counters: impl IntoIterator<Item = (&'c Charge, Option<Instant>)>, now: Instant) -> Result<(), Refusal> {
    let spent = counters.into_iter().filter_map(|(charge, bounding)| Some((charge.free(bounding, now)?, charge)));
    match spent.max_by_key(|(free, _)| *free) {
        None => Ok(()),
        Some((free, Charge { says, what, raise, .. })) => Err(Refusal::new(
            Code::QuotaSpent,
            format!("the quota of {what} is spent: {says}, and the next is free at {free}"),
        )
        .unless(format!("wait until then; an operator can raise {raise}"))
        .until(free)),
    }
}
