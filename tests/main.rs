//! The promises, proved through the public door; each module is one subject.

mod tidy;
