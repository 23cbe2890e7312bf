//! Measuring: wall time of each call, processor time of all of them, on the threads where calls begin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Handle;

use crate::Failed;

/// What many calls took.
#[derive(Debug, Clone)]
pub struct Took {
    /// Each call, sorted.
    each: Vec<Duration>,
    /// From the first to the last.
    wall: Duration,
    /// Of all threads of this process.
    processor: Duration,
}

impl Took {
    /// Calls that took so long each.
    #[must_use]
    pub fn of(mut each: Vec<Duration>, wall: Duration, processor: Duration) -> Self {
        each.sort_unstable();
        Self { each, wall, processor }
    }

    /// The time within which this share of the calls ended.
    #[must_use]
    pub fn within(&self, share: f64) -> Duration {
        let at = ((self.each.len() as f64 * share) as usize).min(self.each.len().saturating_sub(1));
        self.each.get(at).copied().unwrap_or_default()
    }

    /// Calls in a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.wall.as_secs_f64()
    }

    /// Processor time of one call.
    #[must_use]
    pub fn processor(&self) -> Duration {
        self.processor.div_f64(self.each.len().max(1) as f64)
    }

    /// How many calls.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.each.len()
    }

    /// Several measurements of the same as one.
    #[must_use]
    pub fn together(all: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self { each: Vec::new(), wall: Duration::ZERO, processor: Duration::ZERO };
        for took in all {
            sum.each.extend(took.each);
            sum.wall += took.wall;
            sum.processor += took.processor;
        }
        sum.each.sort_unstable();
        sum
    }
}

/// The median of several rounds, of each figure by itself.
#[derive(Debug, Clone, Copy)]
pub struct Middle {
    /// Calls in a second.
    pub per_second: f64,
    /// The time within which half of the calls ended.
    pub half: Duration,
    /// The time within which 99 of 100 ended.
    pub most: Duration,
    /// Processor time of one call.
    pub processor: Duration,
}

impl Middle {
    /// Of these rounds.
    #[must_use]
    pub fn of(rounds: &[Took]) -> Self {
        let time =
            |of: &dyn Fn(&Took) -> Duration| Duration::from_secs_f64(median(rounds.iter().map(|it| of(it).as_secs_f64())));
        Self {
            per_second: median(rounds.iter().map(Took::per_second)),
            half: time(&|took| took.within(0.5)),
            most: time(&|took| took.within(0.99)),
            processor: time(&Took::processor),
        }
    }
}

/// The one in the middle; 0 where there is none.
#[must_use]
pub fn median(all: impl IntoIterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.into_iter().collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Processor time that this process has used.
#[must_use]
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// A line of this process's status (`VmRSS`, `VmHWM`), in bytes.
///
/// # Errors
/// When the system does not say it.
#[expect(clippy::disallowed_methods, reason = "asks the system for the memory of this process")]
pub fn status(name: &str) -> Result<u64, Failed> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| format!("no {name} in /proc/self/status").into())
}

/// One call, again and again.
pub trait Again: Send + Sync + 'static {
    /// Makes one call.
    fn once(&self) -> impl Future<Output = Result<(), Failed>> + Send;
}

/// Makes calls for a while, in so many tasks at once on `threads`.
///
/// # Errors
/// What a call failed with.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub async fn calls<A: Again>(threads: &Handle, what: &Arc<A>, tasks: usize, span: Duration) -> Result<Took, Failed> {
    let (begun, before) = (Instant::now(), processor_time());
    let running: Vec<_> = (0..tasks)
        .map(|_| {
            let what = what.clone();
            threads.spawn(async move {
                let mut each = Vec::with_capacity(1 << 12);
                while begun.elapsed() < span {
                    let start = Instant::now();
                    what.once().await?;
                    each.push(start.elapsed());
                    // Calls take turns on a thread, as they do when each comes from somebody else.
                    if tasks > 1 {
                        tokio::task::yield_now().await;
                    }
                }
                Ok::<_, Failed>(each)
            })
        })
        .collect();
    let mut each = Vec::new();
    for task in running {
        each.extend(task.await??);
    }
    let (wall, processor) = (begun.elapsed(), processor_time().saturating_sub(before));
    each.sort_unstable();
    Ok(Took { each, wall, processor })
}
