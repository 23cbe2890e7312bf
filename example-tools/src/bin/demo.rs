//! The demo: the whole story on the embedded world with four real tools. A script plays the person, and says so.
//!
//! Called with arguments it is `tollgate` itself: the story's commands are this program again, each in a process of its own.

#![expect(clippy::disallowed_macros, reason = "a story is told on stdout")]

use std::process::ExitCode;

use serde_json::{Value, json};
use tollgate_example_tools::stage::{Stage, receipt, refusals, title};

const QUESTION: &str = "How do I roll back a deploy that fails its health check?";
/// A no stands for a while for exactly the same act, so that what ben says yes to is another one.
const ANOTHER: &str = "How do I roll back a deploy?";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.len() > 1 {
        return tollgate::cli::main(arguments);
    }
    match story() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the demo ended early: {why}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Result<(), String> {
    println!("Tollgate's demo: four tools, and everything they may not do.");
    println!("A script plays the person at the terminal: it reads the cards and types the answers.");
    title("building the tools for wasm32-wasip2");
    let built = tollgate_example_tools::build()?;
    title("a workspace, made around ben, who sets a passphrase at his terminal");
    let stage = Stage::set(&built.tools)?;
    inspect(&stage)?;
    answer_reads(&stage)?;
    answer_reads_elsewhere(&stage)?;
    answer_posts(&stage, QUESTION, "no")?;
    let invocation = answer_posts(&stage, ANOTHER, "yes")?;
    answer_runs_out(&stage)?;
    triage(&stage)?;
    table(&stage)?;
    lend(&stage)?;
    evidence(&stage, &invocation)
}

fn inspect(stage: &Stage) -> Result<(), String> {
    title("what a tool wants, before anything is granted");
    print!("{}", stage.told(&["inspect", "answer"], 0)?);
    title("what the four are granted: their manifests, each pinned to its bytes");
    print!("{}", stage.told(&["check"], 0)?);
    Ok(())
}

fn answer_reads(stage: &Stage) -> Result<(), String> {
    title("answer: a question, answered out of the runbooks it may read");
    let report = stage.call("answer.ask", &json!({ "question": QUESTION, "folder": "runbooks" }), 0)?;
    println!("{}", text(&report["value"]["text"])?);
    receipt(&report, &["files.read calls", "files.read bytes", "fuel"]);
    Ok(())
}

fn answer_reads_elsewhere(stage: &Stage) -> Result<(), String> {
    title("the same tool, asked about a folder that no grant reaches");
    let report = stage.call("answer.ask", &json!({ "question": "What does the ledger say?", "folder": "pay" }), 3)?;
    refusals(&report);
    Ok(())
}

fn answer_posts(stage: &Stage, question: &str, answer: &str) -> Result<String, String> {
    title(&format!("the answer is to be posted; ben is shown exactly what, and says {answer}"));
    let arguments = json!({ "question": question, "folder": "runbooks", "forum": "eng-help", "thread": 1 });
    let report = stage.ask("answer.reply", &arguments, answer)?;
    expect(&report["outcome"], if answer == "yes" { "returned" } else { "refused" })?;
    refusals(&report);
    let world = stage.json(&["world", "show"], 0)?;
    println!("posts in eng-help now: {}", world["forums"]["eng-help"]["posts"]);
    text(&report["invocation"]).map(str::to_owned)
}

fn answer_runs_out(stage: &Stage) -> Result<(), String> {
    title("the operator allows three reads; the tool runs out");
    let manifest = stage.read("tools/answer.toml")?;
    let narrowed = manifest.replace("calls = 1000", "calls = 3");
    if narrowed == manifest {
        return Err("the manifest has no `calls = 1000`".to_owned());
    }
    stage.write("tools/answer.toml", &narrowed)?;
    let report = stage.call("answer.ask", &json!({ "question": QUESTION, "folder": "runbooks" }), 0)?;
    refusals(&report);
    receipt(&report, &["files.read calls"]);
    Ok(())
}

fn triage(stage: &Stage) -> Result<(), String> {
    title("triage: a log of the package manager, beside the thread in which people wonder; it can change nothing");
    let report = stage.call("triage.triage", &json!({ "log": "logs/dpkg.log", "forum": "eng-help", "thread": 2 }), 0)?;
    println!("{}", text(&report["value"]["text"])?);
    receipt(&report, &["files.read bytes", "forum.read calls", "fuel"]);
    Ok(())
}

fn table(stage: &Stage) -> Result<(), String> {
    title("table: a query over a table that stands in its arguments; it imports nothing, so nothing is granted");
    let table = stage.read("files/datasets/example/sales.csv")?;
    let query = "select region, sum(units) as sold, sum(units * price) as revenue group by region order by revenue desc";
    let report = stage.call("table.query", &json!({ "query": query, "table": table }), 0)?;
    println!("{}", text(&report["value"]["text"])?);
    receipt(&report, &["host-calls", "fuel"]);
    Ok(())
}

fn lend(stage: &Stage) -> Result<(), String> {
    title("lend: the guests are to read a data set for half an hour; ben is shown who gains what, and says yes");
    let arguments = json!({ "object": "dataset/example", "group": "guests", "minutes": 30 });
    let report = stage.ask("lend.lend", &arguments, "yes")?;
    expect(&report["value"]["tag"], "opened")?;
    println!("{}", text(&report["value"]["value"]["text"])?);
    let world = stage.json(&["world", "show"], 0)?;
    println!("entries of dataset/example now: {}", world["objects"]["dataset/example"]["entries"]);
    title("and back before its time, which needs nobody's yes");
    let lease = &report["value"]["value"]["lease"];
    stage.call("lend.return-early", &json!({ "object": "dataset/example", "lease": lease }), 0)?;
    let who = stage.call("lend.who", &json!({ "object": "dataset/example" }), 0)?;
    println!("who can use dataset/example now, beside its owner: {}", who["value"]);
    Ok(())
}

fn evidence(stage: &Stage, invocation: &str) -> Result<(), String> {
    title("afterwards: the receipt of the post, and the journal");
    print!("{}", stage.told(&["receipt", invocation], 0)?);
    print!("{}", stage.told(&["journal", "verify"], 0)?);
    println!("\nThat was all of it. The README says how to make a workspace of your own.");
    Ok(())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("a text was expected instead of {value}"))
}

fn expect(value: &Value, expected: &str) -> Result<(), String> {
    if value == expected { Ok(()) } else { Err(format!("{value} instead of {expected}")) }
}
