//! The change `acl.widen`: a right on an object, for somebody, for a while.

use super::grants::WRITE;
use crate::approval::show_name;
use crate::gate::Action;
use crate::grant::{Reached, Spec};
use crate::journal::canonical::texts;
use crate::meter::Want;
use crate::name::{ObjectName, Principal};
use crate::people::{About, Audience, Need, Right};
use crate::unit::Duration;

/// A widening as a guest asks for it.
#[derive(Debug)]
pub struct Widen {
    asked: [String; 3],
    /// What is asked for; none where a part is no name, which no grant reaches.
    pub(super) wanted: Option<(ObjectName, Principal, Right)>,
    /// For how long.
    pub(super) span: Duration,
}

impl Widen {
    /// Parses a request.
    #[must_use]
    pub fn parse(object: String, principal: String, right: String, seconds: u64) -> Self {
        let names = ObjectName::parse(&object).ok().zip(Principal::parse(&principal).ok());
        let wanted = names.zip(Right::parse(&right)).map(|((object, principal), right)| (object, principal, right));
        Self { wanted, asked: [object, principal, right], span: Duration(seconds.saturating_mul(1000)) }
    }
}

impl Action for Widen {
    fn spec(&self) -> &'static Spec {
        WRITE
    }

    fn function(&self) -> &'static str {
        "acl.widen"
    }

    fn weight(&self) -> u64 {
        self.asked.iter().map(|text| text.len() as u64).sum()
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        if self.wanted.is_none() {
            return Vec::new();
        }
        self.asked.iter().map(|text| Reached::Exactly(text)).collect()
    }

    fn lease(&self) -> Option<Duration> {
        Some(self.span)
    }

    fn need(&self) -> Need {
        self.wanted.clone().map_or(Need::Nothing, |(object, _, _)| Need::Hold(object, Right::Administer))
    }

    fn need_beside_owner(&self) -> Option<Need> {
        self.wanted.clone().map(|(object, _, _)| Need::Hold(object, Right::Read))
    }

    fn want(&self) -> Want {
        Want::Exactly(0)
    }

    fn audience(&self) -> Audience {
        self.wanted.clone().map_or(Audience::Nobody, |(object, principal, right)| Audience::Gains(object, principal, right))
    }

    fn about(&self) -> Option<About> {
        self.wanted.clone().map(|(object, _, _)| About::Object(object))
    }

    fn canonical(&self) -> String {
        let [object, principal, right] = &self.asked;
        let span = self.span.0.to_string();
        texts(&[
            ("milliseconds", Some(&span)),
            ("object", Some(object)),
            ("principal", Some(principal)),
            ("right", Some(right)),
        ])
    }

    fn does(&self) -> Vec<String> {
        let [object, principal, right] = &self.asked;
        let (object, principal, right) = (show_name(object), show_name(principal), show_name(right));
        vec![format!("does      let {principal} {right} {object} for {}, then it closes by itself", self.span)]
    }
}
