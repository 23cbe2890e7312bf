//! What a world holds, and the host's sentence in short: covered, paid for, agreed to.

use std::collections::BTreeMap;

use super::{Lease, Posted, Refused, Used};
use crate::acl::Entry;
use crate::forum::Message;
use crate::{Instant, Refusal};

/// The functions that may be refused.
pub const FUNCTIONS: [&str; 9] = [
    "files.list",
    "files.read",
    "files.write",
    "forum.threads",
    "forum.thread",
    "forum.post",
    "acl.entries",
    "acl.widen",
    "acl.end",
];

/// The grants that pay for them.
pub const GRANTS: [&str; 6] = ["files.read", "files.write", "forum.read", "forum.post", "acl.read", "acl.write"];

/// `[limits] refusals` and `host-calls`, as they are where a manifest does not say.
const REFUSALS: usize = 32;
const HOST_CALLS: u64 = 10_000;

/// 2026-01-01, in milliseconds since the Unix epoch.
const BEGINNING: Instant = 1_767_225_600_000;

/// A thread of a forum.
pub struct Thread {
    pub title: String,
    pub posts: Vec<Message>,
}

/// What one grant allows.
pub struct Meter {
    pub grant: &'static str,
    pub calls: u64,
    pub bytes: u64,
}

/// A refusal on demand.
pub struct Rule {
    pub function: &'static str,
    pub about: Option<String>,
    pub stage: String,
    pub reason: String,
    pub once: bool,
}

/// One call as the host judges it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub function: &'static str,
    pub grant: &'static str,
    /// The first argument.
    pub about: &'a str,
    /// What it is about is there; the host looks before it asks anybody.
    pub there: bool,
}

/// How many bytes a call wants set aside.
#[derive(Clone, Copy)]
pub enum Want {
    /// So many that it sends: paid for on asking.
    Sends(u64),
    /// So many that may come, or none at all.
    Exactly(u64),
    /// What is left, up to so many.
    UpTo(u64),
}

/// What a world holds.
pub struct State {
    pub files: BTreeMap<String, Vec<u8>>,
    /// The paths that the tool wrote, in order.
    pub written: Vec<String>,
    pub forums: BTreeMap<String, BTreeMap<u64, Thread>>,
    pub objects: BTreeMap<String, Vec<Entry>>,
    pub meters: Vec<Meter>,
    pub longest_lease: Option<u64>,
    pub rules: Vec<Rule>,
    pub initiator: String,
    pub agent: String,
    pub now: Instant,
    pub used: BTreeMap<&'static str, Used>,
    pub posts: Vec<Posted>,
    pub leases: Vec<Lease>,
    pub refused: Vec<Refused>,
    calls: u64,
    numbers: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
            written: Vec::new(),
            forums: BTreeMap::new(),
            objects: BTreeMap::new(),
            meters: Vec::new(),
            longest_lease: None,
            rules: Vec::new(),
            initiator: "ben".to_owned(),
            agent: "cli".to_owned(),
            now: BEGINNING,
            used: BTreeMap::new(),
            posts: Vec::new(),
            leases: Vec::new(),
            refused: Vec::new(),
            calls: 0,
            numbers: 0,
        }
    }
}

impl State {
    /// A number that nothing else has.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Counts a call of the host.
    ///
    /// # Panics
    /// As a host ends a tool that calls too often.
    pub fn count(&mut self) {
        self.calls += 1;
        assert!(
            self.calls <= HOST_CALLS,
            "a host ends a tool that calls it more than {HOST_CALLS} times ([limits] host-calls)"
        );
    }

    /// Judges one call: what stands in the way before it is paid for, then the meter, then what stands in the way after.
    ///
    /// `covered` is whether a grant reaches it and this initiator may do it himself. `effect` gets the bytes that may move
    /// and returns those that did.
    pub fn pass<T>(
        &mut self,
        call: Call<'_>,
        want: Want,
        covered: Result<(), Refusal>,
        effect: impl FnOnce(&mut Self, u64) -> Result<(T, u64), Refusal>,
    ) -> Result<T, Refusal> {
        self.count();
        let outcome = self.judged(call, want, covered, effect);
        if let Err(refusal) = &outcome {
            let code = format!("{}.{}", refusal.stage, refusal.reason);
            self.refused.push(Refused { function: call.function.to_owned(), code });
            assert!(
                self.refused.len() <= REFUSALS,
                "a host ends a tool that it refuses more than {REFUSALS} times ([limits] refusals)"
            );
        }
        outcome
    }

