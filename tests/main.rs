//! The promises of Tollgate, each proved through a public door; each module is one subject.

mod journal;
