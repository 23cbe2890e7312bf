//! What the host's watch found, as an object's owner sees it at the people's door, and the one command that closes it.

use serde_json::{Value, json};
use tollgate_benches::Failed;
use tollgate_replay::world::Principal;

use super::doors::Request;
use super::stage::{self, Stage};

/// An alert about one entry of an access list.
#[derive(Debug)]
pub struct Alert {
    id: String,
    /// Whether it is closed, and nobody did that.
    pub closed_itself: bool,
}

/// The latest alert about a principal on an object's list, if its owner is shown one.
pub fn alert(stage: &Stage<'_>, object: u16, principal: Principal) -> Result<Option<Alert>, Failed> {
    let token = stage.person(stage.world.owner(object))?;
    let line = "GET /v1/alerts?state=all&limit=1000";
    let request = Request { door: Request::LATER, line, token: &token, header: None, body: None };
    let listed = stage.at_people(request)?.body;
    let cause = format!("entry o{object} {} read", stage::principal(principal));
    let alerts = listed["alerts"].as_array().ok_or_else(|| format!("no alerts: {listed}"))?;
    let Some(found) = alerts.iter().find(|alert| alert["cause"] == cause.as_str()) else { return Ok(None) };
    let id = found["alert"].as_str().ok_or("an alert without a number")?.to_owned();
    let closed_itself = found["state"] == "closed" && found["how"] == "by-itself";
    let closed = found["state"] == "closed";
    Ok((!closed || closed_itself).then_some(Alert { id, closed_itself }))
}

/// Its owner looks what closing would do, and closes it.
pub fn close(stage: &Stage<'_>, object: u16, alert: &Alert) -> Result<(), Failed> {
    let token = stage.person(stage.world.owner(object))?;
    let ask = |line: &str, body: Option<&Value>| {
        stage.at_people(Request { door: Request::LATER, line, token: &token, header: None, body })
    };
    let shown = ask(&format!("GET /v1/alerts/{}", alert.id), None)?.body["closing"]["shown"].clone();
    let told = json!({ "reason": "nobody meant to let them all in", "shown": shown });
    let closed = ask(&format!("POST /v1/alerts/{}/close", alert.id), Some(&told))?;
    if closed.status == 200 { Ok(()) } else { Err(format!("alert {}: {}", alert.id, closed.body).into()) }
}
