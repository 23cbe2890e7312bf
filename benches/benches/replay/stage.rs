//! The company of a seed as a workspace of the real host, served behind its own doors, on a clock that the replay moves.

#![expect(clippy::disallowed_methods, reason = "a benchmark makes files, and begins its day after today")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tollgate::clock::{Instant, Manual};
use tollgate::diagnostic::Broken;
use tollgate::name::{AgentName, PersonName};
use tollgate::serve::{Caller, Doors, Front, Shelf, Site, Tokens};
use tollgate::setup::{Given, Workspace};
use tollgate::store::Store;
use tollgate::unit::Duration;
use tollgate_benches::{Failed, command};
use tollgate_replay::Minute;
use tollgate_replay::crowd::{PEOPLE, Person};
use tollgate_replay::world::{Group, Kind, Principal, World};

use super::doors::{Answer, Request};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// Tools, all of one component: each is granted one thing. `teller` may have an owner asked where labels forbid a post.
const TOOLS: [(&str, &str); 4] = [
    ("reader", "\"files.read\" = { paths = [\"data/**\"], calls = 10, bytes = \"1 MiB\" }"),
    (
        "poster",
        "\"forum.post\" = { forums = [\"everyone\", \"team-*\", \"proj-*\"], calls = 5, bytes = \"8 KiB\", consent = \"initiator\" }",
    ),
    (
        "teller",
        "\"forum.post\" = { forums = [\"everyone\", \"team-*\", \"proj-*\"], calls = 5, bytes = \"8 KiB\", consent = \"initiator\", flow = \"ask\" }",
    ),
    (
        "sharer",
        "\"acl.write\" = { objects = [\"o*\"], principals = [\"group:proj-*\", \"p*\"], rights = [\"read\"], calls = 5, lease = \"30 min\", \
         consent = \"owner\" }",
    ),
];

/// Nobody waits for real, nobody is counted, and one owner may release something to everybody.
const CONFIG: &str = "\n[consent]\nhold = \"0 s\"\nasks = \"1000000 per day\"\ntwo-beyond = 100000\n\n[serve]\n\
    agents = \"127.0.0.1:0\"\npeople = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nagents-url = \"http://agents.test\"\n\
    people-url = \"http://people.test\"\n\n[serve.limits]\nper-caller = 512\nper-tool = 512\nqueue = 1024\n\
    requests = \"1000000 per second\"\n";

/// A served host.
pub struct Stage<'w> {
    /// The company.
    pub world: &'w World,
    /// Its store, for what is done outside.
    pub store: Arc<Store>,
    /// A look into its tables.
    pub beside: Connection,
    /// The first thread of each forum.
    pub threads: BTreeMap<String, i64>,
    /// Whether objects close by themselves.
    pub closes: bool,
    clock: Arc<Manual>,
    start: Instant,
    workspace: Workspace,
    tokens: Tokens,
    agents: u16,
    people: u16,
    stop: Option<oneshot::Sender<()>>,
    runtime: Arc<Runtime>,
    _folder: TempDir,
}

/// What is shared by all hosts of this process: threads, and the counter, of which there is one.
pub struct Shared {
    runtime: Arc<Runtime>,
    site: Box<dyn Fn(Front) -> Result<Arc<Site>, Broken>>,
    component: Vec<u8>,
}

impl Shared {
    /// Threads, the counter, and the guest.
    pub fn new() -> Result<Self, Failed> {
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?);
        let figures = tollgate::serve::count().map_err(|e| e.to_string())?;
        let component = std::fs::read(tollgate_example_tools::build()?.fixtures.join("probe.wasm"))?;
        Ok(Self { runtime, site: Box::new(move |front| Site::new(Arc::new(front), figures.clone())), component })
    }
}

fn failed(broken: Broken) -> Failed {
    broken.to_string().into()
}

impl<'w> Stage<'w> {
    /// Builds the workspace and serves it. The day begins the day after tomorrow, so that no time lies before today's.
    pub fn open(world: &'w World, shared: &Shared, closes: bool) -> Result<Self, Failed> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
        let at = lay_out(world, folder.path(), (&shared.component, closes))?;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
        let start = Instant((u64::try_from(now)? / DAY + 2) * DAY);
        let clock = Arc::new(Manual::at(start));
        let open = || {
            let mut workspace = Workspace::open(&at).map_err(|e| format!("{e:?}"))?;
            workspace.embedding.clock = Some(clock.clone());
            Ok::<_, Failed>(workspace)
        };
        let (workspace, served) = (open()?, open()?);
        let tokens = Tokens::open(&workspace).map_err(failed)?;
        let runtime = shared.runtime.clone();
        let (stop, stopped) = oneshot::channel();
        let (store, doors) = runtime.block_on(async {
            let (host, store) = served.host(None).map_err(failed)?;
            let started = tokio::task::block_in_place(|| served.load_all(&host)).map_err(failed)?;
            let shelf = Shelf::new(started);
            if let Some((tool, why)) = shelf.missing.first() {
                return Err(format!("{tool} is not offered: {}", why.short()).into());
            }
            let people = Some(served.config.serve.people.url.clone());
            let front = Front::new(served, (host, store.clone()), shelf, people).map_err(failed)?;
            let site = (shared.site)(front).map_err(failed)?;
            Ok::<_, Failed>((store, Doors::bind(site, runtime.handle()).await.map_err(failed)?))
        })?;
        let [(_, _, agents), (_, _, people), _] = doors.addresses();
        runtime.spawn(doors.serve(
            async {
                // Dropped without a word is told to stop too.
                let _ = stopped.await;
            },
            std::time::Duration::ZERO,
        ));
        let beside = Connection::open(workspace.path("tollgate.db"))?;
        let threads = threads(&beside)?;
        let (agents, people, stop) = (agents.port(), people.port(), Some(stop));
        let stage = Self {
            world,
            store,
            beside,
            threads,
            closes,
            clock,
            start,
            workspace,
            tokens,
            agents,
            people,
            stop,
            runtime,
            _folder: folder,
        };
        Ok(stage)
    }

