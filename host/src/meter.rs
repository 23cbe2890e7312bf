//! Meters: what one invocation may still use. Pure: `gate` charges, `journal` reports.

use std::sync::Arc;

use crate::grant::{Allowed, Grant, Grants, Place};
use crate::refusal::{Code, Refusal};

/// What one grant was used for so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls, refused ones included.
    pub calls: u64,
    /// Bytes that were sent or came.
    pub bytes: u64,
}

/// The meters of one invocation: one for each grant of its tool and each entry of its declaration, in their order.
#[derive(Debug, Clone)]
pub struct Meters {
    allowed: Arc<Allowed>,
    granted: Vec<Used>,
    declared: Vec<Used>,
}

/// What an invocation had used of its grants and its declaration when it was set down, by grant's name and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// Of the grants.
    pub granted: Vec<(String, u32, Used)>,
    /// Of the declaration.
    pub declared: Vec<(String, u32, Used)>,
}

/// What an observation reserved; given to [`Meters::keep`] when it is known what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    place: Place,
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
        self.place.granted
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

/// One meter and its allowance.
struct Account<'m> {
    grant: &'m Grant,
    used: &'m mut Used,
    /// Whose allowance it is, in words that say what would change it.
    whose: Whose,
}

#[derive(Debug, Clone, Copy)]
enum Whose {
    Operator,
    Author,
}

impl Account<'_> {
    /// Charges the call and says how many of the wanted bytes are left; none where they are not metered.
    fn call(&mut self, want: Want) -> Result<Option<u64>, Refusal> {
        self.used.calls = self.used.calls.saturating_add(1);
        if self.used.calls > self.grant.calls {
            return Err(self.spent(format!("calls = {}", self.grant.calls)));
        }
        let Some(allowed) = self.grant.bytes else { return Ok(None) };
        let left = allowed.0.saturating_sub(self.used.bytes);
        match want {
            Want::Exactly(bytes) if bytes <= left => Ok(Some(bytes)),
            Want::UpTo(most) if left > 0 => Ok(Some(most.min(left))),
            Want::Exactly(_) | Want::UpTo(_) => Err(self.spent(format!("bytes = \"{allowed}\""))),
        }
    }

    fn spent(&self, line: String) -> Refusal {
        let name = self.grant.spec.name;
        match self.whose {
            Whose::Operator => {
                Refusal::new(Code::MeterSpent, format!("this invocation has used what its {name} grant allows ({line})"))
                    .unless(format!("an operator can raise it in the tool's manifest, under [grant] \"{name}\""))
            }
            Whose::Author => {
                let why = format!("this invocation has used what its author declared as the most of {name} ({line})");
                Refusal::new(Code::MeterSpent, why).unless("its author can declare more in a new version")
            }
        }
    }
}

impl Meters {
    /// Meters at zero.
    #[must_use]
    pub fn new(allowed: &Arc<Allowed>) -> Self {
        let zeros = |grants: &Grants| vec![Used::default(); grants.0.len()];
        let declared = allowed.declared.as_ref().map(zeros).unwrap_or_default();
        Self { granted: zeros(&allowed.granted), declared, allowed: allowed.clone() }
    }

    /// What pays for an act at `place`: its grant, and its declaration where there is one.
    fn accounts(&mut self, place: Place) -> impl Iterator<Item = Account<'_>> {
        let granted = self.allowed.granted.0.get(place.granted).zip(self.granted.get_mut(place.granted));
        let granted = granted.map(|(grant, used)| Account { grant, used, whose: Whose::Operator });
        let declared = place.declared.and_then(|at| self.declared.get_mut(at)).zip(self.allowed.declaration(place));
        let declared = declared.map(|(used, grant)| Account { grant, used, whose: Whose::Author });
        granted.into_iter().chain(declared)
    }

    /// Charges one call and sets bytes aside.
    ///
    /// The call is charged on asking, not on success, and never given back: were refusals free, a guest could probe its
    /// grants for ever. A refused ask leaves the bytes as they were.
    ///
    /// # Errors
    /// `fund.meter-spent` when no call or too few bytes are left.
    pub fn charge(&mut self, place: Place, want: Want) -> Result<Charge, Refusal> {
        if self.granted.get(place.granted).is_none() {
            return Err(Refusal::new(Code::MeterSpent, "this grant has no meter"));
        }
        let mut bytes: Option<u64> = None;
        for mut account in self.accounts(place) {
            let left = account.call(want)?;
            bytes = bytes.into_iter().chain(left).min();
        }
        let bytes = bytes.unwrap_or(0);
        self.accounts(place).filter(|account| account.grant.bytes.is_some()).for_each(|account| account.used.bytes += bytes);
        Ok(Charge { place, bytes })
    }

    /// Keeps what came of what was set aside and gives the rest back.
    pub fn keep(&mut self, charge: Charge, came: u64) {
        let rest = charge.bytes.saturating_sub(came);
        self.accounts(charge.place).for_each(|account| account.used.bytes -= rest.min(account.used.bytes));
    }

    /// What was used so far, but for `without`, which is charged again when its call is judged again.
    #[must_use]
    pub fn spent(&self, without: Charge) -> Spent {
        let mut rest = self.clone();
        rest.keep(without, 0);
        rest.accounts(without.place).for_each(|account| account.used.calls = account.used.calls.saturating_sub(1));
        let list = |grants: &Grants, used: &[Used]| {
            grants.0.iter().zip(used).map(|(grant, used)| (grant.spec.name.to_owned(), grant.index, *used)).collect()
        };
        let declared = rest.allowed.declared.as_ref().map(|grants| list(grants, &rest.declared)).unwrap_or_default();
        Spent { granted: list(&rest.allowed.granted, &rest.granted), declared }
    }

    /// Goes on from what was used when the invocation was set down; grants are found again by name and place.
    pub fn resume(&mut self, spent: &Spent) {
        let of = |list: &[(String, u32, Used)], grant: &Grant| {
            list.iter().find(|(name, index, _)| name == grant.spec.name && *index == grant.index).map(|(_, _, used)| *used)
        };
        let allowed = self.allowed.clone();
        for (grant, used) in allowed.granted.0.iter().zip(&mut self.granted) {
            *used = of(&spent.granted, grant).unwrap_or_default();
        }
        for (grant, used) in allowed.declared.iter().flat_map(|grants| &grants.0).zip(&mut self.declared) {
            *used = of(&spent.declared, grant).unwrap_or_default();
        }
    }

    /// Each grant with what was used of it.
    pub fn each(&self) -> impl Iterator<Item = (&Grant, Used)> {
        self.allowed.granted.0.iter().zip(self.granted.iter().copied())
    }
}
