//! Spans on their way to a collector (OTLP over HTTP, protobuf), where the configuration names one. They wait in a bounded
//! queue on a thread of their own; what does not fit is dropped, and no call ever waits.

use tracing_subscriber::{Layer, Registry};

use super::Workspace;
use crate::diagnostic::Broken;

/// What takes spans.
pub type Takes = Box<dyn Layer<Registry> + Send + Sync>;

#[cfg(feature = "otel")]
pub use followed::Traces;

#[cfg(feature = "otel")]
mod followed {
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
    use tokio::runtime::Handle;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::filter_fn;

    use super::{Broken, Takes, Workspace};
    use crate::clock::Clock as _;
    use crate::gate::TARGET;
    use crate::setup::{SystemClock, client};

    /// How long sending one batch may take.
    const WITHIN: Duration = Duration::from_secs(5);

    /// How long a stop waits for the last batch.
    const LAST: Duration = Duration::from_secs(3);

    /// A collector that stays down is mentioned so often, in milliseconds.
    const MENTIONED: u64 = 10 * 60_000;

    /// Spans on their way.
    pub struct Traces(SdkTracerProvider);

    impl Workspace {
        /// Begins to send spans, if the configuration names a collector. `events` is where sending happens.
        ///
        /// # Errors
        /// When a client cannot be made.
        pub fn traces(&self, events: &Handle) -> Result<Option<Traces>, Broken> {
            let Some(url) = &self.config.serve.traces else { return Ok(None) };
            let exporter = opentelemetry_otlp::SpanExporter::builder()
                .with_http()
                .with_http_client(client(url, WITHIN)?)
                .with_endpoint(url)
                .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
                .with_timeout(WITHIN)
                .build()
                .map_err(|e| Broken::while_doing("preparing to send spans", e))?;
            let sends =
                Sends { exporter, events: events.clone(), mentioned: AtomicU64::new(0), down: AtomicBool::new(false) };
            let resource = Resource::builder()
                .with_service_name("tollgate")
                .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                .with_attribute(KeyValue::new("service.instance.id", self.config.host.as_str().to_owned()))
                .build();
            let batches = BatchSpanProcessor::builder(sends).build();
            Ok(Some(Traces(SdkTracerProvider::builder().with_resource(resource).with_span_processor(batches).build())))
        }
    }

    impl Traces {
        /// What spans are handed to: nothing but spans, none of a library's.
        #[must_use]
        pub fn takes(&self) -> Takes {
            let spans = tracing_opentelemetry::layer()
                .with_tracer(self.0.tracer("tollgate"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_level(false)
                .with_tracked_inactivity(false);
            Box::new(spans.with_filter(filter_fn(|of| of.is_span() && of.target() == TARGET)))
        }

        /// Sends what is there, and ends. Blocks for some seconds at most.
        pub fn close(&self) {
            if let Err(why) = self.0.shutdown_with_timeout(LAST) {
                tracing::warn!(%why, "the last spans did not reach the collector");
            }
        }
    }

    /// Sends batches: on the event loop, though a thread without one asks for it.
    #[derive(Debug)]
    struct Sends {
        exporter: opentelemetry_otlp::SpanExporter,
        events: Handle,
        /// When it was last said that the collector is down.
        mentioned: AtomicU64,
        /// That was said, and nothing else since.
        down: AtomicBool,
    }

    impl SpanExporter for Sends {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            let mut sending = Box::pin(self.exporter.export(batch));
            let sent = poll_fn(|cx| {
                let _entered = self.events.enter();
                sending.as_mut().poll(cx)
            });
            let sent = sent.await;
            self.mention(&sent);
            sent
        }

        fn set_resource(&mut self, resource: &Resource) {
            self.exporter.set_resource(resource);
        }
    }

    impl Sends {
        fn mention(&self, sent: &OTelSdkResult) {
            let now = SystemClock.now().0;
            match sent {
                Ok(()) if self.down.swap(false, Ordering::Relaxed) => tracing::info!("spans reach the collector again"),
                Err(why) if now.saturating_sub(self.mentioned.load(Ordering::Relaxed)) >= MENTIONED => {
                    tracing::warn!(%why, "spans do not reach the collector, and are dropped; calls go on");
                    self.mentioned.store(now, Ordering::Relaxed);
                    self.down.store(true, Ordering::Relaxed);
                }
                Ok(()) | Err(_) => {}
            }
        }
    }
}

/// Spans on their way: none, where this program was built without the feature `otel`.
#[cfg(not(feature = "otel"))]
pub enum Traces {}

#[cfg(not(feature = "otel"))]
impl Workspace {
    /// Nothing: a configuration that names a collector is refused.
    ///
    /// # Errors
    /// None.
    pub fn traces(&self, _events: &tokio::runtime::Handle) -> Result<Option<Traces>, Broken> {
        Ok(None)
    }
}

#[cfg(not(feature = "otel"))]
impl Traces {
    /// There are none.
    #[must_use]
    pub fn takes(&self) -> Takes {
        match *self {}
    }

    /// There are none.
    pub fn close(&self) {
        match *self {}
    }
}
