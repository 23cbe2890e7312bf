//! The WIT interface `acl`: a guest's arguments become an action, the action passes the gate, the effect runs.

use super::effect;
use super::end::End;
use super::grants::Entries;
use super::widen::Widen;
use crate::bindings::tollgate::host::acl::{Entry, Host};
use crate::capability::Guest;
use crate::diagnostic::Halt;
use crate::gate::{Inside, pass};
use crate::people::not_yours;

impl Host for Guest {
    async fn entries(&mut self, object: String) -> Result<Vec<Entry>, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, Entries::parse(object)).await?;
        let rights = self.session.services.world.rights(&self.session.who.initiator).await.map_err(|_| not_yours())?;
        let held = effect::entries(&*self.backends.acl, &rights, permit).await?.0.into_iter().map(|it| Entry {
            principal: it.principal.to_string(),
            right: it.right.as_str().to_owned(),
            ends: it.ends.map(|ends| ends.0),
            lease: it.lease,
        });
        Ok(held.collect())
    }

    async fn widen(&mut self, object: String, principal: String, right: String, seconds: u64) -> Result<u64, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, Widen::parse(object, principal, right, seconds)).await?;
        effect::widen(self.backends.acl.clone(), &self.session, permit).await
    }

    async fn end(&mut self, object: String, lease: u64) -> Result<(), Halt> {
        let _inside = Inside::new(&self.session);
        let who = self.session.who.clone();
        let acls = self.backends.acl.clone();
        let action = End::parse(object, lease, &who, acls.clone());
        let ending = action.ending();
        let permit = pass(&self.session, action).await?;
        match ending {
            Some(ending) => effect::end(acls, ending, permit).await,
            None => Err(not_yours().into()),
        }
    }
}
