//! What has to hold, and where the real host's day is another than the expected one.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints what it found")]

use tollgate_replay::day::{By, Posted, Record, Widening};
use tollgate_replay::figures::Figures;
use tollgate_replay::people::Question;
use tollgate_replay::table::Rows;
use tollgate_replay::tasks::Task;

/// Lines that are passed or not.
#[derive(Debug, Default)]
pub struct Lines(Vec<(String, bool)>);

impl Lines {
    /// A figure that must not be above this.
    pub fn least(&mut self, what: &str, figure: f64, most: f64) {
        let held = figure <= most;
        let verdict = if held { "held" } else { "NOT held" };
        self.0.push((format!("- {what}: {figure:.2}, at most {most:.2}: {verdict}"), held));
    }

    /// What must hold for Tollgate's days, beside the same days as peers have them.
    pub fn all(&mut self, peer: &Rows, tollgate: &Rows) {
        let name = tollgate.name;
        self.least(&format!("{name}: F1, most of any seed"), tollgate.most(|it| it.unconsented.iter().sum()).into(), 0.0);
        self.least(&format!("{name}: F2, most of any seed"), tollgate.most(|it| it.violations).into(), 0.0);
        self.least(&format!("{name}: standing, most of any seed"), tollgate.most(|it| it.standing).into(), 0.0);
        let worst = tollgate.most(Figures::false_refusals);
        self.least(&format!("{name}: F7 in percent, most of any seed"), f64::from(worst) / 10.0, 4.0);
        self.least(&format!("{name}: F7 in percent, median"), tollgate.middle(Figures::false_refusals) / 10.0, 2.0);
        let more = tollgate.days.iter().zip(&peer.days);
        let more = more.filter(|(ours, theirs)| ours.1.questions_per_act() >= theirs.1.questions_per_act()).count();
        self.least(&format!("{name}: seeds on which F8 is not below peers'"), more as f64, 0.0);
    }

    /// Prints them; true if all hold.
    pub fn print(&self) -> bool {
        self.0.iter().for_each(|(line, _)| println!("{line}"));
        self.0.iter().all(|(_, held)| *held)
    }
}

/// Where what was found is not what was expected.
pub fn differences(tasks: &[Task], expected: &Record, found: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for key in expected.ends.keys().chain(found.ends.keys().filter(|key| !expected.ends.contains_key(*key))) {
        let (then, now) = (expected.ends.get(key), found.ends.get(key));
        if then != now {
            lines.push(format!("{key}: expected {then:?}, found {now:?}"));
        }
    }
    let post = |it: &Posted| format!("post of task {} at {}, declassified: {}", tasks[it.task].id, it.at, it.declassified);
    compare(&mut lines, expected.posts.iter().map(post), found.posts.iter().map(post));
    let opened = |it: &Widening| {
        let whose = match it.by {
            By::Agent { wanted, .. } => format!("for task {}, wanted: {wanted}", tasks[it.task].id),
            By::Person(_) => "outside".to_owned(),
        };
        format!("{:?} let into {} from {} to {} {whose}", it.principal, it.object, it.from, it.until)
    };
    compare(&mut lines, expected.widenings.iter().map(opened), found.widenings.iter().map(opened));
    // Who is asked and when is looked at when that happens.
    let asked = |it: &Question| format!("question {} answered {}", it.key, it.yes);
    compare(&mut lines, expected.questions.iter().map(asked), found.questions.iter().map(asked));
    lines
}

fn compare(lines: &mut Vec<String>, expected: impl Iterator<Item = String>, found: impl Iterator<Item = String>) {
    let (mut expected, mut found): (Vec<String>, Vec<String>) = (expected.collect(), found.collect());
    expected.sort();
    found.sort();
    lines.extend(expected.iter().filter(|it| !found.contains(it)).map(|it| format!("expected and not there: {it}")));
    lines.extend(found.iter().filter(|it| !expected.contains(it)).map(|it| format!("there and not expected: {it}")));
    if expected.len() != found.len() {
        lines.push(format!("{} expected, {} there", expected.len(), found.len()));
    }
}
