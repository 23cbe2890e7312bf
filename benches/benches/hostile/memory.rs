//! The host's memory while it is attacked: its peak above what it takes idle, beside what the limits of what runs allow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;
use tollgate::manifest::Limits;
use tollgate_benches::measure::status;

use super::arena::{Ring, Tool};
use super::{Plan, strike};

/// What may come on top of idle and limits.
const SLACK: u64 = 64 << 20;
/// Attacks that are allowed more memory than this are left out: their limits alone would allow whatever they do.
const ORDINARY: u64 = 64 << 20;

/// Attackers at once, for each core.
const FOR_EACH_CORE: usize = 2;

/// The sum of the limits of what runs, now and at most.
#[derive(Default)]
struct Allowed {
    now: AtomicU64,
    most: AtomicU64,
}

/// Bytes that one invocation may have in the host at once.
fn of(limits: &Limits) -> u64 {
    limits.memory.0 + limits.tables.0 + limits.arguments.0 + limits.output.0 + 2 * limits.stdout.0
}

/// Strikes with everything in turn, and prints what that took.
pub async fn measure(ring: &Arc<Ring>, tools: &[Tool], plan: &Plan) -> Result<(), String> {
    let tools: Arc<Vec<Tool>> =
        Arc::new(tools.iter().filter(|tool| tool.loaded.is_some() && tool.limits.memory.0 <= ORDINARY).cloned().collect());
    if tools.is_empty() {
        return Ok(());
    }
    for _ in 0..100 {
        ring.stand_by().await?;
    }
    std::fs::write("/proc/self/clear_refs", "5").map_err(|e| format!("forgetting the peak so far: {e}"))?;
    let memory = |name| status(name).map_err(|e| e.to_string());
    let idle = memory("VmRSS")?;
    let (allowed, next) = (Arc::new(Allowed::default()), Arc::new(AtomicU64::new(0)));
    let mut attackers = JoinSet::new();
    for _ in 0..plan.cores * FOR_EACH_CORE {
        let (ring, tools, allowed, next) = (ring.clone(), tools.clone(), allowed.clone(), next.clone());
        let invocations = plan.invocations;
        attackers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst) as usize;
                if number >= invocations {
                    return Ok::<(), String>(());
                }
                let tool = &tools[number % tools.len()];
                let now = allowed.now.fetch_add(of(&tool.limits), Ordering::SeqCst) + of(&tool.limits);
                allowed.most.fetch_max(now, Ordering::SeqCst);
                strike(&ring, tool).await?;
                allowed.now.fetch_sub(of(&tool.limits), Ordering::SeqCst);
            }
        });
    }
    attackers.join_all().await.into_iter().collect::<Result<(), String>>()?;
    let (peak, after) = (memory("VmHWM")?, memory("VmRSS")?);
    let limits = allowed.most.load(Ordering::SeqCst);
    let mib = |bytes: u64| bytes >> 20;
    let holds = if peak <= idle + limits + SLACK { "it stays below" } else { "IT EXCEEDS" };
    println!();
    println!("{} hostile invocations, {} at once, in MiB:", plan.invocations, plan.cores * FOR_EACH_CORE);
    println!("idle {}, peak {} (+{}), afterwards {}", mib(idle), mib(peak), mib(peak.saturating_sub(idle)), mib(after));
    println!("{holds} idle + the limits of what ran at once ({}) + {}", mib(limits), mib(SLACK));
    Ok(())
}
