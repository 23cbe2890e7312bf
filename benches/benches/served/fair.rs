//! What callers of a quick tool notice of calls that never end and of calls that wait for a person, in the same process.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};
use tollgate_benches::Failed;
use tollgate_benches::measure::{Middle, Took};
use tollgate_benches::table::{Table, micros, ratio};

use super::Effort;
use super::doors::{Answer, count, invoke, passphrase, until_it_works};
use super::http;
use super::subject::{LIMITS, Subject, with_probe};

const CALLERS: usize = 16;
const OTHERS: usize = 8;

/// What ends the loops; and a call that needs its initiator's yes.
const MANIFEST: &str = "[limits]\ntime = \"5 s\"\nfuel = \"1000G\"\n[grant]\n\
    \"forum.post\" = { forums = [\"eng-help\"], calls = 5, bytes = \"8 KiB\", consent = \"initiator\" }\n";

/// How the others of one round ended.
#[derive(Debug, Default, Clone, Copy)]
struct Others {
    by_limit: usize,
    waiting: usize,
}

/// The table.
pub fn table(events: &tokio::runtime::Runtime, effort: Effort) -> Result<Table, Failed> {
    let (_folder, workspace) = with_probe(MANIFEST)?;
    let subject = Subject::over(None, &workspace, &format!("{LIMITS}[consent]\nhold = \"10 s\"\n"))?;
    // Whoever cannot say yes is not waited for.
    passphrase(&workspace)?;
    let store = Connection::open(workspace.path("tollgate.db"))?;
    events.block_on(http::load(&subject, CALLERS, effort.span))?;
    let (mut alone, mut beside, mut others) = (Vec::new(), Vec::new(), Others::default());
    for round in 0..effort.rounds {
        alone.push(events.block_on(http::load(&subject, CALLERS, effort.span))?);
        let measured = || events.block_on(http::load(&subject, CALLERS, effort.span));
        let (took, ended) = with_others(&subject, &store, round, measured)?;
        beside.push(took);
        others = Others { by_limit: others.by_limit + ended.by_limit, waiting: others.waiting + ended.waiting };
    }
    subject.stop()?;
    let title = format!("{CALLERS} callers of a quick tool beside {OTHERS} endless loops and {OTHERS} calls that wait");
    let mut table = Table::new(&title, &["", "calls/s", "p50", "p99", "calls, none lost"]);
    let (quiet, loud) = (Middle::of(&alone), Middle::of(&beside));
    for (name, figure, rounds) in [("alone", quiet, &alone), ("beside them", loud, &beside)] {
        let calls: usize = rounds.iter().map(Took::calls).sum();
        let rate = format!("{:.0}", figure.per_second);
        table.row(&[name, &rate, &micros(figure.half), &micros(figure.most), &calls.to_string()]);
    }
    let bound = (quiet.most * 3).max(Duration::from_millis(10));
    table.target("p50 over alone's", ratio(loud.half, quiet.half), 2.0);
    table.target("p99 over three times alone's, or over 10 ms if that is more", ratio(loud.most, bound), 1.0);
    let all = (OTHERS * effort.rounds) as f64;
    table.target("loops that their limit did not end", all - others.by_limit as f64, 0.0);
    table.target("calls that did not wait on", all - others.waiting as f64, 0.0);
    Ok(table)
}

/// Measures while the others are at it.
fn with_others(
    subject: &Subject,
    store: &Connection,
    round: usize,
    measured: impl FnOnce() -> Result<Took, Failed>,
) -> Result<(Took, Others), Failed> {
    let before = count(store, "SELECT count(*) FROM approvals")?;
    std::thread::scope(|scope| {
        let post = |number| json!({ "forum": "eng-help", "thread": 1, "body": format!("{round}-{number}") });
        let [looping, waiting] = ["spin", "forum_post"].map(|function| {
            let start = |number| {
                let (key, tool) = (format!("{function}-{round}-{number}"), format!("probe_{function}"));
                let arguments = if function == "spin" { json!({}) } else { post(number) };
                scope.spawn(move || invoke(subject, &tool, &key, &arguments))
            };
            (0..OTHERS).map(start).collect::<Vec<_>>()
        });
        let patience = Instant::now() + Duration::from_secs(5);
        while count(store, "SELECT count(*) FROM approvals")? < before + i64::try_from(OTHERS)? {
            if Instant::now() > patience {
                return Err("nothing waits for a person".into());
            }
            std::thread::yield_now();
        }
        until_it_works(subject.pid(), Duration::from_millis(200))?;
        let took = measured()?;
        if looping.iter().chain(&waiting).any(std::thread::ScopedJoinHandle::is_finished) {
            return Err("one of the others was over before the measuring".into());
        }
        let answers = |all: Vec<std::thread::ScopedJoinHandle<'_, Result<Answer, Failed>>>| {
            all.into_iter().map(|it| it.join().map_err(|_| "a caller failed")?).collect::<Result<Vec<_>, Failed>>()
        };
        let code = |answer: &Answer| {
            serde_json::from_str::<Value>(&answer.body).is_ok_and(|body| body["report"]["code"] == "fault.time")
        };
        let by_limit = answers(looping)?.iter().filter(|answer| code(answer)).count();
        let waiting = answers(waiting)?.iter().filter(|answer| answer.status == 202).count();
        Ok((took, Others { by_limit, waiting }))
    })
}
