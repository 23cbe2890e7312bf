//! What still answers when every thread of guests is in a loop: the list of tools, health, and the switch.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tollgate::setup::Workspace;
use tollgate_benches::table::{Table, millis};
use tollgate_benches::{Failed, PERSON};

use super::Effort;
use super::doors::{Request, call, list, passphrase, person, until_it_works};
use super::subject::{LIMITS, Subject, command, with_probe};

/// No loop ends before the measuring does.
const MANIFEST: &str = "[limits]\ntime = \"10 min\"\nfuel = \"1000G\"\n";

/// None, as many as one caller may have where nothing is configured, and as many as there are places for guests.
const LOOPS: [usize; 3] = [0, 64, 256];

/// What answers is to answer within so many milliseconds.
const MOST: f64 = 50.0;

/// The table.
pub fn table(effort: Effort) -> Result<Table, Failed> {
    let title = "While guests loop on every thread that guests have";
    let mut table = Table::new(title, &["loops", "what is asked", "times", "p50", "at most"]);
    for loops in LOOPS {
        let stage = Stage::with(loops)?;
        let times = if effort.quick { 5 } else { 20 };
        for (name, ask) in ASKS {
            let mut took = (0..times).map(|_| ask(&stage)).collect::<Result<Vec<_>, _>>()?;
            took.sort_unstable();
            let (half, most) = (took[took.len() / 2], took[took.len() - 1]);
            table.row(&[&loops.to_string(), name, &times.to_string(), &millis(half), &millis(most)]);
            if loops > 0 {
                table.target(&format!("{loops} loops, {name}: ms, at most"), most.as_secs_f64() * 1e3, MOST);
            }
        }
        stage.still_looping()?;
    }
    Ok(table)
}

/// A server, and the loops in it.
struct Stage {
    subject: Subject,
    workspace: Workspace,
    person: String,
    loops: Vec<TcpStream>,
    _folder: tempfile::TempDir,
}

type Ask = fn(&Stage) -> Result<Duration, Failed>;

const ASKS: [(&str, Ask); 4] = [
    ("`tools/list`", |it| Ok(list(it.subject.port, it.subject.token.as_deref().unwrap_or_default())?.took)),
    ("`/healthz`", |it| {
        let request = Request { port: it.subject.admin, line: "GET /healthz", token: "", headers: "", body: "" };
        Ok(request.ask()?.with(200)?.took)
    }),
    ("`POST /v1/freezes`", |it| {
        let body = "{\"scope\":\"tool\",\"name\":\"empty\",\"reason\":\"a benchmark\"}";
        let request = Request { port: it.subject.people, line: "POST /v1/freezes", token: &it.person, headers: "", body };
        Ok(request.ask()?.with(201)?.took)
    }),
    ("`tollgate freeze`, a process of its own", |it| {
        let began = Instant::now();
        let ran = command(&it.workspace)?.args(["freeze", "tool", "empty", "--reason", "a benchmark"]).output()?;
        let took = began.elapsed();
        if ran.status.success() { Ok(took) } else { Err(String::from_utf8_lossy(&ran.stderr).into()) }
    }),
];

impl Stage {
    fn with(loops: usize) -> Result<Self, Failed> {
        let (folder, workspace) = with_probe(MANIFEST)?;
        let subject = Subject::over(None, &workspace, &format!("operators = [\"{PERSON}\"]\n{LIMITS}"))?;
        passphrase(&workspace)?;
        let person = person(&workspace)?;
        let loops = (0..loops).map(|_| call(&subject, "probe_spin")).collect::<Result<Vec<_>, _>>()?;
        if !loops.is_empty() {
            until_it_works(subject.pid(), Duration::from_secs(1))?;
        }
        Ok(Self { subject, workspace, person, loops, _folder: folder })
    }

    /// None of the loops has been answered.
    fn still_looping(&self) -> Result<(), Failed> {
        for stream in &self.loops {
            stream.set_nonblocking(true)?;
            let mut text = [0; 2048];
            match stream.peek(&mut text) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                other => return Err(format!("a loop is over: {other:?}: {}", String::from_utf8_lossy(&text)).into()),
            }
        }
        Ok(())
    }
}
