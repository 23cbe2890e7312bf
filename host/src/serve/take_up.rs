//! Taking up what waits: whoever answers, and wherever, what was asked for goes on here if nobody else does.

use std::sync::Arc;
use std::time::Duration;

use super::Front;
use super::said::of_turned;
use crate::invoke::Waits as _;
use crate::setup::Workspace;

/// So many are taken up at once.
const AT_ONCE: u32 = 64;

/// How often it is looked for questions whose time is over, which nobody tells.
const EXPIRED: Duration = Duration::from_secs(30);

impl Front {
    /// Goes on, as long as it is polled, with every invocation whose question was answered and that nobody waits for.
    pub async fn take_up(self: Arc<Self>) {
        use crate::gate::Questions as _;
        loop {
            let answers = self.store.answers();
            self.all_ready().await;
            let news = async {
                while self.store.answers() == answers {
                    Workspace::something_new(&self.store).await;
                }
            };
            // No news for so long: then those whose time is over.
            let _ = tokio::time::timeout(EXPIRED, news).await;
        }
    }

    async fn all_ready(self: &Arc<Self>) {
        loop {
            let ready = match self.store.can_go_on(AT_ONCE) {
                Ok(ready) => ready,
                Err(broken) => {
                    return tracing::error!(doing = broken.doing, cause = broken.cause, "what waits is not known");
                }
            };
            let going: Vec<_> = ready.iter().map(|id| (*id, tokio::spawn(self.clone().goes_on(*id)))).collect();
            let mut went = 0;
            for (id, going) in going {
                match going.await {
                    Ok(true) => went += 1,
                    Ok(false) => {}
                    Err(why) => tracing::error!(invocation = %id, %why, "it was not gone on with"),
                }
            }
            // What cannot go on now is looked at again with the next news; there may be more behind it.
            if went == 0 {
                return;
            }
        }
    }

    /// Goes on, beside whoever asks, with what waited for a question.
    pub(super) async fn goes_on_after(self: Arc<Self>, question: u64) {
        match self.store.waiting_for(question).await {
            Ok(waiting) => waiting.into_iter().for_each(|id| drop(self.guests().spawn(self.clone().goes_on(id)))),
            Err(broken) => tracing::error!(doing = broken.doing, cause = broken.cause, "what waits is not known"),
        }
    }

    async fn goes_on(self: Arc<Self>, invocation: crate::name::InvocationId) -> bool {
        match self.go_on(invocation).await {
            Ok(_) => true,
            Err(turned) => {
                tracing::warn!(%invocation, code = of_turned(&turned).code, "what waits cannot go on now");
                false
            }
        }
    }
}
