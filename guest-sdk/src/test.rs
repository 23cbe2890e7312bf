//! A world for an author's own tests: files, forums and objects in memory, meters, and refusals on demand.
//!
//! ```ignore
//! #[test]
//! fn a_declined_post_is_told() {
//!     let world = World::new();
//!     world.file("runbooks/deploy.md", "# Deploying\n\nShip it.");
//!     let thread = world.thread("eng-help", "Shipping", &[("fay", "How do I ship?")]);
//!     world.refuse("forum.post", "agree.declined");
//!     let _here = world.install();
//!     let refusal = answer::reply("ship", "runbooks", "eng-help", thread).err().expect("a refusal");
//!     assert_eq!((refusal.stage.as_str(), refusal.reason.as_str()), ("agree", "declined"));
//!     assert!(world.posts().is_empty());
//! }
//! ```
//!
//! Everything in the world is granted and may be used, every question to a person is answered with yes, and no meter is
//! set, unless the test says otherwise. A path, a forum or an object that the world does not hold is refused as the host
//! refuses what is missing, `cover.not-yours`; a name outside the host's grammar as what no grant reaches,
//! `cover.not-granted`. Whether a path is in Unicode NFC is not looked at here.

use std::cell::RefCell;
use std::rc::Rc;

use crate::acl::Entry;
use crate::forum::Message;

pub(crate) mod acl;
pub(crate) mod context;
pub(crate) mod files;
pub(crate) mod forum;
mod names;
mod state;

use state::{FUNCTIONS, GRANTS, Meter, Rule, State, Thread};

thread_local! {
    /// The world that the SDK's functions of this thread go to.
    static HERE: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// What a tool under test can reach, and what it has done there.
#[derive(Clone, Default)]
pub struct World(Rc<RefCell<State>>);

/// As long as it lives, the SDK's functions of this thread go to its world.
#[must_use = "the world is there as long as this value lives: `let _here = world.install();`"]
pub struct Installed(Option<World>);

/// A post that the tool made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub post: u64,
    /// In which forum.
    pub forum: String,
    /// In which thread.
    pub thread: u64,
    /// The text.
    pub body: String,
}

/// A lease that the tool opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Its id.
    pub lease: u64,
    /// Access to what.
    pub object: String,
    /// For whom.
    pub principal: String,
    /// `read` or `administer`.
    pub right: String,
    /// For how many seconds.
    pub seconds: u64,
    /// The tool ended it before its time.
    pub ended: bool,
}

/// A refusal that the tool met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it had called: `files.read`.
    pub function: String,
    /// Stage and reason: `cover.not-yours`.
    pub code: String,
}

/// What was used of one grant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls, refused ones included.
    pub calls: u64,
    /// Bytes that were sent or came.
    pub bytes: u64,
}

impl World {
    /// An empty world. Its initiator is `ben`, its agent `cli`, its time the beginning of 2026.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the SDK's functions of this thread go here.
    pub fn install(&self) -> Installed {
        Installed(HERE.with_borrow_mut(|here| here.replace(self.clone())))
    }

    /// Puts a file there, or other bytes in its place; its folders come with it.
    ///
    /// # Panics
    /// When `path` is none that a host would serve.
    pub fn file(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        assert!(
            names::is_path(path) && !path.is_empty(),
            "`{path}` is no path to a file: relative, `/` between its parts, no `.` or `..`"
        );
        self.0.borrow_mut().files.insert(path.to_owned(), bytes.into());
    }

    /// Makes a forum without threads.
    ///
    /// # Panics
    /// When `name` is none that a forum can have.
    pub fn forum(&self, name: &str) {
        assert!(names::is_identifier(name), "`{name}` is no forum's name: a-z and 0-9, then also `.`, `_` and `-`");
        self.0.borrow_mut().forums.entry(name.to_owned()).or_default();
    }

    /// Begins a thread with posts, each with author and text, and returns its id. Makes the forum where there is none.
    ///
    /// # Panics
    /// As [`World::forum`].
    pub fn thread(&self, forum: &str, title: &str, posts: &[(&str, &str)]) -> u64 {
        self.forum(forum);
        let mut state = self.0.borrow_mut();
        let (thread, at) = (state.number(), state.now);
        let posts = posts.iter().map(|(author, body)| Message {
            id: state.number(),
            author: (*author).to_owned(),
            at,
            body: (*body).to_owned(),
        });
        let begun = Thread { title: title.to_owned(), posts: posts.collect() };
        state.forums.entry(forum.to_owned()).or_default().insert(thread, begun);
        thread
    }

