//! The commands and their arguments, as `--help` shows them.

mod people;
mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::output::Format;
pub use people::{
    Answer, Approvals, ApprovalsCommand, Became, BreakGlass, Cancel, Doubts, DoubtsCommand, Freeze, FreezeCommand, Lease,
    LeaseCommand, ResultOf, Review, Session, SessionCommand, Shed, Thaw, Throw, Watch, WatchCommand,
};
pub use serve::{AgentToken, PersonCode, PersonToken, Run, Serve, Token, TokenCommand};

/// Hosts the tools of AI agents: every import granted, metered, agreed to and on record.
///
/// Exit codes: 0 done; 1 the tool returned its own error; 2 usage; 3 the invocation was refused; 4 the tool faulted;
/// 5 the operator's environment is broken; 6 waiting for a person; 7 `journal verify` found something wrong; 8 it cannot
/// tell; 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version)]
pub struct Arguments {
    /// The workspace.
    #[arg(long, short = 'W', global = true, env = "TOLLGATE_WORKSPACE", default_value = ".")]
    pub workspace: PathBuf,
    /// The form of what is printed.
    #[arg(long, short = 'o', global = true, env = "TOLLGATE_OUTPUT", value_enum, default_value = "text")]
    pub output: Format,
    /// Log more; repeat for still more.
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Which events to log: `tollgate=debug`, …
    #[arg(long, global = true, env = "TOLLGATE_LOG")]
    pub log: Option<String>,
    /// The form of the log on stderr: text, or a JSON object a line.
    #[arg(long, global = true, env = "TOLLGATE_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: Format,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a workspace around the person who runs this.
    Init(Init),
    /// Write a new tool: source, SDK, contract and lock file, to build outside this repository.
    New(New),
    /// List the tools as agents are shown them: what was pinned, and nothing of what was not.
    Tools,
    /// Show what a component wants and offers, before anything is granted. Parses it, never runs or compiles it.
    Inspect(Inspect),
    /// Write a component's digest into its tool's manifest: what was reviewed is what runs.
    Pin(Pin),
    /// Check the configuration, every manifest, and every component beside what was pinned.
    Check,
    /// Say how a request would be decided, which line decides, and what would change it.
    Explain(Explain),
    /// Call a tool.
    Call(Call),
    /// Serve one agent over MCP on standard input and output; the agent's own program starts this.
    Run(Run),
    /// Serve agents over MCP and HTTP, and the people who answer them, until it is stopped.
    Serve(Serve),
    /// Sign a token: for an agent that works for somebody, or, with your passphrase, for yourself.
    Token(Token),
    /// Print the result of an invocation; one whose question was answered goes on first.
    Result(ResultOf),
    /// End an invocation that waits. What it asked is taken back.
    Cancel(Cancel),
    /// Questions to people: list them, see what exactly would happen, say yes or no.
    Approvals(Approvals),
    /// Let one act that waits go on without the people who should agree. Asks for your passphrase, and is marked in the
    /// report until somebody else has reviewed it.
    BreakGlass(BreakGlass),
    /// Close the review of an act for which somebody else broke the glass. Asks for your passphrase.
    Review(Review),
    /// Look at what agents were told and hold, or shed it.
    Session(Session),
    /// Show what is overdue, in doubt, not reviewed, waiting long or frozen.
    Report,
    /// Stop a tool, an agent, a person, a capability or everything, at once and in every process.
    Freeze(Freeze),
    /// Let go what was frozen; asks for a passphrase.
    Thaw(Thaw),
    /// Look at the journal.
    Journal(Journal),
    /// Show what one invocation did, used and was refused.
    Receipt(Receipt),
    /// List acts of which nobody knows whether they happened, or say what became of one.
    Doubts(Doubts),
    /// Copy the store, its checkpoints and the pinned components while the host goes on.
    Backup(Backup),
    /// Set or change a person's passphrase.
    Passphrase(Passphrase),
    /// Look at people, groups, forums and objects, or bring them in.
    World(World),
    /// Look at access that tools opened, end it, or let it go on.
    Lease(Lease),
    /// Show what people can read and are not cleared for, what opened it to them, and close that.
    Watch(Watch),
    /// Say what this machine and this workspace lack; or accept, with your passphrase, that the store was put back from a backup.
    Doctor(Doctor),
    /// Print the JSON Schema of manifests or of `tollgate.toml`, for editors.
    Schema(Schema),
    /// Print completions for a shell.
    Completions(Completions),
    /// Compile a component from stdin to stdout, within limits; for the host's own use.
    #[command(hide = true)]
    CompileChild,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Where; it must be empty or not there yet.
    pub folder: PathBuf,
    /// Take tools (components with their manifests) from here.
    #[arg(long)]
    pub tools: Option<PathBuf>,
    /// The person it is made around.
    #[arg(long, env = "USER", default_value = "me")]
    pub person: String,
}

