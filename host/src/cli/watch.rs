//! `tollgate watch`: what people can read and are not cleared for, what opened it to them, and how it is closed.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::approvals::credential;
use super::command::{Watch as Options, WatchCommand};
use super::exit::{Exit, Failure};
use super::glass::statement;
use super::output::{Output, note};
use crate::approval::{named, show_name};
use crate::name::PersonName;
use crate::people::drift::Closing;
use crate::people::{Directory, Standing};
use crate::setup::Workspace;
use crate::store::{Alarm, Closer, Meanwhile, Preview, Store};

/// Names and things that are listed one by one before the rest is counted; `watch show` says all.
const FEW: usize = 12;

/// Lists alerts, shows one, or closes some.
pub fn run(folder: &Path, options: &Options, output: Output) -> Result<Exit, Failure> {
    let workspace = Workspace::open(folder)?;
    workspace.runtime()?.block_on(async {
        let store = workspace.store()?;
        store.look_for_drift()?;
        match &options.command {
            None => list(&store, options.all, output)?,
            Some(WatchCommand::Show { alert }) => show(&store, *alert, output)?,
            Some(WatchCommand::Close { alerts, reason, person }) => {
                let reason = statement("--reason", reason)?;
                let person = workspace.who(person.as_deref(), "cli")?.0;
                let operators = &workspace.config.serve.operators;
                let operates = Standing::of(store.directory()?, person.clone()).is_among(operators);
                let by = if operates { Closer::Operator(person.clone()) } else { Closer::Person(person.clone()) };
                let shown = alerts.iter().map(|alert| store.preview_closing(*alert)).collect::<Result<Vec<_>, _>>()?;
                let directory = store.directory()?;
                note(&shown.iter().map(|it| preview(it, &directory)).collect::<Vec<_>>().join("\n"));
                credential(&store, &person).await?;
                store.close_alerts(&shown, &by, &reason).await?;
                closed(&shown, &person, output);
            }
        }
        store.close().await?;
        Ok(Exit::Done)
    })
}

fn list(store: &Store, all: bool, output: Output) -> Result<(), Failure> {
    let (alarms, directory) = (store.alarms(all)?, store.directory()?);
    let shown = alarms.iter().map(|alarm| Ok((alarm, store.meanwhile(alarm)?))).collect::<Result<Vec<_>, Failure>>()?;
    let rows: Vec<Value> = shown.iter().map(|(alarm, meanwhile)| json_of(alarm, meanwhile)).collect();
    output.result(&json!({ "alerts": rows }), || {
        if shown.is_empty() {
            return "nothing is open wider than it is cleared for".to_owned();
        }
        let texts: Vec<String> = shown.iter().map(|(alarm, meanwhile)| text(alarm, meanwhile, &directory, FEW)).collect();
        texts.join("\n\n")
    });
    Ok(())
}

fn show(store: &Store, id: u64, output: Output) -> Result<(), Failure> {
    let no_such = || Failure::usage(format!("there is no alert {id}"), "`tollgate watch --all` lists alerts");
    let (alarm, directory) = (store.alarm(id)?.ok_or_else(no_such)?, store.directory()?);
    let meanwhile = store.meanwhile(&alarm)?;
    output.result(&json_of(&alarm, &meanwhile), || text(&alarm, &meanwhile, &directory, usize::MAX));
    Ok(())
}

fn json_of(alarm: &Alarm, meanwhile: &Meanwhile) -> Value {
    let mut json = alarm.json();
    let names = |people: BTreeSet<&PersonName>| people.into_iter().map(|it| json!(it.as_str())).collect::<Value>();
    json["readers"] = names(alarm.now());
    json["readers-ever"] = names(alarm.ever());
    let opened = meanwhile
        .opened
        .iter()
        .map(|it| json!({ "person": it.person.as_str(), "what": it.what, "at": it.at.to_string(), "entry": it.number }));
    // What was read without the host is not known, and is not said to be nothing.
    json["meanwhile"] = json!({
        "through-the-host": opened.collect::<Vec<_>>(), "refused": meanwhile.tried, "erased": meanwhile.unknown,
        "elsewhere": "not known",
    });
    json
}