    /// Moves the clock to a minute of the day.
    pub fn set(&self, minute: Minute) {
        self.clock.set(Instant(self.start.0 + u64::from(minute) * 60_000));
    }

    /// The minute of an instant that the store wrote.
    pub fn minute(&self, at: i64) -> Option<Minute> {
        Minute::try_from(at.cast_unsigned().checked_sub(self.start.0)? / 60_000).ok()
    }

    /// What the store takes for now.
    pub fn now(&self) -> i64 {
        self.store.now().0.cast_signed()
    }

    fn lives(&self) -> (Instant, Duration) {
        (self.start, Duration(2 * DAY))
    }

    /// A token of the agent that works for a person in a session.
    pub fn agent(&self, person: Person, session: &str) -> Result<String, Failed> {
        let actors = AgentName::parse("agent-7").map_err(|e| e.to_string())?.into();
        let caller = Caller { person: name(person)?, actors, session: Some(session.to_owned()) };
        self.tokens.for_agent(&caller, self.lives()).map_err(failed)
    }

    /// A person's token.
    pub fn person(&self, person: Person) -> Result<String, Failed> {
        self.tokens.for_person(&name(person)?, self.lives()).map_err(failed)
    }

    /// Asks at the agents' door.
    pub fn at_agents(&self, request: Request<'_>) -> Result<Answer, Failed> {
        Request { door: ("agents.test", self.agents), ..request }.ask()
    }

    /// Asks at the people's door.
    pub fn at_people(&self, request: Request<'_>) -> Result<Answer, Failed> {
        Request { door: ("people.test", self.people), ..request }.ask()
    }

    /// Puts a yes on record beside the door, which would go on at once with what waits for it: then there is time in which
    /// the yes stands and is not used. True if it counts.
    pub fn yes_that_stands(&self, question: u64, person: Person) -> Result<bool, Failed> {
        use tollgate::approval::{Answered, State};
        use tollgate::gate::Questions as _;
        let question = self.runtime.block_on(self.store.question(question)).map_err(failed)?.ok_or("no such question")?;
        let given = Given { question: &question, person: &name(person)?, yes: true, wrong: 0, door: "http" };
        let answered = self.workspace.answer(&self.store, given, |tool| self.workspace.in_force(tool));
        let answered = self.runtime.block_on(answered).map_err(|e| format!("{e:?}"))?;
        Ok(matches!(answered, Answered::Counted(State::Agreed)))
    }

    /// Changes the world as an operator does.
    pub fn apply(&self, text: &str) -> Result<(), Failed> {
        self.runtime.block_on(self.store.apply(&format!("tollgate = 1\n{text}"))).map_err(failed)?;
        Ok(())
    }

    /// Has the host look for what people can read and are not cleared for, as it does twice a second of its own time.
    pub fn watch(&self) -> Result<(), Failed> {
        self.store.look_for_drift().map_err(failed)
    }

    /// Stops it.
    pub fn close(mut self) -> Result<(), Failed> {
        self.stop.take();
        self.runtime.block_on(self.store.close()).map_err(failed)
    }
}

/// A person's name.
pub fn name(person: Person) -> Result<PersonName, Failed> {
    PersonName::parse(&format!("p{person}")).map_err(|e| e.to_string().into())
}

/// A principal as the host writes it.
pub fn principal(principal: Principal) -> String {
    match principal {
        Principal::Person(person) => format!("p{person}"),
        Principal::Group(group) => format!("group:{}", group.name()),
    }
}

/// A file's path.
pub fn path(world: &World, file: u16) -> String {
    format!("data/o{}/f{file}.txt", world.files[usize::from(file)])
}

fn threads(beside: &Connection) -> Result<BTreeMap<String, i64>, Failed> {
    let mut threads = beside.prepare("SELECT forum, min(id) FROM threads GROUP BY forum")?;
    let threads = threads.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(threads.collect::<Result<_, _>>()?)
}

