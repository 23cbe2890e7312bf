//! Two doors over HTTP and a hatch: agents come to one listener, people to another, the platform looks in at a third. What
//! belongs to one is not there at the others.

mod admin;
mod agents;
mod document;
mod guard;
mod listen;
mod page;
mod people;
mod problem;
mod request;
mod sessions;
mod shapes;

use std::sync::Arc;

use axum::http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use self::agents::Flights;
pub use self::agents::{Knows, mount};
use self::listen::Listener;
use self::problem::Problem;
use super::Front;
use super::rates::Rates;
use super::token::Tokens;
use crate::clock::{Clock, Instant};
use crate::config::Serve;
use crate::diagnostic::Broken;

/// So many people and programs follow the events of a host at once.
const STREAMS: usize = 256;

/// What the handlers share.
pub struct Site {
    pub(super) front: Arc<Front>,
    pub(super) tokens: Tokens,
    pub(super) config: Serve,
    pub(super) rates: Rates,
    pub(super) clock: Arc<dyn Clock>,
    /// Calls by idempotency key that are under way here.
    pub(super) flights: Flights,
    /// Streams of events that may still begin.
    pub(super) streams: Arc<Semaphore>,
    /// What was counted.
    pub(super) figures: PrometheusHandle,
    /// Raised when it stops.
    pub(super) stopping: watch::Sender<bool>,
}

impl Site {
    /// What a workspace serves over HTTP; `figures` is what [`super::count`] gave.
    ///
    /// # Errors
    /// When the keys of its tokens cannot be read.
    pub fn new(front: Arc<Front>, figures: PrometheusHandle) -> Result<Arc<Self>, Broken> {
        let tokens = Tokens::open(&front.workspace)?;
        let config = front.workspace.config.serve.clone();
        let (rates, clock) = (Rates::new(config.limits.requests), front.workspace.clock());
        let stopping = watch::channel(false).0;
        let (flights, streams) = (Flights::default(), Arc::new(Semaphore::new(STREAMS)));
        Ok(Arc::new(Self { front, tokens, config, rates, clock, flights, streams, figures, stopping }))
    }

    /// Counts a request of whoever this is.
    ///
    /// # Errors
    /// When there were too many; it says when to come again.
    pub(super) fn counted(&self, whose: &str, now: Instant) -> Result<(), Problem> {
        let many = |wait| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "door.rate", "too many requests: come again later").after(wait)
        };
        self.rates.count(whose, now).map_err(many)
    }

    /// Reads the issuer's keys again.
    ///
    /// # Errors
    /// When they are not understood; then the old ones stay.
    pub fn reload_keys(&self) -> Result<(), Broken> {
        self.tokens.reload(&self.front.workspace)
    }

    /// Keeps the issuer's keys as it has them, as long as it is polled.
    pub async fn follow_keys(self: Arc<Self>) {
        self.tokens.follow().await;
    }
}

/// The listeners of a site, bound and not yet served.
pub struct Doors {
    site: Arc<Site>,
    agents: Listener,
    people: Listener,
    admin: Listener,
    apart: Handle,
}

impl Doors {
    /// Binds every listener, or none. People and the platform are served `apart`, on an event loop where no guest ever begins.
    ///
    /// # Errors
    /// When an address is taken, or the certificate cannot be read.
    pub async fn bind(site: Arc<Site>, apart: &Handle) -> Result<Self, Broken> {
        let tls = listen::tls(&site.front.workspace)?;
        let arrival = site.config.limits.arrival.to_std();
        let agents = Listener::bind(site.config.agents.address, tls.clone(), arrival).await?;
        let (people, admin) = (site.config.people.address, site.config.admin);
        let others = async move {
            Ok::<_, Broken>((Listener::bind(people, tls, arrival).await?, Listener::bind(admin, None, arrival).await?))
        };
        let (people, admin) = apart.spawn(others).await.map_err(|e| Broken::while_doing("listening", e))??;
        Ok(Self { site, agents, people, admin, apart: apart.clone() })
    }

    /// Each door, the scheme it is spoken to by, and where it listens: the port is known only now where the configuration
    /// says 0.
    #[must_use]
    pub fn addresses(&self) -> [(&'static str, &'static str, std::net::SocketAddr); 3] {
        let each = [("agents", &self.agents), ("people", &self.people), ("admin", &self.admin)];
        each.map(|(door, listener)| (door, listener.scheme(), listener.address()))
    }

    /// Serves until `stop` resolves; then takes no new calls, and lets those that run finish within `grace`.
    pub async fn serve(self, stop: impl Future<Output = ()>, grace: std::time::Duration) {
        let Self { site, agents, people, admin, apart } = self;
        let stopping = || site.stopping.subscribe();
        let people = apart.spawn(people.serve(people::router(&site), stopping(), grace));
        let admin = apart.spawn(admin.serve(admin::router(&site), stopping(), grace));
        let serving = async {
            agents.serve(agents::router(&site), stopping(), grace).await;
            for served in [people.await, admin.await] {
                if let Err(why) = served {
                    tracing::error!(%why, "a door was not served to its end");
                }
            }
        };
        let stops = async {
            stop.await;
            site.front.stop();
            site.stopping.send_replace(true);
        };
        tokio::join!(serving, stops);
    }
}