/// `new`
#[derive(Debug, Args)]
pub struct New {
    /// Where; it must not be there yet. Its last part is the tool's name.
    pub folder: PathBuf,
}

/// `schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what.
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A tool's manifest.
    Manifest,
    /// `tollgate.toml`.
    Config,
}

/// `inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// A tool of the workspace, or the path of a component.
    pub tool: String,
    /// Print the JSON Schema of each function's arguments and value too.
    #[arg(long)]
    pub schema: bool,
    /// Print a manifest to begin with instead: everything that it could be granted, for you to narrow.
    #[arg(long, conflicts_with = "schema")]
    pub manifest: bool,
}

/// `pin`
#[derive(Debug, Args)]
pub struct Pin {
    /// The tool.
    pub tool: String,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The tool.
    pub tool: String,
    /// The host function: `files.read`, `forum.post`, …
    pub function: String,
    /// What it asks for: `path=runbooks/deploy.md`, `forum=eng-help`, …
    pub values: Vec<String>,
    /// What was read before: a path, or `forum:NAME`; may be given several times.
    #[arg(long = "read", value_name = "PATH")]
    pub reads: Vec<String>,
    #[command(flatten)]
    pub who: Who,
}

/// Who calls.
#[derive(Debug, Args)]
pub struct Who {
    /// On whose behalf; the default stands in `tollgate.toml`. Names an initiator and authenticates nobody.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub initiator: Option<String>,
    /// Through which agent.
    #[arg(long, env = "TOLLGATE_AGENT", default_value = "cli")]
    pub agent: String,
}

/// `call`
#[derive(Debug, Args)]
pub struct Call {
    /// The tool, with a function where it has several: `answer.ask`.
    pub tool: String,
    /// The arguments, a JSON object: `{"question": "…"}`; `@FILE` reads them from a file, `-` from stdin.
    #[arg(default_value = "{}")]
    pub arguments: String,
    #[command(flatten)]
    pub who: Who,
    /// Wait for the people it asks, instead of ending with code 6; whatever ends this, the invocation waits on.
    #[arg(long)]
    pub wait: bool,
    /// An idempotency key: another call with it gets the result of the first.
    #[arg(long)]
    pub key: Option<String>,
    /// The session of the agent: one task, one session.
    #[arg(long, env = "TOLLGATE_SESSION")]
    pub session: Option<String>,
}

/// `journal`
#[derive(Debug, Args)]
pub struct Journal {
    /// What to do with it.
    #[command(subcommand)]
    pub command: JournalCommand,
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// List invocations, the latest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show the entries of one invocation.
    Show {
        /// Its id.
        invocation: String,
        /// Show the payloads too: what was asked and answered.
        #[arg(long)]
        payloads: bool,
    },
    /// Check every entry, its place in the chain, and the signed heads.
    Verify {
        /// An export to check instead of the workspace's own journal.
        #[arg(long)]
        from: Option<PathBuf>,
        /// The public key, as `journal.vkey` holds it; needed with an export.
        #[arg(long)]
        key: Option<String>,
    },
    /// Write entries and checkpoints as lines of JSON.
    Export {
        /// Where; it must not be there yet.
        file: PathBuf,
        /// With the payloads.
        #[arg(long)]
        payloads: bool,
    },
    /// Erase payloads; entries stay and still verify.
    Erase {
        /// Of this invocation.
        #[arg(long, conflicts_with = "before", required_unless_present = "before")]
        invocation: Option<String>,
        /// Of everything before this time (RFC 3339).
        #[arg(long)]
        before: Option<String>,
    },
}

/// `receipt`
#[derive(Debug, Args)]
pub struct Receipt {
    /// The invocation.
    pub invocation: String,
}

/// `backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// Where; it must not be there yet.
    pub folder: PathBuf,
}

/// `passphrase`
#[derive(Debug, Args)]
pub struct Passphrase {
    /// Whose.
    pub person: String,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Go on with a store that was put back from a backup: what came after the backup is lost, questions are void, quotas count
    /// as spent, and everything is frozen until somebody thaws it.
    #[arg(long, requires = "reason")]
    pub accept_restore: bool,
    /// Why, in 10 to 500 characters. It is put on record.
    #[arg(long, requires = "accept_restore")]
    pub reason: Option<String>,
    /// Who accepts it, with a passphrase that is read from the terminal; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub person: Option<String>,
}

/// `world`
#[derive(Debug, Args)]
pub struct World {
    /// What to do with it.
    #[command(subcommand)]
    pub command: WorldCommand,
}

/// What to do with the world.
#[derive(Debug, Subcommand)]
pub enum WorldCommand {
    /// Bring people, groups, forums, objects and threads from a TOML file, all or nothing, on record.
    Apply {
        /// The file.
        file: PathBuf,
    },
    /// Print people, groups, forums and objects.
    Show,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell.
    pub shell: clap_complete::Shell,
}
