//! The host: loads tools, and runs one invocation from admission to its last entry.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::report::{Outcome, Report, receipt};
use super::timing::Watch;
use crate::admit::admit;
use crate::approval::Desk;
use crate::capability::{Backends, Guest, link};
use crate::clock::Clock;
use crate::diagnostic::{Broken, Fault, FaultKind};
use crate::gate::{Book, Patience, Seen, Services, Session, Who, World};
use crate::journal::{Draft, Journal, Kind, Unrecorded};
use crate::manifest::Manifest;
use crate::name::{AgentName, Digest, InvocationId, PersonName};
use crate::people::Rights;
use crate::refusal::{Code, Refusal};
use crate::runtime::{Captured, Cell, Ended, Order, Sandbox, Stopwatch, Usage};
use crate::tool::{Answer, Function, Surface, decode, encode};
