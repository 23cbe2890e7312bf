//! Who comes to the approvers' door with an agent's token wants to answer his own question: that goes on record.

use axum::http::StatusCode;

use super::Site;
use super::problem::Problem;
use crate::clock::Instant;
use crate::journal::{Body, Draft, Kind};
use crate::serve::token::Signed;

/// The code of the door, in the answer and on record.
const CODE: &str = "door.self-approval";

/// Turns an agent's token away, on record: for whom and through whom it was signed, nothing else of it. Nobody fills the
/// journal so: what is more than a caller may send is answered and not recorded.
pub(super) async fn self_approval(site: &Site, signed: &Signed, now: Instant) -> Problem {
    let Signed { person, actors } = signed;
    let whose = format!("turned away {person:?} {actors:?}");
    if let Err(wait) = site.rates.count(&whose, now) {
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, "door.rate", "too many requests: come again later").after(wait);
    }
    tracing::warn!(code = CODE, "an agent's token came to the approvers' door");
    let body = Body::of(5).text("code", CODE).text("door", "people");
    let body = person.iter().fold(body, |body, person| body.name("initiator", person.shared()));
    let body = actors.iter().fold(body, |body, actors| body.name("agent", actors.first().shared()));
    let via = actors.as_ref().and_then(crate::name::Actors::via_text);
    let body = via.into_iter().fold(body, |body, via| body.text("via", via));
    if let Err(failed) = site.front.store.note(Draft::new(Kind::TurnedAway, body)).await {
        let broken = crate::diagnostic::Broken::from(failed);
        tracing::error!(doing = broken.doing, cause = broken.cause, "that an agent was turned away is not on record");
    }
    Problem::new(StatusCode::FORBIDDEN, CODE, "this is an agent's token, and people answer here: an agent never does")
}
