//! Commands about people and their consent, with their arguments.

use clap::{Args, Subcommand};

/// `result`
#[derive(Debug, Args)]
pub struct ResultOf {
    /// The invocation.
    pub invocation: String,
    /// Wait for the people it asks.
    #[arg(long)]
    pub wait: bool,
}

/// `cancel`
#[derive(Debug, Args)]
pub struct Cancel {
    /// The invocation.
    pub invocation: String,
}

/// `approvals`
#[derive(Debug, Args)]
pub struct Approvals {
    /// What to do.
    #[command(subcommand)]
    pub command: ApprovalsCommand,
}

/// What to do with questions.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List the questions that can be answered.
    List {
        /// Only those that this person may answer.
        #[arg(long = "as")]
        person: Option<String>,
        /// Those that are over too.
        #[arg(long)]
        all: bool,
        /// How many, the latest first.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show the card: who asks, what exactly would happen, who would see it.
    Show {
        /// The question.
        question: u64,
        /// Who looks: a reader of what it is about.
        #[arg(long = "as", env = "TOLLGATE_AS")]
        person: Option<String>,
    },
    /// Agree to exactly what the card shows, with your passphrase.
    Yes(Answer),
    /// Refuse it, with your passphrase.
    No(Answer),
}

/// `approvals yes`, `approvals no`
#[derive(Debug, Args)]
pub struct Answer {
    /// The question.
    pub question: u64,
    /// Whose answer it is; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub person: Option<String>,
}

/// `break-glass`
#[derive(Debug, Args)]
pub struct BreakGlass {
    /// The question that nobody answers.
    pub question: u64,
    /// Why it cannot wait, in 10 to 500 characters. It is put on record.
    #[arg(long)]
    pub reason: String,
    /// Who does it: a reader of what it is about; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub person: Option<String>,
}

/// `review`
#[derive(Debug, Args)]
pub struct Review {
    /// The question over which the glass was broken.
    pub question: u64,
    /// What you found, in 10 to 500 characters. It is put on record.
    #[arg(long)]
    pub finding: String,
    /// Who reviews it: a reader of what it is about who neither broke the glass nor gained by it.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub person: Option<String>,
}

/// `session`
#[derive(Debug, Args)]
pub struct Session {
    #[command(subcommand)]
    pub command: SessionCommand,
}

/// `session …`
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List the sessions that hold something of what they were told.
    List,
    /// Say that the agent of a session has nothing more of what it was told. Only the person whose session it is; asks for
    /// the passphrase.
    Shed(Shed),
}

/// `session shed`
#[derive(Debug, Args)]
pub struct Shed {
    /// The platform's session.
    #[arg(long)]
    pub session: Option<String>,
    /// The agent, where the platform names no session.
    #[arg(long, default_value = "cli")]
    pub agent: String,
    /// Why, in 10 to 500 characters. It is put on record.
    #[arg(long)]
    pub reason: String,
    /// Whose session it is.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub person: Option<String>,
}

/// `freeze`
#[derive(Debug, Args)]
pub struct Freeze {
    /// What to stop.
    #[command(subcommand)]
    pub command: FreezeCommand,
}

/// What to stop.
#[derive(Debug, Subcommand)]
pub enum FreezeCommand {
    /// Whatever a tool does.
    Tool {
        /// The tool.
        name: String,
        #[command(flatten)]
        throw: Throw,
    },
    /// Whatever comes through an agent.
    Agent {
        /// The agent.
        name: String,
        #[command(flatten)]
        throw: Throw,
    },
    /// Whatever is done on behalf of a person.
    Person {
        /// The person.
        name: String,
        #[command(flatten)]
        throw: Throw,
    },
    /// A capability or one of its functions, whoever uses it: `forum`, `forum.post`.
    Capability {
        /// The capability or function.
        name: String,
        #[command(flatten)]
        throw: Throw,
    },
    /// All of it.
    Everything {
        #[command(flatten)]
        throw: Throw,
    },
    /// List what is frozen.
    List,
}

