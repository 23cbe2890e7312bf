//! Doors for programs and browsers. Each translates and decides nothing: whatever comes in is one call of [`Front`].

mod admission;
mod checked;
mod cursor;
mod figures;
mod front;
mod http;
mod in_place;
mod keys;
mod mcp;
mod offer;
mod rates;
mod reload;
mod said;
mod stdio;
mod take_up;
mod told;
mod token;
mod turned;
mod trace;

pub use admission::{Busy, Most, Turns};
pub use figures::begin as count;
pub use front::{Asked, Came, Front, Turned};
pub use http::{Doors, Knows, Site, mount};
pub use mcp::{Identity, Mcp};
pub use offer::{Offer, Shelf};
pub use reload::Reloaded;
pub use stdio::serve as over_stdio;
pub use token::{Denied, Tokens};
pub use told::Told;
pub use trace::Trace;

use crate::name::{Actors, PersonName};

/// Who calls, as the door found out: never as the caller says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// On whose behalf.
    pub person: PersonName,
    /// Through which agents.
    pub actors: Actors,
    /// In which session, where the platform says so.
    pub session: Option<String>,
}

/// Resolves when a time that a call brought is over; where it brought none, never.
async fn over(span: Option<std::time::Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}
