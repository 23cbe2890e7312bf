//! `tollgate.toml`: the few things a host must be told. Everything else has one answer.

mod issuer;
mod schema;
mod serve;
mod vet;

pub use issuer::{Address, Issuer, Keys, is_local};
pub use schema::schema;
pub use serve::{Door, Limits, Serve};

use std::sync::Arc;

use crate::diagnostic::Source;
use crate::manifest::canonical::Canonical;
use crate::manifest::raw::{Section, check as read};
use crate::manifest::{Checked, between};
use crate::name::{BadName, Digest, FilePath, HostName, PersonName};
use crate::quota::Rate;
use crate::unit::Duration;
use crate::vet::Settings;

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The host, as the origin of its journal.
    pub host: HostName,
    /// Whom `call` speaks for when it is not told.
    pub initiator: Option<PersonName>,
    /// The files root, below the workspace.
    pub files: FilePath,
    /// How people are asked.
    pub consent: Terms,
    /// What is looked for in what goes out.
    pub vet: Settings,
    /// How it is served.
    pub serve: Serve,
}

impl Config {
    /// The digest of what an agreement rests on, comments, spelling and defaults aside: how people are asked, and what is looked
    /// for in what goes out. The name of
    /// the host and the place of its files are no part of it.
    #[must_use]
    pub fn meaning(&self) -> Digest {
        let mut canonical = Canonical::default();
        canonical.put("tollgate configuration 1");
        for (key, value) in self.consent.each() {
            canonical.put(key);
            canonical.put(&value);
        }
        // Only where it says something: what was agreed to before there was a `[vet]` stands.
        if self.vet != Settings::default() {
            canonical.put("vet");
            self.vet.each().for_each(|(key, text)| {
                canonical.put(key);
                canonical.put(text);
            });
        }
        canonical.digest()
    }
}

/// `[consent]`: how people are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How long a call waits for an answer before it is set down.
    pub hold: Duration,
    /// How long a question stands, and how long a yes to it is worth an act.
    pub expires: Duration,
    /// How long a no stands for the same act.
    pub declined: Duration,
    /// How many questions one initiator, one agent and one tool may each bring about.
    pub asks: Rate,
    /// How many people may be reached by what one person releases; beyond that it takes two.
    pub two_beyond: u64,
}

const TWO: &str = "two-beyond";

impl Default for Terms {
    fn default() -> Self {
        Self {
            hold: Duration(2_000),
            expires: Duration(7 * 86_400_000),
            declined: Duration(3_600_000),
            asks: Rate { count: 60, period: Duration(3_600_000) },
            two_beyond: 100,
        }
    }
}

impl Terms {
    /// Each key with its value.
    fn each(&self) -> [(&'static str, String); 5] {
        let Self { hold, expires, declined, asks, two_beyond } = self;
        [
            ("hold", hold.to_string()),
            ("expires", expires.to_string()),
            ("declined", declined.to_string()),
            ("asks", asks.to_string()),
            (TWO, two_beyond.to_string()),
        ]
    }
}

/// Checks a configuration, and says everything that is wrong with it.
#[must_use]
pub fn check(source: &Arc<Source>) -> Checked<Config> {
    read(source, |_, root| config(root))
}

fn config(mut root: Section<'_>) -> Option<Config> {
    let name_help = "write name = \"some-host\" of a-z, 0-9, `.`, `_` and `-`: its journal is known by it";
    let host = needed(&mut root, "host").and_then(|mut host| {
        let name = host.need("name", HostName::parse, name_help);
        host.finish();
        name
    });
    let initiator = root.section("call").and_then(|mut call| {
        let person = call.read("as", PersonName::parse, "write as = \"ben\": whom a call speaks for by default");
        call.finish();
        person
    });
    let files = needed(&mut root, "files").and_then(|mut files| {
        let root = files.need("root", folder, "write root = \"files\": a folder below the workspace");
        files.finish();
        root
    });
    let consent = root.section("consent").map_or_else(Terms::default, terms);
    let vet = root.section("vet").map_or_else(Settings::default, vet::vet);
    let serve = root.section("serve").map_or_else(Serve::default, serve::serve);
    root.finish();
    Some(Config { host: host?, initiator, files: files?, consent, vet, serve })
}

/// Reads `[consent]`. What is wrong is noted, and its default stands in.
fn terms(mut section: Section<'_>) -> Terms {
    let default = Terms::default();
    let (minute, day) = (60_000, 86_400_000);
    let asks = format!("write for example asks = \"{}\", which is the default", default.asks);
    let two =
        "write for example two-beyond = 100, which is the default: how many people one person may release something to";
    let terms = Terms {
        hold: length(&mut section, "hold", default.hold, (0, minute)),
        expires: length(&mut section, "expires", default.expires, (minute, 90 * day)),
        declined: length(&mut section, "declined", default.declined, (0, 30 * day)),
        asks: section.read("asks", Rate::parse, &asks).unwrap_or(default.asks),
        two_beyond: section.whole(TWO, &(0..1_000_000_001), two).unwrap_or(default.two_beyond),
    };
    section.finish();
    terms
}

fn length(section: &mut Section<'_>, key: &'static str, default: Duration, (least, most): (u64, u64)) -> Duration {
    let (least, most) = (Duration(least), Duration(most));
    let help = format!("write for example {key} = \"{default}\", which is the default; \"{most}\" is the most");
    section.read(key, |text| between(Duration::parse(text), least, most), &help).unwrap_or(default)
}

fn needed<'a>(root: &mut Section<'a>, key: &'static str) -> Option<Section<'a>> {
    if !root.holds(key) {
        root.missing(key, &format!("write [{key}] and its keys beneath"));
    }
    root.section(key)
}

/// A folder below the workspace, never the workspace: its store and its keys are no documents.
fn folder(text: &str) -> Result<FilePath, BadName> {
    match FilePath::parse(text)? {
        root if root == FilePath::root() => Err(BadName("it is empty".to_owned())),
        path => Ok(path),
    }
}
