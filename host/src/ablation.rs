//! One control left out at a time, so that the replay's figures can be seen to move. It exists in builds for that alone, with
//! `--cfg tollgate_ablation`, and no feature of a crate turns it on.

use std::sync::atomic::{AtomicU8, Ordering};

/// A control, each of which is read at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Control {
    /// What was read bounds who may be told, and who is cleared bounds who may be let in: `people`.
    Labels = 1,
    /// Somebody entitled says yes: `gate`.
    Consent,
    /// The yes is to this act and no other: `store`.
    Digests,
    /// What a tool opened closes again: `capability`.
    Leases,
    /// Somebody is told what was opened outside: `store`.
    Watch,
}

static LEFT_OUT: AtomicU8 = AtomicU8::new(0);

/// Leaves a control out from here on, in place of the one before; none puts all back.
pub fn leave_out(control: Option<Control>) {
    LEFT_OUT.store(control.map_or(0, |control| control as u8), Ordering::SeqCst);
}

/// Whether a control is left out.
#[must_use]
pub fn without(control: Control) -> bool {
    LEFT_OUT.load(Ordering::SeqCst) == control as u8
}
