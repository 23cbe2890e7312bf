//! Options of what serves, and of tokens.

use clap::{Args, Subcommand};

use super::Who;

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub who: Who,
    /// In which session of the agent. Without one, the person and the agent are one session.
    #[arg(long, env = "TOLLGATE_SESSION")]
    pub session: Option<String>,
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// How long calls that are at work may take to finish once it is told to stop.
    #[arg(long, default_value = "10 s")]
    pub grace: String,
}

/// `token`
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// `token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// For an agent; asks nothing, and opens only what manifests open to it.
    Agent(AgentToken),
    /// For yourself, where people answer; asks for your passphrase.
    Person(PersonToken),
    /// A code to sign in with on the page, once; asks for your passphrase.
    Code(PersonCode),
}

/// `token agent`
#[derive(Debug, Args)]
pub struct AgentToken {
    /// The agent.
    pub agent: String,
    /// For whom it works; the default stands in `tollgate.toml`.
    #[arg(long = "as", env = "TOLLGATE_AS")]
    pub initiator: Option<String>,
    /// The agents on whose behalf this one works, the nearest first.
    #[arg(long)]
    pub via: Vec<String>,
    /// The session: one task of the platform.
    #[arg(long)]
    pub session: Option<String>,
    /// How long it is valid, 24 hours at most.
    #[arg(long = "for", default_value = "1 h")]
    pub lives: String,
}

/// `token person`
#[derive(Debug, Args)]
pub struct PersonToken {
    /// The person; the default stands in `tollgate.toml`.
    pub person: Option<String>,
    /// How long it is valid, 1 hour at most.
    #[arg(long = "for", default_value = "15 min")]
    pub lives: String,
}

/// `token code`
#[derive(Debug, Args)]
pub struct PersonCode {
    /// The person; the default stands in `tollgate.toml`.
    pub person: Option<String>,
}