fn text(alarm: &Alarm, meanwhile: &Meanwhile, directory: &Directory, most: usize) -> String {
    let count = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let mut lines = vec![format!("alert {}: {}", alarm.id, alarm.cause.says())];
    if !alarm.chain.is_empty() {
        lines.push(format!("  through   {}", alarm.chain.join(" → ")));
    }
    lines.push(format!("  since     {} (seen {})", alarm.since, alarm.seen));
    lines.push(match alarm.written {
        Some(number) => format!("  written   by `tollgate world apply`, entry {number} of the journal"),
        None => "  written   without the host: it is not known who did it".to_owned(),
    });
    let things = few(alarm.opened.iter().map(|it| show_name(&it.thing)), most);
    lines.push(format!("  opened    {}: {things}", count(alarm.opened.len(), "thing", "things")));
    let people: BTreeSet<PersonName> = alarm.now().into_iter().cloned().collect();
    match &alarm.closed {
        None => lines.push(format!("  to        {}", named(&people, directory, most))),
        Some((at, how, person, entry)) => {
            let by = person.as_ref().map(|person| format!(" ({person})")).unwrap_or_default();
            lines.push(format!("  to        {}, until it was closed", count(alarm.ever().len(), "person", "people")));
            lines.push(format!("  closed    {at} {how}{by}, entry {entry}"));
        }
    }
    lines.push(format!("  exposure  {} person-minutes", alarm.exposure / 60_000));
    lines.push(format!("  meanwhile {}", said(meanwhile, most)));
    if alarm.closed.is_none() {
        lines.push(if alarm.cause.is_edge() {
            format!("  to close  tollgate watch close {} --reason …", alarm.id)
        } else {
            "  to close  take people out of its list, or clear them for it".to_owned()
        });
    }
    lines.join("\n")
}

/// What was done meanwhile; what is not known is said to be not known.
fn said(meanwhile: &Meanwhile, most: usize) -> String {
    let each = meanwhile.opened.iter();
    let each = each.map(|it| format!("{} opened {} at {} (entry {})", it.person, show_name(&it.what), it.at, it.number));
    let opened = match meanwhile.opened.is_empty() {
        true => "nothing was opened through the host".to_owned(),
        false => few(each, most),
    };
    let tried = if meanwhile.tried > 0 { format!("; {} tries were refused", meanwhile.tried) } else { String::new() };
    let erased = if meanwhile.unknown > 0 {
        format!("; {} entries have no payload any more", meanwhile.unknown)
    } else {
        String::new()
    };
    format!("{opened}{tried}{erased}; what was opened without the host is not known")
}

/// The first `most`, and how many there are more.
fn few(items: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = items.len().saturating_sub(most);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", items.take(most).collect::<Vec<_>>().join(", "))
}

/// What closing an alert would do.
fn preview(shown: &Preview, directory: &Directory) -> String {
    let people = |of: &dyn Fn(&Closing) -> &Vec<PersonName>| -> BTreeSet<PersonName> {
        shown.things.iter().flat_map(of).cloned().collect()
    };
    let things = |of: &dyn Fn(&Closing) -> bool| {
        let names: Vec<String> =
            shown.things.iter().filter(|it| of(it)).map(|it| show_name(&it.thing.to_string())).collect();
        if names.is_empty() { "nothing".to_owned() } else { few(names.into_iter(), FEW) }
    };
    let (closes, loses, stays) = (people(&|it| &it.closes), people(&|it| &it.loses), people(&|it| &it.stays));
    let mut lines = vec![
        format!("alert {}: takes away that {}", shown.alert, shown.cause.says()),
        format!("  closes    {}", things(&|it| !it.closes.is_empty())),
        format!("  to        {}", named(&closes, directory, FEW)),
    ];
    if !loses.is_empty() {
        let what = things(&|it| !it.loses.is_empty());
        lines.push(format!("  loses too {} who are cleared, of {what}", named(&loses, directory, FEW)));
    }
    if shown.things.iter().any(|it| it.narrows) {
        lines.push(format!("  narrows   who is cleared for {}", things(&|it| it.narrows)));
    }
    if !stays.is_empty() {
        let what = things(&|it| !it.stays.is_empty());
        lines.push(format!("  stays     open to {}, of {what}", named(&stays, directory, FEW)));
    }
    lines.join("\n")
}

fn closed(shown: &[Preview], person: &PersonName, output: Output) {
    let of = |it: &Preview| {
        let count = |of: &dyn Fn(&Closing) -> &Vec<PersonName>| it.things.iter().flat_map(of).collect::<BTreeSet<_>>().len();
        json!({
            "alert": it.alert, "cause": it.cause.to_string(), "things": it.things.iter().filter(|it| !it.closes.is_empty()).count(),
            "closed-to": count(&|it| &it.closes), "lost-by": count(&|it| &it.loses), "open-to": count(&|it| &it.stays),
        })
    };
    let json = json!({ "closed": shown.iter().map(of).collect::<Vec<_>>(), "by": person.as_str() });
    output.result(&json, || {
        let lines: Vec<String> =
            shown.iter().map(|it| format!("alert {} is closed: {}, no more", it.alert, it.cause.says())).collect();
        lines.join("\n")
    });
}