    /// Makes an object that the initiator administers, with entries of principal (`ben`, `group:web`) and right (`read`,
    /// `administer`).
    ///
    /// # Panics
    /// When a name or a right is none.
    pub fn object(&self, name: &str, entries: &[(&str, &str)]) {
        assert!(names::is_object(name), "`{name}` is no object's name: names with `/` between them");
        let entries = entries.iter().map(|(principal, right)| {
            assert!(names::is_principal(principal), "`{principal}` is no principal: `ben`, or `group:web`");
            assert!(names::is_right(right), "`{right}` is no right: `read` or `administer`");
            Entry { principal: (*principal).to_owned(), right: (*right).to_owned(), ends: None, lease: None }
        });
        self.0.borrow_mut().objects.insert(name.to_owned(), entries.collect());
    }

    /// Allows so many calls and bytes under a grant (`files.read`, `files.write`, `forum.read`, `forum.post`, `acl.read`,
    /// `acl.write`); what goes beyond is refused with `fund.meter-spent`. `acl.write` moves no bytes.
    ///
    /// # Panics
    /// When there is no such grant.
    pub fn meter(&self, grant: &str, calls: u64, bytes: u64) {
        let grant = state::known(grant, &GRANTS, "grant");
        let mut state = self.0.borrow_mut();
        state.meters.retain(|meter| meter.grant != grant);
        state.meters.push(Meter { grant, calls, bytes });
    }

    /// Bounds the leases that `acl.widen` may open, as `lease` of a grant does; a longer one is `cover.not-granted`.
    pub fn longest_lease(&self, seconds: u64) {
        self.0.borrow_mut().longest_lease = Some(seconds);
    }

    /// Refuses every call of a function (`forum.post`) with a code (`agree.declined`) from now on.
    ///
    /// # Panics
    /// When there is no such function, or the code is not a stage and a reason.
    pub fn refuse(&self, function: &str, code: &str) {
        self.rule(function, None, code, false);
    }

    /// Refuses the next call of a function, and no other.
    ///
    /// # Panics
    /// As [`World::refuse`].
    pub fn refuse_once(&self, function: &str, code: &str) {
        self.rule(function, None, code, true);
    }

    /// Refuses every call of a function whose first argument (path, folder, forum or object) is `about`.
    ///
    /// # Panics
    /// As [`World::refuse`].
    pub fn refuse_about(&self, function: &str, about: &str, code: &str) {
        self.rule(function, Some(about), code, false);
    }

    fn rule(&self, function: &str, about: Option<&str>, code: &str, once: bool) {
        let function = state::known(function, &FUNCTIONS, "function");
        let (stage, reason) = code.split_once('.').unwrap_or_else(|| panic!("`{code}` is no code: `agree.declined` is one"));
        let (stage, reason) = (stage.to_owned(), reason.to_owned());
        self.0.borrow_mut().rules.push(Rule { function, about: about.map(str::to_owned), stage, reason, once });
    }

    /// Names the person on whose behalf the tool runs, and the agent that calls it.
    pub fn acting(&self, initiator: &str, agent: &str) {
        let mut state = self.0.borrow_mut();
        (state.initiator, state.agent) = (initiator.to_owned(), agent.to_owned());
    }

    /// Lets time pass: leases end by themselves.
    pub fn advance(&self, seconds: u64) {
        let mut state = self.0.borrow_mut();
        state.now = state.now.saturating_add(seconds.saturating_mul(1000));
    }

    /// What a file holds now; none where there is no such file.
    pub fn contents(&self, path: &str) -> Option<Vec<u8>> {
        self.0.borrow().files.get(path).cloned()
    }

    /// The paths of the files that the tool wrote, oldest first; each as often as it wrote it.
    pub fn written(&self) -> Vec<String> {
        self.0.borrow().written.clone()
    }

    /// The posts that the tool made, oldest first.
    pub fn posts(&self) -> Vec<Posted> {
        self.0.borrow().posts.clone()
    }

    /// The leases that the tool opened, oldest first.
    pub fn leases(&self) -> Vec<Lease> {
        self.0.borrow().leases.clone()
    }

    /// The refusals that the tool met, oldest first.
    pub fn refusals(&self) -> Vec<Refused> {
        self.0.borrow().refused.clone()
    }

    /// What the tool used of a grant.
    ///
    /// # Panics
    /// When there is no such grant.
    pub fn used(&self, grant: &str) -> Used {
        let grant = state::known(grant, &GRANTS, "grant");
        self.0.borrow().used.get(grant).copied().unwrap_or_default()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        HERE.with_borrow_mut(|here| *here = self.0.take());
    }
}

/// The state of the world that is installed here.
fn here<T>(act: impl FnOnce(&mut State) -> T) -> T {
    let world = HERE.with_borrow(Clone::clone).unwrap_or_else(|| {
        panic!(
            "outside a host there is no world to act on: give tollgate-sdk the feature `test` in [dev-dependencies], and let \
             the test begin with `let world = tollgate_sdk::test::World::new(); let _here = world.install();`"
        )
    });
    let mut state = world.0.borrow_mut();
    act(&mut state)
}
