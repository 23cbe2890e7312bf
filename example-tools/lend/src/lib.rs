//! The tool `lend`: opens a data set to a group for a while. What it opens closes by itself.

#[tollgate_sdk::tool(
    "acl.read" = { objects = ["**"], calls = 2, bytes = "128 KiB" },
    "acl.write" = { objects = ["**"], principals = ["group:*"], rights = ["read"], calls = 1, lease = "8 h" },
)]
/// Opens a data set to a group for a while, shows who can use it, and closes it again before its time.
pub mod lend {
    use tollgate_sdk::{Refusal, acl};

    /// The longest loan, in minutes: a working day.
    const LONGEST: u32 = 480;

    /// Who can do what with a data set.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Access {
        /// A person (`ben`) or a group (`group:web`).
        pub who: String,
        /// `read` or `administer`.
        pub right: String,
        /// When it ends, in milliseconds since 1970 (UTC); none where people gave it without an end.
        pub ends: Option<u64>,
        /// The lease, where a tool opened it.
        pub lease: Option<u64>,
    }

    /// A data set that was opened.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Loan {
        /// The data set.
        pub object: String,
        /// To whom, as `group:web`.
        pub group: String,
        /// The lease: what `return-early` takes.
        pub lease: u64,
        /// When it closes, in milliseconds since 1970 (UTC); none where the host did not let me look again.
        pub ends: Option<u64>,
        /// Who could use it before.
        pub before: Vec<Access>,
        /// The same in one sentence.
        pub text: String,
    }

    /// What came of asking for a loan.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Outcome {
        /// The data set was opened, and closes by itself.
        Opened(Loan),
        /// The group can use it already, so nothing was changed and nobody was asked.
        AlreadyCan(Access),
    }

    /// Why nothing was opened or closed.
    #[derive(Debug, Clone)]
    pub enum Problem {
        /// That is no loan: what is wrong with the arguments.
        BadRequest(String),
        /// The person was asked and said no. Do not ask again for the same.
        Declined(String),
        /// Nobody who may say yes can be asked now.
        NobodyToAsk(Refusal),
        /// There is no such lease: it has ended, or this tool did not open it for this person.
        NoSuchLease(String),
        /// Neither this tool nor its person reaches that: the data set or group is missing, or it is not theirs.
        NotAllowed(Refusal),
        /// Whether it happened is not known: look with `who` before you ask again.
        InDoubt(Refusal),
        /// The host said no for another reason.
        Refused(Refusal),
    }

    /// Lets `group` read `object` for `minutes`. The person it works for is asked first.
    pub fn lend(
        /// The data set, for example `dataset/sales`.
        object: &str,
        /// The group, with or without `group:` before its name.
        group: &str,
        /// For how long, from 1 to 480; the operator may allow less.
        minutes: u32,
    ) -> Result<Outcome, Problem> {
        if !(1..=LONGEST).contains(&minutes) {
            let wrong = format!("a loan lasts from 1 to {LONGEST} minutes, not {minutes}");
            return Err(Problem::BadRequest(wrong));
        }
        let name = group.strip_prefix("group:").unwrap_or(group);
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(Problem::BadRequest(format!("{group:?} is no name of a group")));
        }
        let group = format!("group:{name}");
        let before = who(object)?;
        if let Some(can) = before.iter().find(|access| access.who == group) {
            return Ok(Outcome::AlreadyCan(can.clone()));
        }
        let lease = acl::widen(object, &group, "read", u64::from(minutes) * 60).map_err(explained)?;
        // From here on it is open, so nothing may be told as a failure.
        let ends = who(object).ok().and_then(|after| ends(&after, lease));
        let text = format!("{group} can read {object} for {minutes} minutes (lease {lease}); it closes by itself");
        Ok(Outcome::Opened(Loan { object: object.to_owned(), group, lease, ends, before, text }))
    }

    /// Closes a loan before its time. Nobody is asked, since it takes away only what this tool opened for this person.
    pub fn return_early(
        /// The data set.
        object: &str,
        /// The lease that `lend` returned.
        lease: u64,
    ) -> Result<(), Problem> {
        acl::end(object, lease).map_err(|refusal| match refusal.reason.as_str() {
            "not-yours" => {
                Problem::NoSuchLease(format!("{object} has no lease {lease} that I opened for you and that is open"))
            }
            _ => explained(refusal),
        })
    }

    /// Who can use `object` now.
    pub fn who(
        /// The data set.
        object: &str,
    ) -> Result<Vec<Access>, Problem> {
        let entries = acl::entries(object).map_err(explained)?;
        let access =
            |entry: acl::Entry| Access { who: entry.principal, right: entry.right, ends: entry.ends, lease: entry.lease };
        Ok(entries.into_iter().map(access).collect())
    }

    fn ends(entries: &[Access], lease: u64) -> Option<u64> {
        entries.iter().find(|entry| entry.lease == Some(lease))?.ends
    }

    /// The codes are strings, since a host may know one more than this tool.
    fn explained(refusal: Refusal) -> Problem {
        match (refusal.stage.as_str(), refusal.reason.as_str()) {
            ("agree", "declined" | "declined-before") => Problem::Declined(refusal.message),
            ("agree", "nobody-can" | "nobody-here") => Problem::NobodyToAsk(refusal),
            ("effect", "in-doubt") => Problem::InDoubt(refusal),
            ("cover", _) => Problem::NotAllowed(refusal),
            _ => Problem::Refused(refusal),
        }
    }
}
