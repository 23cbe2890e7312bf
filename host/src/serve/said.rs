//! What is said of a call in every door: one code and one text for each ending, the same over MCP and HTTP and as on record.

use serde_json::Value;

use super::front::Turned;

/// A sentence with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `stage.reason` of a refusal; `tool-error`, `fault.KIND`, `cancelled`, `returned`; `door.…` where it was turned away
    /// before it became an invocation.
    pub code: String,
    /// For whoever called. Of a tool's own error its words, and nothing else of a guest.
    pub text: String,
}

impl Said {
    fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}

/// How an invocation ended.
#[must_use]
pub fn of_report(report: &Value) -> Said {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match report["outcome"].as_str().unwrap_or_default() {
        "refused" => match report["refusals"].as_array().and_then(|all| all.last()) {
            Some(last) => {
                let unless =
                    last["change"].as_str().map(|change| format!(" What would change this: {change}.")).unwrap_or_default();
                let code = format!("{}.{}", text(&last["stage"]), text(&last["reason"]));
                let text = format!("{code}: {}.{unless}", text(&last["message"]));
                Said::new(code, text)
            }
            None => Said::new("refused", "the host refused it; its receipt says why"),
        },
        "tool-error" => Said::new("tool-error", plain(&report["value"])),
        "fault" => {
            let kind = text(&report["fault"]["kind"]);
            Said::new(
                format!("fault.{kind}"),
                format!("the tool misbehaved and was ended ({kind}): {}", text(&report["fault"]["message"])),
            )
        }
        "cancelled" => Said::new("cancelled", "it was cancelled before it ended"),
        "returned" => Said::new("returned", plain(&report["value"])),
        other => Said::new(other, format!("it ended as {other}; whether it did something stands in its receipt")),
    }
}

/// A value as text: a string as it is, anything else as JSON.
#[must_use]
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Why a call was turned away.
#[must_use]
pub fn of_turned(turned: &Turned) -> Said {
    let text = match turned {
        Turned::Unknown => "there is no such thing here for you".to_owned(),
        Turned::Usage(lines) => lines.join("\n"),
        Turned::Busy(busy) => format!("too many calls are at work: try again in {} s", busy.after.as_secs().max(1)),
        Turned::Stopping => "the host is stopping and takes no new calls: try again in a while".to_owned(),
        Turned::Broken(broken) => {
            // What broke is the operator's, and may name paths.
            tracing::error!(doing = broken.doing, cause = broken.cause, "a call could not be served");
            "the host cannot serve this now: try again when it is well".to_owned()
        }
    };
    Said::new(turned.code(), text)
}
