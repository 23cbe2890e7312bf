//! The keys of an issuer: from a file, or from the issuer itself, which is looked at again and again, and at once when a
//! token names a key that nobody here knows.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::token::Denied;
use crate::config::{Address, Issuer, Keys as From};
use crate::diagnostic::Broken;
use crate::setup::{Workspace, client, read_text, read_url};

/// The largest JWK set that is fetched, in bytes.
const LARGEST: usize = 256 << 10;

/// How long fetching one may take.
const WITHIN: Duration = Duration::from_secs(5);

/// How long a request waits for a key that nobody here knows.
const PATIENCE: Duration = Duration::from_secs(2);

/// An issuer with its keys.
pub struct Keys {
    /// Who it is.
    pub(super) issuer: Issuer,
    /// None before the first were fetched.
    set: RwLock<Option<JwkSet>>,
    looks: watch::Sender<Looks>,
    /// A look was begun for whoever follows.
    begun: Notify,
}

/// How it stands with looking.
#[derive(Debug, Clone, Copy)]
struct Looks {
    running: bool,
    /// So many are over.
    ended: u64,
    /// The next may begin from here on.
    from: Instant,
}

impl Keys {
    /// The keys of an issuer. Those at an address are fetched by whoever [follows](Self::follow) them.
    ///
    /// # Errors
    /// When a file of them is not understood.
    pub(super) fn open(workspace: &Workspace, issuer: Issuer) -> Result<Self, Broken> {
        // The first look is under way as soon as somebody follows, and who comes before its end waits for it.
        let pause = match &issuer.keys {
            From::File(_) => Duration::ZERO,
            From::Url(address) => address.pause.to_std(),
        };
        let looks = watch::Sender::new(Looks { running: true, ended: 0, from: Instant::now() + pause });
        let keys = Self { issuer, set: RwLock::default(), looks, begun: Notify::new() };
        if let Some(set) = keys.read(workspace)? {
            keys.put(set);
        }
        Ok(keys)
    }

    /// Reads them from their file. Where they come from an address, they are looked at there soon, and it is none.
    ///
    /// # Errors
    /// When they are not understood.
    pub(super) fn read(&self, workspace: &Workspace) -> Result<Option<JwkSet>, Broken> {
        match &self.issuer.keys {
            From::File(file) => {
                let path = workspace.path(file.as_str());
                self.parse(read_text(&path)?.as_bytes(), &path.display()).map(Some)
            }
            From::Url(address) => {
                self.ask(address);
                Ok(None)
            }
        }
    }

    /// Puts others in place of those that there are.
    pub(super) fn put(&self, set: JwkSet) {
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Some(set);
    }

    /// Whether there are none yet.
    pub(super) fn lack(&self) -> bool {
        self.set.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// The key that a token names.
    ///
    /// # Errors
    /// When there is none, or it is for another algorithm.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Denied> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        let keys = set.as_ref().map(|set| set.keys.as_slice()).unwrap_or_default();
        let named = match (kid, keys) {
            (Some(kid), keys) => keys.iter().find(|jwk| jwk.common.key_id.as_deref() == Some(kid)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let jwk = named.ok_or(Denied::NoKey)?;
        if !fits(jwk, algorithm) {
            return Err(Denied::Invalid("its key is for another algorithm".to_owned()));
        }
        DecodingKey::from_jwk(jwk).map_err(|e| Denied::Invalid(e.to_string()))
    }

    /// Keeps them as the issuer has them, as long as it is polled; `put` puts others in place. Where they come from a file,
    /// there is nothing to do.
    pub(super) async fn follow(&self, put: impl Fn(JwkSet)) {
        let From::Url(address) = &self.issuer.keys else { return };
        let mut client = None;
        loop {
            match self.fetch(address, &mut client).await {
                Ok(set) => {
                    if self.set.read().unwrap_or_else(PoisonError::into_inner).as_ref() != Some(&set) {
                        tracing::info!(issuer = self.issuer.issuer, keys = set.keys.len(), "the issuer has other keys now");
                        put(set);
                    }
                }
                Err(broken) if self.lack() => {
                    let said = "the issuer's keys are not known, and its tokens are turned away";
                    tracing::error!(doing = broken.doing, cause = broken.cause, "{said}");
                }
                Err(broken) => {
                    tracing::error!(doing = broken.doing, cause = broken.cause, "the issuer's keys stay as they were");
                }
            }
            self.looks.send_modify(|looks| *looks = Looks { running: false, ended: looks.ended + 1, ..*looks });
            let over = tokio::time::timeout(address.every.to_std(), self.begun.notified()).await.is_err();
            if over && !self.begins(address) {
                // Somebody else has begun one just now.
                self.begun.notified().await;
            }
        }
    }

    /// Looks for keys that are not known here, unless that was done a moment ago; waits for it, and not for ever.
    pub(super) async fn seek(&self) {
        let From::Url(address) = &self.issuer.keys else { return };
        let mut looks = self.looks.subscribe();
        let before = looks.borrow().ended;
        self.ask(address);
        let Looks { running, ended, .. } = *looks.borrow();
        if running || ended > before {
            // Too late or stopping: then what is known has to do.
            let _ = tokio::time::timeout(PATIENCE, looks.wait_for(|now| now.ended > before)).await;
        }
    }

    fn ask(&self, address: &Address) {
        if self.begins(address) {
            self.begun.notify_one();
        }
    }

    /// Begins a look, if none is under way and the last one was long enough ago.
    fn begins(&self, address: &Address) -> bool {
        let now = Instant::now();
        self.looks.send_if_modified(|looks| {
            let begins = !looks.running && now >= looks.from;
            if begins {
                *looks = Looks { running: true, from: now + address.pause.to_std(), ..*looks };
            }
            begins
        })
    }

    async fn fetch(&self, address: &Address, known: &mut Option<reqwest::Client>) -> Result<JwkSet, Broken> {
        let client = match known {
            Some(client) => client,
            None => known.insert(client(&address.url, WITHIN)?),
        };
        let bytes = read_url(client, &address.url, LARGEST).await?;
        self.parse(&bytes, &address.url)
    }

    /// The one way in which keys are understood, wherever they come from. Of what was read nothing is said: it may be anything.
    fn parse(&self, bytes: &[u8], from: &dyn std::fmt::Display) -> Result<JwkSet, Broken> {
        serde_json::from_slice(bytes).map_err(|e| {
            let cause = format!("it is no JWK set, by line {}, column {}", e.line(), e.column());
            Broken::while_doing(format!("reading the keys of {} in {from}", self.issuer.issuer), cause)
        })
    }
}

/// Whether a key is for this algorithm: a key that says so is for no other.
fn fits(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let said = jwk.common.key_algorithm;
    said.is_none_or(|said: KeyAlgorithm| said.to_string() == format!("{algorithm:?}"))
}
