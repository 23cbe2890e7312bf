//! The trace that a caller is in (W3C Trace Context): it goes into spans, and never into a decision.

/// The longest of its two texts that is looked at, in bytes: section 3.3.1.5 of the recommendation asks for 512.
const LONGEST: usize = 512;

/// What a caller says of its trace, as it says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    traceparent: Option<String>,
    tracestate: Option<String>,
}

impl Trace {
    /// Takes it from wherever `look` finds `traceparent` and `tracestate`.
    #[must_use]
    pub fn of(look: impl Fn(&str) -> Option<String>) -> Self {
        let short = |name: &str| look(name).filter(|text| text.len() <= LONGEST);
        Self { traceparent: short("traceparent"), tracestate: short("tracestate") }
    }

    /// From the headers of a request; where one stands twice, nobody can tell which is meant.
    #[must_use]
    pub fn of_headers(headers: &axum::http::HeaderMap) -> Self {
        Self::of(|name| {
            let mut all = headers.get_all(name).iter();
            let only = all.next().filter(|_| all.next().is_none())?;
            only.to_str().ok().map(str::to_owned)
        })
    }

    /// This one, or the other where this one says nothing.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.traceparent.is_some() { self } else { other() }
    }
}

#[cfg(feature = "otel")]
mod followed {
    use opentelemetry::Context;
    use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
    use opentelemetry::trace::FutureExt as _;
    use opentelemetry_sdk::propagation::TraceContextPropagator;

    use super::Trace;

    impl Extractor for Trace {
        fn get(&self, key: &str) -> Option<&str> {
            match key {
                "traceparent" => self.traceparent.as_deref(),
                "tracestate" => self.tracestate.as_deref(),
                _ => None,
            }
        }

        fn keys(&self) -> Vec<&str> {
            vec!["traceparent", "tracestate"]
        }
    }

    impl Trace {
        /// Does something within it. What is malformed is no trace.
        pub(in crate::serve) async fn around<F: Future>(self, does: F) -> F::Output {
            if self.traceparent.is_none() {
                return does.await;
            }
            let within = TraceContextPropagator::new().extract_with_context(&Context::new(), &self);
            Box::pin(does).with_context(within).await
        }
    }
}

#[cfg(not(feature = "otel"))]
impl Trace {
    /// Does something: this program was built to send no spans.
    pub(in crate::serve) fn around<F: Future>(self, does: F) -> impl Future<Output = F::Output> {
        does
    }
}
