//! Meters: what one invocation may still use. Pure: `gate` charges, `journal` reports.

use crate::grant::{Grant, Grants};
use crate::refusal::{Code, Refusal};

/// What one grant was used for so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls, refused ones included.
    pub calls: u64,
    /// Bytes that were sent or came.
    pub bytes: u64,
}

/// The meters of one invocation: one for each grant of its tool, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meters {
    grants: Grants,
    used: Vec<Used>,
}

/// What an observation reserved; given to [`Meters::keep`] when it is known what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    meter: usize,
    bytes: u64,
}

impl Charge {
    /// Bytes set aside.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The place of the grant that pays.
    #[must_use]
    pub const fn grant(&self) -> usize {
        self.meter
    }
}

/// How many bytes an act wants set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// This many, or none at all.
    Exactly(u64),
    /// What is left, up to this many, and at least one: the host sends less instead of nothing.
    UpTo(u64),
}

impl Meters {
    /// Meters at zero.
    #[must_use]
    pub fn new(grants: &Grants) -> Self {
        Self { used: vec![Used::default(); grants.0.len()], grants: grants.clone() }
    }

    /// Charges one call and sets bytes aside.
    ///
    /// The call is charged on asking, not on success, and never given back: were refusals free, a guest could probe its
    /// grants for ever. A refused ask leaves the bytes as they were.
    ///
    /// # Errors
    /// `fund.meter-spent` when no call or too few bytes are left.
    pub fn charge(&mut self, meter: usize, want: Want) -> Result<Charge, Refusal> {
        let (Some(grant), Some(used)) = (self.grants.0.get(meter), self.used.get_mut(meter)) else {
            return Err(Refusal::new(Code::MeterSpent, "this grant has no meter"));
        };
        used.calls = used.calls.saturating_add(1);
        if used.calls > grant.calls {
            return Err(spent(grant, format!("calls = {}", grant.calls)));
        }
        let Some(allowed) = grant.bytes else {
            return Ok(Charge { meter, bytes: 0 });
        };
        let left = allowed.0.saturating_sub(used.bytes);
        let bytes = match want {
            Want::Exactly(bytes) if bytes <= left => bytes,
            Want::UpTo(most) if left > 0 => most.min(left),
            Want::Exactly(_) | Want::UpTo(_) => return Err(spent(grant, format!("bytes = \"{allowed}\""))),
        };
        used.bytes += bytes;
        Ok(Charge { meter, bytes })
    }

    /// Keeps what came of what was set aside and gives the rest back.
    pub fn keep(&mut self, charge: Charge, came: u64) {
        if let Some(used) = self.used.get_mut(charge.meter) {
            used.bytes -= charge.bytes.saturating_sub(came).min(used.bytes);
        }
    }

    /// Each grant with what was used of it.
    pub fn each(&self) -> impl Iterator<Item = (&Grant, Used)> {
        self.grants.0.iter().zip(self.used.iter().copied())
    }
}

fn spent(grant: &Grant, line: String) -> Refusal {
    Refusal::new(Code::MeterSpent, format!("this invocation has used what its {} grant allows ({line})", grant.spec.name))
        .unless(format!("an operator can raise it in the tool's manifest, under [grant] \"{}\"", grant.spec.name))
}
