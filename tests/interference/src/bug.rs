//! Faults that are built in on purpose, one for each rule of labels: what the search must find.

/// What goes wrong where the rules are handed what they judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// What is read joins no label.
    ReadsJoinNothing,
    /// A listing joins no label.
    ListingsJoinNothing,
    /// A file that is not there joins no label.
    MissingFilesJoinNothing,
    /// A join forgets what was held before: who may know one source may know all.
    JoinsForget,
    /// A session is not told what its call has read.
    SessionsAreNotTold,
    /// A call begins with nothing.
    CallsBeginWithNothing,
    /// Posts carry nothing.
    PostsCarryNothing,
    /// Files carry nothing.
    FilesCarryNothing,
    /// A file that is replaced carries what it carried.
    FilesKeepWhatTheyCarried,
    /// Leases carry nothing.
    LeasesCarryNothing,
    /// A widening is not compared with what was read.
    WideningsAreNotCompared,
    /// Nor with what lies under the object.
    WideningsForgetWhatLiesThere,
    /// Whoever can read a thing counts as cleared for it.
    CeilingsAreWhoReads,
    /// Who is in a group in a group is not counted.
    GroupsAreNotNested,
    /// A refusal says whether a hidden file exists.
    RefusalsTell,
    /// What was released once is forgotten by its session.
    ReleasesLowerTheSession,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::ReadsJoinNothing,
        Self::ListingsJoinNothing,
        Self::MissingFilesJoinNothing,
        Self::JoinsForget,
        Self::SessionsAreNotTold,
        Self::CallsBeginWithNothing,
        Self::PostsCarryNothing,
        Self::FilesCarryNothing,
        Self::FilesKeepWhatTheyCarried,
        Self::LeasesCarryNothing,
        Self::WideningsAreNotCompared,
        Self::WideningsForgetWhatLiesThere,
        Self::CeilingsAreWhoReads,
        Self::GroupsAreNotNested,
        Self::RefusalsTell,
        Self::ReleasesLowerTheSession,
    ];
}