/// How the switch is thrown.
#[derive(Debug, Args)]
pub struct Throw {
    /// Why; whoever is stopped is told, in up to 200 characters.
    #[arg(long)]
    pub reason: String,
    /// For how long (`30 min`, `2h`); without it, until somebody thaws it.
    #[arg(long = "for")]
    pub lasts: Option<String>,
    /// Who does it, for the record; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub by: Option<String>,
}

/// `thaw`
#[derive(Debug, Args)]
pub struct Thaw {
    /// The number of the freeze, as `freeze list` shows it.
    pub id: u64,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// Who does it, with a passphrase that is read from the terminal; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub by: Option<String>,
}

/// `doubts`
#[derive(Debug, Args)]
pub struct Doubts {
    /// What to do with them; lists them where nothing is said.
    #[command(subcommand)]
    pub command: Option<DoubtsCommand>,
}

/// What to do with what is in doubt.
#[derive(Debug, Subcommand)]
pub enum DoubtsCommand {
    /// Say what became of an act, having looked. Asks for your passphrase at the terminal.
    Settle {
        /// The invocation.
        invocation: String,
        /// The number of the act's intent there.
        seq: u32,
        /// What became of it.
        #[arg(value_enum)]
        outcome: Became,
        /// How you know. It is put on record.
        #[arg(long)]
        reason: String,
        /// Who you are; the default stands in `tollgate.toml`.
        #[arg(long = "as", env = "TOLLGATE_AS")]
        person: Option<String>,
    },
}

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Became {
    /// It happened.
    Done,
    /// It did not happen, and will not.
    NotDone,
}

/// `lease`
#[derive(Debug, Args)]
pub struct Lease {
    /// What to do with leases.
    #[command(subcommand)]
    pub command: LeaseCommand,
}

/// What to do with leases.
#[derive(Debug, Subcommand)]
pub enum LeaseCommand {
    /// List the leases that are open, the latest first.
    List {
        /// Those that are over too.
        #[arg(long)]
        all: bool,
    },
    /// Show a lease: who holds the right through it, and where the journal speaks of it.
    Show {
        /// Its number.
        id: u64,
    },
    /// End a lease now. Takes access away, so it needs no passphrase; it is on record as this person's act.
    End {
        /// Its number.
        id: u64,
        /// Who ends it: somebody who administers the object, or on whose behalf it was opened.
        #[arg(long = "as", env = "TOLLGATE_AS")]
        person: Option<String>,
    },
    /// Let a lease go on, counted from now, at most as long as the tool's grant allows; asks at the terminal.
    Extend {
        /// Its number.
        id: u64,
        /// For how long from now: `20 min`.
        duration: String,
        /// Who agrees to it: somebody who administers the object, with a passphrase.
        #[arg(long = "as", env = "TOLLGATE_AS")]
        person: Option<String>,
    },
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// What to do; lists the alerts where nothing is said.
    #[command(subcommand)]
    pub command: Option<WatchCommand>,
    /// Those that are closed too.
    #[arg(long)]
    pub all: bool,
}

/// What to do with what is open too far.
#[derive(Debug, Subcommand)]
pub enum WatchCommand {
    /// Show an alert: what it opened, who can read that now, and what they opened meanwhile.
    Show {
        /// Its number.
        alert: u64,
    },
    /// Take away what opened things too far: the one edge, nothing else. Shows first what that does, and asks for your passphrase.
    Close {
        /// The alerts, all or none.
        #[arg(required = true)]
        alerts: Vec<u64>,
        /// Why, in 10 to 500 characters. It is put on record.
        #[arg(long)]
        reason: String,
        /// Who closes it: somebody who administers everything that it opened, or an operator; the default stands in `tollgate.toml`.
        #[arg(long = "as", env = "TOLLGATE_AS")]
        person: Option<String>,
    },
}
