//! The capability `acl`: who may do what with an object; every widening is a lease.

mod backend;

pub use backend::{Acls, Ending, Lease};
