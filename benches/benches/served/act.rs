//! Beside ACT, which serves components too: one instance that stays, no limits, an audit trail to its standard error. The guest's
//! function is empty here and there; the client is the same, and so that it shows whether it limits, so is a server that only
//! answers. `benches/act/run` gets ACT, builds its guest and starts this.

use std::process::Command;

use tollgate_benches::Failed;
use tollgate_benches::measure::{Middle, Took};
use tollgate_benches::table::{Table, micros, ratio};

use super::Effort;
use super::stdio::{self, Server};
use super::subject::Kind;

/// A subject of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours(Kind),
    Act,
    /// Without its audit trail.
    ActSilent,
}

const ALL: [Who; 6] =
    [Who::Ours(Kind::Null), Who::Ours(Kind::Bare), Who::Act, Who::ActSilent, Who::Ours(Kind::Memory), Who::Ours(Kind::Disk)];

impl Who {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours(kind) => kind.name(),
            Self::Act => "ACT",
            Self::ActSilent => "ACT without its audit trail",
        }
    }

    fn server(self, program: &str, component: &str) -> Result<Server, Failed> {
        let more: &[&str] = match self {
            Self::Ours(kind) => return Server::new(kind),
            Self::Act => &[],
            Self::ActSilent => &["--no-audit"],
        };
        let mut command = Command::new(program);
        command.args(["run", "--mcp"]).args(more).arg(component);
        Ok(Server::of(command))
    }
}

const HEAD: [&str; 9] = [
    "at once",
    "subject",
    "calls/s",
    "p50",
    "p99",
    "processor a call",
    "calls/s of ACT's",
    "p50 of ACT's",
    "processor of ACT's",
];

/// The table.
pub fn table(effort: Effort, program: &str, component: &str) -> Result<Table, Failed> {
    let version = Command::new(program).arg("--version").output()?;
    let version = String::from_utf8(version.stdout)?;
    let mut table = Table::new(&format!("Beside {}: an empty tool over standard input and output", version.trim()), &HEAD);
    for outstanding in [1, 16] {
        let mut all: Vec<Vec<Took>> = vec![Vec::new(); ALL.len()];
        for _ in 0..effort.rounds {
            for (who, took) in ALL.iter().zip(&mut all) {
                took.push(stdio::load(who.server(program, component)?, outstanding, effort.span)?);
            }
        }
        let figures: Vec<Middle> = all.iter().map(|rounds| Middle::of(rounds)).collect();
        add(&mut table, outstanding, &figures);
    }
    Ok(table)
}

fn add(table: &mut Table, at_once: usize, figures: &[Middle]) {
    let Some((act, _)) = figures.iter().zip(ALL).find(|(_, who)| *who == Who::Act) else { return };
    for (figure, who) in figures.iter().zip(ALL) {
        let (rate, half) = (figure.per_second / act.per_second, ratio(figure.half, act.half));
        let processor = ratio(figure.processor, act.processor);
        table.row(&[
            &at_once.to_string(),
            who.name(),
            &format!("{:.0}", figure.per_second),
            &micros(figure.half),
            &micros(figure.most),
            &micros(figure.processor),
            &format!("{rate:.2}"),
            &format!("{half:.2}"),
            &format!("{processor:.2}"),
        ]);
        if who == Who::Ours(Kind::Memory) {
            table.target(&format!("{at_once} at once, journal in memory: p50 over ACT's"), half, 1.0);
            table.target(&format!("{at_once} at once, journal in memory: processor a call over ACT's"), processor, 1.0);
            if at_once > 1 {
                table.target(
                    &format!("{at_once} at once, journal in memory: ACT's calls/s over Tollgate's"),
                    1.0 / rate,
                    1.0,
                );
                let words = format!("{at_once} at once, journal in memory: the same, stretched");
                table.target(&words, 1.0 / rate, 1.0 / 1.5);
            }
        }
    }
}
