//! The change `forum.post`.

use std::sync::OnceLock;

use super::backend::Backend;
use super::effect::unavailable;
use super::grants::{Named, POST};
use crate::approval::{show, show_name};
use crate::gate::{Action, Looking};
use crate::grant::{Class, Reached, Spec};
use crate::journal::canonical::texts;
use crate::meter::Want;
use crate::people::{About, Audience, Need, not_yours};

/// A post as a guest asks for it.
pub struct Post {
    pub(super) named: Named,
    pub(super) thread: u64,
    pub(super) body: String,
    backend: Backend,
    /// Found out on the way to the card.
    title: OnceLock<String>,
}

impl Post {
    /// Parses a request.
    #[must_use]
    pub fn parse(forum: String, thread: u64, body: String, backend: Backend) -> Self {
        Self { named: Named::parse(forum), thread, body, backend, title: OnceLock::new() }
    }
}

impl Action for Post {
    fn spec(&self) -> &'static Spec {
        POST
    }

    fn function(&self) -> &'static str {
        "forum.post"
    }

    fn class(&self) -> Class {
        self.backend.class()
    }

    fn weight(&self) -> u64 {
        (self.named.asked.len() + self.body.len()) as u64
    }

    fn reach(&self) -> Vec<Reached<'_>> {
        self.named.reach()
    }

    fn need(&self) -> Need {
        self.named.need()
    }

    fn want(&self) -> Want {
        Want::Exactly(self.body.len() as u64)
    }

    /// The thread must be there, and its title is for the card.
    fn look(&self) -> Looking<'_> {
        Box::pin(async {
            let forum = self.named.forum.clone().ok_or_else(not_yours)?;
            let title = self.backend.forums().title(forum, self.thread).await.map_err(|broken| unavailable(&broken))?;
            let _ = self.title.set(title.ok_or_else(not_yours)?);
            Ok(())
        })
    }

    fn audience(&self) -> Audience {
        self.named.forum.clone().map_or(Audience::Nobody, Audience::Forum)
    }

    fn about(&self) -> Option<About> {
        self.named.forum.clone().map(About::Forum)
    }

    fn canonical(&self) -> String {
        let thread = self.thread.to_string();
        texts(&[("body", Some(&self.body)), ("forum", Some(&self.named.asked)), ("thread", Some(&thread))])
    }

    fn does(&self) -> Vec<String> {
        let title = self.title.get().map(|title| show(&title.replace('\n', " ")).text).unwrap_or_default();
        vec![format!("does      post in forum {}, thread {} “{title}”", show_name(&self.named.asked), self.thread)]
    }

    fn payload(&self) -> Option<&str> {
        Some(&self.body)
    }
}
