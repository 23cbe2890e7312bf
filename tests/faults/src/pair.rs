//! Two processes at work on one store, of which one is killed: the other goes on, and what the dead one left is settled, but
//! nothing of one that lives.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_example_tools::terminal::Terminal;

use crate::check::{Found, Promise, check};
use crate::fault::Fault;
use crate::run::{Ran, environment, seen, take};
use crate::stage::{PASSPHRASE, Room, Stage};
use crate::workload::{Step, Workload, look, verify};
use crate::{Failed, Met};

/// How long the one that lives may take to see that another died. It looks every second.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the one that lives posts.
const POSTS: usize = 40;

/// One process posts many times while another, which posts once, meets `fault`.
///
/// # Errors
/// When the run could not be made.
pub fn beside_one_that_works(stage: &Stage, fault: Fault) -> Result<Met, Failed> {
    let room = stage.room()?;
    let many = json!({ "forum": "eng-help", "thread": "1", "body": "from the one that lives", "times": POSTS });
    let many = Step::call("post-hidden", &many);
    let one = workload(POSTS + 1);
    let (lives, dies) = std::thread::scope(|scope| {
        let lives = scope.spawn(|| take(stage, &room, &many, &[]).map_err(|e| e.to_string()));
        let dies = environment(&room, fault).and_then(|it| take(stage, &room, &one.faulted, &it));
        (lives.join().unwrap_or_else(|e| std::panic::resume_unwind(e)), dies)
    });
    let (lives, dies) = (lives?, dies?);
    let mut found = after(stage, &room, &one, &dies)?;
    let value = lives.report().map(|report| report["value"].clone());
    if value.as_ref().and_then(Value::as_u64) != Some(POSTS as u64) {
        found.broken.push((Promise::Starts, format!("the one that lives could not go on: {lives:?}")));
    }
    Ok(Met { ran: dies, edges: 0, found })
}

/// One process waits for a person's answer while another meets `fault`; the one that waits settles what the dead one left,
/// a third that starts leaves the one that waits alone, and that one then does what it was agreed to.
///
/// # Errors
/// When the run could not be made.
pub fn beside_one_that_waits(stage: &Stage, fault: Fault) -> Result<Met, Failed> {
    let room = stage.room()?;
    let (mut waiting, of) = ask(stage, &room)?;
    let one = workload(2);
    let dies = take(stage, &room, &one.faulted, &environment(&room, fault)?)?;
    let settled = within_patience(|| Ok(open(&room)? == [of.clone()]))?;
    let third = take(stage, &room, &look(), &[])?;
    let open = open(&room)?;
    waiting.type_line("yes")?;
    waiting.expect("passphrase")?;
    waiting.type_line(PASSPHRASE)?;
    let lives = waiting.end()?;
    let mut found = after(stage, &room, &one, &dies)?;
    let mut must = |holds: bool, why: String| {
        if !holds {
            found.broken.push((Promise::Settled, why));
        }
    };
    must(settled, "what the dead one left stays open while another lives".to_owned());
    must(third.code == Some(0), format!("the third: {third:?}"));
    must(open == [of], format!("open while one waits: {open:?}"));
    must(lives.status.success(), format!("the one that waited: {} {}", lives.stdout, lives.screen));
    Ok(Met { ran: dies, edges: 0, found })
}

/// One process waits for a person's answer, so that the store stays open, while the power goes at an edge of another. What
/// that one acknowledged stands in the log alone: nothing copied it into the database.
///
/// # Errors
/// When the run could not be made.
pub fn power_lost_beside_one_that_waits(stage: &Stage, fault: Fault) -> Result<Met, Failed> {
    let room = stage.room()?;
    let (waiting, _) = ask(stage, &room)?;
    let one = workload(1);
    let dies = take(stage, &room, &one.faulted, &environment(&room, fault)?)?;
    waiting.kill()?;
    let edges = seen(&room)?.len() as u64;
    let found = after(stage, &room, &one, &dies)?;
    Ok(Met { ran: dies, edges, found })
}

/// Whether something comes true in time.
fn within_patience(mut holds: impl FnMut() -> rusqlite::Result<bool>) -> rusqlite::Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if holds()? {
            return Ok(true);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok(false)
}

/// Starts a call that waits at its terminal, and returns it with its invocation.
fn ask(stage: &Stage, room: &Room) -> Result<(Terminal, String), Failed> {
    let widen = json!({ "object": "runbooks", "principal": "group:guests", "right": "read", "seconds": "60" });
    let words = stage.program.words(&Step::call("acl-widen", &widen).arguments);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut waiting = Terminal::start(&stage.program.path, &words, &room.folder)?;
    waiting.expect("[yes/no]")?;
    match &open(room)?[..] {
        [one] => Ok((waiting, one.clone())),
        others => Err(format!("one call waits, and open are {others:?}").into()),
    }
}

fn open(room: &Room) -> Result<Vec<String>, rusqlite::Error> {
    let store = room.store()?;
    let mut query = store.prepare("SELECT invocation FROM open_invocations")?;
    query.query_map([], |row| row.get(0))?.collect()
}

/// The one that dies, and how many effects both may have.
fn workload(most: usize) -> Workload {
    let post = json!({ "forum": "eng-help", "thread": "1", "body": "from the one that dies" });
    let faulted = Step::call("forum-post", &post);
    Workload {
        name: "beside another",
        before: Vec::new(),
        faulted,
        after: Vec::new(),
        most,
        says: |_| 1,
        asks: false,
        forum: None,
    }
}

fn after(stage: &Stage, room: &Room, workload: &Workload, dies: &Ran) -> Result<Found, Failed> {
    let restarted = take(stage, room, &look(), &[])?;
    let verified = take(stage, room, &verify(), &[])?;
    check(room, workload, dies, &[restarted], &verified)
}
