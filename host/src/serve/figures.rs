//! What is counted for the platform (Prometheus): calls, refusals, meters, the queue, what waits. No label names a person, an
//! argument or a tool's words.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::Value;
use tokio::time::Instant;

use super::Front;
use super::offer::Offer;
use super::said::of_report;
use crate::diagnostic::Broken;

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
    describe_gauge!("tollgate_queue", Unit::Count, "Calls that wait for their turn");
    describe_gauge!("tollgate_waiting", Unit::Count, "Invocations that wait for a person");
    describe_histogram!(
        "tollgate_commit_seconds",
        Unit::Seconds,
        "One commit of the store, shared by those that came together"
    );
    Ok(handle)
}

/// Counts a call that is over, or that waits.
pub(super) fn call(offer: &Offer, report: Option<&Value>, since: Instant) {
    let tool = offer.tool().to_string();
    histogram!("tollgate_call_seconds", "tool" => tool.clone()).record(since.elapsed().as_secs_f64());
    let Some(report) = report else {
        counter!("tollgate_calls", "tool" => tool, "code" => "agree.waiting").increment(1);
        return;
    };
    counter!("tollgate_calls", "tool" => tool.clone(), "code" => of_report(report).code).increment(1);
    for refusal in report["refusals"].as_array().into_iter().flatten() {
        let stage = refusal["stage"].as_str().unwrap_or_default().to_owned();
        counter!("tollgate_refusals", "stage" => stage).increment(1);
    }
    for line in report["receipt"].as_array().into_iter().flatten() {
        if let (Some(meter), Some(used @ 1..)) = (line["meter"].as_str(), line["used"].as_u64()) {
            counter!("tollgate_meter", "tool" => tool.clone(), "meter" => meter.to_owned()).increment(used);
        }
    }
}

/// Counts a request that was turned away.
pub(super) fn turned(code: &str) {
    counter!("tollgate_turned_away", "code" => code.to_owned()).increment(1);
}

impl Front {
    /// Looks at what is only known when it is looked at.
    pub(super) fn gauges(&self) {
        gauge!("tollgate_queue").set(f64::from(u32::try_from(self.turns().queued()).unwrap_or(u32::MAX)));
        match self.store.waiting() {
            Ok(waiting) => gauge!("tollgate_waiting").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX))),
            Err(broken) => tracing::error!(doing = broken.doing, cause = broken.cause, "how much waits is not known"),
        }
    }
}