    fn judged<T>(
        &mut self,
        call: Call<'_>,
        want: Want,
        covered: Result<(), Refusal>,
        effect: impl FnOnce(&mut Self, u64) -> Result<(T, u64), Refusal>,
    ) -> Result<T, Refusal> {
        self.demanded(call, |stage| stage == "cover")?;
        covered?;
        let set_aside = self.charge(call.grant, want)?;
        let there = if call.there { Ok(()) } else { Err(not_yours()) };
        let agreed = there.and_then(|()| self.demanded(call, |stage| stage != "cover"));
        let outcome = agreed.and_then(|()| effect(self, set_aside));
        let moved = match (want, &outcome) {
            (Want::Sends(_), _) => set_aside,
            (Want::Exactly(_) | Want::UpTo(_), Ok((_, came))) => *came,
            (Want::Exactly(_) | Want::UpTo(_), Err(_)) => 0,
        };
        self.used.entry(call.grant).or_default().bytes -= set_aside - moved;
        outcome.map(|(value, _)| value)
    }

    /// The refusal that the test asked for.
    fn demanded(&mut self, call: Call<'_>, stage: impl Fn(&str) -> bool) -> Result<(), Refusal> {
        let applies = |rule: &Rule| {
            rule.function == call.function && stage(&rule.stage) && rule.about.as_deref().is_none_or(|it| it == call.about)
        };
        let Some(place) = self.rules.iter().position(applies) else { return Ok(()) };
        let rule = &self.rules[place];
        let refusal = refusal(&rule.stage, &rule.reason, "the test asked for this refusal", None);
        if rule.once {
            self.rules.remove(place);
        }
        Err(refusal)
    }

    /// Charges one call, on asking, and sets bytes aside.
    fn charge(&mut self, grant: &'static str, want: Want) -> Result<u64, Refusal> {
        let (calls, bytes) = self.allowed(grant);
        let used = self.used.entry(grant).or_default();
        used.calls += 1;
        let left = bytes.saturating_sub(used.bytes);
        let set_aside = match want {
            Want::Sends(wanted) | Want::Exactly(wanted) => (wanted <= left).then_some(wanted),
            Want::UpTo(most) => (left > 0).then_some(most.min(left)),
        };
        match set_aside.filter(|_| used.calls <= calls) {
            Some(set_aside) => {
                used.bytes += set_aside;
                Ok(set_aside)
            }
            None => Err(spent(grant)),
        }
    }

    /// Calls and bytes that a grant allows.
    pub fn allowed(&self, grant: &str) -> (u64, u64) {
        let meter = self.meters.iter().find(|meter| meter.grant == grant);
        meter.map_or((u64::MAX, u64::MAX), |meter| (meter.calls, meter.bytes))
    }
}

/// `name`, if it is one of `all`.
///
/// # Panics
/// When it is none.
pub fn known(name: &str, all: &[&'static str], what: &str) -> &'static str {
    all.iter().find(|it| **it == name).unwrap_or_else(|| panic!("there is no {what} `{name}`; there are {}", all.join(", ")))
}

fn refusal(stage: &str, reason: &str, message: &str, change: Option<String>) -> Refusal {
    Refusal { stage: stage.to_owned(), reason: reason.to_owned(), message: message.to_owned(), change }
}

/// What no grant reaches.
pub fn not_granted(grant: &str) -> Refusal {
    let message = format!("this tool has no {grant} grant that reaches what it asked for");
    let change = format!("an operator can add it to the tool's manifest under [grant] as \"{grant}\"");
    refusal("cover", "not-granted", &message, Some(change))
}

/// What is missing, or is not the initiator's.
pub fn not_yours() -> Refusal {
    let message = "there is no such thing that the initiator may use this way";
    refusal("cover", "not-yours", message, Some("ask somebody who owns it, or name another".to_owned()))
}

/// What the meter does not allow.
pub fn spent(grant: &str) -> Refusal {
    let message = format!("this invocation has used what its {grant} grant allows");
    let change = format!("an operator can raise it in the tool's manifest, under [grant] \"{grant}\"");
    refusal("fund", "meter-spent", &message, Some(change))
}
