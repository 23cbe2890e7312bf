//! The gate's decision alone: cover, fund and clear of one `files.read`, with 1, 100 and 1,000 patterns in the grant and
//! the initiator's groups at hand, beside asking the same patterns one after the other.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tollgate::capability::files::{READ, Read};
use tollgate::clock;
use tollgate::gate::Asked;
use tollgate::grant::{Allowed, Consent, Flow, Grant, Grants, Pattern, Patterns};
use tollgate::label::Label;
use tollgate::meter::Meters;
use tollgate::name::{FilePath, GroupName, ObjectName, PersonName, Principal};
use tollgate::people::{Ceiling, Directory, Entry, Object, Right, Rights, Standing};
use tollgate::unit::Bytes;
use tollgate_benches::Failed;
use tollgate_benches::table::Table;

use super::Effort;

/// Half literal, half with a star; the path asked for is reached by the last one alone.
fn patterns(count: usize) -> Result<Vec<Pattern>, Failed> {
    let text = |number: usize| match number % 2 {
        _ if number + 1 == count => "area-*/runbooks/**".replace("area", "team-z"),
        0 => format!("area-{number}/runbooks/**"),
        _ => format!("team-{number}-*/docs/*.md"),
    };
    (0..count).map(|number| Pattern::parse(&text(number)).map_err(|e| e.to_string().into())).collect()
}

/// A directory in which ben reads the object through a group in a group, among a thousand groups.
fn rights() -> Result<Rights, Failed> {
    let mut directory = Directory::default();
    let ben = PersonName::parse("ben").map_err(|e| e.to_string())?;
    directory.people.insert(ben.clone(), "Ben".to_owned());
    let group = |number: usize| GroupName::parse(&format!("group-{number}")).map_err(|e| e.to_string());
    directory.groups.insert(group(0)?, BTreeSet::from([Principal::Person(ben.clone())]));
    for number in 1..1_000 {
        directory.groups.insert(group(number)?, BTreeSet::from([Principal::Group(group(number / 8)?)]));
    }
    let owner = PersonName::parse("ann").map_err(|e| e.to_string())?;
    let entry = Entry { principal: Principal::Group(group(900)?), right: Right::Read, ends: None, lease: None };
    let ceiling = Ceiling { cleared: BTreeSet::from([entry.principal.clone()]), declared: false };
    let folders = BTreeSet::from([FilePath::parse("team-z-1").map_err(|e| e.to_string())?]);
    let name = ObjectName::parse("team-z").map_err(|e| e.to_string())?;
    directory.objects.insert(name, Object { owner, folders, entries: vec![entry], ceiling });
    Ok(Rights { standing: Arc::new(Standing::of(Arc::new(directory), ben)), now: clock::Instant(1) })
}

/// The table.
pub fn tables(effort: Effort) -> Result<Vec<Table>, Failed> {
    let head = ["patterns", "one after the other", "cover + fund + clear", "ratio"];
    let mut table = Table::new("A decision of the gate", &head);
    let (rights, label) = (rights()?, Label::default());
    let path = "team-z-1/runbooks/deploy.md";
    for (count, most) in [(1, None), (100, Some(1.0)), (1_000, Some(2.0))] {
        let list = patterns(count)?;
        let reach = vec![Patterns::new(list.clone())];
        let (calls, bytes) = (u64::MAX, Some(Bytes(u64::MAX)));
        let grant = Grant {
            spec: READ,
            index: 0,
            reach,
            calls,
            bytes,
            consent: Consent::none(),
            flow: Flow::Refuse,
            refuse: Vec::new(),
            lease: None,
            line: 1,
        };
        let allowed = Arc::new(Allowed { granted: Grants(vec![grant]), declared: None });
        let mut meters = Meters::new(&allowed);
        let action = Arc::new(Read::parse(path.to_owned(), 0, 1024));
        let base = timed(effort, || list.iter().any(|one| one.matches(black_box(path))));
        let ours = timed(effort, || {
            let asked = Asked::new(black_box(&action).clone());
            let covered = asked.cover(&allowed, &rights).and_then(|it| it.fund(&mut meters));
            covered.and_then(|it| it.clear(&label)).is_ok()
        });
        let (Some(base), Some(ours)) = (base, ours) else { return Err("a decision was a no".into()) };
        let show = |time: Duration| format!("{:.0} ns", time.as_secs_f64() * 1e9);
        let ratio = ours.as_secs_f64() / base.as_secs_f64();
        table.row(&[&count.to_string(), &show(base), &show(ours), &format!("{ratio:.2}")]);
        if let Some(most) = most {
            table.target(&format!("µs with {count} patterns"), ours.as_secs_f64() * 1e6, most);
        }
    }
    Ok(vec![table])
}

/// The median of many batches; none if one answer was no.
fn timed(effort: Effort, mut decide: impl FnMut() -> bool) -> Option<Duration> {
    const BATCH: u32 = 200;
    let (until, mut batches) = (Instant::now() + effort.span, Vec::new());
    while Instant::now() < until {
        let begun = Instant::now();
        for _ in 0..BATCH {
            if !black_box(decide()) {
                return None;
            }
        }
        batches.push(begun.elapsed() / BATCH);
    }
    batches.sort_unstable();
    batches.get(batches.len() / 2).copied()
}