fn quoted<I: IntoIterator<Item = String>>(all: I) -> String {
    all.into_iter().map(|one| format!("\"{one}\"")).collect::<Vec<_>>().join(", ")
}

/// A project with everybody who has joined until a minute.
pub fn project(world: &World, number: u16, minute: Minute) -> String {
    let first = Group::all().position(|group| group == Group::Project(number)).unwrap_or_default();
    let joined = world.joins.iter().filter(|join| join.project == number && join.minute <= minute);
    let members = world.members[first].iter().copied().chain(joined.map(|join| Principal::Person(join.person)));
    let members: std::collections::BTreeSet<String> = members.map(principal).collect();
    format!("[groups.proj-{number}]\nmembers = [{}]\n", quoted(members))
}

/// An object with these beside whom it has at first.
pub fn object(world: &World, number: u16, more: &[Principal], closes: bool) -> String {
    let first = Principal::Group(world.first_list(number));
    let entry = |who: Principal, right: &str| format!("{{ principal = \"{}\", right = \"{right}\" }}", principal(who));
    let mut entries = vec![entry(first, "read")];
    entries.extend(more.iter().map(|who| entry(*who, "read")));
    let cleared = match world.objects[usize::from(number)] {
        Kind::Compartment(compartment) => {
            // Members of the team let others in.
            entries.push(entry(first, "administer"));
            quoted(world.cleared[usize::from(compartment)].iter().map(|person| format!("p{person}")))
        }
        Kind::General | Kind::Org(_) => quoted([principal(first)]),
    };
    let (owner, entries) = (world.owner(number), entries.join(", "));
    let closes = if closes { "closes = \"by-itself\"\n" } else { "" };
    format!(
        "[objects.o{number}]\nowner = \"p{owner}\"\nfolders = [\"data/o{number}\"]\nentries = [{entries}]\n\
         cleared = [{cleared}]\n{closes}"
    )
}

/// The whole company.
fn company(world: &World, closes: bool) -> Result<String, Failed> {
    let mut text = "tollgate = 1\n".to_owned();
    for person in 0..PEOPLE {
        writeln!(text, "[people.p{person}]\nname = \"P {person}\"")?;
    }
    for (group, members) in Group::all().zip(&world.members) {
        let members = quoted(members.iter().map(|member| principal(*member)));
        writeln!(text, "[groups.{}]\nmembers = [{members}]", group.name())?;
    }
    for forum in &world.forums {
        let name = forum.name();
        // An owner reads what is written: one of those who do anyway.
        let owner = world.audience(*forum, 0).iter().next().ok_or("a forum that nobody reads")?;
        writeln!(text, "[forums.{name}]\nowner = \"p{owner}\"\naudience = [\"group:{name}\"]")?;
    }
    for number in 0..world.objects.len() {
        text += &object(world, u16::try_from(number)?, &[], closes);
    }
    for forum in &world.forums {
        let name = forum.name();
        writeln!(text, "[[threads]]\nforum = \"{name}\"\nauthor = \"p0\"\ntitle = \"The day\"\nbody = \"It begins\"")?;
    }
    Ok(text)
}

/// Makes the workspace: its folder.
fn lay_out(world: &World, folder: &Path, (component, closes): (&[u8], bool)) -> Result<std::path::PathBuf, Failed> {
    let (at, none) = (folder.join("w"), folder.join("none"));
    std::fs::create_dir(&none)?;
    command(&at, &["init", &at.display().to_string(), "--person", "p0", "--tools", &none.display().to_string()])?;
    let config = std::fs::read_to_string(at.join("tollgate.toml"))?;
    std::fs::write(at.join("tollgate.toml"), config + CONFIG)?;
    std::fs::write(at.join("company.toml"), company(world, closes)?)?;
    command(&at, &["world", "apply", &at.join("company.toml").display().to_string()])?;
    for file in 0..world.files.len() {
        let path = at.join("files").join(path(world, u16::try_from(file)?));
        std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        std::fs::write(path, format!("What stands in file {file}.\n"))?;
    }
    for (tool, grant) in TOOLS {
        let manifest = format!(
            "tollgate = 1\n[tool]\ncomponent = \"{tool}.wasm\"\ncallers = [\"group:everyone\"]\n\
             agents = [\"agent-7\"]\n[grant]\n{grant}\n"
        );
        std::fs::write(at.join(format!("tools/{tool}.toml")), manifest)?;
        std::fs::write(at.join(format!("tools/{tool}.wasm")), component)?;
        command(&at, &["pin", tool])?;
    }
    let store = Connection::open(at.join("tollgate.db"))?;
    for person in 0..PEOPLE {
        // Only who has a passphrase can be asked; they answer with tokens.
        store.execute("INSERT INTO credentials VALUES (?1, '$argon2id$nobody types it')", [format!("p{person}")])?;
    }
    Ok(at)
}
