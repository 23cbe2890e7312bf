//! The typed no: a rule said no, and nothing happened. One code, the same in WIT, command line and journal.

use std::fmt;

use crate::clock::Instant;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $stage:literal . $reason:literal;)*) => {
        /// `stage.reason`, as in section 3 of the design.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of the gate that refused.
            #[must_use]
            pub const fn stage(self) -> &'static str {
                match self { $(Self::$name => $stage),* }
            }

            /// Why, in one word.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason),* }
            }
        }
    };
}

codes! {
    /// No grant of the tool reaches what it asked for.
    NotGranted = "cover"."not-granted";
    /// The grant reaches it, but it is missing, not the initiator's, or no plain thing of its kind.
    NotYours = "cover"."not-yours";
    /// This invocation has used what its grant allows.
    MeterSpent = "fund"."meter-spent";
    /// This person, agent or tool has used what the manifest's quota allows over time.
    QuotaSpent = "fund"."quota-spent";
    /// It lies under a ceiling that the initiator is not among.
    NotCleared = "clear"."not-cleared";
    /// Somebody whom it would reach is not cleared for what was read before, or for what would be opened.
    TooWide = "clear"."too-wide";
    /// What it would send holds something that its grant refuses.
    Finding = "clear"."finding";
    /// A person must agree, and nobody has answered yet.
    Waiting = "agree"."waiting";
    /// The person who was asked said no.
    Declined = "agree"."declined";
    /// Somebody said no to the same act a while ago.
    DeclinedBefore = "agree"."declined-before";
    /// The yes was worth one act, and that was done.
    Used = "agree"."used";
    /// Nobody answered in time, or the yes came too long ago.
    Expired = "agree"."expired";
    /// What was agreed to is not what would happen now.
    Changed = "agree"."changed";
    /// Nobody who may say yes has a credential to say it with.
    NobodyCan = "agree"."nobody-can";
    /// Nobody is there to be asked.
    NobodyHere = "agree"."nobody-here";
    /// The act could not be put on record, so it did not happen.
    Unrecorded = "record"."unavailable";
    /// Somebody has stopped this tool, agent, person, capability, or everything.
    Frozen = "freeze"."frozen";
    /// The backend could not be reached or did not answer.
    Unavailable = "effect"."unavailable";
    /// Whether the act happened, or whether somebody was asked about it, is not known.
    InDoubt = "effect"."in-doubt";
}

impl Code {
    /// The code that [`fmt::Display`] prints so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stage, reason) = text.split_once('.')?;
        Self::ALL.iter().copied().find(|code| code.stage() == stage && code.reason() == reason)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stage(), self.reason())
    }
}

/// A rule said no. Fit to be shown to the guest and its agent: it never tells whether a hidden thing exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// What would change the answer, as far as the guest may be told.
    pub change: Option<String>,
    /// From when on the answer may be another, where that is known.
    pub until: Option<Instant>,
}

impl Refusal {
    /// A refusal with its sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), change: None, until: None }
    }

    /// The same refusal, saying what would change it.
    #[must_use]
    pub fn unless(mut self, change: impl Into<String>) -> Self {
        self.change = Some(change.into());
        self
    }

    /// The same refusal, saying when the answer may be another by itself.
    #[must_use]
    pub const fn until(mut self, until: Instant) -> Self {
        self.until = Some(until);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
