//! The capability `acl`: who may do what with an object; every widening is a lease.

mod backend;
mod effect;
mod end;
mod grants;
mod host;
mod widen;

pub use backend::{Acls, Ending, Lease};
pub use end::End;
pub use grants::{Backend, Entries, FUNCTIONS, GRANTS, READ, WRITE, action, find_out};
pub use widen::Widen;
