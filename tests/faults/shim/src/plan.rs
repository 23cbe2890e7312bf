//! What to do at which edge: the text in `FAULT_DO`.

/// What is done, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing: edges are numbered and logged.
    Count,
    /// `kill-before:N`
    KillBefore(u64),
    /// `kill-after:N`
    KillAfter(u64),
    /// `fail:N:ERRNO`: this one fails, and no other.
    Fail(u64, i32),
    /// `fail-from:N:ERRNO`: this one and all later ones fail, answers excepted.
    FailFrom(u64, i32),
    /// `fail-sync:K`: the K-th sync fails with EIO, and what it should have made durable never will be by a later one.
    FailSync(u64),
    /// `fail-sync-lose:K`: the same, and the power goes when the program ends, after its answer.
    FailSyncLose(u64),
    /// `lose:N:SEED`: the power goes after this one. 0 loses everything not yet synced; another seed tosses a coin for each
    /// sector of it, as a disk does that writes in an order of its own.
    Lose(u64, u64),
}

impl Plan {
    /// Reads a plan; none where it is not understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let name = words.next()?;
        let numbers: Vec<u64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let errno = |number: u64| i32::try_from(number).ok();
        Some(match (name, numbers.as_slice()) {
            ("count", &[]) => Self::Count,
            ("kill-before", &[edge]) => Self::KillBefore(edge),
            ("kill-after", &[edge]) => Self::KillAfter(edge),
            ("fail", &[edge, number]) => Self::Fail(edge, errno(number)?),
            ("fail-from", &[edge, number]) => Self::FailFrom(edge, errno(number)?),
            ("fail-sync", &[sync]) => Self::FailSync(sync),
            ("fail-sync-lose", &[sync]) => Self::FailSyncLose(sync),
            ("lose", &[edge, seed]) => Self::Lose(edge, seed),
            _ => return None,
        })
    }
}
