//! What is promised of a workspace that is served, through its own listeners.

mod api;
pub mod client;
mod document;
mod events;
mod fair;
mod operators;
mod waits;
