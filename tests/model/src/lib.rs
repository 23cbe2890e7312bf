//! A model of the approval and intent protocol: two processes on one store, each of which may be killed at any step, two
//! invocations, two people of whom both must agree, and a world that changes meanwhile. `stateright` looks at every state.
//!
//! A step of the model is one transaction, or one thing that happens between two of them; so a kill between any two steps is
//! a kill at an edge of the path. What each step stands for in `host/src`:
//!
//! | step | of the host |
//! |---|---|
//! | `Ask` | `gate/permit.rs` `agree`; the entry `asked` and the row of `store/approvals.rs`, one transaction |
//! | `SetDown`, `TakeUp`, `Hand`, `Forget`, `Cancel` | `store/waits.rs` |
//! | `Answer`, `Expire` | `store/approvals.rs` |
//! | `Judge` | `gate/permit.rs` `cover` to `agree`, of the one call that waited, by what holds now |
//! | `Record` | `gate/permit.rs` `record`: premise, freezes, `Use` of the approval and quota in the transaction of the `intent` |
//! | `Spend` | `gate/permit/spend.rs` `spend`, same database: premise once more, effect and `outcome`, one transaction |
//! | `Look`, `Act`, `Outcome` | `gate/permit/outside.rs` `spend_outside`: premise once more; the effect; the `outcome` |
//! | `End` | the entry `ended`, with `waits.ended` where there is a row |
//! | `Kill`, `Start`, `Recover` | `store/instance.rs`: a process that is gone has a free lock, and only then is it settled |
//! | `Freeze`, `Thaw` | `freeze.rs`, and the yeses that a freeze makes void in `store/approvals.rs` |
//!
//! What is left out: observations (nothing that is modelled reads them; replay answers them from the journal), the bytes of
//! an act (bound as the manifest's digest is), rights of the initiator (judged with the premise, as the audience is), and
//! refusals that the guest outlives (a refused call ends its invocation at once). A backend outside is looked at for the last
//! time in `Look`; what changes between it and `Act` is the window that the capability's page names.
//!
//! Bounds: two processes, two questions, one change of the manifest, one freeze, one tick of the clock; one call while
//! everything changes, and two calls while one thing does. Kills and starts, growing and shrinking of the audience, leaving
//! and joining of an approver are without bound. `cargo test --locked -p tollgate-model -- --nocapture` prints how many
//! states there are, the invariants, and a way in which each bug that `Bug` seeds breaks one.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod checked;
#[cfg(test)]
mod host;
#[cfg(test)]
mod invariant;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod state;
