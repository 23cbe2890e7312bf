//! What is promised of a workspace that is served, through its own listeners.

mod api;
mod busy;
mod cancel;
pub mod client;
mod document;
mod events;
mod fair;
mod operators;
mod sessions;
mod tls;
mod waits;
