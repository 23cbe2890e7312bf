//! What is counted for the platform (Prometheus): calls, refusals, meters, the queue, what waits. No label names a person, an
//! argument or a tool's words.

use std::borrow::Cow;
use std::sync::OnceLock;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

use super::offer::Offer;
use super::{Front, Told};
use crate::diagnostic::Broken;
use crate::invoke::Outcome;
use crate::journal::Meter;
use crate::name::ToolName;

/// Seconds, from half a millisecond to a minute.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 20.0, 60.0];

/// Begins to count. Once in a process.
///
/// # Errors
/// When something else counts already.
pub fn begin() -> Result<PrometheusHandle, Broken> {
    let doing = "beginning to count";
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
    let handle = builder.and_then(PrometheusBuilder::install_recorder).map_err(|e| Broken::while_doing(doing, e))?;
    describe_counter!("tollgate_calls", Unit::Count, "Invocations that ended, by tool and how");
    describe_histogram!("tollgate_call_seconds", Unit::Seconds, "From the door to the answer, by tool");
    describe_counter!("tollgate_refusals", Unit::Count, "Refusals within invocations, by stage");
    describe_counter!("tollgate_turned_away", Unit::Count, "Requests that became no invocation, by code");
    describe_counter!("tollgate_meter", "What invocations used, by tool and meter, each in its unit");
    describe_gauge!("tollgate_running", Unit::Count, "Calls that have their turn");
    describe_gauge!("tollgate_queue", Unit::Count, "Calls that wait for their turn");
    describe_gauge!("tollgate_waiting", Unit::Count, "Invocations that wait for a person");
    describe_gauge!(
        "tollgate_exposures",
        Unit::Count,
        "Objects and forums that people can read who are not cleared for them"
    );
    describe_gauge!("tollgate_alerts", Unit::Count, "Edges that opened them");
    describe_histogram!(
        "tollgate_commit_seconds",
        Unit::Seconds,
        "One commit of the store, shared by those that came together"
    );
    Ok(handle)
}

/// What is counted of one function, found once: looking a counter up costs more than counting.
pub(super) struct Counted {
    tool: String,
    seconds: Histogram,
    returned: Counter,
    /// By the lines of its receipt, which every call of it has alike.
    meters: OnceLock<Vec<(Cow<'static, str>, Counter)>>,
}

impl Counted {
    fn of(tool: &ToolName) -> Self {
        let tool = tool.to_string();
        Self {
            seconds: histogram!("tollgate_call_seconds", "tool" => tool.clone()),
            returned: counter!("tollgate_calls", "tool" => tool.clone(), "code" => "returned"),
            meters: OnceLock::new(),
            tool,
        }
    }

    fn ended(&self, code: String) {
        counter!("tollgate_calls", "tool" => self.tool.clone(), "code" => code).increment(1);
    }

    fn meters(&self, receipt: &[Meter]) {
        let found = |line: &Meter| {
            let counter = counter!("tollgate_meter", "tool" => self.tool.clone(), "meter" => line.meter.to_string());
            (line.meter.clone(), counter)
        };
        let known = self.meters.get_or_init(|| receipt.iter().map(found).collect());
        for (line, (meter, counter)) in receipt.iter().zip(known).filter(|(line, _)| line.used > 0) {
            if line.meter == *meter {
                counter.increment(line.used);
            } else {
                found(line).1.increment(line.used);
            }
        }
    }
}

/// Counts a call that is over, or that waits. What had ended before is not counted again.
pub(super) fn call(offer: &Offer, told: Option<&Told>, since: Instant) {
    let counted = offer.counted.get_or_init(|| Counted::of(offer.tool()));
    counted.seconds.record(since.elapsed().as_secs_f64());
    let report = match told {
        None => return counted.ended("agree.waiting".to_owned()),
        Some(Told::Before(_)) => return,
        Some(Told::Now(report)) => report,
    };
    match report.outcome {
        Outcome::Returned(_) => counted.returned.increment(1),
        _ => counted.ended(report.code().into_owned()),
    }
    for seen in &report.refusals {
        counter!("tollgate_refusals", "stage" => seen.refusal.code.stage()).increment(1);
    }
    counted.meters(&report.receipt);
}

/// Counts a request that was turned away.
pub(super) fn turned(code: &str) {
    counter!("tollgate_turned_away", "code" => code.to_owned()).increment(1);
}

impl Front {
    /// Looks at what is only known when it is looked at.
    pub(super) fn gauges(&self) {
        let count = |calls: usize| f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
        gauge!("tollgate_running").set(count(self.turns().running()));
        gauge!("tollgate_queue").set(count(self.turns().queued()));
        match self.store.open_too_far() {
            Ok((things, alerts)) => {
                gauge!("tollgate_exposures").set(f64::from(u32::try_from(things).unwrap_or(u32::MAX)));
                gauge!("tollgate_alerts").set(f64::from(u32::try_from(alerts).unwrap_or(u32::MAX)));
            }
            Err(broken) => tracing::error!(doing = broken.doing, cause = broken.cause, "what is open too far is not known"),
        }
        match self.store.waiting() {
            Ok(waiting) => gauge!("tollgate_waiting").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX))),
            Err(broken) => tracing::error!(doing = broken.doing, cause = broken.cause, "how much waits is not known"),
        }
    }
}
