//! Clients that want to know when the list of tools has changed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rmcp::RoleServer;
use rmcp::service::{Peer, SubscriptionContext, SubscriptionSink};

/// Clients of both generations. Over a subscription (2026-07-28) or in a session, whichever they have.
#[derive(Default)]
pub struct Subscribers {
    sessions: Mutex<Vec<Peer<RoleServer>>>,
    subscriptions: Mutex<Vec<(u64, SubscriptionSink)>>,
    next: AtomicU64,
}

/// So many of each are told; one more takes the place of the oldest.
const MOST: usize = 10_000;

impl Subscribers {
    /// A client with a session.
    pub(super) fn session(&self, peer: Peer<RoleServer>) {
        let mut all = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|peer| !peer.is_transport_closed());
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(peer);
    }

    /// Serves a subscription until its client goes.
    pub(super) async fn subscription(&self, context: SubscriptionContext) {
        let own = self.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut all = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MOST {
                all.remove(0);
            }
            all.push((own, context.sink().clone()));
        }
        let _subscribed = Subscribed(self, own);
        context.cancelled().await;
    }

    /// Tells everybody who wants to know; one that cannot be told has gone.
    pub async fn tell(&self) {
        let sessions = std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for peer in sessions {
            if peer.notify_tool_list_changed().await.is_ok() {
                self.session(peer);
            }
        }
        let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, sink) in subscriptions {
            if let Err(why) = sink.notify_tool_list_changed().await {
                tracing::debug!(%why, "a client was not told that tools have changed");
            }
        }
    }
}

/// A subscription that is served.
struct Subscribed<'a>(&'a Subscribers, u64);

impl Drop for Subscribed<'_> {
    fn drop(&mut self) {
        self.0.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).retain(|(own, _)| *own != self.1);
    }
}
