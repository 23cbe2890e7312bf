//! Faults, ten thousand times: `cargo bench --bench faults` kills the real program before and after every durable write of
//! every workload, fails each write with EIO and ENOSPC and each sync once, and lets the power go; after each run it starts
//! again and compares forum, access lists, files and journal. It prints one row for each kind of fault and workload. Claims, over
//! all runs: no act twice, none unrecorded, no acknowledged result lost, every intent settled, the journal verifies.
//! Some workloads post to a forum in another process, over HTTP: there it compares with the forum's own file, and the forum is
//! killed too, or slow. `-- --kills 10000 --losses 1000 --pairs 100 --mishaps 600` are the numbers of runs (the faults of the
//! disk are each met once, unless `--no-disk`); `-- NAME …` only the workloads of these names.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and knows which program it is")]

mod tally;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tollgate_faults::{
    Errno, Failed, Fault, Met, Mishap, Program, Stage, Workload, beside_one_that_waits, beside_one_that_works, edges, meet,
    power_lost_beside_one_that_waits, workloads, workloads_elsewhere,
};

use tally::Tally;

/// What this program is called with to be the program under test.
const AS_PROGRAM: &str = "as-tollgate";

/// At least the edges of one that dies beside another, which keeps it from being the last that closes the store.
const EDGES_OF_ONE: u64 = 60;

/// Runs at the same time.
const AT_ONCE: usize = 2;

fn main() -> ExitCode {
    if let Some(code) = tollgate_benches::as_the_program() {
        return code;
    }
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == AS_PROGRAM) {
        // With a forum in another process behind it, where a workload has one; or that forum.
        return tollgate_faults::elsewhere(arguments);
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    match measure(&Size::of(&words)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// How much is run.
struct Size {
    kills: usize,
    losses: usize,
    pairs: usize,
    mishaps: usize,
    disk: bool,
    workloads: Vec<Workload>,
}

impl Size {
    fn of(words: &[String]) -> Self {
        let after = |name: &str, otherwise| {
            let at = words.iter().position(|word| word == name);
            at.and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
        };
        let named = |it: &Workload| words.iter().any(|word| word == it.name);
        let all: Vec<_> = workloads().into_iter().chain(workloads_elsewhere()).collect();
        let some = all.iter().any(named);
        Self {
            kills: after("--kills", 10_000),
            losses: after("--losses", 1_000),
            pairs: after("--pairs", 100),
            mishaps: after("--mishaps", 600),
            disk: !words.iter().any(|word| word == "--no-disk"),
            workloads: all.into_iter().filter(|it| !some || named(it)).collect(),
        }
    }
}

/// One kind of fault, and the runs in which it is met.
struct Row<'w> {
    kind: &'static str,
    workload: &'w Workload,
    faults: Vec<Fault>,
}

fn measure(size: &Size) -> Result<bool, Failed> {
    let stage = Stage::make(Program { path: std::env::current_exe()?, first: Some(AS_PROGRAM) })?;
    let mut rows = Vec::new();
    for workload in &size.workloads {
        rows.extend(planned(size, &stage, workload)?);
    }
    println!("{}", Tally::head());
    let (mut all, begun) = (Tally::default(), Instant::now());
    for row in &rows {
        let tally = run(&stage, row)?;
        println!("{}", tally.line(row.kind, row.workload.name));
        tally.examples();
        all.add(&tally);
    }
    let kill: fn(u64, u64) -> Fault = |edge, _| Fault::KillBefore(edge);
    for (kind, name, count, fault, both) in [
        ("killed beside one", "that works", size.pairs, kill, beside_one_that_works as Pair),
        ("killed beside one", "that waits", size.pairs, kill, beside_one_that_waits),
        ("power lost beside one", "that waits", size.losses / 5, Fault::Lose, power_lost_beside_one_that_waits),
    ] {
        let tally = pairs(&stage, count, fault, both)?;
        println!("{}", tally.line(kind, name));
        tally.examples();
        all.add(&tally);
    }
    println!("{}", all.line("all", ""));
    println!("{} runs in {:.0} s, {AT_ONCE} at a time", all.runs, begun.elapsed().as_secs_f64());
    Ok(all.holds())
}

/// Two processes on one store.
type Pair = fn(&Stage, Fault) -> Result<Met, Failed>;

/// One after the other: each is two processes already.
fn pairs(stage: &Stage, count: usize, fault: fn(u64, u64) -> Fault, both: Pair) -> Result<Tally, Failed> {
    let mut tally = Tally::default();
    let edges = (0..).flat_map(|seed| (1..=EDGES_OF_ONE).map(move |edge| (edge, seed)));
    for (edge, seed) in edges.take(count) {
        let fault = fault(edge, seed);
        tally.count(fault, &both(stage, fault)?);
    }
    Ok(tally)
}

/// Every edge in turn, until there are enough runs.
fn planned<'w>(size: &Size, stage: &Stage, workload: &'w Workload) -> Result<Vec<Row<'w>>, Failed> {
    let edges = edges(stage, workload)?;
    let last = edges.len() as u64;
    let syncs = edges.iter().filter(|edge| edge.does == "sync").count() as u64;
    let share = |all: usize| all.div_ceil(size.workloads.len());
    let kills = (1..=last).flat_map(|edge| [Fault::KillBefore(edge), Fault::KillAfter(edge)]);
    // All at once first, then some of it by chance, with another seed each time round.
    let losses = (0..).flat_map(|seed| (1..=last).map(move |edge| Fault::Lose(edge, seed)));
    let row = |kind, faults: Vec<Fault>| Row { kind, workload, faults };
    let mut rows = vec![
        row("killed", kills.cycle().take(share(size.kills)).collect()),
        row("power lost", losses.take(share(size.losses)).collect()),
    ];
    if workload.forum.is_some() {
        let mishaps = Mishap::ALL.into_iter().map(Fault::Forum).cycle();
        rows.push(row("forum killed or slow", mishaps.take(share(size.mishaps)).collect()));
    }
    if size.disk {
        for (errno, once, on) in
            [(Errno::Io, "EIO once", "EIO from there on"), (Errno::NoSpace, "ENOSPC once", "ENOSPC from there on")]
        {
            rows.push(row(once, (1..=last).map(|edge| Fault::Fail(edge, errno)).collect()));
            rows.push(row(on, (1..=last).map(|edge| Fault::FailFrom(edge, errno)).collect()));
        }
        rows.push(row("a sync fails", (1..=syncs).map(Fault::FailSync).collect()));
        rows.push(row("and power lost", (1..=syncs).map(Fault::FailSyncLose).collect()));
    }
    Ok(rows)
}

fn run(stage: &Stage, row: &Row<'_>) -> Result<Tally, Failed> {
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let work = || -> Result<(), Failed> {
        while let Some(fault) = row.faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            let met = meet(stage, row.workload, *fault)?;
            let mut tally = tally.lock().map_err(|_| "the other thread failed")?;
            tally.count(*fault, &met);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|it| it.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
    })?;
    tally.into_inner().map_err(|_| "a thread failed".into())
}
