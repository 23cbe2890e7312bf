//! The WIT interface `forum`: a guest's arguments become an action, the action passes the gate, the effect runs.

use super::effect;
use super::grants::{Thread, Threads};
use super::post::Post;
use crate::bindings::tollgate::host::forum::{Conversation, Host, Message, Page, Summary};
use crate::capability::Guest;
use crate::diagnostic::Halt;
use crate::gate::{Inside, pass};

impl Host for Guest {
    async fn threads(&mut self, forum: String, after: Option<u64>) -> Result<Page, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, Threads::parse(forum, after)).await?;
        let page = effect::threads(self.backends.forum.forums(), permit).await?;
        let threads = page.threads.into_iter().map(|it| Summary { id: it.id, title: it.title, posts: it.posts });
        Ok(Page { threads: threads.collect(), more: page.more })
    }

    async fn thread(&mut self, forum: String, thread: u64, after: Option<u64>) -> Result<Conversation, Halt> {
        let _inside = Inside::new(&self.session);
        let permit = pass(&self.session, Thread::parse(forum, thread, after)).await?;
        let found = effect::thread(self.backends.forum.forums(), permit).await?;
        let posts = found.posts.into_iter().map(|it| Message { id: it.id, author: it.author, at: it.at.0, body: it.body });
        Ok(Conversation { title: found.title, posts: posts.collect(), more: found.more })
    }

    async fn post(&mut self, forum: String, thread: u64, body: String) -> Result<u64, Halt> {
        let _inside = Inside::new(&self.session);
        let forums = self.backends.forum.clone();
        let permit = pass(&self.session, Post::parse(forum, thread, body, forums.clone())).await?;
        effect::post(forums, &self.session.who, permit).await
    }
}
