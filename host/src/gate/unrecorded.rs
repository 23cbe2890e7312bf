//! What a guest is told where the store did not take what should be on record, or where nobody knows whether an act happened.

use crate::diagnostic::Broken;
use crate::grant::Class;
use crate::journal::Unrecorded;
use crate::refusal::{Code, Refusal};

/// What a guest is told when its act could not be recorded; what broke goes to the log.
pub(super) fn unrecorded(failed: Unrecorded) -> Refusal {
    match failed {
        Unrecorded::Refused(refusal) => refusal,
        // An intent: that it may be on record is no act.
        Unrecorded::Broken(broken) | Unrecorded::Unknown(broken) => unavailable(&broken),
    }
}

/// What a guest is told when its intent could not be recorded. Where recovery finds out by sending again, and the intent may
/// be there, what never began may happen yet.
pub(super) fn unintended(failed: Unrecorded, class: Class) -> Refusal {
    match (failed, class) {
        (Unrecorded::Unknown(broken), Class::Keyed) => lost(&broken),
        (failed, _) => unrecorded(failed),
    }
}

/// What a guest is told when the store does not say what is there.
pub(super) fn lost(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "in doubt");
    Refusal::new(Code::InDoubt, "whether this happened is not known").unless("the host's next start finds out: look then")
}

/// What a guest is told when the store cannot be reached.
pub(super) fn unavailable(broken: &Broken) -> Refusal {
    tracing::error!(doing = broken.doing, cause = broken.cause, "not recorded");
    Refusal::new(Code::Unrecorded, "this could not be put on record, so it did not happen")
        .unless("try again when the host is well")
}

/// What a guest is told when nobody knows.
#[must_use]
pub fn in_doubt() -> Refusal {
    Refusal::new(Code::InDoubt, "whether this happened is not known")
        .unless("look before it is asked for again; a person can find out more with `tollgate doubts`")
}
