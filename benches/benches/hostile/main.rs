//! What a bystander notices of hostile tools: `cargo bench --bench hostile` prints each attack with the limit that stopped
//! it, what it met, and median and p99 of the bystander's time alone, beside one attacker for each core and beside eight;
//! then the memory of many hostile invocations beside what their limits allow. A bystander's turn is one call of a function
//! that does nothing and one that reads 1 KiB, through the whole host with its durable journal. Claims: beside one attacker
//! for each core the median is at most twice its own alone; beside eight the p99 is at most three times its own, or 10 ms;
//! memory stays under what is idle, the limits of what runs, and 64 MiB. A row that breaks one ends in `!`.
//! `-- --quick` measures little, to see that it works; `-- --memory` looks at memory alone; `-- NAME …` only the attacks of these names.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints its table")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and lays out files")]

mod arena;
mod memory;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tollgate::invoke::Outcome;
use tollgate::tool::Surface;
use tollgate_hostile::{ATTACKS, Attack};

use arena::{Arena, Tool};

fn main() -> ExitCode {
    if let Some(code) = tollgate_benches::as_the_program() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    match measure(&Plan::of(&words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// How much is measured.
struct Plan {
    attacks: Vec<&'static Attack>,
    /// Turns of the bystander in each column.
    turns: usize,
    /// The longest that one column takes.
    patience: Duration,
    /// Hostile invocations whose memory is looked at.
    invocations: usize,
    memory_alone: bool,
    cores: usize,
}

impl Plan {
    fn of(words: &[String]) -> Self {
        let named: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
        let chosen = |attack: &&Attack| named.is_empty() || named.iter().any(|name| *name == attack.name);
        let (turns, seconds, invocations) =
            if words.iter().any(|word| word == "--quick") { (100, 1, 1_000) } else { (1_000, 5, 10_000) };
        Self {
            attacks: ATTACKS.iter().filter(chosen).collect(),
            turns,
            patience: Duration::from_secs(seconds),
            invocations,
            memory_alone: words.iter().any(|word| word == "--memory"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

fn measure(plan: &Plan) -> Result<(), String> {
    let arena = Arena::new()?;
    arena.runtime.block_on(async {
        let ring = Arc::new(arena.open().await?);
        let mut tools = Vec::new();
        for attack in &plan.attacks {
            tools.push(ring.ready(attack).await?);
        }
        if !plan.memory_alone {
            bystanders(plan, &ring, &tools).await?;
        }
        memory::measure(&ring, &tools, plan).await?;
        ring.store.close().await.map_err(|e| e.to_string())
    })
}

/// Median and p99 of one column.
#[derive(Clone, Copy)]
struct Times {
    p50: Duration,
    p99: Duration,
}

impl Times {
    fn of(mut turns: Vec<Duration>) -> Self {
        turns.sort_unstable();
        Self { p50: turns[turns.len() / 2], p99: turns[turns.len() * 99 / 100] }
    }
}

fn micros(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1e6)
}

async fn bystanders(plan: &Plan, ring: &Arc<arena::Ring>, tools: &[Tool]) -> Result<(), String> {
    println!("{} cores; times in µs; ratio of medians; p99 (8) is beside eight attackers for each core", plan.cores);
    let heads = ["alone p50", "p99", "beside p50", "p99", "ratio", "p99 (8)"];
    let head: String = heads.iter().map(|head| format!(" {head:>10}")).collect();
    println!("{:24} {:40} {:24}{head}", "attack", "stopped by", "met");
    let mut broken = 0;
    for tool in tools {
        // Before and after, so that a machine that changes its pace meanwhile counts less.
        let mut alone = turns(plan, ring).await?;
        let (one, met) = beside(plan, ring, tool, plan.cores).await?;
        let (eight, _) = beside(plan, ring, tool, plan.cores * 8).await?;
        alone.extend(turns(plan, ring).await?);
        let alone = Times::of(alone);
        let ratio = one.p50.as_secs_f64() / alone.p50.as_secs_f64();
        let holds = ratio <= 2.0 && eight.p99 <= (alone.p99 * 3).max(Duration::from_millis(10));
        broken += u32::from(!holds);
        let figures = [
            micros(alone.p50),
            micros(alone.p99),
            micros(one.p50),
            micros(one.p99),
            format!("{ratio:.2}"),
            micros(eight.p99),
        ];
        let figures: String = figures.iter().map(|figure| format!(" {figure:>10}")).collect();
        let mark = if holds { "" } else { " !" };
        println!("{:24} {:40} {met:24}{figures}{mark}", tool.attack.name, tool.attack.ends.limit());
    }
    println!("{} of {} attacks are noticed no more than the claims say", tools.len() as u32 - broken, tools.len());
    Ok(())
}

/// The bystander's turns, one after the other.
async fn turns(plan: &Plan, ring: &arena::Ring) -> Result<Vec<Duration>, String> {
    let (mut times, begun) = (Vec::new(), Instant::now());
    while times.len() < plan.turns && (times.len() < 10 || begun.elapsed() < plan.patience) {
        let turn = Instant::now();
        ring.stand_by().await?;
        times.push(turn.elapsed());
    }
    Ok(times)
}

/// The same beside so many attackers, each of which strikes again as soon as its strike is over. Also what they met.
async fn beside(plan: &Plan, ring: &Arc<arena::Ring>, tool: &Tool, attackers: usize) -> Result<(Times, String), String> {
    let met = strike(ring, tool).await?;
    // Pinning is an operator's doing, one after the other; a child for each core is more than there will be.
    let attackers = if tool.loaded.is_some() { attackers } else { attackers.min(plan.cores) };
    let mut striking = JoinSet::new();
    for _ in 0..attackers {
        let (ring, tool) = (ring.clone(), tool.clone());
        striking.spawn(async move {
            loop {
                strike(&ring, &tool).await?;
            }
            #[expect(unreachable_code, reason = "gives the task its type")]
            Ok::<(), String>(())
        });
    }
    for _ in 0..5 {
        ring.stand_by().await?; // until everybody is at it
    }
    let times = turns(plan, ring).await?;
    if let Some(ended) = striking.try_join_next() {
        return Err(format!("{}: an attacker gave up: {ended:?}", tool.attack.name));
    }
    striking.shutdown().await;
    Ok((Times::of(times), met))
}

/// One strike; what it met, in a word.
async fn strike(ring: &arena::Ring, tool: &Tool) -> Result<String, String> {
    let Some(loaded) = &tool.loaded else { return refuse(ring, tool).await };
    let report = tool.attack.strike(&ring.host, loaded).await.map_err(|e| format!("{}: {e:?}", tool.attack.name))?;
    Ok(match &report.outcome {
        Outcome::Fault(fault) => format!("fault {}", fault.kind.as_str()),
        Outcome::Refused(_) => report.refusals.last().map_or_else(String::new, |seen| seen.refusal.code.to_string()),
        other @ (Outcome::Returned(_) | Outcome::ToolError(_) | Outcome::Cancelled | Outcome::Waiting(_)) => {
            other.as_str().to_owned()
        }
    })
}

/// What cannot be pinned is read, and compiled if it can be read, again and again.
async fn refuse(ring: &arena::Ring, tool: &Tool) -> Result<String, String> {
    let bytes = tool.bytes.clone();
    let read = tokio::task::spawn_blocking(move || Surface::parse(&bytes).and_then(|surface| surface.loads()).is_ok());
    let refused = match read.await.map_err(|e| e.to_string())? {
        true => ring.host.compile(&tool.bytes).await.is_err(),
        false => true,
    };
    if refused { Ok("not pinned".to_owned()) } else { Err(format!("{} was compiled", tool.attack.name)) }
}
